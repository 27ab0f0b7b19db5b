"""Find what texts say in numbers: `≥ 300 Wh/kg`, `不低于 5 微米`, `from 20 to 40 °C`.

A quantity is a closed interval of exact numbers in SI base units with the dimension of its unit.
`at least x` reaches from x upwards, `at most x` ends at x, a plain `x` is the point x, and so is
`up to x`: who writes it has reached x.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from matching.technology.problem import Comparison, Indicator
from matching.technology.relevance.units import WRITTEN, Dimension, Unit, parse_unit

_AT_LEAST = (
    r"≥|>=|⩾|不低于|不少于|不小于|大于等于|至少|at least|no less than|not less than|minimum of"
)
_AT_MOST = (
    r"≤|<=|⩽|不高于|不超过|不大于|不多于|小于等于|至多|at most|no more than|not exceeding"
    r"|maximum of"
)
_ABOVE = r">|＞|大于|高于|超过|优于|above|over|more than|greater than|exceeding"
_BELOW = r"<|＜|小于|低于|少于|below|under|less than"
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_POWER = r"(?:\s?[×x]\s?10\s?\^?\s?(?P<exponent>[-−]?\d{1,2}))?"
_QUANTITY = re.compile(
    rf"(?:(?P<least>{_AT_LEAST})|(?P<most>{_AT_MOST})|(?P<above>{_ABOVE})|(?P<below>{_BELOW}))?"
    rf"\s?(?<![\d.])(?P<sign>[-−])?(?P<number>{_NUMBER}){_POWER}"
    rf"(?:\s?(?P<first>{WRITTEN})?\s?(?:[-–—~～]|至|到|\bto\b|\band\b)\s?(?P<to>{_NUMBER}))?"
    rf"\s?(?P<unit>{WRITTEN}(?:\s[a-zA-Z]+-\d)?)(?![A-Za-z])"
    rf"(?P<after>以上|以下|or more|or less|及以上|及以下)?",
    re.IGNORECASE,
)
EXPONENT_MAX = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """The numbers from `low` to `high`, None for without end; ends count unless they are open."""

    low: Fraction | None
    high: Fraction | None
    low_open: bool = False
    high_open: bool = False

    def within(self, other: Interval) -> bool:
        """Return whether every number of this one is in the other."""
        return _low_within(self, other) and _low_within(_mirror(self), _mirror(other))

    def apart_from(self, other: Interval) -> bool:
        """Return whether no number is in both."""
        return _ends_before(self, other) or _ends_before(other, self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """Characters `start`..`end` - 1 of a text state this interval, in base units of `dimension`.

    `bounded` tells whether the text compares (`at least 300`) instead of stating a value.
    """

    interval: Interval
    dimension: Dimension
    start: int
    end: int
    bounded: bool


@lru_cache(maxsize=100_000)
def quantities(text: str) -> tuple[Quantity, ...]:
    """Return the quantities of a text whose units are known, in reading order."""
    found = []
    for match in _QUANTITY.finditer(text):
        unit = parse_unit(match["unit"])
        if unit is None or _is_a_year(match):
            continue
        if abs(int((match["exponent"] or "0").replace("−", "-"))) > EXPONENT_MAX:
            continue
        start = match.start()
        while start < match.end() and text[start].isspace():
            start += 1
        found.append(
            Quantity(
                interval=_interval(match, unit),
                dimension=unit.dimension,
                start=start,
                end=match.end(),
                bounded=_side(match) is not None,
            )
        )
    return tuple(found)


def _interval(match: re.Match[str], unit: Unit) -> Interval:
    minus = "-" if match["sign"] else ""
    value = _base(minus + match["number"], match["exponent"], unit)
    if match["to"] is not None:
        other = _base(match["to"], None, unit)
        return Interval(low=min(value, other), high=max(value, other))
    side = _side(match)
    if side in {"least", "above"}:
        return Interval(low=value, high=None, low_open=side == "above")
    if side in {"most", "below"}:
        return Interval(low=None, high=value, high_open=side == "below")
    return Interval(low=value, high=value)


def _is_a_year(match: re.Match[str]) -> bool:
    """Return whether a text names a calendar year rather than a duration."""
    return match["unit"] == "年" and 1900 <= float(match["number"].replace(",", "")) <= 2100


def _side(match: re.Match[str]) -> str | None:
    after = match["after"]
    if after is not None:
        return "least" if after in {"以上", "及以上", "or more"} else "most"
    return next((name for name in ("least", "most", "above", "below") if match[name]), None)


def _base(number: str, exponent: str | None, unit: Unit) -> Fraction:
    value = Fraction(number.replace(",", ""))
    if exponent:
        value *= Fraction(10) ** int(exponent.replace("−", "-"))
    return value * unit.factor + unit.offset


def wanted(indicator: Indicator) -> tuple[Interval, Dimension] | None:
    """Return what an indicator asks for in base units; None when its unit is unknown."""
    unit = parse_unit(indicator.unit)
    if unit is None:
        return None
    value = indicator.value * unit.factor + unit.offset
    upper = value if indicator.value_to is None else indicator.value_to * unit.factor + unit.offset
    made = {
        Comparison.AT_LEAST: Interval(low=value, high=None),
        Comparison.AT_MOST: Interval(low=None, high=value),
        Comparison.ABOVE: Interval(low=value, high=None, low_open=True),
        Comparison.BELOW: Interval(low=None, high=value, high_open=True),
        Comparison.EQUAL: Interval(low=value, high=value),
        Comparison.BETWEEN: Interval(low=value, high=upper),
    }
    return made[indicator.op], unit.dimension


def _low_within(inner: Interval, outer: Interval) -> bool:
    if outer.low is None:
        return True
    if inner.low is None or inner.low < outer.low:
        return False
    return inner.low > outer.low or inner.low_open or not outer.low_open


def _ends_before(first: Interval, second: Interval) -> bool:
    if first.high is None or second.low is None:
        return False
    touching = first.high == second.low and (first.high_open or second.low_open)
    return first.high < second.low or touching


def _mirror(one: Interval) -> Interval:
    """Return the interval with its sign turned, so that one side's rule serves both."""
    return Interval(
        low=None if one.high is None else -one.high,
        high=None if one.low is None else -one.low,
        low_open=one.high_open,
        high_open=one.low_open,
    )
