"""/v1/offers and /v1/orders: what the optimiser works with."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from api.deps import AfterQuery, LimitQuery, WorkspaceDep
from api.schemas.base import Id
from api.schemas.capacity import Offer, OfferPage, Order, OrderPage
from api.schemas.openapi import refusals
from api.services import capacity

router = APIRouter(prefix="/v1", tags=["capacity"])


@router.get("/offers", responses=refusals(422))
def list_offers(
    workspace: WorkspaceDep, after: AfterQuery = "", limit: LimitQuery = 100
) -> OfferPage:
    """List capacity offers by id."""
    found = capacity.list_offers(workspace, after=after, limit=limit + 1)
    page = found[:limit]
    following = page[-1].offer_id if len(found) > limit else None
    return OfferPage(items=[Offer.of(value) for value in page], next=following)


@router.get("/offers/{offer_id}", responses=refusals(404, 422))
def get_offer(workspace: WorkspaceDep, offer_id: Annotated[Id, Path()]) -> Offer:
    """Return one capacity offer."""
    return Offer.of(capacity.get_offer(workspace, offer_id))


@router.get("/orders", responses=refusals(422))
def list_orders(
    workspace: WorkspaceDep, after: AfterQuery = "", limit: LimitQuery = 100
) -> OrderPage:
    """List orders by id."""
    found = capacity.list_orders(workspace, after=after, limit=limit + 1)
    page = found[:limit]
    following = page[-1].order_id if len(found) > limit else None
    return OrderPage(items=[Order.of(value) for value in page], next=following)


@router.get("/orders/{order_id}", responses=refusals(404, 422))
def get_order(workspace: WorkspaceDep, order_id: Annotated[Id, Path()]) -> Order:
    """Return one order."""
    return Order.of(capacity.get_order(workspace, order_id))
