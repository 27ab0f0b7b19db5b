"""Proposals: what each side of a planned order is asked to accept."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import SQLModel

from data.kinds import ProposalSide, ProposalStatus
from data.tables.columns import key, maybe_whole, one_of, refers, whole


class ProposalRow(SQLModel, table=True):
    """One party's part in one order of one plan."""

    __tablename__ = "proposals"
    __table_args__ = (
        refers(("operator_id", "plan_id"), "plans", ("operator_id", "id")),
        refers(
            ("operator_id", "scope_id", "order_id"),
            "orders",
            ("operator_id", "scope_id", "order_id"),
        ),
        UniqueConstraint("operator_id", "plan_id", "order_id", "side", "party_id"),
        one_of("side", ProposalSide),
        one_of("status", ProposalStatus),
        CheckConstraint("(status = 'proposed') = (decided_ms IS NULL)", name="decided"),
        Index("ix_proposals_party", "operator_id", "party_id", "status"),
    )

    operator_id: str = key()
    id: str = key()
    plan_id: str
    scope_id: str
    order_id: str
    party_id: str
    side: str
    status: str
    amount_fen: int = whole()
    request_id: str | None = None
    created_ms: int = whole()
    decided_ms: int | None = maybe_whole()
    decided_by: str | None = None
