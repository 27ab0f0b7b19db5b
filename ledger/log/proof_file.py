"""Proof files (C2SP tlog-proof v1, `.tlog-proof`): inclusion of one entry, with the checkpoint."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ledger.errors import Malformed, NotVerified
from ledger.log import note
from ledger.log.checkpoint import Checkpoint, open_checkpoint
from ledger.log.entry import decode_base64
from ledger.log.merkle import HASH_BYTES, verify_inclusion
from ledger.log.policy import Evaluation, Policy

HEADER = "c2sp.org/tlog-proof@v1"
HASHES_MAX = 64

_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})\Z", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class TlogProof:
    """That an entry stands at a place of a signed log.

    Parameters
    ----------
    index
        Place of the entry, from 0.
    hashes
        The inclusion proof, leaf side first.
    checkpoint
        The signed note, verbatim, with all its cosignatures.
    extra
        Bytes that the application adds; nothing vouches for them.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def encode(self) -> bytes:
        """Return the bytes of the file."""
        lines = [HEADER]
        if self.extra is not None:
            lines.append(f"extra {base64.b64encode(self.extra).decode('ascii')}")
        lines.append(f"index {self.index}")
        lines.extend(base64.b64encode(one).decode("ascii") for one in self.hashes)
        return "\n".join(lines).encode("ascii") + b"\n\n" + self.checkpoint

    def verify(
        self, leaf: bytes, log: note.Verifier, witnesses: Sequence[note.Verifier] = ()
    ) -> tuple[Checkpoint, note.OpenedNote]:
        """Check that a leaf hash stands in the log, and return the checkpoint that says so.

        Raises
        ------
        NotVerified
            The codes of `open_checkpoint` and of `verify_inclusion`.
        """
        checkpoint, opened = open_checkpoint(self.checkpoint, log, witnesses)
        verify_inclusion(self.index, checkpoint.size, leaf, self.hashes, checkpoint.root)
        return checkpoint, opened

    def verify_under(
        self, leaf: bytes, policy: Policy, logs: Sequence[note.Verifier] = ()
    ) -> Evaluation:
        """Check that a leaf hash stands in a log of a policy, with its quorum of witnesses.

        Parameters
        ----------
        logs
            As of `Policy.evaluate`.

        Raises
        ------
        NotVerified
            The codes of `Policy.evaluate` and of `verify_inclusion`.
        """
        found = policy.evaluate(self.checkpoint, logs)
        root, size = found.checkpoint.root, found.checkpoint.size
        verify_inclusion(self.index, size, leaf, self.hashes, root)
        return found


def parse_proof(data: bytes) -> TlogProof:
    """Return the proof of a file's bytes: the inverse of `TlogProof.encode`.

    Raises
    ------
    NotVerified
        `PROOF_MALFORMED`.
    """
    head, empty_line, checkpoint = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise _malformed("its first part is not ASCII") from None
    if not empty_line or lines.pop(0) != HEADER:
        raise _malformed(f"expected {HEADER}, the proof, an empty line and a checkpoint")
    extra = None
    try:
        if lines and lines[0].startswith("extra "):
            extra = decode_base64(lines.pop(0).removeprefix("extra "), "extra")
        match = _INDEX.match(lines.pop(0)) if lines else None
        if match is None:
            raise _malformed("there is no line with the index")
        hashes = tuple(decode_base64(line, "hash") for line in lines)
    except Malformed as error:
        raise _malformed(str(error)) from None
    if len(hashes) > HASHES_MAX or any(len(one) != HASH_BYTES for one in hashes):
        raise _malformed(f"expected at most {HASHES_MAX} hashes of {HASH_BYTES} bytes")
    return TlogProof(index=int(match[1]), hashes=hashes, checkpoint=checkpoint, extra=extra)


def _malformed(detail: str) -> NotVerified:
    return NotVerified("PROOF_MALFORMED", f"this is no proof file: {detail}")
