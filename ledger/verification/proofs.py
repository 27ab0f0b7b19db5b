"""Proofs of one file: the log's signed checkpoint, and each entry under it."""

from collections.abc import Sequence

from ledger.errors import Malformed, NotVerified
from ledger.log.checkpoint import Checkpoint, open_checkpoint
from ledger.log.entry import Envelope, leaf_hash, parse_leaf
from ledger.log.merkle import verify_inclusion
from ledger.log.note import Verifier


def check_checkpoint(text: str, log_key: Verifier, origin: str) -> Checkpoint:
    """Return the checkpoint that the log's key signed for this origin.

    Raises
    ------
    NotVerified
        When the note does not parse, is not signed by the key, or is of another log.
    """
    checkpoint, _ = open_checkpoint(text.encode("utf-8"), log_key)
    if origin != checkpoint.origin:
        raise NotVerified(
            "CHECKPOINT_ORIGIN",
            f"the certificate is of log {origin!r}, its checkpoint of {checkpoint.origin!r}",
        )
    return checkpoint


def check_entry(
    index: int, leaf: bytes, proof: Sequence[bytes], checkpoint: Checkpoint
) -> Envelope:
    """Return the entry of leaf bytes that are proved to be at `index` under the checkpoint.

    Raises
    ------
    NotVerified
        `INDEX_RANGE`, `HASH_LENGTH`, `PROOF_LENGTH`, `ROOT_DIFFERS`, `ENTRY_MALFORMED` or
        `ENTRY_INDEX`.
    """
    verify_inclusion(index, checkpoint.size, leaf_hash(leaf), proof, checkpoint.root)
    try:
        envelope = parse_leaf(leaf)
    except Malformed as problem:
        raise NotVerified("ENTRY_MALFORMED", f"entry {index}: {problem}") from None
    if envelope.meta.index != index:
        raise NotVerified(
            "ENTRY_INDEX", f"entry {index} says of itself that it is entry {envelope.meta.index}"
        )
    return envelope
