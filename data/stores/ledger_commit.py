"""Write one batch of the sequencer: entries, state, map, head and answers, in one transaction.

What every batch writes is told to the driver in fixed statements. SQLAlchemy's work for one
statement takes longer than a row of the log, and most batches are small.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psycopg
from sqlalchemy import (
    Connection,
    Engine,
    bindparam,
    delete,
    event,
    insert,
    select,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from data.engine import driver_of, translating
from data.stores.disclosure_vault import DisclosureVault
from data.stores.ledger_log_reader import (
    ACCEPTED,
    MAP_PAGE,
    MAP_SUPERSEDED,
    MAP_VERSION,
    REFUSED,
)
from ledger.log.entry import NO_LEAF
from ledger.log.merkle import HASH_BYTES
from ledger.log.store import Batch, MapChange, NewLeaf, Outcome, head_moved

_LEAF_COLUMNS = (
    "log, leaf_index, leaf_hash, data, time_ms, request_id, body_digest, order_handle, "
    "order_sequence"
)
_LEAF_FIELDS = len(_LEAF_COLUMNS.split(", ")) - 1
"""The fields of a `NewLeaf` that have a column each, in the columns' order, behind the log."""
_COPY_LEAVES = f"COPY ledger_leaf ({_LEAF_COLUMNS}) FROM STDIN (FORMAT BINARY)".encode()
_COPY_TYPES = ("varchar", "int8", "bytea", "bytea", "int8", "varchar", "bytea", "varchar", "int8")

_OWN_PRAGMAS = (
    "query_only=OFF",  # it may have served a reader
    # Request ids are random, so each batch touches pages all over their index: most stay at hand,
    # and one that changed often is copied from the write-ahead log once.
    "cache_size=-16384",  # KiB
    "wal_autocheckpoint=4000",  # pages
)

_LEAVES = (
    f"INSERT INTO ledger_leaf ({_LEAF_COLUMNS})"  # noqa: S608 (names of ours)
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_FIRST_HEAD = (
    "INSERT INTO ledger_head (log, size, frontier, last_leaf, time_ms) VALUES (?, 0, ?, ?, 0)"
    " ON CONFLICT DO NOTHING"
)
_MOVE_HEAD = (
    "UPDATE ledger_head SET size = ?, frontier = ?, last_leaf = ?, time_ms = ?"
    " WHERE log = ? AND size = ? AND last_leaf = ?"
)
# A server may be set to answer before it has written; entries wait for the disk all the same. A
# stronger setting (a standby has it too) stays.
_SYNCHRONOUSLY = (
    " RETURNING CASE WHEN current_setting('synchronous_commit') IN ('off', 'local')"
    " THEN set_config('synchronous_commit', 'on', true) END"
)
_STATE = (
    "INSERT INTO ledger_state (log, key, value) VALUES (?, ?, ?)"
    " ON CONFLICT (log, key) DO UPDATE SET value = excluded.value"
)
_DISCLOSURES = "INSERT INTO ledger_disclosure (log, leaf_index, digest, text) VALUES (?, ?, ?, ?)"
_ANSWERS = (
    "UPDATE ledger_append_request SET status = ?, leaf_index = ?, leaf_hash = ?, time_ms = ?,"
    " code = ?, message = ?, params = ?,"
    " disclosures = '[]'"  # they are kept once, where they can be erased
    " WHERE log = ? AND request_id = ?"
)


class OwnConnection:
    """Writing transactions on a driver's connection of the log's own, SQLAlchemy left out.

    The connection is kept. The pool would have to ask PostgreSQL each time whether it is still
    there; and on SQLite it would serve readers too, and a connection that changes between the two
    prepares every statement anew.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._turn = threading.Lock()
        self._kept: tuple[int, Any] | None = None

    @contextmanager
    def begin(self) -> Iterator[Any]:
        """Give the driver's connection in a transaction: kept at the end, or undone."""
        with self._turn, translating(self._engine):
            driver = self._begun()
            try:
                yield driver
                driver.execute("COMMIT").close()
            except BaseException:
                self._undo(driver)
                raise

    def _begun(self) -> Any:
        kept = self._kept
        if kept is not None and kept[0] == os.getpid():  # a forked process opens its own
            try:
                return _begin(kept[1])
            except psycopg.OperationalError:
                if not kept[1].broken:
                    raise
                kept[1].close()
        driver = self._opened()
        self._kept = (os.getpid(), driver)
        return _begin(driver)

    def _opened(self) -> Any:
        lent = self._engine.raw_connection()
        driver: Any = lent.driver_connection
        lent.detach()
        if isinstance(driver, psycopg.Connection):
            driver.autocommit = True  # transactions are begun and ended in words
        else:
            for pragma in _OWN_PRAGMAS:
                driver.execute(f"PRAGMA {pragma}").close()
        if not event.contains(self._engine, "engine_disposed", self._forget):
            event.listen(self._engine, "engine_disposed", self._forget)
        return driver

    def _undo(self, driver: Any) -> None:
        try:
            driver.rollback()  # does nothing where the transaction is over already
        except (sqlite3.Error, psycopg.Error):  # what went wrong first is what is told
            self._kept = None
            driver.close()

    def _forget(self, _engine: Engine) -> None:
        kept, self._kept = self._kept, None
        if kept is not None and kept[0] == os.getpid():
            kept[1].close()


def _begin(driver: Any) -> Any:
    on_postgresql = isinstance(driver, psycopg.Connection)
    driver.execute("BEGIN" if on_postgresql else "BEGIN IMMEDIATE").close()
    return driver


def is_plain(batch: Batch, vault: DisclosureVault | None) -> bool:
    """Tell whether a batch is written by `write_rows` alone."""
    sealed = vault is not None and any(leaf.disclosures for leaf in batch.leaves)
    return batch.state_map is None and not sealed


def write_batch(
    connection: Connection, origin: str, batch: Batch, *, vault: DisclosureVault | None
) -> None:
    """Write a batch in the connection's transaction, which the caller commits.

    Parameters
    ----------
    vault
        Seals the disclosures; without one they are kept as they are.

    Raises
    ------
    HeadMoved
        As `write_rows`.
    """
    with driver_of(connection) as driver:
        _move_head(driver, origin, batch)
        kept = replace(batch, leaves=_sealed(connection, batch.leaves, vault))
        _write_behind(driver, origin, kept)
    if batch.state_map is not None:
        _store_map(connection, origin, batch.new.size - 1, batch.state_map)


def write_rows(driver: Any, origin: str, batch: Batch) -> None:
    """Write everything of a batch but a version of the map, its disclosures as they are.

    Parameters
    ----------
    driver
        The driver's connection, in a transaction.

    Raises
    ------
    HeadMoved
        When the stored head is not `batch.old`; the caller rolls back.
    """
    _move_head(driver, origin, batch)
    _write_behind(driver, origin, batch)


def _write_behind(driver: Any, origin: str, batch: Batch) -> None:
    """Write what a head that was moved leads to."""
    _insert_leaves(driver, origin, batch.leaves)
    disclosed = [leaf for leaf in batch.leaves if leaf.disclosures]
    _all(
        driver,
        _DISCLOSURES,
        [(origin, leaf.index, *one) for leaf in disclosed for one in leaf.disclosures],
    )
    _all(driver, _STATE, [(origin, key, value) for key, value in batch.state.items()])
    _all(driver, _ANSWERS, [_answer(origin, outcome) for outcome in batch.outcomes])


def _sealed(
    connection: Connection, leaves: Sequence[NewLeaf], vault: DisclosureVault | None
) -> tuple[NewLeaf, ...]:
    """Return the entries with their disclosures as they are kept."""
    if vault is None:
        return tuple(leaves)
    return tuple(
        leaf._replace(disclosures=tuple(vault.seal(connection, leaf.data, leaf.disclosures)))
        if leaf.disclosures
        else leaf
        for leaf in leaves
    )


def _move_head(driver: Any, origin: str, batch: Batch) -> None:
    """Move the head from where the batch began: the fence against whoever lost the lock."""
    old, new = batch.old, batch.new
    if old.size == 0:
        _all(driver, _FIRST_HEAD, [(origin, b"", NO_LEAF)])
    statement = _spoken(driver, _MOVE_HEAD)
    if isinstance(driver, psycopg.Connection):
        statement += _SYNCHRONOUSLY
    values = (new.size, new.frontier.encode(), new.last_leaf, new.time_ms)
    moved = driver.execute(statement, (*values, origin, old.size, old.last_leaf))
    if moved.rowcount != 1:
        raise head_moved(origin, old.size)


def _insert_leaves(driver: Any, origin: str, leaves: Sequence[NewLeaf]) -> None:
    rows = [(origin, *leaf[:_LEAF_FIELDS]) for leaf in leaves]
    if not rows or not isinstance(driver, psycopg.Connection):
        _all(driver, _LEAVES, rows)
        return
    # COPY is several times faster than single statements.
    with driver.cursor() as cursor, cursor.copy(_COPY_LEAVES) as copy:
        copy.set_types(_COPY_TYPES)
        for row in rows:
            copy.write_row(row)


def _store_map(connection: Connection, origin: str, index: int, change: MapChange) -> None:
    """Add a version of the map, and drop the pages that only versions long past reach."""
    rows = [{"log": origin, "hash": h, "data": data} for h, data in change.pages.items()]
    if rows:  # what stands under a hash is the same, wherever it came from
        on_postgresql = connection.dialect.name == "postgresql"
        make = postgresql_insert if on_postgresql else sqlite_insert
        connection.execute(make(MAP_PAGE).on_conflict_do_nothing(), rows)
    mine, place = MAP_SUPERSEDED.c.log == origin, MAP_SUPERSEDED.c.leaf_index
    # A log that was cut back and went on otherwise must not drop pages for its former self.
    connection.execute(delete(MAP_SUPERSEDED).where(mine, place >= index))
    # Rows are dropped with their pages, so this reads the last few versions alone.
    past = (mine, place < change.keep_from)
    ended = b"".join(
        bytes(hashes) for hashes in connection.scalars(select(MAP_SUPERSEDED.c.hashes).where(*past))
    )
    if ended:
        statement = delete(MAP_PAGE).where(
            MAP_PAGE.c.log == origin, MAP_PAGE.c.hash == bindparam("of_page")
        )
        steps = range(0, len(ended), HASH_BYTES)
        connection.execute(statement, [{"of_page": ended[at : at + HASH_BYTES]} for at in steps])
        connection.execute(delete(MAP_SUPERSEDED).where(*past))
    version = {"log": origin, "leaf_index": index}
    connection.execute(insert(MAP_VERSION), [{**version, "root": change.root}])
    if change.superseded:
        hashes = b"".join(change.superseded)
        connection.execute(insert(MAP_SUPERSEDED), [{**version, "hashes": hashes}])


def _answer(origin: str, outcome: Outcome) -> tuple[Any, ...]:
    """Return what `_ANSWERS` takes for one request."""
    request = (origin, outcome.request_id)
    refusal, receipt = outcome.refusal, outcome.receipt
    if refusal is not None:
        params = json.dumps(dict(refusal.params), sort_keys=True)
        told = (refusal.code, _storable(refusal.message), params)
        return (REFUSED, None, None, None, *told, *request)
    assert receipt is not None
    place = (receipt.index, receipt.leaf_hash, receipt.time_ms)
    return (ACCEPTED, *place, None, None, None, *request)


def _storable(message: str) -> str:
    """Return a message without the characters that a text column cannot hold."""
    return message.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def _all(driver: Any, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Run a statement once for each row."""
    if rows:
        cursor = driver.cursor()
        cursor.executemany(_spoken(driver, statement), rows)
        cursor.close()


def _spoken(driver: Any, statement: str) -> str:
    """Return a statement with its places as the driver writes them."""
    return statement.replace("?", "%s") if isinstance(driver, psycopg.Connection) else statement
