"""The pages and the versions of the ledger's state map."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ledger_map_page",
        sa.Column("log", sa.String(255), nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("log", "hash", name="pk_ledger_map_page"),
    )
    op.create_table(
        "ledger_map_version",
        sa.Column("log", sa.String(255), nullable=False),
        sa.Column("leaf_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(32), nullable=False),
        sa.PrimaryKeyConstraint("log", "leaf_index", name="pk_ledger_map_version"),
    )
    op.create_table(
        "ledger_map_superseded",
        sa.Column("log", sa.String(255), nullable=False),
        sa.Column("leaf_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("log", "leaf_index", name="pk_ledger_map_superseded"),
    )


def downgrade() -> None:
    op.drop_table("ledger_map_superseded")
    op.drop_table("ledger_map_version")
    op.drop_table("ledger_map_page")
