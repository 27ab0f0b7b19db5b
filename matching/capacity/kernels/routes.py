"""The cheapest route of one lot: which offers, in which weeks, under prices and free minutes.

Dynamic program over operations, end weeks and parks. Blocks of at most `block` weeks are filled
from the cheapest week up. The route is exact for one lot whose operations want different offers;
where two of them want the same offer, it is repaired or given up.
"""

from __future__ import annotations

from math import inf

from matching.capacity.columns import (
    CARBON,
    DUE,
    KM,
    LAG,
    LATEST,
    LEG_CARBON,
    LEG_PRICE,
    MIN_LOT,
    OFFER,
    PARK,
    QUANTITY,
    QUOTE,
    RATE,
    RELEASE,
    SETUP,
    TARDY_COST,
    TOTAL,
    Columns,
    Floats,
    Ints,
)
from matching.capacity.kernels.compiled import inner, int64
from matching.capacity.kernels.copying import copy_rows, fill_row
from matching.capacity.kernels.workspace import ENTRY_AT, WEEK_AT, Workspace

REPAIRS_MAX = 4


@inner
def load_order(
    c: Columns, w: Workspace, order: int, free: Ints, prices: Floats, theta: float
) -> None:
    """Copy the free minutes and the prices of every entry of an order into the workspace."""
    first = c.rows[c.steps[order]]
    last = c.rows[c.steps[order + 1]]
    for entry in range(first, last):
        offer = c.entries[entry, OFFER]
        for week in range(c.weeks):
            w.room[entry - first, week] = free[offer, week]
            w.price[entry - first, week] = theta * prices[offer, week]


@inner
def fill_cost(room: Ints, price: Floats, start: int, end: int, minutes: int) -> float:
    """Return the least charge for `minutes` in weeks start..end, both of them used."""
    if start == end:
        return price[start] * minutes if room[start] >= minutes else inf
    if minutes < 2 or room[start] < 1 or room[end] < 1:
        return inf
    cost = price[start] + price[end]
    left = minutes - 2
    last_price, last_week = -1.0, -1
    while left > 0:
        week = -1  # the next week in order of price, then of time
        for at in range(start, end + 1):
            later = price[at] > last_price or (price[at] == last_price and at > last_week)
            if later and (week < 0 or price[at] < price[week]):
                week = at
        if week < 0:
            return inf
        taken = min(left, room[week] - (1 if week in (start, end) else 0))
        cost += price[week] * taken
        left -= taken
        last_price, last_week = price[week], week
    return float(cost)


@inner
def fill_minutes(room: Ints, price: Floats, start: int, end: int, minutes: int, out: Ints) -> bool:
    """Write the fill that `fill_cost` prices; False when the minutes do not fit."""
    for at in range(len(out)):
        out[at] = 0
    if start == end:
        out[0] = minutes
        return bool(room[start] >= minutes)
    if minutes < 2 or room[start] < 1 or room[end] < 1:
        return False
    out[0] = 1
    out[end - start] = 1
    left = minutes - 2
    last_price, last_week = -1.0, -1
    while left > 0:
        week = -1
        for at in range(start, end + 1):
            later = price[at] > last_price or (price[at] == last_price and at > last_week)
            if later and (week < 0 or price[at] < price[week]):
                week = at
        if week < 0:
            return False
        taken = min(left, room[week] - (1 if week in (start, end) else 0))
        out[week - start] += taken
        left -= taken
        last_price, last_week = price[week], week
    return True


@inner
def lot_minutes(c: Columns, entry: int, order: int, quantity: int) -> int:
    """Return setup + ceil(total × quantity / quantity of the order)."""
    whole = c.orders[order, QUANTITY]
    return int(c.entries[entry, SETUP] + (c.entries[entry, TOTAL] * quantity + whole - 1) // whole)


@inner
def work_charge(c: Columns, entry: int, share: float, minutes: int, strain: float) -> float:
    """Return what the work costs without prices; its money counts 1 + strain times."""
    paid = c.tariff[entry, RATE] * minutes + c.tariff[entry, QUOTE] * share
    return float(paid * (1.0 + strain) + c.tariff[entry, CARBON] * minutes)


@inner
def leg_charge(c: Columns, order: int, km: int, share: float, strain: float) -> float:
    """Return what one leg of a lot costs; its money counts 1 + strain times."""
    paid = c.leg_fixed + c.money[order, LEG_PRICE] * km * share
    return float(paid * (1.0 + strain) + c.money[order, LEG_CARBON] * km * share)


@inner
def _finish_operation(
    c: Columns, w: Workspace, order: int, k: int, quantity: int, strain: float
) -> None:
    """Fill `best`: the cheapest way to end operation k on each entry in each week."""
    first = c.rows[c.steps[order]]
    row = c.steps[order] + k
    share = quantity / c.orders[order, QUANTITY]
    for entry in range(c.rows[row], c.rows[row + 1]):
        e = entry - first
        fill_row(w.best[e], inf)
        if c.entries[entry, MIN_LOT] > quantity:
            continue
        minutes = lot_minutes(c, entry, order, quantity)
        work = work_charge(c, entry, share, minutes, strain)
        park = c.entries[entry, PARK]
        for start in range(c.orders[order, RELEASE], c.weeks):
            ready = w.reach[k, park, start] if k > 0 else 0.0
            if ready == inf or w.room[e, start] < 1:
                continue
            room = 0
            for end in range(start, min(start + c.block, c.weeks)):
                room += w.room[e, end]
                if room < minutes:
                    continue
                cost = fill_cost(w.room[e], w.price[e], start, end, minutes)
                if ready + work + cost < w.best[e, end]:
                    w.best[e, end] = ready + work + cost
                    w.best_start[e, end] = start


@inner
def _collect_parks(c: Columns, w: Workspace, order: int, k: int) -> None:
    """Fill `done`: the cheapest way to have finished operation k at a park by each week."""
    first = c.rows[c.steps[order]]
    row = c.steps[order] + k
    park = -1
    for entry in range(c.rows[row], c.rows[row + 1]):
        e = entry - first
        if c.entries[entry, PARK] != park:
            park = c.entries[entry, PARK]
            fill_row(w.done[park], inf)
        for week in range(c.weeks):
            if w.best[e, week] < w.done[park, week]:
                w.done[park, week] = w.best[e, week]
                w.done_from[park, week, ENTRY_AT] = entry
                w.done_from[park, week, WEEK_AT] = week
    park = -1
    for entry in range(c.rows[row], c.rows[row + 1]):
        if c.entries[entry, PARK] == park:
            continue
        park = c.entries[entry, PARK]
        for week in range(1, c.weeks):
            if w.done[park, week - 1] <= w.done[park, week]:
                w.done[park, week] = w.done[park, week - 1]
                w.done_from[park, week, ENTRY_AT] = w.done_from[park, week - 1, ENTRY_AT]
                w.done_from[park, week, WEEK_AT] = w.done_from[park, week - 1, WEEK_AT]


@inner
def _travel(c: Columns, w: Workspace, order: int, k: int, share: float, strain: float) -> None:
    """Fill `reach` of operation k from `done` of the operation before it."""
    row = c.steps[order] + k
    to = -1
    for entry in range(c.rows[row], c.rows[row + 1]):
        if c.entries[entry, PARK] == to:
            continue
        to = c.entries[entry, PARK]
        fill_row(w.reach[k, to], inf)
        at = -1
        for before in range(c.rows[row - 1], c.rows[row]):
            if c.entries[before, PARK] == at:
                continue
            at = c.entries[before, PARK]
            lag = 0
            cost = 0.0
            if at != to:
                lag = c.between[at, to, LAG]
                cost = leg_charge(c, order, c.between[at, to, KM], share, strain)
            for week in range(lag, c.weeks):
                if w.done[at, week - lag] + cost < w.reach[k, to, week]:
                    w.reach[k, to, week] = w.done[at, week - lag] + cost
                    w.reach_from[k, to, week, ENTRY_AT] = w.done_from[at, week - lag, ENTRY_AT]
                    w.reach_from[k, to, week, WEEK_AT] = w.done_from[at, week - lag, WEEK_AT]


@inner
def cheapest_route(
    c: Columns, w: Workspace, order: int, quantity: int, strain: float, tardy_paid: int
) -> float:
    """Find the cheapest route of a lot in the workspace; write it to `pick`.

    Parameters
    ----------
    strain
        Money paid by the buyer counts 1 + strain times: > 0 looks for a lower price.
    tardy_paid
        Weeks of tardiness that another lot of the order has already cost.

    Returns
    -------
        Its charge, tardiness and strain included; infinity when there is none.
    """
    steps = c.steps[order + 1] - c.steps[order]
    share = quantity / c.orders[order, QUANTITY]
    for k in range(steps):
        if k > 0:
            _collect_parks(c, w, order, k - 1)
            _travel(c, w, order, k, share, strain)
        _finish_operation(c, w, order, k, quantity, strain)
    return _choose_end(c, w, order, share, strain, tardy_paid)


@inner
def _choose_end(
    c: Columns, w: Workspace, order: int, share: float, strain: float, tardy_paid: int
) -> float:
    """Choose the last entry and week, and follow the route back to its start."""
    first = c.rows[c.steps[order]]
    last = c.steps[order + 1] - 1
    cheapest = inf
    chosen, chosen_end = -1, -1
    for entry in range(c.rows[last], c.rows[last + 1]):
        park = c.entries[entry, PARK]
        leg = leg_charge(c, order, c.to_buyer[order, park, KM], share, strain)
        for week in range(c.weeks):
            arrival = week + c.to_buyer[order, park, LAG]
            if arrival > c.orders[order, LATEST]:
                break
            late = max(0, arrival - c.orders[order, DUE] - tardy_paid)
            cost = w.best[entry - first, week] + leg + late * c.money[order, TARDY_COST]
            if cost < cheapest:
                cheapest = cost
                chosen, chosen_end = entry, week
    if chosen < 0:
        return inf
    for k in range(last - c.steps[order], -1, -1):
        start = w.best_start[chosen - first, chosen_end]
        w.pick[k, 0], w.pick[k, 1], w.pick[k, 2] = chosen, start, chosen_end
        if k > 0:
            park = c.entries[chosen, PARK]
            chosen, chosen_end = (
                w.reach_from[k, park, start, ENTRY_AT],
                w.reach_from[k, park, start, WEEK_AT],
            )
    return cheapest


@inner
def _take(c: Columns, w: Workspace, order: int, k: int, sparing: int) -> None:
    """Take the minutes of operation k from every entry of the same offer.

    The entries of operation `sparing` are left as they are (negative: none).
    """
    first = c.rows[c.steps[order]]
    start = w.pick[k, 1]
    length = w.pick[k, 2] - start + 1
    for row in range(c.steps[order], c.steps[order + 1]):
        if row - c.steps[order] == sparing:
            continue
        for entry in range(c.rows[row], c.rows[row + 1]):
            if c.entries[entry, OFFER] == c.entries[w.pick[k, 0], OFFER]:
                for at in range(length):
                    w.room[entry - first, start + at] -= w.minutes[k, at]


@inner
def settle_route(c: Columns, w: Workspace, order: int, quantity: int) -> int:
    """Write the minutes of the picked route and take them from the workspace.

    Returns
    -------
        -1 when all fit, else the first operation that does not: an earlier one of the same lot
        has taken its minutes.
    """
    first = c.rows[c.steps[order]]
    nobody = int64(-1)
    for k in range(c.steps[order + 1] - c.steps[order]):
        entry, start, end = w.pick[k, 0], w.pick[k, 1], w.pick[k, 2]
        minutes = lot_minutes(c, entry, order, quantity)
        e = entry - first
        if not fill_minutes(w.room[e], w.price[e], start, end, minutes, w.minutes[k]):
            return k
        _take(c, w, order, k, nobody)
    return -1


@inner
def place_lot(
    c: Columns, w: Workspace, order: int, quantity: int, strain: float, tardy_paid: int
) -> bool:
    """Find a route for a lot and take its minutes; False, and nothing taken, when none is found.

    When two operations of the lot want the same minutes, the later one is told to do without
    what the earlier one took, and the search is repeated a few times.
    """
    first = c.rows[c.steps[order]]
    entries = c.rows[c.steps[order + 1]] - first
    copy_rows(w.room_kept, w.room, entries)
    charge = cheapest_route(c, w, order, quantity, strain, tardy_paid)
    if charge == inf:
        return False
    failed = settle_route(c, w, order, quantity)
    for _ in range(REPAIRS_MAX):
        if failed < 0:
            return True
        copy_rows(w.room, w.room_kept, entries)
        for k in range(failed):
            _take(c, w, order, k, k)
        charge = cheapest_route(c, w, order, quantity, strain, tardy_paid)
        copy_rows(w.room, w.room_kept, entries)
        if charge == inf:
            return False
        failed = settle_route(c, w, order, quantity)
    if failed >= 0:
        copy_rows(w.room, w.room_kept, entries)
    return failed < 0
