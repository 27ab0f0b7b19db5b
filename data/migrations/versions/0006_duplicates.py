"""Fingerprints of orders, and alerts about two that look alike."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TEXT = sa.String()
WHOLE = sa.BigInteger()


def upgrade() -> None:
    op.create_table(
        "order_fingerprints",
        sa.Column("operator_id", TEXT, nullable=False),
        sa.Column("fingerprint", TEXT, nullable=False),
        sa.Column("order_handle", TEXT, nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name="fk_order_fingerprints_operator_id"
        ),
        sa.PrimaryKeyConstraint(
            "operator_id", "fingerprint", "order_handle", name="pk_order_fingerprints"
        ),
    )
    op.create_index(
        "ix_order_fingerprints_order", "order_fingerprints", ["operator_id", "order_handle"]
    )
    op.create_table(
        "duplicate_alerts",
        sa.Column("operator_id", TEXT, nullable=False),
        sa.Column("order_handle", TEXT, nullable=False),
        sa.Column("other_handle", TEXT, nullable=False),
        sa.Column("codes", sa.Text(), nullable=False),
        sa.Column("created_ms", WHOLE, nullable=False),
        sa.Column("verdict", TEXT, nullable=True),
        sa.Column("decided_by", TEXT, nullable=True),
        sa.Column("reason", TEXT, nullable=True),
        sa.Column("decided_ms", WHOLE, nullable=True),
        sa.CheckConstraint(
            "verdict IN ('distinct', 'duplicate')", name=op.f("ck_duplicate_alerts_verdict")
        ),
        sa.CheckConstraint(
            "verdict IS NULL OR decided_by IS NOT NULL", name=op.f("ck_duplicate_alerts_decided")
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name="fk_duplicate_alerts_operator_id"
        ),
        sa.PrimaryKeyConstraint(
            "operator_id", "order_handle", "other_handle", name="pk_duplicate_alerts"
        ),
    )
    op.create_index(
        "ix_duplicate_alerts_other", "duplicate_alerts", ["operator_id", "other_handle"]
    )


def downgrade() -> None:
    op.drop_table("duplicate_alerts")
    op.drop_table("order_fingerprints")
