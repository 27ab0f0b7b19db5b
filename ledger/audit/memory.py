"""What an audit remembers between two runs, in one SQLite file of the auditor's own."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ledger.audit.edge import Edge
from ledger.audit.entries import Chains
from ledger.audit.findings import Finding
from ledger.log.sm3 import Sm3Frontier

FORMAT = "parkloom/audit/v1"

_TABLES = (
    "CREATE TABLE IF NOT EXISTS note (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS state (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS request (idem BLOB PRIMARY KEY) WITHOUT ROWID",
    (
        "CREATE TABLE IF NOT EXISTS chain (name TEXT PRIMARY KEY, head BLOB NOT NULL,"
        " sequence INTEGER NOT NULL) WITHOUT ROWID"
    ),
    "CREATE TABLE IF NOT EXISTS finding (code TEXT NOT NULL, message TEXT NOT NULL, entry INTEGER)",
    (
        "CREATE TABLE IF NOT EXISTS anchor (size INTEGER NOT NULL, root BLOB NOT NULL,"
        " time_s INTEGER NOT NULL, PRIMARY KEY (size, root, time_s))"
    ),
)


class MemoryUnfit(Exception):
    """The file is no memory of an audit, or of an audit of another log or under other keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """What an auditor knows of the log at some time: a size, its root, a witness' POSIX time.

    `time_s` is 0 where no witness had signed.
    """

    size: int
    root: bytes
    time_s: int


@dataclass(slots=True, kw_only=True)
class Standing:
    """How far an audit has come.

    `sm3` is the edge of the tree with SM3 over the entries that the last stated root of it covers.
    """

    edge: Edge
    chains: Chains
    state: dict[str, bytes]
    replayed: int = 0
    stopped: bool = False
    findings: tuple[Finding, ...] = ()
    anchors: tuple[Anchor, ...] = ()
    sm3: Sm3Frontier = field(default_factory=Sm3Frontier)


class AuditMemory:
    """A file that holds an audit's standing; None keeps it nowhere.

    Parameters
    ----------
    path
        Made when it does not exist.
    about
        What the audit is of: origin, keys. Another audit's file is refused.

    Raises
    ------
    MemoryUnfit
        When the file is of another kind, or of another audit.
    """

    def __init__(self, path: Path | None, about: Mapping[str, str]) -> None:
        self._about = json.dumps({"format": FORMAT, **about}, sort_keys=True)
        self._saved_requests: set[str] = set()
        self._saved_orders: dict[str, tuple[bytes, int]] = {}
        self._file = None if path is None else self._opened(path)

    @property
    def lasts(self) -> bool:
        """Whether there is a file."""
        return self._file is not None

    def load(self, origin: str) -> Standing:
        """Return the standing that was saved last; that of a new audit where there is none."""
        standing = Standing(edge=Edge(), chains=Chains(origin=origin), state={})
        if self._file is None or (saved := self._note("standing")) is None:
            return standing
        return _restored(self._file, json.loads(saved), origin)

    def save(
        self, standing: Standing, changes: Mapping[str, bytes], requests: Iterable[str]
    ) -> None:
        """Save a standing: all of it, or nothing when the process dies.

        Parameters
        ----------
        changes
            State objects that changed since the last save.
        requests
            Request ids that were added since.
        """
        if self._file is None:
            return
        with self._file as file:
            file.executemany("REPLACE INTO state VALUES (?, ?)", changes.items())
            file.executemany(
                "INSERT OR IGNORE INTO request VALUES (?)",
                ((bytes.fromhex(idem),) for idem in requests),
            )
            file.executemany(
                "REPLACE INTO chain VALUES (?, ?, ?)",
                ((name, *head) for name, head in self._moved(standing.chains)),
            )
            file.execute("DELETE FROM finding")
            file.executemany(
                "INSERT INTO finding VALUES (?, ?, ?)",
                ((one.code, one.message, one.index) for one in standing.findings),
            )
            file.executemany(
                "INSERT OR IGNORE INTO anchor VALUES (?, ?, ?)",
                ((one.size, one.root, one.time_s) for one in standing.anchors),
            )
            file.execute("REPLACE INTO note VALUES ('standing', ?)", (_written(standing),))
        self._saved_orders = dict(standing.chains.orders)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def _opened(self, path: Path) -> sqlite3.Connection:
        file = sqlite3.connect(path)
        try:
            for statement in _TABLES:
                file.execute(statement)
            file.execute("INSERT OR IGNORE INTO note VALUES ('about', ?)", (self._about,))
            file.commit()
            row = file.execute("SELECT value FROM note WHERE name = 'about'").fetchone()
        except sqlite3.DatabaseError as problem:
            file.close()
            raise MemoryUnfit(f"{path} is no state file of an audit: {problem}") from None
        if row[0] != self._about:
            file.close()
            raise MemoryUnfit(
                f"{path} is the state of another audit: it says {row[0]}, this one is "
                f"{self._about}. Name another file."
            )
        return file

    def _note(self, name: str) -> str | None:
        assert self._file is not None
        row = self._file.execute("SELECT value FROM note WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def _moved(self, chains: Chains) -> list[tuple[str, tuple[bytes, int]]]:
        saved = self._saved_orders
        return [(name, head) for name, head in chains.orders.items() if saved.get(name) != head]


def _written(standing: Standing) -> str:
    return json.dumps(
        {
            "rows": [[digest.hex() for digest in row] for row in standing.edge.rows],
            "last_leaf": standing.chains.last_leaf.hex(),
            "time_ms": standing.chains.time_ms,
            "replayed": standing.replayed,
            "stopped": standing.stopped,
            "sm3": [standing.sm3.size, *(digest.hex() for digest in standing.sm3.hashes)],
        }
    )


def _frontier(size: int, *hashes: str) -> Sm3Frontier:
    return Sm3Frontier(size, tuple(map(bytes.fromhex, hashes)))


def _restored(file: sqlite3.Connection, saved: dict[str, Any], origin: str) -> Standing:
    chains = Chains(
        origin=origin,
        last_leaf=bytes.fromhex(saved["last_leaf"]),
        time_ms=saved["time_ms"],
        orders={name: (head, at) for name, head, at in file.execute("SELECT * FROM chain")},
        requests={idem.hex() for (idem,) in file.execute("SELECT idem FROM request")},
    )
    return Standing(
        edge=Edge([[bytes.fromhex(digest) for digest in row] for row in saved["rows"]]),
        chains=chains,
        state=dict(file.execute("SELECT key, value FROM state")),
        replayed=saved["replayed"],
        sm3=_frontier(*saved.get("sm3", [0])),
        stopped=saved["stopped"],
        findings=tuple(
            Finding(code=code, message=message, index=index)
            for code, message, index in file.execute("SELECT code, message, entry FROM finding")
        ),
        anchors=tuple(
            Anchor(size=size, root=root, time_s=time_s)
            for size, root, time_s in file.execute("SELECT * FROM anchor ORDER BY size, time_s")
        ),
    )
