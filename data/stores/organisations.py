"""Organisations and their identifiers. A party sees itself only."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import update
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from data.errors import Conflict
from data.kinds import OrganisationKind, OrganisationStatus
from data.stores.sql import PAGE, change, found, insert_new, only, page
from data.stores.viewer import Viewer
from data.tables.organisations import OrganisationIdentifierRow, OrganisationRow

_SEPARATORS = re.compile(r"[\s.\-/]+")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Identifier:
    """An identifier as written; two are the same when scheme and `comparable` are.

    Parameters
    ----------
    scheme
        The register, lower case (`uscc`, `gln`, `lei`, `vat`, …); empty when none is known.
    value
        As people write it.
    """

    scheme: str
    value: str

    @property
    def comparable(self) -> str:
        """The value without separators, in capitals."""
        return _SEPARATORS.sub("", self.value).upper()


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """An organisation as its operator keeps it.

    Parameters
    ----------
    park_id, latitude, longitude
        Where it sits; degrees, WGS 84; None where unknown.
    ledger_handle
        Its random name in the log, once it is onboarded there.
    identifiers
        Sorted by scheme and value.
    created_ms
        UTC milliseconds.
    """

    id: str
    kind: OrganisationKind
    name: str
    status: OrganisationStatus
    created_ms: int
    name_zh: str | None = None
    park_id: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    ledger_handle: str | None = None
    identifiers: tuple[Identifier, ...] = ()


def add(session: Session, operator_id: str, organisation: Organisation) -> Organisation:
    """Add an organisation; adding the same again is harmless, also once it is onboarded.

    Raises
    ------
    Conflict
        When the id, the ledger handle or an identifier is taken by another.
    """
    ordered = replace(organisation, identifiers=tuple(sorted(set(organisation.identifiers))))
    if not insert_new(session, OrganisationRow, _values(operator_id, ordered)):
        stored = _stored(session, operator_id, organisation.id)
        if stored is None:
            raise Conflict(
                "organisation", organisation.id, "its ledger handle belongs to another organisation"
            )
        if _particulars(stored) != _particulars(ordered) or (
            ordered.ledger_handle not in {None, stored.ledger_handle}
        ):
            raise Conflict(
                "organisation",
                organisation.id,
                "it was added with other particulars; choose another id or change that one",
            )
        return stored
    for identifier in ordered.identifiers:
        add_identifier(session, operator_id, organisation.id, identifier)
    return ordered


def _particulars(organisation: Organisation) -> Organisation:
    """Return what an organisation was added with, without what happened to it since."""
    return replace(organisation, created_ms=0, status=OrganisationStatus.NAMED, ledger_handle=None)


def ensure_named(session: Session, operator_id: str, organisations: Iterable[Organisation]) -> int:
    """Add those that are not there yet, leave the others as they are; return how many were new.

    For documents that name parties by an id of ours. Identifiers are not added here.
    """
    return sum(
        insert_new(session, OrganisationRow, _values(operator_id, organisation))
        for organisation in organisations
    )


def add_identifier(
    session: Session, operator_id: str, organisation_id: str, identifier: Identifier
) -> None:
    """Give an organisation one more identifier; giving it again is harmless.

    Raises
    ------
    Conflict
        When it belongs to another organisation.
    """
    values = {
        "operator_id": operator_id,
        "scheme": identifier.scheme,
        "value": identifier.comparable,
        "organisation_id": organisation_id,
        "written": identifier.value,
    }
    if insert_new(session, OrganisationIdentifierRow, values):
        return
    query = select(OrganisationIdentifierRow).where(
        col(OrganisationIdentifierRow.operator_id) == operator_id,
        col(OrganisationIdentifierRow.scheme) == identifier.scheme,
        col(OrganisationIdentifierRow.value) == identifier.comparable,
    )
    owner = only(session, query, kind="identifier", key=identifier.value)
    if owner.organisation_id != organisation_id:
        raise Conflict(
            "organisation",
            organisation_id,
            f"the identifier {identifier.scheme} {identifier.value} belongs to another "
            "organisation; check for a typing mistake, or onboard the firm once only",
        )


def set_status(
    session: Session, operator_id: str, organisation_id: str, status: OrganisationStatus
) -> None:
    """Change where an organisation stands.

    Raises
    ------
    NotFound
        When the operator has no such organisation.
    """
    _update(session, operator_id, organisation_id, status=status.value)


def set_ledger_handle(
    session: Session, operator_id: str, organisation_id: str, ledger_handle: str
) -> None:
    """Note the random name that an organisation has in the log; it never changes.

    Raises
    ------
    NotFound
        When the operator has no such organisation.
    Conflict
        When it has another handle.
    """
    stored = get(session, Viewer.operator(operator_id), organisation_id)
    if stored.ledger_handle not in {None, ledger_handle}:
        raise Conflict(
            "organisation", organisation_id, f"its ledger handle is {stored.ledger_handle}"
        )
    _update(session, operator_id, organisation_id, ledger_handle=ledger_handle)


def get(session: Session, viewer: Viewer, organisation_id: str) -> Organisation:
    """Return an organisation.

    Raises
    ------
    NotFound
        When there is none that the viewer may see.
    """
    query = _visible(viewer).where(col(OrganisationRow.id) == organisation_id)
    row = only(session, query, kind="organisation", key=organisation_id)
    return _with_identifiers(session, viewer.operator_id, [row])[0]


def listing(
    session: Session,
    viewer: Viewer,
    *,
    kind: OrganisationKind | None = None,
    after: str | None = None,
    limit: int = PAGE,
) -> tuple[Organisation, ...]:
    """Return one page of the organisations that the viewer may see, by id."""
    query = _visible(viewer)
    if kind is not None:
        query = query.where(col(OrganisationRow.kind) == kind.value)
    rows = found(session, page(query, col(OrganisationRow.id), after=after, limit=limit))
    return _with_identifiers(session, viewer.operator_id, rows)


def find_by_identifier(
    session: Session, viewer: Viewer, identifier: Identifier
) -> tuple[Organisation, ...]:
    """Return who is known by an identifier; without a scheme, in any scheme."""
    known = select(OrganisationIdentifierRow.organisation_id).where(
        col(OrganisationIdentifierRow.operator_id) == viewer.operator_id,
        col(OrganisationIdentifierRow.value) == identifier.comparable,
    )
    if identifier.scheme:
        known = known.where(
            col(OrganisationIdentifierRow.scheme).in_(sorted({identifier.scheme, ""}))
        )
    query = _visible(viewer).where(col(OrganisationRow.id).in_(known))
    rows = found(session, query.order_by(col(OrganisationRow.id)))
    return _with_identifiers(session, viewer.operator_id, rows)


def find_by_handle(session: Session, viewer: Viewer, ledger_handle: str) -> Organisation:
    """Return the organisation that has this name in the log.

    Raises
    ------
    NotFound
        When there is none that the viewer may see.
    """
    query = _visible(viewer).where(col(OrganisationRow.ledger_handle) == ledger_handle)
    row = only(session, query, kind="organisation", key=ledger_handle)
    return _with_identifiers(session, viewer.operator_id, [row])[0]


def _visible(viewer: Viewer) -> SelectOfScalar[OrganisationRow]:
    query = select(OrganisationRow).where(col(OrganisationRow.operator_id) == viewer.operator_id)
    if viewer.organisation_id is not None:
        query = query.where(col(OrganisationRow.id) == viewer.organisation_id)
    return query


def _stored(session: Session, operator_id: str, organisation_id: str) -> Organisation | None:
    query = _visible(Viewer.operator(operator_id)).where(col(OrganisationRow.id) == organisation_id)
    rows = found(session, query)
    return _with_identifiers(session, operator_id, rows)[0] if rows else None


def _update(session: Session, operator_id: str, organisation_id: str, **values: str) -> None:
    statement = (
        update(OrganisationRow)
        .where(
            col(OrganisationRow.operator_id) == operator_id,
            col(OrganisationRow.id) == organisation_id,
        )
        .values(**values)
    )
    change(session, statement, kind="organisation", key=organisation_id)


def _with_identifiers(
    session: Session, operator_id: str, rows: Sequence[OrganisationRow]
) -> tuple[Organisation, ...]:
    query = select(OrganisationIdentifierRow).where(
        col(OrganisationIdentifierRow.operator_id) == operator_id,
        col(OrganisationIdentifierRow.organisation_id).in_([row.id for row in rows]),
    )
    identifiers: dict[str, list[Identifier]] = defaultdict(list)
    for row in found(session, query):
        identifier = Identifier(scheme=row.scheme, value=row.written)
        identifiers[row.organisation_id].append(identifier)
    return tuple(_organisation(row, identifiers[row.id]) for row in rows)


def _values(operator_id: str, organisation: Organisation) -> dict[str, object]:
    return {
        "operator_id": operator_id,
        "id": organisation.id,
        "kind": organisation.kind.value,
        "name": organisation.name,
        "name_zh": organisation.name_zh,
        "park_id": organisation.park_id,
        "latitude": organisation.latitude,
        "longitude": organisation.longitude,
        "status": organisation.status.value,
        "ledger_handle": organisation.ledger_handle,
        "created_ms": organisation.created_ms,
    }


def _organisation(row: OrganisationRow, identifiers: list[Identifier]) -> Organisation:
    return Organisation(
        id=row.id,
        kind=OrganisationKind(row.kind),
        name=row.name,
        name_zh=row.name_zh,
        park_id=row.park_id,
        latitude=row.latitude,
        longitude=row.longitude,
        status=OrganisationStatus(row.status),
        ledger_handle=row.ledger_handle,
        created_ms=row.created_ms,
        identifiers=tuple(sorted(identifiers)),
    )
