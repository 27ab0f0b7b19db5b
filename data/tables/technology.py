"""Technology demands, research providers, what was matched between them, and what people said.

A demand or provider is kept in every version, because matches and calls name the version that
they were made from; one version of each is current. The whole value stands in `body`; the columns
beside it are what queries ask for.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import SQLModel

from data.tables.columns import at_least, json_value, key, number_key, one_of, refers, whole
from matching.technology.problem import DemandStatus, Judgement, Language, SecrecyLevel

DEMAND = ("operator_id", "demand_id", "demand_version")
PROVIDER = ("operator_id", "provider_id", "provider_version")


def _current(table: str, *columns: str) -> Index:
    """Allow one current version of each."""
    return Index(
        f"uq_{table}_current",
        *columns,
        "operator_id",
        unique=True,
        sqlite_where=text("current"),
        postgresql_where=text("current"),
    )


class TechnologyDemandRow(SQLModel, table=True):
    """One version of a technology demand."""

    __tablename__ = "technology_demands"
    __table_args__ = (
        refers(("operator_id",), "operators", ("id",)),
        *at_least(1, "version"),
        one_of("lang", Language),
        one_of("status", DemandStatus),
        one_of("secrecy_level", SecrecyLevel),
        CheckConstraint("length(digest) = 64", name="digest"),
        _current("technology_demands", "id"),
        Index("ix_technology_demands_owner", "operator_id", "owner_org"),
    )

    operator_id: str = key()
    id: str = key()
    version: int = number_key()
    current: bool
    owner_org: str
    title: str
    lang: str
    status: str
    secrecy_level: str
    deadline: date | None = None
    digest: str
    body: dict[str, Any] = json_value()
    stored_ms: int = whole()


class TechnologyProviderRow(SQLModel, table=True):
    """One version of a research provider, with its documents."""

    __tablename__ = "technology_providers"
    __table_args__ = (
        refers(("operator_id",), "operators", ("id",)),
        *at_least(1, "version"),
        CheckConstraint("length(digest) = 64", name="digest"),
        _current("technology_providers", "id"),
        Index("ix_technology_providers_org", "operator_id", "org_id"),
    )

    operator_id: str = key()
    id: str = key()
    version: int = number_key()
    current: bool
    org_id: str
    name: str
    consent: bool
    digest: str
    body: dict[str, Any] = json_value()
    stored_ms: int = whole()


class TechnologyMatchRow(SQLModel, table=True):
    """One line of a ranking."""

    __tablename__ = "technology_matches"
    __table_args__ = (
        refers(DEMAND, "technology_demands", ("operator_id", "id", "version")),
        refers(
            PROVIDER,
            "technology_providers",
            ("operator_id", "id", "version"),
            name="fk_technology_matches_provider",
        ),
        *at_least(1, "rank"),
        Index("ix_technology_matches_demand", "operator_id", "demand_id", "created_ms"),
    )

    operator_id: str = key()
    id: str = key()
    demand_id: str
    demand_version: int = whole()
    provider_id: str
    provider_version: int = whole()
    rank: int = whole()
    score_nano: int = whole()
    body: dict[str, Any] = json_value()
    created_ms: int = whole()


class TechnologyFeedbackRow(SQLModel, table=True):
    """What somebody said about a match."""

    __tablename__ = "technology_feedback"
    __table_args__ = (
        refers(("operator_id", "match_id"), "technology_matches", ("operator_id", "id")),
        one_of("judgement", Judgement),
    )

    operator_id: str = key()
    id: str = key()
    match_id: str
    actor_role: str
    judgement: str
    reason: str
    given_ms: int = whole()


class TechnologyAssignmentRow(SQLModel, table=True):
    """A whole assignment: what it was made from, by its digest, and its lines."""

    __tablename__ = "technology_assignments"
    __table_args__ = (
        refers(("operator_id",), "operators", ("id",)),
        CheckConstraint("length(problem_digest) = 64", name="problem_digest"),
    )

    operator_id: str = key()
    id: str = key()
    problem_digest: str
    body: dict[str, Any] = json_value()
    created_ms: int = whole()
