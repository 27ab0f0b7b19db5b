from __future__ import annotations

from enum import StrEnum
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import IntegrityError

import data.tables
from data import kinds
from data.tables.columns import FractionText, JsonText, TextSet

DIALECT = sqlite.dialect()
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(st.fractions())
def test_fraction_comes_back(value: Fraction):
    written = FractionText().process_bind_param(value, DIALECT)
    assert FractionText().process_result_value(written, DIALECT) == value


@given(st.frozensets(st.text()))
def test_set_comes_back(value: frozenset[str]):
    written = TextSet().process_bind_param(value, DIALECT)
    assert TextSet().process_result_value(written, DIALECT) == value


@given(json_values)
def test_json_comes_back(value: object):
    written = JsonText().process_bind_param(value, DIALECT)
    assert JsonText().process_result_value(written, DIALECT) == value


def test_equal_values_are_equal_texts():
    assert TextSet().process_bind_param(["b", "a", "b"], DIALECT) == '["a", "b"]'
    assert FractionText().process_bind_param(Fraction(4, 6), DIALECT) == "2/3"
    assert JsonText().process_bind_param({"b": 1, "a": "纺"}, DIALECT) == '{"a": "纺", "b": 1}'


@pytest.mark.parametrize("column", [FractionText(), TextSet(), JsonText()])
def test_missing_stays_missing(column: FractionText | TextSet | JsonText):
    assert column.process_bind_param(None, DIALECT) is None
    assert column.process_result_value(None, DIALECT) is None


def test_json_holds_no_number_that_is_none():
    with pytest.raises(ValueError, match="JSON"):
        JsonText().process_bind_param(float("nan"), DIALECT)


def test_rows_are_named_and_belong_to_an_operator():
    """The log's own tables belong to a log, and an operator has one."""
    for name, table in data.tables.metadata.tables.items():
        owner = {"operators": "id"}.get(name, "log" if name.startswith("ledger") else "operator_id")
        assert owner in table.columns, name


def test_every_constraint_has_a_name_that_both_databases_keep():
    for table in data.tables.metadata.tables.values():
        names = [str(one.name) for one in (*table.constraints, *table.indexes)]
        assert [name for name in names if name == "None" or len(name) > 60] == []
        assert len(names) == len(set(names))


COLUMNS: dict[str, type[StrEnum]] = {
    "organisations.kind": kinds.OrganisationKind,
    "organisations.status": kinds.OrganisationStatus,
    "capacity_offers.status": kinds.OfferStatus,
    "orders.status": kinds.OrderStatus,
    "imports.kind": kinds.ImportKind,
    "imports.status": kinds.ImportStatus,
    "matching_runs.status": kinds.RunStatus,
    "proposals.side": kinds.ProposalSide,
    "proposals.status": kinds.ProposalStatus,
    "purchase_orders.source": kinds.PurchaseOrderSource,
    "purchase_orders.status": kinds.PurchaseOrderStatus,
    "party_links.role": kinds.PartyRole,
}


@pytest.mark.parametrize("column", COLUMNS)
def test_words_of_the_migration_are_those_of_the_code(engine: Engine, column: str):
    """A word added to an enum needs a migration: this test says so."""
    table, name = column.split(".")
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            query = "select sql from sqlite_master where name = :table"
            written = connection.execute(text(query), {"table": table}).scalar_one()
            written = written.split(f"{name} IN (")[1].split(")")[0]
        else:
            query = (
                "select pg_get_constraintdef(oid) from pg_constraint "
                "where conrelid = cast(:table as regclass) and conname = :name"
            )
            key = {"table": table, "name": f"ck_{table}_{name}"}
            written = connection.execute(text(query), key).scalar_one()
    words = set(written.split("'")[1::2])
    assert words == {member.value for member in COLUMNS[column]}


def test_unknown_word_is_refused(engine: Engine):
    with engine.connect() as connection:
        connection.execute(text("insert into operators values ('o', 'n', 'x', 1)"))
        statement = text(
            "insert into organisations (operator_id, id, kind, name, status, created_ms) "
            "values ('o', 'a', 'pirate', 'n', 'named', 1)"
        )
        with pytest.raises(IntegrityError, match="ck_organisations_kind"):
            connection.execute(statement)


def test_references_are_checked_by_the_key():
    """Beside a key of three columns no index may begin with the first two of them.

    Inside a large import PostgreSQL has no statistics yet, and would take such an index to check
    each reference: it reads a whole scope for every row.
    """
    for table in data.tables.metadata.tables.values():
        for reference in table.foreign_key_constraints:
            target = reference.referred_table
            start = [column.name for column in target.primary_key.columns][:2]
            if len(target.primary_key.columns) > 2:
                found = [[column.name for column in one.columns][:2] for one in target.indexes]
                assert start not in found, (table.name, target.name)
