"""The cheapest combination of relaxed lots, and the minutes it would use."""

from __future__ import annotations

from matching.capacity.charges import G_TARDY, Charges
from matching.capacity.columns import KM, OFFER, PARK, QUANTITY, SETUP, TOTAL, Columns
from matching.capacity.kernels.compiled import inner, int64
from matching.capacity.kernels.relaxation import (
    LOTS,
    NEVER,
    PER_MINUTE,
    PER_ORDER,
    Relaxed,
    make_cells,
    relaxed_route,
    trace_route,
    write_costs,
)


@inner
def _spare(c: Columns, r: Relaxed, order: int, pieces: int, lots: int) -> int:
    """Return the least cost of `pieces` more than the least of each cell, over `lots` lots."""
    if pieces <= 0:
        return 0
    first = c.rows[c.steps[order]]
    whole = c.orders[order, QUANTITY]
    lost = lots - 1  # each rounding loses less than one minute or one part of a fen
    cost = 0
    for row in range(c.steps[order], c.steps[order + 1]):
        least = NEVER
        for entry in range(c.rows[row], c.rows[row + 1]):
            e = entry - first
            minutes = max(0, c.entries[entry, TOTAL] * pieces // whole - lost)
            quoted = max(0, r.charges[e, PER_ORDER] * pieces // whole - lost)
            least = min(least, r.charges[e, PER_MINUTE] * minutes + quoted)
        cost += least
    last = c.steps[order + 1] - 1
    least = NEVER
    for entry in range(c.rows[last], c.rows[last + 1]):
        km = c.to_buyer[order, c.entries[entry, PARK], KM]
        least = min(least, max(0, r.leg[1] * km * pieces // whole - lost))
    return int(cost + least)


@inner
def combine(c: Columns, g: Charges, r: Relaxed, order: int, levels: int, lots: int) -> int:
    """Return the least cost of exactly `lots` lots, tardiness included; `made` says which."""
    record = int64(NEVER)
    for level in range(levels):
        late = level * g.orders[order, G_TARDY]
        if lots == 1:
            if r.counts[0] > 0 and r.cost[0, level, 0] < NEVER:
                cost = r.cost[0, level, 0] + late
                if cost < record:
                    record = cost
                    r.made[0], r.made[1] = level, 0
        elif lots == 2:
            record = _pairs(c, r, order, level, late, record)
        else:
            record = _triples(c, r, order, level, late, record)
    return int(record)


@inner
def _pairs(c: Columns, r: Relaxed, order: int, level: int, late: int, record: int) -> int:
    quantity = c.orders[order, QUANTITY]
    for one in range(r.counts[0]):
        if r.cost[0, level, one] >= record:
            continue
        for two in range(r.counts[1]):
            spare = quantity - r.cells[0, one, 0] - r.cells[1, two, 0]
            if spare < 0 or r.cells[1, two, 0] > r.cells[0, one, 1]:
                break
            if r.cells[0, one, 1] + r.cells[1, two, 1] < quantity:
                continue
            cost = r.cost[0, level, one] + r.cost[1, level, two] + late
            if cost >= record:
                continue
            cost += _spare(c, r, order, spare, int64(2))
            if cost < record:
                record = cost
                r.made[0], r.made[1], r.made[2] = level, one, two
    return record


@inner
def _triples(c: Columns, r: Relaxed, order: int, level: int, late: int, record: int) -> int:
    for one in range(r.counts[0]):
        # also keeps NEVER out of the sums: twice NEVER does not fit into 64 bits
        if r.cost[0, level, one] >= record:
            continue
        for two in range(r.counts[1]):
            if r.cells[1, two, 0] > r.cells[0, one, 1]:
                break
            if r.cost[0, level, one] + r.cost[1, level, two] < record:
                record = _thirds(c, r, order, level, late, one, two, record)
    return record


@inner
def _thirds(
    c: Columns, r: Relaxed, order: int, level: int, late: int, one: int, two: int, record: int
) -> int:
    """Find the third lot for two: return the record, and write it down when it is new."""
    quantity = c.orders[order, QUANTITY]
    pair = r.cost[0, level, one] + r.cost[1, level, two]
    least = quantity - r.cells[0, one, 1] - r.cells[1, two, 1]
    most = quantity - r.cells[0, one, 0] - r.cells[1, two, 0]
    for three in range(r.counts[2]):
        if r.cells[2, three, 0] > min(most, r.cells[1, two, 1]):
            break
        cost = pair + r.cost[2, level, three] + late
        if r.cells[2, three, 1] < least or cost >= record:
            continue
        cost += _spare(c, r, order, most - r.cells[2, three, 0], int64(3))
        if cost < record:
            record = cost
            r.made[0] = level
            r.made[1], r.made[2], r.made[3] = one, two, three
    return record


@inner
def price_lots(c: Columns, r: Relaxed, order: int, levels: int, lots: int) -> None:
    """Fill `cost` of every lot from its span and its room."""
    for lot in range(lots):
        make_cells(r, lot)
        for cell in range(r.counts[lot]):
            relaxed_route(c, r, order, lot, r.cells[lot, cell, 0], r.cells[lot, cell, 1])
            write_costs(c, r, order, lot, cell, levels)


@inner
def spare_pieces(c: Columns, r: Relaxed, order: int, lots: int) -> int:
    """Return the pieces that the last combination has not charged for exactly."""
    pieces = c.orders[order, QUANTITY]
    for lot in range(lots):
        pieces -= r.cells[lot, r.made[1 + lot], 0]
    return int(pieces)


@inner
def trace_use(c: Columns, r: Relaxed, order: int, lots: int) -> None:
    """Fill `used` with the minutes of the last combination."""
    first = c.rows[c.steps[order]]
    entries = c.rows[c.steps[order + 1]] - first
    for lot in range(LOTS):
        for e in range(entries):
            for week in range(c.weeks):
                r.used[lot, e, week] = 0
    for lot in range(lots):
        cell = r.made[1 + lot]
        least = r.cells[lot, cell, 0]
        relaxed_route(c, r, order, lot, least, r.cells[lot, cell, 1])
        trace_route(c, r, order, least, r.made[0])
        for k in range(c.steps[order + 1] - c.steps[order]):
            r.picks[lot, k] = r.pick[k, 0]
            _use_minutes(c, r, order, lot, k, least)


@inner
def _use_minutes(c: Columns, r: Relaxed, order: int, lot: int, k: int, least: int) -> None:
    """Add the cheapest fill of a picked block to `used`."""
    entry, start, end = r.pick[k, 0], r.pick[k, 1], r.pick[k, 2]
    e = entry - c.rows[c.steps[order]]
    whole = c.orders[order, QUANTITY]
    left = c.entries[entry, SETUP] + (c.entries[entry, TOTAL] * least + whole - 1) // whole
    price = r.price[e]
    last_price, last_week = -1, -1
    while left > 0:
        week = -1
        for at in range(start, end + 1):
            later = price[at] > last_price or (price[at] == last_price and at > last_week)
            if later and (week < 0 or price[at] < price[week]):
                week = at
        taken = min(left, r.room[lot, e, week])
        r.used[lot, e, week] += taken
        left -= taken
        last_price, last_week = price[week], week


@inner
def is_first(c: Columns, first: int, entry: int) -> bool:
    """Return whether no earlier entry of the order has the same offer."""
    for earlier in range(first, entry):
        if c.entries[earlier, OFFER] == c.entries[entry, OFFER]:
            return False
    return True


@inner
def overuse(c: Columns, r: Relaxed, order: int, entry: int, week: int) -> int:
    """Return the minutes that all units of an order use of an offer-week, less what is free."""
    first = c.rows[c.steps[order]]
    total = -c.idle[c.entries[entry, OFFER], week]
    for other in range(first, c.rows[c.steps[order + 1]]):
        if c.entries[other, OFFER] == c.entries[entry, OFFER]:
            for lot in range(LOTS):
                total += r.used[lot, other - first, week]
    return int(total)
