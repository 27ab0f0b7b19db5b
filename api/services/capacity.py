"""Capacity offers and orders of the open book, as the optimiser sees them."""

from __future__ import annotations

from api.services.workspace import Workspace
from data.errors import NotFound
from data.stores import capacity as scopes
from data.stores import offers as offer_store
from data.stores import orders as order_store
from matching.capacity import Offer, Order


def list_offers(workspace: Workspace, *, after: str = "", limit: int = 100) -> tuple[Offer, ...]:
    """Return capacity offers by id, after the given id; none before the first import."""
    with workspace.snapshot() as session:
        try:
            scope = scopes.current_scope(session, workspace.viewer)
        except NotFound:
            return ()
        found = offer_store.listing(
            session, workspace.viewer, scope.id, after=after or None, limit=limit
        )
        return tuple(stored.offer for stored in found)


def list_orders(workspace: Workspace, *, after: str = "", limit: int = 100) -> tuple[Order, ...]:
    """Return orders by id, after the given id; none before the first import."""
    with workspace.snapshot() as session:
        try:
            scope = scopes.current_scope(session, workspace.viewer)
        except NotFound:
            return ()
        found = order_store.listing(
            session, workspace.viewer, scope.id, after=after or None, limit=limit
        )
        return tuple(stored.order for stored in found)


def get_offer(workspace: Workspace, offer_id: str) -> Offer:
    """Return one offer. Raises NotFound."""
    with workspace.snapshot() as session:
        scope = scopes.current_scope(session, workspace.viewer)
        return offer_store.get(session, workspace.viewer, scope.id, offer_id).offer


def get_order(workspace: Workspace, order_id: str) -> Order:
    """Return one order. Raises NotFound."""
    with workspace.snapshot() as session:
        scope = scopes.current_scope(session, workspace.viewer)
        return order_store.get(session, workspace.viewer, scope.id, order_id).order
