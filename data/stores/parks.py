"""The parks of an operator; every viewer of the operator sees them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlmodel import Session, col, select

from data.errors import Conflict
from data.stores.sql import PAGE, found, insert_new, only, page
from data.stores.viewer import Viewer
from data.tables.parks import ParkRow


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredPark:
    """A park as its operator keeps it.

    Parameters
    ----------
    latitude, longitude
        Degrees, WGS 84.
    timezone
        IANA name; the park's weeks begin at its Monday midnight.
    """

    id: str
    name: str
    latitude: float
    longitude: float
    timezone: str = "Asia/Shanghai"
    name_zh: str | None = None


def ensure(session: Session, operator_id: str, parks: Iterable[RegisteredPark]) -> None:
    """Add the parks that are not there yet.

    Raises
    ------
    Conflict
        When a stored park of the same id lies elsewhere.
    """
    viewer = Viewer.operator(operator_id)
    for park in parks:
        added = insert_new(session, ParkRow, {"operator_id": operator_id} | _values(park))
        if not added:
            stored = get(session, viewer, park.id)
            if (stored.latitude, stored.longitude) != (park.latitude, park.longitude):
                raise Conflict(
                    "park",
                    park.id,
                    f"it lies at {stored.latitude}, {stored.longitude}, not at "
                    f"{park.latitude}, {park.longitude}; give the other park its own id",
                )


def get(session: Session, viewer: Viewer, park_id: str) -> RegisteredPark:
    """Return a park.

    Raises
    ------
    NotFound
        When the viewer's operator has no such park.
    """
    query = select(ParkRow).where(
        col(ParkRow.operator_id) == viewer.operator_id, col(ParkRow.id) == park_id
    )
    return _park(only(session, query, kind="park", key=park_id))


def listing(
    session: Session, viewer: Viewer, *, after: str | None = None, limit: int = PAGE
) -> tuple[RegisteredPark, ...]:
    """Return one page of the parks, by id."""
    query = select(ParkRow).where(col(ParkRow.operator_id) == viewer.operator_id)
    rows = found(session, page(query, col(ParkRow.id), after=after, limit=limit))
    return tuple(_park(row) for row in rows)


def _values(park: RegisteredPark) -> dict[str, object]:
    return {
        "id": park.id,
        "name": park.name,
        "name_zh": park.name_zh,
        "latitude": park.latitude,
        "longitude": park.longitude,
        "timezone": park.timezone,
    }


def _park(row: ParkRow) -> RegisteredPark:
    return RegisteredPark(
        id=row.id,
        name=row.name,
        name_zh=row.name_zh,
        latitude=row.latitude,
        longitude=row.longitude,
        timezone=row.timezone,
    )
