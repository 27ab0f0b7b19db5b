"""Who is paid what: exact sums, rounded up once per order and enterprise."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from fractions import Fraction
from math import ceil

import pytest

from matching.capacity import check, payments
from matching.capacity.problem import Operation, Quotation
from tests.support.capacity import (
    GRINDING_FAR,
    GRINDING_NEAR,
    GROUND,
    TURNED,
    inserted_plan,
    line,
    offer,
    order,
    random_problem,
    three_plants,
)

LEG = 4000 + Fraction(200 * 103 * 45, 1000)


def test_each_enterprise_gets_its_work_and_the_leg_that_starts_there():
    paid = payments(three_plants(), (TURNED, GROUND))

    assert list(paid) == [("O1", "E1"), ("O1", "E3")]
    assert paid["O1", "E1"].processing == 13_000
    assert paid["O1", "E3"].processing == 11_000
    assert paid["O1", "E1"].transport == paid["O1", "E3"].transport == LEG
    assert paid["O1", "E1"].fen == ceil(13_000 + LEG)


def test_two_steps_in_one_park_pay_one_leg():
    near = replace(GRINDING_NEAR, park_id="P1", enterprise_id="E1")
    problem = three_plants(offers=(offer(), GRINDING_FAR, near))

    paid = payments(problem, (TURNED, GROUND))

    assert list(paid) == [("O1", "E1")]
    assert paid["O1", "E1"].transport == 4000  # to a buyer in the park itself


def test_a_third_of_a_fen_is_rounded_once_for_all_lots():
    """Each lot of a half costs a third of a fen more than whole fen; two of them make two thirds.

    Rounding lot by lot would give two fen more, rounding once gives one.
    """
    one = order(operations=(Operation(process="cnc-turning", tolerance_it=9, minutes_total=100),))
    problem = three_plants(one, offers=(offer(rate_fen_per_hour=6001), GRINDING_NEAR))
    lots = tuple(line(lot=n, lot_quantity=5, minutes=80) for n in (1, 2))

    paid = payments(problem, lots)["O1", "E1"]

    assert paid.processing == Fraction(160 * 6001, 60)
    assert paid.processing.denominator == 3
    assert paid.fen == 16_003 + 2 * 4000


def test_a_quoted_price_is_shared_by_pieces():
    quoted = Quotation(
        order_id="O1", step=1, offer_id="F1", setup_minutes=0, minutes_total=30, price_fen=100
    )
    one = order(
        quantity=30,
        operations=(Operation(process="cnc-turning", tolerance_it=9, minutes_total=100),),
    )
    problem = three_plants(one, quotations=(quoted,))
    lots = (
        line(lot_quantity=10, minutes=10),
        line(lot=2, lot_quantity=20, minutes=20),
    )

    assert payments(problem, lots)["O1", "E1"].processing == 100
    assert payments(problem, lots[:1])["O1", "E1"].processing == Fraction(100, 3)


@pytest.mark.parametrize("seed", range(3))
def test_the_payments_of_an_order_add_up_to_its_price(seed):
    problem = random_problem(60, 40, seed)
    plan = inserted_plan(problem)
    costs = check(problem, plan).costs
    sums: dict[str, list[Fraction]] = defaultdict(lambda: [Fraction(0)] * 3)
    for (order_id, _), payment in payments(problem, plan).items():
        assert payment.fen == ceil(payment.processing + payment.transport)
        parts = payment.processing, payment.transport, Fraction(payment.fen)
        sums[order_id] = [a + b for a, b in zip(sums[order_id], parts, strict=True)]

    assert set(sums) == set(costs)
    for order_id, (processing, transport, fen) in sums.items():
        assert (processing, transport) == (costs[order_id].processing, costs[order_id].transport)
        who = len([key for key in payments(problem, plan) if key[0] == order_id])
        assert ceil(processing + transport) <= fen < processing + transport + who


@pytest.mark.parametrize(
    "wrong",
    [(line(order_id="O9"),), (line(offer_id="F9"),), (TURNED,)],
    ids=["order", "offer", "step"],
)
def test_a_plan_that_breaks_rules_is_sent_to_the_check(wrong):
    with pytest.raises(ValueError, match="run check first"):
        payments(three_plants(), wrong)
