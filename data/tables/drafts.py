"""Drafts of signed bodies, who must see them, and the keys of orders' disclosures."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index
from sqlmodel import SQLModel

from data.kinds import DraftStatus
from data.tables.columns import key, one_of, refers, whole


class DraftRow(SQLModel, table=True):
    """A body that waits for its signatures, as the draft's file has it."""

    __tablename__ = "drafts"
    __table_args__ = (
        refers(("operator_id",), "operators", ("id",)),
        one_of("status", DraftStatus),
        CheckConstraint("status <> 'refused' OR code IS NOT NULL", name="code"),
        Index("ix_drafts_order", "operator_id", "order_handle"),
        Index("ix_drafts_status", "operator_id", "status", "created_ms"),
    )

    operator_id: str = key()
    id: str = key()
    type: str
    order_handle: str | None = None
    status: str
    code: str | None = None
    document: str
    created_ms: int = whole()
    changed_ms: int = whole()


class DraftPartyRow(SQLModel, table=True):
    """An organisation that signs the draft or is a party to it, and may therefore see it."""

    __tablename__ = "draft_parties"
    __table_args__ = (
        refers(("operator_id", "draft_id"), "drafts", ("operator_id", "id")),
        Index("ix_draft_parties_party", "operator_id", "party_id"),
    )

    operator_id: str = key()
    draft_id: str = key()
    party_id: str = key()


class OrderKeyRow(SQLModel, table=True):
    """The secret from which the salts of an order's disclosures come; destroying it erases them."""

    __tablename__ = "order_keys"
    __table_args__ = (refers(("operator_id",), "operators", ("id",)),)

    operator_id: str = key()
    order_handle: str = key()
    secret: bytes
    created_ms: int = whole()
