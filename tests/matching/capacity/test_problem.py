"""A problem that cannot be right is refused when it is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given

from matching.capacity.problem import Operation, Park, Problem, Quotation
from tests.support.bundles import problems
from tests.support.capacity import PARKS, SETTINGS, offer, order, three_plants

QUOTED = Quotation(
    order_id="O1", step=1, offer_id="F1", setup_minutes=0, minutes_total=1, price_fen=0
)
OP = Operation(process="cnc-turning", tolerance_it=9, minutes_total=1)
WRONG: dict[str, tuple[Callable[[], object], str]] = {
    "weeks 0": (lambda: replace(SETTINGS, weeks=0), "weeks must be in 1..520, got 0"),
    "weeks 1.5": (lambda: replace(SETTINGS, weeks=1.5), "weeks must be an integer, got 1.5"),
    "weeks True": (lambda: replace(SETTINGS, weeks=True), "weeks must be an integer, got True"),
    "block 0": (lambda: replace(SETTINGS, max_block_weeks=0), "max_block_weeks must be in"),
    "carbon < 0": (lambda: replace(SETTINGS, carbon_fen_per_kg=Fraction(-1)), "carbon_fen_per_kg"),
    "carbon float": (lambda: replace(SETTINGS, carbon_fen_per_kg=0.5), "carbon_fen_per_kg"),
    "park id": (lambda: Park(park_id="", lat=0.0, lon=0.0), "park_id is empty"),
    "latitude": (lambda: Park(park_id="P", lat=90.5, lon=0.0), "lat"),
    "longitude": (lambda: Park(park_id="P", lat=0.0, lon=float("nan")), "lon"),
    "offer id": (lambda: offer(offer_id="", enterprise_id="E"), "offer_id is empty"),
    "enterprise": (lambda: offer(enterprise_id=""), "enterprise_id is empty"),
    "size": (lambda: offer(size_class=0), "size_class must be in"),
    "tolerance": (lambda: offer(tolerance_it=-1), "tolerance_it must be in"),
    "rate": (lambda: offer(rate_fen_per_hour=-1), "rate_fen_per_hour must be in"),
    "setup": (lambda: offer(setup_minutes=-1), "setup_minutes must be in"),
    "minimum lot": (lambda: offer(min_lot=-1), "min_lot must be in"),
    "offer carbon": (lambda: offer(carbon_g_per_hour=Fraction(-1, 3)), "carbon_g_per_hour"),
    "idle < 0": (lambda: offer(idle_minutes=(0, -1)), r"idle_minutes\[1\] must be in"),
    "minutes 0": (lambda: replace(OP, minutes_total=0), "minutes_total must be in 1"),
    "grade < 0": (lambda: replace(OP, tolerance_it=-1), "tolerance_it must be in"),
    "order id": (lambda: order(order_id=""), "order_id is empty"),
    "buyer": (lambda: order(buyer_lat=91.0), "order O1: buyer_lat"),
    "quantity": (lambda: order(quantity=0), "order O1: quantity must be in 1"),
    "order size": (lambda: order(size_class=0), "order O1: size_class must be in 1"),
    "release": (lambda: order(release_week=-1), "order O1: release_week must be in"),
    "due": (lambda: order(due_week=-1), "order O1: due_week must be in"),
    "tardy": (lambda: order(max_tardy_weeks=-1), "order O1: max_tardy_weeks must be in"),
    "value": (lambda: order(value_fen=-1), "order O1: value_fen must be in"),
    "tardy cost": (lambda: order(tardy_fen_per_week=-1), "tardy_fen_per_week must be in"),
    "cap": (lambda: order(max_price_fen=-1), "max_price_fen must be in"),
    "lots": (lambda: order(max_lots=0), "max_lots must be in 1"),
    "weight": (lambda: order(weight_kg=Fraction(-1)), "order O1: weight_kg"),
    "operations": (lambda: order(operations=()), "needs 1..32 operations, has 0"),
    "step 0": (lambda: replace(QUOTED, step=0), "step must be in 1"),
    "quoted minutes": (lambda: replace(QUOTED, minutes_total=0), "minutes_total must be in 1"),
    "quoted setup": (lambda: replace(QUOTED, setup_minutes=-1), "setup_minutes must be in"),
    "quoted price": (lambda: replace(QUOTED, price_fen=-1), "price_fen must be in"),
    "park twice": (
        lambda: replace(three_plants(), parks=(*PARKS, PARKS[0])),
        "park P1 appears twice: ids must be unique",
    ),
    "offer twice": (lambda: three_plants(offers=(offer(), offer())), "offer F1 appears twice"),
    "order twice": (lambda: three_plants(order(), order()), "order O1 appears twice"),
    "unknown park": (lambda: three_plants(offers=(offer(park_id="P9"),)), "F1: unknown park P9"),
    "idle weeks": (
        lambda: three_plants(offers=(offer(idle_minutes=(1, 2)),)),
        "offer F1: expected idle minutes for 6 weeks, got 2",
    ),
    "quoted twice": (lambda: three_plants(quotations=(QUOTED, QUOTED)), "appears twice"),
    "quoted order": (
        lambda: three_plants(quotations=(replace(QUOTED, order_id="O9"),)),
        "unknown order O9",
    ),
    "quoted step": (
        lambda: three_plants(quotations=(replace(QUOTED, step=3),)),
        "the order has 2 operations",
    ),
    "quoted offer": (
        lambda: three_plants(quotations=(replace(QUOTED, offer_id="F9"),)),
        "unknown offer F9",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_is_refused_with_its_place(name):
    make, message = WRONG[name]

    with pytest.raises(ValueError, match=message):
        make()


@given(problems())
def test_the_digest_names_the_problem_not_its_order(problem: Problem):
    turned = replace(
        problem,
        parks=problem.parks[::-1],
        offers=problem.offers[::-1],
        orders=problem.orders[::-1],
        quotations=problem.quotations[::-1],
    )

    assert turned.digest == problem.digest
    assert len(problem.digest) == 64


def test_the_digest_changes_with_every_part():
    plain = three_plants()
    others = (
        three_plants(weeks=6, max_block_weeks=3),
        replace(plain, parks=(*PARKS[:2], Park(park_id="P3", lat=31.3, lon=120.7))),
        three_plants(offers=(offer(), offer("F2"))),
        three_plants(order(value_fen=100_001)),
        three_plants(order(operations=(OP,))),
        three_plants(order(quoted_only=True)),
        three_plants(quotations=(QUOTED,)),
    )

    assert len({plain.digest, *(other.digest for other in others)}) == 1 + len(others)
