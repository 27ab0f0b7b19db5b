"""Single orders solved exactly, where the search misses them and the relaxation overrates them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from matching.capacity.booking import as_lines
from matching.capacity.certificate import certify, check_bound
from matching.capacity.check import check
from matching.capacity.clock import Clock
from matching.capacity.columns import Ints, build_columns
from matching.capacity.plan import Ceiling
from matching.capacity.planning import Engine
from matching.capacity.problem import Order, Problem, Quotation
from matching.capacity.single_orders import as_given, solve_singles, worth_looking
from matching.capacity.solve import solve
from matching.limits import Limits
from tests.support.oracle import best_plan, tiny_problem
from tests.support.rules import with_rules

LIMITS = Limits(seconds=None, work=100, seed=1)
MILLI = 1000


def no_prices(problem: Problem) -> Ints:
    """Return a table of prices of 0."""
    return np.zeros(build_columns(problem).idle.shape, np.int64)


def test_an_order_that_the_search_cannot_make_is_found() -> None:
    """Two operations on one machine must share its weeks: the search takes one after the other."""
    problem = with_rules(tiny_problem(11, lots=1), 11, "pins")
    best = best_plan(problem)
    engine = Engine(problem, Clock(LIMITS, on_progress=None, cancelled=None))
    engine.screen()
    missed = [at for at in range(len(problem.orders)) if engine.alone[at] == 0]

    singles = solve_singles(problem, missed, no_prices(problem), seconds=lambda: 5.0, seed=1)

    found = as_given(problem, engine.columns, singles)
    report = check(problem, as_lines(problem, engine.columns, found))
    assert best is not None
    assert report.objective_fen == best.objective > 0


@pytest.mark.parametrize("seed", range(12))
def test_a_ceiling_is_what_the_order_alone_can_earn(seed: int) -> None:
    """Found by trying every way, with the rounding up of the cost left out of the ceiling."""
    problem = tiny_problem(seed, lots=2)
    for at, order in enumerate(problem.orders):
        best = best_plan(replace(problem, orders=(order,), quotations=quoted(problem, order)))
        earned = max(0, best.objective) if best is not None else 0

        (single,) = solve_singles(
            problem, [at], no_prices(problem), seconds=lambda: 20.0, seed=1, workers=2
        )

        assert single.profit_fen == earned
        assert earned * MILLI <= single.ceiling_millifen <= (earned + 2) * MILLI


def quoted(problem: Problem, order: Order) -> tuple[Quotation, ...]:
    """Return the quotations for an order."""
    return tuple(one for one in problem.quotations if one.order_id == order.order_id)


def test_prices_are_paid_for_every_minute() -> None:
    """At a price that no order can pay, none earns anything."""
    problem = tiny_problem(11, lots=1)
    dear = np.full_like(no_prices(problem), 10**9)

    singles = solve_singles(problem, range(len(problem.orders)), dear, seconds=lambda: 5.0, seed=1)

    assert [single.ceiling_millifen for single in singles] == [0] * len(problem.orders)


def test_without_time_nothing_is_looked_at() -> None:
    """Nor is anything when no order is asked for."""
    problem = tiny_problem(11, lots=1)
    prices = no_prices(problem)

    assert solve_singles(problem, [0], prices, seconds=lambda: 0.0, seed=1) == []
    assert solve_singles(problem, [], prices, seconds=lambda: 5.0, seed=1) == []


def test_a_ceiling_lowers_the_bound_and_never_below_the_optimum() -> None:
    """With the ceilings of all orders, found alone, the bound still holds."""
    for seed in range(8):
        problem = tiny_problem(seed, lots=2)
        best = best_plan(problem)
        singles = solve_singles(
            problem,
            range(len(problem.orders)),
            no_prices(problem),
            seconds=lambda: 20.0,
            seed=1,
        )
        ceilings = [
            Ceiling(
                order_id=problem.orders[single.order].order_id, millifen=single.ceiling_millifen
            )
            for single in singles
        ]

        bound = check_bound(problem, (), ceilings)

        assert bound <= check_bound(problem, ())
        assert best is None or best.objective <= bound


@pytest.mark.parametrize(
    ("ceilings", "message"),
    [
        ([Ceiling(order_id="nobody", millifen=1)], "no such order"),
        ([Ceiling(order_id="O1", millifen=-1)], "must be 0 or more"),
        ([Ceiling(order_id="O1", millifen=1)] * 2, "appears twice"),
    ],
)
def test_ceilings_that_mean_nothing_are_refused(ceilings: list[Ceiling], message: str) -> None:
    """As prices are."""
    problem = tiny_problem(3, lots=1)
    known = [
        one
        if one.order_id == "nobody"
        else Ceiling(order_id=problem.orders[0].order_id, millifen=one.millifen)
        for one in ceilings
    ]

    with pytest.raises(ValueError, match=message):
        check_bound(problem, (), known)


def test_a_certificate_takes_no_ceiling() -> None:
    """Its bound is the certified one, which the result states beside its own."""
    problem = tiny_problem(11, lots=1)

    result = solve(problem, Limits(seconds=1.0, seed=1))

    assert result.certified_fen is not None
    assert result.bound_fen is not None
    assert result.bound_fen <= result.certified_fen == check_bound(problem, result.prices)
    assert result.bound_fen == check_bound(problem, result.prices, result.ceilings)
    assert certify(problem, result).upper_bound_fen == result.certified_fen


def test_only_orders_that_matter_are_worth_looking_at() -> None:
    """The most promising first; what is too small beside the bound is left alone."""
    earned, found = np.array([900.0, 50.0, 400.0, 10.0]), np.array([100.0, 50.0, 0.0, 9.0])

    assert worth_looking(earned, found, 10_000.0).tolist() == [0, 2]
