"""A directory: parks, organisations and lenders as lists, named before anything refers to them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from api.services.workspace import Workspace
from data.importers.codes import RejectCode
from data.importers.report import Imported, RejectList
from data.importers.tables import Column, Table
from data.importers.values import Parser, degrees, free_text, identifier, whole
from data.kinds import OrganisationKind, OrganisationStatus
from data.stores import organisations, parks
from data.stores.organisations import Identifier, Organisation
from data.stores.parks import RegisteredPark
from ledger.claims.limit import ALPHA_MAX_BPS
from ledger.values.money import MAX_AMOUNT_MINOR

PARKS = "parks.csv"
ORGANISATIONS = "organisations.csv"
LENDERS = "lenders.csv"
TENOR_DAYS_MAX = 365
RATE_BPS_MAX = 10_000


def _maybe(parse: Parser) -> Parser:
    return lambda text: parse(text) if text else None


_bps = whole(most=ALPHA_MAX_BPS)
_fen = whole(most=MAX_AMOUNT_MINOR)

PARK_COLUMNS = (
    Column("park_id", identifier),
    Column("name_zh", free_text),
    Column("name_en", free_text),
    Column("lat", degrees(most=90)),
    Column("lon", degrees(most=180)),
    Column("timezone", identifier),
)
ORGANISATION_COLUMNS = (
    Column("organisation_id", identifier),
    Column("kind", identifier),
    Column("name_zh", free_text),
    Column("name_en", free_text),
    Column("uscc", free_text),
    Column("park_id", free_text),
    Column("lat", _maybe(degrees(most=90))),
    Column("lon", _maybe(degrees(most=180))),
)
LENDER_COLUMNS = (
    Column("organisation_id", identifier),
    Column("alpha_confirmed_bps", _bps),
    Column("alpha_in_production_bps", _bps),
    Column("alpha_received_bps", _bps),
    Column("alpha_accepted_bps", _bps),
    Column("rate_bps", whole(most=RATE_BPS_MAX)),
    Column("least_fen", _fen),
    Column("most_fen", _fen),
    Column("tenor_days", whole(least=1, most=TENOR_DAYS_MAX)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LenderTerms:
    """A lender's standing terms: advance rates per stage, yearly rate, tickets, tenor."""

    organisation_id: str
    alphas_bps: tuple[int, int, int, int]
    rate_bps: int
    least_fen: int
    most_fen: int
    tenor_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """Parks, organisations and lenders' terms of one folder."""

    parks: tuple[RegisteredPark, ...]
    organisations: tuple[Organisation, ...]
    lenders: tuple[LenderTerms, ...]


def is_directory(folder: Path) -> bool:
    """Tell whether a folder holds a directory rather than a bundle."""
    return (folder / ORGANISATIONS).is_file()


def read_directory(folder: Path) -> Imported[Directory]:
    """Read a directory's lists; `lenders.csv` may be missing."""
    rejects = RejectList(folder.name)
    found_parks = tuple(_park(values) for values in _rows(folder, PARKS, PARK_COLUMNS, rejects))
    park_ids = {park.id for park in found_parks}
    listed = []
    for values in _rows(folder, ORGANISATIONS, ORGANISATION_COLUMNS, rejects):
        _check(values, park_ids, rejects)
        if not rejects:
            listed.append(_organisation(values))
    terms: tuple[LenderTerms, ...] = ()
    if (folder / LENDERS).is_file():
        terms = tuple(_terms(values) for values in _rows(folder, LENDERS, LENDER_COLUMNS, rejects))
    if rejects:
        return rejects.outcome(None)
    return rejects.outcome(Directory(parks=found_parks, organisations=tuple(listed), lenders=terms))


def import_directory(workspace: Workspace, folder: Path) -> Imported[Directory]:
    """Take a directory into the installation, whole or not at all; repeating it is harmless.

    Raises
    ------
    Conflict
        When a park lies elsewhere, or an organisation is there with other particulars.
    """
    imported = read_directory(folder)
    if imported.value is None:
        return imported
    with workspace.transaction() as session:
        parks.ensure(session, workspace.operator_id, imported.value.parks)
        for organisation in imported.value.organisations:
            organisations.add(session, workspace.operator_id, organisation)
    return imported


def _rows(
    folder: Path, name: str, columns: tuple[Column, ...], rejects: RejectList
) -> list[list[object]]:
    try:
        data = (folder / name).read_bytes()
    except OSError as missing:
        rejects.add(RejectCode.FILE_MISSING, file=name, got=missing.strerror or "unreadable")
        return []
    return [row.values for row in Table(name, data, columns=columns, rejects=rejects).rows()]


def _check(values: list[object], park_ids: set[str], rejects: RejectList) -> None:
    organisation_id, kind, *_, park_id, _lat, _lon = values
    if kind not in set(OrganisationKind):
        rejects.add(
            RejectCode.UNKNOWN_VALUE,
            file=ORGANISATIONS,
            place=str(organisation_id),
            field="kind",
            expected=", ".join(OrganisationKind),
            got=kind,
        )
    if park_id and park_id not in park_ids:
        rejects.add(
            RejectCode.UNKNOWN_PARK,
            file=ORGANISATIONS,
            place=str(organisation_id),
            field="park_id",
            expected=f"a park of {PARKS}",
            got=park_id,
        )


def _park(values: list[object]) -> RegisteredPark:
    park_id, name_zh, name_en, lat, lon, timezone = values
    return RegisteredPark(
        id=str(park_id),
        name=str(name_en),
        name_zh=str(name_zh) or None,
        latitude=float(str(lat)),
        longitude=float(str(lon)),
        timezone=str(timezone),
    )


def _organisation(values: list[object]) -> Organisation:
    organisation_id, kind, name_zh, name_en, uscc, park_id, lat, lon = values
    return Organisation(
        id=str(organisation_id),
        kind=OrganisationKind(str(kind)),
        name=str(name_en or name_zh or organisation_id),
        name_zh=str(name_zh) or None,
        status=OrganisationStatus.NAMED,
        created_ms=0,
        park_id=str(park_id) or None,
        latitude=None if lat is None else float(str(lat)),
        longitude=None if lon is None else float(str(lon)),
        identifiers=(Identifier(scheme="uscc", value=str(uscc)),) if uscc else (),
    )


def _terms(values: list[object]) -> LenderTerms:
    organisation_id, *numbers = values
    u0, u1, w, r, rate, least, most, tenor = (int(str(number)) for number in numbers)
    return LenderTerms(
        organisation_id=str(organisation_id),
        alphas_bps=(u0, u1, w, r),
        rate_bps=rate,
        least_fen=least,
        most_fen=most,
        tenor_days=tenor,
    )
