"""Imported documents, by the digest of their bytes. A party sees what it handed in itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from data.errors import Conflict
from data.kinds import ImportKind, ImportStatus
from data.stores.sql import PAGE, first, found, insert_new, only, page
from data.stores.viewer import Viewer
from data.tables.imports import ImportRow


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRecord:
    """A document that was handed in, and what became of it.

    Parameters
    ----------
    organisation_id
        Who handed it in: a party, or the operator's own organisation.
    sha256
        Of its bytes, lower-case hex; of a folder, of whatever the importer hashed.
    report
        What the importer had to say, as JSON: counts, rejected rows, findings.
    scope_id
        The matching scope it went into; None for others.
    received_ms
        UTC milliseconds.
    """

    id: str
    organisation_id: str
    kind: ImportKind
    name: str
    sha256: str
    size_bytes: int
    status: ImportStatus
    received_ms: int
    report: Mapping[str, Any] = field(default_factory=dict)
    scope_id: str | None = None

    def __post_init__(self) -> None:
        if len(self.sha256) != 64 or not set(self.sha256) <= set("0123456789abcdef"):
            raise ValueError(
                f"import {self.id}: sha256 must be 64 lower-case hex digits, got {self.sha256!r}"
            )


def find_repeat(
    session: Session, operator_id: str, *, organisation_id: str, kind: ImportKind, sha256: str
) -> ImportRecord | None:
    """Return the accepted import of the same bytes by the same party, or None.

    A rejected document is no repeat: a newer importer may take it.
    """
    query = _visible(Viewer.party(operator_id, organisation_id)).where(
        col(ImportRow.kind) == kind.value,
        col(ImportRow.sha256) == sha256,
        col(ImportRow.status) == ImportStatus.ACCEPTED.value,
    )
    row = first(session, query)
    return None if row is None else _record(row)


def record(session: Session, operator_id: str, document: ImportRecord) -> ImportRecord:
    """Keep what became of a document; keeping the same again is harmless.

    Call it in the transaction that stores the document's content: of two that hand in the same
    bytes at the same moment the second is stopped here, and what it stored goes with it.

    Raises
    ------
    Conflict
        When the id is taken, or the party's same bytes were accepted before (see `find_repeat`).
    """
    values = {
        "operator_id": operator_id,
        "id": document.id,
        "organisation_id": document.organisation_id,
        "kind": document.kind.value,
        "name": document.name,
        "sha256": document.sha256,
        "size_bytes": document.size_bytes,
        "status": document.status.value,
        "report": dict(document.report),
        "scope_id": document.scope_id,
        "received_ms": document.received_ms,
    }
    if insert_new(session, ImportRow, values):
        return document
    same_id = _visible(Viewer.operator(operator_id)).where(col(ImportRow.id) == document.id)
    row = first(session, same_id)
    if row is None:
        earlier = find_repeat(
            session,
            operator_id,
            organisation_id=document.organisation_id,
            kind=document.kind,
            sha256=document.sha256,
        )
        raise Conflict(
            "import",
            document.id,
            f"the same bytes were accepted as import {earlier.id if earlier else 'unknown'}",
        )
    if row.sha256 != document.sha256 or row.organisation_id != document.organisation_id:
        raise Conflict("import", document.id, "it is of another document; choose a new id")
    return _record(row)


def get(session: Session, viewer: Viewer, import_id: str) -> ImportRecord:
    """Return an import.

    Raises
    ------
    NotFound
        When there is none that the viewer may see.
    """
    query = _visible(viewer).where(col(ImportRow.id) == import_id)
    return _record(only(session, query, kind="import", key=import_id))


def listing(
    session: Session, viewer: Viewer, *, after: str | None = None, limit: int = PAGE
) -> tuple[ImportRecord, ...]:
    """Return one page of the imports that the viewer may see, by id."""
    rows = found(session, page(_visible(viewer), col(ImportRow.id), after=after, limit=limit))
    return tuple(_record(row) for row in rows)


def _visible(viewer: Viewer) -> SelectOfScalar[ImportRow]:
    query = select(ImportRow).where(col(ImportRow.operator_id) == viewer.operator_id)
    if viewer.organisation_id is not None:
        query = query.where(col(ImportRow.organisation_id) == viewer.organisation_id)
    return query


def _record(row: ImportRow) -> ImportRecord:
    return ImportRecord(
        id=row.id,
        organisation_id=row.organisation_id,
        kind=ImportKind(row.kind),
        name=row.name,
        sha256=row.sha256,
        size_bytes=row.size_bytes,
        status=ImportStatus(row.status),
        report=row.report,
        scope_id=row.scope_id,
        received_ms=row.received_ms,
    )
