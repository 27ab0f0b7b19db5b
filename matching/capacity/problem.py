"""The problem of matching idle capacity to orders: plain values, checked when they are made.

`docs/spec/capacity.md` says what each field means. Money is integer fen, time is integer minutes
and weeks; what may have a decimal part is an exact `Fraction`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, fields
from fractions import Fraction

from matching.capacity.fields import (
    FEN_MAX,
    FRACTION_MAX,
    LOTS_MAX,
    MINUTES_MAX,
    QUANTITY_MAX,
    RATE_FEN_PER_HOUR_MAX,
    SMALL_MAX,
    STEPS_MAX,
    WEEKS_MAX,
    be_degrees,
    be_exact,
    be_text,
    be_unique,
    be_whole,
)
from matching.capacity.rule_references import refer
from matching.capacity.rules import NO_RULES, Rules, canonical_rules

__all__ = [
    "FEN_MAX",
    "FRACTION_MAX",
    "LOTS_MAX",
    "MINUTES_MAX",
    "QUANTITY_MAX",
    "RATE_FEN_PER_HOUR_MAX",
    "SMALL_MAX",
    "STEPS_MAX",
    "WEEKS_MAX",
    "Offer",
    "Operation",
    "Order",
    "Park",
    "Problem",
    "Quotation",
    "Settings",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What holds for the whole problem.

    Parameters
    ----------
    weeks
        Length of the horizon, 1..520; weeks are numbered 0..weeks - 1.
    max_block_weeks
        An operation of a lot lies within at most so many consecutive weeks, ≥ 1.
    carbon_fen_per_kg, transport_fixed_fen, transport_fen_per_tonne_km, transport_g_per_tonne_km
        Exact, ≥ 0.
    """

    weeks: int
    max_block_weeks: int
    carbon_fen_per_kg: Fraction
    transport_fixed_fen: Fraction
    transport_fen_per_tonne_km: Fraction
    transport_g_per_tonne_km: Fraction

    def __post_init__(self) -> None:
        be_whole("settings", "weeks", self.weeks, least=1, most=WEEKS_MAX)
        be_whole("settings", "max_block_weeks", self.max_block_weeks, least=1, most=SMALL_MAX)
        for field in fields(self)[2:]:
            be_exact("settings", field.name, getattr(self, field.name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Park:
    """A park and where it lies, in degrees."""

    park_id: str
    lat: float
    lon: float

    def __post_init__(self) -> None:
        be_text("park", "park_id", self.park_id)
        be_degrees(f"park {self.park_id}", "lat", self.lat, most=90)
        be_degrees(f"park {self.park_id}", "lon", self.lon, most=180)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The idle hours of one resource of one enterprise in one park.

    Parameters
    ----------
    size_class
        It can make sizes up to its class, ≥ 1.
    tolerance_it
        ISO IT number; it can hold its own grade and every greater number.
    min_lot
        Smallest lot it takes, pieces, ≥ 0.
    idle_minutes
        One number ≥ 0 for each week of the horizon.
    """

    offer_id: str
    enterprise_id: str
    park_id: str
    process: str
    size_class: int
    tolerance_it: int
    materials: frozenset[str]
    certificates: frozenset[str]
    rate_fen_per_hour: int
    setup_minutes: int
    min_lot: int
    carbon_g_per_hour: Fraction
    idle_minutes: tuple[int, ...]

    def __post_init__(self) -> None:
        be_text("offer", "offer_id", self.offer_id)
        where = f"offer {self.offer_id}"
        be_text(where, "enterprise_id", self.enterprise_id)
        be_text(where, "park_id", self.park_id)
        be_whole(where, "size_class", self.size_class, least=1, most=SMALL_MAX)
        be_whole(where, "tolerance_it", self.tolerance_it, most=SMALL_MAX)
        rate = self.rate_fen_per_hour
        be_whole(where, "rate_fen_per_hour", rate, most=RATE_FEN_PER_HOUR_MAX)
        be_whole(where, "setup_minutes", self.setup_minutes, most=MINUTES_MAX)
        be_whole(where, "min_lot", self.min_lot, most=QUANTITY_MAX)
        be_exact(where, "carbon_g_per_hour", self.carbon_g_per_hour)
        for week, minutes in enumerate(self.idle_minutes):
            be_whole(where, f"idle_minutes[{week}]", minutes, most=MINUTES_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One step of an order; `minutes_total` is the work for the whole quantity, without setup."""

    process: str
    tolerance_it: int
    minutes_total: int

    def __post_init__(self) -> None:
        be_whole("operation", "tolerance_it", self.tolerance_it, most=SMALL_MAX)
        be_whole("operation", "minutes_total", self.minutes_total, least=1, most=MINUTES_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a buyer wants made.

    Parameters
    ----------
    release_week, due_week, max_tardy_weeks
        The first operation starts in or after the release week; the slowest lot arrives by
        due week + allowed tardiness.
    max_price_fen
        The buyer pays no more than this for processing and transport.
    quoted_only
        Only offers with a quotation for the operation are eligible.
    """

    order_id: str
    buyer_id: str
    buyer_lat: float
    buyer_lon: float
    quantity: int
    material: str
    size_class: int
    certificates: frozenset[str]
    release_week: int
    due_week: int
    max_tardy_weeks: int
    value_fen: int
    tardy_fen_per_week: int
    max_price_fen: int
    max_lots: int
    excluded_enterprises: frozenset[str]
    weight_kg: Fraction
    operations: tuple[Operation, ...]
    quoted_only: bool = False

    def __post_init__(self) -> None:
        be_text("order", "order_id", self.order_id)
        where = f"order {self.order_id}"
        be_degrees(where, "buyer_lat", self.buyer_lat, most=90)
        be_degrees(where, "buyer_lon", self.buyer_lon, most=180)
        be_whole(where, "quantity", self.quantity, least=1, most=QUANTITY_MAX)
        be_whole(where, "size_class", self.size_class, least=1, most=SMALL_MAX)
        for name in ("release_week", "due_week", "max_tardy_weeks"):
            be_whole(where, name, getattr(self, name), most=SMALL_MAX)
        for name in ("value_fen", "tardy_fen_per_week", "max_price_fen"):
            be_whole(where, name, getattr(self, name), most=FEN_MAX)
        be_whole(where, "max_lots", self.max_lots, least=1, most=LOTS_MAX)
        be_exact(where, "weight_kg", self.weight_kg)
        if not 1 <= len(self.operations) <= STEPS_MAX:
            raise ValueError(
                f"{where}: needs 1..{STEPS_MAX} operations, has {len(self.operations)}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotation:
    """A supplier's own quotation for one operation (`step` 1..) of one order on one offer.

    It replaces setup and minutes, and the processing cost of a lot becomes
    `price_fen × lot_quantity / quantity`.
    """

    order_id: str
    step: int
    offer_id: str
    setup_minutes: int
    minutes_total: int
    price_fen: int

    def __post_init__(self) -> None:
        where = f"quotation for order {self.order_id} step {self.step} offer {self.offer_id}"
        be_whole(where, "step", self.step, least=1, most=STEPS_MAX)
        be_whole(where, "setup_minutes", self.setup_minutes, most=MINUTES_MAX)
        be_whole(where, "minutes_total", self.minutes_total, least=1, most=MINUTES_MAX)
        be_whole(where, "price_fen", self.price_fen, most=FEN_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Everything a plan is made from, and everything it is checked against.

    Parameters
    ----------
    rules
        Optional constraints beside the base model; none by default.

    Raises
    ------
    ValueError
        When an id appears twice, a reference leads nowhere, a rule contradicts itself by its form,
        or `idle_minutes` of an offer does not have one number for each week.
    """

    settings: Settings
    parks: tuple[Park, ...]
    offers: tuple[Offer, ...]
    orders: tuple[Order, ...]
    quotations: tuple[Quotation, ...] = ()
    rules: Rules = NO_RULES

    def __post_init__(self) -> None:
        parks = be_unique("park", (park.park_id for park in self.parks))
        offers = be_unique("offer", (offer.offer_id for offer in self.offers))
        be_unique("order", (order.order_id for order in self.orders))
        for offer in self.offers:
            if offer.park_id not in parks:
                raise ValueError(f"offer {offer.offer_id}: unknown park {offer.park_id}")
            if len(offer.idle_minutes) != self.settings.weeks:
                raise ValueError(
                    f"offer {offer.offer_id}: expected idle minutes for {self.settings.weeks} "
                    f"weeks, got {len(offer.idle_minutes)}"
                )
        self._check_quotations(offers)
        if self.rules != NO_RULES:
            refer(self.rules, self.orders, self.offers, weeks=self.settings.weeks)

    def _check_quotations(self, offers: set[str]) -> None:
        steps = {order.order_id: len(order.operations) for order in self.orders}
        seen: set[tuple[str, int, str]] = set()
        for quotation in self.quotations:
            key = quotation.order_id, quotation.step, quotation.offer_id
            where = f"quotation for order {key[0]} step {key[1]} offer {key[2]}"
            if key in seen:
                raise ValueError(f"{where}: appears twice")
            seen.add(key)
            if quotation.order_id not in steps:
                raise ValueError(f"{where}: unknown order {quotation.order_id}")
            if quotation.step > steps[quotation.order_id]:
                raise ValueError(f"{where}: the order has {steps[quotation.order_id]} operations")
            if quotation.offer_id not in offers:
                raise ValueError(f"{where}: unknown offer {quotation.offer_id}")

    @property
    def digest(self) -> str:
        """SHA-256, in hex, of a canonical form in which the order of the parts does not count.

        A problem without rules has the digest that it had before there were rules.
        """
        parts: dict[str, object] = {
            "settings": canonical(self.settings),
            "parks": sorted(map(canonical, self.parks)),
            "offers": sorted(map(canonical, self.offers)),
            "orders": sorted(map(canonical, self.orders)),
            "quotations": sorted(map(canonical, self.quotations)),
        }
        if self.rules != NO_RULES:
            parts["rules"] = canonical_rules(self.rules)
        text = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def canonical(value: object) -> list[object]:
    """Return the fields of a value as JSON, in the order of the class."""
    return [_plain(getattr(value, field.name)) for field in fields(value)]  # type: ignore[arg-type]


def _plain(value: object) -> object:
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    if isinstance(value, float):
        return repr(value + 0.0)
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if isinstance(value, Operation):
        return canonical(value)
    return value
