"""The plan while it is being made: who uses which minutes, and how to undo a change."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from matching.capacity.columns import OFFER, Columns, Floats, Ints
from matching.capacity.kernels.compiled import inner, int64, kernel
from matching.capacity.kernels.copying import copy_numbers, copy_row, copy_rows
from matching.capacity.kernels.workspace import Workspace


class Book(NamedTuple):
    """The lots of every order and the minutes that are still free.

    Operation `k` of lot `l` of an order has the slot `steps[order] × lots_max + l × K + k` with K
    operations. The slots of an offer form a list, doubly linked.
    """

    free: Ints  # offers × weeks
    lots: Ints  # orders: number of lots, 0 refused
    quantities: Ints  # orders × lots_max
    slots: Ints  # slots × (2 + block): entry, first week, minutes
    owner: Ints  # order of each slot
    profit: Floats  # orders
    head: Ints  # offers: first slot, -1 none
    following: Ints
    previous: Ints


def make_book(c: Columns) -> Book:
    """Return an empty plan."""
    orders, rows = len(c.orders), len(c.rows) - 1
    slots = rows * c.lots_max
    owner = np.repeat(np.arange(orders), np.diff(c.steps) * c.lots_max).astype(np.int64)
    return Book(
        free=c.idle.copy(),
        lots=np.zeros(orders, np.int64),
        quantities=np.zeros((orders, c.lots_max), np.int64),
        slots=np.zeros((slots, 2 + c.block), np.int64),
        owner=owner,
        profit=np.zeros(orders),
        head=np.full(len(c.idle), -1, np.int64),
        following=np.full(slots, -1, np.int64),
        previous=np.full(slots, -1, np.int64),
    )


def copy_book(book: Book) -> Book:
    """Return an independent copy."""
    columns: list[Any] = [column.copy() for column in book]
    return Book(*columns)


@kernel
def overwrite_book(book: Book, other: Book) -> None:
    """Make `book` equal to `other`."""
    copy_rows(book.free, other.free, len(book.free))
    copy_row(book.lots, other.lots)
    copy_rows(book.quantities, other.quantities, len(book.quantities))
    copy_rows(book.slots, other.slots, len(book.slots))
    copy_numbers(book.profit, other.profit)
    copy_row(book.head, other.head)
    copy_row(book.following, other.following)
    copy_row(book.previous, other.previous)


@inner
def _link(c: Columns, book: Book, slot: int, sign: int) -> None:
    """Take (sign -1) or give back (+1) the minutes of a slot, and list it or not."""
    offer = c.entries[book.slots[slot, 0], OFFER]
    start = book.slots[slot, 1]
    for at in range(c.block):
        if book.slots[slot, 2 + at] > 0:
            book.free[offer, start + at] += sign * book.slots[slot, 2 + at]
    if sign < 0:
        after = book.head[offer]
        book.head[offer] = slot
        book.following[slot] = after
        book.previous[slot] = -1
        if after >= 0:
            book.previous[after] = slot
        return
    before, after = book.previous[slot], book.following[slot]
    if before >= 0:
        book.following[before] = after
    else:
        book.head[offer] = after
    if after >= 0:
        book.previous[after] = before


@inner
def remove_order(c: Columns, book: Book, order: int) -> None:
    """Take an order out of the plan."""
    steps = c.steps[order + 1] - c.steps[order]
    base = c.steps[order] * c.lots_max
    for slot in range(base, base + book.lots[order] * steps):
        _link(c, book, slot, int64(1))
    book.lots[order] = 0
    book.profit[order] = 0.0


@inner
def enter_order(c: Columns, book: Book, w: Workspace, order: int, lots: int) -> None:
    """Put the best lots of the workspace into the plan."""
    steps = c.steps[order + 1] - c.steps[order]
    base = c.steps[order] * c.lots_max
    for lot in range(lots):
        book.quantities[order, lot] = w.quantities_best[lot]
        for k in range(steps):
            slot = base + lot * steps + k
            copy_row(book.slots[slot], w.lots_best[lot, k])
            _link(c, book, slot, int64(-1))
    book.lots[order] = lots
    book.profit[order] = w.worth[0]


class Journal(NamedTuple):
    """The orders that a move has touched, as they were before."""

    noted: Ints  # 1: how many
    orders: Ints
    touched: Ints  # per order: 1 while in the journal
    lots: Ints
    profit: Floats
    quantities: Ints
    slots: Ints  # as in the book: an order's slots are its own


def make_journal(c: Columns) -> Journal:
    """Return an empty journal."""
    orders = len(c.orders)
    return Journal(
        noted=np.zeros(1, np.int64),
        orders=np.zeros(max(1, orders), np.int64),
        touched=np.zeros(orders, np.int64),
        lots=np.zeros(orders, np.int64),
        profit=np.zeros(orders),
        quantities=np.zeros((orders, c.lots_max), np.int64),
        slots=np.zeros(((len(c.rows) - 1) * c.lots_max, 2 + c.block), np.int64),
    )


@inner
def note_order(c: Columns, book: Book, journal: Journal, order: int) -> None:
    """Remember an order as it is, unless this move has done so already."""
    if journal.touched[order]:
        return
    journal.touched[order] = 1
    journal.orders[journal.noted[0]] = order
    journal.noted[0] += 1
    journal.lots[order] = book.lots[order]
    journal.profit[order] = book.profit[order]
    copy_row(journal.quantities[order], book.quantities[order])
    steps = c.steps[order + 1] - c.steps[order]
    base = c.steps[order] * c.lots_max
    for slot in range(base, base + book.lots[order] * steps):
        copy_row(journal.slots[slot], book.slots[slot])


@inner
def close_journal(c: Columns, book: Book, journal: Journal, undo: int) -> None:
    """Empty the journal; with `undo` the plan becomes what it was."""
    if undo:
        for at in range(journal.noted[0]):
            remove_order(c, book, journal.orders[at])
    for at in range(journal.noted[0]):
        order = journal.orders[at]
        journal.touched[order] = 0
        if undo and journal.lots[order] > 0:
            steps = c.steps[order + 1] - c.steps[order]
            base = c.steps[order] * c.lots_max
            book.lots[order] = journal.lots[order]
            book.profit[order] = journal.profit[order]
            copy_row(book.quantities[order], journal.quantities[order])
            for slot in range(base, base + book.lots[order] * steps):
                copy_row(book.slots[slot], journal.slots[slot])
                _link(c, book, slot, int64(-1))
    journal.noted[0] = 0
