"""The open book: the scope that imports fill and runs plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from sqlmodel import Session

from api.services.errors import BadRequest
from api.services.workspace import Workspace, new_handle
from data.errors import Conflict, NotFound
from data.importers.workbook import EnterpriseCard, WorkbookContent
from data.kinds import OrganisationKind, OrganisationStatus
from data.reference.calendar import check_week0, next_week0
from data.stores import capacity, offers, orders, organisations, parks
from data.stores.capacity import Scope
from data.stores.organisations import Identifier, Organisation
from data.stores.parks import RegisteredPark
from matching.capacity import Offer, Order, Problem


def current(session: Session, workspace: Workspace) -> Scope:
    """Return the open book's scope.

    Raises
    ------
    BadRequest
        When nothing was imported yet.
    """
    try:
        return capacity.current_scope(session, workspace.viewer)
    except NotFound:
        raise BadRequest(
            "There are no parks and no horizon yet: import a CSV bundle first (settings.json and "
            "parks.csv say where and how long to plan); workbooks add to it."
        ) from None


def open_scope(
    session: Session, workspace: Workspace, problem: Problem, *, name: str, week0: date | None
) -> Scope:
    """Keep a bundle as a new scope and make it the open book.

    Parameters
    ----------
    week0
        Monday of week 0; None: the Monday after today.

    Raises
    ------
    BadRequest
        When `week0` is no Monday.
    """
    now = workspace.clock_ms()
    try:
        first = next_week0(now) if week0 is None else check_week0(week0)
    except ValueError as wrong:
        raise BadRequest(f"{wrong}.", week0=str(week0)) from None
    parks.ensure(
        session,
        workspace.operator_id,
        (
            RegisteredPark(
                id=park.park_id, name=park.park_id, latitude=park.lat, longitude=park.lon
            )
            for park in problem.parks
        ),
    )
    organisations.ensure_named(session, workspace.operator_id, _named(problem, now))
    return capacity.save_problem(
        session,
        workspace.operator_id,
        problem,
        first,
        scope_id=new_handle(),
        name=name,
        now_ms=now,
    )


def add_workbook(
    session: Session, workspace: Workspace, scope: Scope, content: WorkbookContent
) -> None:
    """Add a workbook's enterprises, offers and orders to the open book.

    An offer that is there already gets the workbook's idle minutes; everything else about it must
    be the same.

    Raises
    ------
    BadRequest
        When a park is not one of the book's, or hours lie beyond its horizon.
    Conflict
        When an offer or order of the same id says something else.
    """
    try:
        fitted = content.fitted(scope.settings.weeks)
    except ValueError as beyond:
        raise BadRequest(f"{beyond}; the book plans {scope.settings.weeks} weeks.") from None
    known = {park.park_id for park in capacity.parks(session, workspace.viewer, scope.id)}
    for offer in fitted.offers:
        _require_park(f"offer {offer.offer_id}", offer.park_id, known)
    for card in content.enterprises:
        if card.park_id:
            _require_park(f"enterprise {card.enterprise_id}", card.park_id, known)
    now = workspace.clock_ms()
    for card in content.enterprises:
        _add_enterprise(session, workspace, card, now)
    buyers = (_organisation(order.buyer_id, now) for order in fitted.orders)
    organisations.ensure_named(session, workspace.operator_id, buyers)
    new_offers = [one for one in fitted.offers if _is_new_offer(session, workspace, scope, one)]
    new_orders = [one for one in fitted.orders if _is_new_order(session, workspace, scope, one)]
    offers.add(session, workspace.operator_id, scope.id, new_offers)
    orders.add(session, workspace.operator_id, scope.id, new_orders)


def _require_park(what: str, park_id: str, known: set[str]) -> None:
    if park_id not in known:
        parks_known = ", ".join(sorted(known))
        raise BadRequest(
            f"{what}: expected one of the parks {parks_known}, got {park_id}.", park=park_id
        )


def _named(problem: Problem, now_ms: int) -> list[Organisation]:
    """Return the enterprises and buyers that a bundle names by its own ids."""
    park_of = {offer.enterprise_id: offer.park_id for offer in problem.offers}
    buyers = {order.buyer_id for order in problem.orders} - set(park_of)
    named = [replace(_organisation(one, now_ms), park_id=park_of[one]) for one in sorted(park_of)]
    return named + [_organisation(one, now_ms) for one in sorted(buyers)]


def _organisation(organisation_id: str, now_ms: int) -> Organisation:
    return Organisation(
        id=organisation_id,
        kind=OrganisationKind.ENTERPRISE,
        name=organisation_id,
        status=OrganisationStatus.NAMED,
        created_ms=now_ms,
    )


def _add_enterprise(
    session: Session, workspace: Workspace, card: EnterpriseCard, now_ms: int
) -> None:
    """Add an enterprise of a workbook; one that is there gets the identifier it lacks."""
    named = replace(
        _organisation(card.enterprise_id, now_ms),
        name=card.name_en or card.name_zh or card.enterprise_id,
        name_zh=card.name_zh or None,
        park_id=card.park_id or None,
        latitude=card.lat,
        longitude=card.lon,
    )
    organisations.ensure_named(session, workspace.operator_id, [named])
    if card.uscc:
        organisations.add_identifier(
            session,
            workspace.operator_id,
            card.enterprise_id,
            Identifier(scheme="uscc", value=card.uscc),
        )


def _is_new_offer(session: Session, workspace: Workspace, scope: Scope, offer: Offer) -> bool:
    try:
        stored = offers.get(session, workspace.viewer, scope.id, offer.offer_id).offer
    except NotFound:
        return True
    if replace(stored, idle_minutes=offer.idle_minutes) != offer:
        raise Conflict(
            "offer",
            offer.offer_id,
            "it was imported with other particulars; give the changed machine a new id",
        )
    if stored.idle_minutes != offer.idle_minutes:
        offers.set_idle_minutes(
            session, workspace.viewer, scope.id, offer.offer_id, offer.idle_minutes
        )
    return False


def _is_new_order(session: Session, workspace: Workspace, scope: Scope, order: Order) -> bool:
    try:
        stored = orders.get(session, workspace.viewer, scope.id, order.order_id).order
    except NotFound:
        return True
    if stored != order:
        raise Conflict(
            "order",
            order.order_id,
            "it was imported with other particulars; give the new one an id of its own",
        )
    return False
