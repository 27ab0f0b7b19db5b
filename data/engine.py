"""Open the database: one engine, the same behaviour on SQLite and PostgreSQL.

Transactions come in two kinds. *Writing* ones (the default) take SQLite's write lock at BEGIN:
a transaction that reads first and writes later would otherwise be refused as soon as somebody
else had committed in between. *Reading* ones see one unchanging snapshot, take no lock that
would hold a writer up, and must not write.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import sessionmaker
from sqlmodel import Session

from data.errors import UnsupportedDatabase
from data.failures import translate
from data.migrations.runner import downgrade, require_current, upgrade

__all__ = [
    "READS_ONLY",
    "downgrade",
    "driver_of",
    "make_engine",
    "parse_url",
    "reading",
    "require_current",
    "session_factory",
    "translating",
    "upgrade",
]

READS_ONLY = "parkloom_reads_only"
"""Execution option of engines and connections whose transactions only read."""


def parse_url(url: str) -> URL:
    """Return the address with the driver filled in.

    Parameters
    ----------
    url:
        `sqlite:///FILE`, `postgresql://…` or `postgres://…`; the last two get the driver psycopg.

    Raises
    ------
    UnsupportedDatabase
        When the address names another database, an in-memory one, or is no address at all.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise UnsupportedDatabase(
            "the database address cannot be read; expected sqlite:///FILE or "
            "postgresql://USER@HOST/DATABASE"
        ) from error
    backend, _, driver = parsed.drivername.partition("+")
    if backend == "sqlite":
        if parsed.database in {None, "", ":memory:"}:
            raise UnsupportedDatabase(
                "an in-memory SQLite database would be a different one in every thread; "
                "name a file: sqlite:///FILE"
            )
        return parsed.set(drivername="sqlite+pysqlite")
    if backend in {"postgresql", "postgres"} and driver in {"", "psycopg"}:
        return parsed.set(drivername="postgresql+psycopg")
    raise UnsupportedDatabase(
        f"the product runs on sqlite and on postgresql (driver psycopg), "
        f"not on {parsed.drivername!r}"
    )


def make_engine(url: str | URL, *, wait_ms: int = 15_000) -> Engine:
    """Open the database at `url`; nothing is connected yet.

    Parameters
    ----------
    url:
        See `parse_url`.
    wait_ms:
        How long a statement waits for another transaction's lock, milliseconds, ≥ 0; after that
        `DatabaseLocked` is raised.

    Raises
    ------
    UnsupportedDatabase
        When the product does not run on that database.
    """
    address = parse_url(url if isinstance(url, str) else url.render_as_string(hide_password=False))
    if address.get_backend_name() == "sqlite":
        engine = create_engine(
            address, connect_args={"timeout": wait_ms / 1000, "check_same_thread": False}
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        engine = create_engine(
            address,
            pool_pre_ping=True,
            connect_args={
                "application_name": "parkloom",
                "options": f"-c lock_timeout={wait_ms} -c timezone=UTC",
            },
        )
    event.listen(engine, "handle_error", _translate, retval=True)
    return engine


def reading(engine: Engine) -> Engine:
    """Return the same engine (same pool) for transactions that only read, each from one snapshot.

    Writing through it is an error on both databases.
    """
    if engine.dialect.name == "sqlite":
        return engine.execution_options(**{READS_ONLY: True})
    return engine.execution_options(
        **{READS_ONLY: True}, isolation_level="REPEATABLE READ", postgresql_readonly=True
    )


def session_factory(engine: Engine) -> sessionmaker[Session]:
    """Return a maker of sessions; one session is one use case, one transaction.

    Call `session_factory(reading(engine))` for sessions that only read.
    """
    return sessionmaker(engine, class_=Session, expire_on_commit=False)


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own BEGIN comes too late (before the first write only), so it is switched off
    # and `_begin_sqlite` says BEGIN.
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",  # readers and one writer do not wait for each other
        "synchronous=FULL",  # a commit survives a loss of power
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    """Begin a transaction, by the driver itself: every read of the log begins one."""
    reads_only = bool(connection.get_execution_options().get(READS_ONLY))
    with driver_of(connection) as driver:
        # The pool hands the same connection to readers and writers.
        if connection.info.get(READS_ONLY) is not reads_only:
            driver.execute(f"PRAGMA query_only={'ON' if reads_only else 'OFF'}").close()
            connection.info[READS_ONLY] = reads_only
        driver.execute("BEGIN DEFERRED" if reads_only else "BEGIN IMMEDIATE").close()


@contextmanager
def driver_of(connection: Connection) -> Iterator[Any]:
    """Give the driver's connection below a connection, its errors translated as everywhere.

    For statements that are few, fixed and run very often: SQLAlchemy's own work for one of them
    takes longer than a row of the log.
    """
    with translating(connection.engine):
        yield connection.connection.driver_connection


@contextmanager
def translating(engine: Engine) -> Iterator[None]:
    """Raise a driver's errors as the product's own, as SQLAlchemy's are."""
    try:
        yield
    except (sqlite3.Error, psycopg.Error, OverflowError, UnicodeEncodeError) as error:
        translated = translate(error, place=engine.url.render_as_string())
        if translated is None:
            raise
        raise translated from error


def _translate(context: ExceptionContext) -> BaseException | None:
    if context.is_pre_ping:  # the pool asks whether the server is still there, and calls again
        return None
    engine = context.engine
    place = "the database" if engine is None else engine.url.render_as_string()
    return translate(context.original_exception, place=place)
