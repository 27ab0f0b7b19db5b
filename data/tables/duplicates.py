"""Orders that look alike: their fingerprints, and what a person found about a pair."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index
from sqlmodel import SQLModel

from data.kinds import DuplicateVerdict
from data.tables.columns import key, maybe_whole, one_of, refers, text_set, whole


class OrderFingerprintRow(SQLModel, table=True):
    """A loose fingerprint of an order in the record: a keyed hash, and what it stands for."""

    __tablename__ = "order_fingerprints"
    __table_args__ = (
        refers(("operator_id",), "operators", ("id",)),
        Index("ix_order_fingerprints_order", "operator_id", "order_handle"),
    )

    operator_id: str = key()
    fingerprint: str = key()
    order_handle: str = key()
    code: str


class DuplicateAlertRow(SQLModel, table=True):
    """Two orders that share fingerprints, the later one first, and a person's verdict."""

    __tablename__ = "duplicate_alerts"
    __table_args__ = (
        refers(("operator_id",), "operators", ("id",)),
        one_of("verdict", DuplicateVerdict),
        CheckConstraint("verdict IS NULL OR decided_by IS NOT NULL", name="decided"),
        Index("ix_duplicate_alerts_other", "operator_id", "other_handle"),
    )

    operator_id: str = key()
    order_handle: str = key()
    other_handle: str = key()
    codes: frozenset[str] = text_set()
    created_ms: int = whole()
    verdict: str | None = None
    decided_by: str | None = None
    reason: str | None = None
    decided_ms: int | None = maybe_whole()
