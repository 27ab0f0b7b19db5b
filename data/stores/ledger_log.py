"""The log's store on SQLite and PostgreSQL.

The sequencer's lock is a locked file for SQLite and an advisory lock of PostgreSQL; both die with
their holder. Every commit begins by moving the head from the expected size, which fences off
whoever lost the lock unnoticed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, bindparam, delete, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlmodel import Session

from data.engine import reading
from data.errors import DatabaseLocked
from data.stores.disclosure_vault import DisclosureVault
from data.stores.ledger_log_reader import (
    ACCEPTED,
    DISCLOSURE,
    HEAD,
    MAP_PAGE,
    MAP_SUPERSEDED,
    MAP_VERSION,
    REFUSED,
    REQUEST,
    STATE,
    SqlLogReader,
    request_values,
)
from ledger.log.canonical import JsonObject
from ledger.log.crash import CrashPoint, no_crash
from ledger.log.files import locked_file
from ledger.log.merkle import HASH_BYTES
from ledger.log.store import (
    Accepted,
    AppendRequest,
    Batch,
    ChainHead,
    Head,
    MapChange,
    MapVersion,
    NewLeaf,
    Outcome,
    body_digest,
    head_moved,
    lock_busy,
    refuse_other_body,
)

_LEAF_COLUMNS = (
    "log",
    "leaf_index",
    "leaf_hash",
    "data",
    "time_ms",
    "request_id",
    "body_digest",
    "order_handle",
    "order_sequence",
)
_COPY_LEAVES = f"COPY ledger_leaf ({', '.join(_LEAF_COLUMNS)}) FROM STDIN (FORMAT BINARY)".encode()
_INSERT_LEAVES = (
    f"INSERT INTO ledger_leaf ({', '.join(_LEAF_COLUMNS)})"  # noqa: S608 (names of ours)
    f" VALUES ({', '.join('?' * len(_LEAF_COLUMNS))})"
)
_COPY_TYPES = ("varchar", "int8", "bytea", "bytea", "int8", "varchar", "bytea", "varchar", "int8")


# A server may be set to answer before it has written; entries wait for the disk all the same. A
# stronger setting (a standby has it too) stays.
_SYNCHRONOUS = text(
    "SELECT set_config('synchronous_commit', 'on', true) "
    "WHERE current_setting('synchronous_commit') IN ('off', 'local')"
)


class SqlLogStore:
    """A log in a database: `ledger.log.store.LogStore` on SQLite and PostgreSQL.

    Parameters
    ----------
    engine
        Of `data.engine.make_engine`, migrated.
    origin
        Name of the log.
    lock_folder
        Where the locked file lies that stands for the sequencer's lock on SQLite: one folder for
        all processes that write to this database.
    crash_point
        Called inside the transaction of a commit; for tests.
    vault
        Seals the disclosures; without one they are kept as they are, for tests.
    """

    def __init__(
        self,
        engine: Engine,
        origin: str,
        *,
        lock_folder: Path,
        crash_point: CrashPoint = no_crash,
        vault: DisclosureVault | None = None,
    ) -> None:
        self.origin = origin
        self._vault = vault
        self._engine = engine
        self._reading = reading(engine)
        self._lock_folder = lock_folder
        self._crash_point = crash_point
        self._postgresql = engine.dialect.name == "postgresql"

    @contextmanager
    def reader(self) -> Iterator[SqlLogReader]:
        """Open one connection for several reads of one state of the log."""
        with self._reading.connect() as connection:
            yield SqlLogReader(connection, self.origin, self._vault)

    def head(self) -> Head:
        """Return the committed head."""
        with self.reader() as reader:
            return reader.head()

    def leaves(self, start: int, stop: int) -> Sequence[bytes]:
        """Return the leaf bytes of entries [start, stop); `LookupError` where one is missing."""
        with self.reader() as reader:
            return reader.leaves(start, stop)

    def leaf(self, index: int) -> bytes:
        """Return the bytes of one entry; `LookupError` where there is none."""
        with self.reader() as reader:
            return reader.leaf(index)

    def chain(self, order: str) -> Sequence[tuple[int, bytes]]:
        """Return (index, leaf bytes) of all entries of an order, first to last."""
        with self.reader() as reader:
            return reader.chain(order)

    def chain_head(self, order: str) -> ChainHead | None:
        """Return the last entry of an order, None when the log holds none."""
        with self.reader() as reader:
            return reader.chain_head(order)

    def state(self, key: str) -> JsonObject | None:
        """Return the state object under a key, or None."""
        with self.reader() as reader:
            return reader.state(key)

    def state_bytes(self, key: str) -> bytes | None:
        """Return the canonical bytes under one key, or None."""
        with self.reader() as reader:
            return reader.state_bytes(key)

    def states(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        """Return the canonical bytes of those keys that have an object."""
        with self.reader() as reader:
            return reader.states(keys)

    def keys(self, prefix: str) -> Sequence[str]:
        """Return the state keys that begin with a prefix, in order."""
        with self.reader() as reader:
            return reader.keys(prefix)

    def accepted(self, request_ids: Sequence[str]) -> Mapping[str, Accepted]:
        """Return what the log holds under these request ids."""
        with self.reader() as reader:
            return reader.accepted(request_ids)

    def disclosures(self, index: int) -> Mapping[str, str]:
        """Return the texts of the salted fields of an entry by digest, where still kept."""
        with self.reader() as reader:
            return reader.disclosures(index)

    def pending(self, limit: int) -> Sequence[AppendRequest]:
        """Return the oldest requests without an answer, at most `limit`."""
        with self.reader() as reader:
            return reader.pending(limit)

    def outcome(self, request_id: str) -> Outcome | None:
        """Return the answer to a request, None while there is none."""
        with self.reader() as reader:
            return reader.outcome(request_id)

    def map_version(self, size: int) -> MapVersion | None:
        """Return the last version of the state map that the first `size` entries state."""
        with self.reader() as reader:
            return reader.map_version(size)

    def map_pages(self, hashes: Sequence[bytes]) -> Mapping[bytes, bytes]:
        """Return the pages of the state map that are stored under these hashes."""
        with self.reader() as reader:
            return reader.map_pages(hashes)

    def enqueue(self, request: AppendRequest) -> None:
        """Put a request into the store in a transaction of its own; see the function `enqueue`."""
        with self._engine.begin() as connection:
            _enqueue(connection, self.origin, request)

    def commit(self, batch: Batch) -> None:
        """Store leaves, state, map, head and outcomes in one durable transaction.

        Raises
        ------
        HeadMoved
            When the stored head is not `batch.old`: nothing is kept.
        """
        with self._engine.begin() as connection:
            if self._postgresql:
                connection.execute(_SYNCHRONOUS)
            self._move_head(connection, batch)
            self._insert_leaves(connection, batch.leaves)
            self._store_state(connection, batch.state)
            if batch.state_map is not None:
                self._store_map(connection, batch.new.size - 1, batch.state_map)
            self._answer(connection, batch.outcomes)
            self._crash_point("in transaction")

    def sequencer_lock(self, timeout_seconds: float) -> AbstractContextManager[None]:
        """Hold the only right to append and to publish.

        Raises
        ------
        OutcomeUnknown
            When another holds it for longer than the timeout.
        """
        name = hashlib.sha256(self.origin.encode("utf-8")).digest()
        if self._postgresql:
            return self._advisory_lock(int.from_bytes(name[:8], signed=True), timeout_seconds)
        path = self._lock_folder / f"sequencer-{name.hex()[:16]}.lock"
        return locked_file(path, timeout_seconds=timeout_seconds)

    @contextmanager
    def _advisory_lock(self, name: int, timeout_seconds: float) -> Iterator[None]:
        wait_ms = max(1, round(timeout_seconds * 1000))  # 0 would wait for ever
        with self._engine.connect() as shared:
            connection = shared.execution_options(isolation_level="AUTOCOMMIT")
            connection.execute(
                text("SELECT set_config('lock_timeout', :wait, false)"), {"wait": f"{wait_ms}ms"}
            )
            try:
                connection.execute(text("SELECT pg_advisory_lock(:name)"), {"name": name})
            except DatabaseLocked:
                raise lock_busy(self.origin, timeout_seconds) from None
            finally:
                connection.execute(text("RESET lock_timeout"))
            try:
                yield
            finally:
                self._unlock(connection, name)

    def _unlock(self, connection: Connection, name: int) -> None:
        held = connection.scalar(text("SELECT pg_advisory_unlock(:name)"), {"name": name})
        if not held:  # never hand a connection of unclear standing back to the pool
            connection.invalidate()

    def _move_head(self, connection: Connection, batch: Batch) -> None:
        values = {
            "size": batch.new.size,
            "frontier": batch.new.frontier.encode(),
            "last_leaf": batch.new.last_leaf,
            "time_ms": batch.new.time_ms,
        }
        if batch.old.size == 0:
            empty = Head()
            start = {"log": self.origin, "size": 0, "frontier": b"", "last_leaf": empty.last_leaf}
            connection.execute(self._upsert(HEAD, {**start, "time_ms": 0}))
        fence = update(HEAD).where(
            HEAD.c.log == self.origin,
            HEAD.c.size == batch.old.size,
            HEAD.c.last_leaf == batch.old.last_leaf,
        )
        if connection.execute(fence.values(values)).rowcount != 1:
            raise head_moved(self.origin, batch.old.size)

    def _insert_leaves(self, connection: Connection, leaves: Sequence[NewLeaf]) -> None:
        if not leaves:
            return
        rows = [self._leaf_values(leaf) for leaf in leaves]
        if self._postgresql:
            _copy(connection, rows)
        else:
            connection.exec_driver_sql(_INSERT_LEAVES, rows)  # a third of the time per row
        disclosures = [
            {"log": self.origin, "leaf_index": leaf.index, "digest": digest, "text": content}
            for leaf in leaves
            for digest, content in self._kept(connection, leaf)
        ]
        if disclosures:
            connection.execute(insert(DISCLOSURE), disclosures)

    def _kept(self, connection: Connection, leaf: NewLeaf) -> Sequence[tuple[str, str]]:
        """Return the disclosures of an entry as they are kept."""
        if self._vault is None or not leaf.disclosures:
            return leaf.disclosures
        return self._vault.seal(connection, leaf.data, leaf.disclosures)

    def _leaf_values(self, leaf: NewLeaf) -> tuple[Any, ...]:
        return (
            self.origin,
            leaf.index,
            leaf.leaf_hash,
            leaf.data,
            leaf.time_ms,
            leaf.request_id,
            leaf.body_digest,
            leaf.order,
            leaf.order_sequence,
        )

    def _store_state(self, connection: Connection, state: Mapping[str, bytes]) -> None:
        if not state:
            return
        make = postgresql_insert if self._postgresql else sqlite_insert
        statement = make(STATE)
        statement = statement.on_conflict_do_update(
            index_elements=["log", "key"], set_={"value": statement.excluded.value}
        )
        rows = [{"log": self.origin, "key": key, "value": value} for key, value in state.items()]
        connection.execute(statement, rows)

    def _store_map(self, connection: Connection, index: int, change: MapChange) -> None:
        """Add a version of the map, and drop the pages that only versions long past reach."""
        rows = [{"log": self.origin, "hash": h, "data": data} for h, data in change.pages.items()]
        if rows:  # what stands under a hash is the same, wherever it came from
            make = postgresql_insert if self._postgresql else sqlite_insert
            connection.execute(make(MAP_PAGE).on_conflict_do_nothing(), rows)
        mine, place = MAP_SUPERSEDED.c.log == self.origin, MAP_SUPERSEDED.c.leaf_index
        # A log that was cut back and went on otherwise must not drop pages for its former self.
        connection.execute(delete(MAP_SUPERSEDED).where(mine, place >= index))
        # Rows are dropped with their pages, so this reads the last few versions alone.
        past = (mine, place < change.keep_from)
        ended = b"".join(
            bytes(hashes)
            for hashes in connection.scalars(select(MAP_SUPERSEDED.c.hashes).where(*past))
        )
        if ended:
            statement = delete(MAP_PAGE).where(
                MAP_PAGE.c.log == self.origin, MAP_PAGE.c.hash == bindparam("of_page")
            )
            steps = range(0, len(ended), HASH_BYTES)
            connection.execute(statement, [{"of_page": ended[at : at + 32]} for at in steps])
            connection.execute(delete(MAP_SUPERSEDED).where(*past))
        version = {"log": self.origin, "leaf_index": index}
        connection.execute(insert(MAP_VERSION), [{**version, "root": change.root}])
        if change.superseded:
            hashes = b"".join(change.superseded)
            connection.execute(insert(MAP_SUPERSEDED), [{**version, "hashes": hashes}])

    def _answer(self, connection: Connection, outcomes: Sequence[Outcome]) -> None:
        if not outcomes:
            return
        names = ("status", "leaf_index", "leaf_hash", "time_ms", "code", "message", "params")
        statement = (
            update(REQUEST)
            .where(REQUEST.c.log == self.origin, REQUEST.c.request_id == bindparam("of_request"))
            .values({name: bindparam(f"new_{name}") for name in names})
            .values(disclosures="[]")  # they are kept once, where they can be erased
        )
        connection.execute(statement, [_answer_values(outcome) for outcome in outcomes])

    def _upsert(self, table: Any, values: dict[str, Any]) -> Any:
        make = postgresql_insert if self._postgresql else sqlite_insert
        return make(table).values(values).on_conflict_do_nothing()


def enqueue(session: Session, origin: str, request: AppendRequest) -> None:
    """Put a request for the sequencer into the caller's transaction (an outbox).

    The request is answered after the caller's commit (`Writer.wait`); when the transaction is
    rolled back, nobody has heard of it. The same request again changes nothing; one that was
    refused waits anew.

    Raises
    ------
    IdempotencyConflict
        When another body waits, or was entered, under this id.
    """
    _enqueue(session.connection(), origin, request)


def outcome(session: Session, origin: str, request_id: str) -> Outcome | None:
    """Return the answer to a request as this session sees it, None while there is none."""
    return SqlLogReader(session.connection(), origin).outcome(request_id)


def _enqueue(connection: Connection, origin: str, request: AppendRequest) -> None:
    reader = SqlLogReader(connection, origin)
    entered = reader.accepted([request.request_id]).get(request.request_id)
    refuse_other_body(request, entered.body_digest if entered else None)
    values = request_values(origin, request, body_digest(request.body))
    make = postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert
    # A row that was refused is taken for the new attempt; any other one stays as it is.
    statement = make(REQUEST).values(values)
    statement = statement.on_conflict_do_update(
        index_elements=["log", "request_id"], set_=values, where=REQUEST.c.status == REFUSED
    )
    connection.execute(statement)
    refuse_other_body(request, reader.waiting_digest(request.request_id))


def _answer_values(outcome: Outcome) -> dict[str, Any]:
    values: dict[str, Any] = {"of_request": outcome.request_id, "new_status": ACCEPTED}
    values |= dict.fromkeys(("new_code", "new_message", "new_params"))
    values |= dict.fromkeys(("new_leaf_index", "new_leaf_hash", "new_time_ms"))
    if outcome.refusal is not None:
        params = json.dumps(dict(outcome.refusal.params), sort_keys=True)
        values |= {
            "new_status": REFUSED,
            "new_code": outcome.refusal.code,
            "new_message": _storable(outcome.refusal.message),
            "new_params": params,
        }
    elif outcome.receipt is not None:
        values |= {
            "new_leaf_index": outcome.receipt.index,
            "new_leaf_hash": outcome.receipt.leaf_hash,
            "new_time_ms": outcome.receipt.time_ms,
        }
    return values


def _storable(message: str) -> str:
    """Return a message without the characters that a text column cannot hold."""
    return message.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def _copy(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows with PostgreSQL's COPY, several times faster than single statements."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    with driver.cursor() as cursor, cursor.copy(_COPY_LEAVES) as copy:
        copy.set_types(_COPY_TYPES)
        for row in rows:
            copy.write_row(row)
