"""The log's store on SQLite and PostgreSQL.

The sequencer's lock is a locked file for SQLite and an advisory lock of PostgreSQL; both die with
their holder. Every commit begins by moving the head from the expected size, which fences off
whoever lost the lock unnoticed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, text
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlmodel import Session

from data.engine import reading
from data.errors import DatabaseLocked
from data.stores.disclosure_vault import DisclosureVault
from data.stores.ledger_commit import OwnConnection, is_plain, write_batch, write_rows
from data.stores.ledger_log_reader import (
    REFUSED,
    REQUEST,
    SqlLogReader,
    request_values,
)
from ledger.log.canonical import JsonObject
from ledger.log.crash import CrashPoint, no_crash
from ledger.log.files import locked_file
from ledger.log.store import (
    Accepted,
    AppendRequest,
    Batch,
    ChainHead,
    Head,
    MapVersion,
    Outcome,
    body_digest,
    lock_busy,
    refuse_other_body,
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
        self._own = OwnConnection(engine)
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
        if is_plain(batch, self._vault):
            with self._own.begin() as driver:
                write_rows(driver, self.origin, batch)
                self._crash_point("in transaction")
            return
        with self._engine.begin() as connection:
            write_batch(connection, self.origin, batch, vault=self._vault)
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
