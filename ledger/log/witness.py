"""A witness (C2SP tlog-witness v1): cosigns what extends the largest tree that it has cosigned.

The decision is a pure function of the request and of the last cosigned checkpoint; the store makes
comparing and persisting one step. The order is: compare, persist (it survives a loss of power),
sign, answer. A witness that dies between any two of these has signed nothing that it does not
remember, so it never cosigns two roots at one size.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from ledger.errors import LedgerError, Malformed, NotVerified
from ledger.log import note
from ledger.log.checkpoint import Checkpoint, open_checkpoint_of, parse_checkpoint
from ledger.log.cosignature import Cosigner, only_lines
from ledger.log.entry import decode_base64
from ledger.log.merkle import HASH_BYTES, verify_consistency

PROOF_LINES_MAX = 63
REQUEST_BYTES_MAX = note.NOTE_BYTES_MAX + 4_096
"""A note, and 63 hashes of 45 bytes a line with the line of the old size."""

SIZE_TYPE = "text/x.tlog.size"
TEXT_TYPE = "text/plain; charset=utf-8"

_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})\Z", re.ASCII)


class WitnessError(LedgerError):
    """The witness refuses a request: the HTTP status of tlog-witness, and why.

    Parameters
    ----------
    status
        400, 403, 404, 409 or 422.
    message
        What was expected, what was got.
    size
        With 409: the size of the last cosigned checkpoint.
    """

    def __init__(self, status: int, message: str, *, size: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.size = size

    @property
    def media_type(self) -> str:
        """The content type of the answer."""
        return TEXT_TYPE if self.size is None else SIZE_TYPE

    @property
    def body(self) -> bytes:
        """The answer: the size for 409, else the reason."""
        text = self.message if self.size is None else str(self.size)
        return text.encode("utf-8") + b"\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddCheckpoint:
    """A request to cosign: the tree that the witness has, a proof from there, the new checkpoint.

    Parameters
    ----------
    old_size
        Size of the last checkpoint that the witness cosigned, as the log believes; ≥ 0.
    proof
        Consistency proof from there, at most 63 hashes of 32 bytes; empty from 0.
    checkpoint
        The new checkpoint, a signed note.
    """

    old_size: int
    proof: tuple[bytes, ...]
    checkpoint: bytes

    def encode(self) -> bytes:
        """Return the body of the request."""
        lines = [f"old {self.old_size}"]
        lines.extend(base64.b64encode(one).decode("ascii") for one in self.proof)
        return "\n".join(lines).encode("ascii") + b"\n\n" + self.checkpoint


class WitnessRecord(Protocol):
    """The memory of one log, held exclusively between all threads and processes."""

    def latest(self) -> bytes | None:
        """Return the last persisted checkpoint, a note signed by its log; None before the first.

        Raises
        ------
        Corruption
            `WITNESS_DAMAGED` when the memory is gone or unreadable.
        """

    def persist(self, signed: bytes) -> None:
        """Replace it; when this returns, the new one survives a loss of power."""

    def publish(self, cosigned: bytes) -> None:
        """Show a cosigned checkpoint to monitors; it may be lost, and is then made again."""

    def published(self) -> bytes | None:
        """Return what monitors are shown, None before the first."""


class WitnessStore(Protocol):
    """Where a witness keeps what it has cosigned."""

    def record(self, origin: str) -> AbstractContextManager[WitnessRecord]:
        """Hold the record of a log; nobody else reads or writes it meanwhile."""


def _no_more(_checkpoint: Checkpoint) -> None:
    """Ask for nothing more than consistency: what a plain witness does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """A witness of several logs.

    Parameters
    ----------
    cosigners
        Its keys, each under a name of its own; every one signs.
    logs
        The keys that are trusted for each origin.
    clock_s
        POSIX time in seconds.
    approve
        A further condition, asked after the proof holds and before anything is persisted: it
        raises `NotVerified` when the checkpoint must not be cosigned, which is answered by 422.

    Raises
    ------
    ValueError
        When there is no cosigner, two share a name, or a log's key is not named after its origin.
    """

    cosigners: tuple[Cosigner, ...]
    logs: Mapping[str, Sequence[note.Verifier]]
    store: WitnessStore
    clock_s: Callable[[], int]
    approve: Callable[[Checkpoint], None] = _no_more

    def __post_init__(self) -> None:
        names = [one.name for one in self.cosigners]
        if not names or len(set(names)) != len(names):
            raise ValueError(f"a witness has cosigners of different names, got {names}")
        for origin, keys in self.logs.items():
            if not keys or any(key.name != origin for key in keys):
                raise ValueError(f"the keys of log {origin} must be there, and be named after it")

    def add_checkpoint(self, body: bytes) -> bytes:
        """Return the cosignature lines for a request's body.

        Raises
        ------
        WitnessError
            With the status that tlog-witness asks for; nothing has changed.
        Corruption
            `WITNESS_DAMAGED`: the memory cannot be read, and nothing is signed without it.
        """
        request = parse_request(body)
        origin = _origin_of(request.checkpoint)
        keys = self.logs.get(origin)
        if keys is None:
            raise WitnessError(404, f"unknown log: {origin[:200]}")
        checkpoint, signed = _open(request.checkpoint, keys)
        if request.old_size > checkpoint.size:
            raise WitnessError(
                400,
                f"old size {request.old_size} is larger than the checkpoint's {checkpoint.size}",
            )
        with self.store.record(origin) as record:
            latest = record.latest()
            known = None if latest is None else parse_checkpoint(note.split_note(latest)[0])
            decide(request.old_size, request.proof, checkpoint, known)
            try:
                self.approve(checkpoint)
            except NotVerified as error:
                raise WitnessError(422, f"{error.code}: {error.message}") from error
            if latest is None or known != checkpoint:
                record.persist(signed)
            return self._cosign(checkpoint, signed, record)

    def latest(self, digest: str) -> bytes | None:
        """Return the last cosigned checkpoint by the hex SHA-256 of its origin, for monitors.

        None for a log that is not known, or of which nothing was cosigned.

        Raises
        ------
        Corruption
            `WITNESS_DAMAGED`.
        """
        origin = next((one for one in self.logs if origin_digest(one) == digest), None)
        if origin is None:
            return None
        with self.store.record(origin) as record:
            latest, shown = record.latest(), record.published()
            if latest is None:
                return None
            text = note.split_note(latest)[0]
            if shown is None or note.split_note(shown)[0] != text:
                # It died after persisting: what it remembers, it may cosign again.
                self._cosign(parse_checkpoint(text), latest, record)
                shown = record.published()
            return shown

    def _cosign(self, checkpoint: Checkpoint, signed: bytes, record: WitnessRecord) -> bytes:
        time_s = self.clock_s()
        lines = b"".join(one.cosign(checkpoint.text(), time_s=time_s) for one in self.cosigners)
        record.publish(signed + lines)
        return lines


def origin_digest(origin: str) -> str:
    """Return the name of a log in a witness's monitoring paths: hex SHA-256 of its origin."""
    return hashlib.sha256(origin.encode("utf-8")).hexdigest()


def monitoring_path(origin: str) -> str:
    """Return the path below a witness's prefix at which its last cosigned checkpoint is shown."""
    return f"{origin_digest(origin)}/checkpoint"


def parse_request(body: bytes) -> AddCheckpoint:
    """Return the request of a body: the inverse of `AddCheckpoint.encode`.

    Raises
    ------
    WitnessError
        400, saying what is malformed.
    """
    if len(body) > REQUEST_BYTES_MAX:
        raise _malformed(f"more than {REQUEST_BYTES_MAX:,} bytes")
    head, empty_line, checkpoint = body.partition(b"\n\n")
    try:
        first, *lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise _malformed("the lines before the checkpoint are not ASCII") from None
    match = _OLD.match(first)
    if not empty_line or match is None:
        raise _malformed("expected `old <size>`, the proof, an empty line and a checkpoint")
    if len(lines) > PROOF_LINES_MAX:
        raise _malformed(f"{len(lines)} lines of proof; {PROOF_LINES_MAX} is the most")
    try:
        proof = tuple(decode_base64(line, "proof") for line in lines)
    except Malformed as error:
        raise _malformed(str(error)) from None
    if any(len(one) != HASH_BYTES for one in proof):
        raise _malformed(f"a hash of the proof has not {HASH_BYTES} bytes")
    return AddCheckpoint(old_size=int(match[1]), proof=proof, checkpoint=checkpoint)


def decide(
    old_size: int, proof: Sequence[bytes], checkpoint: Checkpoint, known: Checkpoint | None
) -> None:
    """Check that a checkpoint, signed by its log, may be cosigned after the last one.

    Parameters
    ----------
    old_size
        What the log believes to be the size of `known`; at most the checkpoint's.
    known
        The last cosigned checkpoint; None when there is none, which counts as size 0.

    Raises
    ------
    WitnessError
        409 with the known size when `old_size` is another; 422 when the consistency proof does not
        lead from `known` to the checkpoint, is not empty from 0, or the root differs at one size.
    """
    known_size = 0 if known is None else known.size
    if old_size != known_size:
        raise WitnessError(
            409, f"the last cosigned checkpoint has size {known_size}", size=known_size
        )
    if known is None or known_size == 0:
        if proof:
            raise _inconsistent("the consistency proof from size 0 is not empty")
        return
    try:
        verify_consistency(known.size, checkpoint.size, known.root, checkpoint.root, proof)
    except NotVerified as error:
        raise _inconsistent(f"the consistency proof does not hold: {error}") from None


def _origin_of(signed: bytes) -> str:
    """Return the origin of a checkpoint; its signature lines are looked at later.

    A line that is no signature is as good as one that does not verify: 403, not 400.
    """
    if len(signed) > note.NOTE_BYTES_MAX:
        raise _malformed(f"a note of {len(signed):,} bytes; {note.NOTE_BYTES_MAX:,} is the most")
    try:
        whole = signed.decode("utf-8")
    except UnicodeDecodeError:
        raise _malformed("the checkpoint is not UTF-8 text") from None
    text, empty_line, _ = whole.rpartition("\n\n")
    if not empty_line or note.has_control_characters(whole):
        raise _malformed("expected the text of a checkpoint, an empty line and signatures")
    try:
        return parse_checkpoint(text + "\n").origin
    except NotVerified as error:
        raise _malformed(str(error)) from None


def _open(signed: bytes, keys: Sequence[note.Verifier]) -> tuple[Checkpoint, bytes]:
    """Return the checkpoint and its note with the log's own lines alone."""
    try:
        checkpoint, _ = open_checkpoint_of(signed, keys)
        return checkpoint, only_lines(signed, keys)
    except NotVerified as error:
        raise WitnessError(403, f"invalid signature: {error}") from None


def _malformed(detail: str) -> WitnessError:
    return WitnessError(400, f"malformed request: {detail}")


def _inconsistent(detail: str) -> WitnessError:
    return WitnessError(422, detail)
