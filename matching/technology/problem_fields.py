"""How large the parts of a demand or a provider may be, and the tests that each field passes.

Each test raises `ValueError` with where the field stands, its name, what was expected and what was
got.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction

MINOR_MAX = 10**13
BPS_WHOLE = 10_000
MONTHS_MAX = 1_200
COUNT_MAX = 10**6
LEVEL_MAX = 5
TRL_MAX = 9
NAME_LENGTH_MAX = 300
TEXT_LENGTH_MAX = 20_000
PARTS_MAX = 2_000
VALUE_MAX = Fraction(10**18)

_HASH = re.compile(r"[0-9a-f]{64}")
_CURRENCY = re.compile(r"[A-Z]{3}")


def be_text(where: str, name: str, value: str, *, most: int = NAME_LENGTH_MAX) -> None:
    """Refuse a text that is empty, only white space, or longer than `most` characters."""
    if not value or value.isspace():
        raise ValueError(f"{where}: {name} is empty")
    be_short(where, name, value, most=most)


def be_short(where: str, name: str, value: str, *, most: int = TEXT_LENGTH_MAX) -> None:
    """Refuse a text that is longer than `most` characters; it may be empty."""
    if len(value) > most:
        raise ValueError(f"{where}: {name} must have at most {most} characters, has {len(value)}")


def be_texts(where: str, name: str, values: Sequence[str]) -> None:
    """Refuse a list of which a text is empty, or appears twice, or that is too long."""
    be_few(where, name, values)
    for value in values:
        be_text(where, name, value)
    be_unique(f"{where}: {name}", values)


def be_few(where: str, name: str, values: Sequence[object]) -> None:
    """Refuse a list of more than `PARTS_MAX` parts."""
    if len(values) > PARTS_MAX:
        raise ValueError(f"{where}: {name} must have at most {PARTS_MAX} parts, has {len(values)}")


def be_whole(where: str, name: str, value: int, *, least: int = 0, most: int) -> None:
    """Refuse what is not an integer in `least`..`most`."""
    if type(value) is not int:
        raise ValueError(f"{where}: {name} must be an integer, got {value!r}")
    if not least <= value <= most:
        raise ValueError(f"{where}: {name} must be in {least}..{most}, got {value}")


def be_exact(where: str, name: str, value: Fraction) -> None:
    """Refuse what is not an exact number of at most 10^18 on either side of zero."""
    if type(value) is not Fraction:
        raise ValueError(f"{where}: {name} must be a Fraction, got {value!r}")
    if abs(value) > VALUE_MAX:
        raise ValueError(f"{where}: {name} must be in -10^18..10^18, got {value}")


def be_span(where: str, first: tuple[str, date | int], last: tuple[str, date | int]) -> None:
    """Refuse an interval whose end comes before its start; both are (name, value)."""
    if last[1] < first[1]:  # type: ignore[operator]
        raise ValueError(
            f"{where}: {last[0]} must not come before {first[0]} {first[1]}, got {last[1]}"
        )


def be_currency(where: str, value: str) -> None:
    """Refuse what does not have the form of an ISO 4217 code."""
    if not _CURRENCY.fullmatch(value):
        raise ValueError(f"{where}: currency must be an ISO 4217 code such as CNY, got {value!r}")


def be_hash(where: str, name: str, value: str) -> None:
    """Refuse what is not a SHA-256 in lower-case hex."""
    if not _HASH.fullmatch(value):
        raise ValueError(f"{where}: {name} must be 64 lower-case hex digits, got {value!r}")


def be_shares(where: str, name: str, shares_bps: Iterable[int]) -> None:
    """Refuse shares, in basis points, that do not sum to the whole; no shares at all are fine."""
    given = tuple(shares_bps)
    if given and sum(given) != BPS_WHOLE:
        raise ValueError(
            f"{where}: {name} must sum to {BPS_WHOLE} basis points (100 %), sum to {sum(given)}"
        )


def be_unique(kind: str, names: Iterable[object]) -> set[object]:
    """Refuse a name that appears twice; return the names."""
    seen: set[object] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"{kind} {name} appears twice: each may stand there once")
        seen.add(name)
    return seen
