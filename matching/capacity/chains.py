"""Searches side by side: chains of moves from one plan, brought together now and then.

In a small problem every chain goes its own way and the best plan is shared. In a large one two
chains seldom touch the same orders, so what each has changed since they parted is put together:
the gains add up.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from matching.capacity.columns import Columns, Floats, Ints
from matching.capacity.kernels.book import Book, Copy
from matching.capacity.kernels.library import Shared
from matching.capacity.kernels.search import (
    NORMAL,
    Chain,
    Searcher,
    differing,
    find_users,
    make_state,
    take_over,
)

CHAINS = 2  # always as many, whatever the number of workers
MERGED_ORDERS_MIN = 600  # fewer wanted orders: chains go their own ways
CHUNK = 500  # moves of a chain in a round, at least;
CHUNK_SHARE = 0.05  # of the wanted orders: putting plans together looks at all of them
SHARINGS = 12  # times that the best plan is shared by chains that go their own ways


class Chains:
    """Some chains from one plan."""

    def __init__(
        self,
        columns: Shared[Columns],
        book: Shared[Book],
        wanted: Ints,
        prices: Floats,
        *,
        seed: int,
        workers: int,
    ) -> None:
        self._c, self._prices = columns, prices
        users = find_users(columns.values)
        self._chains = [
            Chain(columns, copy_book(book), wanted, users, make_state(seed, 3 + at))
            for at in range(CHAINS)
        ]
        self._searcher = Searcher(columns, make_state(seed, 20))
        self._chunk = max(CHUNK, int(CHUNK_SHARE * len(wanted)))
        self._merging = len(wanted) >= MERGED_ORDERS_MIN
        self._pool = ThreadPoolExecutor(min(workers, CHAINS))
        self._base = Shared(copied(book.values.copy))
        self._shared = 0

    @property
    def best(self) -> Copy:
        """The best plan that a chain has met, not copied."""
        return self._best().best.values

    def round(self, heat: float, along: float, *, moves_max: int | None) -> int:
        """Let every chain move at a temperature in fen, then bring them together.

        Parameters
        ----------
        along
            Share of the search that is over, 0..1.
        moves_max
            No more moves than this, in all chains together; each makes at least one.

        Returns
        -------
        int
            The moves made.
        """
        moves = self._chunk
        if moves_max is not None:
            moves = max(1, min(moves, moves_max // CHAINS))

        def run(chain: Chain) -> None:
            chain.improve(self._prices, moves, warm=heat, cold=heat)

        list(self._pool.map(run, self._chains))
        if self._merging:
            self._merge()
        elif int(along * SHARINGS) > self._shared:
            self._shared = int(along * SHARINGS)
            best = self._best()
            for chain in self._chains:
                if chain is not best:
                    chain.restart(best.best)
        return CHAINS * moves

    def _best(self) -> Chain:
        return max(self._chains, key=lambda chain: chain.best_profit)

    def _merge(self) -> None:
        """Put together what the chains have changed; the first to change an order decides."""
        first, base = self._chains[0], self._base.values
        book = first.book
        decided = np.zeros(len(base.lots), np.bool_)
        decided[differing(base, book.values.copy, book.values.owner)] = True
        for chain in self._chains[1:]:
            theirs = chain.book.values
            changed = differing(base, theirs.copy, theirs.owner)
            changed = changed[~decided[changed]]
            left_out = take_over(self._c, book, Shared(theirs.copy), changed)
            self._searcher.insert_all(book, left_out, self._prices, theta=1.0, effort=NORMAL)
            decided[changed] = True
        merged = float(book.values.profit.sum())
        better = max(self._chains[1:], key=lambda chain: chain.profit)
        if better.profit > merged:
            first.restart(Shared(better.book.values.copy))
        else:
            first.settle()
        now = Shared(book.values.copy)
        for chain in self._chains[1:]:
            chain.restart(now)
        for mine, other in zip(base, book.values.copy, strict=True):
            mine[...] = other

    def close(self) -> Shared[Book]:
        """End the threads; return the best plan."""
        self._pool.shutdown()
        best = self._best()
        best.restart(best.best)
        return best.book


def copy_book(book: Shared[Book]) -> Shared[Book]:
    """Return an independent copy of a plan."""
    columns: list[Any] = [column.copy() for column in book.values]
    return Shared(Book(*columns))


def copied(plan: Copy) -> Copy:
    """Return an independent copy of the plan of a book."""
    columns: list[Any] = [column.copy() for column in plan]
    return Copy(*columns)
