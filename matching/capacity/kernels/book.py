"""The plan while it is being made: who uses which minutes, and what is needed to undo a change."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from matching.capacity.columns import ENTERPRISE, Columns, Floats, Ints, Shorts
from matching.capacity.kernels.workspace import SLOT_MINUTES

NOTED_MAX = 80  # orders that one move can touch


class Copy(NamedTuple):
    """One plan as numbers alone.

    Operation `k` of lot `l` of an order has the slot `steps[order] × lots_max + l × K + k` with K
    operations: entry (over all orders), first week, minutes of the weeks from there.
    """

    lots: Ints  # orders: number of lots, 0 refused
    quantities: Ints  # orders × lots_max
    slots: Ints  # slots × (2 + block)
    profit: Floats  # orders


class Book(NamedTuple):
    """A plan with the minutes that are still free; the slots of an offer form a linked list."""

    free: Ints  # offers × weeks
    lots: Ints
    quantities: Ints
    slots: Ints
    owner: Shorts  # order of each slot
    profit: Floats
    head: Shorts  # offers: first slot, -1 none
    following: Shorts
    previous: Shorts
    spent: Ints  # enterprises: minutes
    allowed: Ints  # enterprises: most minutes; empty without such a limit
    given_lots: Ints  # the plan that is to be kept, as in `Copy`; empty without one
    given_quantities: Ints
    given_slots: Ints
    given_profit: Floats

    @property
    def copy(self) -> Copy:
        """The plan's numbers, not copied."""
        return Copy(self.lots, self.quantities, self.slots, self.profit)


class Journal(NamedTuple):
    """The orders that a move has touched, as they were before."""

    noted: Ints  # how many; the most operations of an order
    orders: Ints
    lots: Ints
    profit: Floats
    quantities: Ints
    slots: Ints


def make_copy(c: Columns) -> Copy:
    """Return an empty plan."""
    orders, slots = len(c.orders), (len(c.rows) - 1) * c.lots_max
    return Copy(
        lots=np.zeros(orders, np.int64),
        quantities=np.zeros((orders, c.lots_max), np.int64),
        slots=np.zeros((slots, SLOT_MINUTES + c.block), np.int64),
        profit=np.zeros(orders),
    )


def make_book(c: Columns, *, allowed: Ints | None = None, given: Copy | None = None) -> Book:
    """Return an empty plan with all minutes free.

    Parameters
    ----------
    allowed
        Most minutes of each enterprise.
    given
        The plan that is to be kept; its profit includes the penalty that keeping it saves.
    """
    empty = make_copy(c)
    slots = len(empty.slots)
    owner = np.repeat(np.arange(len(c.orders)), np.diff(c.steps) * c.lots_max).astype(np.int32)
    enterprises = int(c.offers[:, ENTERPRISE].max(initial=-1)) + 1
    no_ints = np.zeros(0, np.int64)
    return Book(
        free=c.idle.copy(),
        lots=empty.lots,
        quantities=empty.quantities,
        slots=empty.slots,
        owner=owner,
        profit=empty.profit,
        head=np.full(len(c.idle), -1, np.int32),
        following=np.full(slots, -1, np.int32),
        previous=np.full(slots, -1, np.int32),
        spent=np.zeros(enterprises, np.int64),
        allowed=no_ints if allowed is None else allowed,
        given_lots=no_ints if given is None else given.lots,
        given_quantities=no_ints if given is None else given.quantities,
        given_slots=no_ints if given is None else given.slots,
        given_profit=np.zeros(0) if given is None else given.profit,
    )


def make_journal(c: Columns) -> Journal:
    """Return an empty journal."""
    k = int(np.diff(c.steps).max(initial=0)) + 1
    return Journal(
        noted=np.array([0, k], np.int64),
        orders=np.zeros(NOTED_MAX, np.int64),
        lots=np.zeros(NOTED_MAX, np.int64),
        profit=np.zeros(NOTED_MAX),
        quantities=np.zeros((NOTED_MAX, c.lots_max), np.int64),
        slots=np.zeros((NOTED_MAX, c.lots_max * k, SLOT_MINUTES + c.block), np.int64),
    )
