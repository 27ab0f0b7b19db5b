"""Plans as versions with their lines; the prices and reasons of the run each came from."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import SQLModel

from data.tables.columns import at_least, json_value, key, number_key, refers, whole

PLAN = ("operator_id", "plan_id")
RUN = ("operator_id", "run_id")


class PlanRow(SQLModel, table=True):
    """A version of a scope's plan: the run and snapshot it came from and the plan it replaces."""

    __tablename__ = "plans"
    __table_args__ = (
        refers(("operator_id", "run_id"), "matching_runs", ("operator_id", "id")),
        refers(("operator_id", "scope_id"), "matching_scopes", ("operator_id", "id")),
        refers(("operator_id", "snapshot_digest"), "snapshots", ("operator_id", "digest")),
        refers(("operator_id", "replaces"), "plans", ("operator_id", "id")),
        UniqueConstraint("operator_id", "run_id"),
        UniqueConstraint("operator_id", "scope_id", "version"),
        *at_least(1, "version"),
        CheckConstraint("objective_fen <= bound_fen", name="bound"),
        CheckConstraint("length(digest) = 64", name="digest"),
    )

    operator_id: str = key()
    id: str = key()
    scope_id: str
    run_id: str
    version: int = whole()
    replaces: str | None = None
    snapshot_digest: str
    digest: str
    objective_fen: int = whole()
    bound_fen: int = whole()
    created_ms: int = whole()


class PlanLineRow(SQLModel, table=True):
    """Minutes of one lot and operation on one offer in one week."""

    __tablename__ = "plan_lines"
    __table_args__ = (
        refers(PLAN, "plans", ("operator_id", "id")),
        *at_least(1, "lot", "lot_quantity", "step", "minutes"),
        *at_least(0, "week"),
        Index("ix_plan_lines_order", *PLAN, "order_id"),
        Index("ix_plan_lines_offer", *PLAN, "offer_id"),
    )

    operator_id: str = key()
    plan_id: str = key()
    position: int = number_key()
    order_id: str
    lot: int = whole()
    lot_quantity: int = whole()
    step: int = whole()
    offer_id: str
    week: int = whole()
    minutes: int = whole()


class PriceRow(SQLModel, table=True):
    """The price of an offer's minutes in a week, thousandths of a fen; zero has no row."""

    __tablename__ = "prices"
    __table_args__ = (
        refers(RUN, "matching_runs", ("operator_id", "id")),
        *at_least(0, "week", "millifen_per_minute"),
        UniqueConstraint(*RUN, "offer_id", "week"),
    )

    operator_id: str = key()
    run_id: str = key()
    position: int = number_key()
    offer_id: str
    week: int = whole()
    millifen_per_minute: int = whole()


class ReasonRow(SQLModel, table=True):
    """Why an order was matched or refused: a code with parameters."""

    __tablename__ = "reasons"
    __table_args__ = (refers(RUN, "matching_runs", ("operator_id", "id")),)

    operator_id: str = key()
    run_id: str = key()
    order_id: str = key()
    position: int = whole()
    code: str
    params: dict[str, Any] = json_value()
