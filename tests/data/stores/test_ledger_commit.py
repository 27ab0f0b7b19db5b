"""The connection of the log's own: what it keeps, what it undoes, and when it opens a new one."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, text

from data.engine import make_engine, reading
from data.errors import DatabaseLocked
from data.stores.ledger_commit import OwnConnection
from data.stores.ledger_log import SqlLogStore
from ledger.errors import HeadMoved
from ledger.log.store import Head
from tests.support.log_parts import ORIGIN, make_request, open_log


def times(engine: Engine) -> list[int]:
    """Return the time of each head that is committed."""
    with reading(engine).connect() as connection:
        return list(connection.scalars(text("SELECT time_ms FROM ledger_head")))


def enter(driver: Any, time_ms: int) -> None:
    """Insert a head of a log that is called after its time."""
    driver.execute(
        f"INSERT INTO ledger_head VALUES ('{time_ms}', 0, '', '', {time_ms})"  # a test's own number
    )


def fail(own: OwnConnection) -> None:
    """Enter something, and find out that it may not be."""
    with own.begin() as driver:
        enter(driver, 2)
        raise HeadMoved("another process was quicker")


def test_what_is_given_is_kept_and_a_failure_is_undone(engine: Engine):
    own = OwnConnection(engine)
    with own.begin() as driver:
        enter(driver, 1)
    with pytest.raises(HeadMoved):
        fail(own)
    assert times(engine) == [1]
    with own.begin() as again:
        enter(again, 3)
    assert again is driver
    assert sorted(times(engine)) == [1, 3]


def test_a_disposed_engine_leads_to_a_new_connection(engine: Engine):
    own = OwnConnection(engine)
    with own.begin() as driver:
        enter(driver, 1)
    engine.dispose()
    with pytest.raises((sqlite3.ProgrammingError, psycopg.OperationalError)):
        driver.execute("SELECT 1")
    with own.begin() as another:
        enter(another, 2)
    assert another is not driver
    assert sorted(times(engine)) == [1, 2]


@pytest.mark.postgresql
def test_a_server_that_hung_up_is_called_again(postgresql_url: str):
    """A kept connection finds out at BEGIN that the other end is gone."""
    engine = make_engine(postgresql_url)
    own = OwnConnection(engine)
    with own.begin() as driver:
        enter(driver, 1)
    with engine.begin() as connection:
        ended = connection.scalar(
            text("SELECT pg_terminate_backend(:pid, 10000)"), {"pid": driver.info.backend_pid}
        )
    assert ended
    with own.begin() as another:
        enter(another, 2)
    assert driver.closed
    assert sorted(times(engine)) == [1, 2]
    engine.dispose()


def test_a_database_that_others_hold_is_told_as_everywhere(sqlite_url: str):
    engine, holder = make_engine(sqlite_url, wait_ms=10), make_engine(sqlite_url)
    own = OwnConnection(engine)
    with holder.begin(), pytest.raises(DatabaseLocked), own.begin():
        raise AssertionError("it did not begin")
    with own.begin() as driver:
        enter(driver, 1)
    assert times(engine) == [1]
    for one in (engine, holder):
        one.dispose()


def test_a_head_that_moved_leaves_the_connection_usable(engine: Engine, tmp_path: Path):
    store = SqlLogStore(engine, ORIGIN, lock_folder=tmp_path)
    log = open_log(store, tmp_path)
    log.writer.submit(make_request("a"))
    stale = log.sequencer._begin(store, ())
    stale.head = Head()
    with pytest.raises(HeadMoved):
        log.sequencer._commit(stale, ())
    log.writer.submit(make_request("b"))
    assert store.head().size == 2
