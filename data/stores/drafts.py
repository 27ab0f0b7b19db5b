"""Drafts of bodies that wait for signatures. A party sees those it signs or is a party to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import update
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from data.errors import Conflict, WrongStatus
from data.kinds import DraftStatus
from data.stores.sql import PAGE, affected, first, found, insert_all, insert_new, only, page
from data.stores.viewer import Viewer
from data.tables.drafts import DraftPartyRow, DraftRow


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDraft:
    """A draft as its file has it, and where it stands. Times are UTC milliseconds.

    Parameters
    ----------
    id
        The body's own idempotency key serves well: it is the id of the append request later.
    type
        Event that it will enter, `order.submitted` say.
    order_handle
        The order's random name in the log; None for events without an order.
    document
        The draft's file, text.
    parties
        Organisations that may see it, sorted.
    code
        Why it was refused.
    """

    id: str
    type: str
    document: str
    parties: tuple[str, ...]
    created_ms: int
    changed_ms: int
    order_handle: str | None = None
    status: DraftStatus = DraftStatus.OPEN
    code: str | None = None


def add(session: Session, operator_id: str, draft: StoredDraft) -> StoredDraft:
    """Keep a new draft; keeping one of the same id, type and order returns it as it stands.

    Raises
    ------
    Conflict
        When the id belongs to a draft of another type or order.
    """
    values = {
        "operator_id": operator_id,
        "id": draft.id,
        "type": draft.type,
        "order_handle": draft.order_handle,
        "status": draft.status.value,
        "code": draft.code,
        "document": draft.document,
        "created_ms": draft.created_ms,
        "changed_ms": draft.changed_ms,
    }
    if not insert_new(session, DraftRow, values):
        stored = get(session, Viewer.operator(operator_id), draft.id)
        if (stored.type, stored.order_handle) != (draft.type, draft.order_handle):
            raise Conflict("draft", draft.id, f"it is a draft of {stored.type}; choose a new id")
        return stored
    place = {"operator_id": operator_id, "draft_id": draft.id}
    insert_all(
        session, DraftPartyRow, (place | {"party_id": one} for one in sorted(set(draft.parties)))
    )
    return get(session, Viewer.operator(operator_id), draft.id)


def revise(
    session: Session, viewer: Viewer, draft_id: str, *, document: str, before: str, now_ms: int
) -> StoredDraft:
    """Replace an open draft's text, when nobody else has replaced it meanwhile.

    Parameters
    ----------
    before
        The text that the new one was made from.

    Raises
    ------
    NotFound
        When there is no such draft that the viewer may see.
    WrongStatus
        When it is no longer open.
    Conflict
        When its text has changed since it was read; read it and sign again.
    """
    stored = get(session, viewer, draft_id)
    statement = (
        update(DraftRow)
        .where(
            col(DraftRow.operator_id) == viewer.operator_id,
            col(DraftRow.id) == draft_id,
            col(DraftRow.status) == DraftStatus.OPEN.value,
            col(DraftRow.document) == before,
        )
        .values(document=document, changed_ms=now_ms)
    )
    if affected(session, statement):
        return get(session, viewer, draft_id)
    if stored.status is not DraftStatus.OPEN:
        wanted = (DraftStatus.OPEN.value,)
        raise WrongStatus("draft", draft_id, status=stored.status.value, wanted=wanted)
    raise Conflict("draft", draft_id, "its text has changed since it was read; read it again")


def set_status(
    session: Session,
    operator_id: str,
    draft_id: str,
    status: DraftStatus,
    *,
    expected: Sequence[DraftStatus],
    now_ms: int,
    code: str | None = None,
) -> StoredDraft:
    """Move a draft on; being there already is harmless.

    Parameters
    ----------
    expected
        The statuses it may come from.
    code
        Why, when it is refused.

    Raises
    ------
    NotFound
        When the operator has no such draft.
    WrongStatus
        When it stands elsewhere.
    """
    statement = (
        update(DraftRow)
        .where(
            col(DraftRow.operator_id) == operator_id,
            col(DraftRow.id) == draft_id,
            col(DraftRow.status).in_([one.value for one in expected]),
        )
        .values(status=status.value, code=code, changed_ms=now_ms)
    )
    moved = affected(session, statement)
    draft = get(session, Viewer.operator(operator_id), draft_id)
    if not moved and draft.status is not status:
        wanted = tuple(one.value for one in expected)
        raise WrongStatus("draft", draft_id, status=draft.status.value, wanted=wanted)
    return draft


def get(session: Session, viewer: Viewer, draft_id: str) -> StoredDraft:
    """Return a draft.

    Raises
    ------
    NotFound
        When there is none that the viewer may see.
    """
    query = _visible(viewer).where(col(DraftRow.id) == draft_id)
    row = only(session, query, kind="draft", key=draft_id)
    return _with_parties(session, viewer.operator_id, [row])[0]


def latest_of_order(session: Session, viewer: Viewer, order_handle: str) -> StoredDraft | None:
    """Return the newest draft about an order that the viewer may see, or None."""
    query = _visible(viewer).where(col(DraftRow.order_handle) == order_handle)
    row = first(session, query.order_by(col(DraftRow.created_ms).desc(), col(DraftRow.id)))
    return None if row is None else _with_parties(session, viewer.operator_id, [row])[0]


def listing(
    session: Session,
    viewer: Viewer,
    *,
    status: DraftStatus | None = None,
    order_handle: str | None = None,
    after: str | None = None,
    limit: int = PAGE,
) -> tuple[StoredDraft, ...]:
    """Return one page of the drafts that the viewer may see, by id."""
    query = _visible(viewer)
    if status is not None:
        query = query.where(col(DraftRow.status) == status.value)
    if order_handle is not None:
        query = query.where(col(DraftRow.order_handle) == order_handle)
    rows = found(session, page(query, col(DraftRow.id), after=after, limit=limit))
    return _with_parties(session, viewer.operator_id, rows)


def _visible(viewer: Viewer) -> SelectOfScalar[DraftRow]:
    query = select(DraftRow).where(col(DraftRow.operator_id) == viewer.operator_id)
    if viewer.organisation_id is not None:
        own = select(DraftPartyRow.draft_id).where(
            col(DraftPartyRow.operator_id) == viewer.operator_id,
            col(DraftPartyRow.party_id) == viewer.organisation_id,
        )
        query = query.where(col(DraftRow.id).in_(own))
    return query


def _with_parties(
    session: Session, operator_id: str, rows: Sequence[DraftRow]
) -> tuple[StoredDraft, ...]:
    query = select(DraftPartyRow).where(
        col(DraftPartyRow.operator_id) == operator_id,
        col(DraftPartyRow.draft_id).in_([row.id for row in rows]),
    )
    parties: dict[str, list[str]] = defaultdict(list)
    for party in found(session, query):
        parties[party.draft_id].append(party.party_id)
    return tuple(
        StoredDraft(
            id=row.id,
            type=row.type,
            order_handle=row.order_handle,
            status=DraftStatus(row.status),
            code=row.code,
            document=row.document,
            parties=tuple(sorted(parties[row.id])),
            created_ms=row.created_ms,
            changed_ms=row.changed_ms,
        )
        for row in rows
    )
