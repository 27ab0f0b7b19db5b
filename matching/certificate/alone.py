"""One order by itself as arrays: what the relaxation of section 7 is computed from."""

from __future__ import annotations

from itertools import pairwise
from math import floor
from typing import NamedTuple

import numpy as np

from .bundle import Order
from .charges import Charges, Ints
from .plan import quoted_minutes
from .refusal import NotProved

STRAIN_ONE = 1024
STRAIN_MOST = 8 * STRAIN_ONE
OWN_MOST_FEN = 1000
ROOM_BITS = 59  # no cost is larger, so that sums of a few never leave 64 bits


class Alone(NamedTuple):
    """An order with its entries: the offers of each operation, one operation after the other.

    Weeks are counted from `week`, the first in which anything can happen. Amounts are parts.
    """

    quantity: int
    due: int  # in these weeks; may be negative
    levels: int  # 0 .. levels - 1 weeks late
    value: int
    tardy: int
    cap: int
    leg_fixed: int
    leg_price: int  # per km for the whole quantity
    leg_carbon: int
    week: int
    steps: tuple[slice, ...]
    offer: Ints  # entries, as all that follow
    park: Ints
    setup: Ints
    total: Ints
    min_lot: Ints
    rate: Ints
    quote: Ints
    carbon: Ints  # less the local bonus, as far as carbon and rate cover it
    granted: Ints  # the bonus per minute beyond that, where the work is quoted
    idle: Ints  # entries × weeks
    price: Ints  # entries × weeks
    open: Ints  # entries × weeks: 1 where the way there and from there leaves the week
    km: Ints  # parks × parks
    lag: Ints
    buyer_km: Ints  # parks
    buyer_lag: Ints
    same: Ints  # entries × entries: 1 where both are the same offer
    # per operation: least minutes and setups, added up over all whose offers are among its own
    needs: tuple[tuple[int, int], ...]
    grant: int  # what is granted takes off each lot at most: a setup and a minute of rounding


def alone(charges: Charges, order: Order) -> Alone | None:
    """Return the tables of an order; None when an operation has no offer or no week."""
    offers = [charges.eligible(order, step) for step in range(1, len(order.operations) + 1)]
    if not all(len(found) for found in offers):
        return None
    ends = np.cumsum([0, *map(len, offers)]).tolist()
    steps = tuple(slice(*pair) for pair in pairwise(ends))
    offer, (buyer_km, buyer_lag) = np.concatenate(offers), charges.to_buyer(order)
    park, weeks = charges.park[offer], charges.idle.shape[1]
    latest = order.due_week + order.max_tardy_weeks
    first, last = _windows(order.release_week, latest, steps, park, charges.lag, buyer_lag)
    lo, hi = order.release_week, min(weeks - 1, int(last.max()))
    if lo > hi:
        return None
    when = np.arange(lo, hi + 1)
    settings, scale = charges.bundle.settings, charges.scale
    tonnes = order.weight_kg / 1000
    grams = tonnes * settings.transport_g_per_tonne_km
    setup, total, rate, quote = _terms(charges, order, steps, offer)
    bonus, granted = _bonus(charges, order, steps, offer, rate, quote)
    same = (offer[:, None] == offer).astype(np.int64)
    return Alone(
        quantity=order.quantity,
        due=order.due_week - lo,
        levels=max(0, min(latest, weeks + 1) - order.due_week) + 1,
        value=(order.value_fen + charges.rules.penalty_of(order.order_id)) * scale,
        tardy=order.tardy_fen_per_week * scale,
        cap=order.max_price_fen * scale,
        leg_fixed=charges.leg_fixed,
        leg_price=floor(tonnes * settings.transport_fen_per_tonne_km * scale),
        leg_carbon=floor(grams * charges.fen_per_g * scale),
        week=lo,
        steps=steps,
        offer=offer,
        park=park,
        setup=setup,
        total=total,
        min_lot=charges.min_lot[offer],
        rate=rate,
        quote=quote,
        carbon=charges.carbon[offer] - bonus,
        granted=granted,
        idle=charges.idle[offer, lo : hi + 1],
        price=charges.price[offer, lo : hi + 1],
        open=((first[:, None] <= when) & (when <= last[:, None])).astype(np.int64),
        km=charges.km,
        lag=charges.lag,
        buyer_km=buyer_km,
        buyer_lag=buyer_lag,
        same=same,
        needs=tuple(_need(part, steps, same, total, setup) for part in steps),
        grant=sum(int((granted * (setup + 1))[part].max()) for part in steps),
    )


def _terms(
    charges: Charges, order: Order, steps: tuple[slice, ...], offer: Ints
) -> tuple[Ints, Ints, Ints, Ints]:
    """Return setup, minutes and rate of each entry, and what is quoted for the whole quantity."""
    quotations, setup, rate = charges.bundle.quotations, charges.setup[offer], charges.rate[offer]
    total, quote = np.zeros_like(offer), np.zeros_like(offer)
    for step, part in enumerate(steps, 1):
        total[part] = order.operations[step - 1].minutes_total
        for entry in range(part.start, part.stop) if quotations else ():
            key = order.order_id, step, charges.offers[offer[entry]].offer_id
            if one := quotations.get(key):
                setup[entry], total[entry] = one.setup_minutes, one.minutes_total
                rate[entry], quote[entry] = 0, one.price_fen * charges.scale
    return setup, total, rate, quote


def _bonus(
    charges: Charges, order: Order, steps: tuple[slice, ...], offer: Ints, rate: Ints, quote: Ints
) -> tuple[Ints, Ints]:
    """Return what local work takes off a minute, and what more of it where the work is quoted.

    It never pays more than the work costs. What carbon does not cover of a quotation is taken off
    its price for the whole quantity, and `grant` off each lot.
    """
    bonus, granted = np.zeros_like(offer), np.zeros_like(offer)
    if charges.bonus:
        local = charges.park[offer] == charges.near(order)
        bonus[local] = np.minimum(charges.bonus, charges.carbon[offer] + rate)[local]
    for step, part in enumerate(steps, 1) if charges.bonus and quote.any() else ():
        for entry in range(part.start, part.stop):
            key = order.order_id, step, charges.offers[offer[entry]].offer_id
            if (one := charges.bundle.quotations.get(key)) and local[entry]:
                price = int(quote[entry]) // quoted_minutes(order, one) + 1
                granted[entry] = min(charges.bonus - int(bonus[entry]), price)
    return bonus, granted


def _need(
    part: slice, steps: tuple[slice, ...], same: Ints, total: Ints, setup: Ints
) -> tuple[int, int]:
    """Return the least minutes and setups of an operation and all within its offers."""
    inside = np.any(same[part], axis=0)
    within = [other for other in steps if np.all(inside[other])]
    return (
        sum(int(total[other].min()) for other in within),
        sum(int(setup[other].min()) for other in within),
    )


def _windows(
    release: int, latest: int, steps: tuple[slice, ...], park: Ints, lag: Ints, buyer_lag: Ints
) -> tuple[Ints, Ints]:
    """Return the first and last week of each entry that the transport before and after leaves."""
    first, last = np.zeros_like(park), np.zeros_like(park)
    first[steps[0]] = release
    for before, part in pairwise(steps):
        ways = lag[park[before]][:, park[part]]
        first[part] = (first[before][:, None] + ways).min(axis=0)
    last[steps[-1]] = latest - buyer_lag[park[steps[-1]]]
    for after, part in pairwise(steps[::-1]):
        ways = lag[park[part]][:, park[after]]
        last[part] = (last[after][None, :] - ways).max(axis=1)
    return first, last


def require_room(one: Alone, own_most: int) -> None:
    """Make sure that no number of the relaxation can leave 64 bits.

    Parameters
    ----------
    own_most
        Largest own price of the order, parts per minute.

    Raises
    ------
    NotProved
        When a sum could: then a smaller scale, or a smaller problem, is needed.
    """
    strain = 1 + STRAIN_MOST // STRAIN_ONE
    minutes = int((one.setup + one.total).max())
    paid = int(one.rate.max()) * strain + int(one.carbon.max())
    per_minute = paid + int(one.price.max()) + own_most + int(one.granted.max())
    quote = int(one.quote.max()) * strain
    km = int(max(one.km.max(), one.buyer_km.max()))
    leg = (one.leg_price * strain + one.leg_carbon) * km
    trip = one.leg_fixed * strain + leg
    lots = 4 * len(one.steps) * (minutes * per_minute + quote + trip)  # three, and what is spare
    sums = lots + one.levels * one.tardy + one.value
    products = max(one.quantity * leg, one.quantity * quote, STRAIN_ONE * quote, STRAIN_ONE * trip)
    if quote:
        products = max(products, one.quantity * (int(one.total.max()) * paid + quote))
    if max(sums, products) >= 2**ROOM_BITS:
        raise NotProved("too-large", f"numbers up to {max(sums, products)} do not fit: lower scale")
