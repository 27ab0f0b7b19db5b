"""Purchase orders on their way to the ledger: from an accepted plan, or from a document."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import SQLModel

from data.kinds import PartyRole, PurchaseOrderSource, PurchaseOrderStatus
from data.tables.columns import (
    at_least,
    json_value,
    key,
    maybe_whole,
    number_key,
    one_of,
    refers,
    whole,
)

PURCHASE_ORDER = ("operator_id", "purchase_order_id")


class PurchaseOrderRow(SQLModel, table=True):
    """An order between one buyer and one seller."""

    __tablename__ = "purchase_orders"
    __table_args__ = (
        refers(("operator_id",), "operators", ("id",)),
        refers(("operator_id", "plan_id"), "plans", ("operator_id", "id")),
        refers(
            ("operator_id", "scope_id", "order_id"),
            "orders",
            ("operator_id", "scope_id", "order_id"),
        ),
        refers(("operator_id", "import_id"), "imports", ("operator_id", "id")),
        refers(("operator_id", "buyer_org"), "organisations", ("operator_id", "id")),
        refers(("operator_id", "seller_org"), "organisations", ("operator_id", "id")),
        one_of("source", PurchaseOrderSource),
        one_of("status", PurchaseOrderStatus),
        CheckConstraint("length(currency) = 3", name="currency"),
        CheckConstraint("source <> 'plan' OR plan_id IS NOT NULL", name="plan"),
        CheckConstraint("status NOT IN ('held', 'refused') OR code IS NOT NULL", name="code"),
        # What both sides accepted becomes one purchase order per (order, enterprise) and plan.
        Index(
            "uq_purchase_orders_plan",
            "operator_id",
            "plan_id",
            "order_id",
            "seller_org",
            unique=True,
            sqlite_where=text("source = 'plan'"),
            postgresql_where=text("source = 'plan'"),
        ),
        Index("uq_purchase_orders_handle", "operator_id", "ledger_handle", unique=True),
        Index("ix_purchase_orders_buyer", "operator_id", "buyer_org"),
        Index("ix_purchase_orders_seller", "operator_id", "seller_org"),
        Index("ix_purchase_orders_status", "operator_id", "status"),
    )

    operator_id: str = key()
    id: str = key()
    source: str
    status: str
    code: str | None = None
    scope_id: str | None = None
    order_id: str | None = None
    plan_id: str | None = None
    import_id: str | None = None
    buyer_org: str | None = None
    seller_org: str | None = None
    number: str
    issue_date: date
    currency: str
    net_minor: int = whole()
    tax_minor: int = whole()
    payable_minor: int = whole()
    ledger_handle: str | None = None
    request_id: str | None = None
    created_ms: int = whole()


class PurchaseOrderLineRow(SQLModel, table=True):
    """A line of a purchase order: thousandths of a unit, millionths of the currency's unit."""

    __tablename__ = "purchase_order_lines"
    __table_args__ = (
        refers(PURCHASE_ORDER, "purchase_orders", ("operator_id", "id")),
        *at_least(0, "quantity_milli"),
        *at_least(1, "base_quantity_milli"),
    )

    operator_id: str = key()
    purchase_order_id: str = key()
    position: int = number_key()
    number: str
    item: str
    unit: str
    quantity_milli: int = whole()
    price_micro: int | None = maybe_whole()
    base_quantity_milli: int = whole()
    amount_minor: int = whole()
    due_date: date | None = None


class PartyLinkRow(SQLModel, table=True):
    """A party as the document names it, and the organisation it was found or linked to be."""

    __tablename__ = "party_links"
    __table_args__ = (
        refers(PURCHASE_ORDER, "purchase_orders", ("operator_id", "id")),
        refers(("operator_id", "organisation_id"), "organisations", ("operator_id", "id")),
        one_of("role", PartyRole),
    )

    operator_id: str = key()
    purchase_order_id: str = key()
    role: str = key()
    name: str
    identifiers: list[Any] = json_value()
    organisation_id: str | None = None
    linked_by: str | None = None
    linked_ms: int | None = maybe_whole()
