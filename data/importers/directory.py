"""Read the lists around a park: parks, organisations, laboratories, demands, lenders."""

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
    items,
    whole,
)
from data.kinds import OrganisationKind
from ledger.values.identifiers import IdentifierError, canonical_identifier
from matching.capacity.problem import FEN_MAX

T = TypeVar("T")

TEXT_MAX = 2_000
BPS_MAX = 10_000
ROWS_MAX = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkEntry:
    """A park with its names, position and time zone."""

    park_id: str
    name_zh: str
    name_en: str
    lat: float
    lon: float
    timezone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationEntry:
    """An organisation; `uscc` and `park_id` may be empty, the position unknown."""

    organisation_id: str
    kind: OrganisationKind
    name_zh: str
    name_en: str
    uscc: str
    park_id: str
    lat: float | None
    lon: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LabEntry:
    """What a research provider works on."""

    organisation_id: str
    disciplines: frozenset[str]
    offers_zh: str
    offers_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandEntry:
    """A technology demand of an enterprise; the budget in fen."""

    demand_id: str
    enterprise_id: str
    title_zh: str
    title_en: str
    text_zh: str
    text_en: str
    budget_fen: int
    months: int


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
    labs: tuple[LabEntry, ...]
    demands: tuple[DemandEntry, ...]
    lenders: tuple[LenderEntry, ...]


def read_directory(folder: Path) -> Imported[Directory]:
    """Read the lists of a folder.

    `parks.csv` and `organisations.csv` must be there; `labs.csv`, `demands.csv` and `lenders.csv`
    may be missing. Every organisation that they name must be one of `organisations.csv`.
    """
    rejects = RejectList(folder.name)
    parks = _read(folder, "parks.csv", _PARK, ParkEntry, rejects)
    organisations = _read(folder, "organisations.csv", _ORGANISATION, OrganisationEntry, rejects)
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
    parts = {
        name: _read(folder, f"{name}.csv", columns, made, rejects, optional=True)
        for name, columns, made in (
            ("labs", _LAB, LabEntry),
            ("demands", _DEMAND, DemandEntry),
            ("lenders", _LENDER, LenderEntry),
        )
    }
    _check_names(parts, organisations, rejects)
    if rejects:
        return rejects.outcome(None)
    return rejects.outcome(
        Directory(
            parks=_values(parks),
            organisations=_values(organisations),
            labs=cast("tuple[LabEntry, ...]", _values(parts["labs"])),
            demands=cast("tuple[DemandEntry, ...]", _values(parts["demands"])),
            lenders=cast("tuple[LenderEntry, ...]", _values(parts["lenders"])),
        )
    )


def _values(found: Mapping[str, tuple[int, T]]) -> tuple[T, ...]:
    return tuple(value for _, value in found.values())


def _check_names(
    parts: Mapping[str, Mapping[str, tuple[int, object]]],
    organisations: Mapping[str, tuple[int, OrganisationEntry]],
    rejects: RejectList,
) -> None:
    """Refuse rows that name an organisation which is not in the list, or of another kind."""
    for name, key, kind in (
        ("labs", "organisation_id", OrganisationKind.RESEARCH_PROVIDER),
        ("demands", "enterprise_id", OrganisationKind.ENTERPRISE),
        ("lenders", "organisation_id", OrganisationKind.LENDER),
    ):
        for line, value in parts[name].values():
            named = cast("str", getattr(value, key))
            known = organisations.get(named)
            if known is None or known[1].kind is not kind:
                rejects.add(
                    RejectCode.UNKNOWN_ENTERPRISE,
                    file=f"{name}.csv",
                    place=f"line {line}",
                    field=key,
                    expected=f"a {kind.value} of organisations.csv",
                    got=named,
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


def _name(text: str) -> str:
    if not text:
        raise BadValue(RejectCode.VALUE_MISSING, expected="a name", got=text)
    return _text(text)


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
_fen = fen(most=FEN_MAX)
_PARK = (
    Column("park_id", identifier),
    Column("name_zh", _name),
    Column("name_en", _name),
    Column("lat", _lat),
    Column("lon", _lon),
    Column("timezone", _timezone),
)
_ORGANISATION = (
    Column("organisation_id", identifier),
    Column("kind", _kind),
    Column("name_zh", _text),
    Column("name_en", _name),
    Column("uscc", _uscc),
    Column("park_id", _optional_id),
    Column("lat", lambda text: _lat(text) if text else None),
    Column("lon", lambda text: _lon(text) if text else None),
)
_LAB = (
    Column("organisation_id", identifier),
    Column("disciplines", items),
    Column("offers_zh", _text),
    Column("offers_en", _text),
)
_DEMAND = (
    Column("demand_id", identifier),
    Column("enterprise_id", identifier),
    Column("title_zh", _name),
    Column("title_en", _name),
    Column("text_zh", _text),
    Column("text_en", _text),
    Column("budget_fen", _fen),
    Column("months", whole(least=1, most=120)),
)
_LENDER = (
    Column("organisation_id", identifier),
    Column("alpha_confirmed_bps", _bps),
    Column("alpha_in_production_bps", _bps),
    Column("alpha_received_bps", _bps),
    Column("alpha_accepted_bps", _bps),
    Column("rate_bps", _bps),
    Column("least_fen", _fen),
    Column("most_fen", _fen),
    Column("tenor_days", whole(least=1, most=3650)),
)
