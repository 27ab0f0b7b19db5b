"""Problems of one week with one operation and lot for each order: generalized assignment."""

from __future__ import annotations

import itertools
import random
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from data.importers.gap import Assignment, as_problem
from matching.capacity import Problem, check, check_bound, solve
from matching.capacity.assignment import (
    Streams,
    Ways,
    choices_at,
    choose,
    find_ways,
    greedy_choice,
    is_assignment,
    price_ways,
)
from matching.capacity.columns import Floats, Ints, build_columns
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


def priced(problem: Problem) -> tuple[Ways, Floats, Ints]:
    """Return the ways of a problem, the prices of its linear relaxation, and the idle minutes."""
    columns = build_columns(problem)
    ways = find_ways(columns)
    return ways, price_ways(columns, ways), columns.idle[:, 0]


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


def test_the_plan_does_not_depend_on_the_number_of_workers() -> None:
    """Two searches side by side are the same two with one thread."""
    problem = assignment(4, agents=5, jobs=30)
    one, two = (
        solve(problem, Limits(seconds=None, work=400, seed=3, workers=workers))
        for workers in (1, 2)
    )

    assert one.plan == two.plan
    assert one.work == two.work == 400


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), agents=st.integers(1, 5), jobs=st.integers(1, 25))
def test_chains_keep_within_idle_minutes_and_beat_the_hint(
    seed: int, agents: int, jobs: int
) -> None:
    """Whatever scarcity there is: one way an order, no offer over its minutes, no less profit."""
    ways, prices, idle = priced(assignment(seed, agents=agents, jobs=jobs))
    assume(len(ways.order))
    hint = greedy_choice(ways, prices, idle)
    streams = Streams(ways, prices, idle, hint=hint, seed=seed, workers=1)

    for _ in range(3):
        streams.round(None)
        chosen = streams.best
        used = np.bincount(ways.offer[chosen], ways.minutes[chosen], minlength=len(idle))
        assert (used <= idle).all()
        assert len(np.unique(ways.order[chosen])) == len(chosen)
        assert ways.profit[chosen].sum() >= ways.profit[hint].sum()
    streams.close()


@pytest.mark.parametrize("seed", range(6))
def test_chains_alone_reach_the_optimum_of_small_assignments(seed: int) -> None:
    """No solver is needed where trying everything is possible."""
    problem = assignment(20 + seed)
    ways, prices, idle = priced(problem)
    streams = Streams(
        ways, prices, idle, hint=greedy_choice(ways, prices, idle), seed=seed, workers=2
    )

    for _ in range(5):
        streams.round(None)
    streams.close()

    assert streams.profit == brute_force(problem)


def test_orders_are_refused_where_minutes_are_missing() -> None:
    """One offer with minutes for some of the orders serves those that earn most."""
    problem = assignment(7, agents=1, jobs=8)
    ways, prices, idle = priced(problem)
    streams = Streams(ways, prices, idle, hint=np.zeros(0, np.int64), seed=1, workers=1)

    streams.round(None)
    streams.close()

    assert 0 < len(streams.best) < 8
    assert streams.profit == brute_force(problem)


def test_choices_are_sorted_and_end_in_a_refusal() -> None:
    """The best choice loses nothing; refusing loses what the order earns at the prices."""
    ways, prices, idle = priced(assignment(2, agents=4, jobs=10))
    choices, way = choices_at(ways, prices, idle)
    real = choices.offer >= 0

    assert (np.diff(np.where(real, choices.lost, 1e12), axis=1)[real[:, 1:]] >= 0).all()
    assert (choices.lost[:, 0] == 0).all()
    assert ((choices.offer == len(idle)).sum(axis=1) == 1).all()
    assert ((way >= 0) == (real & (choices.offer < len(idle)))).all()
    assert choices.first[-1] == real.sum()


def test_reduced_costs_leave_out_no_better_choice() -> None:
    """From a poor hint the solver still finds the optimum: what is left out cannot be in it."""
    problem = assignment(11, agents=4, jobs=6)
    ways, prices, idle = priced(problem)
    hint = greedy_choice(ways, prices, idle)[:2]

    found = choose(ways, prices, idle, hint=hint, seconds=None, seed=1, stopped=lambda: False)

    assert ways.profit[found].sum() == brute_force(problem)


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
