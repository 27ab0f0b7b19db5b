"""The problem of matching idle capacity to orders: plain values, checked when they are made.

`docs/spec/capacity.md` says what each field means. Money is integer fen, time is integer minutes
and weeks; what may have a decimal part is an exact `Fraction`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, fields
from fractions import Fraction
from math import isfinite

FEN_MAX = 10**13
MINUTES_MAX = 10**7
RATE_FEN_PER_HOUR_MAX = 10**9
QUANTITY_MAX = 10**9
WEEKS_MAX = 520
STEPS_MAX = 32
LOTS_MAX = 10**6
SMALL_MAX = 10**6
FRACTION_MAX = 10**9


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
        _whole("settings", "weeks", self.weeks, least=1, most=WEEKS_MAX)
        _whole("settings", "max_block_weeks", self.max_block_weeks, least=1, most=SMALL_MAX)
        for field in fields(self)[2:]:
            _exact("settings", field.name, getattr(self, field.name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Park:
    """A park and where it lies, in degrees."""

    park_id: str
    lat: float
    lon: float

    def __post_init__(self) -> None:
        _text("park", "park_id", self.park_id)
        _degrees(f"park {self.park_id}", "lat", self.lat, most=90)
        _degrees(f"park {self.park_id}", "lon", self.lon, most=180)


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
        _text("offer", "offer_id", self.offer_id)
        where = f"offer {self.offer_id}"
        _text(where, "enterprise_id", self.enterprise_id)
        _text(where, "park_id", self.park_id)
        _whole(where, "size_class", self.size_class, least=1, most=SMALL_MAX)
        _whole(where, "tolerance_it", self.tolerance_it, most=SMALL_MAX)
        rate = self.rate_fen_per_hour
        _whole(where, "rate_fen_per_hour", rate, most=RATE_FEN_PER_HOUR_MAX)
        _whole(where, "setup_minutes", self.setup_minutes, most=MINUTES_MAX)
        _whole(where, "min_lot", self.min_lot, most=QUANTITY_MAX)
        _exact(where, "carbon_g_per_hour", self.carbon_g_per_hour)
        for week, minutes in enumerate(self.idle_minutes):
            _whole(where, f"idle_minutes[{week}]", minutes, most=MINUTES_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One step of an order; `minutes_total` is the work for the whole quantity, without setup."""

    process: str
    tolerance_it: int
    minutes_total: int

    def __post_init__(self) -> None:
        _whole("operation", "tolerance_it", self.tolerance_it, most=SMALL_MAX)
        _whole("operation", "minutes_total", self.minutes_total, least=1, most=MINUTES_MAX)


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
        _text("order", "order_id", self.order_id)
        where = f"order {self.order_id}"
        _degrees(where, "buyer_lat", self.buyer_lat, most=90)
        _degrees(where, "buyer_lon", self.buyer_lon, most=180)
        _whole(where, "quantity", self.quantity, least=1, most=QUANTITY_MAX)
        _whole(where, "size_class", self.size_class, least=1, most=SMALL_MAX)
        for name in ("release_week", "due_week", "max_tardy_weeks"):
            _whole(where, name, getattr(self, name), most=SMALL_MAX)
        for name in ("value_fen", "tardy_fen_per_week", "max_price_fen"):
            _whole(where, name, getattr(self, name), most=FEN_MAX)
        _whole(where, "max_lots", self.max_lots, least=1, most=LOTS_MAX)
        _exact(where, "weight_kg", self.weight_kg)
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
        _whole(where, "step", self.step, least=1, most=STEPS_MAX)
        _whole(where, "setup_minutes", self.setup_minutes, most=MINUTES_MAX)
        _whole(where, "minutes_total", self.minutes_total, least=1, most=MINUTES_MAX)
        _whole(where, "price_fen", self.price_fen, most=FEN_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Everything a plan is made from, and everything it is checked against.

    Raises
    ------
    ValueError
        When an id appears twice, a reference leads nowhere, or `idle_minutes` of an offer does
        not have one number for each week.
    """

    settings: Settings
    parks: tuple[Park, ...]
    offers: tuple[Offer, ...]
    orders: tuple[Order, ...]
    quotations: tuple[Quotation, ...] = ()

    def __post_init__(self) -> None:
        parks = _unique("park", (park.park_id for park in self.parks))
        offers = _unique("offer", (offer.offer_id for offer in self.offers))
        _unique("order", (order.order_id for order in self.orders))
        for offer in self.offers:
            if offer.park_id not in parks:
                raise ValueError(f"offer {offer.offer_id}: unknown park {offer.park_id}")
            if len(offer.idle_minutes) != self.settings.weeks:
                raise ValueError(
                    f"offer {offer.offer_id}: expected idle minutes for {self.settings.weeks} "
                    f"weeks, got {len(offer.idle_minutes)}"
                )
        self._check_quotations(offers)

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
        """SHA-256, in hex, of a canonical form in which the order of the parts does not count."""
        parts = {
            "settings": _canonical(self.settings),
            "parks": sorted(map(_canonical, self.parks)),
            "offers": sorted(map(_canonical, self.offers)),
            "orders": sorted(map(_canonical, self.orders)),
            "quotations": sorted(map(_canonical, self.quotations)),
        }
        text = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def _canonical(value: object) -> list[object]:
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
        return _canonical(value)
    return value


def _unique(kind: str, names: Iterable[str]) -> set[str]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"{kind} {name} appears twice: ids must be unique")
        seen.add(name)
    return seen


def _text(where: str, name: str, value: str) -> None:
    if not value:
        raise ValueError(f"{where}: {name} is empty")


def _whole(where: str, name: str, value: int, *, least: int = 0, most: int) -> None:
    if type(value) is not int:
        raise ValueError(f"{where}: {name} must be an integer, got {value!r}")
    if not least <= value <= most:
        raise ValueError(f"{where}: {name} must be in {least}..{most}, got {value}")


def _exact(where: str, name: str, value: Fraction) -> None:
    if type(value) not in (Fraction, int):
        raise ValueError(f"{where}: {name} must be a Fraction, got {value!r}")
    if not 0 <= value <= FRACTION_MAX:
        raise ValueError(f"{where}: {name} must be in 0..{FRACTION_MAX}, got {value}")


def _degrees(where: str, name: str, value: float, *, most: float) -> None:
    if not isfinite(value) or not -most <= value <= most:
        raise ValueError(f"{where}: {name} must be in -{most}..{most} degrees, got {value!r}")
