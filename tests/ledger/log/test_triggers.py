"""The database itself refuses to change or remove entries."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DatabaseError

from data.stores.ledger_log import SqlLogStore
from data.tables.ledger import ledger_ddl, ledger_ddl_drop
from tests.support.log_parts import ORIGIN, make_request, open_log

CHANGES = (
    "UPDATE ledger_leaf SET data = :data WHERE leaf_index = 1",
    "UPDATE ledger_leaf SET leaf_index = 7 WHERE leaf_index = 1",
    "UPDATE ledger_leaf SET data = :data",
    "DELETE FROM ledger_leaf WHERE leaf_index = 2",
    "DELETE FROM ledger_leaf",
)
REPLACE = (
    "INSERT OR REPLACE INTO ledger_leaf SELECT log, leaf_index, leaf_hash, :data, time_ms, "
    "request_id, body_digest, order_handle, order_sequence FROM ledger_leaf WHERE leaf_index = 1"
)


@pytest.fixture
def filled(engine: Engine, tmp_path) -> Iterator[Engine]:
    """Return a database with three entries."""
    log = open_log(SqlLogStore(engine, ORIGIN, lock_folder=tmp_path), tmp_path)
    for name in "abc":
        log.writer.submit(make_request(name))
    before = log.store.leaves(0, 3)
    yield engine
    assert log.store.leaves(0, 3) == before


def run(engine: Engine, statement: str) -> None:
    """Run a statement in a transaction of its own."""
    with engine.begin() as connection:
        needs = {"data": b"forged"} if ":data" in statement else {}
        connection.execute(text(statement), needs)


@pytest.mark.parametrize("statement", CHANGES)
def test_entries_are_never_changed_or_removed(filled: Engine, statement: str):
    with pytest.raises(DatabaseError, match="entries of the log are never"):
        run(filled, statement)


def test_entries_are_never_replaced(filled: Engine):
    statement = REPLACE
    if filled.dialect.name == "postgresql":
        statement = "TRUNCATE ledger_leaf"
    with pytest.raises(DatabaseError, match="entries of the log are never"):
        run(filled, statement)


def test_drop_undoes_the_triggers(filled: Engine):
    for statement in ledger_ddl_drop(filled.dialect.name):
        run(filled, statement)
    with filled.connect() as connection, connection.begin() as transaction:
        connection.execute(text("DELETE FROM ledger_leaf"))
        transaction.rollback()
    for statement in ledger_ddl(filled.dialect.name):
        run(filled, statement)
    with pytest.raises(DatabaseError, match="entries of the log are never"):
        run(filled, "DELETE FROM ledger_leaf")


def test_no_triggers_for_other_databases():
    with pytest.raises(ValueError, match="use sqlite or postgresql"):
        ledger_ddl("mysql")
