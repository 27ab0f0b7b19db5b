"""The operators: each runs one log and several parks; every row belongs to one."""

from __future__ import annotations

from sqlmodel import Field, SQLModel

from data.tables.columns import key, whole


class OperatorRow(SQLModel, table=True):
    """An operator of the product."""

    __tablename__ = "operators"

    id: str = key()
    name: str
    origin: str = Field(unique=True)
    created_ms: int = whole()
