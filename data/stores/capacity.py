"""Whole capacity problems: what was imported, and the open book to match next.

A *scope* is one horizon with its settings, the Monday of its week 0, and the parks, offers and
orders in it. One scope of an operator is current: its open book.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from data.errors import Conflict, NotFound, ValueNotStorable
from data.stores import offers as offer_store
from data.stores import orders as order_store
from data.stores.sql import affected, found, insert_all, insert_new, only
from data.stores.viewer import Viewer
from data.tables.capacity import MatchingScopeRow, ScopeParkRow
from data.tables.orders import OrderRow
from data.tables.plans import PlanLineRow
from matching.capacity import Offer, Park, Problem, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """One horizon that offers and orders share.

    Parameters
    ----------
    week0
        Monday of the ISO week that is week 0.
    currency
        Of all its amounts; matching runs in CNY.
    current
        Whether it is its operator's open book.
    created_ms
        UTC milliseconds.
    revision
        How often its offers and orders were changed after they were added: withdrawn, opened
        again, given other idle minutes.
    """

    id: str
    name: str
    week0: date
    settings: Settings
    created_ms: int
    currency: str = "CNY"
    current: bool = True
    revision: int = 0

    def __post_init__(self) -> None:
        if self.week0.isoweekday() != 1:
            raise ValueError(
                f"scope {self.id}: week 0 begins on a Monday, got {self.week0} "
                f"({self.week0:%A}); give the Monday of its ISO week"
            )
        if self.currency != "CNY":
            raise ValueError(f"scope {self.id}: matching runs in CNY, not in {self.currency}")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenBook:
    """What is to be matched now: a scope and its problem without what is agreed already."""

    scope: Scope
    problem: Problem


def save_problem(
    session: Session,
    operator_id: str,
    problem: Problem,
    week0: date,
    *,
    scope_id: str,
    name: str,
    now_ms: int,
    numbers: Mapping[str, str] | None = None,
    current: bool = True,
) -> Scope:
    """Keep a whole problem as a new scope, and make it the open book unless told otherwise.

    Parameters
    ----------
    week0
        Monday of the ISO week that is week 0.
    scope_id
        Chosen by the caller, new for the operator.
    numbers
        The buyers' own order numbers by order id; an order without one is known by its id.

    Raises
    ------
    Conflict
        When the operator has a scope of that id.
    ValueError
        When `week0` is no Monday.
    """
    scope = Scope(
        id=scope_id,
        name=name,
        week0=week0,
        settings=problem.settings,
        created_ms=now_ms,
        current=current,
    )
    add_scope(session, operator_id, scope)
    add_parks(session, operator_id, scope_id, problem.parks)
    offer_store.add(session, operator_id, scope_id, problem.offers)
    order_store.add(session, operator_id, scope_id, problem.orders, numbers=numbers)
    order_store.add_quotations(session, operator_id, scope_id, problem.quotations)
    return scope


def load_open_book(session: Session, viewer: Viewer, scope_id: str | None = None) -> OpenBook:
    """Return all open offers and open orders of a scope, by default the current one.

    Raises
    ------
    NotFound
        When there is no such scope, no current one, or the viewer is not the operator.
    """
    book = current_scope(session, viewer) if scope_id is None else scope(session, viewer, scope_id)
    if not viewer.is_operator:
        raise NotFound("open book", book.id)
    offers = open_offers(session, viewer, book.id)
    orders = order_store.in_order(session, viewer, book.id, open_only=True)
    offer_ids = {offer.offer_id for offer in offers}
    order_ids = {order.order_id for order in orders}
    problem = Problem(
        settings=book.settings,
        parks=parks(session, viewer, book.id),
        offers=offers,
        orders=orders,
        quotations=tuple(
            quotation
            for quotation in order_store.quotations(session, viewer, book.id)
            if quotation.offer_id in offer_ids and quotation.order_id in order_ids
        ),
    )
    return OpenBook(scope=book, problem=problem)


def open_offers(
    session: Session, viewer: Viewer, scope_id: str, *, besides: str | None = None
) -> tuple[Offer, ...]:
    """Return a scope's open offers without the minutes that agreed orders hold.

    Parameters
    ----------
    besides
        A plan whose own agreed orders do not count.
    """
    taken = agreed_minutes(session, viewer, scope_id, besides=besides)
    offers = offer_store.in_order(session, viewer, scope_id, open_only=True)
    return tuple(_without(offer, taken) for offer in offers)


def add_scope(session: Session, operator_id: str, scope: Scope) -> None:
    """Add a scope without parks, offers or orders.

    Raises
    ------
    Conflict
        When the operator has a scope of that id.
    """
    if scope.current:
        _lay_down(session, operator_id)
    settings = scope.settings
    values = {
        "operator_id": operator_id,
        "id": scope.id,
        "name": scope.name,
        "week0": scope.week0,
        "currency": scope.currency,
        "current": scope.current,
        "weeks": settings.weeks,
        "max_block_weeks": settings.max_block_weeks,
        "carbon_fen_per_kg": settings.carbon_fen_per_kg,
        "transport_fixed_fen": settings.transport_fixed_fen,
        "transport_fen_per_tonne_km": settings.transport_fen_per_tonne_km,
        "transport_g_per_tonne_km": settings.transport_g_per_tonne_km,
        "created_ms": scope.created_ms,
    }
    if not insert_new(session, MatchingScopeRow, values):
        raise Conflict("scope", scope.id, "it is there already; choose a new id for a new import")


def add_parks(session: Session, operator_id: str, scope_id: str, parks: Iterable[Park]) -> None:
    """Add parks behind those of a scope; one that is there already is left as it is.

    Raises
    ------
    ValueNotStorable
        When a park of the same id lies elsewhere in this scope.
    """
    known = {park.park_id: park for park in _parks(session, operator_id, scope_id)}
    new = []
    for park in parks:
        if park.park_id not in known:
            new.append(park)
            known[park.park_id] = park
        elif known[park.park_id] != park:
            raise ValueNotStorable(
                f"park {park.park_id} lies elsewhere in scope {scope_id}: expected "
                f"{known[park.park_id].lat}, {known[park.park_id].lon}, got {park.lat}, {park.lon}"
            )
    start = len(known) - len(new)
    insert_all(
        session,
        ScopeParkRow,
        (
            {
                "operator_id": operator_id,
                "scope_id": scope_id,
                "park_id": park.park_id,
                "position": start + n,
                "latitude": park.lat,
                "longitude": park.lon,
            }
            for n, park in enumerate(new)
        ),
    )


def scope(session: Session, viewer: Viewer, scope_id: str) -> Scope:
    """Return a scope; every viewer of the operator sees its horizon and settings.

    Raises
    ------
    NotFound
        When the viewer's operator has no such scope.
    """
    query = select(MatchingScopeRow).where(
        col(MatchingScopeRow.operator_id) == viewer.operator_id,
        col(MatchingScopeRow.id) == scope_id,
    )
    return _scope(only(session, query, kind="scope", key=scope_id))


def current_scope(session: Session, viewer: Viewer) -> Scope:
    """Return the scope that is the open book.

    Raises
    ------
    NotFound
        When the viewer's operator has none.
    """
    query = select(MatchingScopeRow).where(
        col(MatchingScopeRow.operator_id) == viewer.operator_id, col(MatchingScopeRow.current)
    )
    return _scope(only(session, query, kind="scope", key="current"))


def parks(session: Session, viewer: Viewer, scope_id: str) -> tuple[Park, ...]:
    """Return the parks of a scope in the order they were added; every viewer sees them."""
    return _parks(session, viewer.operator_id, scope_id)


def _parks(session: Session, operator_id: str, scope_id: str) -> tuple[Park, ...]:
    query = (
        select(ScopeParkRow)
        .where(col(ScopeParkRow.operator_id) == operator_id, col(ScopeParkRow.scope_id) == scope_id)
        .order_by(col(ScopeParkRow.position))
    )
    return tuple(
        Park(park_id=row.park_id, lat=row.latitude, lon=row.longitude)
        for row in found(session, query)
    )


def _lay_down(session: Session, operator_id: str) -> None:
    statement = (
        update(MatchingScopeRow)
        .where(col(MatchingScopeRow.operator_id) == operator_id, col(MatchingScopeRow.current))
        .values(current=False)
    )
    affected(session, statement)


def agreed_minutes(
    session: Session, viewer: Viewer, scope_id: str, *, besides: str | None = None
) -> Mapping[tuple[str, int], int]:
    """Return the minutes that agreed orders hold, by offer and week.

    Parameters
    ----------
    besides
        A plan whose own agreed orders do not count.
    """
    query = (
        select(PlanLineRow.offer_id, PlanLineRow.week, func.sum(col(PlanLineRow.minutes)))
        .join(
            OrderRow,
            (col(OrderRow.operator_id) == col(PlanLineRow.operator_id))
            & (col(OrderRow.agreed_plan_id) == col(PlanLineRow.plan_id))
            & (col(OrderRow.order_id) == col(PlanLineRow.order_id)),
        )
        .where(col(OrderRow.operator_id) == viewer.operator_id, col(OrderRow.scope_id) == scope_id)
        .group_by(col(PlanLineRow.offer_id), col(PlanLineRow.week))
    )
    if besides is not None:
        query = query.where(col(PlanLineRow.plan_id) != besides)
    taken: Counter[tuple[str, int]] = Counter()
    for offer_id, week, minutes in session.connection().execute(query):
        taken[offer_id, week] = int(minutes)
    return taken


def _without(offer: Offer, taken: Mapping[tuple[str, int], int]) -> Offer:
    held = [taken.get((offer.offer_id, week), 0) for week in range(len(offer.idle_minutes))]
    if not any(held):
        return offer
    # An enterprise may have lowered its idle minutes below what it had agreed to.
    left = (max(0, idle - used) for idle, used in zip(offer.idle_minutes, held, strict=True))
    return replace(offer, idle_minutes=tuple(left))


def _scope(row: MatchingScopeRow) -> Scope:
    return Scope(
        id=row.id,
        name=row.name,
        week0=row.week0,
        currency=row.currency,
        current=row.current,
        created_ms=row.created_ms,
        revision=row.revision,
        settings=Settings(
            weeks=row.weeks,
            max_block_weeks=row.max_block_weeks,
            carbon_fen_per_kg=row.carbon_fen_per_kg,
            transport_fixed_fen=row.transport_fixed_fen,
            transport_fen_per_tonne_km=row.transport_fen_per_tonne_km,
            transport_g_per_tonne_km=row.transport_g_per_tonne_km,
        ),
    )
