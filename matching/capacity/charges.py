"""Costs as scaled integers, rounded down: what the bound is computed from, exactly."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import NamedTuple

import numpy as np

from matching.capacity.columns import (
    CARBON,
    KM,
    LEG_CARBON,
    LEG_PRICE,
    OFFER,
    PRICE_CAP,
    QUANTITY,
    QUOTE,
    QUOTED,
    RATE,
    SETUP,
    TARDY_COST,
    TOTAL,
    VALUE,
    Columns,
    Ints,
)
from matching.capacity.problem import Problem

SCALE_MAX = 1_000_000  # parts of a fen
ROOM_BITS = 60  # sums of costs stay below 2**60
STRAIN_ONE = 1024  # strains are counted in parts of 1024
STRAIN_MOST = 8 * STRAIN_ONE


# columns of `orders` and `entries`
G_VALUE, G_TARDY, G_CAP, G_LEG_PRICE, G_LEG_CARBON = range(5)
G_RATE, G_QUOTE, G_CARBON = range(3)


class Charges(NamedTuple):
    """Integer costs in parts of a fen; `scale` parts are one fen. All are rounded down."""

    scale: int
    price_unit: int  # parts per thousandth of a fen
    leg_fixed: int
    orders: Ints  # value, tardiness per week, price cap, and per km for the whole quantity
    entries: Ints  # per minute, for the whole quantity, per minute


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
    for order in problem.orders:
        tonnes = Fraction(order.weight_kg) / 1000
        amounts: tuple[Fraction | int, ...] = (
            order.value_fen,
            order.tardy_fen_per_week,
            order.max_price_fen,
            tonnes * settings.transport_fen_per_tonne_km,
            tonnes * settings.transport_g_per_tonne_km * fen_per_g,
        )
        orders.append(tuple(floor(amount * scale) for amount in amounts))
    entries: list[tuple[int, ...]] = []
    for entry in range(len(c.entries)):
        offer = problem.offers[c.entries[entry, OFFER]]
        rate = 0 if c.entries[entry, QUOTED] else Fraction(offer.rate_fen_per_hour, 60)
        carbon = offer.carbon_g_per_hour * fen_per_g / 60
        quote = int(c.tariff[entry, QUOTE])  # exact: at most FEN_MAX
        entries.append((floor(rate * scale), quote * scale, floor(carbon * scale)))
    return Charges(
        scale=scale,
        price_unit=scale // 1000,
        leg_fixed=floor(settings.transport_fixed_fen * scale),
        orders=np.array(orders, np.int64).reshape(-1, 5),
        entries=np.array(entries, np.int64).reshape(-1, 3),
    )


def _scale(c: Columns, *, millifen_max: int) -> int:
    """Return the largest power of ten, 1000..SCALE_MAX, for which every number fits."""
    strain = 1 + STRAIN_MOST // STRAIN_ONE
    minutes = int((c.entries[:, SETUP] + c.entries[:, TOTAL]).max(initial=1))
    paid = c.tariff.max(axis=0, initial=0)
    # prices of the market and of the order itself
    per_minute = paid[RATE] * strain + paid[CARBON] + 2 * millifen_max / 1000
    km = int(max(c.between[..., KM].max(initial=0), c.to_buyer[..., KM].max(initial=0)))
    money = c.money.max(axis=0, initial=0)
    leg = money[LEG_PRICE] * strain + money[LEG_CARBON]
    trip = c.leg_fixed * strain + leg * km * int(c.orders[:, QUANTITY].max(initial=1))
    steps = int(np.diff(c.steps).max(initial=1))
    worth = minutes * per_minute + paid[QUOTE] * strain
    tardy = money[TARDY_COST] * (c.weeks + 3)
    sums = 8 * (steps * (worth + trip) + money[VALUE] + money[PRICE_CAP] * strain + tardy)
    # products that are divided only afterwards
    pieces = int(c.orders[:, QUANTITY].max(initial=1))
    capped = money[PRICE_CAP] * strain * STRAIN_ONE
    quoted = paid[QUOTE] * strain * max(STRAIN_ONE, pieces)
    most = max(sums, capped, quoted)
    scale = SCALE_MAX
    while scale > 1000 and most * scale >= 2**ROOM_BITS:
        scale //= 10
    if most * scale >= 2**ROOM_BITS:
        raise ValueError(
            f"the amounts are too large to bound exactly: numbers up to {most:.3g} fen, "
            f"at most {2**ROOM_BITS / 1000:.3g} are possible; split the problem"
        )
    return scale
