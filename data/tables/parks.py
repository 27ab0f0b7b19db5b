"""Parks: where organisations sit."""

from __future__ import annotations

from sqlmodel import SQLModel

from data.tables.columns import key, refers


class ParkRow(SQLModel, table=True):
    """An industrial park."""

    __tablename__ = "parks"
    __table_args__ = (refers(("operator_id",), "operators", ("id",)),)

    operator_id: str = key()
    id: str = key()
    name: str
    name_zh: str | None = None
    latitude: float
    longitude: float
    timezone: str
