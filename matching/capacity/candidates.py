"""Candidate lists: in a large problem, of each operation the offers that are best at the prices.

The more offers a park has, the more of them can make an operation, and most are never chosen for
it. Prices and plans are looked for among the best few dozen, in a third of the time; the bound is
proved over all of them.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from matching.capacity.bounds import THREADS
from matching.capacity.chains import copied
from matching.capacity.columns import Columns, Floats, Ints, Shorts
from matching.capacity.kernels.book import Copy
from matching.capacity.kernels.library import Shared
from matching.capacity.kernels.search import Searcher, make_state
from matching.capacity.kernels.workspace import SLOT_ENTRY

CHOICES = 64  # of an operation: as many as the search looks at


class Candidates(NamedTuple):
    """Columns with some of the entries alone, and which of all entries those are."""

    columns: Shared[Columns]
    kept: Shorts

    def widened(self, plan: Copy) -> Copy:
        """Return a copy of a plan in these columns, in the entries of all."""
        wide = copied(plan)
        wide.slots[:, SLOT_ENTRY] = self.kept[wide.slots[:, SLOT_ENTRY]]
        return wide


def find_candidates(
    columns: Shared[Columns], orders: Ints, prices: Floats, *, choices: int = CHOICES
) -> Candidates:
    """Return the entries of each operation that are best at the prices.

    Parameters
    ----------
    orders
        The others keep no entry at all.
    prices
        Offers × weeks, fen per minute.
    choices
        At most so many entries of an operation, 1..CHOICES_MAX.

    Raises
    ------
    ValueError
        When there are fewer or more choices.
    """
    c = columns.values
    found = np.zeros((len(c.rows) - 1, choices), np.int32)
    sizes = np.zeros(len(c.rows) - 1, np.int64)

    def look(lane: int) -> None:
        mine = np.ascontiguousarray(orders[lane::THREADS])
        searcher = Searcher(columns, make_state(lane, 0))
        searcher.find_candidates(mine, prices, choices=choices, found=found, sizes=sizes)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(look, range(THREADS)))
    kept = found[np.arange(choices) < sizes[:, None]]
    few = c._replace(
        rows=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        entries=c.entries[kept],
        quotes=c.quotes[kept] if len(c.quotes) else c.quotes,
    )
    return Candidates(Shared(few), kept)
