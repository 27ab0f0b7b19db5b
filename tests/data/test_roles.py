"""PostgreSQL roles with what they need and no more: the signer reads, the server adds."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from data.engine import make_engine
from data.errors import UnsupportedDatabase
from data.roles import signer_grants, writer_grants
from data.stores import ledger_log
from data.stores.ledger_commit import write_rows
from data.stores.ledger_log import SqlLogStore
from tests.support.log_parts import ORIGIN, make_request, open_log

pytestmark = pytest.mark.postgresql


@pytest.fixture
def owner(postgresql_url: str) -> Iterator[Engine]:
    engine = make_engine(postgresql_url)
    yield engine
    engine.dispose()


@pytest.fixture
def role(owner: Engine) -> Iterator[str]:
    """Return the name of a new role that may log in and owns nothing."""
    name = f"r_{uuid4().hex[:12]}"
    with owner.begin() as connection:
        connection.execute(text(f"CREATE ROLE {name} LOGIN PASSWORD 'secret'"))
    yield name
    with owner.begin() as connection:
        connection.execute(text(f"DROP OWNED BY {name}"))
        connection.execute(text(f"DROP ROLE {name}"))


def engine_as(owner: Engine, role: str, statements: tuple[str, ...]) -> Engine:
    with owner.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    return make_engine(make_url(str(owner.url)).set(username=role, password="secret"))


def refused(engine: Engine, statement: str) -> bool:
    try:
        with engine.begin() as connection:
            connection.execute(text(statement))
    except (SQLAlchemyError, Exception) as error:  # noqa: BLE001 - whoever says no
        return "denied" in str(error) or "read-only" in str(error)
    return False


def test_the_signers_role_reads_entries_and_nothing_else(owner, role, tmp_path):
    log = open_log(SqlLogStore(owner, ORIGIN, lock_folder=tmp_path), tmp_path)
    log.writer.submit(make_request("a"))
    engine = engine_as(owner, role, signer_grants(role))
    try:
        store = SqlLogStore(engine, ORIGIN, lock_folder=tmp_path)
        assert list(store.leaves(0, 1)) == list(log.store.leaves(0, 1))
        assert refused(engine, "SELECT * FROM order_keys")
        assert refused(engine, "SELECT * FROM ledger_disclosure")
        assert refused(engine, "DELETE FROM ledger_leaf")
        assert refused(engine, "INSERT INTO ledger_head VALUES ('x', 0, '', '', 0)")
    finally:
        engine.dispose()


def test_the_servers_role_adds_entries_and_never_changes_them(owner, role, tmp_path):
    """Even where the triggers that forbid it were dropped."""
    engine = engine_as(owner, role, writer_grants(role))
    try:
        log = open_log(SqlLogStore(engine, ORIGIN, lock_folder=tmp_path), tmp_path)
        assert log.writer.submit(make_request("a")).index == 0
        with owner.begin() as connection:
            connection.execute(text("DROP TRIGGER ledger_leaf_no_change ON ledger_leaf"))
        assert refused(engine, "UPDATE ledger_leaf SET time_ms = 0")
        assert refused(engine, "DELETE FROM ledger_leaf")
        assert refused(engine, "TRUNCATE ledger_leaf")
        assert log.writer.submit(make_request("b")).index == 1
    finally:
        engine.dispose()


def test_a_commit_waits_for_the_disk_whatever_the_server_is_set_to(owner, tmp_path, monkeypatch):
    """The test server answers early by default; the commit's own transaction does not."""
    seen: list[str] = []

    def look(step: str) -> None:
        if step == "in transaction":
            seen.append(step)

    store = SqlLogStore(owner, ORIGIN, lock_folder=tmp_path, crash_point=look)
    settings: list[str] = []

    def writing(driver, origin, batch):
        write_rows(driver, origin, batch)
        settings.append(driver.execute("SHOW synchronous_commit").fetchone()[0])

    monkeypatch.setattr(ledger_log, "write_rows", writing)
    open_log(store, tmp_path).writer.submit(make_request("a"))
    assert seen
    assert set(settings) == {"on"}


@pytest.mark.parametrize("name", ["", "Robert'); DROP TABLE", "UPPER", "a-b", "1a"])
def test_a_role_has_a_plain_name(name):
    with pytest.raises(UnsupportedDatabase):
        signer_grants(name)
    with pytest.raises(UnsupportedDatabase):
        writer_grants(name)
