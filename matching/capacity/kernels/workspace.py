"""Scratch memory of one thread of the search: made once, overwritten by every route."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from matching.capacity.columns import Columns, Floats, Ints

ENTRY_AT, WEEK_AT = 0, 1  # columns of `reach_from` and `done_from`


class Workspace(NamedTuple):
    """What the route search of one order reads and writes.

    Entries are counted from the first entry of the order, `e`; operations `k`, parks `p`.
    """

    room: Ints  # e × weeks: minutes free
    room_kept: Ints  # `room` before a lot
    room_whole: Ints  # `room` before the first lot
    price: Floats  # e × weeks: charge per minute on top of the entry's own
    best: Floats  # e × weeks: cheapest way to end in this week
    best_start: Ints
    reach: Floats  # k × p × weeks: cheapest way to be ready at p by this week
    reach_from: Ints  # k × p × weeks × 2: entry and end week of operation k - 1 it came from
    done: Floats  # p × weeks: cheapest way to have finished operation k at p by this week
    done_from: Ints  # p × weeks × 2
    pick: Ints  # k × 3: entry, first week, last week of the best route
    minutes: Ints  # k × block
    # the lots of an order while it is being tried, and the best so far: lot × k × (2 + block)
    lots: Ints
    lots_best: Ints
    quantities: Ints
    quantities_best: Ints
    worth: Floats  # profit of `lots_best`, and less its charge for scarce minutes


def make_workspace(columns: Columns) -> Workspace:
    """Return memory for the largest order of the problem."""
    steps = columns.steps
    firsts = columns.rows[steps]
    entries = int(np.diff(firsts).max(initial=0)) + 1
    k = int(np.diff(steps).max(initial=0)) + 1
    weeks, parks, lots = columns.weeks, len(columns.between), columns.lots_max
    width = 2 + columns.block
    return Workspace(
        room=np.zeros((entries, weeks), np.int64),
        room_kept=np.zeros((entries, weeks), np.int64),
        room_whole=np.zeros((entries, weeks), np.int64),
        price=np.zeros((entries, weeks)),
        best=np.zeros((entries, weeks)),
        best_start=np.zeros((entries, weeks), np.int64),
        reach=np.zeros((k, parks, weeks)),
        reach_from=np.zeros((k, parks, weeks, 2), np.int64),
        done=np.zeros((parks, weeks)),
        done_from=np.zeros((parks, weeks, 2), np.int64),
        pick=np.zeros((k, 3), np.int64),
        minutes=np.zeros((k, columns.block), np.int64),
        lots=np.zeros((lots, k, width), np.int64),
        lots_best=np.zeros((lots, k, width), np.int64),
        quantities=np.zeros(lots, np.int64),
        quantities_best=np.zeros(lots, np.int64),
        worth=np.zeros(2),
    )
