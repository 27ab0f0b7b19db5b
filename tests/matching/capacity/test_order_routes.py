"""Routes of single orders: against every combination of offers, and bounds against plans."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from math import ceil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.capacity import check
from matching.capacity.alone import Planner
from matching.capacity.eligibility import eligible_offers
from matching.capacity.ground import Ground, build_ground
from matching.capacity.order_routes import (
    PRICE,
    TOTAL,
    Search,
    last_weeks,
    least_lot,
    surely,
)
from tests.support.capacity import inserted_plan, order, random_problem, three_plants


def fill(idle: np.ndarray, minutes: int, *, ready: int, block: int) -> dict[int, int] | None:
    """Return minutes by week for work that ends as early as it can; None when nothing fits."""
    for last in range(ready, len(idle)):
        first = max(ready, last - block + 1)
        if int(idle[first : last + 1].sum()) >= minutes:
            found, left = {}, minutes
            for week in range(first, last + 1):
                taken = min(left, int(idle[week]))
                if taken:
                    found[week] = taken
                left -= taken
            return found
    return None


def by_hand(ground: Ground, at: int) -> float:
    """Return the least cost of the whole order in one lot: every combination of offers."""
    rows = range(int(ground.steps[at]), int(ground.steps[at + 1]))
    choices = [range(int(ground.rows[r]), int(ground.rows[r + 1])) for r in rows]
    per_km = ground.leg_price[at] + ground.leg_carbon[at]
    best = np.inf
    for route in product(*choices):
        cost, ready, park = 0.0, int(ground.release[at]), int(ground.park[route[0]])
        for entry in route:
            here = int(ground.park[entry])
            if here != park:
                cost += ground.leg_fixed + ground.park_km[park, here] * per_km
                ready += int(ground.park_lag[park, here])
            minutes = int(ground.setup[entry] + ground.total[entry])
            weeks = fill(ground.idle[ground.offer[entry]], minutes, ready=ready, block=ground.block)
            if weeks is None:
                break
            cost += (ground.rate[entry] + ground.carbon[entry]) * minutes + ground.quote[entry]
            ready, park = max(weeks), here
        else:
            arrival = ready + int(ground.buyer_lag[at, park])
            cost += ground.leg_fixed + ground.buyer_km[at, park] * per_km
            cost += max(0, arrival - int(ground.due[at])) * ground.tardy_cost[at]
            if arrival <= ground.latest[at]:
                best = min(best, cost)
    return float(best)


@pytest.mark.parametrize("seed", range(3))
def test_the_search_finds_the_best_of_all_combinations(seed):
    problem = random_problem(60, 40, seed)
    ground = build_ground(problem, eligible_offers(problem))
    found = 0
    for at in range(len(problem.orders)):
        rows = ground.rows[ground.steps[at] : ground.steps[at + 1] + 1]
        if 0 < np.prod(np.diff(rows)) < 3000:
            search = Search(ground, at, idle=ground.idle, weights=TOTAL)
            lot = least_lot(ground, at, problem.orders[at].quantity)
            assert search.run(lot) == pytest.approx(by_hand(ground, at))
            found += 1
    assert found > 15


@pytest.mark.parametrize("seed", range(3))
def test_no_plan_costs_less_than_the_lower_bound(seed):
    problem = random_problem(60, 40, seed)
    ground = build_ground(problem, eligible_offers(problem))
    costs = check(problem, inserted_plan(problem)).costs
    position = {one.order_id: at for at, one in enumerate(problem.orders)}

    assert costs
    for order_id, cost in costs.items():
        at = position[order_id]
        for weights, paid in (
            (PRICE, ceil(cost.processing + cost.transport)),
            (TOTAL, problem.orders[at].value_fen - cost.profit_fen),
        ):
            search = Search(ground, at, idle=ground.idle, weights=weights)
            assert surely(search.run(least_lot(ground, at, 1))) <= paid


def test_a_plan_of_several_lots_costs_no_less_either():
    """One lot is too much for one block of weeks, so the order must go in two."""
    problem = three_plants(
        order(quantity=20, value_fen=10**6, max_price_fen=10**6),
        offers=[replace(one, idle_minutes=(60,) * 6) for one in three_plants().offers],
    )
    ground = build_ground(problem, eligible_offers(problem))
    found = Planner(problem, ground).plan(0, ground.idle)
    search = Search(ground, 0, idle=ground.idle, weights=TOTAL)

    assert found is not None
    assert found.cost.lots == 2
    assert surely(search.run(least_lot(ground, 0, 1))) <= 10**6 - found.cost.profit_fen


WEEKS = st.lists(st.integers(0, 9), min_size=1, max_size=6)


@given(WEEKS, st.integers(1, 20), st.integers(1, 4))
def test_last_weeks_agree_with_trying_every_block(idle, minutes, block):
    weeks = len(idle)
    table = last_weeks(np.array([idle], np.int64), np.array([minutes], np.int64), block=block)

    for ready in range(weeks):
        ends = [
            end
            for start in range(ready, weeks)
            for end in range(start, min(start + block, weeks))
            if sum(idle[start : end + 1]) >= minutes
        ]
        found = fill(np.array(idle), minutes, ready=ready, block=block)
        assert table[0, ready] == min(ends, default=weeks)
        assert (found is None) == (not ends)
        if found is not None:
            assert sum(found.values()) == minutes
            assert max(found) == min(ends)
            assert max(found) - min(found) < block
            assert all(0 < taken <= idle[week] for week, taken in found.items())
    assert table[0, weeks] == weeks


@pytest.mark.parametrize("seed", range(2))
def test_a_plan_alone_passes_the_check_in_its_own_problem(seed):
    problem = random_problem(60, 40, seed)
    ground = build_ground(problem, eligible_offers(problem))
    planner, found = Planner(problem, ground), 0
    for at in range(len(problem.orders)):
        rows = ground.rows[ground.steps[at] : ground.steps[at + 1] + 1]
        made = planner.plan(at, ground.idle) if np.diff(rows).min() else None
        if made is not None:
            found += 1
            report = check(problem, made.lines)
            assert report.violations == ()
            assert report.objective_fen == made.cost.profit_fen >= 1
    assert found > 5
