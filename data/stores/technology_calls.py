"""Open calls and their transitions.

A party sees the calls that it has a side in, and every call from its publication on, though not one
that was withdrawn before; what others handed in under seal, and who asked or applied, is left out
of what it sees.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import delete, or_, update
from sqlmodel import Session, col, select

from data.errors import Conflict, NotFound
from data.stores.sql import PAGE, affected, change, first, found, insert_all, insert_new, page
from data.stores.viewer import Viewer
from data.tables.technology_calls import (
    TechnologyCallDocumentRow,
    TechnologyCallRow,
    TechnologyCallTransitionRow,
)
from matching.technology.opencall import Call, CallState, Role, Step, Transition
from matching.technology.opencall.call import Application
from matching.technology.problem_plain import from_plain, to_plain


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTransition:
    """A transition, the document behind its hash, and the request that entered it in the log.

    `salt` is the document's, for who may see it; it is not stored but comes from a secret.
    """

    transition: Transition
    document: Mapping[str, Any]
    request_id: str
    salt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """A step that waits for its entry: its document's hash, its request and what it says."""

    document_sha256: str
    request_id: str
    action: Mapping[str, Any]
    at_ms: int


def add(session: Session, operator_id: str, call: Call, *, now_ms: int) -> None:
    """Store the draft of a call; the same again is harmless.

    Raises
    ------
    Conflict
        When the id is of another call, or of one that has moved on.
    """
    values = {"operator_id": operator_id, "id": call.call_id, **_values(call, now_ms)}
    if insert_new(session, TechnologyCallRow, values):
        return
    if get(session, Viewer.operator(operator_id), call.call_id) != call:
        raise Conflict("open call", call.call_id, "it is another one; choose a new id")


def advance(
    session: Session,
    operator_id: str,
    call: Call,
    entry: StoredTransition,
) -> None:
    """Store a call after a step, and the step; two at once cannot both succeed.

    Raises
    ------
    Conflict
        When the call moved on in the meantime: load it and decide anew.
    NotFound
        When there is no such call.
    """
    step = entry.transition
    row = TechnologyCallRow
    statement = (
        update(row)
        .where(
            col(row.operator_id) == operator_id,
            col(row.id) == call.call_id,
            col(row.sequence) == step.sequence - 1,
        )
        .values(**_values(call, step.at_ms))
    )
    try:
        change(session, statement, kind="open call", key=call.call_id)
    except NotFound:
        stored = get(session, Viewer.operator(operator_id), call.call_id)
        raise Conflict(
            "open call",
            call.call_id,
            f"it is at step {stored.sequence}; this is step {step.sequence}. Load it anew",
        ) from None
    values = {
        "operator_id": operator_id,
        "call_id": call.call_id,
        "sequence": step.sequence,
        "step": step.step.value,
        "from_state": step.from_state.value,
        "to_state": step.to_state.value,
        "actor_role": step.role.value,
        "actor_org": step.org,
        "reason": step.reason,
        "document_sha256": step.document_sha256,
        "document": dict(entry.document),
        "request_id": entry.request_id,
        "at_ms": step.at_ms,
    }
    insert_all(session, TechnologyCallTransitionRow, [values])


def get(session: Session, viewer: Viewer, call_id: str) -> Call:
    """Return a call as the viewer may see it.

    Raises
    ------
    NotFound
        When there is none that the viewer may see.
    """
    row = TechnologyCallRow
    query = select(row).where(col(row.operator_id) == viewer.operator_id, col(row.id) == call_id)
    stored = first(session, query)
    shown = None if stored is None else shown_to(from_plain(Call, stored.body), viewer)
    if shown is None:
        raise NotFound("open call", call_id)
    return shown


def listing(
    session: Session, viewer: Viewer, *, after: str | None = None, limit: int = PAGE
) -> tuple[Call, ...]:
    """Return the first `limit` calls behind `after`, by id, that the viewer may see.

    Notes
    -----
    Who is invited stands in the call itself, so rows are read until the page is full or none is
    left: a page that is short is the last one.
    """
    row, shown = TechnologyCallRow, list[Call]()
    query = select(row).where(col(row.operator_id) == viewer.operator_id)
    if not viewer.is_operator:
        own = col(row.owner_org) == viewer.organisation_id
        query = query.where(or_(own, col(row.state) != CallState.DRAFT.value))
    while len(shown) < limit:
        rows = found(session, page(query, col(row.id), after=after, limit=limit))
        calls = (shown_to(from_plain(Call, one.body), viewer) for one in rows)
        shown += [call for call in calls if call is not None]
        if len(rows) < limit:
            break
        after = rows[-1].id
    return tuple(shown[:limit])


def transitions(session: Session, viewer: Viewer, call_id: str) -> tuple[StoredTransition, ...]:
    """Return the steps of a call; documents of others' steps only to the operator.

    Raises
    ------
    NotFound
        When there is no such call that the viewer may see.
    """
    get(session, viewer, call_id)
    row = TechnologyCallTransitionRow
    query = (
        select(row)
        .where(col(row.operator_id) == viewer.operator_id, col(row.call_id) == call_id)
        .order_by(col(row.sequence))
    )
    return tuple(_transition(one, viewer) for one in found(session, query))


def shown_to(call: Call, viewer: Viewer) -> Call | None:
    """Return a call as a party may see it; None where it may not see it at all.

    Until the award nobody but the operator sees who applied: an applicant sees its own application,
    an expert the blind texts of all, the owner how many there are and, from the panel on, the
    proposals.
    """
    me = viewer.organisation_id
    if me is None:
        return call
    mine = {one.application_id for one in call.applications if one.org == me}
    if not _may_see(call, me):
        return None
    opened = bool(call.winners) or call.state is CallState.PANEL
    whole = me == call.owner_org and opened
    return replace(
        call,
        questions=tuple(
            one if one.asked_by == me else replace(one, asked_by="") for one in call.questions
        ),
        applications=tuple(
            one if one.application_id in mine or whole else _hidden(one, blind=me in call.experts)
            for one in call.applications
        ),
        declarations=tuple(one for one in call.declarations if one.expert == me or whole),
        scores=tuple(one for one in call.scores if one.expert == me or whole),
        defences=call.defences if whole else (),
        tracks=tuple(one for one in call.tracks if whole or one.contract.application_id in mine),
        experts=tuple(one for one in call.experts if one == me),
    )


def _may_see(call: Call, me: str) -> bool:
    """Return whether an organisation may see a call at all."""
    if me == call.owner_org or me in call.experts:
        return True
    if me == call.centre_org:
        return call.state is not CallState.DRAFT
    published = call.applications_until_ms > 0  # the state tells nothing: a draft can be withdrawn
    return published and (not call.invited or me in call.invited)


def _hidden(application: Application, *, blind: bool) -> Application:
    return replace(
        application,
        org="",
        proposal=None,
        redacted=None,
        findings="",
        blind_text=application.blind_text if blind else None,
    )


def _values(call: Call, now_ms: int) -> dict[str, Any]:
    return {
        "demand_id": call.demand_id,
        "demand_version": call.demand_version,
        "owner_org": call.owner_org,
        "state": call.state.value,
        "sequence": call.sequence,
        "body": to_plain(call),
        "changed_ms": now_ms,
    }


def _transition(row: TechnologyCallTransitionRow, viewer: Viewer) -> StoredTransition:
    own = viewer.is_operator or row.actor_org == viewer.organisation_id
    return StoredTransition(
        transition=Transition(
            sequence=row.sequence,
            step=Step(row.step),
            from_state=CallState(row.from_state),
            to_state=CallState(row.to_state),
            role=Role(row.actor_role),
            org=row.actor_org if own else "",
            at_ms=row.at_ms,
            reason=row.reason if own else "",
            document_sha256=row.document_sha256,
        ),
        document=row.document if own else {},
        request_id=row.request_id,
    )


def stage(session: Session, operator_id: str, call_id: str, staged: Staged) -> None:
    """Keep what is said in a step until the log has entered it; again the same is harmless."""
    values = {
        "operator_id": operator_id,
        "call_id": call_id,
        "document_sha256": staged.document_sha256,
        "request_id": staged.request_id,
        "action": dict(staged.action),
        "at_ms": staged.at_ms,
    }
    insert_new(session, TechnologyCallDocumentRow, values)


def staged(session: Session, operator_id: str, call_id: str, document_sha256: str) -> Staged | None:
    """Return what was said under a document's hash, or None."""
    row = TechnologyCallDocumentRow
    query = select(row).where(
        col(row.operator_id) == operator_id,
        col(row.call_id) == call_id,
        col(row.document_sha256) == document_sha256,
    )
    found_row = first(session, query)
    if found_row is None:
        return None
    return Staged(
        document_sha256=found_row.document_sha256,
        request_id=found_row.request_id,
        action=found_row.action,
        at_ms=found_row.at_ms,
    )


def unstage(session: Session, operator_id: str, call_id: str) -> None:
    """Forget what waited for a call: it is entered, or can never be."""
    row = TechnologyCallDocumentRow
    statement = delete(row).where(col(row.operator_id) == operator_id, col(row.call_id) == call_id)
    affected(session, statement)
