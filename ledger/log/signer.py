"""Sign checkpoints, never two that contradict each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from ledger.errors import Corruption, NotVerified
from ledger.log import note
from ledger.log.checkpoint import Checkpoint, open_checkpoint
from ledger.log.files import locked_file, write_files
from ledger.log.merkle import verify_consistency

Prove = Callable[[int, int], Sequence[bytes]]
"""`prove(old, new)`: the consistency proof between two sizes."""


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
    """

    def __init__(self, key: note.Signer, memory: Path) -> None:
        self._key = key
        self._memory = memory

    @property
    def verifier(self) -> note.Verifier:
        """The public half of the key."""
        return self._key.verifier

    def lock(self, *, timeout_seconds: float) -> AbstractContextManager[None]:
        """Hold the only right to sign and to publish with this memory."""
        path = self._memory.with_name(self._memory.name + ".lock")
        return locked_file(path, timeout_seconds=timeout_seconds)

    def last(self) -> Checkpoint | None:
        """Return the last signed checkpoint, None before the first.

        Raises
        ------
        Corruption
            `SIGNER_DAMAGED` when the memory cannot be read or is not signed by this key.
        """
        note_data = self._read()
        return None if note_data is None else self._open(note_data)

    def sign(self, checkpoint: Checkpoint, prove: Prove) -> bytes:
        """Return the signed note of a checkpoint that extends the last signed one.

        The same size and root again give the same note.

        Raises
        ------
        Corruption
            `LOG_BEHIND_SIGNER` when a larger size was signed; `ROOT_DIFFERS` when the same size
            was signed with another root or the proof does not lead from the last to this one.
        """
        known = self._read()
        if known is not None:
            last = self._open(known)
            if last == checkpoint:
                return known
            check_extends(last, checkpoint, prove)
        signed = self._key.sign(checkpoint.text())
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
            return open_checkpoint(data, self.verifier)[0]
        except NotVerified as error:
            raise Corruption(
                "SIGNER_DAMAGED",
                f"{self._memory} does not hold a checkpoint signed by {self._key.name}: {error}. "
                "Restore it from a backup; never sign without it.",
            ) from error


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
        "database was restored from an old backup. Nothing is written. Restore the newest backup, "
        "or bring the missing entries back from the published bundles.",
    )
