"""Candidate offers: the best of each operation, and plans that are made of them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import pairwise

import numpy as np
import pytest

from matching.capacity import planning, sifting
from matching.capacity.booking import as_lines
from matching.capacity.candidates import find_candidates
from matching.capacity.check import check
from matching.capacity.clock import Clock
from matching.capacity.columns import Columns, build_columns
from matching.capacity.kernels.library import Shared
from matching.capacity.plan import CapacityResult
from matching.capacity.planning import Engine
from matching.capacity.problem import Operation, Problem
from matching.capacity.solve import solve
from matching.limits import Limits
from tests.support.capacity import offer, order, random_problem, three_plants

WORK = Limits(seconds=None, work=300, seed=1, workers=2)


def rows_of(c: Columns) -> list[list[int]]:
    """Return the offers of each operation."""
    return [c.entries[first:end].tolist() for first, end in pairwise(c.rows.tolist())]


def able(c: Columns) -> np.ndarray:
    """Return all orders."""
    return np.arange(len(c.orders), dtype=np.int64)


@pytest.mark.parametrize("choices", [1, 2, 5])
def test_no_operation_keeps_more_than_so_many_of_its_offers(choices: int) -> None:
    columns = build_columns(random_problem(60, 40, 2))
    prices = np.zeros(columns.idle.shape)

    found = find_candidates(Shared(columns), able(columns), prices, choices=choices)

    kept, every = rows_of(found.columns.values), rows_of(columns)
    assert all(len(few) <= choices for few in kept)
    assert sum(map(len, kept)) < sum(map(len, every))
    for few, all_of_them in zip(kept, every, strict=True):
        places = [all_of_them.index(one) for one in few]
        assert places == sorted(set(places))
    assert (columns.entries[found.kept] == found.columns.values.entries).all()


def test_others_keep_none() -> None:
    columns = build_columns(random_problem(60, 40, 2))
    some = np.arange(0, 60, 3, dtype=np.int64)

    found = find_candidates(Shared(columns), some, np.zeros(columns.idle.shape)).columns.values

    rows = {row for at in some for row in range(columns.steps[at], columns.steps[at + 1])}
    assert {row for row, few in enumerate(rows_of(found)) if few} <= rows
    assert any(rows_of(found))


@pytest.mark.parametrize("choices", [0, 129])
def test_choices_beyond_what_the_kernel_has_room_for_are_refused(choices: int) -> None:
    columns = build_columns(random_problem(60, 40, 2))
    prices = np.zeros(columns.idle.shape)

    with pytest.raises(ValueError, match=rf"choices: expected 1..128, got {choices}"):
        find_candidates(Shared(columns), able(columns), prices, choices=choices)


def turning(*prices: float, minutes: tuple[int, ...] = (200, 200)) -> tuple[Problem, np.ndarray]:
    """Return an order of 130 minutes with two weeks for it, offers alike but for one, and prices.

    The offers cost the same; `prices` are those of the weeks of the first, the second costs two a
    minute, the third ten. The first has `minutes`, the others enough.
    """
    one = Operation(process="cnc-turning", tolerance_it=9, minutes_total=100)
    wanted = order(operations=(one,), max_lots=1, release_week=0, due_week=5)
    offers = [
        offer("F1", idle_minutes=minutes),
        offer("F2", idle_minutes=(200, 200)),
        offer("F3", idle_minutes=(200, 200)),
    ]
    problem = three_plants(wanted, offers=offers, weeks=2, max_block_weeks=2)
    return problem, np.array([prices, (2.0, 2.0), (10.0, 10.0)])


@pytest.mark.parametrize(
    ("prices", "minutes", "kept"),
    [
        ((1.0, 1.0), (200, 200), [0]),  # the cheapest
        ((3.0, 3.0), (200, 200), [1]),
        ((0.0, 9.0), (10, 200), [1]),  # its cheap week has no room for the work
        ((0.0, 9.0), (120, 200), [0]),  # it has for most of it
        ((1.0, 1.0), (60, 60), [1]),  # both weeks together have not
    ],
)
def test_best_is_what_costs_least_with_the_minutes_it_needs(
    prices: tuple[float, float], minutes: tuple[int, int], kept: list[int]
) -> None:
    problem, table = turning(*prices, minutes=minutes)
    columns = build_columns(problem)

    found = find_candidates(Shared(columns), able(columns), table, choices=1)

    assert rows_of(found.columns.values) == [kept]


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Treat every problem as a very large one, with two candidates for each operation."""
    monkeypatch.setattr(planning, "LARGE_ORDERS_MIN", 1)
    monkeypatch.setattr(planning, "THOROUGH_ORDERS_MAX", 1)
    monkeypatch.setattr(sifting, "find_candidates", partial(find_candidates, choices=2))


def solved(problem: Problem, limits: Limits = WORK) -> CapacityResult:
    """Return the result, which must be valid and below its bound."""
    result = solve(problem, limits)
    assert check(problem, result.plan).valid
    assert result.objective_fen is not None
    assert result.bound_fen is not None
    assert 0 < result.objective_fen <= result.bound_fen
    return result


def priced(problem: Problem) -> Engine:
    """Return an engine that has its prices, and no plan as yet."""
    engine = Engine(problem, Clock(WORK, on_progress=None, cancelled=None))
    engine.screen()
    engine.price()
    return engine


@pytest.mark.usefixtures("large")
def test_a_plan_of_few_offers_is_valid_and_below_a_bound_over_all() -> None:
    problem = random_problem(80, 40, 3)

    result = solved(problem)

    assert result.greedy_fen is not None
    assert result.objective_fen >= result.greedy_fen  # type: ignore[operator]
    again = solved(problem)  # nothing depends on which thread is first
    assert replace(again, timings=result.timings) == result


@pytest.mark.usefixtures("large")
def test_the_bound_is_that_of_all_offers() -> None:
    problem = random_problem(80, 40, 3)
    engine = priced(problem)
    engine.prove()

    assert engine.bounder.columns is engine.columns
    assert len(engine.columns.entries) == len(build_columns(problem).entries)


@pytest.mark.usefixtures("large")
def test_a_plan_among_candidates_is_the_same_plan_among_all() -> None:
    problem = random_problem(80, 40, 3)
    engine = priced(problem)
    engine.construct()
    engine.search()
    before = engine.lines()
    kept = {(line.order_id, line.step, line.offer_id, line.week) for line in before}

    engine.finish()  # what is in the plan stays, others may come in

    now = {(line.order_id, line.step, line.offer_id, line.week) for line in engine.lines()}
    assert kept
    assert kept <= now
    columns = engine.columns
    assert engine.lines() == as_lines(problem, columns, engine.book.values.copy)


@pytest.mark.usefixtures("large")
def test_a_greedy_plan_that_is_better_is_gone_on_with(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the one offer that the prices prefer an operation, hardly anything can be made."""
    monkeypatch.setattr(sifting, "find_candidates", partial(find_candidates, choices=1))
    problem = random_problem(80, 40, 3)

    result = solved(problem, Limits(seconds=None, work=0, seed=1, workers=1))

    assert result.greedy_fen is not None
    assert result.objective_fen >= result.greedy_fen  # type: ignore[operator]


@pytest.mark.usefixtures("large")
def test_a_run_goes_on_from_prices_of_an_earlier_one() -> None:
    problem = random_problem(80, 40, 3)
    first = solved(problem)

    again = solve(problem, WORK, start=first.prices)

    assert check(problem, again.plan).valid
    assert again.bound_fen is not None
    assert again.bound_fen >= first.objective_fen  # type: ignore[operator]


@pytest.mark.usefixtures("large")
def test_a_cancelled_run_returns_what_it_has() -> None:
    problem = random_problem(80, 40, 3)

    result = solve(problem, WORK, cancelled=lambda: True)

    assert check(problem, result.plan).valid
    assert result.stopped_by == "cancelled"
