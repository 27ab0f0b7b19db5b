"""Proposals: what each side of a planned order is asked to accept. A party sees its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy import update
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from data.errors import Conflict, WrongStatus
from data.kinds import ProposalSide, ProposalStatus
from data.stores.sql import PAGE, affected, found, insert_new, only, page
from data.stores.viewer import Viewer
from data.tables.proposals import ProposalRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One party's part in one order of one plan. Times are UTC milliseconds.

    Parameters
    ----------
    party_id
        Who is asked: the buyer, or an enterprise of the plan.
    amount_fen
        What the plan pays that enterprise; on the buyer's side what the buyer pays in all.
    request_id
        Of the append request that enters the answer in the log.
    decided_by
        The user who answered.
    """

    id: str
    plan_id: str
    scope_id: str
    order_id: str
    party_id: str
    side: ProposalSide
    amount_fen: int
    created_ms: int
    status: ProposalStatus = ProposalStatus.PROPOSED
    request_id: str | None = None
    decided_ms: int | None = None
    decided_by: str | None = None


def add(session: Session, operator_id: str, proposals: Iterable[Proposal]) -> int:
    """Ask the parties; those that were asked already stay as they are. Return how many are new.

    Raises
    ------
    Conflict
        When an id is that of another proposal, or the part was proposed under another id.
    """
    return sum(_add(session, operator_id, proposal) for proposal in proposals)


def decide(
    session: Session,
    viewer: Viewer,
    proposal_id: str,
    *,
    accepted: bool,
    decided_by: str,
    now_ms: int,
    request_id: str | None = None,
) -> Proposal:
    """Note a party's answer; the same answer again is harmless.

    Raises
    ------
    NotFound
        When there is no such proposal that the viewer may see.
    WrongStatus
        When the other answer was given before.
    """
    answer = ProposalStatus.ACCEPTED if accepted else ProposalStatus.DECLINED
    before = get(session, viewer, proposal_id)
    statement = (
        update(ProposalRow)
        .where(
            col(ProposalRow.operator_id) == viewer.operator_id,
            col(ProposalRow.id) == proposal_id,
            col(ProposalRow.status) == ProposalStatus.PROPOSED.value,
        )
        .values(
            status=answer.value, decided_by=decided_by, decided_ms=now_ms, request_id=request_id
        )
    )
    decided = affected(session, statement)
    after = get(session, viewer, before.id)
    if not decided and after.status is not answer:
        wanted = (ProposalStatus.PROPOSED.value,)
        raise WrongStatus("proposal", proposal_id, status=after.status.value, wanted=wanted)
    return after


def get(session: Session, viewer: Viewer, proposal_id: str) -> Proposal:
    """Return a proposal.

    Raises
    ------
    NotFound
        When there is none that the viewer may see.
    """
    query = _visible(viewer).where(col(ProposalRow.id) == proposal_id)
    return _proposal(only(session, query, kind="proposal", key=proposal_id))


def of_order(session: Session, viewer: Viewer, plan_id: str, order_id: str) -> tuple[Proposal, ...]:
    """Return the proposals for one order of a plan that the viewer may see, buyer's side first."""
    query = _visible(viewer).where(
        col(ProposalRow.plan_id) == plan_id, col(ProposalRow.order_id) == order_id
    )
    rows = found(session, query.order_by(col(ProposalRow.side), col(ProposalRow.party_id)))
    return tuple(_proposal(row) for row in rows)


def listing(
    session: Session,
    viewer: Viewer,
    *,
    plan_id: str | None = None,
    status: ProposalStatus | None = None,
    after: str | None = None,
    limit: int = PAGE,
) -> tuple[Proposal, ...]:
    """Return one page of the proposals that the viewer may see, by id."""
    query = _visible(viewer)
    if plan_id is not None:
        query = query.where(col(ProposalRow.plan_id) == plan_id)
    if status is not None:
        query = query.where(col(ProposalRow.status) == status.value)
    rows = found(session, page(query, col(ProposalRow.id), after=after, limit=limit))
    return tuple(_proposal(row) for row in rows)


def _visible(viewer: Viewer) -> SelectOfScalar[ProposalRow]:
    query = select(ProposalRow).where(col(ProposalRow.operator_id) == viewer.operator_id)
    if viewer.organisation_id is not None:
        query = query.where(col(ProposalRow.party_id) == viewer.organisation_id)
    return query


def _add(session: Session, operator_id: str, proposal: Proposal) -> bool:
    values = {
        "operator_id": operator_id,
        "id": proposal.id,
        "plan_id": proposal.plan_id,
        "scope_id": proposal.scope_id,
        "order_id": proposal.order_id,
        "party_id": proposal.party_id,
        "side": proposal.side.value,
        "status": proposal.status.value,
        "amount_fen": proposal.amount_fen,
        "request_id": proposal.request_id,
        "created_ms": proposal.created_ms,
        "decided_ms": proposal.decided_ms,
        "decided_by": proposal.decided_by,
    }
    if insert_new(session, ProposalRow, values):
        return True
    query = _visible(Viewer.operator(operator_id)).where(col(ProposalRow.id) == proposal.id)
    rows = found(session, query)
    if not rows or _asked(_proposal(rows[0])) != _asked(proposal):
        raise Conflict(
            "proposal",
            proposal.id,
            "the id is another proposal's, or this part of the plan was proposed under another id",
        )
    return False


def _asked(proposal: Proposal) -> Proposal:
    """Return what was asked, without the answer and the time."""
    return replace(
        proposal,
        created_ms=0,
        status=ProposalStatus.PROPOSED,
        request_id=None,
        decided_ms=None,
        decided_by=None,
    )


def _proposal(row: ProposalRow) -> Proposal:
    return Proposal(
        id=row.id,
        plan_id=row.plan_id,
        scope_id=row.scope_id,
        order_id=row.order_id,
        party_id=row.party_id,
        side=ProposalSide(row.side),
        amount_fen=row.amount_fen,
        created_ms=row.created_ms,
        status=ProposalStatus(row.status),
        request_id=row.request_id,
        decided_ms=row.decided_ms,
        decided_by=row.decided_by,
    )
