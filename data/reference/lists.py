"""The reference lists: what codes mean, in Chinese and English, and where each comes from."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a list.

    Parameters
    ----------
    code
        What the record and the bundle write.
    zh, en
        What people read.
    family
        The group it belongs to within its list; empty where the list has none.
    detail
        A fact beside it: the standard, the DIN 8580 group, the size limit; may be empty.
    sources
        Keys of `sources.csv`.
    """

    code: str
    zh: str
    en: str
    family: str
    detail: str
    sources: tuple[str, ...]

    @property
    def label(self) -> str:
        """Both names and the code, as drop-down lists show them."""
        return f"{self.zh} {self.en} [{self.code}]"


class DayKind(StrEnum):
    """Why a day differs from its weekday."""

    HOLIDAY = "holiday"  # off, whatever the weekday
    MAKEUP = "makeup"  # worked, though a Saturday or Sunday


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecialDay:
    """A public holiday, or a day worked in exchange for one."""

    day: date
    kind: DayKind
    zh: str
    en: str
    source: str


@cache
def processes() -> Mapping[str, Entry]:
    """Manufacturing processes by code; `detail` is the main group of DIN 8580."""
    return _entries("processes.csv", detail="din8580")


@cache
def materials() -> Mapping[str, Entry]:
    """Material families by code; `detail` names the standards that list their grades."""
    return _entries("materials.csv", detail="standard")


@cache
def certificates() -> Mapping[str, Entry]:
    """Certificates of management systems by code; `detail` is the identical Chinese standard."""
    return _entries("certificates.csv", detail="equivalent")


@cache
def size_classes() -> Mapping[str, Entry]:
    """Size classes 1 to 4; `detail` is the longest side in millimetres, empty for the last."""
    return _entries("size_classes.csv", code="class", detail="longest_side_mm_up_to")


@cache
def tolerances() -> Mapping[str, Entry]:
    """ISO tolerance grades 1 to 18; `detail` is the tolerance in µm over 30 up to 50 mm."""
    return MappingProxyType(
        {
            row["it"]: Entry(
                code=row["it"],
                zh=f"IT{row['it']}",
                en=f"grade {row['it']}",
                family="",
                detail=row["micrometres_30_to_50_mm"],
                sources=(row["source"],),
            )
            for row in _rows("tolerances.csv")
        }
    )


@cache
def special_days() -> Mapping[date, SpecialDay]:
    """Public holidays of China and the days worked in exchange, by date."""
    return MappingProxyType(
        {
            (day := date.fromisoformat(row["date"])): SpecialDay(
                day=day,
                kind=DayKind(row["kind"]),
                zh=row["zh"],
                en=row["en"],
                source=row["source"],
            )
            for row in _rows("holidays.csv")
        }
    )


def instructions() -> tuple[tuple[str, str], ...]:
    """Return what the first sheet of the workbook form says, Chinese and English by row."""
    return tuple((row["zh"], row["en"]) for row in _rows("instructions.csv"))


def _entries(name: str, *, detail: str, code: str = "code") -> Mapping[str, Entry]:
    return MappingProxyType(
        {
            row[code]: Entry(
                code=row[code],
                zh=row["zh"],
                en=row["en"],
                family=row.get("family", ""),
                detail=row[detail],
                sources=tuple(row["source"].split("|")),
            )
            for row in _rows(name)
        }
    )


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = files("data.reference").joinpath(name).read_text(encoding="utf-8")
    yield from csv.DictReader(text.splitlines(), strict=True)
