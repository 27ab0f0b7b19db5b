"""Matching runs, plans, orders with operations and quotations, proposals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TEXT = sa.String()
WHOLE = sa.BigInteger()
BYTES = sa.LargeBinary()

TABLES = (
    "snapshots",
    "matching_runs",
    "plans",
    "plan_lines",
    "prices",
    "reasons",
    "orders",
    "operations",
    "quotations",
    "proposals",
)


def upgrade() -> None:
    _snapshots()
    _matching_runs()
    _plans()
    _plan_lines()
    _prices()
    _reasons()
    _orders()
    _operations()
    _quotations()
    _proposals()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _snapshots() -> None:
    op.create_table(
        "snapshots",
        sa.Column("operator_id", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("body", BYTES, nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "digest", name="pk_snapshots"),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.id"], name="fk_snapshots_operator_id"),
    )


def _matching_runs() -> None:
    op.create_table(
        "matching_runs",
        sa.Column("operator_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("scope_id", TEXT, nullable=False),
        sa.Column("requested_by", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("seed", WHOLE, nullable=False),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("work", WHOLE, nullable=True),
        sa.Column("workers", WHOLE, nullable=False),
        sa.Column("snapshot_digest", TEXT, nullable=True),
        sa.Column("worker", TEXT, nullable=True),
        sa.Column("progress", sa.Text(), nullable=True),
        sa.Column("outcome", TEXT, nullable=True),
        sa.Column("objective_fen", WHOLE, nullable=True),
        sa.Column("bound_fen", WHOLE, nullable=True),
        sa.Column("greedy_fen", WHOLE, nullable=True),
        sa.Column("work_done", WHOLE, nullable=True),
        sa.Column("stopped_by", TEXT, nullable=True),
        sa.Column("timings", sa.Text(), nullable=True),
        sa.Column("error", TEXT, nullable=True),
        sa.Column("queued_ms", WHOLE, nullable=False),
        sa.Column("started_ms", WHOLE, nullable=True),
        sa.Column("seen_ms", WHOLE, nullable=True),
        sa.Column("finished_ms", WHOLE, nullable=True),
        sa.PrimaryKeyConstraint("operator_id", "id", name="pk_matching_runs"),
        sa.ForeignKeyConstraint(
            ["operator_id", "scope_id"],
            ["matching_scopes.operator_id", "matching_scopes.id"],
            name="fk_matching_runs_operator_id_scope_id",
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "snapshot_digest"],
            ["snapshots.operator_id", "snapshots.digest"],
            name="fk_matching_runs_operator_id_snapshot_digest",
        ),
        sa.CheckConstraint(
            "seconds IS NOT NULL OR work IS NOT NULL", name=op.f("ck_matching_runs_limit")
        ),
        sa.CheckConstraint("seconds > 0", name=op.f("ck_matching_runs_seconds")),
        sa.CheckConstraint("seed >= 0", name=op.f("ck_matching_runs_seed")),
        sa.CheckConstraint(
            "status IN ('queued', 'running', 'done', 'cancelled', 'failed')",
            name=op.f("ck_matching_runs_status"),
        ),
        sa.CheckConstraint("work >= 0", name=op.f("ck_matching_runs_work")),
        sa.CheckConstraint("workers >= 1", name=op.f("ck_matching_runs_workers")),
    )
    op.create_index("ix_matching_runs_queued", "matching_runs", ["operator_id", "queued_ms"])
    op.create_index("ix_matching_runs_status", "matching_runs", ["status", "queued_ms"])


def _plans() -> None:
    op.create_table(
        "plans",
        sa.Column("operator_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("scope_id", TEXT, nullable=False),
        sa.Column("run_id", TEXT, nullable=False),
        sa.Column("version", WHOLE, nullable=False),
        sa.Column("replaces", TEXT, nullable=True),
        sa.Column("snapshot_digest", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("objective_fen", WHOLE, nullable=False),
        sa.Column("bound_fen", WHOLE, nullable=False),
        sa.Column("created_ms", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "id", name="pk_plans"),
        sa.ForeignKeyConstraint(
            ["operator_id", "replaces"],
            ["plans.operator_id", "plans.id"],
            name="fk_plans_operator_id_replaces",
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "run_id"],
            ["matching_runs.operator_id", "matching_runs.id"],
            name="fk_plans_operator_id_run_id",
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "scope_id"],
            ["matching_scopes.operator_id", "matching_scopes.id"],
            name="fk_plans_operator_id_scope_id",
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "snapshot_digest"],
            ["snapshots.operator_id", "snapshots.digest"],
            name="fk_plans_operator_id_snapshot_digest",
        ),
        sa.UniqueConstraint("operator_id", "run_id", name="uq_plans_operator_id_run_id"),
        sa.UniqueConstraint(
            "operator_id", "scope_id", "version", name="uq_plans_operator_id_scope_id_version"
        ),
        sa.CheckConstraint("objective_fen <= bound_fen", name=op.f("ck_plans_bound")),
        sa.CheckConstraint("length(digest) = 64", name=op.f("ck_plans_digest")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_plans_version")),
    )


def _plan_lines() -> None:
    op.create_table(
        "plan_lines",
        sa.Column("operator_id", TEXT, nullable=False),
        sa.Column("plan_id", TEXT, nullable=False),
        sa.Column("position", WHOLE, nullable=False),
        sa.Column("order_id", TEXT, nullable=False),
        sa.Column("lot", WHOLE, nullable=False),
        sa.Column("lot_quantity", WHOLE, nullable=False),
        sa.Column("step", WHOLE, nullable=False),
        sa.Column("offer_id", TEXT, nullable=False),
        sa.Column("week", WHOLE, nullable=False),
        sa.Column("minutes", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "plan_id", "position", name="pk_plan_lines"),
        sa.ForeignKeyConstraint(
            ["operator_id", "plan_id"],
            ["plans.operator_id", "plans.id"],
            name="fk_plan_lines_operator_id_plan_id",
        ),
        sa.CheckConstraint("lot >= 1", name=op.f("ck_plan_lines_lot")),
        sa.CheckConstraint("lot_quantity >= 1", name=op.f("ck_plan_lines_lot_quantity")),
        sa.CheckConstraint("minutes >= 1", name=op.f("ck_plan_lines_minutes")),
        sa.CheckConstraint("step >= 1", name=op.f("ck_plan_lines_step")),
        sa.CheckConstraint("week >= 0", name=op.f("ck_plan_lines_week")),
    )
    op.create_index("ix_plan_lines_offer", "plan_lines", ["operator_id", "plan_id", "offer_id"])
    op.create_index("ix_plan_lines_order", "plan_lines", ["operator_id", "plan_id", "order_id"])


def _prices() -> None:
    op.create_table(
        "prices",
        sa.Column("operator_id", TEXT, nullable=False),
        sa.Column("run_id", TEXT, nullable=False),
        sa.Column("position", WHOLE, nullable=False),
        sa.Column("offer_id", TEXT, nullable=False),
        sa.Column("week", WHOLE, nullable=False),
        sa.Column("millifen_per_minute", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "run_id", "position", name="pk_prices"),
        sa.ForeignKeyConstraint(
            ["operator_id", "run_id"],
            ["matching_runs.operator_id", "matching_runs.id"],
            name="fk_prices_operator_id_run_id",
        ),
        sa.UniqueConstraint(
            "operator_id",
            "run_id",
            "offer_id",
            "week",
            name="uq_prices_operator_id_run_id_offer_id_week",
        ),
        sa.CheckConstraint("millifen_per_minute >= 0", name=op.f("ck_prices_millifen_per_minute")),
        sa.CheckConstraint("week >= 0", name=op.f("ck_prices_week")),
    )


def _reasons() -> None:
    op.create_table(
        "reasons",
        sa.Column("operator_id", TEXT, nullable=False),
        sa.Column("run_id", TEXT, nullable=False),
        sa.Column("order_id", TEXT, nullable=False),
        sa.Column("position", WHOLE, nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("params", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "run_id", "order_id", name="pk_reasons"),
        sa.ForeignKeyConstraint(
            ["operator_id", "run_id"],
            ["matching_runs.operator_id", "matching_runs.id"],
            name="fk_reasons_operator_id_run_id",
        ),
    )


def _orders() -> None:
    op.create_table(
        "orders",
        sa.Column("operator_id", TEXT, nullable=False),
        sa.Column("scope_id", TEXT, nullable=False),
        sa.Column("order_id", TEXT, nullable=False),
        sa.Column("position", WHOLE, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("agreed_plan_id", TEXT, nullable=True),
        sa.Column("number", TEXT, nullable=False),
        sa.Column("buyer_id", TEXT, nullable=False),
        sa.Column("buyer_latitude", sa.Float(), nullable=False),
        sa.Column("buyer_longitude", sa.Float(), nullable=False),
        sa.Column("quantity", WHOLE, nullable=False),
        sa.Column("material", TEXT, nullable=False),
        sa.Column("size_class", WHOLE, nullable=False),
        sa.Column("certificates", sa.Text(), nullable=False),
        sa.Column("release_week", WHOLE, nullable=False),
        sa.Column("due_week", WHOLE, nullable=False),
        sa.Column("max_tardy_weeks", WHOLE, nullable=False),
        sa.Column("value_fen", WHOLE, nullable=False),
        sa.Column("tardy_fen_per_week", WHOLE, nullable=False),
        sa.Column("max_price_fen", WHOLE, nullable=False),
        sa.Column("max_lots", WHOLE, nullable=False),
        sa.Column("excluded_enterprises", sa.Text(), nullable=False),
        sa.Column("weight_kg", sa.Text(), nullable=False),
        sa.Column("quoted_only", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "scope_id", "order_id", name="pk_orders"),
        sa.ForeignKeyConstraint(
            ["operator_id", "agreed_plan_id"],
            ["plans.operator_id", "plans.id"],
            name="fk_orders_operator_id_agreed_plan_id",
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "scope_id"],
            ["matching_scopes.operator_id", "matching_scopes.id"],
            name="fk_orders_operator_id_scope_id",
        ),
        sa.CheckConstraint(
            "(status = 'agreed') = (agreed_plan_id IS NOT NULL)", name=op.f("ck_orders_agreed_plan")
        ),
        sa.CheckConstraint("max_lots >= 1", name=op.f("ck_orders_max_lots")),
        sa.CheckConstraint("max_tardy_weeks >= 0", name=op.f("ck_orders_max_tardy_weeks")),
        sa.CheckConstraint("quantity >= 1", name=op.f("ck_orders_quantity")),
        sa.CheckConstraint("release_week >= 0", name=op.f("ck_orders_release_week")),
        sa.CheckConstraint(
            "status IN ('open', 'agreed', 'withdrawn')", name=op.f("ck_orders_status")
        ),
        sa.CheckConstraint("tardy_fen_per_week >= 0", name=op.f("ck_orders_tardy_fen_per_week")),
    )
    op.create_index("ix_orders_buyer", "orders", ["operator_id", "buyer_id"])


def _operations() -> None:
    op.create_table(
        "operations",
        sa.Column("operator_id", TEXT, nullable=False),
        sa.Column("scope_id", TEXT, nullable=False),
        sa.Column("order_id", TEXT, nullable=False),
        sa.Column("step", WHOLE, nullable=False),
        sa.Column("process", TEXT, nullable=False),
        sa.Column("tolerance_it", WHOLE, nullable=False),
        sa.Column("minutes_total", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint(
            "operator_id", "scope_id", "order_id", "step", name="pk_operations"
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "scope_id", "order_id"],
            ["orders.operator_id", "orders.scope_id", "orders.order_id"],
            name="fk_operations_operator_id_scope_id_order_id",
        ),
        sa.CheckConstraint("step >= 1", name=op.f("ck_operations_step")),
    )


def _quotations() -> None:
    op.create_table(
        "quotations",
        sa.Column("operator_id", TEXT, nullable=False),
        sa.Column("scope_id", TEXT, nullable=False),
        sa.Column("order_id", TEXT, nullable=False),
        sa.Column("step", WHOLE, nullable=False),
        sa.Column("offer_id", TEXT, nullable=False),
        sa.Column("position", WHOLE, nullable=False),
        sa.Column("setup_minutes", WHOLE, nullable=False),
        sa.Column("minutes_total", WHOLE, nullable=False),
        sa.Column("price_fen", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint(
            "operator_id", "scope_id", "order_id", "step", "offer_id", name="pk_quotations"
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "scope_id", "offer_id"],
            ["capacity_offers.operator_id", "capacity_offers.scope_id", "capacity_offers.offer_id"],
            name="fk_quotations_operator_id_scope_id_offer_id",
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "scope_id", "order_id", "step"],
            [
                "operations.operator_id",
                "operations.scope_id",
                "operations.order_id",
                "operations.step",
            ],
            name="fk_quotations_operator_id_scope_id_order_id_step",
        ),
        sa.CheckConstraint("minutes_total >= 1", name=op.f("ck_quotations_minutes_total")),
        sa.CheckConstraint("price_fen >= 0", name=op.f("ck_quotations_price_fen")),
        sa.CheckConstraint("setup_minutes >= 0", name=op.f("ck_quotations_setup_minutes")),
    )
    op.create_index("ix_quotations_offer", "quotations", ["operator_id", "scope_id", "offer_id"])


def _proposals() -> None:
    op.create_table(
        "proposals",
        sa.Column("operator_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("plan_id", TEXT, nullable=False),
        sa.Column("scope_id", TEXT, nullable=False),
        sa.Column("order_id", TEXT, nullable=False),
        sa.Column("party_id", TEXT, nullable=False),
        sa.Column("side", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("amount_fen", WHOLE, nullable=False),
        sa.Column("request_id", TEXT, nullable=True),
        sa.Column("created_ms", WHOLE, nullable=False),
        sa.Column("decided_ms", WHOLE, nullable=True),
        sa.Column("decided_by", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("operator_id", "id", name="pk_proposals"),
        sa.ForeignKeyConstraint(
            ["operator_id", "plan_id"],
            ["plans.operator_id", "plans.id"],
            name="fk_proposals_operator_id_plan_id",
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "scope_id", "order_id"],
            ["orders.operator_id", "orders.scope_id", "orders.order_id"],
            name="fk_proposals_operator_id_scope_id_order_id",
        ),
        sa.UniqueConstraint(
            "operator_id",
            "plan_id",
            "order_id",
            "side",
            "party_id",
            name="uq_proposals_operator_id_plan_id_order_id_side_party_id",
        ),
        sa.CheckConstraint(
            "(status = 'proposed') = (decided_ms IS NULL)", name=op.f("ck_proposals_decided")
        ),
        sa.CheckConstraint("side IN ('buyer', 'enterprise')", name=op.f("ck_proposals_side")),
        sa.CheckConstraint(
            "status IN ('proposed', 'accepted', 'declined')", name=op.f("ck_proposals_status")
        ),
    )
    op.create_index("ix_proposals_party", "proposals", ["operator_id", "party_id", "status"])
