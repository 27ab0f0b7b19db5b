"""Open calls: where each stands, and every transition with who, when, why and its document."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Index
from sqlmodel import SQLModel

from data.tables.columns import at_least, json_value, key, number_key, refers, whole

CALL = ("operator_id", "call_id")


class TechnologyCallRow(SQLModel, table=True):
    """An open call as it stands after its last transition."""

    __tablename__ = "technology_calls"
    __table_args__ = (
        refers(
            ("operator_id", "demand_id", "demand_version"),
            "technology_demands",
            ("operator_id", "id", "version"),
        ),
        *at_least(0, "sequence"),
        Index("ix_technology_calls_state", "operator_id", "state"),
    )

    operator_id: str = key()
    id: str = key()
    demand_id: str
    demand_version: int = whole()
    owner_org: str
    state: str
    sequence: int = whole()
    body: dict[str, Any] = json_value()
    changed_ms: int = whole()


class TechnologyCallTransitionRow(SQLModel, table=True):
    """One transition; `request_id` is that of its entry in the ledger."""

    __tablename__ = "technology_call_transitions"
    __table_args__ = (
        refers(CALL, "technology_calls", ("operator_id", "id")),
        *at_least(1, "sequence"),
        CheckConstraint("length(document_sha256) = 64", name="document_sha256"),
    )

    operator_id: str = key()
    call_id: str = key()
    sequence: int = number_key()
    step: str
    from_state: str
    to_state: str
    actor_role: str
    actor_org: str
    reason: str
    document_sha256: str
    document: dict[str, Any] = json_value()
    request_id: str
    at_ms: int = whole()


class TechnologyCallDocumentRow(SQLModel, table=True):
    """What is said in a step that waits for its entry in the log, by the hash of its document."""

    __tablename__ = "technology_call_documents"
    __table_args__ = (
        refers(CALL, "technology_calls", ("operator_id", "id")),
        CheckConstraint("length(document_sha256) = 64", name="document_sha256"),
    )

    operator_id: str = key()
    call_id: str = key()
    document_sha256: str = key()
    request_id: str
    action: dict[str, Any] = json_value()
    at_ms: int = whole()
