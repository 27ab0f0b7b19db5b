"""Imported documents, by the digest of their bytes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import SQLModel

from data.kinds import ImportKind, ImportStatus
from data.tables.columns import at_least, json_value, key, one_of, refers, whole


class ImportRow(SQLModel, table=True):
    """A document that somebody handed in, and what became of it."""

    __tablename__ = "imports"
    __table_args__ = (
        refers(("operator_id",), "operators", ("id",)),
        refers(("operator_id", "scope_id"), "matching_scopes", ("operator_id", "id")),
        one_of("kind", ImportKind),
        one_of("status", ImportStatus),
        *at_least(0, "size_bytes"),
        CheckConstraint("length(sha256) = 64", name="sha256"),
        # The same bytes are taken once per party; a rejected document may be tried again.
        Index(
            "uq_imports_accepted",
            "operator_id",
            "organisation_id",
            "kind",
            "sha256",
            unique=True,
            sqlite_where=text("status = 'accepted'"),
            postgresql_where=text("status = 'accepted'"),
        ),
        Index("ix_imports_received", "operator_id", "received_ms"),
    )

    operator_id: str = key()
    id: str = key()
    organisation_id: str
    kind: str
    name: str
    sha256: str
    size_bytes: int = whole()
    status: str
    report: dict[str, Any] = json_value()
    scope_id: str | None = None
    received_ms: int = whole()
