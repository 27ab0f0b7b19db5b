from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from data.engine import make_engine, parse_url, reading, session_factory
from data.errors import (
    DatabaseDamaged,
    DatabaseLocked,
    DatabaseUnavailable,
    DiskFull,
    UnsupportedDatabase,
    ValueNotStorable,
)

ADD = text("insert into operators (id, name, origin, created_ms) values (:id, 'n', :id, :ms)")
COUNT = text("select count(*) from operators")


def add(session: Session, key: str, ms: int = 1) -> None:
    session.connection().execute(ADD, {"id": key, "ms": ms})


def count(session: Session) -> int:
    return int(session.connection().execute(COUNT).scalar_one())


@pytest.fixture
def impatient(database_url: str) -> Iterator[Engine]:
    """Return an engine that waits 50 ms for a lock."""
    engine = make_engine(database_url, wait_ms=50)
    try:
        yield engine
    finally:
        engine.dispose()


@pytest.mark.parametrize(
    ("given", "driver"),
    [
        ("sqlite:////tmp/a.db", "sqlite+pysqlite"),
        ("postgresql://u@h/d", "postgresql+psycopg"),
        ("postgres://u@h/d", "postgresql+psycopg"),
        ("postgresql+psycopg://u@h/d", "postgresql+psycopg"),
    ],
)
def test_addresses_get_their_driver(given: str, driver: str):
    assert parse_url(given).drivername == driver


@pytest.mark.parametrize(
    "given",
    [
        "sqlite://",
        "sqlite:///:memory:",
        "mysql://h/d",
        "postgresql+asyncpg://h/d",
        "not an address",
    ],
)
def test_other_addresses_are_refused(given: str):
    with pytest.raises(UnsupportedDatabase):
        make_engine(given)


def test_refused_address_does_not_repeat_a_password():
    with pytest.raises(UnsupportedDatabase) as caught:
        make_engine("mysql://user:secret@host/d")

    assert "secret" not in str(caught.value)


def test_sqlite_keeps_commits_and_checks_references(sqlite_url: str):
    engine = make_engine(sqlite_url)
    with engine.connect() as connection:
        modes = [
            connection.exec_driver_sql(f"pragma {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    engine.dispose()

    assert modes == ["wal", 2, 1]


def test_rollback_keeps_nothing(engine: Engine):
    factory = session_factory(engine)
    with factory() as session:
        add(session, "a")
    with factory() as session:
        assert count(session) == 0


def test_reader_sees_one_snapshot_and_holds_nobody_up(engine: Engine):
    with session_factory(reading(engine))() as reader:
        assert count(reader) == 0
        with session_factory(engine).begin() as writer:
            add(writer, "a")
        assert count(reader) == 0
        reader.rollback()
        assert count(reader) == 1


def test_reader_may_not_write(engine: Engine):
    with session_factory(reading(engine))() as reader, pytest.raises(DatabaseUnavailable):
        add(reader, "a")
    with session_factory(engine).begin() as writer:  # the same connection, out of the pool
        add(writer, "a")
        assert count(writer) == 1


def test_two_that_read_first_and_write_later_both_succeed(engine: Engine):
    """With SQLite's own BEGIN the second would fail as soon as the first has committed."""
    factory, failures, ready = session_factory(engine), [], threading.Barrier(2)

    def work(key: str) -> None:
        try:
            ready.wait(timeout=10)
            for n in range(10):
                with factory.begin() as session:
                    seen = count(session)
                    add(session, f"{key}{n}", ms=seen)
        except Exception as error:  # noqa: BLE001 (handed to the test)
            failures.append(error)

    threads = [threading.Thread(target=work, args=(key,)) for key in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert failures == []
    with factory() as session:
        assert count(session) == 20


def test_locked_database_is_named(impatient: Engine):
    factory = session_factory(impatient)
    with factory() as first:
        add(first, "a")
        with factory() as second, pytest.raises(DatabaseLocked, match="Try again"):
            add(second, "a")  # the same key: PostgreSQL waits for the first one's commit
        first.commit()
    with factory() as session:
        assert count(session) == 1


def test_full_disk_is_named(sqlite_url: str):
    engine = make_engine(sqlite_url)
    with session_factory(engine)() as session:
        session.connection().exec_driver_sql("pragma max_page_count = 1")
        with pytest.raises(DiskFull, match="disk is full"):
            add(session, "x" * 1_000_000)
        session.rollback()
        assert count(session) == 0
    engine.dispose()


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1])
def test_numbers_beyond_64_bits_are_named(engine: Engine, number: int):
    with session_factory(engine)() as session, pytest.raises(ValueNotStorable):
        add(session, "a", ms=number)


def test_texts_that_no_database_holds_are_named(engine: Engine):
    with session_factory(engine)() as session, pytest.raises(ValueNotStorable):
        add(session, "\ud800")


def test_missing_folder_is_named(tmp_path: Path):
    engine = make_engine(f"sqlite:///{tmp_path / 'nowhere' / 'x.db'}")
    with pytest.raises(DatabaseUnavailable, match="nowhere"):
        engine.connect()
    engine.dispose()


def test_file_that_is_no_database_is_named(tmp_path: Path):
    path = tmp_path / "x.db"
    path.write_bytes(b"this is a letter, not a database. " * 100)
    engine = make_engine(f"sqlite:///{path}")
    with pytest.raises(DatabaseDamaged, match="restore from a backup"):
        engine.connect()
    engine.dispose()


def test_server_that_is_not_there_is_named(tmp_path: Path):
    engine = make_engine(f"postgresql://postgres@/postgres?host={tmp_path}")
    with pytest.raises(DatabaseUnavailable):
        engine.connect()
    engine.dispose()


@pytest.mark.postgresql
def test_a_server_that_was_restarted_is_called_again(postgresql_url: str):
    """The pool's connections are gone; nobody is told, for the next use opens a new one."""
    engine, other = make_engine(postgresql_url), make_engine(postgresql_url)
    with engine.connect() as connection:
        before = connection.scalar(text("SELECT pg_backend_pid()"))
    with other.begin() as connection:
        assert connection.scalar(text("SELECT pg_terminate_backend(:pid, 10000)"), {"pid": before})
    with engine.connect() as connection:
        after = connection.scalar(text("SELECT pg_backend_pid()"))
    assert after != before
    for one in (engine, other):
        one.dispose()


def test_messages_hide_the_password(tmp_path: Path):
    engine = make_engine(f"postgresql://postgres:secret@/postgres?host={tmp_path}")
    with pytest.raises(DatabaseUnavailable) as caught:
        engine.connect()
    engine.dispose()

    assert "secret" not in str(caught.value)


def test_a_process_that_dies_holds_no_lock(sqlite_url: str):
    """A connection that is closed without a word has rolled back."""
    path = parse_url(sqlite_url).database
    assert path is not None
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("begin immediate")
    other.close()
    engine = make_engine(sqlite_url, wait_ms=0)
    with session_factory(engine).begin() as session:
        add(session, "a")
        assert count(session) == 1
    engine.dispose()
