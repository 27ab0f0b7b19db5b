"""Plans go to the kernels and come back unchanged."""

from __future__ import annotations

import pytest

from matching.capacity import check, solve
from matching.capacity.booking import as_copy, as_lines
from matching.capacity.columns import build_columns
from matching.limits import Limits
from tests.support.capacity import random_problem


@pytest.mark.parametrize("seed", range(3))
def test_a_plan_comes_back_as_it_went(seed: int) -> None:
    """Every line, and the profit of every order."""
    problem = random_problem(60, 40, seed)
    plan = solve(problem, Limits(seconds=None, work=400, seed=1)).plan
    worth = {name: cost.profit_fen for name, cost in check(problem, plan).costs.items()}
    columns = build_columns(problem)

    copy = as_copy(problem, columns, plan, worth)

    assert plan
    assert as_lines(problem, columns, copy) == plan
    assert copy.profit.sum() == sum(worth.values())


def test_an_order_on_an_offer_that_is_no_longer_eligible_is_left_out() -> None:
    """A plan made before a machine was withdrawn keeps its other orders."""
    problem = random_problem(60, 40, 1)
    plan = solve(problem, Limits(seconds=None, work=400, seed=1)).plan
    worth = {name: cost.profit_fen for name, cost in check(problem, plan).costs.items()}
    gone = plan[0].offer_id
    columns = build_columns(problem)
    offers = {offer.offer_id: at for at, offer in enumerate(problem.offers)}
    kept = columns._replace(entries=columns.entries.copy())
    kept.entries[kept.entries == offers[gone]] = -1

    copy = as_copy(problem, kept, plan, worth)

    left = {line.order_id for line in plan if line.offer_id == gone}
    served = {problem.orders[at].order_id for at in copy.lots.nonzero()[0].tolist()}
    assert served == set(worth) - left
