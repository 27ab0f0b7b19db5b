"""/v1/offers and /v1/orders: what the optimiser works with, and what is taken out of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from api.deps import AfterQuery, LimitQuery, WorkspaceDep
from api.schemas.base import Id
from api.schemas.capacity import IdleMinutes, Offer, OfferPage, Order, OrderPage
from api.schemas.openapi import refusals
from api.services import capacity
from data.kinds import OfferStatus

router = APIRouter(prefix="/v1", tags=["capacity"])

OfferId = Annotated[Id, Path()]
OrderId = Annotated[Id, Path()]
OwnerQuery = Annotated[
    Id | None,
    Query(description="Act for this organisation, on what is its own; absent: the operator"),
]


@router.get("/offers", responses=refusals(422))
def list_offers(
    workspace: WorkspaceDep, after: AfterQuery = "", limit: LimitQuery = 100
) -> OfferPage:
    """List capacity offers by id, the withdrawn ones too."""
    found = capacity.list_offers(workspace, after=after, limit=limit + 1)
    page = found[:limit]
    following = page[-1].offer.offer_id if len(found) > limit else None
    return OfferPage(items=[Offer.of(value) for value in page], next=following)


@router.get("/offers/{offer_id}", responses=refusals(404, 422))
def get_offer(workspace: WorkspaceDep, offer_id: OfferId) -> Offer:
    """Return one capacity offer."""
    return Offer.of(capacity.get_offer(workspace, offer_id))


@router.post("/offers/{offer_id}/withdraw", responses=refusals(404, 422))
def withdraw_offer(
    workspace: WorkspaceDep, offer_id: OfferId, organisation_id: OwnerQuery = None
) -> Offer:
    """Withdraw an offer: the next run and the next quote do without it.

    What is agreed on it stays agreed. Withdrawing it again is harmless.
    """
    status = OfferStatus.WITHDRAWN
    return Offer.of(
        capacity.set_offer_status(workspace, offer_id, status, organisation_id=organisation_id)
    )


@router.post("/offers/{offer_id}/open", responses=refusals(404, 422))
def open_offer(
    workspace: WorkspaceDep, offer_id: OfferId, organisation_id: OwnerQuery = None
) -> Offer:
    """Open a withdrawn offer again: the next run may plan with it. An open one stays open."""
    status = OfferStatus.OPEN
    return Offer.of(
        capacity.set_offer_status(workspace, offer_id, status, organisation_id=organisation_id)
    )


@router.put("/offers/{offer_id}/idle-minutes", responses=refusals(404, 422))
def put_idle_minutes(
    workspace: WorkspaceDep,
    offer_id: OfferId,
    body: IdleMinutes,
    organisation_id: OwnerQuery = None,
) -> Offer:
    """Replace an offer's idle minutes: one number for each week of the book.

    The minutes that agreed orders hold are still taken off them.
    """
    return Offer.of(
        capacity.set_idle_minutes(
            workspace, offer_id, body.idle_minutes, organisation_id=organisation_id
        )
    )


@router.get("/orders", responses=refusals(422))
def list_orders(
    workspace: WorkspaceDep, after: AfterQuery = "", limit: LimitQuery = 100
) -> OrderPage:
    """List orders by id, the agreed and the withdrawn ones too."""
    found = capacity.list_orders(workspace, after=after, limit=limit + 1)
    page = found[:limit]
    following = page[-1].order.order_id if len(found) > limit else None
    return OrderPage(items=[Order.of(value) for value in page], next=following)


@router.get("/orders/{order_id}", responses=refusals(404, 422))
def get_order(workspace: WorkspaceDep, order_id: OrderId) -> Order:
    """Return one order."""
    return Order.of(capacity.get_order(workspace, order_id))


@router.post("/orders/{order_id}/withdraw", responses=refusals(404, 409, 422))
def withdraw_order(
    workspace: WorkspaceDep, order_id: OrderId, organisation_id: OwnerQuery = None
) -> Order:
    """Withdraw an order for good: no run and no quote sees it again, its proposals lapse.

    An agreed order is refused (409, `WRONG_STATUS`). Withdrawing one again is harmless.
    """
    return Order.of(capacity.withdraw_order(workspace, order_id, organisation_id=organisation_id))
