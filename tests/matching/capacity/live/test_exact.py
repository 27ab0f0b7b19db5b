"""The judge of single orders in whole numbers, against the exact check and the payments."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.capacity.booking import Lots, PlannedLot, Visit, lines_of
from matching.capacity.check import check
from matching.capacity.live.exact import Judge
from matching.capacity.live.quotes import Quoter
from matching.capacity.payments import payments
from matching.capacity.problem import Order, Problem, Quotation
from tests.support.capacity import GROUND, TURNED, offer, order, three_plants
from tests.support.live import live_plan

WHOLE = (PlannedLot(10, (Visit(0, 1, (130,)), Visit(2, 1, (110,)))),)
WITH_AN_EMPTY_LOT = (*WHOLE, WHOLE[0]._replace(quantity=0))


def judged(problem: Problem, lots: Lots, *, first_week: int = 0):
    """Judge lots of the first order on all idle minutes."""
    idle = np.array([one.idle_minutes for one in problem.offers], np.int64)
    case = Judge(problem).case(problem.orders[0], problem.quotations)
    return case.judged(lots, idle, first_week=first_week)


def test_the_judge_counts_what_check_counts():
    """One order turned in P1 and ground in P3: the two agree to the last fen."""
    problem = three_plants()
    cost = check(problem, (TURNED, GROUND)).costs["O1"]

    found = judged(problem, WHOLE)

    assert found.violations == ()
    assert found.profit_fen == cost.profit_fen
    assert found.carbon_g == cost.carbon_g
    assert (found.arrival_week, found.tardy_weeks) == (cost.arrival_week, cost.tardy_weeks)
    assert lines_of("O1", WHOLE, [one.offer_id for one in problem.offers]) == (TURNED, GROUND)
    assert found.payments == {
        name: paid.fen for (_, name), paid in payments(problem, (TURNED, GROUND)).items()
    }


def lots(turned: tuple[int, tuple[int, ...]], ground: tuple[int, tuple[int, ...]]) -> Lots:
    """Return the whole order in one lot, turned and ground from some weeks."""
    return (PlannedLot(10, (Visit(0, *turned), Visit(2, *ground))),)


@pytest.mark.parametrize(
    ("made", "changes", "codes"),
    [
        (WHOLE * 3, {"max_price_fen": 10**6}, ("too-many-lots", "lots-sum")),
        (
            (*WHOLE, WHOLE[0]._replace(quantity=0)),
            {},
            ("lot-quantity", "minimum-lot", "work-minutes"),
        ),
        ((PlannedLot(10, (Visit(0, 1, (130,)),)),), {}, ("missing-step",)),
        (lots((1, (120,)), (1, (110,))), {}, ("work-minutes",)),
        (lots((1, (60, 0, 70)), (3, (110,))), {}, ("block-length",)),
        (lots((0, (130,)), (1, (110,))), {}, ("release",)),
        (lots((2, (130,)), (1, (110,))), {}, ("sequence",)),
        (lots((1, (130,)), (5, (110,))), {}, ("tardiness",)),
        (lots((1, (130,)), (6, (110,))), {}, ("week-outside-horizon", "tardiness")),
        (lots((1, (130,)), (1, (111, -1))), {}, ("minutes-not-positive",)),
        (WHOLE, {"max_price_fen": 1000}, ("price-cap",)),
        (WHOLE, {"material": "pom"}, ("material",)),
        (WHOLE, {"excluded_enterprises": frozenset({"E1"})}, ("excluded",)),
        (WHOLE, {"quoted_only": True}, ("not-quoted",)),
    ],
)
def test_each_rule_is_named(made: Lots, changes: dict, codes: tuple[str, ...]):
    """One rule is broken at a time, and its code is the one of `check`."""
    assert judged(three_plants(order(**changes)), made).violations == codes


def test_capacity_counts_both_operations_of_an_order():
    """Two operations on one offer want the same week: together they overbook it."""
    machine = offer(process="cnc-turning", idle_minutes=(0, 150, 0, 0, 0, 0))
    turning = order().operations[0]
    problem = three_plants(order(operations=(turning, turning)), offers=(machine,))
    twice = (PlannedLot(10, (Visit(0, 1, (130,)), Visit(0, 1, (130,)))),)

    assert judged(problem, twice).violations == ("capacity",)


def test_frozen_weeks_are_not_used():
    assert judged(three_plants(), WHOLE, first_week=2).violations == ("frozen",)


def test_a_quotation_replaces_minutes_and_price():
    quoted = Quotation(
        order_id="O1", step=1, offer_id="F1", setup_minutes=5, minutes_total=50, price_fen=7777
    )
    problem = three_plants(quotations=(quoted,))
    made = lots((1, (55,)), (1, (110,)))
    cost = check(problem, lines_of("O1", made, ["F1", "F2", "F3"])).costs["O1"]

    assert judged(problem, made).violations == ()
    assert judged(problem, made).profit_fen == cost.profit_fen


def damaged(made: Lots, draw: random.Random, weeks: int, offers: int) -> Lots:
    """Change one number of some lots, or nothing."""
    lot = draw.randrange(len(made))
    at = draw.randrange(len(made[lot].visits))
    visit = made[lot].visits[at]
    kind = draw.randrange(6)
    if kind == 0:
        return made
    if kind == 1:
        visit = visit._replace(start=draw.randrange(weeks))
    elif kind == 2:
        visit = visit._replace(offer=draw.randrange(offers))
    elif kind == 3:
        visit = visit._replace(minutes=(*visit.minutes, draw.randint(1, 50)))
    elif kind == 4:
        moved = min(visit.minutes[0] - 1, draw.randint(0, 99))
        visit = visit._replace(minutes=(visit.minutes[0] - moved, moved, *visit.minutes[1:]))
    visits = (*made[lot].visits[:at], visit, *made[lot].visits[at + 1 :])
    quantity = made[lot].quantity + (draw.choice((-1, 1)) if kind == 5 else 0)
    return (*made[:lot], PlannedLot(quantity, visits), *made[lot + 1 :])


def residual(problem: Problem, free: np.ndarray, asked: Order) -> Problem:
    """Return a problem of one order on the free minutes."""
    offers = tuple(
        replace(one, idle_minutes=tuple(free[at].tolist())) for at, one in enumerate(problem.offers)
    )
    return replace(problem, offers=offers, orders=(asked,), quotations=())


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_judge_and_check_agree(seed: int):
    """Whatever the lots: both find a rule broken, or both the same amounts."""
    plan, arriving = live_plan(seed)
    draw = random.Random(seed)
    for asked in arriving[:4]:
        quoter = Quoter(plan, asked)
        if not all(len(offers) for offers in quoter.eligible):
            continue
        made = quoter.planned("shared", plan.columns.values.idle, plan.no_prices)
        if not made:
            continue
        made = damaged(made, draw, plan.problem.settings.weeks, len(plan.problem.offers))
        lines = lines_of(asked.order_id, made, plan.offer_ids)
        problem = residual(plan.problem, plan.book.values.free, asked)

        report, found = check(problem, lines), quoter.judged(made)

        assert report.valid == (found.violations == ()), (report.counts, found.violations)
        if report.valid:
            cost = report.costs[asked.order_id]
            paid = payments(problem, lines)
            assert found.profit_fen == cost.profit_fen
            assert found.carbon_g == cost.carbon_g
            assert found.arrival_week == cost.arrival_week
            assert found.minutes == report.minutes
            assert found.local_minutes == report.local_minutes
            assert found.payments == {name: one.fen for (_, name), one in paid.items()}
