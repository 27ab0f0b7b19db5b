"""Checkpoints (C2SP tlog-checkpoint v1): the signed statement of a log's size and root."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ledger.errors import Malformed, NotVerified
from ledger.log import note
from ledger.log.entry import decode_base64
from ledger.log.merkle import EMPTY_ROOT, HASH_BYTES

CHECKPOINT = "checkpoint"
"""Path of the newest checkpoint below a log's prefix."""

_SIZE = re.compile(r"(0|[1-9][0-9]{0,18})\Z", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Size and root of a log at one moment.

    Parameters
    ----------
    origin
        Name of the log: a URL prefix without scheme.
    size
        Number of leaves, ≥ 0.
    root
        32 bytes.
    extensions
        Further lines of the text; this log writes none.

    Raises
    ------
    ValueError
        When a field cannot stand in a checkpoint, or the empty tree has another root than its own.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.origin or "\n" in self.origin:
            raise ValueError("a checkpoint's origin is one line that is not empty")
        if self.size < 0 or len(self.root) != HASH_BYTES:
            raise ValueError(f"size {self.size} with a root of {len(self.root)} bytes")
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise ValueError(f"the empty tree has another root than {self.root.hex()}")
        if any(not line or "\n" in line for line in self.extensions):
            raise ValueError("an extension is one line that is not empty")

    def text(self) -> str:
        """Return the text that the log signs."""
        root = base64.b64encode(self.root).decode("ascii")
        return "\n".join((self.origin, str(self.size), root, *self.extensions)) + "\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """Return the checkpoint of a note's text: the inverse of `Checkpoint.text`.

    Raises
    ------
    NotVerified
        `CHECKPOINT_MALFORMED`.
    """
    if not text.endswith("\n"):
        raise _malformed("the text does not end with a newline")
    lines = text[:-1].split("\n")
    if len(lines) < 3:
        raise _malformed(f"expected origin, size and root, got {len(lines)} lines")
    origin, size, root, *extensions = lines
    if not _SIZE.match(size):
        raise _malformed(f"{size[:40]!r} is no size")
    try:
        return Checkpoint(
            origin=origin,
            size=int(size),
            root=decode_base64(root, "root"),
            extensions=tuple(extensions),
        )
    except (Malformed, ValueError) as error:
        raise _malformed(str(error)) from None


def open_checkpoint(
    data: bytes, log: note.Verifier, witnesses: Sequence[note.Verifier] = ()
) -> tuple[Checkpoint, note.OpenedNote]:
    """Return a checkpoint that the log signed, and the note with the cosignatures.

    Parameters
    ----------
    data
        The signed note.
    log
        The log's key; its name is the origin.
    witnesses
        Keys of cosigners; lines of others are ignored.

    Raises
    ------
    NotVerified
        `NOTE_MALFORMED`, `NOTE_SIGNATURE`, `NOTE_UNSIGNED`, `CHECKPOINT_MALFORMED`, or
        `CHECKPOINT_ORIGIN` when the text is of another log.
    """
    return open_checkpoint_of(data, (log,), witnesses)


def open_checkpoint_of(
    data: bytes, logs: Sequence[note.Verifier], witnesses: Sequence[note.Verifier] = ()
) -> tuple[Checkpoint, note.OpenedNote]:
    """Return a checkpoint that one of several log keys signed: as `open_checkpoint`.

    Parameters
    ----------
    logs
        Keys of one log or of several; the one that signed must be named after the origin.
    """
    opened = note.open_note(data, (*logs, *witnesses))
    keys = {(log.name, log.key_id) for log in logs}
    signers = [one.name for one in opened.signatures if (one.name, one.key_id) in keys]
    if not signers:
        wanted = ", ".join(sorted({log.name for log in logs}))
        raise NotVerified("NOTE_UNSIGNED", f"the log's own key {wanted} has not signed")
    found = parse_checkpoint(opened.text)
    if found.origin not in signers:
        raise NotVerified(
            "CHECKPOINT_ORIGIN",
            f"the checkpoint is of {found.origin!r}, expected {', '.join(signers)!r}",
        )
    return found, opened


def _malformed(detail: str) -> NotVerified:
    return NotVerified("CHECKPOINT_MALFORMED", f"this is no checkpoint: {detail}")
