"""Assignment from a bare matrix against every possible plan; what is said when there is none."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.limits import Limits
from matching.result import Status
from matching.technology.assignment.clock import Clock
from matching.technology.assignment.fairness import frontier, greatest_floor
from matching.technology.assignment.flow import best_flow, flow_prices
from matching.technology.assignment.matrix import Matrix, matrix_of
from matching.technology.assignment.matrix_causes import shown
from matching.technology.assignment.matrix_check import (
    MatrixPrices,
    figures,
    floor_bound,
    total_bound,
    violations,
)
from matching.technology.assignment.matrix_solve import assign_matrix
from tests.support.folders import shared_folder

LIMITS = Limits(seconds=30)


@st.composite
def matrices(draw: st.DrawFn) -> Matrix:
    """Return tiny problems; many of them have no plan."""
    providers, demands = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    numbers = st.integers(-20, 100).map(lambda n: n / 100)
    row = st.lists(numbers, min_size=demands, max_size=demands)
    most = draw(st.lists(st.integers(0, 3), min_size=providers, max_size=providers))
    allowed = st.lists(st.integers(0, 9), min_size=demands, max_size=demands)
    return matrix_of(
        draw(st.lists(row, min_size=providers, max_size=providers)),
        demand_load=draw(st.lists(st.integers(0, 2), min_size=demands, max_size=demands)),
        provider_load=most,
        provider_min=[draw(st.integers(0, min(1, limit))) for limit in most],
        allowed=np.array(draw(st.lists(allowed, min_size=providers, max_size=providers))) > 1,
    )


def every_plan(matrix: Matrix, floor: int | None = None):
    """Yield every plan that the check accepts."""
    choices = [
        list(combinations(range(matrix.providers), int(load))) for load in matrix.demand_load
    ]
    for chosen in product(*choices):
        plan = np.zeros(matrix.scores.shape, np.bool_)
        for demand, members in enumerate(chosen):
            plan[list(members), demand] = True
        if not violations(matrix, plan, floor=floor):
            yield plan


@settings(max_examples=60, deadline=None)
@given(matrices())
def test_the_flow_is_the_best_of_all_plans_and_its_prices_prove_it(matrix: Matrix):
    """Against the oracle: total, infeasibility, and a bound that equals the total."""
    totals = [figures(matrix, plan).total for plan in every_plan(matrix)]
    result = assign_matrix(matrix, limits=LIMITS)
    assert (result.status is Status.OPTIMAL) == bool(totals)
    assert not violations(result.matrix, result.chosen)
    assert total_bound(result.matrix, result.prices) == result.figures.total == result.bound
    if totals:
        assert result.figures.total == max(totals)
    else:
        assert result.causes
        assert result.relaxed


@settings(max_examples=12, deadline=None)
@given(matrices(), st.integers(-10, 150))
def test_a_floor_against_all_plans(matrix: Matrix, percent: int):
    """With a floor: the best total, or a proof that there is none and the greatest floor."""
    if not best_flow(matrix).complete:
        return
    floor = matrix.in_units(percent / 100)
    plans = list(every_plan(matrix, floor))
    result = assign_matrix(matrix, limits=LIMITS, floor=floor)
    if plans:
        best = max(figures(matrix, plan).total for plan in plans)
        assert result.figures.total == best
        assert result.bound >= best
        assert result.price_bound >= result.bound
        assert result.floor == floor
    else:
        assert result.status is Status.INFEASIBLE
        minima = [figures(matrix, plan).minimum for plan in every_plan(matrix)]
        assert result.floor is not None
        assert result.floor <= max(minima)
        assert result.floor >= max(minima) - max(1, abs(max(minima)) // 1000)
        assert result.causes
        assert result.relaxed[-1].code == "floor_lowered"


@settings(max_examples=40, deadline=None)
@given(matrices(), st.data())
def test_any_prices_bound_every_plan(matrix: Matrix, data: st.DataObject):
    """The bound holds whatever the prices are: nothing about them needs to be trusted."""
    plans = list(every_plan(matrix))
    if not plans:
        return
    price = st.integers(-matrix.unit, matrix.unit)
    prices = MatrixPrices(
        places=np.array(
            data.draw(st.lists(price, min_size=matrix.providers, max_size=matrix.providers))
        ),
        floors=np.array(
            data.draw(
                st.lists(st.integers(0, 50_000), min_size=matrix.demands, max_size=matrix.demands)
            )
        ),
    )
    floor = data.draw(st.integers(-matrix.unit, matrix.unit))
    found = [figures(matrix, plan) for plan in plans]
    assert total_bound(matrix, prices) >= max(one.total for one in found)
    kept = [figures(matrix, plan).total for plan in every_plan(matrix, floor)]
    assert total_bound(matrix, prices, floor=floor) >= max(kept, default=-(2**60))
    if prices.floors[matrix.demand_load > 0].any():
        assert floor_bound(matrix, prices) >= max(one.minimum for one in found)


@settings(max_examples=20, deadline=None)
@given(matrices(), st.randoms(use_true_random=False))
def test_names_do_not_matter(matrix: Matrix, dice):
    """Relabelled providers and demands give the same total."""
    rows, columns = list(range(matrix.providers)), list(range(matrix.demands))
    dice.shuffle(rows)
    dice.shuffle(columns)
    other = Matrix(
        scores=matrix.scores[rows][:, columns],
        unit=matrix.unit,
        demand_load=matrix.demand_load[columns],
        provider_max=matrix.provider_max[rows],
        provider_min=matrix.provider_min[rows],
        allowed=matrix.open_pairs[rows][:, columns],
    )
    one, two = assign_matrix(matrix, limits=LIMITS), assign_matrix(other, limits=LIMITS)
    assert (one.status, one.figures.total) == (two.status, two.figures.total)


@settings(max_examples=20, deadline=None)
@given(matrices(), st.integers(0, 3))
def test_more_load_never_lowers_the_optimum(matrix: Matrix, at: int):
    result = assign_matrix(matrix, limits=LIMITS)
    if result.status is not Status.OPTIMAL:
        return
    most = matrix.provider_max.copy()
    most[at % matrix.providers] += 1
    larger = Matrix(
        scores=matrix.scores,
        unit=matrix.unit,
        demand_load=matrix.demand_load,
        provider_max=most,
        provider_min=matrix.provider_min,
        allowed=matrix.allowed,
    )
    assert assign_matrix(larger, limits=LIMITS).figures.total >= result.figures.total


def codes(result: object) -> list[str]:
    """Return the codes of the causes."""
    return [one.code for one in result.causes]  # type: ignore[attr-defined]


def test_too_few_allowed_providers_are_named():
    allowed = np.array([[True, False], [True, True]])
    matrix = matrix_of(np.ones((2, 2)), demand_load=[1, 2], provider_load=2, allowed=allowed)
    result = assign_matrix(matrix, limits=LIMITS)
    assert result.status is Status.INFEASIBLE
    assert codes(result) == ["few_providers"]
    assert result.causes[0].params == {"demand": "1", "needed": 2, "found": 1}
    assert [one.code for one in result.relaxed] == ["places_empty"]
    assert result.chosen.sum() == 2


def test_load_sums_that_are_too_small_are_named():
    result = assign_matrix(
        matrix_of(np.ones((3, 3)), demand_load=2, provider_load=1), limits=LIMITS
    )
    assert codes(result) == ["few_places"]
    assert result.causes[0].params == {"needed": 6, "found": 3}


def test_least_loads_above_all_places_are_named():
    result = assign_matrix(
        matrix_of(np.ones((3, 2)), demand_load=1, provider_load=2, provider_min=1), limits=LIMITS
    )
    assert codes(result) == ["least_above_slots"]
    assert [one.code for one in result.relaxed] == ["least_missed"]


def test_a_least_load_that_no_demand_can_fill_is_named():
    allowed = np.array([[False, False], [True, True]])
    matrix = matrix_of(
        np.ones((2, 2)), demand_load=1, provider_load=2, provider_min=[1, 0], allowed=allowed
    )
    assert codes(assign_matrix(matrix, limits=LIMITS)) == ["least_too_many"]


def test_demands_that_crowd_around_the_same_providers_are_named():
    """No load is wrong by itself; three demands share one provider of two places (Hall)."""
    allowed = np.zeros((3, 4), np.bool_)
    allowed[0, :3] = True
    allowed[1:, 3] = True
    matrix = matrix_of(np.ones((3, 4)), demand_load=1, provider_load=2, allowed=allowed)
    result = assign_matrix(matrix, limits=LIMITS)
    (cause,) = result.causes
    assert cause.code == "crowded"
    assert cause.params == {"demands": ("0", "1", "2"), "count": 3, "needed": 3, "found": 2}


def test_a_floor_that_one_demand_cannot_reach_names_it():
    matrix = matrix_of([[0.9, 0.2], [0.8, 0.3]], demand_load=1, provider_load=1)
    result = assign_matrix(matrix, limits=LIMITS, floor=matrix.in_units(0.5))
    (cause,) = result.causes
    assert cause.code == "floor_unreachable"
    assert cause.params == {"demand": "1", "floor": "0.5", "best": "0.3"}
    assert result.floor == matrix.in_units(0.3)


def test_a_floor_that_all_cannot_reach_at_once_is_proved():
    matrix = matrix_of([[0.9, 0.9], [0.2, 0.2]], demand_load=1, provider_load=1)
    result = assign_matrix(matrix, limits=LIMITS, floor=matrix.in_units(0.5))
    assert result.status is Status.INFEASIBLE
    assert codes(result) == ["floor_too_high"]
    assert result.figures.minimum == matrix.in_units(0.2)


def test_the_frontier_says_what_each_floor_costs():
    """Two demands want one provider; fairness gives up the best pair."""
    matrix = matrix_of([[1.0, 0.7], [0.7, 0.1]], demand_load=1, provider_load=1)
    best = assign_matrix(matrix, limits=LIMITS)
    assert best.figures.total == matrix.in_units(1.4)
    fairest = greatest_floor(matrix, clock=Clock(LIMITS), near=best.chosen)
    assert fairest.reached == fairest.bound == matrix.in_units(0.7)
    other = matrix_of([[1.0, 0.6], [0.6, 0.3]], demand_load=1, provider_load=1)
    free, fair = frontier(other, [0, other.in_units(0.6)], clock=Clock(LIMITS))
    assert (free.total, fair.total) == (other.in_units(1.3), other.in_units(1.2))
    assert free.cost == 0
    assert fair.cost == pytest.approx(0.1 / 1.3)
    assert fair.cost_least <= fair.cost
    assert fair.price_bound >= fair.bound >= fair.total


def test_a_plan_that_is_not_best_has_no_prices():
    matrix = matrix_of([[1.0, 0.1], [0.1, 1.0]], demand_load=1, provider_load=1)
    worst = np.array([[False, True], [True, False]])
    with pytest.raises(ValueError, match="not of greatest total"):
        flow_prices(matrix, worst)


def test_each_rule_is_checked_alone():
    """A plan that breaks one rule is told so, with the place and both numbers."""
    matrix = matrix_of(
        np.full((3, 2), 0.5),
        demand_load=1,
        provider_load=[1, 1, 2],
        provider_min=[0, 0, 1],
        allowed=np.array([[True, True], [False, True], [True, True]]),
    )
    fine = np.array([[False, True], [False, False], [True, False]])
    assert violations(matrix, fine) == []

    def found(plan: list[list[int]], floor: int | None = None) -> set[str]:
        return {one.code for one in violations(matrix, np.array(plan, np.bool_), floor=floor)}

    assert found([[0, 0], [1, 0], [0, 1]]) == {"not-allowed"}
    assert found([[0, 1], [0, 1], [1, 0]]) == {"demand-load"}
    assert found([[1, 1], [0, 0], [0, 0]]) == {"provider-max", "provider-min"}
    assert found([[0, 1], [0, 0], [1, 0]], matrix.in_units(0.6)) == {"floor"}
    with pytest.raises(ValueError, match="shape"):
        violations(matrix, np.zeros((1, 1), np.bool_))


def test_wrong_prices_are_refused():
    matrix = matrix_of([[1.0]], demand_load=1, provider_load=1)
    nothing = np.zeros(1, np.int64)
    with pytest.raises(ValueError, match="≥ 0"):
        total_bound(matrix, MatrixPrices(places=nothing, floors=nothing - 20_000), floor=1)
    with pytest.raises(ValueError, match="places"):
        total_bound(matrix, MatrixPrices(places=np.zeros(3, np.int64), floors=nothing))
    with pytest.raises(ValueError, match="sum to 0"):
        floor_bound(matrix, MatrixPrices(places=nothing, floors=nothing))
    none = matrix_of([[1.0]], demand_load=1, provider_load=1, allowed=np.array([[False]]))
    with pytest.raises(ValueError, match="no plan"):
        total_bound(none, MatrixPrices(places=nothing, floors=nothing))


def test_units_are_shown_exactly():
    matrix = matrix_of([[1.0]], demand_load=1, provider_load=1)
    shown_units = [shown(matrix, units) for units in (0, 1, -1, 10**9, 1_500_000_000)]
    assert shown_units == ["0", "0.000000001", "-0.000000001", "1", "1.5"]


def test_midl_reaches_the_published_total_and_beats_it_on_fairness():
    """Kobren and others (2019): TPMS 201.88 / 0.90; FairFlow 197.67 / 0.94."""
    folder = shared_folder("BENCHMARKS") / "reviewer" / "midl"
    matrix = matrix_of(
        np.load(folder / "scores.npy"),
        demand_load=np.load(folder / "covs.npy"),
        provider_load=np.load(folder / "loads.npy"),
    )
    best = assign_matrix(matrix, limits=LIMITS)
    assert round(best.figures.total / matrix.unit, 2) == 201.88
    assert round(best.figures.minimum / matrix.unit, 2) == 0.90
    assert best.bound == best.figures.total == best.price_bound
    fair = assign_matrix(matrix, limits=Limits(seconds=200), floor=matrix.in_units(0.9448))
    assert fair.figures.total / matrix.unit >= 201.76
    assert fair.figures.minimum >= matrix.in_units(0.9448)
    assert not violations(matrix, fair.chosen, floor=matrix.in_units(0.9448))
