"""Orders of the plan: costs, payments, and what any other way would cost."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.capacity import check
from matching.capacity.explaining.matched import explain_matched
from matching.capacity.explaining.standing import Standing
from tests.support.capacity import GRINDING_NEAR, GROUND, TURNED, offer, order, three_plants
from tests.support.oracle import best_plan, tiny_problem, ways

PLAN = (TURNED, GROUND)


def test_an_order_shows_its_costs_and_who_is_paid():
    """The payments cover the exact price, and less than a fen more for each enterprise."""
    found = explain_matched(Standing(three_plants(), PLAN), "O1")
    assert found.lines == PLAN
    assert [name for name, _ in found.paid] == ["E1", "E3"]
    price = found.cost.processing + found.cost.transport
    assert price <= sum(payment.fen for _, payment in found.paid) < price + 2
    carbon = found.cost.carbon
    assert found.value_fen - ceil(price + carbon + found.cost.tardy_fen) == found.worth_fen


def test_the_runner_up_avoids_one_enterprise_and_costs_what_check_says():
    """Without E3 the far grinder is used; without E1 nobody can turn it and it would be lost."""
    problem = three_plants(order(max_tardy_weeks=1))
    found = explain_matched(Standing(problem, PLAN), "O1")
    assert found.runner_up is not None
    assert (found.runner_up.avoided, found.runner_up.enterprises) == ("E3", ("E1", "E2"))
    worth = check(problem, found.runner_up.lines).objective_fen
    assert worth == found.worth_fen - found.runner_up.loss_fen
    without = {way.avoided: way for way in found.other_ways}
    assert without["E1"].lines == ()
    assert without["E1"].loss_fen == found.worth_fen


def test_an_order_without_another_way_has_no_runner_up():
    """Each of its enterprises is the only one."""
    problem = three_plants(offers=[offer(), GRINDING_NEAR])
    found = explain_matched(Standing(problem, PLAN), "O1")
    assert found.runner_up is None
    assert {way.loss_fen for way in found.other_ways} == {found.worth_fen}


def test_a_way_that_is_better_than_the_plan_is_shown_as_such():
    """The plan grinds far away for no reason: without the far grinder it gains."""
    far = replace(GROUND, offer_id="F2", week=3)
    problem = three_plants(order(max_tardy_weeks=1))
    found = explain_matched(Standing(problem, (TURNED, far)), "O1")
    assert found.runner_up is not None
    assert found.runner_up.avoided == "E2"
    assert found.runner_up.loss_fen < 0


def test_orders_that_are_not_there_or_refused_are_named():
    """The message says what to ask for instead."""
    standing = Standing(three_plants(), ())
    with pytest.raises(ValueError, match="order O1: the plan refuses it; ask for its repairs"):
        explain_matched(standing, "O1")
    with pytest.raises(ValueError, match="order O9: the problem has no such order"):
        explain_matched(standing, "O9")


@pytest.mark.long
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_no_other_way_is_better_than_trying_everything(seed: int):
    """Brute force over all ways of the order beside the plan finds no smaller loss."""
    problem = tiny_problem(seed)
    best = best_plan(problem)
    assert best is not None
    standing = Standing(problem, best.lines)
    for order_id in standing.lines:
        others = [line for line in best.lines if line.order_id != order_id]
        for way in explain_matched(standing, order_id).other_ways:
            order = standing.orders[order_id]
            excluded = order.excluded_enterprises | {way.avoided}
            without = replace(order, excluded_enterprises=excluded)
            changed = replace(
                problem, orders=tuple(without if o is order else o for o in problem.orders)
            )
            worth = [
                check(changed, [*others, *one.lines]).objective_fen
                for one in ways(changed, without)
            ]
            possible = max((w for w in worth if w is not None), default=None)
            before = standing.report.objective_fen or 0
            if way.lines:
                found = check(changed, [*others, *way.lines]).objective_fen
                assert found == before - way.loss_fen
                assert possible is not None
                assert found <= possible
            else:
                assert way.loss_fen == standing.worth(order_id)
