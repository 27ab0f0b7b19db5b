"""The least cost of one lot in whole numbers: the relaxed routes that the bound is made of.

A lot of a..b pieces is charged for the minutes and the weight of a pieces, and may use every
offer that takes b pieces. Each operation has the free minutes for itself, and the end weeks of a
block may stay empty: every true route of such a lot costs at least as much.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from matching.capacity.charges import (
    G_CARBON,
    G_LEG_CARBON,
    G_LEG_PRICE,
    G_QUOTE,
    G_RATE,
    STRAIN_ONE,
    Charges,
)
from matching.capacity.columns import (
    DUE,
    KM,
    LAG,
    LATEST,
    MIN_LOT,
    OFFER,
    PARK,
    QUANTITY,
    RELEASE,
    SETUP,
    TOTAL,
    Columns,
    Ints,
)
from matching.capacity.kernels.compiled import inner, int64
from matching.capacity.kernels.workspace import ENTRY_AT, WEEK_AT

PER_MINUTE, PER_ORDER = 0, 1  # columns of `charges`
NEVER = 2**62
CELLS = 128  # most intervals of lot sizes
NODES_MAX = 4096
LOTS = 3  # lots with minutes of their own in the branching


class Relaxed(NamedTuple):
    """Memory for bounding one order. Lots `l`, entries `e`, operations `k`, parks `p`."""

    charges: Ints  # e × 2: per minute, and for the whole quantity, strain included
    leg: Ints  # 2: fixed, and per km for the whole quantity, strain included
    windows: Ints  # e × 2: first and last week that the way there and from there leave
    room: Ints  # l × e × weeks
    price: Ints  # e × weeks: price of the market and of the order itself
    own: Ints  # e × weeks: price of the order itself
    own_best: Ints  # e × weeks
    best: Ints  # e × weeks
    best_start: Ints
    reach: Ints  # k × p × weeks
    reach_from: Ints  # k × p × weeks × 2
    done: Ints  # p × weeks
    done_from: Ints
    cells: Ints  # l × cells × 2: least and most pieces
    cells_most: Ints  # 1: cells to use, at most CELLS
    counts: Ints  # l: number of cells
    spans: Ints  # l × 2: least and most pieces of a lot
    cost: Ints  # l × tardy × cells
    pick: Ints  # k × 3
    picks: Ints  # l × k: entries of the last combination
    strain: Ints  # 2: now and best, in 1024ths
    used: Ints  # l × e × weeks: minutes of the last combination
    made: Ints  # tardiness, cell of each lot: the last combination
    nodes: Ints  # nodes × 10, see `branching`


def make_relaxed(c: Columns) -> Relaxed:
    """Return memory for the largest order of the problem."""
    firsts = c.rows[c.steps]
    entries = int(np.diff(firsts).max(initial=0)) + 1
    k = int(np.diff(c.steps).max(initial=0)) + 1
    parks, weeks = len(c.between), c.weeks
    tardy = int(tardy_levels(c).max(initial=0)) + 1
    table = (entries, weeks)
    return Relaxed(
        charges=np.zeros((entries, 2), np.int64),
        leg=np.zeros(2, np.int64),
        windows=np.zeros((entries, 2), np.int64),
        room=np.zeros((LOTS, *table), np.int64),
        price=np.zeros(table, np.int64),
        own=np.zeros(table, np.int64),
        own_best=np.zeros(table, np.int64),
        best=np.zeros(table, np.int64),
        best_start=np.zeros(table, np.int64),
        reach=np.zeros((k, parks, weeks), np.int64),
        reach_from=np.zeros((k, parks, weeks, 2), np.int64),
        done=np.zeros((parks, weeks), np.int64),
        done_from=np.zeros((parks, weeks, 2), np.int64),
        cells=np.zeros((LOTS, CELLS, 2), np.int64),
        cells_most=np.full(1, CELLS),
        counts=np.zeros(LOTS, np.int64),
        spans=np.zeros((LOTS, 2), np.int64),
        cost=np.zeros((LOTS, tardy, CELLS), np.int64),
        pick=np.zeros((k, 3), np.int64),
        picks=np.zeros((LOTS, k), np.int64),
        strain=np.zeros(2, np.int64),
        used=np.zeros((LOTS, *table), np.int64),
        made=np.zeros(1 + LOTS, np.int64),
        nodes=np.zeros((NODES_MAX, 10), np.int64),
    )


def tardy_levels(c: Columns) -> Ints:
    """Return the most weeks that each order can be late, the end of the horizon considered."""
    last = c.weeks + 1
    return np.clip(np.minimum(c.orders[:, LATEST], last) - c.orders[:, DUE], 0, None)


@inner
def least_fill(room: Ints, price: Ints, start: int, end: int, minutes: int) -> int:
    """Return the least charge for `minutes` in weeks start..end, which must have room."""
    cost = int64(0)
    left = minutes
    last_price, last_week = -1, -1
    while left > 0:
        week = -1
        for at in range(start, end + 1):
            later = price[at] > last_price or (price[at] == last_price and at > last_week)
            if later and (week < 0 or price[at] < price[week]):
                week = at
        taken = min(left, room[week])
        cost += price[week] * taken
        left -= taken
        last_price, last_week = price[week], week
    return int(cost)


@inner
def set_strain(c: Columns, g: Charges, r: Relaxed, order: int) -> None:
    """Write the charges of an order under its strain: money paid counts 1 + strain times."""
    first = c.rows[c.steps[order]]
    more = STRAIN_ONE + r.strain[0]
    r.leg[0] = g.leg_fixed * more // STRAIN_ONE
    r.leg[1] = g.orders[order, G_LEG_PRICE] * more // STRAIN_ONE + g.orders[order, G_LEG_CARBON]
    for entry in range(first, c.rows[c.steps[order + 1]]):
        e = entry - first
        r.charges[e, PER_MINUTE] = (
            g.entries[entry, G_RATE] * more // STRAIN_ONE + g.entries[entry, G_CARBON]
        )
        r.charges[e, PER_ORDER] = g.entries[entry, G_QUOTE] * more // STRAIN_ONE


@inner
def load_relaxed(c: Columns, g: Charges, r: Relaxed, order: int, prices: Ints) -> None:
    """Start an order: the prices of the market, no price of its own, no strain."""
    first = c.rows[c.steps[order]]
    r.strain[0] = 0
    set_strain(c, g, r, order)
    for entry in range(first, c.rows[c.steps[order + 1]]):
        offer = c.entries[entry, OFFER]
        for week in range(c.weeks):
            r.own[entry - first, week] = 0
            r.price[entry - first, week] = prices[offer, week] * g.price_unit


@inner
def find_windows(c: Columns, r: Relaxed, order: int) -> None:
    """Write the weeks in which each entry can work: transport takes time before and after."""
    first = c.rows[c.steps[order]]
    last = c.steps[order + 1] - 1
    for row in range(c.steps[order], last + 1):
        for entry in range(c.rows[row], c.rows[row + 1]):
            earliest = c.orders[order, RELEASE]
            if row > c.steps[order]:
                earliest = int64(NEVER)
                for before in range(c.rows[row - 1], c.rows[row]):
                    lag = c.between[c.entries[before, PARK], c.entries[entry, PARK], LAG]
                    earliest = min(earliest, r.windows[before - first, 0] + lag)
            r.windows[entry - first, 0] = earliest
    for row in range(last, c.steps[order] - 1, -1):
        for entry in range(c.rows[row], c.rows[row + 1]):
            park = c.entries[entry, PARK]
            latest = c.orders[order, LATEST] - c.to_buyer[order, park, LAG]
            if row < last:
                latest = int64(-1)
                for after in range(c.rows[row + 1], c.rows[row + 2]):
                    lag = c.between[park, c.entries[after, PARK], LAG]
                    latest = max(latest, r.windows[after - first, 1] - lag)
            r.windows[entry - first, 1] = latest


@inner
def make_cells(r: Relaxed, lot: int) -> None:
    """Cut the span of a lot into intervals of nearly equal length."""
    least = r.spans[lot, 0]
    width = r.spans[lot, 1] - least + 1
    count = min(r.cells_most[0], max(0, width))
    r.counts[lot] = count
    for cell in range(count):
        r.cells[lot, cell, 0] = least + width * cell // count
        r.cells[lot, cell, 1] = least + width * (cell + 1) // count - 1


@inner
def _fill_operation(
    c: Columns, r: Relaxed, order: int, k: int, lot: int, least: int, most: int
) -> None:
    first = c.rows[c.steps[order]]
    row = c.steps[order] + k
    whole = c.orders[order, QUANTITY]
    for entry in range(c.rows[row], c.rows[row + 1]):
        e = entry - first
        for week in range(c.weeks):
            r.best[e, week] = NEVER
        if c.entries[entry, MIN_LOT] > most:
            continue
        minutes = c.entries[entry, SETUP] + (c.entries[entry, TOTAL] * least + whole - 1) // whole
        work = r.charges[e, PER_MINUTE] * minutes + r.charges[e, PER_ORDER] * least // whole
        for start in range(c.orders[order, RELEASE], c.weeks):
            ready = r.reach[k, c.entries[entry, PARK], start] if k > 0 else 0
            if ready == NEVER or r.room[lot, e, start] < 1:
                continue
            room = 0
            for end in range(start, min(start + c.block, c.weeks)):
                room += r.room[lot, e, end]
                if room < minutes:
                    continue
                cost = ready + work + least_fill(r.room[lot, e], r.price[e], start, end, minutes)
                if cost < r.best[e, end]:
                    r.best[e, end] = cost
                    r.best_start[e, end] = start


@inner
def _gather(c: Columns, r: Relaxed, order: int, k: int) -> None:
    """Fill `done` from `best`: finished at a park by each week."""
    first = c.rows[c.steps[order]]
    row = c.steps[order] + k
    park = -1
    for entry in range(c.rows[row], c.rows[row + 1]):
        e = entry - first
        if c.entries[entry, PARK] != park:
            park = c.entries[entry, PARK]
            for week in range(c.weeks):
                r.done[park, week] = NEVER
        for week in range(c.weeks):
            if r.best[e, week] < r.done[park, week]:
                r.done[park, week] = r.best[e, week]
                r.done_from[park, week, ENTRY_AT] = entry
                r.done_from[park, week, WEEK_AT] = week
    park = -1
    for entry in range(c.rows[row], c.rows[row + 1]):
        if c.entries[entry, PARK] == park:
            continue
        park = c.entries[entry, PARK]
        for week in range(1, c.weeks):
            if r.done[park, week - 1] <= r.done[park, week]:
                r.done[park, week] = r.done[park, week - 1]
                r.done_from[park, week, ENTRY_AT] = r.done_from[park, week - 1, ENTRY_AT]
                r.done_from[park, week, WEEK_AT] = r.done_from[park, week - 1, WEEK_AT]


@inner
def _move_on(c: Columns, r: Relaxed, order: int, k: int, least: int) -> None:
    """Fill `reach` of operation k from `done` of the one before."""
    row = c.steps[order] + k
    to = -1
    for entry in range(c.rows[row], c.rows[row + 1]):
        if c.entries[entry, PARK] == to:
            continue
        to = c.entries[entry, PARK]
        for week in range(c.weeks):
            r.reach[k, to, week] = NEVER
        at = -1
        for before in range(c.rows[row - 1], c.rows[row]):
            if c.entries[before, PARK] == at:
                continue
            at = c.entries[before, PARK]
            lag, cost = 0, 0
            if at != to:
                lag = c.between[at, to, LAG]
                cost = (
                    r.leg[0] + r.leg[1] * c.between[at, to, KM] * least // c.orders[order, QUANTITY]
                )
            for week in range(lag, c.weeks):
                if r.done[at, week - lag] < NEVER and (
                    r.done[at, week - lag] + cost < r.reach[k, to, week]
                ):
                    r.reach[k, to, week] = r.done[at, week - lag] + cost
                    r.reach_from[k, to, week, ENTRY_AT] = r.done_from[at, week - lag, ENTRY_AT]
                    r.reach_from[k, to, week, WEEK_AT] = r.done_from[at, week - lag, WEEK_AT]


@inner
def relaxed_route(c: Columns, r: Relaxed, order: int, lot: int, least: int, most: int) -> None:
    """Fill `best` for every operation of a lot of least..most pieces."""
    for k in range(c.steps[order + 1] - c.steps[order]):
        if k > 0:
            _gather(c, r, order, k - 1)
            _move_on(c, r, order, k, least)
        _fill_operation(c, r, order, k, lot, least, most)


@inner
def last_leg(c: Columns, r: Relaxed, order: int, entry: int, least: int) -> int:
    """Return the cost of the way from an entry to the buyer."""
    km = c.to_buyer[order, c.entries[entry, PARK], KM]
    return int(r.leg[0] + r.leg[1] * km * least // c.orders[order, QUANTITY])


@inner
def write_costs(c: Columns, r: Relaxed, order: int, lot: int, cell: int, levels: int) -> None:
    """Write the least cost of a cell for each allowed tardiness, without the tardiness itself."""
    first = c.rows[c.steps[order]]
    last = c.steps[order + 1] - 1
    for level in range(levels):
        r.cost[lot, level, cell] = NEVER
    for entry in range(c.rows[last], c.rows[last + 1]):
        leg = last_leg(c, r, order, entry, r.cells[lot, cell, 0])
        lag = c.to_buyer[order, c.entries[entry, PARK], LAG]
        for week in range(c.weeks):
            late = max(0, week + lag - c.orders[order, DUE])
            cost = r.best[entry - first, week]
            if late >= levels or cost == NEVER:
                continue
            r.cost[lot, late, cell] = min(r.cost[lot, late, cell], cost + leg)
    for level in range(1, levels):
        r.cost[lot, level, cell] = min(r.cost[lot, level, cell], r.cost[lot, level - 1, cell])


@inner
def trace_route(c: Columns, r: Relaxed, order: int, least: int, level: int) -> None:
    """Write to `pick` the route behind the cost of a cell, after `relaxed_route` for it."""
    first = c.rows[c.steps[order]]
    last = c.steps[order + 1] - 1
    cheapest = NEVER
    chosen, end = -1, -1
    for entry in range(c.rows[last], c.rows[last + 1]):
        leg = last_leg(c, r, order, entry, least)
        lag = c.to_buyer[order, c.entries[entry, PARK], LAG]
        for week in range(c.weeks):
            cost = r.best[entry - first, week]
            if (
                week + lag - c.orders[order, DUE] <= level
                and cost < NEVER
                and cost + leg < cheapest
            ):
                cheapest = cost + leg
                chosen, end = entry, week
    for k in range(last - c.steps[order], -1, -1):
        start = r.best_start[chosen - first, end]
        r.pick[k, 0], r.pick[k, 1], r.pick[k, 2] = chosen, start, end
        if k > 0:
            park = c.entries[chosen, PARK]
            chosen, end = (
                r.reach_from[k, park, start, ENTRY_AT],
                r.reach_from[k, park, start, WEEK_AT],
            )
