"""One witness as the log meets it: asking for cosignatures, and looking into what it refuses."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ledger.errors import Corruption, LedgerError, NotVerified
from ledger.log import note
from ledger.log.checkpoint import CHECKPOINT, Checkpoint, parse_checkpoint
from ledger.log.cosignature import verified_lines
from ledger.log.files import write_files
from ledger.log.merkle import consistency_proof, root_at
from ledger.log.tiles import TileReader
from ledger.log.witness import AddCheckpoint, WitnessError, origin_digest

PENDING = "pending"
EVIDENCE = "evidence"

ATTEMPTS_MAX = 3
"""How often one witness is asked at once: it may tell its size first (409)."""
PAUSE_MS = (500, 60_000)
"""First and longest pause before a witness that failed is asked again; each doubles the last."""
AHEAD_S_MAX = 300
"""A cosignature from further in the future than this is not taken."""

Lines = tuple[note.NoteSignature, ...]


class WitnessUnreachable(LedgerError):
    """No answer of a witness came, or none that the protocol knows."""


class RemoteWitness(Protocol):
    """A witness as a log reaches it. Calls end within seconds, one way or the other."""

    @property
    def name(self) -> str:
        """What people are told when it fails: its address."""

    def add_checkpoint(self, request: AddCheckpoint) -> bytes:
        """Return the signature lines of the answer.

        Raises
        ------
        WitnessError
            As the witness refused it.
        WitnessUnreachable
            When no answer came.
        """

    def latest(self, origin: str) -> bytes | None:
        """Return the last cosigned checkpoint that it shows of a log, None when it shows none.

        Raises
        ------
        WitnessUnreachable
        """

    def close(self) -> None:
        """Close the connection, if one is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLog:
    """What is known here of the log that is cosigned.

    Parameters
    ----------
    folder
        Its public folder: tiles and the published checkpoint.
    memory
        A folder that is not public: the checkpoint that waits, and evidence.
    open_signed
        Returns the checkpoint of a note that the log signed; raises `NotVerified`.
    clock_s
        POSIX time.
    """

    folder: Path
    memory: Path
    open_signed: Callable[[bytes], Checkpoint]
    clock_s: Callable[[], int]

    def read(self, path: str) -> bytes:
        """Return a public file."""
        return (self.folder / path).read_bytes()

    def pending_note(self) -> bytes | None:
        """Return the newest note that was offered, None before the first."""
        try:
            return (self.memory / PENDING).read_bytes()
        except FileNotFoundError:
            return None

    def opened(self, signed: bytes) -> Checkpoint:
        """Return the checkpoint of the note that waits.

        Raises
        ------
        Corruption
            `CHECKPOINT_DAMAGED` when the log did not sign it.
        """
        try:
            return self.open_signed(signed)
        except NotVerified as error:
            raise Corruption(
                "CHECKPOINT_DAMAGED",
                f"{self.memory / PENDING} is not what this log signed: {error}. Remove the file "
                "and start again: it is written anew from the signer's memory.",
            ) from error

    def published_size(self) -> int:
        """Return the size that the published checkpoint states, 0 without one."""
        try:
            return parse_checkpoint(note.split_note(self.read(CHECKPOINT))[0]).size
        except (FileNotFoundError, NotVerified):
            return 0


class Peer:
    """A witness of this log, with what is known of it and when it may be asked again.

    Parameters
    ----------
    keys
        Those of the policy that this witness holds.
    """

    def __init__(self, remote: RemoteWitness, keys: Sequence[note.Verifier], own: OwnLog) -> None:
        self.remote = remote
        self.keys = tuple(keys)
        self.asked: Future[Lines] | None = None
        """The question that is out."""
        self.asked_for: Checkpoint | None = None
        self.not_before_ms = 0
        self._own = own
        self._size: int | None = None
        self._failures = 0

    def answered(self) -> None:
        """Note that it answered: it may be asked at any time."""
        self._failures, self.not_before_ms = 0, 0

    def failed(self) -> bool:
        """Note that it failed; tell whether that is new."""
        pause_ms = min(PAUSE_MS[0] << min(self._failures, 20), PAUSE_MS[1])
        self.not_before_ms = now_ms() + pause_ms
        self._failures += 1
        return self._failures == 1

    def ask(self, signed: bytes, checkpoint: Checkpoint) -> Lines:
        """Return its verified lines for a checkpoint that the log has signed.

        Raises
        ------
        WitnessError, WitnessUnreachable
            When it refuses, or cannot be reached.
        NotVerified
            When it answers with something else than its cosignatures of this checkpoint.
        Corruption
            When it shows a checkpoint, signed by the log's key, that this log cannot prove.
        """
        nodes = TileReader(self._own.read, checkpoint.size)
        old = self._guess(checkpoint)
        for _ in range(ATTEMPTS_MAX):
            proof = consistency_proof(old, checkpoint.size, nodes)
            request = AddCheckpoint(old_size=old, proof=proof, checkpoint=signed)
            try:
                answer = self.remote.add_checkpoint(request)
            except WitnessError as refused:
                old = self._size = self._known_size(checkpoint, refused)
                continue
            lines = verified_lines(signed, answer, self.keys)
            self._check_times(lines)
            self._size = checkpoint.size
            return lines
        raise WitnessUnreachable(f"it names another size at each request, lastly {old}")

    def shown(self, origin: str) -> Checkpoint | None:
        """Return the largest tree of this log that it shows, None when it shows none.

        Raises
        ------
        WitnessUnreachable
        NotVerified
            When the log has not signed what it shows.
        """
        data = self.remote.latest(origin)
        found = None if data is None else self._own.open_signed(data)
        return found if found is None or found.origin == origin else None

    def _guess(self, checkpoint: Checkpoint) -> int:
        """Return the size that it probably knows; it corrects a wrong one."""
        if self._size is None:
            self._size = self._own.published_size()
        return min(self._size, checkpoint.size)

    def _known_size(self, checkpoint: Checkpoint, refused: WitnessError) -> int:
        """Return the size that a 409 names; a larger one, or another tree, is looked into."""
        size = refused.size
        if refused.status == 409 and size is not None and size <= checkpoint.size:
            return size
        if refused.status in (409, 422):
            self._size = None
            self._look_into(checkpoint)
        raise refused

    def _look_into(self, offered: Checkpoint) -> None:
        """Ask what it shows; raise when the log's key signed what this log cannot prove."""
        data = self.remote.latest(offered.origin)
        if data is None:
            return
        theirs = self._own.open_signed(data)
        waiting = self._own.pending_note()
        newest = offered if waiting is None else self._own.opened(waiting)
        nodes = TileReader(self._own.read, newest.size)
        if theirs.size <= newest.size and root_at(theirs.size, nodes) == theirs.root:
            return
        folder = self._own.memory / EVIDENCE
        name = f"{theirs.size}-{origin_digest(self.remote.name)[:16]}"
        write_files(folder, {name: data}, staging=folder / f".{name}")
        raise witness_knows_more(theirs, newest, self.remote.name, folder / name)

    def _check_times(self, lines: Lines) -> None:
        latest = self._own.clock_s() + AHEAD_S_MAX
        for line in lines:
            if line.time_s is not None and line.time_s > latest:
                raise NotVerified(
                    "WITNESS_TIME",
                    f"{self.remote.name} cosigned at {line.time_s}, which lies in the future",
                )


def witness_knows_more(
    theirs: Checkpoint, own: Checkpoint, witness: str = "", evidence: Path | None = None
) -> Corruption:
    """Return the alarm for a checkpoint, signed by this log's key, that this log cannot prove."""
    kept = f" It is kept in {evidence}." if evidence is not None else ""
    who = f"witness {witness}" if witness else "a witness"
    if theirs.size > own.size:
        return Corruption(
            "LOG_BEHIND_WITNESS",
            f"Log {own.origin} has {own.size} entries, but {who} shows a checkpoint of "
            f"{theirs.size} that this log's key signed: an old backup was restored, or the key "
            f"signs elsewhere. Nothing is written.{kept} Bring the missing entries back from "
            "published bundles or a mirror: `parkloom ledger recover`.",
        )
    return Corruption(
        "ROOT_DIFFERS",
        f"Log {own.origin}: {who} shows a checkpoint of size {theirs.size} with the "
        f"root {theirs.root.hex()} that this log's key signed; this log has another tree. Nothing "
        f"is written.{kept} One of the two histories was changed: compare with mirrors.",
    )


def now_ms() -> int:
    """Return milliseconds of a clock that only goes forward."""
    return time.monotonic_ns() // 1_000_000
