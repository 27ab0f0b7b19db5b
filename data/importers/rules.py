"""Read optional constraints: one JSON file, with the plans that it names beside it.

The format is that of `docs/spec/capacity.md`, section 8. Every key may be missing; a key that the
format does not have is refused, so that no rule is overlooked. Numbers are read exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from data.importers.codes import RejectCode
from data.importers.files import file_beside, read_bytes
from data.importers.json_object import object_of
from data.importers.report import Imported, RejectList
from data.importers.results import read_plan
from data.importers.values import BadValue, decimal
from matching.capacity.fields import FEN_MAX, RATE_FEN_PER_HOUR_MAX, STEPS_MAX, WEEKS_MAX
from matching.capacity.plan import PlanLine
from matching.capacity.problem import Problem
from matching.capacity.rules import (
    BPS,
    GRAMS_MAX,
    SHARED_MINUTES_MAX,
    Agreed,
    Approved,
    Ban,
    CarbonCap,
    EnterpriseShare,
    Frozen,
    Keep,
    LocalFirst,
    Pin,
    Rules,
    SmeMinimum,
    by_order,
)

BYTES_MAX = 32 * 1024 * 1024
DIGITS_MAX = 18
NUMBERS: Mapping[str, tuple[str, int, int, Callable[[int], object]]] = {
    "frozen_weeks": ("frozen", 0, WEEKS_MAX, lambda n: Frozen(weeks=n)),
    "keep_penalty_fen": ("keep", 0, FEN_MAX, lambda n: Keep(penalty_fen=n)),
    "local_bonus_fen_per_hour": (
        "local_first",
        0,
        RATE_FEN_PER_HOUR_MAX,
        lambda n: LocalFirst(bonus_fen_per_hour=n),
    ),
    "enterprise_share_bps": ("enterprise_share", 1, BPS, lambda n: EnterpriseShare(most_bps=n)),
}
KEYS = (
    "pins",
    "bans",
    "approved",
    "agreed",
    "given",
    *NUMBERS,
    "sme_minimum",
    "carbon_cap_g",
    "must_serve",
)
UNKNOWN = {
    "order": RejectCode.UNKNOWN_ORDER,
    "offer": RejectCode.UNKNOWN_OFFER,
    "enterprise": RejectCode.UNKNOWN_ENTERPRISE,
}


def read_rules(path: Path, problem: Problem) -> Imported[Rules]:
    """Read the rules of a problem; plans are files in the folder of the JSON file, or below it.

    Parameters
    ----------
    problem
        What the rules may refer to; its own rules do not count.

    Returns
    -------
    Imported[Rules]
        The rules, which `replace(problem, rules=...)` takes; or everything that is wrong with the
        file, each with its place, and then nothing of it is taken.
    """
    rejects = RejectList(path.name)
    loaded = _loaded(path, rejects)
    if loaded is None:
        return rejects.outcome(None)
    reader = _Reader(path.parent, problem, rejects)
    reader.keys(loaded, "", KEYS)
    parts = reader.parts(loaded)
    if rejects:
        return rejects.outcome(None)
    try:
        rules = Rules(**parts)  # type: ignore[arg-type]
        replace(problem, rules=rules)
    except ValueError as error:
        rejects.add(RejectCode.INCONSISTENT, expected="rules that fit", got=str(error))
        return rejects.outcome(None)
    return rejects.outcome(rules)


def _loaded(path: Path, rejects: RejectList) -> Mapping[str, object] | None:
    """Return the JSON object of a file, with exact numbers and no key twice."""
    data = read_bytes(path, rejects, most=BYTES_MAX)
    return None if data is None else object_of(data, rejects, number=_exact)


def _exact(text: str) -> int | Fraction:
    """Return a number exactly; exponents and NaN are refused, a thousand digits too."""
    digits = text.removeprefix("-").replace(".", "", 1)
    if not (digits.isascii() and digits.isdigit() and len(digits) <= DIGITS_MAX):
        raise ValueError(f"number {text[:40]}: expected at most {DIGITS_MAX} plain digits")
    return Fraction(text) if "." in text else int(text)


class _Reader:
    """Reads the parts of one file; what is wrong goes into `rejects` with its place."""

    def __init__(self, folder: Path, problem: Problem, rejects: RejectList) -> None:
        self._folder, self._rejects = folder, rejects
        self._known: dict[str, Container[str]] = {
            "order": {order.order_id for order in problem.orders},
            "offer": {offer.offer_id for offer in problem.offers},
            "enterprise": {offer.enterprise_id for offer in problem.offers},
        }
        self._plans: dict[str, tuple[PlanLine, ...]] = {}

    def parts(self, loaded: Mapping[str, object]) -> dict[str, object]:
        """Return the arguments of `Rules`."""
        readers: dict[str, Callable[[str, object], object]] = {
            "pins": lambda place, value: tuple(self._pins(place, value)),
            "bans": lambda place, value: tuple(self._bans(place, value)),
            "approved": lambda place, value: tuple(self._approved(place, value)),
            "agreed": self._agreed,
            "given": self._plan,
            "sme_minimum": self._minimum,
            "carbon_cap_g": self._cap,
            "must_serve": lambda place, value: frozenset(self._names(place, value, "order")),
        }
        parts: dict[str, object] = {}
        for key, value in loaded.items():
            if key in NUMBERS:
                name, least, most, make = NUMBERS[key]
                number = self.whole(key, value, least=least, most=most)
                if number is not None:
                    parts[name] = make(number)
            elif key in readers:
                found = readers[key](key, value)
                if found is not None:
                    parts["carbon_cap" if key == "carbon_cap_g" else key] = found
        return parts

    def _pins(self, place: str, value: object) -> Iterator[Pin]:
        for at, one in self._objects(place, value, ("order", "step", "offer")):
            order, offer = self._name(at, one, "order"), self._name(at, one, "offer")
            step = None
            if "step" in one:
                step = self.whole(f"{at}.step", one["step"], least=1, most=STEPS_MAX)
            if order is not None and offer is not None:
                yield Pin(order_id=order, offer_id=offer, step=step)

    def _bans(self, place: str, value: object) -> Iterator[Ban]:
        for at, one in self._objects(place, value, ("order", "offer", "enterprise")):
            order = self._name(at, one, "order")
            if ("offer" in one) == ("enterprise" in one):
                expected, got = "either offer or enterprise", ", ".join(one)
                self._rejects.add(RejectCode.SETTINGS_KEYS, place=at, expected=expected, got=got)
                continue
            kind = "offer" if "offer" in one else "enterprise"
            name = self._name(at, one, kind)
            if order is not None and name is not None:
                yield Ban(order_id=order, **{f"{kind}_id": name})

    def _approved(self, place: str, value: object) -> Iterator[Approved]:
        for at, one in self._objects(place, value, ("order", "enterprises")):
            order = self._name(at, one, "order")
            names = self._names(f"{at}.enterprises", one.get("enterprises"), "enterprise", least=1)
            if order is not None and names:
                yield Approved(order_id=order, enterprises=frozenset(names))

    def _agreed(self, place: str, value: object) -> tuple[Agreed, ...] | None:
        if not isinstance(value, dict):
            self._shape(place, value, "an object with plan and orders")
            return None
        self.keys(value, place, ("plan", "orders"))
        lines = by_order(self._plan(f"{place}.plan", value.get("plan")) or ())
        found = []
        for name in self._names(f"{place}.orders", value.get("orders"), "order"):
            if name in lines:
                found.append(Agreed(order_id=name, lines=lines[name]))
            else:
                expected = "an order with lines in the plan"
                self._rejects.add(
                    RejectCode.UNKNOWN_ORDER, place=place, expected=expected, got=name
                )
        return tuple(found)

    def _minimum(self, place: str, value: object) -> SmeMinimum | None:
        if not isinstance(value, dict):
            self._shape(place, value, "an object with minutes and enterprises")
            return None
        self.keys(value, place, ("minutes", "enterprises"))
        minutes = self.whole(
            f"{place}.minutes", value.get("minutes"), least=1, most=SHARED_MINUTES_MAX
        )
        at, named = f"{place}.enterprises", value.get("enterprises")
        names = self._names(at, named, "enterprise", least=1)
        if minutes is None or not names:
            return None
        return SmeMinimum(minutes=minutes, enterprises=frozenset(names))

    def _cap(self, place: str, value: object) -> CarbonCap | None:
        """Return the cap: digits in quotation marks, or a number that JSON has kept exactly."""
        number = value if type(value) in (int, Fraction) else None
        try:
            if isinstance(value, str):
                number = decimal(most=GRAMS_MAX)(value)
        except BadValue as error:
            self._rejects.add(error.code, place=place, expected=error.expected, got=error.got)
            return None
        if not isinstance(number, int | Fraction):
            code, expected = RejectCode.NOT_A_DECIMAL, "a decimal number ≥ 0"
            self._rejects.add(code, place=place, expected=expected, got=value)
            return None
        if not 0 <= number <= GRAMS_MAX:
            code, expected = RejectCode.OUT_OF_RANGE, f"0 to {GRAMS_MAX}"
            self._rejects.add(code, place=place, expected=expected, got=value)
            return None
        return CarbonCap(grams=Fraction(number))

    def _plan(self, place: str, value: object) -> tuple[PlanLine, ...] | None:
        """Return the lines of a plan file; every reject of the file is passed on."""
        if not isinstance(value, str) or not value:
            self._shape(place, value, "the name of a plan file")
            return None
        if value in self._plans:
            return self._plans[value]
        path = file_beside(self._folder, value, self._rejects, place=place)
        if path is None:
            return None
        plan = read_plan(path)
        self._rejects.include(plan.rejects)
        self._plans[value] = plan.value or ()
        return plan.value

    def keys(self, loaded: Mapping[str, object], place: str, allowed: tuple[str, ...]) -> None:
        """Refuse keys that the format does not have."""
        unknown = [key for key in loaded if key not in allowed]
        if unknown:
            expected, got = "only " + ", ".join(allowed), ", ".join(unknown)
            self._rejects.add(RejectCode.SETTINGS_KEYS, place=place, expected=expected, got=got)

    def whole(self, place: str, value: object, *, least: int = 0, most: int) -> int | None:
        """Return an integer in a range, or None after a reject."""
        if type(value) is not int:
            code, expected = RejectCode.NOT_AN_INTEGER, "an integer"
            self._rejects.add(code, place=place, expected=expected, got=value)
            return None
        if not least <= value <= most:
            code, expected = RejectCode.OUT_OF_RANGE, f"{least} to {most}"
            self._rejects.add(code, place=place, expected=expected, got=value)
            return None
        return value

    def _objects(
        self, place: str, value: object, allowed: tuple[str, ...]
    ) -> Iterator[tuple[str, dict[str, object]]]:
        """Yield the objects of a list with their places, numbered from 1."""
        if not isinstance(value, list):
            self._shape(place, value, "a list of objects")
            return
        for number, one in enumerate(value, 1):
            at = f"{place}[{number}]"
            if isinstance(one, dict):
                self.keys(one, at, allowed)
                yield at, one
            else:
                self._shape(at, one, "an object")

    def _name(self, place: str, one: Mapping[str, object], kind: str) -> str | None:
        return self._known_name(f"{place}.{kind}", one.get(kind), kind)

    def _names(self, place: str, value: object, kind: str, *, least: int = 0) -> list[str]:
        """Return the known names of a list, each once."""
        if not isinstance(value, list) or len(value) < least:
            self._shape(place, value, f"a list of names of {kind}s")
            return []
        found: dict[str, None] = {}
        for number, one in enumerate(value, 1):
            name = self._known_name(f"{place}[{number}]", one, kind)
            if name in found:
                expected, got = "each name once", name
                self._rejects.add(RejectCode.DUPLICATE_ID, place=place, expected=expected, got=got)
            elif name is not None:
                found[name] = None
        return list(found)

    def _known_name(self, place: str, value: object, kind: str) -> str | None:
        if not isinstance(value, str) or not value:
            self._shape(place, value, f"the name of an {kind}")
            return None
        if value not in self._known[kind]:
            expected = f"an {kind} of the problem"
            self._rejects.add(UNKNOWN[kind], place=place, expected=expected, got=value)
            return None
        return value

    def _shape(self, place: str, value: object, expected: str) -> None:
        got = "nothing" if value is None else value
        self._rejects.add(RejectCode.JSON_MALFORMED, place=place, expected=expected, got=got)
