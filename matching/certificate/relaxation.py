"""The least cost of lots in whole numbers, by dynamic programming over all entries at once.

A *job* is one lot in one case: the minutes that it may use of each entry in each week (`rooms`)
and its size, cut into *cells* of least..most pieces. A cell is charged for the work, the weight
and the quoted price of its least pieces and may use every offer that its most pieces reach. Each
operation has the room for itself, and the end weeks of a block may stay empty. So every true
route of such a lot costs at least what is computed here.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .alone import STRAIN_ONE, Alone
from .charges import Ints

NEVER = 2**60  # more than any cost; three of them still fit
ELEMENTS_MAX = 400_000  # numbers in flight, so that they stay in the processor's cache


class Tariff(NamedTuple):
    """What an order is charged under its multipliers: money paid counts 1 + strain times."""

    per_minute: Ints  # entries
    per_order: Ints  # entries, for the whole quantity
    leg_fixed: int
    leg_km: int  # for the whole quantity
    price: Ints  # entries × weeks: of the market and of the order itself


def tariff_of(one: Alone, *, strain: int, own: Ints | int = 0) -> Tariff:
    """Return the charges of an order under a strain in 1024ths and its own prices."""
    more = STRAIN_ONE + strain
    return Tariff(
        one.rate * more // STRAIN_ONE + one.carbon,
        np.maximum(0, one.quote * more // STRAIN_ONE - one.granted * one.total),
        one.leg_fixed * more // STRAIN_ONE,
        one.leg_price * more // STRAIN_ONE + one.leg_carbon,
        one.price + own,
    )


def price_alone(one: Alone) -> tuple[Alone, Tariff]:
    """Return an order that is charged what the buyer pays, and nothing else."""
    tariff = Tariff(one.rate, one.quote, one.leg_fixed, one.leg_price, np.zeros_like(one.price))
    return one._replace(tardy=0), tariff


def least_costs(
    one: Alone, tariff: Tariff, rooms: Ints, least: Ints, most: Ints, block: int
) -> Ints:
    """Return the least cost of each job and cell by the weeks that it may be late.

    Parameters
    ----------
    rooms
        Jobs × entries × weeks, minutes ≥ 0.
    least, most
        Jobs × cells, pieces.
    block
        Longest block of weeks.

    Returns
    -------
    Ints
        Jobs × levels × cells, without the cost of being late; `NEVER` where there is no route.
    """
    widest = max(part.stop - part.start for part in one.steps)
    size = max(1, ELEMENTS_MAX // (least.shape[1] * widest * one.idle.shape[1]))
    parts = [slice(at, at + size) for at in range(0, len(rooms), size)]
    found = [_routes(one, tariff, rooms[p], least[p], most[p], block) for p in parts]
    return np.concatenate(found)


def _routes(one: Alone, tariff: Tariff, rooms: Ints, least: Ints, most: Ints, block: int) -> Ints:
    """Go through the operations; `done` is jobs × cells × parks of the step × weeks."""
    done, parks = np.zeros((1, 1, 1, one.idle.shape[1]), np.int64), None
    for part in one.steps:
        here, starts, at = np.unique(one.park[part], return_index=True, return_inverse=True)
        ready = done if parks is None else _travel(one, tariff, done, parks, here, least)[:, :, at]
        finished = _work(one, tariff, part, ready, rooms[:, part], least, most, block=block)
        done = np.minimum.accumulate(np.minimum.reduceat(finished, starts, axis=2), axis=3)
        parks = here
    return _deliver(one, tariff, done, parks, least)


def _work(
    one: Alone,
    tariff: Tariff,
    part: slice,
    ready: Ints,
    rooms: Ints,
    least: Ints,
    most: Ints,
    *,
    block: int,
) -> Ints:
    """Return the cost of having ended in exactly each week: jobs × cells × entries × weeks."""
    a, total = least[:, :, None], one.total[part]
    minutes = one.setup[part] - (-total * a // one.quantity)
    work = tariff.per_minute[part] * minutes + tariff.per_order[part] * a // one.quantity
    work[np.broadcast_to(one.min_lot[part] > most[:, :, None], work.shape)] = NEVER
    weeks = rooms.shape[2]
    finished = np.full((*work.shape, weeks), NEVER)
    first = part.start == 0  # it is ready in every week, so that a longer block is never dearer
    for length in range(1, min(block, weeks) + 1):
        ends = np.arange(length - 1, length if first and length < min(block, weeks) else weeks)
        cost = _fill(tariff.price[part], rooms, minutes, ends, length)
        starts = ends if ready.shape[3] == 1 else ends - length + 1
        cost += ready[..., starts]
        cost += work[..., None]
        np.minimum(finished[..., ends], cost, out=cost)
        finished[..., ends] = cost
    return finished


def _fill(price: Ints, rooms: Ints, minutes: Ints, ends: Ints, length: int) -> Ints:
    """Return the least charge for the minutes in the `length` weeks up to each end week.

    The weeks are taken from the cheapest up: with prices p and the sums s of the rooms before, the
    charge is p[0] × minutes + Σ (p[j] - p[j - 1]) × max(0, minutes - s[j]).
    """
    weeks = ends[:, None] - np.arange(length)
    window = price[:, weeks]
    order = np.argsort(window, axis=-1)
    window = np.take_along_axis(window, order, -1)
    room = np.take_along_axis(rooms[:, :, weeks], order[None], -1).cumsum(-1)[:, None]
    need = minutes[..., None]
    cost = window[..., 0] * need
    for at in range(1, length):
        beyond = need - room[..., at - 1]
        cost += (window[..., at] - window[..., at - 1]) * np.maximum(beyond, 0, out=beyond)
    cost[need > room[..., -1]] = NEVER
    return cost


def _travel(one: Alone, tariff: Tariff, done: Ints, parks: Ints, here: Ints, least: Ints) -> Ints:
    """Return the cost of being ready in each park `here`: jobs × cells × parks × weeks."""
    lag, km = one.lag[parks[:, None], here], one.km[parks[:, None], here]  # from × to
    most, weeks = int(lag.max()), done.shape[3]
    early = np.full((*done.shape[:3], most), NEVER)
    later = np.concatenate((early, done), axis=3)
    when = most - lag[..., None] + np.arange(weeks)  # from × to × weeks, in `later`
    arrived = later[:, :, np.arange(len(parks))[:, None, None], when]
    leg = tariff.leg_fixed + tariff.leg_km * km * least[:, :, None, None] // one.quantity
    leg = np.where(parks[:, None] == here, 0, leg)
    ready: Ints = np.minimum((arrived + leg[..., None]).min(axis=2), NEVER)
    return ready


def _deliver(one: Alone, tariff: Tariff, done: Ints, parks: Ints | None, least: Ints) -> Ints:
    """Return the cost with the way to the buyer: jobs × levels × cells."""
    km, lag = one.buyer_km[parks], one.buyer_lag[parks]
    last = one.due + np.arange(one.levels)[:, None] - lag  # levels × parks: last week to end in
    place = np.clip(last, 0, done.shape[3] - 1)
    cost = done[:, :, np.arange(len(lag)), place]  # jobs × cells × levels × parks
    leg = tariff.leg_fixed + tariff.leg_km * km * least[:, :, None] // one.quantity
    cost = np.where(last < 0, NEVER, cost + leg[:, :, None])
    found: Ints = np.minimum(cost.min(axis=3), NEVER).transpose(0, 2, 1)
    return found
