"""Turn one cell of a workbook into one value, exactly.

A spreadsheet keeps every number as a binary float and shows at most 15 digits. A cell is taken
when those 15 digits are exactly the value asked for (so 0.1 + 0.2 yuan is 30 fen, and 20 minutes
may be the 0.333333333333333 hours that the sheet computed); anything else is refused, not rounded.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from math import isfinite

from data.importers.codes import RejectCode
from data.importers.form import Field, Kind, choice_names, folded, week_heading
from data.importers.values import BadValue, check_text, identifier
from data.reference.calendar import IsoWeek, week_index
from ledger.values.identifiers import IdentifierError, canonical_identifier
from matching.capacity.problem import FRACTION_MAX

Cell = int | float | str | bool | date | datetime | time | timedelta | None
FIRST_YEAR = 1990
LAST_SERIAL_BEFORE_GAP = 60
LONG_TEXT_MAX = 20_000
SEPARATORS = re.compile(r"[;；、,，|\n]+")
_SEMICOLONS = re.compile(r"[;；\n]+")  # of free texts, in which a comma may stand
_PLAIN = re.compile(r"\d{1,15}(?:\.\d{1,15})?", re.ASCII)
_CLOCK = re.compile(r"(\d{1,5}):([0-5]\d)", re.ASCII)
_EXPONENT = re.compile(r"[+-]?[\d.]+[eE][+-]?\d+|nan|[+-]?inf", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Weeks:
    """How dates become weeks: counted from `week0`; None when the form names no dates."""

    week0: date | None


# What a blank cell of a kind means; numbers mean the least of their column.
_BLANKS: dict[Kind, object] = {
    Kind.IDENTIFIER: "",
    Kind.TEXT: "",
    Kind.LONG_TEXT: "",
    Kind.NOTE: "",
    Kind.CHOICE: "",
    Kind.USCC: "",
    Kind.CHOICES: frozenset(),
    Kind.IDENTIFIERS: frozenset(),
    Kind.TEXTS: (),
    Kind.LINES: (),
    Kind.DECIMAL: Fraction(0),
    Kind.ANGLE: None,
}


def is_blank(cell: Cell) -> bool:
    """Return whether a cell holds nothing that a person would see."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def cell_text(cell: Cell) -> str:
    """Return a cell as the text a person sees: 1001, not 1001.0."""
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, float) and isfinite(cell):
        return format(cell, ".15g")
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()
    return "" if cell is None else str(cell)


def read_cell(field: Field, cell: Cell, weeks: Weeks) -> object:
    """Return the value of a cell that is not blank, or raise `BadValue`."""
    return _READERS[field.kind](field, cell, weeks)


def blank_value(field: Field) -> object:
    """Return what a blank cell of an optional column means."""
    if field.maybe:
        return None
    return _BLANKS.get(field.kind, field.least)


def hours_to_minutes(cell: Cell) -> int:
    """Return hours as whole minutes; numbers, `7:20`, and times of the spreadsheet."""
    minutes: Fraction | int | None = None
    if isinstance(cell, bool):
        pass
    elif isinstance(cell, int | float):
        minutes = _minutes_of_float(float(cell))
    elif isinstance(cell, timedelta):
        minutes = Fraction(cell // timedelta(microseconds=1), 60_000_000)
    elif isinstance(cell, time):
        minutes = Fraction(cell.hour * 3600 + cell.minute * 60 + cell.second, 60)
    elif isinstance(cell, str):
        text = unicodedata.normalize("NFKC", cell).strip()
        if match := _CLOCK.fullmatch(text):
            minutes = int(match[1]) * 60 + int(match[2])
        elif _PLAIN.fullmatch(text):
            minutes = Fraction(text) * 60
    if minutes is None or minutes != int(minutes) or minutes < 0:
        expected = "hours that are whole minutes"
        raise BadValue(RejectCode.HOURS_NOT_EXACT, expected=expected, got=cell_text(cell))
    return int(minutes)


def _minutes_of_float(hours: float) -> int | None:
    if not isfinite(hours) or abs(hours) > 10**7:
        return None
    minutes = round(hours * 60)
    return minutes if format(minutes / 60, ".15g") == format(hours, ".15g") else None


def _number(cell: Cell, code: RejectCode, expected: str) -> Decimal:
    """Return the number that a cell shows, exactly."""
    if isinstance(cell, int | float) and not isinstance(cell, bool) and isfinite(cell):
        return Decimal(format(cell, ".15g")) if isinstance(cell, float) else Decimal(cell)
    text = unicodedata.normalize("NFKC", cell).strip() if isinstance(cell, str) else ""
    if not _PLAIN.fullmatch(text):
        raise BadValue(code, expected=expected, got=cell_text(cell))
    return Decimal(text)


def _money(field: Field, cell: Cell, _weeks: Weeks) -> int:
    text = cell if isinstance(cell, str) else ""
    floating = _EXPONENT.fullmatch(text.strip()) is not None
    code = RejectCode.FLOAT_AMOUNT if floating else RejectCode.AMOUNT_MALFORMED
    yuan = _number(cell, code, "an amount such as 1234.50")
    fen = yuan.scaleb(2)
    if fen != fen.to_integral_value():
        expected = "at most 2 decimals"
        raise BadValue(RejectCode.AMOUNT_TOO_PRECISE, expected=expected, got=cell_text(cell))
    return _in_range(field, int(fen), cell, unit=100)


def _count(field: Field, cell: Cell, _weeks: Weeks) -> int:
    number = _number(cell, RejectCode.NOT_AN_INTEGER, "a whole number")
    if number != number.to_integral_value():
        expected = "a whole number"
        raise BadValue(RejectCode.NOT_AN_INTEGER, expected=expected, got=cell_text(cell))
    return _in_range(field, int(number), cell)


def _hours(field: Field, cell: Cell, _weeks: Weeks) -> int:
    return _in_range(field, hours_to_minutes(cell), cell, unit=60)


def _in_range(field: Field, number: int, cell: Cell, *, unit: int = 1) -> int:
    if not field.least <= number <= field.most:
        expected = f"{field.least / unit:.12g} to {field.most / unit:.12g}"
        raise BadValue(RejectCode.OUT_OF_RANGE, expected=expected, got=cell_text(cell))
    return number


def _decimal(_field: Field, cell: Cell, _weeks: Weeks) -> Fraction:
    number = Fraction(_number(cell, RejectCode.NOT_A_DECIMAL, "a number ≥ 0"))
    if not 0 <= number <= FRACTION_MAX:
        expected = f"0 to {FRACTION_MAX}"
        raise BadValue(RejectCode.OUT_OF_RANGE, expected=expected, got=cell_text(cell))
    return number


def _angle(field: Field, cell: Cell, _weeks: Weeks) -> float:
    number = cell if isinstance(cell, int | float) and not isinstance(cell, bool) else None
    try:
        angle = float(cell_text(cell) if number is None else number)
    except ValueError:
        expected = "decimal degrees"
        raise BadValue(RejectCode.NOT_AN_ANGLE, expected=expected, got=cell_text(cell)) from None
    if not -field.most <= angle <= field.most:
        expected = f"-{field.most} to {field.most} degrees"
        raise BadValue(RejectCode.NOT_AN_ANGLE, expected=expected, got=cell_text(cell))
    return angle


def _week(_field: Field, cell: Cell, weeks: Weeks) -> int:
    """Return the index of the week that a date, an ISO week or a number from 1 names."""
    day = cell.date() if isinstance(cell, datetime) else cell
    if isinstance(day, date) and day.year >= FIRST_YEAR:
        return _index(day, cell, weeks)
    text = str(_serial(day)) if isinstance(day, date) else cell_text(cell)
    named = week_heading(text)
    try:
        if named is not None and named[0] == "iso":
            return _index(IsoWeek(named[1], named[2]).monday, cell, weeks)
        number = named[2] if named is not None else _whole_number(text)
        if number is None:
            return _index(date.fromisoformat(text), cell, weeks)
    except ValueError as error:
        if isinstance(error, BadValue):
            raise
        expected = "a date or the number of a week"
        raise BadValue(RejectCode.NOT_A_DATE, expected=expected, got=text) from None
    if not 1 <= number <= 10**6:
        raise BadValue(RejectCode.OUT_OF_RANGE, expected="weeks from 1", got=text)
    return number - 1


def _serial(day: date) -> int:
    """Return the number that a spreadsheet shows as this day of the early 1900s.

    Somebody typed the number of a week into a cell that was formatted as a date.
    """
    days = (day - date(1899, 12, 30)).days
    return days if days > LAST_SERIAL_BEFORE_GAP else days - 1  # 29 February 1900 never was


def _whole_number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 7 else None


def _index(day: date, cell: Cell, weeks: Weeks) -> int:
    if weeks.week0 is None:
        expected = "the number of a week: the columns of weeks name no dates"
        raise BadValue(RejectCode.INCONSISTENT, expected=expected, got=cell_text(cell))
    index = week_index(day, weeks.week0)
    if index < 0:
        expected = f"{weeks.week0} or later"
        raise BadValue(RejectCode.OUT_OF_RANGE, expected=expected, got=cell_text(cell))
    return index


def _choice(field: Field, cell: Cell, _weeks: Weeks) -> object:
    code = _code(field, cell_text(cell))
    return int(code) if code.isascii() and code.isdigit() else code


def _choices(field: Field, cell: Cell, _weeks: Weeks) -> frozenset[str]:
    text = cell_text(cell)
    return frozenset(_code(field, part) for part in SEPARATORS.split(text) if part.strip())


def _code(field: Field, text: str) -> str:
    if field.choices is None:
        raise TypeError(f"field {field.key} has no list to choose from")
    code = choice_names(field.choices).get(folded(text))
    if code is None:
        expected = f"a value of the list {field.zh} {field.en}"
        raise BadValue(RejectCode.UNKNOWN_VALUE, expected=expected, got=text)
    return code


def _identifiers(_field: Field, cell: Cell, _weeks: Weeks) -> frozenset[str]:
    parts = (part.strip() for part in SEPARATORS.split(cell_text(cell)))
    return frozenset(identifier(part) for part in parts if part)


def _identifier(_field: Field, cell: Cell, _weeks: Weeks) -> str:
    name = identifier(cell_text(cell))
    if "|" in name:
        raise BadValue(RejectCode.CONTROL_CHARACTER, expected="no |", got=name)
    return name


def _text(_field: Field, cell: Cell, _weeks: Weeks) -> str:
    text = cell_text(cell)
    check_text(text)
    return text


def _note(_field: Field, _cell: Cell, _weeks: Weeks) -> str:
    return ""


def _uscc(_field: Field, cell: Cell, _weeks: Weeks) -> str:
    text = cell_text(cell)
    check_text(text)
    try:
        return canonical_identifier("uscc", text)
    except IdentifierError as error:
        code = RejectCode.IDENTIFIER_CHECK_DIGIT
        raise BadValue(code, expected=str(error), got=text) from None


def _long_text(_field: Field, cell: Cell, _weeks: Weeks) -> str:
    """Return a text of several lines; a spreadsheet may end its lines as Windows does."""
    lines = cell_text(cell).replace("\r\n", "\n").replace("_x000D_\n", "\n").split("\n")
    for line in lines:
        check_text(line.replace("\t", " "), most=LONG_TEXT_MAX)
    return "\n".join(lines)


def _texts(_field: Field, cell: Cell, _weeks: Weeks) -> tuple[str, ...]:
    parts = [part.strip() for part in _SEMICOLONS.split(cell_text(cell))]
    return _checked_texts(parts)


def _lines(field: Field, cell: Cell, weeks: Weeks) -> tuple[str, ...]:
    return _checked_texts([line.strip() for line in _long_text(field, cell, weeks).split("\n")])


def _checked_texts(parts: list[str]) -> tuple[str, ...]:
    for part in parts:
        check_text(part, most=LONG_TEXT_MAX)
    return tuple(part for part in parts if part)


def _day(_field: Field, cell: Cell, _weeks: Weeks) -> date:
    found = cell.date() if isinstance(cell, datetime) else cell
    if isinstance(found, date):
        return found
    try:
        return date.fromisoformat(cell_text(cell))
    except ValueError:
        expected = "a date such as 2027-03-31"
        raise BadValue(RejectCode.NOT_A_DATE, expected=expected, got=cell_text(cell)) from None


_FLAGS = {"是": True, "yes": True, "true": True, "1": True, "y": True, "是yes": True}
_FLAGS |= {"否": False, "no": False, "false": False, "0": False, "n": False, "否no": False}


def _flag(_field: Field, cell: Cell, _weeks: Weeks) -> bool:
    found = _FLAGS.get(folded(cell_text(cell)))
    if found is None:
        raise BadValue(RejectCode.NOT_A_FLAG, expected="是 yes or 否 no", got=cell_text(cell))
    return found


def _share(field: Field, cell: Cell, _weeks: Weeks) -> int:
    bps = _number(cell, RejectCode.NOT_A_DECIMAL, "per cent such as 30 or 12.5").scaleb(2)
    if bps != bps.to_integral_value():
        expected = "per cent with at most 2 decimals"
        raise BadValue(RejectCode.NOT_A_DECIMAL, expected=expected, got=cell_text(cell))
    return _in_range(field, int(bps), cell, unit=100)


def _exact(_field: Field, cell: Cell, _weeks: Weeks) -> Fraction:
    text = cell_text(cell)
    if isinstance(cell, str):
        text = unicodedata.normalize("NFKC", text).replace("−", "-")
    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text)
    return sign * Fraction(_number(digits, RejectCode.NOT_A_DECIMAL, "a number"))


_READERS: dict[Kind, Callable[[Field, Cell, Weeks], object]] = {
    Kind.IDENTIFIER: _identifier,
    Kind.TEXT: _text,
    Kind.NOTE: _note,
    Kind.CHOICE: _choice,
    Kind.CHOICES: _choices,
    Kind.IDENTIFIERS: _identifiers,
    Kind.COUNT: _count,
    Kind.HOURS: _hours,
    Kind.MINUTES: _count,
    Kind.MONEY: _money,
    Kind.DECIMAL: _decimal,
    Kind.ANGLE: _angle,
    Kind.WEEK: _week,
    Kind.USCC: _uscc,
    Kind.LONG_TEXT: _long_text,
    Kind.TEXTS: _texts,
    Kind.LINES: _lines,
    Kind.DAY: _day,
    Kind.FLAG: _flag,
    Kind.SHARE: _share,
    Kind.EXACT: _exact,
}
