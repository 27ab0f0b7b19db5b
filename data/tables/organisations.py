"""Organisations and the identifiers they are known by."""

from __future__ import annotations

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import SQLModel

from data.kinds import OrganisationKind, OrganisationStatus
from data.tables.columns import key, one_of, refers, whole


class OrganisationRow(SQLModel, table=True):
    """A firm, a laboratory, a lender, an office."""

    __tablename__ = "organisations"
    __table_args__ = (
        refers(("operator_id",), "operators", ("id",)),
        refers(("operator_id", "park_id"), "parks", ("operator_id", "id")),
        UniqueConstraint("operator_id", "ledger_handle"),
        one_of("kind", OrganisationKind),
        one_of("status", OrganisationStatus),
        Index("ix_organisations_kind", "operator_id", "kind", "id"),
    )

    operator_id: str = key()
    id: str = key()
    kind: str
    name: str
    name_zh: str | None = None
    park_id: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    status: str
    ledger_handle: str | None = None
    created_ms: int = whole()


class OrganisationIdentifierRow(SQLModel, table=True):
    """An identifier of an organisation in a scheme (uscc, gln, lei, vat …).

    `value` is the form for comparison, which one organisation alone may have; `written` is the
    form that people see.
    """

    __tablename__ = "organisation_identifiers"
    __table_args__ = (
        refers(
            ("operator_id", "organisation_id"),
            "organisations",
            ("operator_id", "id"),
            name="fk_organisation_identifiers_organisation",
        ),
        Index("ix_organisation_identifiers_organisation", "operator_id", "organisation_id"),
    )

    operator_id: str = key()
    scheme: str = key()
    value: str = key()
    organisation_id: str
    written: str
