"""The keys of orders' disclosures."""

from __future__ import annotations

from sqlmodel import SQLModel

from data.tables.columns import key, refers, whole


class OrderKeyRow(SQLModel, table=True):
    """The secret from which the salts of an order's disclosures come; destroying it erases them."""

    __tablename__ = "order_keys"
    __table_args__ = (refers(("operator_id",), "operators", ("id",)),)

    operator_id: str = key()
    order_handle: str = key()
    secret: bytes
    created_ms: int = whole()
