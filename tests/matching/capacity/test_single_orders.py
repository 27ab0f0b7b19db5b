"""Exact plans of single orders where the search has missed something."""

from __future__ import annotations

import numpy as np

from matching.capacity.booking import as_lines
from matching.capacity.check import check
from matching.capacity.clock import Clock
from matching.capacity.planning import Engine
from matching.capacity.single_orders import exact_plans, worth_looking
from matching.limits import Limits
from tests.support.oracle import best_plan, tiny_problem
from tests.support.rules import with_rules

LIMITS = Limits(seconds=None, work=100, seed=1)


def test_an_order_that_the_search_cannot_make_is_found() -> None:
    """Two operations on one machine must share its weeks: the search takes one after the other."""
    problem = with_rules(tiny_problem(11, lots=1), 11, "pins")
    best = best_plan(problem)
    engine = Engine(problem, Clock(LIMITS, on_progress=None, cancelled=None))
    engine.screen()
    missed = [at for at in range(len(problem.orders)) if engine.alone[at] == 0]

    found = exact_plans(problem, engine.columns, missed, seconds=lambda: 5.0, seed=1)

    assert best is not None
    assert best.objective > 0
    assert found is not None
    report = check(problem, as_lines(problem, engine.columns, found))
    assert report.objective_fen == best.objective


def test_no_time_and_no_plan_give_none() -> None:
    """Nothing is looked at without time; an order that cannot be made has no plan."""
    problem = tiny_problem(11, lots=1)
    engine = Engine(problem, Clock(LIMITS, on_progress=None, cancelled=None))

    assert exact_plans(problem, engine.columns, [0], seconds=lambda: 0.0, seed=1) is None
    assert exact_plans(problem, engine.columns, [], seconds=lambda: 5.0, seed=1) is None


def test_only_orders_that_matter_are_worth_looking_at() -> None:
    """The most promising first; what is too small beside the bound is left alone."""
    earned, found = np.array([900.0, 50.0, 400.0, 10.0]), np.array([100.0, 50.0, 0.0, 9.0])

    assert worth_looking(earned, found, 10_000.0).tolist() == [0, 2]
