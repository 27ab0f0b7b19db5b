"""Costs as scaled integers, rounded down: what the bound is computed from, exactly."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import NamedTuple

import numpy as np

from matching.capacity.columns import Columns, Ints
from matching.capacity.problem import Problem

SCALE_MAX = 1_000_000  # parts of a fen
ROOM_BITS = 60  # sums of costs stay below 2**60
STRAIN_ONE = 1024  # strains are counted in parts of 1024
STRAIN_MOST = 8 * STRAIN_ONE


class Charges(NamedTuple):
    """Integer costs in parts of a fen; `scale` parts are one fen. All are rounded down."""

    scale: int
    price_unit: int  # parts per thousandth of a fen
    value: Ints  # orders
    tardy: Ints  # orders
    cap: Ints  # orders: price cap
    leg_fixed: int
    leg_price: Ints  # orders: per km for the whole quantity
    leg_carbon: Ints
    rate: Ints  # entries: per minute
    quote: Ints  # entries: for the whole quantity
    carbon: Ints  # entries: per minute


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
    scale = _scale(problem, c, millifen_max=millifen_max)
    settings, offers = problem.settings, [problem.offers[at] for at in c.offer.tolist()]
    carbon_fen_per_g = Fraction(settings.carbon_fen_per_kg) / 1000
    weights = [Fraction(order.weight_kg) / 1000 for order in problem.orders]
    per_km = settings.transport_fen_per_tonne_km
    grams = settings.transport_g_per_tonne_km * carbon_fen_per_g
    quoted = c.quoted.tolist()

    def parts(amounts: list[Fraction] | list[int]) -> Ints:
        return np.array([floor(amount * scale) for amount in amounts], np.int64)

    return Charges(
        scale=scale,
        price_unit=scale // 1000,
        value=parts([order.value_fen for order in problem.orders]),
        tardy=parts([order.tardy_fen_per_week for order in problem.orders]),
        cap=parts([order.max_price_fen for order in problem.orders]),
        leg_fixed=floor(settings.transport_fixed_fen * scale),
        leg_price=parts([weight * per_km for weight in weights]),
        leg_carbon=parts([weight * grams for weight in weights]),
        rate=parts(
            [
                Fraction(0) if is_quoted else Fraction(offer.rate_fen_per_hour, 60)
                for offer, is_quoted in zip(offers, quoted, strict=True)
            ]
        ),
        quote=parts([Fraction(int(price)) for price in c.quote.tolist()]),
        carbon=parts([offer.carbon_g_per_hour * carbon_fen_per_g / 60 for offer in offers]),
    )


def _scale(problem: Problem, c: Columns, *, millifen_max: int) -> int:
    """Return the largest power of ten, 1000..SCALE_MAX, for which every sum fits."""
    strain = 1 + STRAIN_MOST // STRAIN_ONE
    minutes = int((c.setup + c.total).max(initial=1))
    rates = float(c.rate.max(initial=0)) * strain + float(c.carbon.max(initial=0))
    # prices of the market and of the order itself
    worth = minutes * (rates + 2 * millifen_max / 1000) + float(c.quote.max(initial=0)) * strain
    km = int(max(c.park_km.max(initial=0), c.buyer_km.max(initial=0)))
    leg = float(c.leg_price.max(initial=0)) * strain + float(c.leg_carbon.max(initial=0))
    trip = c.leg_fixed * strain + leg * km * int(c.quantity.max(initial=1))
    steps = int(np.diff(c.steps).max(initial=1))
    money = max((order.value_fen + order.max_price_fen * strain for order in problem.orders), default=1)
    tardy = max((order.tardy_fen_per_week for order in problem.orders), default=0) * (c.weeks + 3)
    most = 8 * (steps * (worth + trip) + money + tardy)
    scale = SCALE_MAX
    while scale > 1000 and most * scale >= 2**ROOM_BITS:
        scale //= 10
    if most * scale >= 2**ROOM_BITS:
        raise ValueError(
            f"the amounts are too large to bound exactly: sums up to {most:.3g} fen, "
            f"at most {2**ROOM_BITS / 1000:.3g} are possible; split the problem"
        )
    return scale
