"""Prices by shards: the same whatever the number of workers, and they prove a bound."""

from __future__ import annotations

import numpy as np
import pytest

from matching.capacity import pricing
from matching.capacity.balancing import polishing
from matching.capacity.bounds import Bounder
from matching.capacity.check import check
from matching.capacity.columns import build_columns
from matching.capacity.kernels.library import Shared
from matching.capacity.plan import Price
from matching.capacity.pricing import Pricer, in_millifen, search_batches, start_table
from matching.capacity.solve import solve
from matching.limits import Limits
from tests.support.capacity import random_problem
from tests.support.oracle import best_plan, tiny_problem


def test_prices_do_not_depend_on_the_number_of_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shards are summed in their own order, so threads change nothing."""
    monkeypatch.setattr(pricing, "SHARD_ORDERS", 1)
    problem = random_problem(80, 40, 2)
    columns = build_columns(problem)
    wanted = Bounder(problem, columns).able
    prices = []
    for workers in (1, 2, 4):
        batches = search_batches(Shared(columns), wanted, seed=1)
        pricer = Pricer(
            columns.idle,
            batches,
            start=np.zeros(columns.idle.shape),
            usual=100.0,
            steps=(1.0, 0.1),
            workers=workers,
        )
        pricer.run(lambda: 0.0, 12)
        pricer.close()
        prices.append(pricer.mean)

    assert max(len(batch) for batch in batches) > 1
    assert (prices[0] > 0).any()
    assert (prices[0] == prices[1]).all()
    assert (prices[0] == prices[2]).all()


def test_balanced_prices_prove_more_than_none() -> None:
    """The point of prices: what the orders can earn beside them falls by more than they cost."""
    problem = random_problem(80, 30, 3)
    columns = build_columns(problem)
    bounder = Bounder(problem, columns)
    pricer = Pricer(
        columns.idle,
        search_batches(Shared(columns), bounder.able, seed=1),
        start=np.zeros(columns.idle.shape),
        usual=100.0,
        steps=(1.0, 0.01),
        workers=1,
    )
    pricer.run(lambda: 0.0, 60)
    pricer.close()
    bounds = []
    for millifen in (np.zeros(columns.idle.shape, np.int64), in_millifen(pricer.mean)):
        bounds.append(
            bounder.bound_fen(millifen, bounder.earned(millifen, polishing(80)[0].effort))
        )

    assert bounds[1] < bounds[0]


def test_prices_of_an_earlier_run_are_where_the_next_begins() -> None:
    """Fen per minute in place; offers and weeks that are gone are left out."""
    problem = tiny_problem(5, lots=1)
    columns = build_columns(problem)
    name = problem.offers[1].offer_id
    kept = Price(offer_id=name, week=0, millifen_per_minute=1500)
    gone = Price(offer_id="gone", week=0, millifen_per_minute=7)
    late = Price(offer_id=name, week=columns.weeks, millifen_per_minute=7)

    table = start_table(problem, columns, (gone, kept, late))

    assert table[1, 0] == 1.5
    assert table.sum() == 1.5


@pytest.mark.parametrize("millifen", [1, 1_000_000, 1_000_000_000])
def test_a_bad_start_costs_no_validity(millifen: int) -> None:
    """Whatever the run begins with, its bound holds and its plan is valid."""
    problem = tiny_problem(7, lots=2)
    start = [
        Price(offer_id=offer.offer_id, week=week, millifen_per_minute=millifen)
        for offer in problem.offers
        for week in range(problem.settings.weeks)
    ]
    best = best_plan(problem)

    result = solve(problem, Limits(seconds=None, work=50, seed=1), start=start)

    assert result.bound_fen is not None
    assert best is not None
    assert result.bound_fen >= best.objective
    assert check(problem, result.plan).valid
