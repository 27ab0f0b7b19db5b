"""Purchase orders, drafts, secrets of disclosures, and the log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from data.tables.ledger import ledger_ddl, ledger_ddl_drop

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TEXT = sa.String()
WHOLE = sa.BigInteger()
BYTES = sa.LargeBinary()

TABLES = (
    "purchase_orders",
    "purchase_order_lines",
    "party_links",
    "drafts",
    "draft_parties",
    "order_keys",
    "ledger_head",
    "ledger_leaf",
    "ledger_state",
    "ledger_append_request",
    "ledger_disclosure",
)


def upgrade() -> None:
    _purchase_orders()
    _purchase_orders_indexes()
    _purchase_order_lines()
    _party_links()
    _drafts()
    _draft_parties()
    _order_keys()
    _ledger_head()
    _ledger_leaf()
    _ledger_state()
    _ledger_append_request()
    _ledger_disclosure()
    for statement in ledger_ddl(op.get_bind().dialect.name):
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    for statement in ledger_ddl_drop(op.get_bind().dialect.name):
        op.get_bind().exec_driver_sql(statement)
    for table in reversed(TABLES):
        op.drop_table(table)


def _purchase_orders() -> None:
    op.create_table(
        "purchase_orders",
        sa.Column("operator_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("code", TEXT, nullable=True),
        sa.Column("scope_id", TEXT, nullable=True),
        sa.Column("order_id", TEXT, nullable=True),
        sa.Column("plan_id", TEXT, nullable=True),
        sa.Column("import_id", TEXT, nullable=True),
        sa.Column("buyer_org", TEXT, nullable=True),
        sa.Column("seller_org", TEXT, nullable=True),
        sa.Column("number", TEXT, nullable=False),
        sa.Column("issue_date", sa.Date(), nullable=False),
        sa.Column("currency", TEXT, nullable=False),
        sa.Column("net_minor", WHOLE, nullable=False),
        sa.Column("tax_minor", WHOLE, nullable=False),
        sa.Column("payable_minor", WHOLE, nullable=False),
        sa.Column("ledger_handle", TEXT, nullable=True),
        sa.Column("request_id", TEXT, nullable=True),
        sa.Column("created_ms", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "id", name="pk_purchase_orders"),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name="fk_purchase_orders_operator_id"
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "buyer_org"],
            ["organisations.operator_id", "organisations.id"],
            name="fk_purchase_orders_operator_id_buyer_org",
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "import_id"],
            ["imports.operator_id", "imports.id"],
            name="fk_purchase_orders_operator_id_import_id",
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "plan_id"],
            ["plans.operator_id", "plans.id"],
            name="fk_purchase_orders_operator_id_plan_id",
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "scope_id", "order_id"],
            ["orders.operator_id", "orders.scope_id", "orders.order_id"],
            name="fk_purchase_orders_operator_id_scope_id_order_id",
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "seller_org"],
            ["organisations.operator_id", "organisations.id"],
            name="fk_purchase_orders_operator_id_seller_org",
        ),
        sa.CheckConstraint(
            "status NOT IN ('held', 'refused') OR code IS NOT NULL",
            name=op.f("ck_purchase_orders_code"),
        ),
        sa.CheckConstraint("length(currency) = 3", name=op.f("ck_purchase_orders_currency")),
        sa.CheckConstraint(
            "source <> 'plan' OR plan_id IS NOT NULL", name=op.f("ck_purchase_orders_plan")
        ),
        sa.CheckConstraint("source IN ('plan', 'ubl')", name=op.f("ck_purchase_orders_source")),
        sa.CheckConstraint(
            "status IN ('imported', 'held', 'refused', 'submitted', 'confirmed')",
            name=op.f("ck_purchase_orders_status"),
        ),
    )


def _purchase_orders_indexes() -> None:
    op.create_index("ix_purchase_orders_buyer", "purchase_orders", ["operator_id", "buyer_org"])
    op.create_index("ix_purchase_orders_seller", "purchase_orders", ["operator_id", "seller_org"])
    op.create_index("ix_purchase_orders_status", "purchase_orders", ["operator_id", "status"])
    op.create_index(
        "uq_purchase_orders_handle",
        "purchase_orders",
        ["operator_id", "ledger_handle"],
        unique=True,
    )
    op.create_index(
        "uq_purchase_orders_plan",
        "purchase_orders",
        ["operator_id", "plan_id", "order_id", "seller_org"],
        unique=True,
        sqlite_where=sa.text("source = 'plan'"),
        postgresql_where=sa.text("source = 'plan'"),
    )


def _purchase_order_lines() -> None:
    op.create_table(
        "purchase_order_lines",
        sa.Column("operator_id", TEXT, nullable=False),
        sa.Column("purchase_order_id", TEXT, nullable=False),
        sa.Column("position", WHOLE, nullable=False),
        sa.Column("number", TEXT, nullable=False),
        sa.Column("item", TEXT, nullable=False),
        sa.Column("unit", TEXT, nullable=False),
        sa.Column("quantity_milli", WHOLE, nullable=False),
        sa.Column("price_micro", WHOLE, nullable=True),
        sa.Column("base_quantity_milli", WHOLE, nullable=False),
        sa.Column("amount_minor", WHOLE, nullable=False),
        sa.Column("due_date", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint(
            "operator_id", "purchase_order_id", "position", name="pk_purchase_order_lines"
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "purchase_order_id"],
            ["purchase_orders.operator_id", "purchase_orders.id"],
            name="fk_purchase_order_lines_operator_id_purchase_order_id",
        ),
        sa.CheckConstraint(
            "base_quantity_milli >= 1", name=op.f("ck_purchase_order_lines_base_quantity_milli")
        ),
        sa.CheckConstraint(
            "quantity_milli >= 0", name=op.f("ck_purchase_order_lines_quantity_milli")
        ),
    )


def _party_links() -> None:
    op.create_table(
        "party_links",
        sa.Column("operator_id", TEXT, nullable=False),
        sa.Column("purchase_order_id", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("identifiers", sa.Text(), nullable=False),
        sa.Column("organisation_id", TEXT, nullable=True),
        sa.Column("linked_by", TEXT, nullable=True),
        sa.Column("linked_ms", WHOLE, nullable=True),
        sa.PrimaryKeyConstraint("operator_id", "purchase_order_id", "role", name="pk_party_links"),
        sa.ForeignKeyConstraint(
            ["operator_id", "organisation_id"],
            ["organisations.operator_id", "organisations.id"],
            name="fk_party_links_operator_id_organisation_id",
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "purchase_order_id"],
            ["purchase_orders.operator_id", "purchase_orders.id"],
            name="fk_party_links_operator_id_purchase_order_id",
        ),
        sa.CheckConstraint("role IN ('buyer', 'seller')", name=op.f("ck_party_links_role")),
    )


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


def _order_keys() -> None:
    op.create_table(
        "order_keys",
        sa.Column("operator_id", TEXT, nullable=False),
        sa.Column("order_handle", TEXT, nullable=False),
        sa.Column("secret", BYTES, nullable=False),
        sa.Column("created_ms", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "order_handle", name="pk_order_keys"),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name="fk_order_keys_operator_id"
        ),
    )


def _ledger_head() -> None:
    op.create_table(
        "ledger_head",
        sa.Column("log", sa.String(255), nullable=False),
        sa.Column("size", WHOLE, nullable=False),
        sa.Column("frontier", BYTES, nullable=False),
        sa.Column("last_leaf", sa.LargeBinary(32), nullable=False),
        sa.Column("time_ms", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("log", name="pk_ledger_head"),
    )


def _ledger_leaf() -> None:
    op.create_table(
        "ledger_leaf",
        sa.Column("log", sa.String(255), nullable=False),
        sa.Column("leaf_index", WHOLE, autoincrement=False, nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("data", BYTES, nullable=False),
        sa.Column("time_ms", WHOLE, nullable=False),
        sa.Column("request_id", sa.String(32), nullable=False),
        sa.Column("body_digest", sa.LargeBinary(32), nullable=False),
        sa.Column("order_handle", sa.String(300), nullable=True),
        sa.Column("order_sequence", WHOLE, nullable=True),
        sa.PrimaryKeyConstraint("log", "leaf_index", name="pk_ledger_leaf"),
        sa.UniqueConstraint("log", "request_id", name="uq_ledger_leaf_request"),
    )
    op.create_index(
        "ix_ledger_leaf_chain",
        "ledger_leaf",
        ["log", "order_handle", "order_sequence"],
        unique=True,
    )


def _ledger_state() -> None:
    op.create_table(
        "ledger_state",
        sa.Column("log", sa.String(255), nullable=False),
        sa.Column("key", sa.String(400), nullable=False),
        sa.Column("value", BYTES, nullable=False),
        sa.PrimaryKeyConstraint("log", "key", name="pk_ledger_state"),
    )


def _ledger_append_request() -> None:
    op.create_table(
        "ledger_append_request",
        sa.Column(
            "position",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("log", sa.String(255), nullable=False),
        sa.Column("request_id", sa.String(32), nullable=False),
        sa.Column("body", BYTES, nullable=False),
        sa.Column("body_digest", sa.LargeBinary(32), nullable=False),
        sa.Column("signatures", sa.Text(), nullable=False),
        sa.Column("disclosures", sa.Text(), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("leaf_index", WHOLE, nullable=True),
        sa.Column("leaf_hash", sa.LargeBinary(32), nullable=True),
        sa.Column("time_ms", WHOLE, nullable=True),
        sa.Column("code", sa.String(60), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("params", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("position", name="pk_ledger_append_request"),
        sa.UniqueConstraint("log", "request_id", name="uq_ledger_append_request"),
    )
    op.create_index(
        "ix_ledger_append_request_pending",
        "ledger_append_request",
        ["log", "position"],
        sqlite_where=sa.text("status = 'pending'"),
        postgresql_where=sa.text("status = 'pending'"),
    )


def _ledger_disclosure() -> None:
    op.create_table(
        "ledger_disclosure",
        sa.Column("log", sa.String(255), nullable=False),
        sa.Column("leaf_index", WHOLE, autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("log", "leaf_index", "digest", name="pk_ledger_disclosure"),
    )
