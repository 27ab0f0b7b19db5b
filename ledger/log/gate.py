"""The gate: it reads the entries itself, replays them, and signs only what obeys the rules.

Whoever can write to the database, even as its owner, gets no signature for what no party signed
or what breaks a rule. The gate belongs into a process of its own, under another user, with a
database role that can only read, and with its own memory of what it replayed and signed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from ledger.errors import Corruption
from ledger.log.checkpoint import Checkpoint
from ledger.log.keys import NoteKey
from ledger.log.merkle import Frontier, consistency_proof, leaf_hash, node_hash, range_nodes
from ledger.log.replay import ReplayFailed
from ledger.log.rules import JsonState
from ledger.log.signer import CheckpointSigner, behind
from ledger.log.store import Head

ReadLeaves = Callable[[int, int], Sequence[bytes]]
"""Gives the leaf bytes of entries [start, stop); raises `LookupError` where one is missing."""

_LEAVES_AT_ONCE = 4_096


class Replaying(Protocol):
    """A replay that goes on: `ledger.log.replay.Replay`."""

    @property
    def head(self) -> Head:
        """Where the replay stands."""

    @property
    def state(self) -> JsonState:
        """The record's state there."""

    @property
    def changes(self) -> Mapping[str, bytes]:
        """Canonical bytes of each state object that changed since the replay began."""

    @property
    def entered(self) -> Collection[str]:
        """Request ids of the entries since the replay began."""

    def add(self, leaf: bytes) -> object:
        """Check one entry after those before; raises `ReplayFailed` when it cannot stand."""


class ReplayMemory(Protocol):
    """Keeps what was replayed, so that a restart need not begin at the first entry.

    Duties of an implementation: `begin` gives a replay as of the last `keep`, or of the empty log;
    what was added since and not kept is forgotten.
    """

    def begin(self) -> Replaying:
        """Return a replay that goes on from what is kept."""

    def keep(self, replay: Replaying) -> None:
        """Keep a replay that `begin` gave and that has gone on since."""


@dataclass(kw_only=True)
class MemoryInProcess:
    """Keeps the replay itself: for tests, and for logs that are short enough to begin anew.

    Parameters
    ----------
    make
        Gives the replay of the empty log.
    read
        Gives the entries, to replay again after a failure.
    """

    make: Callable[[], Replaying]
    read: ReadLeaves
    _kept: Replaying | None = field(default=None, init=False)
    _size: int = field(default=0, init=False)

    def begin(self) -> Replaying:
        """Return the kept replay, or one that has replayed as much again."""
        lent, self._kept = self._kept, None  # what is lent and not kept again is of no more use
        if lent is None:
            lent = self.make()
            for _ in replayed(lent, self.read, self._size):
                pass
        return lent

    def keep(self, replay: Replaying) -> None:
        """Keep the replay."""
        self._kept, self._size = replay, replay.head.size


@dataclass(kw_only=True)
class ReplayingGate:
    """Signs a checkpoint after it has replayed every entry that it covers.

    Parameters
    ----------
    read
        Gives entries of the log, from a database that this process can only read.
    memory
        What was replayed so far.
    signer
        The log's key with its memory of what it signed last.
    keys
        Gives the keys that sign at a replay's head, for a log whose key was rotated; left out,
        those that the signer has in force.
    """

    read: ReadLeaves
    memory: ReplayMemory
    signer: CheckpointSigner
    keys: Callable[[Replaying], Sequence[NoteKey]] | None = None

    def lock(self, *, timeout_seconds: float) -> AbstractContextManager[None]:
        """Hold the only right to sign with this memory."""
        return self.signer.lock(timeout_seconds=timeout_seconds)

    def last_note(self) -> bytes | None:
        """Return the last signed note, None before the first; raises `Corruption`."""
        self.signer.last()
        return self.signer.last_note()

    def sign(self, wanted: Checkpoint) -> bytes:
        """Return the signed note of a checkpoint, after replaying what it covers.

        Raises
        ------
        Corruption
            `LOG_BEHIND_SIGNER` when a larger size was signed; `ROOT_DIFFERS` when the entries have
            another root than the one asked for, or than the one signed last;
            `ENTRY_MISSING` when the database has not all entries; `REPLAY_FAILED` when an entry
            breaks a rule. Nothing is signed and nothing is remembered then.
        """
        last = self.signer.last()
        if last is not None and wanted.size < last.size:
            raise behind(last, wanted.size)
        replay = self.memory.begin()
        start = 0 if last is None else last.size
        if replay.head.size > start:
            raise Corruption(
                "SIGNER_DAMAGED",
                f"The signer has replayed {replay.head.size} entries and signed {start}: its "
                "last-signed file is older than its replay. Restore the newer file.",
            )
        self._go_on(replay, start)
        if last is not None:
            self._compare(last, replay.head)
        grown = _Grown(replay.head.frontier)
        self._go_on(replay, wanted.size, grown if last is not None else None)
        self._compare(wanted, replay.head)
        signed = self.signer.sign(
            wanted,
            lambda old, new: consistency_proof(old, new, grown),
            keys=None if self.keys is None else self.keys(replay),
        )
        self.memory.keep(replay)
        return signed

    def _go_on(self, replay: Replaying, size: int, grown: _Grown | None = None) -> None:
        try:
            for leaf in replayed(replay, self.read, size):
                if grown is not None:
                    grown.hashes.append(leaf_hash(leaf))
        except ReplayFailed as failed:
            raise Corruption(
                "REPLAY_FAILED",
                f"The signer replayed the log and refuses entry {failed.index} ({failed.code}): "
                f"{failed}. Nothing is signed from there on. Find out who wrote the entry; "
                "restore a backup from before it.",
            ) from failed
        except LookupError as missing:
            raise Corruption(
                "ENTRY_MISSING",
                f"The signer cannot read all entries up to {size}: {missing}. Nothing is signed.",
            ) from missing

    def _compare(self, stated: Checkpoint, head: Head) -> None:
        root = head.frontier.root()
        if stated.root != root:
            raise Corruption(
                "ROOT_DIFFERS",
                f"Log {stated.origin}: the root {stated.root.hex()} at size {stated.size} was "
                f"signed or asked for, the entries have {root.hex()}. Nothing is signed.",
            )


def replayed(replay: Replaying, read: ReadLeaves, size: int) -> Iterator[bytes]:
    """Replay entries up to a size; yield each after it was found good.

    Raises
    ------
    ReplayFailed
        At the first that is not.
    LookupError
        When one is missing.
    """
    while (first := replay.head.size) < size:
        for leaf in read(first, min(size, first + _LEAVES_AT_ONCE)):
            replay.add(leaf)
            yield leaf


@dataclass
class _Grown:
    """Nodes of a tree that has grown from a known one: its peaks, and the leaves since."""

    old: Frontier
    hashes: list[bytes] = field(default_factory=list)

    def __call__(self, level: int, index: int) -> bytes:
        """Return the hash of the complete subtree of 2^level leaves with this index."""
        peaks = range_nodes(0, self.old.size)
        if (level, index) in peaks:
            return self.old.hashes[peaks.index((level, index))]
        start = (index << level) - self.old.size
        row = self.hashes[start : start + (1 << level)]
        if start < 0 or len(row) < 1 << level:
            raise LookupError(f"node {index} of level {level} is not in reach")
        while len(row) > 1:
            row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
        return row[0]
