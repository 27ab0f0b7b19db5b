"""What a sheet of the workbook form is made of, and how headings and choices are recognised.

Headings count in Chinese, in English, or both,
in any order of columns; units in brackets and asterisks do not count.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache

from data.reference.lists import Entry

EXAMPLE_STARTS = ("示例", "example")
WEEKS_MAX = 104


class Kind(Enum):
    """What the cells of a column hold."""

    IDENTIFIER = "identifier"
    TEXT = "text"
    NOTE = "note"  # for the factory itself; not imported
    CHOICE = "choice"  # one entry of a list
    CHOICES = "choices"  # several entries of a list
    IDENTIFIERS = "identifiers"  # several identifiers
    COUNT = "count"
    HOURS = "hours"  # whole minutes, written in hours
    MINUTES = "minutes"
    MONEY = "money"  # yuan with at most two decimals
    DECIMAL = "decimal"
    ANGLE = "angle"
    WEEK = "week"  # a date, or the number of a week from 1
    USCC = "uscc"
    LONG_TEXT = "long_text"  # a text of several lines
    TEXTS = "texts"  # several texts, separated as identifiers are, in their order
    LINES = "lines"  # several texts, one a line
    DAY = "day"
    FLAG = "flag"  # yes or no
    SHARE = "share"  # basis points, written in per cent
    EXACT = "exact"  # a number of either sign, exactly


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One column of the form.

    Parameters
    ----------
    key
        The name of the value; also accepted as a heading.
    zh, en
        The two headings.
    unit
        Shown in brackets behind the heading.
    choices
        The list of a choice.
    least, most
        Range of a number, in the unit of the value that results (minutes, fen).
    width
        Width of the column in characters.
    example
        What the example row shows.
    maybe
        A blank cell means that nothing was said (None), not the zero of its kind.
    """

    key: str
    zh: str
    en: str
    kind: Kind
    unit: str = ""
    required: bool = True
    choices: Callable[[], Mapping[str, Entry]] | None = None
    least: int = 0
    most: int = 10**9
    width: int = 14
    example: str | int | float = ""
    maybe: bool = False

    @property
    def heading(self) -> str:
        """The heading as the template writes it; * marks what must be filled in."""
        unit = f" ({self.unit})" if self.unit else ""
        return f"{self.zh} {self.en}{unit}{' *' if self.required else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet of the form; `weeks` says whether columns of weeks follow the fields."""

    key: str
    zh: str
    en: str
    fields: tuple[Field, ...] = ()
    weeks: bool = False

    @property
    def title(self) -> str:
        """The name of the sheet as the template writes it."""
        return f"{self.zh} {self.en}"

    def names(self) -> set[str]:
        """Return every name under which the sheet is recognised, folded."""
        return {folded(name) for name in (self.title, self.zh, self.en)}


_BRACKETS = re.compile(r"[(\[（【][^)\]）】]*[)\]）】]")
_NOISE = re.compile(r"[\s*:：_\-/·.,，]+")
_ISO_WEEK = re.compile(r"(\d{4})\s*-?\s*W(\d{1,2})", re.IGNORECASE | re.ASCII)
_WEEK_NUMBER = re.compile(
    r"(?:第\s*(\d{1,3})\s*周)|(?:\bweek\s*(\d{1,3})\b)|(?:^\s*W(\d{1,3})\b)",
    re.IGNORECASE | re.ASCII,
)


def folded(text: str) -> str:
    """Return a heading or choice in the form in which two of them are compared."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return _NOISE.sub("", plain)


def heading_key(text: str) -> str:
    """Return a heading without its unit and asterisk, folded."""
    return folded(_BRACKETS.sub("", unicodedata.normalize("NFKC", text)))


@cache
def fields_by_heading(sheet: Sheet) -> Mapping[str, Field]:
    """Return the fields of a sheet under every heading that names them."""
    return {
        folded(name): field
        for field in sheet.fields
        for name in (field.key, field.zh, field.en, f"{field.zh}{field.en}")
    }


def week_heading(text: str) -> tuple[str, int, int] | None:
    """Return what week a heading means: (`iso`, year, week), (`number`, 0, n), or None."""
    plain = unicodedata.normalize("NFKC", text)
    if match := _ISO_WEEK.search(plain):
        return "iso", int(match[1]), int(match[2])
    if match := _WEEK_NUMBER.search(plain):
        return "number", 0, int(next(filter(None, match.groups())))
    return None


@cache
def choice_names(choices: Callable[[], Mapping[str, Entry]]) -> Mapping[str, str]:
    """Return the codes of a list by every name of theirs: code, either label, both, in full."""
    names: dict[str, str] = {}
    for code, entry in choices().items():
        for name in (code, entry.zh, entry.en, f"{entry.zh} {entry.en}", entry.label):
            names.setdefault(folded(name), code)
    return names
