"""Turn the text of one cell into one value, exactly, or say what is wrong with it.

The accepted syntax is that of the bundle: plain digits, no grouping, no exponent, lists separated
by `|`. Each parser raises `BadValue`; which row and column it was is known by its caller.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache

from data.importers.codes import RejectCode
from data.importers.report import is_plain_text

DIGITS_MAX = 18
REMEMBERED_MAX = 10**7
TEXT_MAX = 200
FORMULA_STARTS = ("=", "+", "-", "@")

Parser = Callable[[str], object]


class BadValue(ValueError):
    """A cell that does not hold what its column asks for."""

    def __init__(self, code: RejectCode, *, expected: str, got: str) -> None:
        super().__init__(f"{code}: expected {expected}, got {got!r}")
        self.code = code
        self.expected = expected
        self.got = got


@lru_cache(maxsize=65_536)  # one text object per name: identifiers come again and again
def identifier(text: str) -> str:
    """Return a text that names something: not empty, printable, not the start of a formula.

    A spreadsheet runs a cell that starts with = + - or @. Identifiers go into every file that
    people open, so they are refused here rather than changed there.
    """
    if not text:
        raise BadValue(RejectCode.VALUE_MISSING, expected="a text", got=text)
    check_text(text)
    if text.startswith(FORMULA_STARTS):
        expected = "no = + - @ at the start"
        raise BadValue(RejectCode.FORMULA_TEXT, expected=expected, got=text)
    return text


def check_text(text: str, *, most: int = TEXT_MAX) -> None:
    """Raise `BadValue` when a text is too long or holds control characters."""
    if len(text) > most:
        expected = f"at most {most} characters"
        raise BadValue(RejectCode.TEXT_TOO_LONG, expected=expected, got=text)
    if not is_plain_text(text):
        raise BadValue(RejectCode.CONTROL_CHARACTER, expected="printable text", got=text)


def free_text(text: str) -> str:
    """Return a text for people: may be empty, no control characters."""
    check_text(text)
    return text


@lru_cache(maxsize=65_536)
def items(text: str) -> frozenset[str]:
    """Return the parts of a list separated by `|`; an empty text is an empty list."""
    if not text:
        return frozenset()
    parts = text.split("|")
    if "" in parts:
        raise BadValue(RejectCode.EMPTY_LIST_ITEM, expected="parts between the |", got=text)
    return frozenset(map(identifier, parts))


def integer(text: str) -> int:
    """Return an integer written with plain digits and an optional minus."""
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= DIGITS_MAX):
        code = RejectCode.NOT_AN_INTEGER if text else RejectCode.VALUE_MISSING
        raise BadValue(code, expected="an integer", got=text)
    return int(text)


def whole(*, least: int = 0, most: int) -> Callable[[str], int]:
    """Return a parser of integers between `least` and `most`."""

    def parse(text: str) -> int:
        if text.isdigit() and text.isascii() and len(text) <= DIGITS_MAX:  # the usual case, fast
            number = int(text)
        else:
            number = integer(text)
        if not least <= number <= most:
            expected = f"{least} to {most}"
            raise BadValue(RejectCode.OUT_OF_RANGE, expected=expected, got=text)
        return number

    # Small numbers come again and again: looking them up is faster than reading them.
    return lru_cache(maxsize=16_384)(parse) if most <= REMEMBERED_MAX else parse


def fen(*, most: int) -> Callable[[str], int]:
    """Return a parser of amounts in fen: integers ≥ 0; a decimal part is refused by name."""
    whole_fen = whole(most=most)

    def parse(text: str) -> int:
        try:
            return whole_fen(text)
        except BadValue as error:
            if error.code is RejectCode.NOT_AN_INTEGER and _is_float(text):
                expected = "integer fen"
                raise BadValue(RejectCode.FLOAT_AMOUNT, expected=expected, got=text) from None
            raise

    return parse


def _is_float(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def decimal(*, most: int) -> Callable[[str], Fraction]:
    """Return a parser of numbers from 0 to `most` with an optional decimal part, exactly."""

    @lru_cache(maxsize=16_384)
    def parse(text: str) -> Fraction:
        digits = text.replace(".", "", 1)
        if not (digits.isascii() and digits.isdigit() and len(digits) <= DIGITS_MAX):
            code = RejectCode.NOT_A_DECIMAL if text else RejectCode.VALUE_MISSING
            raise BadValue(code, expected="a decimal number ≥ 0", got=text)
        number = Fraction(text) if "." in text else Fraction(int(text))
        if number > most:
            raise BadValue(RejectCode.OUT_OF_RANGE, expected=f"0 to {most}", got=text)
        return number

    return parse


def degrees(*, most: float) -> Callable[[str], float]:
    """Return a parser of angles from -most to most."""

    @lru_cache(maxsize=16_384)
    def parse(text: str) -> float:
        try:
            angle = float(text)
        except ValueError:
            code = RejectCode.NOT_AN_ANGLE if text else RejectCode.VALUE_MISSING
            raise BadValue(code, expected="decimal degrees", got=text) from None
        if not -most <= angle <= most:
            expected = f"-{most:g} to {most:g} degrees"
            raise BadValue(RejectCode.NOT_AN_ANGLE, expected=expected, got=text)
        return angle

    return parse


def flag(text: str) -> bool:
    """Return whether a 0-or-1 column is 1."""
    if text not in {"0", "1"}:
        raise BadValue(RejectCode.NOT_A_FLAG, expected="0 or 1", got=text)
    return text == "1"
