"""The book of a live plan as numbers: free minutes and the lists of slots, all at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from matching.capacity.columns import ENTERPRISE, Columns
from matching.capacity.kernels.book import Book
from matching.capacity.kernels.workspace import SLOT_ENTRY, SLOT_MINUTES, SLOT_START


def used_slots(c: Columns, book: Book) -> NDArray[np.int64]:
    """Return the slots that hold an operation of a served order."""
    within = np.arange(len(book.slots)) - c.steps[book.owner] * c.lots_max
    steps = c.steps[book.owner + 1] - c.steps[book.owner]
    used: NDArray[np.int64] = np.flatnonzero(
        (within >= 0) & (within < book.lots[book.owner] * steps)
    )
    return used


def count_minutes(c: Columns, book: Book) -> None:
    """Work out the free minutes of a book from the idle minutes and its slots."""
    slots = used_slots(c, book)
    numbers = book.slots[slots]
    offers = c.entries[numbers[:, SLOT_ENTRY]].astype(np.int64)
    book.free[...] = c.idle
    for at in range(c.block):
        minutes = numbers[:, SLOT_MINUTES + at]
        some = minutes > 0
        where = offers[some], numbers[some, SLOT_START] + at
        np.subtract.at(book.free, where, minutes[some])
    book.spent[:] = 0
    np.add.at(book.spent, c.offers[offers, ENTERPRISE], numbers[:, SLOT_MINUTES:].sum(axis=1))


def link_slots(c: Columns, book: Book, fixed: NDArray[np.bool_]) -> None:
    """List the slots of each offer, but for those of fixed orders: no move finds these."""
    slots = used_slots(c, book)
    slots = slots[~fixed[book.owner[slots]]]
    offers = c.entries[book.slots[slots, SLOT_ENTRY]]
    sorting = np.argsort(offers, kind="stable")
    slots, offers = slots[sorting], offers[sorting]
    book.head[:], book.following[:], book.previous[:] = -1, -1, -1
    if not len(slots):
        return
    same = offers[1:] == offers[:-1]
    book.following[slots[:-1][same]] = slots[1:][same]
    book.previous[slots[1:][same]] = slots[:-1][same]
    begins = np.concatenate([[True], ~same])
    book.head[offers[begins]] = slots[begins]
