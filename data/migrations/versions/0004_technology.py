"""Technology demands, research providers, matches, feedback, assignments and open calls."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TEXT = sa.String()
WHOLE = sa.BigInteger()
JSON = sa.Text()

TABLES = (
    "technology_assignments",
    "technology_demands",
    "technology_providers",
    "technology_calls",
    "technology_matches",
    "technology_call_transitions",
    "technology_call_documents",
    "technology_feedback",
)


def upgrade() -> None:
    _assignments()
    _demands()
    _providers()
    _calls()
    _matches()
    _call_transitions()
    _call_documents()
    _feedback()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _assignments() -> None:
    op.create_table(
        "technology_assignments",
        sa.Column("operator_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("problem_digest", TEXT, nullable=False),
        sa.Column("body", JSON, nullable=False),
        sa.Column("created_ms", WHOLE, nullable=False),
        sa.CheckConstraint(
            "length(problem_digest) = 64", name=op.f("ck_technology_assignments_problem_digest")
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name="fk_technology_assignments_operator_id"
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name="pk_technology_assignments"),
    )


def _demands() -> None:
    op.create_table(
        "technology_demands",
        sa.Column("operator_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("version", WHOLE, nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("owner_org", TEXT, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("lang", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("secrecy_level", TEXT, nullable=False),
        sa.Column("deadline", sa.Date(), nullable=True),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("body", JSON, nullable=False),
        sa.Column("stored_ms", WHOLE, nullable=False),
        sa.CheckConstraint("lang IN ('zh', 'en')", name=op.f("ck_technology_demands_lang")),
        sa.CheckConstraint(
            "secrecy_level IN ('public', 'restricted', 'confidential')",
            name=op.f("ck_technology_demands_secrecy_level"),
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'open', 'assigned', 'closed', 'withdrawn')",
            name=op.f("ck_technology_demands_status"),
        ),
        sa.CheckConstraint("length(digest) = 64", name=op.f("ck_technology_demands_digest")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_technology_demands_version")),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name="fk_technology_demands_operator_id"
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", "version", name="pk_technology_demands"),
    )
    op.create_index(
        "ix_technology_demands_owner", "technology_demands", ["operator_id", "owner_org"]
    )
    op.create_index(
        "uq_technology_demands_current",
        "technology_demands",
        ["id", "operator_id"],
        unique=True,
        sqlite_where=sa.text("current"),
        postgresql_where=sa.text("current"),
    )


def _providers() -> None:
    op.create_table(
        "technology_providers",
        sa.Column("operator_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("version", WHOLE, nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("org_id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("consent", sa.Boolean(), nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("body", JSON, nullable=False),
        sa.Column("stored_ms", WHOLE, nullable=False),
        sa.CheckConstraint("length(digest) = 64", name=op.f("ck_technology_providers_digest")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_technology_providers_version")),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name="fk_technology_providers_operator_id"
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", "version", name="pk_technology_providers"),
    )
    op.create_index(
        "ix_technology_providers_org", "technology_providers", ["operator_id", "org_id"]
    )
    op.create_index(
        "uq_technology_providers_current",
        "technology_providers",
        ["id", "operator_id"],
        unique=True,
        sqlite_where=sa.text("current"),
        postgresql_where=sa.text("current"),
    )


def _calls() -> None:
    op.create_table(
        "technology_calls",
        sa.Column("operator_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("demand_id", TEXT, nullable=False),
        sa.Column("demand_version", WHOLE, nullable=False),
        sa.Column("owner_org", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("sequence", WHOLE, nullable=False),
        sa.Column("body", JSON, nullable=False),
        sa.Column("changed_ms", WHOLE, nullable=False),
        sa.CheckConstraint("sequence >= 0", name=op.f("ck_technology_calls_sequence")),
        sa.ForeignKeyConstraint(
            ["operator_id", "demand_id", "demand_version"],
            [
                "technology_demands.operator_id",
                "technology_demands.id",
                "technology_demands.version",
            ],
            name="fk_technology_calls_operator_id_demand_id_demand_version",
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name="pk_technology_calls"),
    )
    op.create_index("ix_technology_calls_state", "technology_calls", ["operator_id", "state"])


def _matches() -> None:
    op.create_table(
        "technology_matches",
        sa.Column("operator_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("demand_id", TEXT, nullable=False),
        sa.Column("demand_version", WHOLE, nullable=False),
        sa.Column("provider_id", TEXT, nullable=False),
        sa.Column("provider_version", WHOLE, nullable=False),
        sa.Column("rank", WHOLE, nullable=False),
        sa.Column("score_nano", WHOLE, nullable=False),
        sa.Column("body", JSON, nullable=False),
        sa.Column("created_ms", WHOLE, nullable=False),
        sa.CheckConstraint("rank >= 1", name=op.f("ck_technology_matches_rank")),
        sa.ForeignKeyConstraint(
            ["operator_id", "demand_id", "demand_version"],
            [
                "technology_demands.operator_id",
                "technology_demands.id",
                "technology_demands.version",
            ],
            name="fk_technology_matches_operator_id_demand_id_demand_version",
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "provider_id", "provider_version"],
            [
                "technology_providers.operator_id",
                "technology_providers.id",
                "technology_providers.version",
            ],
            name="fk_technology_matches_provider",
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name="pk_technology_matches"),
    )
    op.create_index(
        "ix_technology_matches_demand",
        "technology_matches",
        ["operator_id", "demand_id", "created_ms"],
    )


def _call_transitions() -> None:
    op.create_table(
        "technology_call_transitions",
        sa.Column("operator_id", TEXT, nullable=False),
        sa.Column("call_id", TEXT, nullable=False),
        sa.Column("sequence", WHOLE, nullable=False),
        sa.Column("step", TEXT, nullable=False),
        sa.Column("from_state", TEXT, nullable=False),
        sa.Column("to_state", TEXT, nullable=False),
        sa.Column("actor_role", TEXT, nullable=False),
        sa.Column("actor_org", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("document_sha256", TEXT, nullable=False),
        sa.Column("document", JSON, nullable=False),
        sa.Column("request_id", TEXT, nullable=False),
        sa.Column("at_ms", WHOLE, nullable=False),
        sa.CheckConstraint(
            "length(document_sha256) = 64",
            name=op.f("ck_technology_call_transitions_document_sha256"),
        ),
        sa.CheckConstraint("sequence >= 1", name=op.f("ck_technology_call_transitions_sequence")),
        sa.ForeignKeyConstraint(
            ["operator_id", "call_id"],
            ["technology_calls.operator_id", "technology_calls.id"],
            name="fk_technology_call_transitions_operator_id_call_id",
        ),
        sa.PrimaryKeyConstraint(
            "operator_id", "call_id", "sequence", name="pk_technology_call_transitions"
        ),
    )


def _feedback() -> None:
    op.create_table(
        "technology_feedback",
        sa.Column("operator_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("match_id", TEXT, nullable=False),
        sa.Column("actor_role", TEXT, nullable=False),
        sa.Column("judgement", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("given_ms", WHOLE, nullable=False),
        sa.CheckConstraint(
            "judgement IN ('1', '2', '3', '4')", name=op.f("ck_technology_feedback_judgement")
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "match_id"],
            ["technology_matches.operator_id", "technology_matches.id"],
            name="fk_technology_feedback_operator_id_match_id",
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name="pk_technology_feedback"),
    )


def _call_documents() -> None:
    op.create_table(
        "technology_call_documents",
        sa.Column("operator_id", TEXT, nullable=False),
        sa.Column("call_id", TEXT, nullable=False),
        sa.Column("document_sha256", TEXT, nullable=False),
        sa.Column("request_id", TEXT, nullable=False),
        sa.Column("action", JSON, nullable=False),
        sa.Column("at_ms", WHOLE, nullable=False),
        sa.CheckConstraint(
            "length(document_sha256) = 64",
            name=op.f("ck_technology_call_documents_document_sha256"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "call_id"],
            ["technology_calls.operator_id", "technology_calls.id"],
            name="fk_technology_call_documents_operator_id_call_id",
        ),
        sa.PrimaryKeyConstraint(
            "operator_id", "call_id", "document_sha256", name="pk_technology_call_documents"
        ),
    )
