"""What the measurements of the ledger share: pairs of runs, entries, raw stores, the disk."""

from __future__ import annotations

import hashlib
import os
import secrets
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

from data.engine import make_engine
from data.migrations.runner import upgrade
from data.stores.ledger_log import SqlLogStore
from ledger.log import canonical
from ledger.log.canonical import JsonObject
from ledger.log.entry import NO_LEAF, Meta, leaf_bytes, leaf_hash
from ledger.log.store import Batch, Head, NewLeaf, body_digest

ORIGIN = "bench.example/ledger"
ENTRY_BYTES = 600
NEVER_MS = 4_102_444_800_000  # 2100-01-01
ROUNDS = 5

Figures = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """One figure against what it is compared with.

    Parameters
    ----------
    goal
        `G1` … `G8`.
    ours, other
        Both sides, in `unit`.
    wanted
        The ratio ours / other that is wanted: at least (`least`), or at most.
    """

    goal: str
    what: str
    ours: float
    other: float
    unit: str
    wanted: float
    least: bool = True
    database: str = "sqlite"

    @property
    def ratio(self) -> float:
        """Ours over the other."""
        return self.ours / self.other if self.other else 0.0

    @property
    def reached(self) -> bool:
        """Whether it is what is wanted."""
        return self.ratio >= self.wanted if self.least else self.ratio <= self.wanted

    def figures(self) -> Figures:
        """Return what `--json` prints."""
        return {
            "goal": self.goal,
            "what": self.what,
            "database": self.database,
            "ours": self.ours,
            "other": self.other,
            "unit": self.unit,
            "ratio": round(self.ratio, 4),
            "wanted": self.wanted,
            "at_least": self.least,
            "reached": self.reached,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What the measurements are made with.

    Parameters
    ----------
    folder
        Where the databases lie: the disk that is measured.
    entries
        Size of the large log.
    rounds
        Interleaved pairs of runs; the medians are compared.
    postgresql
        Address of an empty database, or empty.
    say
        Is told what is being measured.
    """

    folder: Path
    entries: int
    rounds: int
    postgresql: str
    say: Callable[[str], None]


def interleaved(
    first: Callable[[], float], second: Callable[[], float], rounds: int
) -> tuple[float, float]:
    """Return the medians of two measurements that take turns, so that both see the same load."""
    ours: list[float] = []
    other: list[float] = []
    for at in range(rounds):
        pair = [(first, ours), (second, other)]
        for measure, found in pair if at % 2 == 0 else reversed(pair):
            found.append(measure())
    return median(ours), median(other)


def seconds_of(work: Callable[[], object]) -> float:
    """Return how long some work takes by the clock."""
    started = time.perf_counter()
    work()
    return max(time.perf_counter() - started, 1e-9)


def seconds_of_all(work: Callable[[T], object], items: Sequence[T]) -> float:
    """Return how long some work takes on each of many items, one after the other."""
    started = time.perf_counter()
    for one in items:
        work(one)
    return max(time.perf_counter() - started, 1e-9)


def sync_ms(folder: Path, *, times: int = 100) -> float:
    """Return the median time of writing 4 KiB and `fdatasync`, milliseconds."""
    path, found = folder / "sync", []
    with path.open("wb", buffering=0) as file:
        for _ in range(times):
            started = time.perf_counter()
            file.write(bytes(4096))
            os.fdatasync(file.fileno())
            found.append(1000 * (time.perf_counter() - started))
    path.unlink()
    return median(found)


def bodies(count: int, *, order: bool = False) -> list[bytes]:
    """Return canonical bodies with random ids that make entries of about 600 bytes."""
    made = []
    for _ in range(count):
        body: JsonObject = {
            "v": 1,
            "log": ORIGIN,
            "type": "bench.noted",
            "subject": secrets.token_hex(16),
            "idem": secrets.token_hex(16),
            "exp": NEVER_MS,
            "sd": [],
            "text": secrets.token_hex((ENTRY_BYTES - 390) // 2),
        }
        if order:
            body["order"] = body["subject"]
        made.append(canonical.encode(body))
    return made


def entries_after(head: Head, made: Sequence[bytes], ids: Sequence[str]) -> list[NewLeaf]:
    """Return the entries of some bodies behind a head, linked and hashed."""
    found, previous, size = [], head.last_leaf, head.size
    for at, (body, name) in enumerate(zip(made, ids, strict=True), start=size):
        meta = Meta(index=at, previous_leaf=previous, time_ms=1, rule_version=1)
        data = leaf_bytes(body, meta, ())
        previous = leaf_hash(data)
        found.append(
            NewLeaf(
                index=at,
                leaf_hash=previous,
                data=data,
                time_ms=1,
                request_id=name,
                body_digest=body_digest(body),
                order=None,
                order_sequence=None,
            )
        )
    return found


def rows_of(count: int, start: int) -> list[tuple[object, ...]]:
    """Return rows of the entries' table, complete, for stores that know nothing of a log."""
    made: list[tuple[object, ...]] = []
    for at, body in enumerate(bodies(count), start=start):
        meta = Meta(index=at, previous_leaf=NO_LEAF, time_ms=1, rule_version=1)
        data = leaf_bytes(body, meta, ())
        digest = hashlib.sha256(data).digest()
        made.append((ORIGIN, at, digest, data, 1, secrets.token_hex(16), digest, None, None))
    return made


class OurStore:
    """The product's store on a fresh database, appended to in batches."""

    def __init__(self, url: str, folder: Path) -> None:
        self._engine = make_engine(url)
        upgrade(self._engine)
        self.store = SqlLogStore(self._engine, ORIGIN, lock_folder=folder)
        self.head = self.store.head()

    def append(self, made: Sequence[bytes], ids: Sequence[str]) -> None:
        """Hash and link entries, and commit them with frontier and head."""
        leaves = entries_after(self.head, made, ids)
        new = Head(
            frontier=self.head.frontier.extended(leaf.leaf_hash for leaf in leaves),
            last_leaf=leaves[-1].leaf_hash,
            time_ms=1,
        )
        self.store.commit(
            Batch(old=self.head, new=new, leaves=tuple(leaves), state={}, outcomes=())
        )
        self.head = new

    def _append_named(self, named: tuple[list[bytes], list[str]]) -> None:
        self.append(*named)

    def rate(self, batch: int, batches: int) -> float:
        """Return entries a second of appending so many batches, all durable."""
        work = [_named(batch) for _ in range(batches)]
        return batch * batches / seconds_of_all(self._append_named, work)

    def close(self) -> None:
        """Release the connections."""
        self._engine.dispose()


def _named(batch: int) -> tuple[list[bytes], list[str]]:
    return bodies(batch), [secrets.token_hex(16) for _ in range(batch)]


_RAW_INSERT = (
    "INSERT INTO ledger_leaf (log, leaf_index, leaf_hash, data, time_ms, request_id, body_digest,"
    " order_handle, order_sequence) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


class RawSqlite:
    """The same rows in the same tables by the driver alone: no log, nothing is hashed."""

    def __init__(self, path: Path) -> None:
        engine = make_engine(f"sqlite:///{path}")
        upgrade(engine)
        engine.dispose()
        self._file = sqlite3.connect(path, isolation_level=None)
        self._file.execute("PRAGMA synchronous=FULL")
        self._file.execute(
            "INSERT INTO ledger_head VALUES (?, 0, ?, ?, 0)", (ORIGIN, b"", bytes(32))
        )
        self._size = 0

    def rate(self, batch: int, batches: int) -> float:
        """Return rows a second."""
        work = [rows_of(batch, self._size + batch * at) for at in range(batches)]
        self._size += batch * batches
        return batch * batches / seconds_of_all(self._insert, work)

    def _insert(self, rows: Sequence[tuple[object, ...]]) -> None:
        self._file.execute("BEGIN IMMEDIATE")
        self._file.executemany(_RAW_INSERT, rows)
        self._file.execute(
            "UPDATE ledger_head SET size = size + ?, frontier = ?", (len(rows), bytes(320))
        )
        self._file.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class BareSqlite:
    """One table of a key and the bytes: the least that could be durable."""

    def __init__(self, path: Path) -> None:
        self._file = sqlite3.connect(path, isolation_level=None)
        self._file.execute("PRAGMA journal_mode=WAL")
        self._file.execute("PRAGMA synchronous=FULL")
        self._file.execute("CREATE TABLE bare (id TEXT PRIMARY KEY, data BLOB NOT NULL)")

    def rate(self, batch: int, batches: int) -> float:
        """Return rows a second."""
        work = [[(row[5], row[3]) for row in rows_of(batch, 0)] for _ in range(batches)]
        return batch * batches / seconds_of_all(self._insert, work)

    def _insert(self, rows: Sequence[tuple[object, object]]) -> None:
        self._file.execute("BEGIN IMMEDIATE")
        self._file.executemany("INSERT INTO bare VALUES (?, ?)", rows)
        self._file.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self._file.close()
