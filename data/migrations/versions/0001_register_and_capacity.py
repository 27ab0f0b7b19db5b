"""Operators, parks, organisations, users; scopes, parks, offers and weeks; imports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TEXT = sa.String()
WHOLE = sa.BigInteger()

TABLES = (
    "operators",
    "parks",
    "organisations",
    "organisation_identifiers",
    "users",
    "matching_scopes",
    "scope_parks",
    "capacity_offers",
    "capacity_weeks",
    "imports",
)


def upgrade() -> None:
    _operators()
    _parks()
    _organisations()
    _organisation_identifiers()
    _users()
    _matching_scopes()
    _scope_parks()
    _capacity_offers()
    _capacity_weeks()
    _imports()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _operators() -> None:
    op.create_table(
        "operators",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("origin", TEXT, nullable=False),
        sa.Column("created_ms", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_operators"),
        sa.UniqueConstraint("origin", name="uq_operators_origin"),
    )


def _parks() -> None:
    op.create_table(
        "parks",
        sa.Column("operator_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("name_zh", TEXT, nullable=True),
        sa.Column("latitude", sa.Float(), nullable=False),
        sa.Column("longitude", sa.Float(), nullable=False),
        sa.Column("timezone", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "id", name="pk_parks"),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.id"], name="fk_parks_operator_id"),
    )


def _organisations() -> None:
    op.create_table(
        "organisations",
        sa.Column("operator_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("name_zh", TEXT, nullable=True),
        sa.Column("park_id", TEXT, nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("ledger_handle", TEXT, nullable=True),
        sa.Column("created_ms", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "id", name="pk_organisations"),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name="fk_organisations_operator_id"
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "park_id"],
            ["parks.operator_id", "parks.id"],
            name="fk_organisations_operator_id_park_id",
        ),
        sa.UniqueConstraint(
            "operator_id", "ledger_handle", name="uq_organisations_operator_id_ledger_handle"
        ),
        sa.CheckConstraint(
            "kind IN ('enterprise', 'service_centre', 'research_provider', "
            "'lender', 'auditor', 'registrar', 'operator')",
            name=op.f("ck_organisations_kind"),
        ),
        sa.CheckConstraint(
            "status IN ('named', 'onboarded', 'suspended')", name=op.f("ck_organisations_status")
        ),
    )
    op.create_index("ix_organisations_kind", "organisations", ["operator_id", "kind", "id"])


def _organisation_identifiers() -> None:
    op.create_table(
        "organisation_identifiers",
        sa.Column("operator_id", TEXT, nullable=False),
        sa.Column("scheme", TEXT, nullable=False),
        sa.Column("value", TEXT, nullable=False),
        sa.Column("organisation_id", TEXT, nullable=False),
        sa.Column("written", TEXT, nullable=False),
        sa.PrimaryKeyConstraint(
            "operator_id", "scheme", "value", name="pk_organisation_identifiers"
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "organisation_id"],
            ["organisations.operator_id", "organisations.id"],
            name="fk_organisation_identifiers_organisation",
        ),
    )
    op.create_index(
        "ix_organisation_identifiers_organisation",
        "organisation_identifiers",
        ["operator_id", "organisation_id"],
    )


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


def _matching_scopes() -> None:
    op.create_table(
        "matching_scopes",
        sa.Column("operator_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("week0", sa.Date(), nullable=False),
        sa.Column("currency", TEXT, nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("weeks", WHOLE, nullable=False),
        sa.Column("max_block_weeks", WHOLE, nullable=False),
        sa.Column("carbon_fen_per_kg", sa.Text(), nullable=False),
        sa.Column("transport_fixed_fen", sa.Text(), nullable=False),
        sa.Column("transport_fen_per_tonne_km", sa.Text(), nullable=False),
        sa.Column("transport_g_per_tonne_km", sa.Text(), nullable=False),
        sa.Column("created_ms", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "id", name="pk_matching_scopes"),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name="fk_matching_scopes_operator_id"
        ),
        sa.CheckConstraint("max_block_weeks >= 1", name=op.f("ck_matching_scopes_max_block_weeks")),
        sa.CheckConstraint("weeks >= 1", name=op.f("ck_matching_scopes_weeks")),
    )
    op.create_index(
        "uq_matching_scopes_current",
        "matching_scopes",
        ["operator_id"],
        unique=True,
        sqlite_where=sa.text("current"),
        postgresql_where=sa.text("current"),
    )


def _scope_parks() -> None:
    op.create_table(
        "scope_parks",
        sa.Column("operator_id", TEXT, nullable=False),
        sa.Column("scope_id", TEXT, nullable=False),
        sa.Column("park_id", TEXT, nullable=False),
        sa.Column("position", WHOLE, nullable=False),
        sa.Column("latitude", sa.Float(), nullable=False),
        sa.Column("longitude", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "scope_id", "park_id", name="pk_scope_parks"),
        sa.ForeignKeyConstraint(
            ["operator_id", "scope_id"],
            ["matching_scopes.operator_id", "matching_scopes.id"],
            name="fk_scope_parks_operator_id_scope_id",
        ),
    )


def _capacity_offers() -> None:
    op.create_table(
        "capacity_offers",
        sa.Column("operator_id", TEXT, nullable=False),
        sa.Column("scope_id", TEXT, nullable=False),
        sa.Column("offer_id", TEXT, nullable=False),
        sa.Column("position", WHOLE, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("enterprise_id", TEXT, nullable=False),
        sa.Column("park_id", TEXT, nullable=False),
        sa.Column("process", TEXT, nullable=False),
        sa.Column("size_class", WHOLE, nullable=False),
        sa.Column("tolerance_it", WHOLE, nullable=False),
        sa.Column("materials", sa.Text(), nullable=False),
        sa.Column("certificates", sa.Text(), nullable=False),
        sa.Column("rate_fen_per_hour", WHOLE, nullable=False),
        sa.Column("setup_minutes", WHOLE, nullable=False),
        sa.Column("min_lot", WHOLE, nullable=False),
        sa.Column("carbon_g_per_hour", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "scope_id", "offer_id", name="pk_capacity_offers"),
        sa.ForeignKeyConstraint(
            ["operator_id", "scope_id", "park_id"],
            ["scope_parks.operator_id", "scope_parks.scope_id", "scope_parks.park_id"],
            name="fk_capacity_offers_operator_id_scope_id_park_id",
        ),
        sa.CheckConstraint("min_lot >= 0", name=op.f("ck_capacity_offers_min_lot")),
        sa.CheckConstraint(
            "rate_fen_per_hour >= 0", name=op.f("ck_capacity_offers_rate_fen_per_hour")
        ),
        sa.CheckConstraint("setup_minutes >= 0", name=op.f("ck_capacity_offers_setup_minutes")),
        sa.CheckConstraint(
            "status IN ('open', 'withdrawn')", name=op.f("ck_capacity_offers_status")
        ),
    )
    op.create_index(
        "ix_capacity_offers_enterprise", "capacity_offers", ["operator_id", "enterprise_id"]
    )


def _capacity_weeks() -> None:
    op.create_table(
        "capacity_weeks",
        sa.Column("operator_id", TEXT, nullable=False),
        sa.Column("scope_id", TEXT, nullable=False),
        sa.Column("offer_id", TEXT, nullable=False),
        sa.Column("week", WHOLE, nullable=False),
        sa.Column("minutes", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint(
            "operator_id", "scope_id", "offer_id", "week", name="pk_capacity_weeks"
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "scope_id", "offer_id"],
            ["capacity_offers.operator_id", "capacity_offers.scope_id", "capacity_offers.offer_id"],
            name="fk_capacity_weeks_operator_id_scope_id_offer_id",
        ),
        sa.CheckConstraint("minutes >= 0", name=op.f("ck_capacity_weeks_minutes")),
        sa.CheckConstraint("week >= 0", name=op.f("ck_capacity_weeks_week")),
    )


def _imports() -> None:
    op.create_table(
        "imports",
        sa.Column("operator_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("organisation_id", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("sha256", TEXT, nullable=False),
        sa.Column("size_bytes", WHOLE, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("scope_id", TEXT, nullable=True),
        sa.Column("received_ms", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "id", name="pk_imports"),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.id"], name="fk_imports_operator_id"),
        sa.ForeignKeyConstraint(
            ["operator_id", "scope_id"],
            ["matching_scopes.operator_id", "matching_scopes.id"],
            name="fk_imports_operator_id_scope_id",
        ),
        sa.CheckConstraint("kind IN ('bundle', 'workbook', 'ubl')", name=op.f("ck_imports_kind")),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_imports_sha256")),
        sa.CheckConstraint("size_bytes >= 0", name=op.f("ck_imports_size_bytes")),
        sa.CheckConstraint("status IN ('accepted', 'rejected')", name=op.f("ck_imports_status")),
    )
    op.create_index("ix_imports_received", "imports", ["operator_id", "received_ms"])
    op.create_index(
        "uq_imports_accepted",
        "imports",
        ["operator_id", "organisation_id", "kind", "sha256"],
        unique=True,
        sqlite_where=sa.text("status = 'accepted'"),
        postgresql_where=sa.text("status = 'accepted'"),
    )
