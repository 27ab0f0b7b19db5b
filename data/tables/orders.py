"""Orders to be matched, their operations and the suppliers' own quotations for them."""

from __future__ import annotations

from fractions import Fraction

from sqlalchemy import CheckConstraint, Index
from sqlmodel import SQLModel

from data.kinds import OrderStatus
from data.tables.capacity import OFFER, SCOPE
from data.tables.columns import (
    at_least,
    fraction,
    key,
    number_key,
    one_of,
    refers,
    text_set,
    whole,
)

ORDER = ("operator_id", "scope_id", "order_id")


class OrderRow(SQLModel, table=True):
    """An order of one buyer; its agreed plan, once both sides accepted one.

    No other index begins with the first two columns of the key: without statistics, as in a large
    import, PostgreSQL would take it to check references and read the whole scope each time.
    """

    __tablename__ = "orders"
    __table_args__ = (
        refers(SCOPE, "matching_scopes", ("operator_id", "id")),
        refers(("operator_id", "agreed_plan_id"), "plans", ("operator_id", "id")),
        *at_least(1, "quantity", "max_lots"),
        *at_least(0, "release_week", "max_tardy_weeks", "tardy_fen_per_week"),
        one_of("status", OrderStatus),
        CheckConstraint("(status = 'agreed') = (agreed_plan_id IS NOT NULL)", name="agreed_plan"),
        Index("ix_orders_buyer", "operator_id", "buyer_id"),
    )

    operator_id: str = key()
    scope_id: str = key()
    order_id: str = key()
    position: int = whole()
    status: str
    agreed_plan_id: str | None = None
    number: str
    buyer_id: str
    buyer_latitude: float
    buyer_longitude: float
    quantity: int = whole()
    material: str
    size_class: int = whole()
    certificates: frozenset[str] = text_set()
    release_week: int = whole()
    due_week: int = whole()
    max_tardy_weeks: int = whole()
    value_fen: int = whole()
    tardy_fen_per_week: int = whole()
    max_price_fen: int = whole()
    max_lots: int = whole()
    excluded_enterprises: frozenset[str] = text_set()
    weight_kg: Fraction = fraction()
    quoted_only: bool


class OperationRow(SQLModel, table=True):
    """One operation of an order; steps count from 1 in the order of working."""

    __tablename__ = "operations"
    __table_args__ = (refers(ORDER, "orders", ORDER), *at_least(1, "step"))

    operator_id: str = key()
    scope_id: str = key()
    order_id: str = key()
    step: int = number_key()
    process: str
    tolerance_it: int = whole()
    minutes_total: int = whole()


class QuotationRow(SQLModel, table=True):
    """A supplier's own quotation for one operation of one order on one offer."""

    __tablename__ = "quotations"
    __table_args__ = (
        refers((*ORDER, "step"), "operations", (*ORDER, "step")),
        refers(OFFER, "capacity_offers", OFFER),
        *at_least(0, "setup_minutes", "price_fen"),
        *at_least(1, "minutes_total"),
        Index("ix_quotations_offer", *OFFER),
    )

    operator_id: str = key()
    scope_id: str = key()
    order_id: str = key()
    step: int = number_key()
    offer_id: str = key()
    position: int = whole()
    setup_minutes: int = whole()
    minutes_total: int = whole()
    price_fen: int = whole()
