"""One order on the free minutes: how many lots, how large, and a route for each."""

from __future__ import annotations

from math import inf

from matching.capacity.columns import (
    CARBON,
    DUE,
    KM,
    LAG,
    LEG_CARBON,
    LEG_PRICE,
    MAX_LOTS,
    PARK,
    PRICE_CAP,
    QUANTITY,
    QUOTE,
    RATE,
    TARDY_COST,
    VALUE,
    Columns,
)
from matching.capacity.kernels.compiled import inner, int64
from matching.capacity.kernels.copying import copy_rows
from matching.capacity.kernels.rng import State, uniform
from matching.capacity.kernels.routes import (
    cheapest_route,
    lot_minutes,
    place_lot,
)
from matching.capacity.kernels.workspace import Workspace

STRAINS = (0.0, 0.3, 1.0, 4.0)
CAP_SLACK = 1e-9  # relative; the exact check has the last word
FILL_FIRST = -1.0  # a share that means: as many pieces as fit

QUICK, NORMAL, THOROUGH = 0, 1, 2


@inner
def lots_worth(c: Columns, w: Workspace, order: int, lots: int) -> tuple[float, float, float]:
    """Return profit, price paid and charge for scarce minutes of the lots in the workspace."""
    first = c.rows[c.steps[order]]
    paid, carbon, scarce = 0.0, 0.0, 0.0
    arrival = 0
    for lot in range(lots):
        quantity = w.quantities[lot]
        share = quantity / c.orders[order, QUANTITY]
        park = -1
        end = 0
        for k in range(c.steps[order + 1] - c.steps[order]):
            entry = w.lots[lot, k, 0]
            minutes = lot_minutes(c, entry, order, quantity)
            paid += c.tariff[entry, RATE] * minutes + c.tariff[entry, QUOTE] * share
            carbon += c.tariff[entry, CARBON] * minutes
            for at in range(c.block):
                if w.lots[lot, k, 2 + at] > 0:
                    end = w.lots[lot, k, 1] + at
                    scarce += w.lots[lot, k, 2 + at] * w.price[entry - first, end]
            if k > 0 and c.entries[entry, PARK] != park:
                km = c.between[park, c.entries[entry, PARK], KM]
                paid += c.leg_fixed + c.money[order, LEG_PRICE] * km * share
                carbon += c.money[order, LEG_CARBON] * km * share
            park = c.entries[entry, PARK]
        km = c.to_buyer[order, park, KM]
        paid += c.leg_fixed + c.money[order, LEG_PRICE] * km * share
        carbon += c.money[order, LEG_CARBON] * km * share
        arrival = max(arrival, end + c.to_buyer[order, park, LAG])
    tardy = max(0, arrival - c.orders[order, DUE])
    profit = c.money[order, VALUE] - paid - carbon - tardy * c.money[order, TARDY_COST]
    return profit, paid, scarce


@inner
def _arrival(c: Columns, w: Workspace, order: int, lot: int) -> int:
    last = c.steps[order + 1] - c.steps[order] - 1
    end = 0
    for at in range(c.block):
        if w.lots[lot, last, 2 + at] > 0:
            end = w.lots[lot, last, 1] + at
    return int(end + c.to_buyer[order, c.entries[w.lots[lot, last, 0], PARK], LAG])


@inner
def largest_fit(
    c: Columns, w: Workspace, order: int, most: int, strain: float, tardy_paid: int
) -> int:
    """Return the most pieces, up to `most`, that one lot can have; 0 when not even one fits."""
    if cheapest_route(c, w, order, most, strain, tardy_paid) < inf:
        return most
    low, high = 0, most
    while high - low > max(1, most // 64):
        middle = (low + high) // 2
        if cheapest_route(c, w, order, middle, strain, tardy_paid) < inf:
            low = middle
        else:
            high = middle
    return low


@inner
def _lot_size(
    c: Columns, w: Workspace, order: int, share: float, left: int, strain: float, tardy_paid: int
) -> int:
    if share == FILL_FIRST:
        return largest_fit(c, w, order, left, strain, tardy_paid)
    return min(left, max(1, int(share * left + 0.5)))


@inner
def _put_lots(
    c: Columns, w: Workspace, order: int, share: float, second: float, lots: int, strain: float
) -> int:
    """Place at most `lots` lots one after the other; return how many, 0 when they do not fit.

    `share` is what the first lot takes, `second` what each of the others but the last takes of
    what is left; FILL_FIRST takes what fits.
    """
    left = c.orders[order, QUANTITY]
    tardy_paid = int64(0)
    steps = c.steps[order + 1] - c.steps[order]
    for lot in range(lots):
        if lot == lots - 1:
            quantity = left
        else:
            quantity = _lot_size(c, w, order, share, left, strain, tardy_paid)
        share = second
        if quantity < 1 or not place_lot(c, w, order, quantity, strain, tardy_paid):
            return 0
        for k in range(steps):
            w.lots[lot, k, 0] = w.pick[k, 0]
            w.lots[lot, k, 1] = w.pick[k, 1]
            for at in range(c.block):
                w.lots[lot, k, 2 + at] = w.minutes[k, at]
        w.quantities[lot] = quantity
        left -= quantity
        if left == 0:
            return lot + 1
        tardy_paid = max(tardy_paid, _arrival(c, w, order, lot) - c.orders[order, DUE])
    return 0


@inner
def _keep_lots(w: Workspace, lots: int, steps: int) -> None:
    for lot in range(lots):
        copy_rows(w.lots_best[lot], w.lots[lot], steps)
        w.quantities_best[lot] = w.quantities[lot]


@inner
def _try_split(
    c: Columns, w: Workspace, order: int, share: float, second: float, lots: int, record: float
) -> tuple[float, int]:
    """Try one way to split; keep it in the workspace when it beats `record`.

    Returns
    -------
        The record, and the lots of the split when it is the new record, else 0.
    """
    first = c.rows[c.steps[order]]
    entries = c.rows[c.steps[order + 1]] - first
    copy_rows(w.room_whole, w.room, entries)
    made = 0
    for strain in STRAINS:
        count = _put_lots(c, w, order, share, second, lots, strain)
        copy_rows(w.room, w.room_whole, entries)
        if count == 0:
            break
        profit, paid, scarce = lots_worth(c, w, order, count)
        if paid <= c.money[order, PRICE_CAP] * (1 + CAP_SLACK):
            if profit > 0 and profit - scarce > record:
                record = profit - scarce
                made = count
                _keep_lots(w, count, c.steps[order + 1] - c.steps[order])
                w.worth[0], w.worth[1] = profit, record
            break
    return record, made


@inner
def plan_order(c: Columns, w: Workspace, order: int, effort: int, rng: State) -> int:
    """Find the best lots of an order on the minutes in the workspace.

    Parameters
    ----------
    effort
        QUICK tries one lot, and what fits first when that fails; NORMAL adds a random split;
        THOROUGH tries a fixed grid of splits.

    Returns
    -------
        The number of lots, 0 when none is worth it. They are in `lots_best`, the profit is in
        `worth`.
    """
    if c.rows[c.steps[order]] == c.rows[c.steps[order + 1]]:
        return 0
    record = -inf
    one = int64(1)
    record, best = _try_split(c, w, order, 1.0, 1.0, one, record)
    lots = min(c.orders[order, MAX_LOTS], c.lots_max)
    if lots == 1 or (effort == QUICK and best > 0):
        return best
    record, made = _try_split(c, w, order, FILL_FIRST, FILL_FIRST, lots, record)
    best = made if made > 0 else best
    tries = 0
    if effort == NORMAL:
        tries = 1
    elif effort >= THOROUGH:
        tries = 20 * (effort - THOROUGH + 1)
    for _ in range(tries):
        share = 0.05 + 0.9 * uniform(rng)
        second = 0.1 + 0.8 * uniform(rng) if uniform(rng) < 0.7 else FILL_FIRST
        record, made = _try_split(c, w, order, share, second, lots, record)
        best = made if made > 0 else best
    if effort < THOROUGH:
        return best
    for count in range(2, lots + 1):
        for twentieth in range(1, 20):
            share = twentieth / 20
            record, made = _try_split(c, w, order, share, 1 / (count - 1), count, record)
            best = made if made > 0 else best
        record, made = _try_split(c, w, order, 1 / count, 1 / (count - 1), count, record)
        best = made if made > 0 else best
    return best
