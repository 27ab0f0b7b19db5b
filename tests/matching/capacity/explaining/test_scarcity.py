"""Scarce capacity: prices by process, park and week, held against a plan searched again."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from matching.capacity import check
from matching.capacity.explaining.resolving import Resolver
from matching.capacity.explaining.scarcity import one_more_day, recruits, scarce_cells
from matching.capacity.explaining.standing import Standing
from matching.capacity.plan import Price
from matching.capacity.rules import LocalFirst, Rules
from tests.support.capacity import (
    GRINDING_NEAR,
    GROUND,
    TURNED,
    inserted_plan,
    offer,
    order,
    random_problem,
    three_plants,
)


def price(offer_id: str, week: int, millifen: int) -> Price:
    return Price(offer_id=offer_id, week=week, millifen_per_minute=millifen)


def test_a_cell_is_the_mean_of_its_offers_weighted_by_idle_minutes():
    """100 min at 3 fen and 300 min at 1 fen: 1.5 fen a minute, 90 fen an hour."""
    offers = [
        offer(idle_minutes=(100, 0, 0, 0, 0, 0)),
        offer("F4", idle_minutes=(300, 0, 0, 0, 0, 0)),
    ]
    standing = Standing(
        three_plants(offers=offers), (), [price("F1", 0, 3000), price("F4", 0, 1000)]
    )
    (cell,) = scarce_cells(standing)
    assert (cell.process, cell.park_id, cell.week) == ("cnc-turning", "P1", 0)
    assert cell.fen_per_hour == 90
    assert (cell.offer_id, cell.dearest_fen_per_hour) == ("F1", 180)
    assert (cell.idle_minutes, cell.used_minutes) == (400, 0)


def test_one_more_day_brings_the_order_that_has_no_room():
    """O2 needs the week that O1 has: a machine-day more serves both, and the quotient says it."""
    busy = offer(idle_minutes=(0, 130, 0, 0, 0, 0))
    problem = three_plants(order(), order("O2"), offers=[busy, GRINDING_NEAR])
    standing = Standing(problem, (TURNED, GROUND), [price("F1", 1, 200_000)])
    (one,) = recruits(standing, moves=50)
    assert one.cell.offer_id == "F1"
    assert one.without_fen == standing.report.objective_fen
    assert one.with_day_fen == 2 * one.without_fen
    assert one.fen_per_hour == Fraction(one.without_fen, 8)


def test_nothing_is_recruited_where_nothing_is_scarce():
    """Every price is 0."""
    assert recruits(Standing(three_plants(), (TURNED, GROUND))) == ()


def test_searching_again_never_loses_and_repeats_itself():
    """The plan found is valid, worth what is said, and the same for the same seed."""
    problem = random_problem(40, 30, 3)
    standing = Standing(problem, inserted_plan(problem, every=2))
    some = frozenset(one.offer_id for one in problem.offers[:10])
    worth, plan = Resolver(standing).run(problem, some, moves=100, seed=1)
    assert check(problem, plan).objective_fen == worth
    assert worth >= (standing.report.objective_fen or 0)
    assert (worth, plan) == Resolver(standing).run(problem, some, moves=100, seed=1)


def test_an_offer_that_fits_no_order_changes_nothing():
    """There is nothing to search around it."""
    problem = three_plants(offers=[offer(), GRINDING_NEAR, offer("F9", process="welding")])
    standing = Standing(problem, (TURNED, GROUND))
    assert Resolver(standing).run(problem, frozenset({"F9"}), moves=10, seed=1) == (
        standing.report.objective_fen,
        standing.plan,
    )


def test_rules_that_tie_orders_together_are_refused():
    """The short search does not know them, and says what to use."""
    problem = replace(three_plants(), rules=Rules(local_first=LocalFirst(bonus_fen_per_hour=1)))
    standing = Standing(problem, (TURNED, GROUND), [price("F1", 1, 1000)])
    with pytest.raises(ValueError, match=r"expected a problem without rules; use solve\(\)"):
        recruits(standing)


def test_one_more_day_is_eight_hours_in_one_week():
    """The other weeks and offers stay as they are."""
    problem = three_plants()
    more = one_more_day(problem, "F1", 2)
    assert more.offers[0].idle_minutes == (600, 600, 1080, 600, 600, 600)
    assert more.offers[1:] == problem.offers[1:]


def test_a_plan_with_more_lots_than_the_search_makes_is_refused():
    """Seven lots of one order are valid, and more than the search can hold."""
    offers = [offer(min_lot=1, setup_minutes=0), GRINDING_NEAR]
    operations = (order().operations[0],)
    problem = three_plants(order(quantity=7, max_lots=7, operations=operations), offers=offers)
    plan = [replace(TURNED, lot=lot, lot_quantity=1, minutes=15) for lot in range(1, 8)]
    standing = Standing(problem, plan, [price("F1", 1, 1000)])
    with pytest.raises(ValueError, match="can hold 0 of the plan's 1 orders"):
        recruits(standing)
