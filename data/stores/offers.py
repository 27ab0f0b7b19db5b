"""Capacity offers of a scope. A party sees its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, update
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from data.errors import NotFound, ValueNotStorable
from data.kinds import OfferStatus
from data.stores.revisions import advance
from data.stores.sql import PAGE, affected, change, found, insert_all, next_position, only, page
from data.stores.viewer import Viewer
from data.tables.capacity import CapacityOfferRow, CapacityWeekRow, MatchingScopeRow
from matching.capacity import Offer


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredOffer:
    """An offer, where it stands and in which scope."""

    scope_id: str
    status: OfferStatus
    offer: Offer


def add(session: Session, operator_id: str, scope_id: str, offers: Iterable[Offer]) -> int:
    """Add offers behind those of the scope; return how many.

    Raises
    ------
    NotFound
        When the operator has no such scope.
    ValueNotStorable
        When an offer has not one number of idle minutes for each week of the scope.
    Conflict
        When an offer is there already or its park is not in the scope.
    """
    viewer = Viewer.operator(operator_id)
    weeks, kept = _weeks(session, viewer, scope_id), tuple(offers)
    start = next_position(
        session,
        col(CapacityOfferRow.position),
        col(CapacityOfferRow.operator_id) == operator_id,
        col(CapacityOfferRow.scope_id) == scope_id,
    )
    for offer in kept:
        if len(offer.idle_minutes) != weeks:
            raise ValueNotStorable(
                f"offer {offer.offer_id}: expected idle minutes for the {weeks} weeks of scope "
                f"{scope_id}, got {len(offer.idle_minutes)}"
            )
    place = {"operator_id": operator_id, "scope_id": scope_id}
    insert_all(
        session,
        CapacityOfferRow,
        (place | _values(offer, start + n) for n, offer in enumerate(kept)),
    )
    insert_all(session, CapacityWeekRow, (place | week for week in _week_values(kept)))
    return len(kept)


def set_idle_minutes(
    session: Session, viewer: Viewer, scope_id: str, offer_id: str, idle_minutes: Sequence[int]
) -> None:
    """Replace the idle minutes of an offer, one number ≥ 0 for each week of the scope.

    Raises
    ------
    NotFound
        When there is no such offer that the viewer may see.
    ValueNotStorable
        When the numbers are too few, too many or negative.
    """
    stored = get(session, viewer, scope_id, offer_id)
    weeks = _weeks(session, viewer, scope_id)
    if len(idle_minutes) != weeks or min(idle_minutes) < 0:
        raise ValueNotStorable(
            f"offer {offer_id}: expected {weeks} numbers ≥ 0, one for each week, got "
            f"{len(idle_minutes)} with the least {min(idle_minutes, default=0)}"
        )
    if stored.offer.idle_minutes == tuple(idle_minutes):
        return
    advance(session, viewer.operator_id, scope_id)
    affected(
        session,
        delete(CapacityWeekRow).where(
            col(CapacityWeekRow.operator_id) == viewer.operator_id,
            col(CapacityWeekRow.scope_id) == scope_id,
            col(CapacityWeekRow.offer_id) == offer_id,
        ),
    )
    place = {"operator_id": viewer.operator_id, "scope_id": scope_id, "offer_id": offer_id}
    rows = ({"week": week, "minutes": m} for week, m in enumerate(idle_minutes) if m)
    insert_all(session, CapacityWeekRow, (place | row for row in rows))


def set_status(
    session: Session, viewer: Viewer, scope_id: str, offer_id: str, status: OfferStatus
) -> None:
    """Withdraw an offer, or open it again; doing it again is harmless.

    Raises
    ------
    NotFound
        When there is no such offer that the viewer may see.
    """
    if get(session, viewer, scope_id, offer_id).status is status:
        return
    advance(session, viewer.operator_id, scope_id)
    statement = (
        update(CapacityOfferRow)
        .where(
            col(CapacityOfferRow.operator_id) == viewer.operator_id,
            col(CapacityOfferRow.scope_id) == scope_id,
            col(CapacityOfferRow.offer_id) == offer_id,
        )
        .values(status=status.value)
    )
    change(session, statement, kind="offer", key=offer_id)


def get(session: Session, viewer: Viewer, scope_id: str, offer_id: str) -> StoredOffer:
    """Return an offer.

    Raises
    ------
    NotFound
        When there is none that the viewer may see.
    """
    query = _visible(viewer, scope_id).where(col(CapacityOfferRow.offer_id) == offer_id)
    row = only(session, query, kind="offer", key=offer_id)
    return _stored(session, viewer, scope_id, [row])[0]


def listing(
    session: Session,
    viewer: Viewer,
    scope_id: str,
    *,
    after: str | None = None,
    limit: int = PAGE,
) -> tuple[StoredOffer, ...]:
    """Return one page of the scope's offers that the viewer may see, by id."""
    query = page(
        _visible(viewer, scope_id), col(CapacityOfferRow.offer_id), after=after, limit=limit
    )
    return _stored(session, viewer, scope_id, found(session, query))


def in_order(
    session: Session, viewer: Viewer, scope_id: str, *, open_only: bool = False
) -> tuple[Offer, ...]:
    """Return all offers of a scope that the viewer may see, in the order they were added."""
    query = _visible(viewer, scope_id).order_by(col(CapacityOfferRow.position))
    if open_only:
        query = query.where(col(CapacityOfferRow.status) == OfferStatus.OPEN.value)
    weeks = _weeks(session, viewer, scope_id)
    idle = _idle_minutes(session, viewer, scope_id, weeks, offer_ids=None)
    nothing = (0,) * weeks
    return tuple(_offer(row, idle.get(row.offer_id, nothing)) for row in found(session, query))


def withdrawn(session: Session, viewer: Viewer, scope_id: str) -> frozenset[str]:
    """Return the ids of a scope's withdrawn offers that the viewer may see."""
    query = _visible(viewer, scope_id).where(
        col(CapacityOfferRow.status) == OfferStatus.WITHDRAWN.value
    )
    return frozenset(row.offer_id for row in found(session, query))


def _visible(viewer: Viewer, scope_id: str) -> SelectOfScalar[CapacityOfferRow]:
    query = select(CapacityOfferRow).where(
        col(CapacityOfferRow.operator_id) == viewer.operator_id,
        col(CapacityOfferRow.scope_id) == scope_id,
    )
    if viewer.organisation_id is not None:
        query = query.where(col(CapacityOfferRow.enterprise_id) == viewer.organisation_id)
    return query


def _weeks(session: Session, viewer: Viewer, scope_id: str) -> int:
    query = select(MatchingScopeRow.weeks).where(
        col(MatchingScopeRow.operator_id) == viewer.operator_id,
        col(MatchingScopeRow.id) == scope_id,
    )
    weeks = session.exec(query).first()
    if weeks is None:
        raise NotFound("scope", scope_id)
    return weeks


def _idle_minutes(
    session: Session,
    viewer: Viewer,
    scope_id: str,
    weeks: int,
    *,
    offer_ids: Sequence[str] | None,
) -> Mapping[str, tuple[int, ...]]:
    query = select(CapacityWeekRow.offer_id, CapacityWeekRow.week, CapacityWeekRow.minutes).where(
        col(CapacityWeekRow.operator_id) == viewer.operator_id,
        col(CapacityWeekRow.scope_id) == scope_id,
    )
    if offer_ids is not None:
        query = query.where(col(CapacityWeekRow.offer_id).in_(offer_ids))
    idle: dict[str, list[int]] = defaultdict(lambda: [0] * weeks)
    for offer_id, week, minutes in session.exec(query):
        idle[offer_id][week] = minutes
    return {offer_id: tuple(minutes) for offer_id, minutes in idle.items()}


def _stored(
    session: Session, viewer: Viewer, scope_id: str, rows: Sequence[CapacityOfferRow]
) -> tuple[StoredOffer, ...]:
    if not rows:
        return ()
    weeks = _weeks(session, viewer, scope_id)
    ids = [row.offer_id for row in rows]
    idle = _idle_minutes(session, viewer, scope_id, weeks, offer_ids=ids)
    return tuple(
        StoredOffer(
            scope_id=scope_id,
            status=OfferStatus(row.status),
            offer=_offer(row, idle.get(row.offer_id, (0,) * weeks)),
        )
        for row in rows
    )


def _values(offer: Offer, position: int) -> dict[str, object]:
    return {
        "offer_id": offer.offer_id,
        "position": position,
        "status": OfferStatus.OPEN.value,
        "enterprise_id": offer.enterprise_id,
        "park_id": offer.park_id,
        "process": offer.process,
        "size_class": offer.size_class,
        "tolerance_it": offer.tolerance_it,
        "materials": offer.materials,
        "certificates": offer.certificates,
        "rate_fen_per_hour": offer.rate_fen_per_hour,
        "setup_minutes": offer.setup_minutes,
        "min_lot": offer.min_lot,
        "carbon_g_per_hour": offer.carbon_g_per_hour,
    }


def _week_values(offers: Iterable[Offer]) -> Iterator[dict[str, object]]:
    for offer in offers:
        for week, minutes in enumerate(offer.idle_minutes):
            if minutes:
                yield {"offer_id": offer.offer_id, "week": week, "minutes": minutes}


def _offer(row: CapacityOfferRow, idle_minutes: tuple[int, ...]) -> Offer:
    return Offer(
        offer_id=row.offer_id,
        enterprise_id=row.enterprise_id,
        park_id=row.park_id,
        process=row.process,
        size_class=row.size_class,
        tolerance_it=row.tolerance_it,
        materials=row.materials,
        certificates=row.certificates,
        rate_fen_per_hour=row.rate_fen_per_hour,
        setup_minutes=row.setup_minutes,
        min_lot=row.min_lot,
        carbon_g_per_hour=row.carbon_g_per_hour,
        idle_minutes=idle_minutes,
    )
