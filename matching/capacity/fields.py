"""How large the numbers of a problem may be, and the tests that each field passes when it is made.

Each test raises `ValueError` with where the field stands, its name, what was expected and what was
got.
"""

from __future__ import annotations

from collections.abc import Iterable
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


def be_text(where: str, name: str, value: str) -> None:
    """Refuse a text that is empty."""
    if not value:
        raise ValueError(f"{where}: {name} is empty")


def be_whole(where: str, name: str, value: int, *, least: int = 0, most: int) -> None:
    """Refuse what is not an integer in `least`..`most`."""
    if type(value) is not int:
        raise ValueError(f"{where}: {name} must be an integer, got {value!r}")
    if not least <= value <= most:
        raise ValueError(f"{where}: {name} must be in {least}..{most}, got {value}")


def be_exact(where: str, name: str, value: Fraction, *, most: int = FRACTION_MAX) -> None:
    """Refuse what is not an exact number in 0..`most`."""
    if type(value) not in (Fraction, int):
        raise ValueError(f"{where}: {name} must be a Fraction, got {value!r}")
    if not 0 <= value <= most:
        raise ValueError(f"{where}: {name} must be in 0..{most}, got {value}")


def be_degrees(where: str, name: str, value: float, *, most: float) -> None:
    """Refuse what is not an angle in -`most`..`most`."""
    if not isfinite(value) or not -most <= value <= most:
        raise ValueError(f"{where}: {name} must be in -{most}..{most} degrees, got {value!r}")


def be_unique(kind: str, names: Iterable[str]) -> set[str]:
    """Refuse a name that appears twice; return the names."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"{kind} {name} appears twice: ids must be unique")
        seen.add(name)
    return seen
