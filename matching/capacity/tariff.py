"""What work and transport cost, exactly, in fen: the formulas of the specification, once."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

from matching.capacity.problem import Offer, Operation, Order, Quotation, Settings


def work_minutes(
    order: Order, operation: Operation, offer: Offer, quoted: Quotation | None, *, quantity: int
) -> int:
    """Return the minutes of a lot of `quantity` pieces: setup + ceil(total × share)."""
    setup = offer.setup_minutes if quoted is None else quoted.setup_minutes
    total = operation.minutes_total if quoted is None else quoted.minutes_total
    return setup + ceil(Fraction(total * quantity, order.quantity))


def processing_fen(
    order: Order, offer: Offer, quoted: Quotation | None, *, minutes: int, quantity: int
) -> Fraction:
    """Return the price of the work of a lot: by the hour, or its share of the quoted price."""
    if quoted is None:
        return Fraction(minutes * offer.rate_fen_per_hour, 60)
    return Fraction(quoted.price_fen * quantity, order.quantity)


def tonne_km(order: Order, *, km: int, quantity: int) -> Fraction:
    """Return weight × distance of a lot."""
    return order.weight_kg * Fraction(quantity, order.quantity) * km / 1000


def leg_fen(settings: Settings, order: Order, *, km: int, quantity: int) -> Fraction:
    """Return the price of moving a lot over one leg."""
    variable = tonne_km(order, km=km, quantity=quantity) * settings.transport_fen_per_tonne_km
    return settings.transport_fixed_fen + variable


def leg_carbon_g(settings: Settings, order: Order, *, km: int, quantity: int) -> Fraction:
    """Return the grams of carbon of moving a lot over one leg."""
    return tonne_km(order, km=km, quantity=quantity) * settings.transport_g_per_tonne_km


def carbon_fen(settings: Settings, carbon_g: Fraction) -> Fraction:
    """Return what an amount of carbon costs in the objective."""
    return carbon_g * settings.carbon_fen_per_kg / 1000


def bonus_per_minute(
    settings: Settings,
    order: Order,
    offer: Offer,
    quoted: Quotation | None,
    *,
    bonus_fen_per_hour: int,
) -> Fraction:
    """Return what a minute of local work adds to the objective: at most what it costs.

    Returns
    -------
    Fraction
        min(bonus / 60, cost), in fen ≥ 0. The cost of a minute is its rate and its carbon; on a
        quoted offer it is the quoted price over the most minutes that the price can pay for, which
        is with as many setups as there may be lots, and a minute of rounding for each but one.
    """
    if quoted is None:
        paid = Fraction(offer.rate_fen_per_hour, 60)
    else:
        lots = min(order.max_lots, order.quantity)
        most = lots * (quoted.setup_minutes + 1) - 1 + quoted.minutes_total
        paid = Fraction(quoted.price_fen, most)
    carbon = carbon_fen(settings, Fraction(offer.carbon_g_per_hour) / 60)
    return min(Fraction(bonus_fen_per_hour, 60), paid + carbon)
