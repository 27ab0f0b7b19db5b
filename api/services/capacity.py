"""Capacity offers and orders of the open book: read them, and take them out of it.

A change holds from the next matching run and the next quote on. What both sides have agreed stays
as it was agreed: the minutes of an agreed order are kept although its offer is withdrawn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlmodel import Session

from api.services.workspace import Workspace
from data.errors import NotFound
from data.kinds import OfferStatus
from data.stores import capacity as scopes
from data.stores import offers as offer_store
from data.stores import orders as order_store
from data.stores.offers import StoredOffer
from data.stores.orders import StoredOrder
from data.stores.viewer import Viewer


def list_offers(
    workspace: Workspace, *, after: str = "", limit: int = 100
) -> tuple[StoredOffer, ...]:
    """Return capacity offers by id, after the given id; none before the first import."""
    with workspace.snapshot() as session:
        try:
            scope = scopes.current_scope(session, workspace.viewer)
        except NotFound:
            return ()
        return offer_store.listing(
            session, workspace.viewer, scope.id, after=after or None, limit=limit
        )


def list_orders(
    workspace: Workspace, *, after: str = "", limit: int = 100
) -> tuple[StoredOrder, ...]:
    """Return orders by id, after the given id; none before the first import."""
    with workspace.snapshot() as session:
        try:
            scope = scopes.current_scope(session, workspace.viewer)
        except NotFound:
            return ()
        return order_store.listing(
            session, workspace.viewer, scope.id, after=after or None, limit=limit
        )


def get_offer(workspace: Workspace, offer_id: str) -> StoredOffer:
    """Return one offer. Raises NotFound."""
    with workspace.snapshot() as session:
        scope = scopes.current_scope(session, workspace.viewer)
        return offer_store.get(session, workspace.viewer, scope.id, offer_id)


def get_order(workspace: Workspace, order_id: str) -> StoredOrder:
    """Return one order. Raises NotFound."""
    with workspace.snapshot() as session:
        scope = scopes.current_scope(session, workspace.viewer)
        return order_store.get(session, workspace.viewer, scope.id, order_id)


def set_offer_status(
    workspace: Workspace, offer_id: str, status: OfferStatus, *, organisation_id: str | None = None
) -> StoredOffer:
    """Withdraw an offer, or open it again; doing it again is harmless.

    Parameters
    ----------
    organisation_id
        On whose behalf: the enterprise that owns the offer, or None for the operator.

    Raises
    ------
    NotFound
        When the open book has no such offer, or it is another enterprise's.
    """

    def change(session: Session, viewer: Viewer, scope_id: str) -> None:
        offer_store.set_status(session, viewer, scope_id, offer_id, status)

    return _changed_offer(workspace, offer_id, organisation_id, change)


def set_idle_minutes(
    workspace: Workspace,
    offer_id: str,
    idle_minutes: Sequence[int],
    *,
    organisation_id: str | None = None,
) -> StoredOffer:
    """Replace the idle minutes of an offer, one number ≥ 0 for each week of the open book.

    Minutes that agreed orders hold are taken off them, as before.

    Parameters
    ----------
    organisation_id
        On whose behalf: the enterprise that owns the offer, or None for the operator.

    Raises
    ------
    NotFound
        When the open book has no such offer, or it is another enterprise's.
    ValueNotStorable
        When the numbers are too few, too many or negative.
    """

    def change(session: Session, viewer: Viewer, scope_id: str) -> None:
        offer_store.set_idle_minutes(session, viewer, scope_id, offer_id, idle_minutes)

    return _changed_offer(workspace, offer_id, organisation_id, change)


def withdraw_order(
    workspace: Workspace, order_id: str, *, organisation_id: str | None = None
) -> StoredOrder:
    """Take an open order out of the book, for good; doing it again is harmless.

    Parameters
    ----------
    organisation_id
        On whose behalf: the order's buyer, or None for the operator.

    Raises
    ------
    NotFound
        When the open book has no such order, or it is another buyer's.
    WrongStatus
        When both sides have agreed on a plan for it.
    """
    viewer = workspace.viewer_of(organisation_id)
    with workspace.transaction() as session:
        scope = scopes.current_scope(session, viewer)
        order_store.withdraw(session, viewer, scope.id, order_id)
        return order_store.get(session, viewer, scope.id, order_id)


def _changed_offer(
    workspace: Workspace,
    offer_id: str,
    organisation_id: str | None,
    change: Callable[[Session, Viewer, str], None],
) -> StoredOffer:
    viewer = workspace.viewer_of(organisation_id)
    with workspace.transaction() as session:
        scope = scopes.current_scope(session, viewer)
        change(session, viewer, scope.id)
        return offer_store.get(session, viewer, scope.id, offer_id)
