"""Read settings.json of a bundle: exactly six numbers, kept exact."""

from __future__ import annotations

import re
from fractions import Fraction

from data.importers.codes import RejectCode
from data.importers.json_object import object_of
from data.importers.report import RejectList
from matching.capacity.problem import FRACTION_MAX, SMALL_MAX, WEEKS_MAX, Settings

NAME = "settings.json"
BYTES_MAX = 64 * 1024
COUNTS = {"weeks": WEEKS_MAX, "max_block_weeks": SMALL_MAX}
FRACTIONS = (
    "carbon_fen_per_kg",
    "transport_fixed_fen",
    "transport_fen_per_tonne_km",
    "transport_g_per_tonne_km",
)
_NUMBER = re.compile(r"-?\d{1,18}(?:\.\d{1,18})?(?:[eE][+-]?\d{1,2})?", re.ASCII)


def read_settings(data: bytes, rejects: RejectList) -> Settings | None:
    """Return the settings, or None after adding rejects.

    Raises nothing: JSON_MALFORMED, SETTINGS_KEYS, NOT_AN_INTEGER, NOT_A_DECIMAL and OUT_OF_RANGE
    go into `rejects`. Numbers with a decimal part become exact fractions, never floats.
    """
    loaded = read_object(data, NAME, rejects)
    if loaded is None:
        return None
    expected_keys = {*COUNTS, *FRACTIONS}
    if set(loaded) != expected_keys:
        expected, got = ", ".join((*COUNTS, *FRACTIONS)), ", ".join(loaded)
        rejects.add(RejectCode.SETTINGS_KEYS, file=NAME, expected=expected, got=got)
        return None
    before = rejects.total
    counts = {key: _count(key, loaded[key], most, rejects) for key, most in COUNTS.items()}
    fractions = {key: _fraction(key, loaded[key], rejects) for key in FRACTIONS}
    if rejects.total > before:
        return None
    return Settings(**counts, **fractions)  # type: ignore[arg-type]


def read_object(data: bytes, name: str, rejects: RejectList) -> dict[str, object] | None:
    """Return a small JSON object with exact numbers and no key twice; None after a reject."""
    if len(data) > BYTES_MAX:
        expected = f"at most {BYTES_MAX} bytes"
        rejects.add(RejectCode.FILE_TOO_LARGE, file=name, expected=expected, got=len(data))
        return None
    return object_of(data, rejects, number=_exact, file=name)


def _exact(text: str) -> int | Fraction:
    """Return a number exactly; an exponent of thousands would fill the memory."""
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"number {text[:40]}: expected at most 18 digits before and after a point")
    return int(text) if text.removeprefix("-").isdigit() else Fraction(text)


def _count(key: str, value: object, most: int, rejects: RejectList) -> int | None:
    if type(value) is not int:
        expected = "an integer"
        rejects.add(RejectCode.NOT_AN_INTEGER, file=NAME, field=key, expected=expected, got=value)
        return None
    if not 1 <= value <= most:
        expected = f"1 to {most}"
        rejects.add(RejectCode.OUT_OF_RANGE, file=NAME, field=key, expected=expected, got=value)
        return None
    return value


def _fraction(key: str, value: object, rejects: RejectList) -> Fraction | None:
    if type(value) is not int and not isinstance(value, Fraction):
        expected = "a number ≥ 0"
        rejects.add(RejectCode.NOT_A_DECIMAL, file=NAME, field=key, expected=expected, got=value)
        return None
    if not 0 <= value <= FRACTION_MAX:
        expected = f"0 to {FRACTION_MAX}"
        rejects.add(RejectCode.OUT_OF_RANGE, file=NAME, field=key, expected=expected, got=value)
        return None
    return Fraction(value)
