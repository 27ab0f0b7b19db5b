"""/v1/proposals and /v1/purchase-orders: what both sides say to a plan, and what follows."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from api.deps import AfterQuery, LimitQuery, WorkspaceDep, page_of
from api.routes.ledger import draft_response
from api.schemas.base import Id
from api.schemas.ledger import DRAFT_RESPONSE
from api.schemas.openapi import refusals
from api.schemas.proposals import (
    AnswerRequest,
    PartyLink,
    Proposal,
    ProposalPage,
    PurchaseOrder,
    PurchaseOrderPage,
    SubmissionRequest,
)
from api.services import proposals, purchase_orders

router = APIRouter(prefix="/v1", tags=["proposals"])

ProposalId = Annotated[Id, Path()]
PurchaseOrderId = Annotated[Id, Path()]


@router.get("/proposals", responses=refusals(422))
def list_proposals(
    workspace: WorkspaceDep,
    plan_id: Annotated[Id | None, Query()] = None,
    organisation_id: Annotated[Id | None, Query()] = None,
    order_id: Annotated[Id | None, Query()] = None,
    after: AfterQuery = "",
    limit: LimitQuery = 100,
) -> ProposalPage:
    """List proposals by id."""
    found = proposals.list_proposals(
        workspace, plan_id=plan_id, organisation_id=organisation_id, order_id=order_id
    )
    page, following = page_of(found, lambda view: view.id, after=after, limit=limit)
    return ProposalPage(items=[Proposal.of(view) for view in page], next=following)


@router.get("/proposals/{proposal_id}", responses=refusals(404, 422))
def get_proposal(workspace: WorkspaceDep, proposal_id: ProposalId) -> Proposal:
    """Return one proposal."""
    return Proposal.of(proposals.get(workspace, proposal_id))


@router.post(
    "/proposals/{proposal_id}/draft",
    response_class=Response,
    responses={**DRAFT_RESPONSE, **refusals(404, 409, 422)},
)
def draft_answer(workspace: WorkspaceDep, proposal_id: ProposalId, body: AnswerRequest) -> Response:
    """Make the draft of an answer; signed by the party's maker, it goes to /v1/ledger/entries.

    The server never answers for a party. With the last acceptance of an order its purchase
    orders are written.
    """
    return draft_response(proposals.draft_answer(workspace, proposal_id, body.answer))


@router.get("/purchase-orders", responses=refusals(422))
def list_purchase_orders(
    workspace: WorkspaceDep,
    status: Annotated[
        Literal["imported", "held", "refused", "submitted", "confirmed"] | None, Query()
    ] = None,
    order_id: Annotated[Id | None, Query()] = None,
    after: AfterQuery = "",
    limit: LimitQuery = 100,
) -> PurchaseOrderPage:
    """List purchase orders by id."""
    found = purchase_orders.list_purchase_orders(workspace, status=status, order_id=order_id)
    page, following = page_of(found, lambda view: view.id, after=after, limit=limit)
    return PurchaseOrderPage(items=[PurchaseOrder.of(view) for view in page], next=following)


@router.get("/purchase-orders/{purchase_order_id}", responses=refusals(404, 422))
def get_purchase_order(
    workspace: WorkspaceDep, purchase_order_id: PurchaseOrderId
) -> PurchaseOrder:
    """Return one purchase order."""
    return PurchaseOrder.of(purchase_orders.get(workspace, purchase_order_id))


@router.put(
    "/purchase-orders/{purchase_order_id}/parties/{side}", responses=refusals(404, 409, 422)
)
def link_party(
    workspace: WorkspaceDep,
    purchase_order_id: PurchaseOrderId,
    side: Annotated[Literal["buyer", "seller"], Path()],
    body: PartyLink,
) -> PurchaseOrder:
    """Say which organisation a document's party is; frees an order that was held for it."""
    view = purchase_orders.link_party(
        workspace, purchase_order_id, side=side, organisation_id=body.organisation_id
    )
    return PurchaseOrder.of(view)


@router.post(
    "/purchase-orders/{purchase_order_id}/draft",
    response_class=Response,
    responses={**DRAFT_RESPONSE, **refusals(404, 409, 422)},
)
def draft_submission(
    workspace: WorkspaceDep, purchase_order_id: PurchaseOrderId, body: SubmissionRequest
) -> Response:
    """Make the draft of order.submitted; its maker and checker sign it."""
    return draft_response(
        purchase_orders.draft_submission(workspace, purchase_order_id, by=body.by)
    )
