"""Prices of capacity: raised where more is wanted than there is, lowered where less is.

Each order plans alone at the prices; what all of them want less what there is, is a subgradient of
the Lagrangian dual of the capacity limits. Orders are priced in batches, and the prices move after
each batch (incremental subgradient, Nedić and Bertsekas 2001): one epoch moves them as far as ten
epochs of all orders at once, and averages over epochs settle.

A batch is cut into shards. Pricing a shard is a pure function of prices: it returns the minutes
wanted, and the sum is taken in the order of the shards, so the result does not depend on how many
threads, or machines, share the work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import numpy as np

from matching.capacity.bounds import Bounder, Effort
from matching.capacity.columns import MILLIFEN_MAX, Columns, Floats, Ints
from matching.capacity.kernels.library import Shared
from matching.capacity.kernels.search import NORMAL, Searcher, make_state
from matching.capacity.plan import Price
from matching.capacity.problem import Problem

BATCHES = 10
SHARD_ORDERS = 100  # a shard has at least so many orders, where there are enough
SHARDS_MAX = 8  # of a batch
OVERUSE_MAX = 3.0  # a step counts no more than so much over-use, in parts of the idle minutes
MEMORY = 0.9  # usual, of the running average
SCARCE_MINUTES = 60.0  # weeks with less idle time count as this much


class Shard(Protocol):
    """Some orders, priced together by one thread at a time."""

    def demand(self, prices: Floats) -> Ints:
        """Return the minutes wanted at prices in fen: offers × weeks."""
        ...


class SearchShard:
    """Orders whose wishes the search finds: quick, and own-feasible, but no proof."""

    def __init__(self, columns: Shared[Columns], orders: Ints, searcher: Searcher) -> None:
        c = columns.values
        self._shape, self._orders = c.idle.shape, np.ascontiguousarray(orders)
        self._searcher, self._earned = searcher, np.zeros(len(c.orders))

    def demand(self, prices: Floats) -> Ints:
        """Return the minutes wanted."""
        use = np.zeros(self._shape, np.int64)
        self._searcher.demand_at(self._orders, prices, NORMAL, use=use, earned=self._earned)
        return use


class BoundShard:
    """Orders whose wishes are those of the relaxation that proves the bound."""

    def __init__(self, bounder: Bounder, orders: Ints, effort: Effort) -> None:
        self._bounder, self._orders, self._effort = bounder, np.ascontiguousarray(orders), effort

    def demand(self, prices: Floats) -> Ints:
        """Return the minutes wanted."""
        use = np.zeros(prices.shape, np.int64)
        millifen = in_millifen(prices)
        self._bounder.earned(millifen, self._effort, orders=self._orders, use=use)
        return use


def in_millifen(prices: Floats) -> Ints:
    """Return prices in whole thousandths of a fen."""
    return np.rint(np.minimum(prices * 1000, MILLIFEN_MAX)).astype(np.int64)


def start_table(problem: Problem, columns: Columns, prices: Iterable[Price]) -> Floats:
    """Return prices of an earlier run in fen per minute, offers × weeks; unknown ones are left out.

    They are no more than a first guess: offers may have come and gone since.
    """
    offers = {offer.offer_id: at for at, offer in enumerate(problem.offers)}
    table: Floats = np.zeros(columns.idle.shape)
    for price in prices:
        if price.offer_id in offers and 0 <= price.week < columns.weeks:
            table[offers[price.offer_id], price.week] = max(0, price.millifen_per_minute) / 1000
    return table


def search_batches(
    columns: Shared[Columns], wanted: Ints, *, seed: int
) -> tuple[tuple[SearchShard, ...], ...]:
    """Return the orders in batches of shards; how many depends on the number of orders alone.

    The batches hold the same orders as those of `bound_batches`.
    """
    lanes = max(1, min(SHARDS_MAX, len(wanted) // (BATCHES * SHARD_ORDERS)))
    searchers = [Searcher(columns, make_state(seed, 100 + lane)) for lane in range(lanes)]
    mixed = np.random.default_rng(seed).permutation(wanted)
    return tuple(
        tuple(
            SearchShard(columns, mixed[batch + BATCHES * lane :: BATCHES * lanes], searchers[lane])
            for lane in range(lanes)
        )
        for batch in range(BATCHES)
    )


def bound_batches(
    bounder: Bounder, orders: Ints, effort: Effort, *, seed: int
) -> tuple[tuple[BoundShard, ...], ...]:
    """Return the orders in batches of one shard each, which the bounder cuts further."""
    mixed = np.random.default_rng(seed).permutation(orders)
    return tuple((BoundShard(bounder, mixed[at::BATCHES], effort),) for at in range(BATCHES))


class Pricer:
    """Moves prices towards balance, epoch by epoch."""

    def __init__(
        self,
        idle: Ints,
        batches: Sequence[Sequence[Shard]],
        *,
        start: Floats,
        usual: float,
        steps: tuple[float, float],
        memory: float = MEMORY,
        uses: Sequence[Ints] = (),
        workers: int,
    ) -> None:
        """Begin at some prices.

        Parameters
        ----------
        usual
            What a minute of work earns on the mean, fen.
        steps
            First and last step, in parts of what is usual.
        memory
            Of the running average, 0..1: what an epoch keeps of it at most.
        uses
            What each batch wanted last, offers × weeks, when prices are moved on with the wishes
            of the same orders; else they are all asked before prices first move.
        """
        self._idle = idle.astype(np.float64)
        self._scale = usual / (len(batches) * np.maximum(self._idle, SCARCE_MINUTES))
        self._steps, self._batches, self._memory = steps, batches, memory
        self.prices: Floats = start
        self.mean: Floats = start
        self.epochs = 0
        lanes = max((len(batch) for batch in batches), default=1)
        self._pool = ThreadPoolExecutor(min(workers, lanes)) if min(workers, lanes) > 1 else None
        self.uses = list(uses) or [self._demand(batch) for batch in batches]
        self._use: Ints = np.sum(self.uses, axis=0)

    def _demand(self, shards: Sequence[Shard]) -> Ints:
        if self._pool is None:
            found = [shard.demand(self.prices) for shard in shards]
        else:
            found = list(self._pool.map(lambda shard: shard.demand(self.prices), shards))
        total = found[0]
        for use in found[1:]:
            total += use
        return total

    def run(self, along: Callable[[], float], epochs_max: int) -> None:
        """Move the prices until `along`, 0..1, reaches 1 or so many epochs are done."""
        first, last = self._steps
        while self.epochs < epochs_max and (share := along()) < 1.0:
            step = first * (last / first) ** max(share, self.epochs / epochs_max)
            for at, batch in enumerate(self._batches):
                self._use -= self.uses[at]
                self.uses[at] = self._demand(batch)
                self._use += self.uses[at]
                over = np.clip(self._use - self._idle, -self._idle, OVERUSE_MAX * self._idle)
                self.prices = np.maximum(0.0, self.prices + step * self._scale * over)
            self.epochs += 1
            keep = min(self._memory, 1 - 1 / (1 + self.epochs))
            self.mean = keep * self.mean + (1 - keep) * self.prices

    def close(self) -> None:
        """End the threads."""
        if self._pool is not None:
            self._pool.shutdown()
