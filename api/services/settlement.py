"""Carry what the record says into the rows: statuses, and orders that all sides accepted.

The record is the truth. A crash between an entry and its rows loses nothing: `reconcile` finds
what is missing by looking at the record, and everything here may be done twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeVar

from sqlmodel import Session

from api.services import disclosures, order_making
from api.services.paging import every
from api.services.workspace import Workspace
from data.errors import NotFound, WrongStatus
from data.kinds import (
    OrganisationStatus,
    ProposalStatus,
    PurchaseOrderStatus,
)
from data.stores import (
    duplicates,
    order_keys,
    organisations,
    plans,
    proposals,
    purchase_orders,
)
from data.stores.proposals import Proposal
from data.stores.purchase_orders import PurchaseOrder
from ledger.claims.drafts import Draft
from ledger.claims.state import OrderState, ProposalState
from ledger.errors import Refusal
from ledger.values.consent import EventType
from ledger.values.transitions import OrderStatus
from ledger.values.transitions import ProposalStatus as AnswerStatus

REJECTED_BY_BUYER = "REJECTED_BY_BUYER"
FINAL = frozenset({"DUPLICATE_ORDER", "SELF_TRADE", "LINE_SUM"})
"""Refusals of a submission that no new signature mends: the purchase order is refused."""

RowT = TypeVar("RowT", Proposal, PurchaseOrder)
Settle = Callable[[Workspace, Session, Draft], None]


def entered(workspace: Workspace, drafts: Sequence[Draft]) -> None:
    """Carry entries into the rows, in one transaction."""
    settled = [(_SETTLE.get(EventType(str(draft.body["type"]))), draft) for draft in drafts]
    if any(settle is not None for settle, _ in settled):
        with workspace.transaction() as session:
            for settle, draft in settled:
                if settle is not None:
                    settle(workspace, session, draft)


def refused(workspace: Workspace, draft: Draft, refusal: Refusal) -> None:
    """Note on its purchase order that a submission can never be entered."""
    if draft.body["type"] != EventType.ORDER_SUBMITTED or refusal.code not in FINAL:
        return
    with workspace.transaction() as session:
        _move_order(
            workspace,
            session,
            str(draft.body["order"]),
            PurchaseOrderStatus.REFUSED,
            expected=(PurchaseOrderStatus.IMPORTED,),
            code=refusal.code,
        )


def reconcile(workspace: Workspace) -> int:
    """Carry into the rows what the record says and a crash kept from them; return how many.

    Answers to proposals, purchase orders that were submitted, confirmed or rejected, and keys
    whose erasure is entered.
    """
    erased = disclosures.finish_erasures(workspace)
    with workspace.snapshot() as session, workspace.log.reader() as reader:
        answers = [
            (proposal.id, ProposalState.from_json(state))
            for proposal in _all(proposals.listing, session, workspace, ProposalStatus.PROPOSED)
            if (state := reader.state(f"{ProposalState.prefix}/{proposal.id}")) is not None
        ]
        orders = [
            (order.ledger_handle, OrderState.from_json(state).status)
            for status in (PurchaseOrderStatus.IMPORTED, PurchaseOrderStatus.SUBMITTED)
            for order in _all(purchase_orders.listing, session, workspace, status)
            if order.ledger_handle is not None
            and (state := reader.state(f"{OrderState.prefix}/{order.ledger_handle}")) is not None
            and OrderState.from_json(state).status.value != status.value
        ]
    if not answers and not orders:
        return erased
    with workspace.transaction() as session:
        for proposal_id, answer in answers:
            accepted = answer.status is AnswerStatus.ACCEPTED
            _decide(workspace, session, proposal_id, accepted=accepted, by=answer.party)
        for handle, status in orders:
            _follow_record(workspace, session, handle, status)
    return len(answers) + len(orders) + erased


def _all(
    listing: Callable[..., tuple[RowT, ...]], session: Session, workspace: Workspace, status: object
) -> list[RowT]:
    return list(every(lambda after: listing(session, workspace.viewer, status=status, after=after)))


def _follow_record(
    workspace: Workspace, session: Session, handle: str, status: OrderStatus
) -> None:
    if status is OrderStatus.REJECTED:
        _rejected(workspace, session, handle)
        return
    _submitted(workspace, session, handle)
    if status is OrderStatus.CONFIRMED:
        _confirmed(workspace, session, handle)


def _onboarded(workspace: Workspace, session: Session, draft: Draft) -> None:
    handle = str(draft.body["subject"])
    organisation = organisations.find_by_handle(session, workspace.viewer, handle)
    status = OrganisationStatus.ONBOARDED
    organisations.set_status(session, workspace.operator_id, organisation.id, status)


def _erased(workspace: Workspace, session: Session, draft: Draft) -> None:
    """Destroy the key of what an entered erasure names."""
    order_keys.destroy(
        session.connection(),
        workspace.operator_id,
        str(draft.body["subject"]),
        now_ms=workspace.clock_ms(),
    )
    duplicates.forget(session, workspace.operator_id, str(draft.body["subject"]))


def _answered(workspace: Workspace, session: Session, draft: Draft) -> None:
    body = draft.body
    accepted = body["type"] == EventType.PROPOSAL_ACCEPTED
    _decide(workspace, session, str(body["subject"]), accepted=accepted, by=str(body["party"]))


def _decide(
    workspace: Workspace, session: Session, proposal_id: str, *, accepted: bool, by: str
) -> None:
    """Note an answer; with the last acceptance of the order, make its purchase orders."""
    decided = proposals.decide(
        session,
        workspace.viewer,
        proposal_id,
        accepted=accepted,
        decided_by=by,
        now_ms=workspace.clock_ms(),
    )
    if accepted and all(map(_accepted, _of_order(workspace, session, decided))):
        plan = plans.get(session, workspace.viewer, decided.plan_id)
        try:
            order_making.agree(workspace, session, plan, decided.order_id)
        except WrongStatus:
            # Another plan took the order or its hours first, or one of them was withdrawn. The
            # answers stand in the record; an order that is still open is proposed by the next run.
            return


def _of_order(workspace: Workspace, session: Session, proposal: Proposal) -> tuple[Proposal, ...]:
    return proposals.of_order(session, workspace.viewer, proposal.plan_id, proposal.order_id)


def _accepted(proposal: Proposal) -> bool:
    return proposal.status is ProposalStatus.ACCEPTED


def _submitted(workspace: Workspace, session: Session, handle: str) -> None:
    _move_order(
        workspace,
        session,
        handle,
        PurchaseOrderStatus.SUBMITTED,
        expected=(PurchaseOrderStatus.IMPORTED, PurchaseOrderStatus.REFUSED),
    )


def _confirmed(workspace: Workspace, session: Session, handle: str) -> None:
    status = PurchaseOrderStatus.CONFIRMED
    expected = (PurchaseOrderStatus.SUBMITTED, PurchaseOrderStatus.IMPORTED)
    _move_order(workspace, session, handle, status, expected=expected)


def _rejected(workspace: Workspace, session: Session, handle: str) -> None:
    _move_order(
        workspace,
        session,
        handle,
        PurchaseOrderStatus.REFUSED,
        expected=(PurchaseOrderStatus.SUBMITTED, PurchaseOrderStatus.IMPORTED),
        code=REJECTED_BY_BUYER,
    )


def _move_order(
    workspace: Workspace,
    session: Session,
    handle: str,
    status: PurchaseOrderStatus,
    *,
    expected: tuple[PurchaseOrderStatus, ...],
    code: str | None = None,
) -> None:
    try:
        order = purchase_orders.find_by_handle(session, workspace.viewer, handle)
    except NotFound:
        return  # submitted by its parties without a purchase order of ours
    if order.status in expected:
        purchase_orders.set_status(
            session, workspace.operator_id, order.id, status, expected=expected, code=code
        )


def _by_order(settle: Callable[[Workspace, Session, str], None]) -> Settle:
    return lambda workspace, session, draft: settle(workspace, session, str(draft.body["order"]))


_SETTLE: Mapping[EventType, Settle] = MappingProxyType(
    {
        EventType.PARTY_ONBOARDED: _onboarded,
        EventType.PROPOSAL_ACCEPTED: _answered,
        EventType.PROPOSAL_DECLINED: _answered,
        EventType.ERASURE: _erased,
        EventType.ORDER_SUBMITTED: _by_order(_submitted),
        EventType.ORDER_CONFIRMED: _by_order(_confirmed),
        EventType.ORDER_REJECTED: _by_order(_rejected),
    }
)
