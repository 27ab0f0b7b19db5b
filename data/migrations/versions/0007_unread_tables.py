"""Without the tables that nothing reads: drafts and users.

Drafts are files of their parties, and nothing ever wrote to their tables. Who may sign with which
key stands in the record alone; the names that `users` held would have outlived their erasure.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TEXT = sa.String()
WHOLE = sa.BigInteger()


def upgrade() -> None:
    op.drop_table("draft_parties")
    op.drop_table("drafts")
    op.drop_table("users")


def downgrade() -> None:
    _users()
    _drafts()
    _draft_parties()


def _users() -> None:
    op.create_table(
        "users",
        sa.Column("operator_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("organisation_id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("duty", TEXT, nullable=False),
        sa.Column("kid", TEXT, nullable=True),
        sa.Column("created_ms", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "id", name="pk_users"),
        sa.ForeignKeyConstraint(
            ["operator_id", "organisation_id"],
            ["organisations.operator_id", "organisations.id"],
            name="fk_users_operator_id_organisation_id",
        ),
        sa.UniqueConstraint("operator_id", "kid", name="uq_users_operator_id_kid"),
        sa.CheckConstraint("duty IN ('maker', 'checker', 'viewer')", name=op.f("ck_users_duty")),
    )
    op.create_index("ix_users_organisation", "users", ["operator_id", "organisation_id", "id"])


def _drafts() -> None:
    op.create_table(
        "drafts",
        sa.Column("operator_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("type", TEXT, nullable=False),
        sa.Column("order_handle", TEXT, nullable=True),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("code", TEXT, nullable=True),
        sa.Column("document", TEXT, nullable=False),
        sa.Column("created_ms", WHOLE, nullable=False),
        sa.Column("changed_ms", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "id", name="pk_drafts"),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.id"], name="fk_drafts_operator_id"),
        sa.CheckConstraint("status <> 'refused' OR code IS NOT NULL", name=op.f("ck_drafts_code")),
        sa.CheckConstraint(
            "status IN ('open', 'pending', 'entered', 'refused', 'withdrawn')",
            name=op.f("ck_drafts_status"),
        ),
    )
    op.create_index("ix_drafts_order", "drafts", ["operator_id", "order_handle"])
    op.create_index("ix_drafts_status", "drafts", ["operator_id", "status", "created_ms"])


def _draft_parties() -> None:
    op.create_table(
        "draft_parties",
        sa.Column("operator_id", TEXT, nullable=False),
        sa.Column("draft_id", TEXT, nullable=False),
        sa.Column("party_id", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "draft_id", "party_id", name="pk_draft_parties"),
        sa.ForeignKeyConstraint(
            ["operator_id", "draft_id"],
            ["drafts.operator_id", "drafts.id"],
            name="fk_draft_parties_operator_id_draft_id",
        ),
    )
    op.create_index("ix_draft_parties_party", "draft_parties", ["operator_id", "party_id"])
