"""Large neighbourhood search: make room for a wanted order, refill, accept by annealing."""

from __future__ import annotations

from math import exp
from typing import NamedTuple

import numpy as np

from matching.capacity.columns import OFFER, Columns, Floats, Ints
from matching.capacity.kernels.book import (
    Book,
    Journal,
    close_journal,
    copy_book,
    note_order,
    overwrite_book,
    remove_order,
)
from matching.capacity.kernels.compiled import inlined, inner, int64, kernel
from matching.capacity.kernels.construct import insert_order
from matching.capacity.kernels.lots import NORMAL, plan_order
from matching.capacity.kernels.rng import State, below, uniform
from matching.capacity.kernels.routes import load_order
from matching.capacity.kernels.workspace import Workspace

EVICTED_MAX = 5
REFILLED_MAX = 8


class Search(NamedTuple):
    """What the search remembers between moves."""

    book: Book
    best: Book
    journal: Journal
    totals: Floats  # current profit, best profit, 1 while `best` waits for a copy
    wanted: Ints  # orders that can be made at all
    queue: Ints  # orders to put in again, this move
    rng: State


@inner
def _add(queue: Ints, count: int, order: int) -> int:
    """Append an order unless it is there or the queue is full; return the new length."""
    for at in range(count):
        if queue[at] == order:
            return count
    if count < len(queue):
        queue[count] = order
        count += 1
    return count


@inner
def _holders(
    c: Columns, s: Search, offer: int, start: int, end: int, order: int, count: int
) -> int:
    """Queue the orders that use an offer in weeks start..end, but for one order."""
    slot = s.book.head[offer]
    while slot >= 0:
        at = s.book.slots[slot, 1]
        owner = s.book.owner[slot]
        if owner != order and at <= end and at + c.block > start:
            count = _add(s.queue, count, owner)
        slot = s.book.following[slot]
    return count


@inner
def _in_the_way(c: Columns, w: Workspace, s: Search, order: int, lots: int) -> int:
    """Queue the orders that hold what the best lots of the workspace want."""
    count = int64(0)
    steps = c.steps[order + 1] - c.steps[order]
    for lot in range(lots):
        for k in range(steps):
            start = w.lots_best[lot, k, 1]
            for at in range(c.block):
                if w.lots_best[lot, k, 2 + at] > 0:
                    week = start + at
                    offer = c.entries[w.lots_best[lot, k, 0], OFFER]
                    if s.book.free[offer, week] < w.lots_best[lot, k, 2 + at]:
                        count = _holders(c, s, offer, week, week, order, count)
    return int(count)


@inner
def _neighbours(c: Columns, s: Search, order: int, count: int) -> int:
    """Queue the orders on some offer that could make a random operation of an order."""
    row = c.steps[order] + below(s.rng, c.steps[order + 1] - c.steps[order])
    entries = c.rows[row + 1] - c.rows[row]
    entry = c.rows[row] + below(s.rng, entries)
    start = below(s.rng, c.weeks)
    return _holders(c, s, c.entries[entry, OFFER], start, start + 2 * c.block, order, count)


@inner
def _shuffle(queue: Ints, count: int, rng: State) -> None:
    for at in range(count - 1, 0, -1):
        other = below(rng, at + 1)
        queue[at], queue[other] = queue[other], queue[at]


@inner
def _remove_noted(c: Columns, s: Search, order: int) -> float:
    """Take an order out so that it can be undone; return its profit."""
    if s.book.lots[order] == 0:
        return 0.0
    note_order(c, s.book, s.journal, order)
    profit = s.book.profit[order]
    remove_order(c, s.book, order)
    return float(profit)


@inlined
def _insert_noted(
    c: Columns, w: Workspace, s: Search, order: int, prices: Floats, theta: float, effort: int
) -> float:
    if s.book.lots[order] > 0:
        return 0.0
    note_order(c, s.book, s.journal, order)
    return float(insert_order(c, w, s.book, order, prices, theta, effort, s.rng))


@inlined
def _move(c: Columns, w: Workspace, s: Search, prices: Floats) -> float:
    """Change the plan around one order; return the change of profit."""
    order = s.wanted[below(s.rng, len(s.wanted))]
    if s.book.lots[order] > 0 and uniform(s.rng) < 0.6:
        order = s.wanted[below(s.rng, len(s.wanted))]
    theta = 1.6 * uniform(s.rng)
    change = -_remove_noted(c, s, order)
    load_order(c, w, order, c.idle, prices, theta)
    count = _in_the_way(c, w, s, order, plan_order(c, w, order, NORMAL, s.rng))
    if count < 2 or uniform(s.rng) < 0.3:
        count = _neighbours(c, s, order, count)
    _shuffle(s.queue, count, s.rng)
    count = min(count, 1 + below(s.rng, EVICTED_MAX))
    for at in range(count):
        change -= _remove_noted(c, s, s.queue[at])
    first = uniform(s.rng) < 0.8
    if first:
        change += _insert_noted(c, w, s, order, prices, theta, NORMAL)
    else:
        count = _add(s.queue, count, order)
    evicted = count
    for _ in range(REFILLED_MAX):
        other = s.wanted[below(s.rng, len(s.wanted))]
        if s.book.lots[other] == 0:
            count = _add(s.queue, count, other)
    if uniform(s.rng) < 0.5:
        _shuffle(s.queue, count, s.rng)
    else:
        _shuffle(s.queue, evicted, s.rng)
    for at in range(count):
        theta = 1.6 * uniform(s.rng)
        change += _insert_noted(c, w, s, s.queue[at], prices, theta, NORMAL)
    return change


@kernel
def improve(
    c: Columns, w: Workspace, s: Search, prices: Floats, moves: int, warm: float, cold: float
) -> None:
    """Make `moves` moves while the temperature falls from `warm` to `cold` fen.

    A new best plan is copied only when the search is about to leave it: that first worsening
    move is given up instead.
    """
    for move in range(moves):
        temperature = warm * (cold / warm) ** (move / moves)
        change = _move(c, w, s, prices)
        worse = change < -1e-6
        kept = not worse or uniform(s.rng) < exp(change / temperature)
        if kept and worse and s.totals[2] > 0:
            kept = False
            close_journal(c, s.book, s.journal, int64(1))
            overwrite_book(s.best, s.book)
            s.totals[2] = 0.0
            continue
        close_journal(c, s.book, s.journal, 0 if kept else 1)
        if kept:
            s.totals[0] += change
            if s.totals[0] > s.totals[1] + 1e-6:
                s.totals[1] = s.totals[0]
                s.totals[2] = 1.0
    if s.totals[2] > 0:
        overwrite_book(s.best, s.book)
        s.totals[2] = 0.0


def make_search(book: Book, journal: Journal, wanted: Ints, rng: State) -> Search:
    """Start a search at a plan."""
    total = float(book.profit.sum())
    return Search(
        book=book,
        best=copy_book(book),
        journal=journal,
        totals=np.array([total, total, 0.0]),
        wanted=wanted,
        queue=np.zeros(EVICTED_MAX + REFILLED_MAX + 16, np.int64),
        rng=rng,
    )
