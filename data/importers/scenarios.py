"""Read what-if scenarios: one JSON file of named changes of a problem.

The format is that of `docs/spec/capacity.md`, section 9: `{"scenarios": [{"name": …, …}, …]}`. A
key that the format does not have is refused, so that no change is overlooked. Numbers are exact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from data.importers.bundle_settings import BYTES_MAX, read_object
from data.importers.codes import RejectCode
from data.importers.files import file_beside, read_bytes
from data.importers.report import Imported, RejectList
from data.importers.rules import read_rules
from data.importers.values import BadValue, identifier
from matching.capacity.problem import Operation, Problem
from matching.capacity.scenarios import (
    CarbonPrice,
    Change,
    MachineDown,
    NewOffer,
    OtherRules,
    RateChange,
    RushOrder,
    Scenario,
    Withdrawn,
)

T = TypeVar("T")

TEXT, WHOLE, EXACT, NAMES, FLAG, WEEKS, STEPS = range(7)  # kinds of values
EXPECTED = (
    "a name",
    "an integer",
    "a decimal number",
    "a list of names, each once",
    "true or false",
    "a list of integers",
    "a list of operations",
)

MACHINE_DOWN = {"offer": TEXT, "from_week": WHOLE, "weeks": WHOLE, "minutes_left": WHOLE}
RATES = {"offer": TEXT, "enterprise": TEXT, "fen_per_hour": WHOLE, "percent": EXACT}
OPERATION = {"process": TEXT, "tolerance_it": WHOLE, "minutes_total": WHOLE}
ORDER = {
    "quantity": WHOLE,
    "material": TEXT,
    "size_class": WHOLE,
    "certificates": NAMES,
    "release_week": WHOLE,
    "due_week": WHOLE,
    "max_tardy_weeks": WHOLE,
    "value_fen": WHOLE,
    "tardy_fen_per_week": WHOLE,
    "max_price_fen": WHOLE,
    "max_lots": WHOLE,
    "excluded_enterprises": NAMES,
    "weight_kg": EXACT,
    "operations": STEPS,
}
OFFER = {
    "process": TEXT,
    "size_class": WHOLE,
    "tolerance_it": WHOLE,
    "materials": NAMES,
    "certificates": NAMES,
    "rate_fen_per_hour": WHOLE,
    "setup_minutes": WHOLE,
    "min_lot": WHOLE,
    "carbon_g_per_hour": EXACT,
    "idle_minutes": WEEKS,
}
KEYS = (
    "name",
    "machine_down",
    "withdrawn",
    "rates",
    "carbon_fen_per_kg",
    "rush_orders",
    "new_offers",
    "rules",
)


def read_scenarios(path: Path, problem: Problem) -> Imported[tuple[Scenario, ...]]:
    """Read the scenarios of a problem and try each on it.

    Parameters
    ----------
    problem
        What the scenarios change.

    Returns
    -------
    Imported[tuple[Scenario, ...]]
        The scenarios in the order of the file; or everything that is wrong with it.
    """
    rejects = RejectList(path.name)
    loaded = _loaded(path, rejects)
    if loaded is None:
        return rejects.outcome(None)
    listed = loaded.get("scenarios")
    if set(loaded) != {"scenarios"} or not isinstance(listed, list) or not listed:
        expected = 'one key "scenarios" with a list of objects'
        rejects.add(RejectCode.SETTINGS_KEYS, expected=expected, got=", ".join(loaded))
        return rejects.outcome(None)
    reader = _Reader(path.parent, problem, rejects)
    found = [reader.scenario(f"scenarios[{number}]", one) for number, one in enumerate(listed, 1)]
    names = [one.name for one in found if one is not None]
    for name in sorted({name for name in names if names.count(name) > 1}):
        rejects.add(RejectCode.DUPLICATE_ID, field="name", expected="each name once", got=name)
    return rejects.outcome(tuple(one for one in found if one is not None))


def _loaded(path: Path, rejects: RejectList) -> Mapping[str, object] | None:
    data = read_bytes(path, rejects, most=BYTES_MAX)
    return None if data is None else read_object(data, path.name, rejects)


class _Reader:
    """Reads scenarios; what is wrong goes into `rejects` with its place."""

    def __init__(self, folder: Path, problem: Problem, rejects: RejectList) -> None:
        self._folder, self._problem, self._rejects = folder, problem, rejects
        self._orders = {order.order_id: order for order in problem.orders}
        self._offers = {offer.offer_id: offer for offer in problem.offers}

    def scenario(self, place: str, value: object) -> Scenario | None:
        """Return one scenario that can be applied to the problem; None after a reject."""
        before = self._rejects.total
        one = self._object(place, value, KEYS)
        if one is None:
            return None
        name = self._value(place, one, "name", TEXT)
        readers: dict[str, Callable[[str, object], Iterator[Change]]] = {
            "machine_down": self._machines_down,
            "withdrawn": self._withdrawn,
            "rates": self._rates,
            "carbon_fen_per_kg": self._carbon,
            "rush_orders": self._rush_orders,
            "new_offers": self._new_offers,
            "rules": self._rules,
        }
        changes: list[Change] = []
        for key, read in readers.items():
            if key in one:
                changes += read(f"{place}.{key}", one[key])
        if not set(one) - {"name"}:
            self._shape(place, ", ".join(one), "a name and at least one change")
        if self._rejects.total > before or not isinstance(name, str):
            return None
        return self._made(place, partial(self._tried, name, tuple(changes)))

    def _tried(self, name: str, changes: tuple[Change, ...]) -> Scenario:
        made = Scenario(name=name, changes=changes)
        made.apply(self._problem)
        return made

    def _machines_down(self, place: str, value: object) -> Iterator[Change]:
        for at, one in self._objects(place, value, MACHINE_DOWN):
            got = self._values(at, one, MACHINE_DOWN, needed=("offer", "from_week", "weeks"))
            if got is not None:
                named = {"offer_id" if key == "offer" else key: got[key] for key in got}
                yield from self._one(at, partial(MachineDown, **named))

    def _withdrawn(self, place: str, value: object) -> Iterator[Change]:
        names = self._checked(place, value, NAMES)
        if isinstance(names, frozenset):
            yield from (Withdrawn(offer_id=name) for name in sorted(names))

    def _rates(self, place: str, value: object) -> Iterator[Change]:
        for at, one in self._objects(place, value, RATES):
            got = self._values(at, one, RATES)
            if got is not None:
                ids = {"offer": "offer_id", "enterprise": "enterprise_id"}
                named = {ids.get(key, key): got[key] for key in got}
                yield from self._one(at, partial(RateChange, **named))

    def _carbon(self, place: str, value: object) -> Iterator[Change]:
        price = self._checked(place, value, EXACT)
        if isinstance(price, Fraction):
            yield from self._one(place, partial(CarbonPrice, fen_per_kg=price))

    def _rush_orders(self, place: str, value: object) -> Iterator[Change]:
        fields = {"like": TEXT, "order": TEXT, "buyer": TEXT, "must_serve": FLAG, **ORDER}
        for at, one in self._objects(place, value, fields):
            got = self._values(at, one, fields, needed=("like", "order"))
            like = self._like(at, got, self._orders, RejectCode.UNKNOWN_ORDER)
            if got is None or like is None:
                continue
            changed = {key: got[key] for key in ORDER if key in got}
            changed |= {"order_id": got["order"], "buyer_id": got.get("buyer", like.buyer_id)}
            must = got.get("must_serve", False) is True
            order = self._made(at, partial(replace, like, **changed))
            if order is not None:
                yield RushOrder(order=order, must_serve=must)

    def _new_offers(self, place: str, value: object) -> Iterator[Change]:
        fields = {"like": TEXT, "offer": TEXT, "enterprise": TEXT, "park": TEXT, **OFFER}
        for at, one in self._objects(place, value, fields):
            got = self._values(at, one, fields, needed=("like", "offer"))
            like = self._like(at, got, self._offers, RejectCode.UNKNOWN_OFFER)
            if got is None or like is None:
                continue
            changed = {key: got[key] for key in OFFER if key in got}
            changed["offer_id"] = got["offer"]
            changed["enterprise_id"] = got.get("enterprise", like.enterprise_id)
            changed["park_id"] = got.get("park", like.park_id)
            offer = self._made(at, partial(replace, like, **changed))
            if offer is not None:
                yield NewOffer(offer=offer)

    def _rules(self, place: str, value: object) -> Iterator[Change]:
        """Read the rules file that is named, in the folder of the scenarios or below it."""
        name = self._checked(place, value, TEXT)
        if not isinstance(name, str):
            return
        path = file_beside(self._folder, name, self._rejects, place=place)
        if path is None:
            return
        read = read_rules(path, self._problem)
        self._rejects.include(read.rejects)
        if read.value is not None:
            yield OtherRules(rules=read.value)

    def _like(
        self,
        place: str,
        got: Mapping[str, object] | None,
        known: Mapping[str, T],
        code: RejectCode,
    ) -> T | None:
        """Return the order or offer that a new one takes its other fields from."""
        if got is None:
            return None
        found = known.get(str(got["like"]))
        if found is None:
            expected = "one of the problem"
            self._rejects.add(code, place=f"{place}.like", expected=expected, got=got["like"])
        return found

    def _one(self, place: str, make: Callable[[], Change]) -> Iterator[Change]:
        made = self._made(place, make)
        if made is not None:
            yield made

    def _made(self, place: str, make: Callable[[], T]) -> T | None:
        """Return a value; what its class or the problem refuses becomes a reject."""
        try:
            return make()
        except ValueError as error:
            expected = "a change that fits the problem"
            self._rejects.add(
                RejectCode.INCONSISTENT, place=place, expected=expected, got=str(error)
            )
            return None

    def _objects(
        self, place: str, value: object, fields: Mapping[str, int]
    ) -> Iterator[tuple[str, Mapping[str, object]]]:
        """Yield the objects of a list with their places, numbered from 1."""
        if not isinstance(value, list) or not value:
            self._shape(place, value, "a list of objects")
            return
        for number, listed in enumerate(value, 1):
            at = f"{place}[{number}]"
            one = self._object(at, listed, tuple(fields))
            if one is not None:
                yield at, one

    def _object(
        self, place: str, value: object, allowed: tuple[str, ...]
    ) -> Mapping[str, object] | None:
        if not isinstance(value, dict):
            self._shape(place, value, "an object")
            return None
        unknown = [key for key in value if key not in allowed]
        if unknown:
            expected, got = "only " + ", ".join(allowed), ", ".join(unknown)
            self._rejects.add(RejectCode.SETTINGS_KEYS, place=place, expected=expected, got=got)
            return None
        return value

    def _values(
        self,
        place: str,
        one: Mapping[str, object],
        fields: Mapping[str, int],
        needed: tuple[str, ...] = (),
    ) -> dict[str, Any] | None:
        """Return the values of an object; None when one is wrong or missing."""
        before = self._rejects.total
        asked = [key for key in fields if key in one or key in needed]
        found = {key: self._value(place, one, key, fields[key]) for key in asked}
        return None if self._rejects.total > before else found

    def _value(self, place: str, one: Mapping[str, object], key: str, kind: int) -> object:
        return self._checked(f"{place}.{key}", one.get(key), kind)

    def _checked(self, place: str, value: object, kind: int) -> object:
        """Return a value of a kind; None after a reject."""
        if kind == STEPS and isinstance(value, list) and value:
            return self._operations(place, value)
        found = _READERS[kind](value)
        if found is None:
            self._shape(place, value, EXPECTED[kind])
        return found

    def _operations(self, place: str, value: list[object]) -> tuple[Operation, ...] | None:
        found: list[Operation] = []
        for at, one in self._objects(place, value, OPERATION):
            got = self._values(at, one, OPERATION, needed=tuple(OPERATION))
            made = None if got is None else self._made(at, partial(Operation, **got))
            if made is not None:
                found.append(made)
        return tuple(found)

    def _shape(self, place: str, value: object, expected: str) -> None:
        got = "nothing" if value is None else value
        self._rejects.add(RejectCode.JSON_MALFORMED, place=place, expected=expected, got=got)


def _exactly(value: object) -> Fraction | None:
    return Fraction(value) if type(value) is int or isinstance(value, Fraction) else None


def _weeks(value: object) -> tuple[int, ...] | None:
    whole = isinstance(value, list) and all(type(one) is int for one in value)
    return tuple(value) if whole and isinstance(value, list) else None


def _names(value: object) -> frozenset[str] | None:
    if not isinstance(value, list):
        return None
    names = [name for one in value if (name := _name(one)) is not None]
    return frozenset(names) if len(set(names)) == len(value) else None


def _name(value: object) -> str | None:
    try:
        return identifier(value) if isinstance(value, str) else None
    except BadValue:
        return None


_READERS: Mapping[int, Callable[[object], object]] = {
    TEXT: _name,
    WHOLE: lambda value: value if type(value) is int else None,
    EXACT: _exactly,
    NAMES: _names,
    FLAG: lambda value: value if isinstance(value, bool) else None,
    WEEKS: _weeks,
    STEPS: lambda _: None,  # a list of objects has its own places
}
