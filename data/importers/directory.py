"""Read the lists around a park: parks, organisations, lenders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from data.importers.codes import RejectCode
from data.importers.report import Imported, RejectList
from data.importers.tables import Column, Table
from data.importers.values import (
    BadValue,
    check_text,
    degrees,
    fen,
    identifier,
    whole,
)
from data.kinds import OrganisationKind
from ledger.claims.limit import ALPHA_MAX_BPS
from ledger.values.identifiers import IdentifierError, canonical_identifier
from matching.capacity.problem import FEN_MAX

T = TypeVar("T")

TEXT_MAX = 2_000
BPS_MAX = 10_000
TENOR_DAYS_MAX = 365
ROWS_MAX = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkEntry:
    """A park with its names (one of them may be empty), position and time zone."""

    park_id: str
    name_zh: str
    name_en: str
    lat: float
    lon: float
    timezone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationEntry:
    """An organisation; `uscc`, `park_id`, one of the names may be empty, the position unknown."""

    organisation_id: str
    kind: OrganisationKind
    name_zh: str
    name_en: str
    uscc: str
    park_id: str
    lat: float | None
    lon: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LenderEntry:
    """A lender's usual terms: advance rates per stage and yearly rate in basis points."""

    organisation_id: str
    alpha_confirmed_bps: int
    alpha_in_production_bps: int
    alpha_received_bps: int
    alpha_accepted_bps: int
    rate_bps: int
    least_fen: int
    most_fen: int
    tenor_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """All lists of a folder, each in the order of its file."""

    parks: tuple[ParkEntry, ...]
    organisations: tuple[OrganisationEntry, ...]
    lenders: tuple[LenderEntry, ...]


def read_directory(folder: Path) -> Imported[Directory]:
    """Read the lists of a folder.

    `parks.csv` and `organisations.csv` must be there; `lenders.csv` may be missing. Every lender
    must be one of `organisations.csv`.
    """
    rejects = RejectList(folder.name)
    parks = _read(folder, "parks.csv", _PARK, ParkEntry, rejects)
    organisations = _read(folder, "organisations.csv", _ORGANISATION, OrganisationEntry, rejects)
    for name, listed in (("parks.csv", parks), ("organisations.csv", organisations)):
        _check_named(name, listed, rejects)
    for key, (line, organisation) in organisations.items():
        if organisation.park_id and organisation.park_id not in parks:
            rejects.add(
                RejectCode.UNKNOWN_PARK,
                file="organisations.csv",
                place=f"line {line}",
                field="park_id",
                expected="a park of parks.csv",
                got=f"{organisation.park_id} of {key}",
            )
    lenders = _read(folder, "lenders.csv", _LENDER, LenderEntry, rejects, optional=True)
    _check_lenders(lenders, organisations, rejects)
    if rejects:
        return rejects.outcome(None)
    return rejects.outcome(
        Directory(
            parks=_values(parks),
            organisations=_values(organisations),
            lenders=_values(lenders),
        )
    )


def _values(found: Mapping[str, tuple[int, T]]) -> tuple[T, ...]:
    return tuple(value for _, value in found.values())


def _check_named(
    name: str,
    listed: Mapping[str, tuple[int, ParkEntry | OrganisationEntry]],
    rejects: RejectList,
) -> None:
    """Refuse rows without a name in either language."""
    for line, value in listed.values():
        if not (value.name_zh or value.name_en):
            rejects.add(
                RejectCode.VALUE_MISSING,
                file=name,
                place=f"line {line}",
                field="name_en",
                expected="a name, here or in name_zh",
            )


def _check_lenders(
    lenders: Mapping[str, tuple[int, LenderEntry]],
    organisations: Mapping[str, tuple[int, OrganisationEntry]],
    rejects: RejectList,
) -> None:
    """Refuse lenders that are not in the list of organisations, or there of another kind."""
    for lender_id, (line, _) in lenders.items():
        known = organisations.get(lender_id)
        if known is None or known[1].kind is not OrganisationKind.LENDER:
            rejects.add(
                RejectCode.UNKNOWN_ENTERPRISE,
                file="lenders.csv",
                place=f"line {line}",
                field="organisation_id",
                expected="a lender of organisations.csv",
                got=lender_id,
            )


def _read(
    folder: Path,
    name: str,
    columns: tuple[Column, ...],
    made: type[T],
    rejects: RejectList,
    *,
    optional: bool = False,
) -> dict[str, tuple[int, T]]:
    """Read one list by its first column; each value with its line."""
    try:
        data = (folder / name).read_bytes()
    except FileNotFoundError:
        if not optional:
            rejects.add(RejectCode.FILE_MISSING, file=name, expected=name)
        return {}
    except OSError as error:
        rejects.add(RejectCode.FILE_UNREADABLE, file=name, got=error.strerror or "unreadable")
        return {}
    table = Table(name, data, columns=columns, rejects=rejects, rows_max=ROWS_MAX)
    names = [column.name for column in columns]
    found: dict[str, tuple[int, T]] = {}
    for row in table.rows():
        key = cast("str", row.values[0])
        if key in found:
            expected = f"a {names[0]} once"
            table.reject(
                RejectCode.DUPLICATE_ID, row.line, field=names[0], expected=expected, got=key
            )
            continue
        found[key] = row.line, made(**dict(zip(names, row.values, strict=True)))
    return found


def _text(text: str) -> str:
    """Return a text for people; the apostrophe that guards it from spreadsheets is taken off."""
    check_text(text, most=TEXT_MAX)
    return text[1:] if text[:1] == "'" and text[1:2] in {"=", "+", "-", "@"} else text


def _kind(text: str) -> OrganisationKind:
    try:
        return OrganisationKind(text)
    except ValueError:
        expected = ", ".join(kind.value for kind in OrganisationKind)
        raise BadValue(RejectCode.UNKNOWN_VALUE, expected=expected, got=text) from None


def _uscc(text: str) -> str:
    if not text:
        return ""
    try:
        return canonical_identifier("uscc", text)
    except IdentifierError as error:
        code = RejectCode.IDENTIFIER_CHECK_DIGIT
        raise BadValue(code, expected=str(error), got=text) from None


def _optional_id(text: str) -> str:
    return identifier(text) if text else ""


def _timezone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        expected = "a time zone such as Asia/Shanghai"
        raise BadValue(RejectCode.UNKNOWN_VALUE, expected=expected, got=text) from None
    return text


_lat, _lon = degrees(most=90), degrees(most=180)
_bps = whole(most=BPS_MAX)
_alpha = whole(most=ALPHA_MAX_BPS)
_fen = fen(most=FEN_MAX)
_PARK = (
    Column("park_id", identifier),
    Column("name_zh", _text),
    Column("name_en", _text),
    Column("lat", _lat),
    Column("lon", _lon),
    Column("timezone", _timezone),
)
_ORGANISATION = (
    Column("organisation_id", identifier),
    Column("kind", _kind),
    Column("name_zh", _text),
    Column("name_en", _text),
    Column("uscc", _uscc),
    Column("park_id", _optional_id),
    Column("lat", lambda text: _lat(text) if text else None),
    Column("lon", lambda text: _lon(text) if text else None),
)
_LENDER = (
    Column("organisation_id", identifier),
    Column("alpha_confirmed_bps", _alpha),
    Column("alpha_in_production_bps", _alpha),
    Column("alpha_received_bps", _alpha),
    Column("alpha_accepted_bps", _alpha),
    Column("rate_bps", _bps),
    Column("least_fen", _fen),
    Column("most_fen", _fen),
    Column("tenor_days", whole(least=1, most=TENOR_DAYS_MAX)),
)
