"""Read the problem from the files of a bundle, strictly, and compute its digest."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple

from .refusal import Unreadable, unreadable

Kind = Callable[[str], Any]


class Settings(NamedTuple):
    """What holds for the whole problem; the amounts are exact."""

    weeks: int
    max_block_weeks: int
    carbon_fen_per_kg: Fraction
    transport_fixed_fen: Fraction
    transport_fen_per_tonne_km: Fraction
    transport_g_per_tonne_km: Fraction


class Park(NamedTuple):
    """A park, in degrees."""

    park_id: str
    lat: float
    lon: float


class Offer(NamedTuple):
    """The idle time of one resource: `idle_minutes` has one number for each week."""

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


class Operation(NamedTuple):
    """One step of an order."""

    process: str
    tolerance_it: int
    minutes_total: int


class Order(NamedTuple):
    """What a buyer wants made."""

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
    quoted_only: bool


class Quotation(NamedTuple):
    """A supplier's own setup, minutes and price for one operation of one order."""

    order_id: str
    step: int
    offer_id: str
    setup_minutes: int
    minutes_total: int
    price_fen: int


class Bundle(NamedTuple):
    """The problem. Offers and orders by id in the order of the files, quotations by their key."""

    settings: Settings
    parks: Mapping[str, Park]
    offers: Mapping[str, Offer]
    orders: Mapping[str, Order]
    quotations: Mapping[tuple[str, int, str], Quotation]

    def digest(self, rules: Mapping[str, Any] | None = None) -> str:
        """Return the SHA-256, in hex, of the canonical form of section 7, with rules if any."""
        parts = {
            name: sorted(_plain(part) for part in getattr(self, name).values())
            for name in ("parks", "offers", "orders", "quotations")
        }
        whole = {"settings": _plain(self.settings), **parts, **({"rules": rules} if rules else {})}
        text = json.dumps(whole, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    if isinstance(value, float):
        return repr(value + 0.0)  # minus zero is zero
    if isinstance(value, frozenset):
        return sorted(value)
    return [_plain(part) for part in value] if isinstance(value, tuple) else value


def _text(text: str) -> str:
    if not text:
        raise ValueError("a text is missing")
    return text


def _items(text: str) -> frozenset[str]:
    return frozenset(map(_text, text.split("|"))) if text else frozenset()


def _whole(most: int, *, least: int = 0) -> Kind:
    def parse(text: str) -> int:
        if not re.fullmatch("0|[1-9][0-9]{0,17}", text) or not least <= int(text) <= most:
            raise ValueError(f"expected an integer of {least}..{most}, got {text!r}")
        return int(text)

    return parse


def _amount(text: str) -> Fraction:
    if not re.fullmatch(r"[0-9]{1,18}(\.[0-9]{1,18})?", text) or Fraction(text) > 10**9:
        raise ValueError(f"expected a decimal number of 0..1000000000, got {text!r}")
    return Fraction(text)


def _degrees(most: int) -> Kind:
    def parse(text: str) -> float:
        number = float(text)
        if not isfinite(number) or abs(number) > most:
            raise ValueError(f"expected -{most}..{most} degrees, got {text!r}")
        return number

    return parse


def _flag(text: str) -> bool:
    if text not in {"0", "1"}:
        raise ValueError(f"expected 0 or 1, got {text!r}")
    return text == "1"


_fen, _minutes, _small, _pieces = _whole(10**13), _whole(10**7), _whole(10**6), _whole(10**9)
_work, _step, _count = _whole(10**7, least=1), _whole(32, least=1), _whole(10**6, least=1)
PARKS = {"park_id": _text, "lat": _degrees(90), "lon": _degrees(180)}
OFFERS: dict[str, Kind] = {
    "offer_id": _text,
    "enterprise_id": _text,
    "park_id": _text,
    "process": _text,
    "size_class": _count,
    "tolerance_it": _small,
    "materials": _items,
    "certificates": _items,
    "rate_fen_per_hour": _pieces,
    "setup_minutes": _minutes,
    "min_lot": _pieces,
    "carbon_g_per_hour": _amount,
}
OFFER_WEEKS = {"offer_id": _text, "week": _small, "minutes": _minutes}
ORDERS: dict[str, Kind] = {
    "order_id": _text,
    "buyer_id": _text,
    "buyer_lat": _degrees(90),
    "buyer_lon": _degrees(180),
    "quantity": _whole(10**9, least=1),
    "material": _text,
    "size_class": _count,
    "certificates": _items,
    "release_week": _small,
    "due_week": _small,
    "max_tardy_weeks": _small,
    "value_fen": _fen,
    "tardy_fen_per_week": _fen,
    "max_price_fen": _fen,
    "max_lots": _count,
    "excluded_enterprises": _items,
    "weight_kg": _amount,
    "quoted_only": _flag,  # the column may be missing
}
STEPS: dict[str, Kind] = {"order_id": _text, "step": _step}
OPERATIONS = STEPS | {"process": _text, "tolerance_it": _small, "minutes_total": _work}
QUOTATIONS = STEPS | {
    "offer_id": _text,
    "setup_minutes": _minutes,
    "minutes_total": _work,
    "price_fen": _fen,
}


def read_bundle(folder: Path) -> Bundle:
    """Return the problem in a folder.

    Raises
    ------
    Unreadable
        When a file is missing or a line is not as section 3 says; the message names it.
    """
    settings = _settings(folder / "settings.json")
    parks = {row["park_id"]: Park(**row) for row in _rows(folder, "parks", PARKS, unique=1)}
    idle = _idle(folder, settings.weeks)
    offers = {}
    for row in _rows(folder, "offers", OFFERS, unique=1):
        free = idle.pop(row["offer_id"], [0] * settings.weeks)
        offers[row["offer_id"]] = Offer(**row, idle_minutes=tuple(free))
        known = row["park_id"] in parks
        _require(known, "offers.csv", f"offer {row['offer_id']}: no park {row['park_id']}")
    _require(not idle, "offer_weeks.csv", f"no such offer: {next(iter(idle), '')}")
    steps = _operations(folder)
    orders = {}
    for row in _rows(folder, "orders", ORDERS, unique=1, optional=1):
        made = steps.pop(row["order_id"], ())
        _require(made, "operations.csv", f"order {row['order_id']} has none")
        orders[row["order_id"]] = Order(**{"quoted_only": False, **row}, operations=tuple(made))
    _require(not steps, "operations.csv", f"no such order: {next(iter(steps), '')}")
    return Bundle(settings, parks, offers, orders, _quotations(folder, offers, orders))


def _settings(path: Path) -> Settings:
    try:
        found = json.loads(path.read_bytes(), parse_int=str, parse_float=str)
        if not isinstance(found, dict) or set(found) != set(Settings._fields):
            unreadable(f"expected the keys {', '.join(Settings._fields)}")
        weeks, block = _whole(520, least=1)(found["weeks"]), _count(found["max_block_weeks"])
        return Settings(weeks, block, *(_amount(found[name]) for name in Settings._fields[2:]))
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise Unreadable(f"{path.name}: {error}") from error


def _idle(folder: Path, weeks: int) -> dict[str, list[int]]:
    idle: dict[str, list[int]] = {}
    for row in _rows(folder, "offer_weeks", OFFER_WEEKS, unique=2):
        offer_id, week = row["offer_id"], row["week"]
        _require(week < weeks, "offer_weeks.csv", f"offer {offer_id}: no week {week}")
        idle.setdefault(offer_id, [0] * weeks)[week] = row["minutes"]
    return idle


def _operations(folder: Path) -> dict[str, list[Operation]]:
    found: dict[str, dict[int, Operation]] = {}
    for row in _rows(folder, "operations", OPERATIONS, unique=2):
        order_id, step = row.pop("order_id"), row.pop("step")
        found.setdefault(order_id, {})[step] = Operation(**row)
    for order_id, steps in found.items():
        whole = max(steps) == len(steps)
        _require(whole, "operations.csv", f"order {order_id}: steps must be 1..{len(steps)}")
    return {order_id: [steps[at] for at in sorted(steps)] for order_id, steps in found.items()}


def _quotations(
    folder: Path, offers: Mapping[str, Offer], orders: Mapping[str, Order]
) -> dict[tuple[str, int, str], Quotation]:
    found: dict[tuple[str, int, str], Quotation] = {}
    if not (folder / "quotations.csv").exists():
        return found
    for row in _rows(folder, "quotations", QUOTATIONS, unique=3):
        one = Quotation(**row)
        known = one.order_id in orders and one.offer_id in offers
        known = known and one.step <= len(orders[one.order_id].operations)
        _require(known, "quotations.csv", f"{one}: names what is not there")
        found[one[:3]] = one
    return found


def _rows(
    folder: Path, stem: str, columns: Mapping[str, Kind], *, unique: int, optional: int = 0
) -> Iterator[dict[str, Any]]:
    """Yield the rows of a file as values by column.

    No two rows have the same first `unique` cells; the last `optional` columns may be missing.
    """
    name, names, seen = f"{stem}.csv", list(columns), set[tuple[str, ...]]()
    try:
        text = (folder / name).read_bytes().decode("utf-8-sig")
        if not text.endswith("\n"):
            unreadable("the last line does not end")
        lines = csv.reader(io.StringIO(text, newline=""), strict=True)
        header = next(lines)
        if header not in (names, names[: len(names) - optional]):
            unreadable(f"expected the columns {','.join(names)}, got {','.join(header)}")
        for cells in lines:
            if len(cells) != len(header) or tuple(cells[:unique]) in seen:
                unreadable(f"line {lines.line_num}: {len(header)} cells expected, or twice")
            seen.add(tuple(cells[:unique]))
            pairs = zip(columns.items(), cells, strict=False)
            yield {key: parse(cell) for (key, parse), cell in pairs}
    except (OSError, ValueError, csv.Error) as error:
        raise Unreadable(f"{name}: {error}") from error


def _require(holds: object, name: str, message: str) -> None:
    if not holds:
        raise Unreadable(f"{name}: {message}")
