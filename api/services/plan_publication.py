"""Publish a plan: what it asks of each party, and its digest in the log."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence

from sqlmodel import Session

from api.services.drafting.frames import DAY_MS
from api.services.workspace import OPERATOR, Workspace
from data.errors import WrongStatus
from data.kinds import ProposalSide
from data.stores import ledger_log, organisations, plans, proposals, snapshots
from data.stores.plans import Plan
from data.stores.proposals import Proposal
from ledger.claims import drafts, events
from ledger.log.signing import key_id
from ledger.values.consent import Role
from matching.capacity import PlanLine, Problem, payments

OPEN_DAYS = 30
"""How long the request to publish a plan may wait for the operator's key to be enrolled."""


def request_id(plan_id: str) -> str:
    """Return the request id of a plan's publication: the same each time it is asked for."""
    return hashlib.sha256(f"parkloom/plan.published/v1\n{plan_id}".encode()).hexdigest()[:32]


def enqueue(workspace: Workspace, session: Session, plan: Plan, problem: Problem) -> None:
    """Ask every party for its answer, and the sequencer to enter `plan.published`.

    Runs in the caller's transaction, the one that stores the plan. Doing it again is harmless;
    a publication that was refused, because the operator's key was not enrolled yet, waits anew.

    Parameters
    ----------
    problem
        The snapshot that the plan was made from.
    """
    lines = plans.lines(session, workspace.viewer, plan.id)
    proposals.add(session, workspace.operator_id, _proposals(plan, problem, lines))
    operator = organisations.get(session, workspace.viewer, OPERATOR)
    draft = events.plan_published(
        events.Frame(
            origin=workspace.settings.origin,
            idem=request_id(plan.id),
            expires_ms=plan.created_ms + OPEN_DAYS * DAY_MS,
        ),
        operator=operator.ledger_handle or "",
        plan=plan.id,
        snapshot_sha256=plan.snapshot_digest,
        plan_sha256=plan.digest,
        objective_minor=max(0, plan.objective_fen),
        bound_minor=max(0, plan.bound_fen),
        currency="CNY",
        replaces=_entered_before(workspace, session, plan),
    )
    key = workspace.keys.event
    kid = key_id(key.public_key().public_bytes_raw())
    signed = drafts.add_signature(draft, key, kid, Role.OPERATOR)
    ledger_log.enqueue(session, workspace.settings.origin, drafts.to_request(signed))


def status(workspace: Workspace, session: Session, plan_id: str) -> str:
    """Return `pending`, `entered`, or `refused` with the code of the refusal."""
    found = ledger_log.outcome(session, workspace.settings.origin, request_id(plan_id))
    if found is None:
        return "pending"
    if found.refusal is not None:
        return f"refused: {found.refusal.code}"
    return "entered"


def publish_again(workspace: Workspace, plan_id: str) -> None:
    """Ask once more for a publication that was refused; any other one is left as it is.

    Raises
    ------
    WrongStatus
        When a newer plan has taken the plan's place: the record would name an old plan last.
    """
    with workspace.transaction() as session:
        plan = plans.get(session, workspace.viewer, plan_id)
        found = ledger_log.outcome(session, workspace.settings.origin, request_id(plan_id))
        if found is None or found.refusal is None:
            return
        newest = plans.latest(session, workspace.viewer, plan.scope_id)
        if newest is not None and newest.id != plan_id:
            raise WrongStatus("plan", plan_id, status="superseded", wanted=("the newest",))
        problem = snapshots.load(session, workspace.viewer, plan.snapshot_digest)
        enqueue(workspace, session, plan, problem)
    workspace.writer.drain()


def _entered_before(workspace: Workspace, session: Session, plan: Plan) -> str | None:
    """Return the plan that this one replaces, if the record knows it."""
    if plan.replaces and status(workspace, session, plan.replaces) == "entered":
        return plan.replaces
    return None


def _proposals(plan: Plan, problem: Problem, lines: Sequence[PlanLine]) -> Iterator[Proposal]:
    """Yield one proposal per side of each order: its buyer, and every enterprise that works."""
    orders = {order.order_id: order for order in problem.orders}
    by_order: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for (order_id, enterprise_id), payment in payments(problem, lines).items():
        by_order[order_id].append((enterprise_id, payment.fen))
    for order_id, shares in sorted(by_order.items()):
        total = sum(fen for _, fen in shares)
        asked = [(ProposalSide.BUYER, orders[order_id].buyer_id, total)]
        asked += [(ProposalSide.ENTERPRISE, enterprise, fen) for enterprise, fen in shares]
        for side, party, fen in asked:
            yield Proposal(
                id=_proposal_id(plan.id, order_id, side, party),
                plan_id=plan.id,
                scope_id=plan.scope_id,
                order_id=order_id,
                party_id=party,
                side=side,
                amount_fen=fen,
                created_ms=plan.created_ms,
            )


def _proposal_id(plan_id: str, order_id: str, side: ProposalSide, party_id: str) -> str:
    """Return the same id each time the same part is proposed. Plan ids are random, so are these."""
    text = f"parkloom/proposal/v1\n{plan_id}\n{order_id}\n{side.value}\n{party_id}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]
