"""Sifting: prices of a very large problem, found among candidate offers that are chosen anew.

As sifting solves a linear program on a few of its columns (Bixby, Gregory, Lustig, Marsten and
Shanno 1992), prices are moved on among the offers that are best at them. One look at all offers of
all orders takes as long as three at the best few dozen, so only the first epochs and the proof see
all of them. The wishes of the search bring the prices near, those of the relaxation to where they
prove most.
"""

from __future__ import annotations

from typing import NamedTuple

from matching.capacity.balancing import (
    NARROWED,
    RESUMED,
    SURVEYED,
    Balanced,
    Schedule,
    balance,
    polishing,
)
from matching.capacity.bounds import Bounder
from matching.capacity.candidates import Candidates, find_candidates
from matching.capacity.clock import Clock
from matching.capacity.columns import Columns, Floats, Ints
from matching.capacity.kernels.library import Shared
from matching.capacity.pricing import Shard, bound_batches, in_millifen, search_batches
from matching.capacity.problem import Problem


class Sifted(NamedTuple):
    """Prices to make plans at, those that prove most, and the offers that they were found among."""

    prices: Floats  # offers × weeks, fen per minute
    millifen: Ints
    candidates: Candidates | None


class Market(NamedTuple):
    """What prices are found for.

    Attributes
    ----------
    usual
        What a minute of work earns on the mean, fen.
    may_narrow
        Whether plans may be made of some offers alone.
    """

    problem: Problem
    columns: Shared[Columns]
    wanted: Ints
    bounder: Bounder
    usual: float
    may_narrow: bool


def sift_prices(market: Market, start: Floats, clock: Clock) -> Sifted:
    """Return prices that are moved on from a start, with the offers that are best at them.

    The offers are chosen twice. What the relaxation asks for is trusted to prove more; plans are
    made at the mean of its prices and those of the search, where more orders fit than at either.
    """
    seed, columns, candidates = clock.limits.seed, market.columns, None
    orders = len(market.problem.orders)

    def move(batches: tuple[tuple[Shard, ...], ...], schedule: Schedule) -> Balanced:
        idle = columns.values.idle
        return balance(
            idle, batches, found.prices, schedule, clock, usual=market.usual, uses=found.uses
        )

    found = Balanced(start, ())
    for schedule in (RESUMED,) if start.any() else (SURVEYED, NARROWED):
        found = move(search_batches(columns, market.wanted, seed=seed), schedule)
        if clock.stopped():
            return Sifted(found.prices, in_millifen(found.prices), candidates)
        if market.may_narrow:
            candidates = find_candidates(market.columns, market.wanted, found.prices)
            columns = candidates.columns
    searched = found.prices
    bounder = Bounder(market.problem, columns.values, market.bounder.charges)
    for stage in polishing(orders):
        if not clock.stopped():
            batches = bound_batches(bounder, market.wanted, stage.effort, seed=seed)
            found = move(batches, stage.schedule)
    return Sifted((searched + found.prices) / 2, in_millifen(found.prices), candidates)
