"""Scratch memory of one thread of the search: made once, overwritten by every route."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from matching.capacity.columns import Columns, Floats, Ints

SLOT_ENTRY, SLOT_START, SLOT_MINUTES = range(3)  # a slot: entry, first week, minutes by week


class Workspace(NamedTuple):
    """What the route search of one order reads and writes; see `Workspace` in `search.h`.

    Entries are counted from the first entry of the order, `e`; operations `k`, parks `p`.
    """

    loaded: Ints  # order, entries, operations
    first: Ints
    entry: Ints
    offer: Ints
    park: Ints
    setup: Ints
    total: Ints
    min_lot: Ints
    early: Ints
    late: Ints
    rate: Floats
    carbon: Floats
    quote: Floats
    lot_minutes: Ints
    lot_work: Floats
    tail: Floats  # k
    parks: Ints  # k × p
    park_count: Ints
    arrive: Ints
    leave: Ints
    room: Ints  # e × weeks
    room_kept: Ints
    room_whole: Ints
    price: Floats  # e × weeks
    best: Floats  # e × weeks
    best_start: Ints
    reach: Floats  # k × p × weeks
    done: Floats  # k × p × weeks
    pick: Ints  # k × 3
    minutes: Ints  # k × block
    lots: Ints  # lot × k × (2 + block)
    lots_best: Ints
    quantities: Ints
    quantities_best: Ints
    worth: Floats  # profit of `lots_best`, and less its charge for scarce minutes


def make_workspace(c: Columns) -> Workspace:
    """Return memory for the largest order of the problem."""
    entries = int(np.diff(c.rows[c.steps]).max(initial=0)) + 1
    k = int(np.diff(c.steps).max(initial=0)) + 1
    lots, width, parks = c.lots_max, SLOT_MINUTES + c.block, max(1, c.parks)

    def ints(*shape: int) -> Ints:
        return np.zeros(shape, np.int64)

    return Workspace(
        loaded=ints(3),
        first=ints(k + 1),
        entry=ints(entries),
        offer=ints(entries),
        park=ints(entries),
        setup=ints(entries),
        total=ints(entries),
        min_lot=ints(entries),
        early=ints(entries),
        late=ints(entries),
        rate=np.zeros(entries),
        carbon=np.zeros(entries),
        quote=np.zeros(entries),
        lot_minutes=ints(entries),
        lot_work=np.zeros(entries),
        tail=np.zeros(k),
        parks=ints(k, parks),
        park_count=ints(k),
        arrive=ints(parks),
        leave=ints(parks),
        room=ints(entries, c.weeks),
        room_kept=ints(entries, c.weeks),
        room_whole=ints(entries, c.weeks),
        price=np.zeros((entries, c.weeks)),
        best=np.zeros((entries, c.weeks)),
        best_start=ints(entries, c.weeks),
        reach=np.zeros((k, parks, c.weeks)),
        done=np.zeros((k, parks, c.weeks)),
        pick=ints(k, 3),
        minutes=ints(k, c.block),
        lots=ints(lots, k, width),
        lots_best=ints(lots, k, width),
        quantities=ints(lots),
        quantities_best=ints(lots),
        worth=np.zeros(2),
    )
