"""Reference lists of technology matching: disciplines, industries, readiness levels, and words.

Codes and names are facts of the standards named in `technology_sources.csv`; what a level of
readiness means is said in our own words.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from data.reference.lists import Entry

_LOWER_DISCIPLINE = re.compile(r"[0-9]{3}(?:\.?[0-9]{2}){0,2}")
_LOWER_INDUSTRY = re.compile(r"[A-T]?[0-9]{2,4}")
_IPC = re.compile(r"[A-H][0-9]{2}(?:[A-Z](?:\s?[0-9]{1,4}(?:/[0-9]{2,6})?)?)?")


@cache
def disciplines() -> Mapping[str, Entry]:
    """Disciplines of the first level of GB/T 13745 by code; `family` is the group."""
    return _entries("disciplines.csv")


@cache
def industries() -> Mapping[str, Entry]:
    """Sections and divisions of GB/T 4754 by code; the `family` of a division is its section."""
    return _entries("industries.csv")


@cache
def readiness_levels() -> Mapping[str, Entry]:
    """Technology readiness levels 1 to 9 after GB/T 22900."""
    return _entries("trl.csv")


@cache
def comparisons() -> Mapping[str, Entry]:
    """How the value of an indicator is meant."""
    return _words("comparison")


@cache
def cooperation_modes() -> Mapping[str, Entry]:
    """How owner and provider work together."""
    return _words("cooperation_mode")


@cache
def secrecy_levels() -> Mapping[str, Entry]:
    """Who may read a demand."""
    return _words("secrecy_level")


@cache
def provider_kinds() -> Mapping[str, Entry]:
    """Kinds of organisation that a team belongs to."""
    return _words("provider_kind")


@cache
def document_kinds() -> Mapping[str, Entry]:
    """Kinds of evidence that a document is."""
    return _words("document_kind")


@cache
def languages() -> Mapping[str, Entry]:
    """Languages of texts."""
    return _words("language")


@cache
def schemes() -> Mapping[str, Entry]:
    """Schemes that codes are of."""
    return _words("scheme")


@cache
def statuses() -> Mapping[str, Entry]:
    """Where a demand stands."""
    return _words("status")


def instructions() -> tuple[tuple[str, str], ...]:
    """Return what the first sheet of the form says, Chinese and English by row."""
    return tuple((row["zh"], row["en"]) for row in _rows("technology_instructions.csv"))


def wrong_code(scheme: str, code: str) -> str | None:
    """Return what was expected instead of a code that its scheme does not know, or None.

    Lower levels of GB/T 13745 and GB/T 4754 are known by the higher one that they begin with.
    """
    if scheme == "gbt13745":
        known = _LOWER_DISCIPLINE.fullmatch(code) and code[:3] in disciplines()
        return None if known else "a code of GB/T 13745 that begins with a listed discipline"
    if scheme == "gbt4754":
        division = code.lstrip("ABCDEFGHIJKLMNOPQRST")[:2]
        known = code in industries() or (
            _LOWER_INDUSTRY.fullmatch(code) and division in industries()
        )
        return None if known else "a section, division, group or class of GB/T 4754"
    if scheme == "ipc":
        return None if _IPC.fullmatch(code) else "a symbol of the IPC such as H01M 10/0562"
    return f"a scheme of {', '.join(schemes())}"


def _words(name: str) -> Mapping[str, Entry]:
    return MappingProxyType(
        {
            row["code"]: Entry(
                code=row["code"],
                zh=row["zh"],
                en=row["en"],
                family="",
                detail="",
                sources=("own",),
            )
            for row in _rows("technology_words.csv")
            if row["list"] == name
        }
    )


def _entries(name: str) -> Mapping[str, Entry]:
    return MappingProxyType(
        {
            row["code"]: Entry(
                code=row["code"],
                zh=row["zh"],
                en=row["en"],
                family=row["family"],
                detail="",
                sources=(row["source"],),
            )
            for row in _rows(name)
        }
    )


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = files("data.reference").joinpath(name).read_text(encoding="utf-8")
    yield from csv.DictReader(text.splitlines(), strict=True)
