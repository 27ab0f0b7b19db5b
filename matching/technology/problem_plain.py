"""Demands, providers and their parts as plain JSON, and back: one form for files, rows and hashes.

A value is an object of its fields under their names; a field that has its default is left out, so
that a field added later does not change the hash of what was stored before. Exact numbers are
decimal strings (`"0.25"`; `"1/3"` where no decimal is exact), dates `YYYY-MM-DD`.
"""

from __future__ import annotations

import json
import re
import types
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date
from enum import Enum
from fractions import Fraction
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")

EXACT = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40}|/[0-9]{1,40})?")


class Misread(Exception):
    """A plain value is not what a field takes.

    Parameters
    ----------
    field
        The path of the field: `indicators[2].unit`.
    expected, got
        In words.
    """

    def __init__(self, *, field: str, expected: str, got: str) -> None:
        super().__init__(f"{field or 'the value'}: expected {expected}, got {got}")
        self.field = field
        self.expected = expected
        self.got = got


def to_plain(value: object) -> Any:
    """Return a value as JSON has it: dicts, lists, strings, integers, booleans and None."""
    if isinstance(value, tuple):
        return [to_plain(part) for part in value]
    if isinstance(value, Mapping):
        return {str(name): to_plain(part) for name, part in value.items()}
    if is_dataclass(value):
        return {
            field.name: to_plain(getattr(value, field.name))
            for field in fields(value)
            if getattr(value, field.name) != _default(field)
        }
    return _plain_scalar(value)


def canonical_json(value: object) -> bytes:
    """Return the one spelling of a value: sorted names, no spaces, UTF-8."""
    text = json.dumps(to_plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def from_plain(kind: type[T], plain: object, *, path: str = "") -> T:
    """Return the value of a class that a plain object describes.

    Raises
    ------
    Misread
        When a field is unknown, missing or not of its kind, or when the value itself refuses what
        it was given; the first fault, with the path of its field.
    """
    if not isinstance(plain, dict):
        raise Misread(field=path, expected="an object with fields", got=_named(plain))
    hints, known = _hints(kind), {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    inside = f"{path}." if path else ""
    for name in plain:
        if name not in known:
            raise Misread(
                field=f"{inside}{name}", expected=f"one of {', '.join(known)}", got="unknown field"
            )
    given: dict[str, object] = {}
    for name, field in known.items():
        if name in plain:
            given[name] = _read(hints[name], plain[name], f"{inside}{name}")
        elif _default(field) is MISSING:
            raise Misread(field=f"{inside}{name}", expected=_words(hints[name]), got="nothing")
    try:
        return kind(**given)
    except ValueError as fault:
        raise Misread(field=path, expected="a value that its rules allow", got=str(fault)) from None


def exact_text(value: Fraction) -> str:
    """Return an exact number as a decimal where that is exact, otherwise as `n/d`."""
    twos = fives = 0
    rest = value.denominator
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        return f"{value.numerator}/{value.denominator}"
    places = max(twos, fives)
    if not places:
        return str(value.numerator)
    digits = str(abs(value.numerator) * 10**places // value.denominator).zfill(places + 1)
    return f"{'-' if value < 0 else ''}{digits[:-places]}.{digits[-places:]}"


def _plain_scalar(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Fraction):
        return exact_text(value)
    return value.isoformat() if isinstance(value, date) else value


def _default(field: Field[Any]) -> object:
    if field.default is not MISSING:
        return field.default
    return field.default_factory() if field.default_factory is not MISSING else MISSING


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _read(hint: Any, plain: object, path: str) -> object:
    origin = get_origin(hint)
    if origin in (types.UnionType, Union):
        return _read_either(hint, plain, path)
    if origin is tuple:
        return _read_tuple(get_args(hint), plain, path)
    if origin is not None:
        return _read_mapping(plain, path)
    if is_dataclass(hint):
        return from_plain(hint, plain, path=path)  # type: ignore[arg-type]
    return _read_scalar(hint, plain, path)


def _read_either(hint: Any, plain: object, path: str) -> object:
    if plain is None:
        return None
    chosen = [part for part in get_args(hint) if part is not type(None)]
    return _read(chosen[0], plain, path)


def _read_tuple(parts: tuple[Any, ...], plain: object, path: str) -> object:
    if not isinstance(plain, list):
        raise Misread(field=path, expected="a list", got=_named(plain))
    if parts[-1] is Ellipsis:
        return tuple(_read(parts[0], part, f"{path}[{n}]") for n, part in enumerate(plain))
    if len(plain) != len(parts):
        raise Misread(field=path, expected=f"a list of {len(parts)}", got=_named(plain))
    return tuple(
        _read(hint, part, f"{path}[{n}]")
        for n, (hint, part) in enumerate(zip(parts, plain, strict=True))
    )


def _read_mapping(plain: object, path: str) -> object:
    if not isinstance(plain, dict):
        raise Misread(field=path, expected="an object", got=_named(plain))
    return {name: tuple(part) if isinstance(part, list) else part for name, part in plain.items()}


def _read_scalar(hint: Any, plain: object, path: str) -> object:
    if hint is Fraction and type(plain) in (int, str):
        return _exact(plain, path)
    if hint is date and type(plain) is str:
        try:
            return date.fromisoformat(plain)
        except ValueError:
            raise Misread(field=path, expected=_words(hint), got=repr(plain)) from None
    if isinstance(hint, type) and issubclass(hint, Enum) and type(plain) is str:
        try:
            return hint(plain)
        except ValueError:
            raise Misread(field=path, expected=_words(hint), got=repr(plain)) from None
    if hint in (str, int, bool) and type(plain) is hint:
        return plain
    raise Misread(field=path, expected=_words(hint), got=_named(plain))


def _exact(plain: object, path: str) -> Fraction:
    # The length is bounded before the number is made: 1e999999999 would fill the memory.
    if EXACT.fullmatch(str(plain)):
        with suppress(ZeroDivisionError):
            return Fraction(str(plain))
    raise Misread(field=path, expected=_words(Fraction), got=repr(plain)[:80])


def _words(hint: Any) -> str:
    if isinstance(hint, type) and issubclass(hint, Enum):
        return "one of " + ", ".join(str(member.value) for member in hint)
    return {
        str: "a text",
        int: "an integer",
        bool: "true or false",
        date: "a date as YYYY-MM-DD",
        Fraction: "a number, as a text or an integer",
    }.get(hint, "a value")


def _named(plain: object) -> str:
    if isinstance(plain, dict | list):
        return "an object" if isinstance(plain, dict) else f"a list of {len(plain)}"
    return "nothing" if plain is None else repr(plain)[:80]
