"""Costs as scaled integers, rounded down: what the bound is computed from, exactly."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import NamedTuple

import numpy as np

from matching.capacity.columns import (
    CARBON,
    KEEP,
    KM,
    LEG_CARBON,
    LEG_PRICE,
    PRICE_CAP,
    QUANTITY,
    QUOTED_SETUP,
    QUOTED_TOTAL,
    RATE,
    SETUP,
    TARDY_COST,
    VALUE,
    Columns,
    Ints,
)
from matching.capacity.problem import Problem

SCALE_MAX = 1_000_000  # parts of a fen
ROOM_BITS = 60  # sums of costs stay below 2**60
STRAIN_ONE = 1024  # strains are counted in parts of 1024
STRAIN_MOST = 8 * STRAIN_ONE


# columns of `orders` and `offers`; `bounding.h` has the same numbers
G_VALUE, G_TARDY, G_CAP, G_LEG_PRICE, G_LEG_CARBON = range(5)
G_RATE, G_CARBON = range(2)


class Charges(NamedTuple):
    """Integer costs in parts of a fen; `scale` parts are one fen. They are rounded down.

    The fields are those of `Charges` in `bounding.h`, in the same order.
    """

    scale: int
    price_unit: int  # parts per thousandth of a fen
    leg_fixed: int
    bonus: int  # local first: per minute in the park nearest to the buyer, rounded up
    orders: Ints  # value, tardiness per week, price cap, and per km for the whole quantity
    offers: Ints  # per minute: processing where nothing is quoted, carbon
    quotes: Ints  # quotations: processing of the whole quantity


def build_charges(problem: Problem, c: Columns, *, millifen_max: int) -> Charges:
    """Return the costs of a problem as integers.

    Parameters
    ----------
    millifen_max
        Largest price of a minute that will be asked for.

    Raises
    ------
    ValueError
        When the amounts are so large that their sums would not fit into 64 bits.
    """
    scale = _scale(c, millifen_max=millifen_max)
    settings = problem.settings
    fen_per_g = Fraction(settings.carbon_fen_per_kg) / 1000
    orders: list[tuple[int, ...]] = []
    kept = c.money[:, KEEP].astype(np.int64).tolist()
    for order, penalty in zip(problem.orders, kept, strict=True):
        tonnes = Fraction(order.weight_kg) / 1000
        amounts: tuple[Fraction | int, ...] = (
            order.value_fen + penalty,  # `bound_fen` takes all penalties off again
            order.tardy_fen_per_week,
            order.max_price_fen,
            tonnes * settings.transport_fen_per_tonne_km,
            tonnes * settings.transport_g_per_tonne_km * fen_per_g,
        )
        orders.append(tuple(floor(amount * scale) for amount in amounts))
    offers = [
        (offer.rate_fen_per_hour * scale // 60, floor(offer.carbon_g_per_hour * per_minute))
        for per_minute in (fen_per_g * scale / 60,)
        for offer in problem.offers
    ]
    first = problem.rules.local_first
    quotes = [quotation.price_fen * scale for quotation in problem.quotations]
    return Charges(
        scale=scale,
        price_unit=scale // 1000,
        leg_fixed=floor(settings.transport_fixed_fen * scale),
        bonus=0 if first is None else -(-first.bonus_fen_per_hour * scale // 60),
        orders=np.array(orders, np.int64).reshape(-1, 5),
        offers=np.array(offers, np.int64).reshape(-1, 2),
        quotes=np.array(quotes, np.int64),
    )


def _scale(c: Columns, *, millifen_max: int) -> int:
    """Return the largest power of ten, 1000..SCALE_MAX, for which every number fits."""
    strain = 1 + STRAIN_MOST // STRAIN_ONE
    quoted = c.quoted.max(axis=0, initial=0)
    setup = max(int(c.offers[:, SETUP].max(initial=0)), int(quoted[QUOTED_SETUP]))
    minutes = setup + max(int(c.work.max(initial=1)), int(quoted[QUOTED_TOTAL]))
    paid = c.rates.max(axis=0, initial=0)
    quote = float(c.quoted_fen.max(initial=0))
    # prices of the market and of the order itself
    per_minute = paid[RATE] * strain + paid[CARBON] + 2 * millifen_max / 1000
    km = int(max(c.between[..., KM].max(initial=0), c.to_buyer[..., KM].max(initial=0)))
    money = c.money.max(axis=0, initial=0)
    leg = money[LEG_PRICE] * strain + money[LEG_CARBON]
    trip = c.leg_fixed * strain + leg * km * int(c.orders[:, QUANTITY].max(initial=1))
    steps = int(np.diff(c.steps).max(initial=1))
    worth = minutes * per_minute + quote * strain
    tardy = money[TARDY_COST] * (c.weeks + 3)
    sums = 8 * (
        steps * (worth + trip) + money[VALUE] + money[KEEP] + money[PRICE_CAP] * strain + tardy
    )
    # products that are divided only afterwards
    pieces = int(c.orders[:, QUANTITY].max(initial=1))
    capped = money[PRICE_CAP] * strain * STRAIN_ONE
    divided = quote * strain * max(STRAIN_ONE, pieces)
    most = max(sums, capped, divided)
    scale = SCALE_MAX
    while scale > 1000 and most * scale >= 2**ROOM_BITS:
        scale //= 10
    if most * scale >= 2**ROOM_BITS:
        raise ValueError(
            f"the amounts are too large to bound exactly: numbers up to {most:.3g} fen, "
            f"at most {2**ROOM_BITS / 1000:.3g} are possible; split the problem"
        )
    return scale
