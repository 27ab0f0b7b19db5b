"""The least that serving one order can cost, bounded in whole numbers by branching.

The relaxation gives every lot and operation the free minutes for itself. Where the best
combination of lots would use an offer-week twice over, there are two cases: one unit (a lot and
an entry) takes at most x of its minutes, or all other units together take at most room - x - 1.
Where it leaves open how large a lot is, there are three: smaller, in the interval, larger. In
each case every unit keeps a room and a span of its own, so the relaxation stays as it is.
"""

from __future__ import annotations

from matching.capacity.charges import (
    G_CAP,
    G_LEG_PRICE,
    G_QUOTE,
    G_RATE,
    G_VALUE,
    STRAIN_MOST,
    STRAIN_ONE,
    Charges,
)
from matching.capacity.columns import (
    DUE,
    KM,
    LATEST,
    MAX_LOTS,
    OFFER,
    PARK,
    QUANTITY,
    SETUP,
    TOTAL,
    Columns,
    Ints,
)
from matching.capacity.kernels.combining import (
    combine,
    is_first,
    overuse,
    price_lots,
    spare_pieces,
    trace_use,
)
from matching.capacity.kernels.compiled import inner, int64, kernel
from matching.capacity.kernels.relaxation import (
    LOTS,
    NEVER,
    Relaxed,
    find_windows,
    load_relaxed,
    set_strain,
)

ENDLESS = 2**31
OWN_MOST_FEN = 1000  # largest price that an order puts on its own minutes

# columns of a node: where it comes from, and what its own children are about
PARENT, CASE, COST, OPEN, KIND, LOT, ENTRY, WEEK, LOW, HIGH = range(10)
NOTHING, MINUTES, PIECES = 0, 1, 2  # kinds


@inner
def own_worth(c: Columns, r: Relaxed, order: int) -> int:
    """Return Σ own price × free minutes over the offer-weeks that the order can use."""
    first = c.rows[c.steps[order]]
    worth = 0
    for entry in range(first, c.rows[c.steps[order + 1]]):
        if is_first(c, first, entry):
            for week in range(c.weeks):
                worth += r.own[entry - first, week] * c.idle[c.entries[entry, OFFER], week]
    return worth


@inner
def capped_worth(g: Charges, r: Relaxed, order: int) -> int:
    """Return strain × price cap, rounded up."""
    return int(-(-g.orders[order, G_CAP] * r.strain[0] // STRAIN_ONE))


@inner
def _price_paid(c: Columns, g: Charges, r: Relaxed, order: int, lots: int) -> int:
    """Return what the buyer would pay at least for the last combination."""
    paid = 0
    whole = c.orders[order, QUANTITY]
    for lot in range(lots):
        least = r.cells[lot, r.made[1 + lot], 0]
        park = -1
        for k in range(c.steps[order + 1] - c.steps[order]):
            entry = r.picks[lot, k]
            minutes = (
                c.entries[entry, SETUP] + (c.entries[entry, TOTAL] * least + whole - 1) // whole
            )
            paid += g.entries[entry, G_RATE] * minutes + g.entries[entry, G_QUOTE] * least // whole
            if k > 0 and c.entries[entry, PARK] != park:
                km = c.between[park, c.entries[entry, PARK], KM]
                paid += g.leg_fixed + g.orders[order, G_LEG_PRICE] * km * least // whole
            park = c.entries[entry, PARK]
        km = c.to_buyer[order, park, KM]
        paid += g.leg_fixed + g.orders[order, G_LEG_PRICE] * km * least // whole
    return int(paid)


@inner
def _raise_strain(c: Columns, g: Charges, r: Relaxed, order: int, budget: int, lots: int) -> bool:
    """Move the strain along the excess of the price over its cap; return whether it moved."""
    excess = _price_paid(c, g, r, order, lots) - g.orders[order, G_CAP]
    if excess <= 0 and r.strain[0] == 0:
        return False
    unit = max(1, abs(excess) // STRAIN_ONE)
    change = min(STRAIN_ONE, max(1, budget // unit))
    before = r.strain[0]
    after = before + change if excess > 0 else before - change
    r.strain[0] = min(STRAIN_MOST, max(0, after))
    set_strain(c, g, r, order)
    return bool(r.strain[0] != before)


@inner
def _raise_own(c: Columns, g: Charges, r: Relaxed, order: int, budget: int) -> bool:
    """Move the own prices along the overuse, for a gain of at most `budget`; False at the end."""
    first = c.rows[c.steps[order]]
    last = c.rows[c.steps[order + 1]]
    most = g.scale * OWN_MOST_FEN
    norm = 0
    for entry in range(first, last):
        if is_first(c, first, entry):
            for week in range(c.weeks):
                over = overuse(c, r, order, entry, week)
                if over > 0 or r.own[entry - first, week] > 0:
                    norm += over * over
    if norm == 0:
        return False
    step = max(1, budget // norm)
    for entry in range(first, last):
        for week in range(c.weeks):
            over = overuse(c, r, order, entry, week)
            if over > 0 or r.own[entry - first, week] > 0:
                e = entry - first
                own = min(most, max(0, r.own[e, week] + step * over))
                r.price[e, week] += own - r.own[e, week]
                r.own[e, week] = own
    return True


@inner
def _worst_conflict(c: Columns, r: Relaxed, order: int, node: int) -> None:
    """Choose the most overused offer-week and the unit that uses it most, if there is one."""
    first = c.rows[c.steps[order]]
    worst = 0
    for entry in range(first, c.rows[c.steps[order + 1]]):
        for week in range(c.weeks):
            mine, lot_most = 0, 0
            for lot in range(LOTS):
                if r.used[lot, entry - first, week] > mine:
                    mine = r.used[lot, entry - first, week]
                    lot_most = lot
            if mine == 0:
                continue
            over = overuse(c, r, order, entry, week)
            if over > worst:
                worst = over
                idle = c.idle[c.entries[entry, OFFER], week]
                r.nodes[node, KIND] = MINUTES
                r.nodes[node, LOT], r.nodes[node, ENTRY] = lot_most, entry - first
                r.nodes[node, WEEK] = week
                r.nodes[node, LOW] = idle * mine // (over + idle)


@inner
def _widest_cell(r: Relaxed, node: int, lots: int) -> None:
    """Choose the lot whose size is least known."""
    widest = 0
    for lot in range(lots):
        cell = r.made[1 + lot]
        width = r.cells[lot, cell, 1] - r.cells[lot, cell, 0]
        if width > widest:
            widest = width
            r.nodes[node, KIND], r.nodes[node, LOT] = PIECES, lot
            r.nodes[node, LOW], r.nodes[node, HIGH] = r.cells[lot, cell, 0], r.cells[lot, cell, 1]


@inner
def _apply_cases(c: Columns, r: Relaxed, order: int, node: int, lots: int) -> None:
    """Set the room of every unit and the span of every lot as the cases up to the root say."""
    first = c.rows[c.steps[order]]
    entries = c.rows[c.steps[order + 1]] - first
    whole = c.orders[order, QUANTITY]
    for lot in range(lots):
        # lots are numbered from the largest to the smallest
        r.spans[lot, 0] = 1 if lot > 0 else (whole + lots - 1) // lots
        r.spans[lot, 1] = (whole - (lots - 1 - lot)) // (lot + 1)
        for e in range(entries):
            for week in range(c.weeks):
                inside = r.windows[e, 0] <= week <= r.windows[e, 1]
                idle = c.idle[c.entries[first + e, OFFER], week]
                r.room[lot, e, week] = idle if inside else 0
    while r.nodes[node, PARENT] >= 0:
        case = r.nodes[node, CASE]
        node = r.nodes[node, PARENT]
        lot = r.nodes[node, LOT]
        if r.nodes[node, KIND] == MINUTES:
            _limit_room(c, r, order, node, case, lots)
        elif case == 0:
            r.spans[lot, 1] = min(r.spans[lot, 1], r.nodes[node, LOW] - 1)
        elif case == 1:
            r.spans[lot, 0] = max(r.spans[lot, 0], r.nodes[node, LOW])
            r.spans[lot, 1] = min(r.spans[lot, 1], r.nodes[node, HIGH])
        else:
            r.spans[lot, 0] = max(r.spans[lot, 0], r.nodes[node, HIGH] + 1)


@inner
def _limit_room(c: Columns, r: Relaxed, order: int, node: int, case: int, lots: int) -> None:
    """Limit the unit of a node (case 0) or all the other units (case 1)."""
    first = c.rows[c.steps[order]]
    entries = c.rows[c.steps[order + 1]] - first
    unit, at, week = r.nodes[node, LOT], r.nodes[node, ENTRY], r.nodes[node, WEEK]
    limit = r.nodes[node, LOW]
    if case == 0:
        r.room[unit, at, week] = min(r.room[unit, at, week], limit)
        return
    offer = c.entries[first + at, OFFER]
    rest = max(0, c.idle[offer, week] - limit - 1)
    for lot in range(lots):
        for e in range(entries):
            if c.entries[first + e, OFFER] == offer and not (lot == unit and e == at):
                r.room[lot, e, week] = min(r.room[lot, e, week], rest)


@inner
def _has_offer(c: Columns, row: int, offer: int) -> bool:
    found = False
    for entry in range(c.rows[row], c.rows[row + 1]):
        found = found or c.entries[entry, OFFER] == offer
    return found


@inner
def _least_need(c: Columns, row: int, within: int, lots: int) -> int:
    """Return the minutes that an operation needs at least; 0 unless all its offers are `within`."""
    need = int64(NEVER)
    for entry in range(c.rows[row], c.rows[row + 1]):
        if not _has_offer(c, within, c.entries[entry, OFFER]):
            return 0
        need = min(need, c.entries[entry, TOTAL] + lots * c.entries[entry, SETUP])
    return int(need)


@inner
def _too_little(c: Columns, r: Relaxed, order: int, lots: int) -> bool:
    """Return whether operations that share their offers need more than these have, in all weeks."""
    first = c.rows[c.steps[order]]
    for row in range(c.steps[order], c.steps[order + 1]):
        need = int64(0)
        for other in range(c.steps[order], c.steps[order + 1]):
            need += _least_need(c, other, row, lots)
        found = int64(0)
        for entry in range(c.rows[row], c.rows[row + 1]):
            offer = c.entries[entry, OFFER]
            for week in range(c.weeks):
                room = int64(0)
                for other in range(first, c.rows[c.steps[order + 1]]):
                    if c.entries[other, OFFER] == offer:
                        for lot in range(lots):
                            room += r.room[lot, other - first, week]
                found += min(room, c.idle[offer, week])
        if found < need:
            return True
    return False


@inner
def _evaluate(
    c: Columns, g: Charges, r: Relaxed, order: int, node: int, levels: int, lots: int
) -> None:
    """Price a node and choose what to branch on."""
    _apply_cases(c, r, order, node, lots)
    cost = NEVER
    if not _too_little(c, r, order, lots):
        price_lots(c, r, order, levels, lots)
        cost = combine(c, g, r, order, levels, lots)
    r.nodes[node, COST] = NEVER
    r.nodes[node, OPEN] = 1
    r.nodes[node, KIND] = NOTHING
    if cost < NEVER:
        r.nodes[node, COST] = cost - own_worth(c, r, order) - capped_worth(g, r, order)
        trace_use(c, r, order, lots)
        _worst_conflict(c, r, order, node)
        if r.nodes[node, KIND] == NOTHING and spare_pieces(c, r, order, lots) > 0:
            _widest_cell(r, node, lots)


@inner
def _keep_duals(c: Columns, r: Relaxed, order: int) -> None:
    entries = c.rows[c.steps[order + 1]] - c.rows[c.steps[order]]
    r.strain[1] = r.strain[0]
    for e in range(entries):
        for week in range(c.weeks):
            r.own_best[e, week] = r.own[e, week]


@inner
def _return_to_duals(c: Columns, g: Charges, r: Relaxed, order: int) -> None:
    entries = c.rows[c.steps[order + 1]] - c.rows[c.steps[order]]
    r.strain[0] = r.strain[1]
    set_strain(c, g, r, order)
    for e in range(entries):
        for week in range(c.weeks):
            r.price[e, week] += r.own_best[e, week] - r.own[e, week]
            r.own[e, week] = r.own_best[e, week]


@inner
def _search_duals(
    c: Columns, g: Charges, r: Relaxed, order: int, levels: int, lots: int, steps: int
) -> None:
    """Look for own prices and a strain that raise the cost of the root; leave the best."""
    record = -NEVER
    budget = g.orders[order, G_VALUE] // 8
    root = int64(0)
    for step in range(steps + 1):
        _evaluate(c, g, r, order, root, levels, lots)
        if r.nodes[root, COST] > record:
            record = r.nodes[root, COST]
            _keep_duals(c, r, order)
        if record >= g.orders[order, G_VALUE] or step == steps:
            break
        strained = _raise_strain(c, g, r, order, budget, lots)
        if not _raise_own(c, g, r, order, budget) and not strained:
            break
        budget = budget * 9 // 10
    _return_to_duals(c, g, r, order)
    _evaluate(c, g, r, order, root, levels, lots)


@inner
def _cheapest_open(r: Relaxed, nodes: int) -> int:
    chosen = int64(-1)
    for node in range(nodes):
        if r.nodes[node, OPEN] and (chosen < 0 or r.nodes[node, COST] < r.nodes[chosen, COST]):
            chosen = node
    return int(chosen)


@inner
def _branch(
    c: Columns, g: Charges, r: Relaxed, order: int, levels: int, lots: int, most: int, nodes: int
) -> int:
    """Branch from the root until the bound is exact, useless or `nodes` are spent."""
    made = int64(1)
    while True:
        node = _cheapest_open(r, made)
        cost = r.nodes[node, COST]
        if r.nodes[node, KIND] == NOTHING or cost >= most or made + 3 > nodes:
            return int(cost)
        r.nodes[node, OPEN] = 0
        for case in range(2 if r.nodes[node, KIND] == MINUTES else 3):
            r.nodes[made, PARENT] = node
            r.nodes[made, CASE] = case
            _evaluate(c, g, r, order, made, levels, lots)
            made += 1


@inner
def _many_lots(c: Columns, g: Charges, r: Relaxed, order: int, levels: int) -> int:
    """Return a bound on the cost of any number of lots, under the duals of the workspace.

    Without limits on the minutes of a week, a lot of a share f costs at least fixed + f × variable
    of its route, and Σ f × (fixed + variable) is at least the cheapest route of the whole.
    """
    first = c.rows[c.steps[order]]
    for e in range(c.rows[c.steps[order + 1]] - first):
        for week in range(c.weeks):
            r.room[0, e, week] = ENDLESS if c.idle[c.entries[first + e, OFFER], week] > 0 else 0
    r.spans[0, 0] = r.spans[0, 1] = c.orders[order, QUANTITY]
    one = int64(1)
    price_lots(c, r, order, levels, one)
    cost = combine(c, g, r, order, levels, one)
    if cost == NEVER:
        return NEVER
    return int(cost - own_worth(c, r, order) - capped_worth(g, r, order))


@inner
def least_cost(
    c: Columns, g: Charges, r: Relaxed, order: int, prices: Ints, own_steps: int, nodes: int
) -> int:
    """Return a bound on the least cost of serving an order, at most its value.

    The order must have an eligible offer for every operation.
    """
    levels = max(0, min(c.orders[order, LATEST], c.weeks + 1) - c.orders[order, DUE]) + 1
    record = g.orders[order, G_VALUE]
    for lots in range(1, min(LOTS, c.orders[order, MAX_LOTS]) + 1):
        load_relaxed(c, g, r, order, prices)
        find_windows(c, r, order)
        r.nodes[0, PARENT] = -1
        _search_duals(c, g, r, order, levels, lots, own_steps)
        record = min(record, _branch(c, g, r, order, levels, lots, record, nodes))
    if c.orders[order, MAX_LOTS] > LOTS:
        record = min(record, _many_lots(c, g, r, order, levels))
    return int(record)


@kernel
def bound_orders(
    c: Columns,
    g: Charges,
    r: Relaxed,
    orders: Ints,
    prices: Ints,
    effort: Ints,
    earned: Ints,
) -> None:
    """Write to `earned` what each of the orders can earn at most at the prices, ≥ 0.

    `prices` are thousandths of a fen per minute; `effort` is the steps of the duals, the nodes
    and the cells.
    """
    r.cells_most[0] = effort[2]
    for order in orders:
        earned[order] = g.orders[order, G_VALUE] - least_cost(
            c, g, r, order, prices, effort[0], effort[1]
        )
