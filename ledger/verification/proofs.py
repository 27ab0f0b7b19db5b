"""Proofs of one file: the log's signed and cosigned checkpoint, and each entry under it."""

from collections.abc import Sequence

from ledger.errors import Malformed, NotVerified
from ledger.log.checkpoint import Checkpoint
from ledger.log.entry import Envelope, leaf_hash, parse_leaf
from ledger.log.merkle import verify_inclusion
from ledger.log.note import Verifier
from ledger.log.policy import Evaluation, Policy

WITHOUT_WITNESSES = Policy()
"""The policy that asks for no witness, for verifying with the log's key alone."""


def check_checkpoint(
    text: str, origin: str, *, policy: Policy = WITHOUT_WITNESSES, log_keys: Sequence[Verifier] = ()
) -> Evaluation:
    """Return what the checkpoint states that is valid under a policy and of this origin.

    Parameters
    ----------
    log_keys
        The log's keys where the policy lists none.

    Raises
    ------
    NotVerified
        The codes of `Policy.evaluate`; `CHECKPOINT_ORIGIN` when it is of another log.
    """
    evaluation = policy.evaluate(text.encode("utf-8"), log_keys)
    checkpoint = evaluation.checkpoint
    if origin != checkpoint.origin:
        raise NotVerified(
            "CHECKPOINT_ORIGIN",
            f"the certificate is of log {origin!r}, its checkpoint of {checkpoint.origin!r}",
        )
    return evaluation


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
