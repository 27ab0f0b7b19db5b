"""What a replay found, kept in a file of its own, so that it goes on where it stopped.

The signer, a mirror and an auditor replay a log for years; each keeps the head, the state, the
request ids and the state map of its own replay in a SQLite file that nobody else writes. It is a
cache of what the entries say: losing it costs a replay from the first entry, nothing more.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from ledger.claims.roots import RootChecker
from ledger.claims.sm3_roots import AllRootsChecker, ReadLeaves
from ledger.errors import Corruption
from ledger.log.gate import Replaying
from ledger.log.merkle import Frontier
from ledger.log.replay import ReplayStart
from ledger.log.sm3 import HASH_BYTES, Sm3Frontier
from ledger.log.store import Head
from ledger.statemap.proofs import EMPTY_MAP
from ledger.statemap.tree import StateMap

Make = Callable[[ReplayStart, RootChecker], Replaying]
"""Gives a replay that goes on from a start, with a checker of state roots that does too."""

_TABLES = """
CREATE TABLE IF NOT EXISTS head (
    log TEXT PRIMARY KEY, size INTEGER NOT NULL, frontier BLOB NOT NULL,
    last_leaf BLOB NOT NULL, time_ms INTEGER NOT NULL, map_root BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS state (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entered (request_id BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS map_page (hash BLOB PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS map_waiting (name TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sm3 (
    log TEXT PRIMARY KEY, size INTEGER NOT NULL, frontier BLOB NOT NULL
) WITHOUT ROWID;
"""
_PRAGMAS = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
"""
# A loss of power may take the newest commits and no others: they are replayed again.


class ReplayedFile:
    """A `ledger.log.gate.ReplayMemory` in a SQLite file.

    Parameters
    ----------
    path
        The file; made when it is missing.
    origin
        Name of the log.
    make
        Gives a replay that goes on.
    read
        Gives entries again, where an SM3 root over them is stated.

    Raises
    ------
    Corruption
        `REPLAY_DAMAGED` when the file is no database.
    """

    def __init__(self, path: Path, origin: str, make: Make, *, read: ReadLeaves) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._origin = origin
        self._make = make
        self._read = read
        self._checker: AllRootsChecker | None = None
        self._lent = AllRootsChecker(read)
        # One question at a time uses it, though not always from the same thread.
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            with self._readable():
                self._database.executescript(_PRAGMAS + _TABLES)
        except Corruption:
            self._database.close()
            raise

    def head(self) -> Head:
        """Return where the kept replay stands. Raises Corruption."""
        return self._standing()[0]

    def state(self, key: str) -> bytes | None:
        """Return the canonical bytes of the state under a key, or None."""
        row = self._database.execute("SELECT value FROM state WHERE key = ?", (key,)).fetchone()
        return None if row is None else bytes(row[0])

    def entered(self, request_id: str) -> bool:
        """Tell whether a kept entry has this request id."""
        found = self._database.execute(
            "SELECT 1 FROM entered WHERE request_id = ?", (bytes.fromhex(request_id),)
        )
        return found.fetchone() is not None

    def begin(self) -> Replaying:
        """Return a replay that goes on from what is kept. Raises Corruption."""
        with self._readable():
            head, root = self._standing()
            if self._checker is None:
                waiting = self._database.execute("SELECT name FROM map_waiting").fetchall()
                self._checker = AllRootsChecker(
                    self._read,
                    StateMap(self._pages, root=root),
                    waiting=[name for (name,) in waiting],
                    sm3=self._sm3(),
                )
        start = ReplayStart(head=head, read=self.state, entered=self.entered)
        # What is lent and not kept again is of no more use: the next one begins from the file.
        checker, self._checker = self._checker, None
        self._lent = checker
        return self._make(start, checker)

    def keep(self, replay: Replaying) -> None:
        """Keep a replay that `begin` gave and that has gone on since."""
        checker, head, database = self._lent, replay.head, self._database
        pages, superseded = checker.state_map.take_pages()
        root = checker.state_map.root
        place = (self._origin, head.size, head.frontier.encode(), head.last_leaf, head.time_ms)
        with self._transaction():
            database.execute(
                "INSERT OR REPLACE INTO head VALUES (?, ?, ?, ?, ?, ?)", (*place, root)
            )
            database.executemany(
                "INSERT OR REPLACE INTO state VALUES (?, ?)", replay.changes.items()
            )
            database.executemany(
                "INSERT OR IGNORE INTO entered VALUES (?)",
                [(bytes.fromhex(one),) for one in replay.entered],
            )
            database.executemany(
                "DELETE FROM map_page WHERE hash = ?", [(one,) for one in superseded]
            )
            database.executemany("INSERT OR IGNORE INTO map_page VALUES (?, ?)", pages.items())
            edge = (self._origin, checker.sm3.size, b"".join(checker.sm3.hashes))
            database.execute("INSERT OR REPLACE INTO sm3 VALUES (?, ?, ?)", edge)
            database.execute("DELETE FROM map_waiting")
            database.executemany(
                "INSERT INTO map_waiting VALUES (?)", [(name,) for name in checker.waiting]
            )
        self._checker = checker

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _standing(self) -> tuple[Head, bytes]:
        row = self._database.execute(
            "SELECT size, frontier, last_leaf, time_ms, map_root FROM head WHERE log = ?",
            (self._origin,),
        ).fetchone()
        if row is None:
            return Head(), EMPTY_MAP
        size, frontier, last_leaf, time_ms, map_root = row
        try:
            kept = Frontier.decode(size, frontier)
        except ValueError as damaged:
            raise self._damaged(str(damaged)) from None
        return Head(frontier=kept, last_leaf=last_leaf, time_ms=time_ms), map_root

    def _sm3(self) -> Sm3Frontier:
        row = self._database.execute(
            "SELECT size, frontier FROM sm3 WHERE log = ?", (self._origin,)
        ).fetchone()
        if row is None:
            return Sm3Frontier()
        size, data = row
        hashes = (data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES))
        try:
            return Sm3Frontier(size, tuple(hashes))
        except ValueError as damaged:
            raise self._damaged(str(damaged)) from None

    def _pages(self, hashes: Sequence[bytes]) -> Mapping[bytes, bytes]:
        found = {}
        for one in hashes:
            row = self._database.execute("SELECT data FROM map_page WHERE hash = ?", (one,))
            if (data := row.fetchone()) is not None:
                found[one] = bytes(data[0])
        return found

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as damaged:
            raise self._damaged(str(damaged)) from None

    def _damaged(self, why: str) -> Corruption:
        return Corruption(
            "REPLAY_DAMAGED",
            f"{self._path} does not read ({why}). It is a cache: move it away and start again; "
            "the log is then replayed from its first entry.",
        )
