"""What was matched: lines of rankings, what people said about them, and whole assignments.

The operator sees all; the owner of a demand sees the matches of its demands, and a provider those
that name it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from data.errors import Conflict, NotFound
from data.stores.sql import PAGE, first, found, insert_all, insert_new, only, page
from data.stores.viewer import Viewer
from data.tables.technology import (
    TechnologyAssignmentRow,
    TechnologyDemandRow,
    TechnologyFeedbackRow,
    TechnologyMatchRow,
    TechnologyProviderRow,
)
from matching.technology.problem import Feedback, Judgement, Match
from matching.technology.problem_plain import from_plain, to_plain


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAssignment:
    """An assignment: the digest of the problem that it was made from, and what it says."""

    id: str
    problem_digest: str
    body: Mapping[str, Any]
    created_ms: int


def add_matches(session: Session, operator_id: str, matches: Iterable[Match]) -> int:
    """Store the lines of a ranking; return how many.

    Raises
    ------
    Conflict
        When an id is taken, or a demand or provider is not stored in that version.
    """
    return insert_all(
        session,
        TechnologyMatchRow,
        (
            {
                "operator_id": operator_id,
                "id": one.match_id,
                "demand_id": one.demand_id,
                "demand_version": one.demand_version,
                "provider_id": one.provider_id,
                "provider_version": one.provider_version,
                "rank": one.rank,
                "score_nano": one.score_nano,
                "body": to_plain(one),
                "created_ms": one.created_at_ms,
            }
            for one in matches
        ),
    )


def match(session: Session, viewer: Viewer, match_id: str) -> Match:
    """Return a match. Raises NotFound when there is none that the viewer may see."""
    query = _matches(viewer).where(col(TechnologyMatchRow.id) == match_id)
    return from_plain(Match, only(session, query, kind="match", key=match_id).body)


def matches(
    session: Session, viewer: Viewer, demand_id: str, *, limit: int = PAGE
) -> tuple[Match, ...]:
    """Return the newest ranking of a demand that the viewer may see, the best first."""
    row = TechnologyMatchRow
    own = _matches(viewer).where(col(row.demand_id) == demand_id)
    newest = first(session, own.order_by(col(row.created_ms).desc()))
    if newest is None:
        return ()
    query = own.where(col(row.created_ms) == newest.created_ms).order_by(col(row.rank))
    return tuple(from_plain(Match, one.body) for one in found(session, query.limit(limit)))


def add_feedback(session: Session, operator_id: str, feedback: Feedback) -> None:
    """Store what somebody said; the same again is harmless.

    Raises
    ------
    Conflict
        When the id is of something else that was said, or there is no such match.
    """
    values = {
        "operator_id": operator_id,
        "id": feedback.feedback_id,
        "match_id": feedback.match_id,
        "actor_role": feedback.actor_role,
        "judgement": feedback.judgement.value,
        "reason": feedback.reason,
        "given_ms": feedback.given_at_ms,
    }
    if insert_new(session, TechnologyFeedbackRow, values):
        return
    row = TechnologyFeedbackRow
    query = select(row).where(
        col(row.operator_id) == operator_id, col(row.id) == feedback.feedback_id
    )
    stored = _feedback(only(session, query, kind="feedback", key=feedback.feedback_id))
    if (stored.match_id, stored.judgement, stored.reason) != (
        feedback.match_id,
        feedback.judgement,
        feedback.reason,
    ):
        raise Conflict("feedback", feedback.feedback_id, "it says something else; choose a new id")


def feedback(session: Session, viewer: Viewer) -> tuple[Feedback, ...]:
    """Return all that was said, for learning. Raises NotFound unless the operator asks."""
    if not viewer.is_operator:
        raise NotFound("feedback", viewer.operator_id)
    row = TechnologyFeedbackRow
    query = select(row).where(col(row.operator_id) == viewer.operator_id).order_by(col(row.id))
    return tuple(_feedback(one) for one in found(session, query))


def judged(session: Session, viewer: Viewer) -> tuple[tuple[Match, Feedback], ...]:
    """Return each judgement with its match, by the judgement's id, for learning.

    Raises
    ------
    NotFound
        Unless the operator asks.
    """
    said = feedback(session, viewer)
    row = TechnologyMatchRow
    about = select(TechnologyFeedbackRow.match_id).where(
        col(TechnologyFeedbackRow.operator_id) == viewer.operator_id
    )
    query = select(row).where(col(row.operator_id) == viewer.operator_id, col(row.id).in_(about))
    made = {one.id: from_plain(Match, one.body) for one in found(session, query)}
    return tuple((made[one.match_id], one) for one in said)


def add_assignment(session: Session, operator_id: str, made: StoredAssignment) -> None:
    """Store an assignment; the same again is harmless. Raises Conflict when the id is taken."""
    values = {
        "operator_id": operator_id,
        "id": made.id,
        "problem_digest": made.problem_digest,
        "body": dict(made.body),
        "created_ms": made.created_ms,
    }
    if insert_new(session, TechnologyAssignmentRow, values):
        return
    stored = assignment(session, Viewer.operator(operator_id), made.id)
    if dict(stored.body) != dict(made.body):
        raise Conflict("assignment", made.id, "it is another one; choose a new id")


def assignment(session: Session, viewer: Viewer, assignment_id: str) -> StoredAssignment:
    """Return an assignment. Raises NotFound unless the operator asks for one that is there."""
    if not viewer.is_operator:
        raise NotFound("assignment", assignment_id)
    row = TechnologyAssignmentRow
    query = select(row).where(
        col(row.operator_id) == viewer.operator_id, col(row.id) == assignment_id
    )
    return _assignment(only(session, query, kind="assignment", key=assignment_id))


def assignments(
    session: Session, viewer: Viewer, *, after: str | None = None, limit: int = PAGE
) -> tuple[StoredAssignment, ...]:
    """Return one page of assignments by id; none to anybody but the operator."""
    if not viewer.is_operator:
        return ()
    row = TechnologyAssignmentRow
    query = select(row).where(col(row.operator_id) == viewer.operator_id)
    rows = found(session, page(query, col(row.id), after=after, limit=limit))
    return tuple(map(_assignment, rows))


def _matches(viewer: Viewer) -> SelectOfScalar[TechnologyMatchRow]:
    row, demand, provider = TechnologyMatchRow, TechnologyDemandRow, TechnologyProviderRow
    query = select(row).where(col(row.operator_id) == viewer.operator_id)
    if viewer.organisation_id is None:
        return query
    mine = select(demand.id).where(
        col(demand.operator_id) == viewer.operator_id,
        col(demand.owner_org) == viewer.organisation_id,
    )
    ours = select(provider.id).where(
        col(provider.operator_id) == viewer.operator_id,
        col(provider.org_id) == viewer.organisation_id,
    )
    return query.where(or_(col(row.demand_id).in_(mine), col(row.provider_id).in_(ours)))


def _feedback(row: TechnologyFeedbackRow) -> Feedback:
    return Feedback(
        feedback_id=row.id,
        match_id=row.match_id,
        actor_role=row.actor_role,
        judgement=Judgement(row.judgement),
        reason=row.reason,
        given_at_ms=row.given_ms,
    )


def _assignment(row: TechnologyAssignmentRow) -> StoredAssignment:
    return StoredAssignment(
        id=row.id, problem_digest=row.problem_digest, body=row.body, created_ms=row.created_ms
    )
