"""Problems of one week with one operation and lot for each order: generalized assignment."""

from __future__ import annotations

import itertools
import random
import time
from dataclasses import replace

import pytest

from data.importers.gap import Assignment, as_problem
from matching.capacity import Problem, check, check_bound, solve
from matching.capacity.assignment import find_ways, is_assignment
from matching.capacity.columns import build_columns
from matching.limits import Limits
from tests.support.capacity import random_problem


def assignment(seed: int, *, agents: int = 3, jobs: int = 6) -> Problem:
    """Return a random problem in which every order may be made by every offer, at its price."""
    draw = random.Random(seed)

    def table(least: int, most: int) -> tuple[tuple[int, ...], ...]:
        return tuple(tuple(draw.randint(least, most) for _ in range(jobs)) for _ in range(agents))

    costs, needs = table(5, 40), table(5, 25)
    capacities = tuple(draw.randint(20, 40) for _ in range(agents))
    problem = as_problem(Assignment(name="random", costs=costs, needs=needs, capacities=capacities))
    values = [draw.randint(2000, 6000) for _ in range(jobs)]  # some are not worth their capacity
    return replace(
        problem,
        orders=tuple(
            replace(order, value_fen=value)
            for order, value in zip(problem.orders, values, strict=True)
        ),
    )


def brute_force(problem: Problem) -> int:
    """Return the optimum by trying everything."""
    quoted = {(q.order_id, q.offer_id): q for q in problem.quotations}
    idle = {offer.offer_id: offer.idle_minutes[0] for offer in problem.offers}
    best = 0
    for choice in itertools.product([None, *idle], repeat=len(problem.orders)):
        used, worth = dict.fromkeys(idle, 0), 0
        for order, offer in zip(problem.orders, choice, strict=True):
            if offer is not None:
                used[offer] += quoted[order.order_id, offer].minutes_total
                worth += order.value_fen - quoted[order.order_id, offer].price_fen
        if all(used[name] <= idle[name] for name in idle):
            best = max(best, worth)
    return best


@pytest.mark.parametrize("seed", range(6))
def test_small_assignments_are_solved_to_the_optimum(seed: int) -> None:
    """The plan is the optimum of brute force, and the bound of its prices is not below it."""
    problem = assignment(seed)

    result = solve(problem, Limits(seconds=None, work=300, seed=1))

    assert is_assignment(build_columns(problem))
    assert check(problem, result.plan).valid
    assert result.objective_fen == brute_force(problem)
    assert result.bound_fen == check_bound(problem, result.prices) >= result.objective_fen


def test_equal_work_gives_the_same_plan() -> None:
    """Without a limit on seconds nothing depends on the clock."""
    problem = assignment(3, agents=4, jobs=12)
    limits = Limits(seconds=None, work=300, seed=2)

    assert solve(problem, limits).plan == solve(problem, limits).plan


def test_ways_keep_the_rules_of_a_single_order() -> None:
    """Too few minutes, a price above the cap, and a value below the cost leave no way."""
    problem = assignment(1, agents=1, jobs=3)
    scarce = replace(problem.offers[0], idle_minutes=(4,))
    dear = tuple(replace(order, max_price_fen=100) for order in problem.orders)
    poor = tuple(replace(order, value_fen=100) for order in problem.orders)

    assert len(find_ways(build_columns(problem)).order) == 3
    for changed in (
        replace(problem, offers=(scarce,)),
        replace(problem, orders=dear),
        replace(problem, orders=poor),
    ):
        assert len(find_ways(build_columns(changed)).order) == 0


def test_other_problems_are_not_assignments() -> None:
    """More than one week, operation or lot needs routes."""
    assert not is_assignment(build_columns(random_problem(20, 10, 1)))


def test_cancelling_ends_the_choice_and_keeps_a_plan() -> None:
    """The solver is interrupted, not waited for."""
    problem = assignment(5, agents=12, jobs=150)
    asked: list[float] = []

    def cancelled() -> bool:
        asked.append(time.monotonic())
        return asked[-1] - asked[0] > 1.5

    result = solve(problem, Limits(seconds=600, seed=1), cancelled=cancelled)

    assert check(problem, result.plan).valid
    assert result.stopped_by == "cancelled"
