"""Sign checkpoints, never two that contradict each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from ledger.errors import Corruption, NotVerified
from ledger.log import note
from ledger.log.checkpoint import Checkpoint, open_checkpoint
from ledger.log.files import locked_file, write_files
from ledger.log.keys import NoteKey, sign_with_all
from ledger.log.merkle import verify_consistency

Prove = Callable[[int, int], Sequence[bytes]]
"""`prove(old, new)`: the consistency proof between two sizes."""
KeysInForce = Callable[[], Sequence[NoteKey]]
"""Gives the keys that sign now, the newest last: two during a rotation's overlap."""


class Gate(Protocol):
    """Whoever signs the log's checkpoints: in this process, or in one of its own.

    What publishes the log holds `lock`, looks at `last` and asks for a signature; whether it gets
    one is decided here.
    """

    @property
    def verifiers(self) -> Sequence[note.Verifier]:
        """The public halves of all keys whose checkpoints are this log's."""

    def lock(self, *, timeout_seconds: float) -> AbstractContextManager[None]:
        """Hold the only right to sign and to publish."""

    def open(self, data: bytes) -> Checkpoint:
        """Return the checkpoint of a note that a key of this log signed; raises `NotVerified`."""

    def last(self) -> Checkpoint | None:
        """Return the last signed checkpoint, None before the first; raises `Corruption`."""

    def sign(self, checkpoint: Checkpoint, prove: Prove) -> bytes:
        """Return the signed note of a checkpoint that extends the last one.

        Raises
        ------
        Corruption
            When it does not, or when what it covers does not obey the rules.
        OutcomeUnknown
            When no answer came; asking again is harmless.
        """


class CheckpointSigner:
    """The log's key with its own memory of what it signed last.

    The memory is a file of its own, apart from the log and its database: a database that was
    rewritten or restored from an old backup gets no signature.

    Parameters
    ----------
    key
        The log's private key; its name is the log's origin.
    memory
        File that holds the last signed checkpoint; written before a signature leaves this object.
    others
        Further keys of this log, for one whose key was or is being rotated.
    in_force
        Gives the keys that sign now, the newest last; `key` alone when left out.
    """

    def __init__(
        self,
        key: NoteKey,
        memory: Path,
        *,
        others: Sequence[NoteKey] = (),
        in_force: KeysInForce | None = None,
    ) -> None:
        self._key = key
        self._memory = memory
        self._others = tuple(others)
        self._in_force = in_force or (lambda: (key,))

    @property
    def verifier(self) -> note.Verifier:
        """The public half of the newest key that signs."""
        return self._in_force()[-1].verifier

    @property
    def verifiers(self) -> tuple[note.Verifier, ...]:
        """The public halves of all keys whose checkpoints are this log's, the first key first."""
        return tuple(one.verifier for one in (self._key, *self._others))

    def lock(self, *, timeout_seconds: float) -> AbstractContextManager[None]:
        """Hold the only right to sign and to publish with this memory."""
        path = self._memory.with_name(self._memory.name + ".lock")
        return locked_file(path, timeout_seconds=timeout_seconds)

    def open(self, data: bytes) -> Checkpoint:
        """Return the checkpoint of a note that one of this log's keys signed.

        Raises
        ------
        NotVerified
            The codes of `open_checkpoint`.
        """
        return open_with_any(data, self.verifiers)

    def last(self) -> Checkpoint | None:
        """Return the last signed checkpoint, None before the first.

        Raises
        ------
        Corruption
            `SIGNER_DAMAGED` when the memory cannot be read or is not signed by this key.
        """
        note_data = self._read()
        return None if note_data is None else self._open(note_data)

    def last_note(self) -> bytes | None:
        """Return the last signed note as it was handed out, None before the first."""
        return self._read()

    def sign(
        self, checkpoint: Checkpoint, prove: Prove, *, keys: Sequence[NoteKey] | None = None
    ) -> bytes:
        """Return the signed note of a checkpoint that extends the last signed one.

        The same size and root again give the same note.

        Parameters
        ----------
        prove
            Gives the consistency proof from the last signed size.
        keys
            Those that sign; left out, the ones that are in force.

        Raises
        ------
        Corruption
            `LOG_BEHIND_SIGNER` when a larger size was signed; `ROOT_DIFFERS` when the same size
            was signed with another root or the proof does not lead from the last to this one.
        ledger.log.keys.KeyFailed
            When a private key cannot be used now.
        """
        known = self._read()
        if known is not None:
            last = self._open(known)
            if last == checkpoint:
                return known
            check_extends(last, checkpoint, prove)
        signed = sign_with_all(keys or self._in_force(), checkpoint.text())
        write_files(
            self._memory.parent,
            {self._memory.name: signed},
            staging=self._memory.parent / ".staging",
        )
        return signed

    def _read(self) -> bytes | None:
        try:
            return self._memory.read_bytes()
        except FileNotFoundError:
            return None

    def _open(self, data: bytes) -> Checkpoint:
        try:
            return self.open(data)
        except NotVerified as error:
            raise Corruption(
                "SIGNER_DAMAGED",
                f"{self._memory} does not hold a checkpoint signed by {self._key.verifier.name}: "
                f"{error}. Restore it from a backup; never sign without it.",
            ) from error


def open_with_any(data: bytes, verifiers: Sequence[note.Verifier]) -> Checkpoint:
    """Return the checkpoint of a note that one of several keys of one log signed.

    Parameters
    ----------
    verifiers
        At least one. A line of any of them that does not verify condemns the note.

    Raises
    ------
    NotVerified
        The codes of `open_checkpoint`.
    """
    *others, newest = verifiers
    for one in others:
        try:
            return open_checkpoint(data, one, [*others, newest])[0]
        except NotVerified as error:
            if error.code != "NOTE_UNSIGNED":
                raise
    return open_checkpoint(data, newest, others)[0]


def check_extends(last: Checkpoint, now: Checkpoint, prove: Prove) -> None:
    """Check that a tree extends one that was signed before.

    Raises
    ------
    Corruption
        `LOG_BEHIND_SIGNER` or `ROOT_DIFFERS`.
    """
    if now.size < last.size:
        raise behind(last, now.size)
    if now.origin != last.origin:
        raise Corruption(
            "ROOT_DIFFERS", f"The signer served log {last.origin!r}, this is {now.origin!r}."
        )
    if last.size == 0:
        return
    try:
        proof = prove(last.size, now.size)
        verify_consistency(last.size, now.size, last.root, now.root, proof)
    except NotVerified as error:
        raise Corruption(
            "ROOT_DIFFERS",
            f"Log {now.origin}: the tree of {now.size} entries does not extend the one of "
            f"{last.size} that was signed ({error}). Entries or tiles were changed: restore them; "
            "nothing is signed until then.",
        ) from error


def behind(last: Checkpoint, size: int) -> Corruption:
    """Return the alarm for a log that is shorter than what was signed or published."""
    return Corruption(
        "LOG_BEHIND_SIGNER",
        f"Log {last.origin} has {size} entries, but a checkpoint of {last.size} was signed: the "
        "database was restored from an old backup. Nothing is written. Bring the missing entries "
        "back from published bundles or a mirror: `parkloom recover`.",
    )
