"""The certified entries: each proved to be in the tree, all in their order."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ledger.errors import NotVerified
from ledger.log.checkpoint import Checkpoint
from ledger.log.entry import NO_LEAF, Envelope, leaf_hash, signed_bytes
from ledger.values.bodies import BodyError, check_body
from ledger.values.consent import EventType
from ledger.verification.certificate import CertifiedEntry
from ledger.verification.proofs import check_entry

RULE_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """A proved entry with the bytes that its parties signed, its leaf hash and its type."""

    envelope: Envelope
    signed: bytes
    leaf: bytes
    event: EventType

    @property
    def index(self) -> int:
        """Place of the entry in the log."""
        return self.envelope.meta.index


def prove_entries(entries: Sequence[CertifiedEntry], checkpoint: Checkpoint) -> list[Proven]:
    """Return every entry proved to be in the tree, of a known shape and made for this log.

    Raises
    ------
    NotVerified
        The codes of `check_entry` and of a body's shape; `WRONG_LOG`, `RULE_VERSION`, `EXPIRED`,
        `ENTRY_ORDER`, `TIME_ORDER`, `CHAIN_BROKEN`.
    """
    found = [_prove(entry, checkpoint) for entry in entries]
    for before, after in pairwise(found):
        _check_neighbours(before, after)
    return found


def check_link(order: str, entry: Proven, chain: Sequence[Proven]) -> None:
    """Check that an entry is the next of the order's chain, and that its signers saw the last.

    Raises
    ------
    NotVerified
        `UNEXPECTED_ENTRY`, `ORDER_CHAIN_BROKEN`, `STALE_HEAD`.
    """
    body, meta = entry.envelope.body, entry.envelope.meta
    if body.get("order") != order:
        raise NotVerified(
            "UNEXPECTED_ENTRY",
            f"entry {meta.index} ({entry.event}) is neither of order {order}, nor an enrolment, "
            "nor the state root",
        )
    previous = chain[-1].leaf if chain else NO_LEAF
    if meta.order_sequence != len(chain) or meta.order_previous != previous:
        raise NotVerified(
            "ORDER_CHAIN_BROKEN",
            f"entry {meta.index} is number {meta.order_sequence} of its order's chain, expected "
            f"number {len(chain)} after leaf {previous.hex()[:16]}…",
        )
    if "osp" in body and body["osp"] != previous.hex():
        raise NotVerified(
            "STALE_HEAD", f"entry {meta.index}: its signers saw another head of the order"
        )


def _prove(entry: CertifiedEntry, checkpoint: Checkpoint) -> Proven:
    envelope = check_entry(entry.index, entry.leaf, entry.proof, checkpoint)
    body, meta = envelope.body, envelope.meta
    try:
        event = check_body(body)
    except BodyError as problem:
        raise NotVerified(problem.code, f"entry {entry.index}: {problem}") from None
    if body["log"] != checkpoint.origin:
        raise NotVerified("WRONG_LOG", f"entry {entry.index} was signed for log {body['log']!r}")
    if meta.rule_version != RULE_VERSION:
        raise NotVerified(
            "RULE_VERSION",
            f"entry {entry.index} is of rule version {meta.rule_version}, known is 1",
        )
    if meta.time_ms > int(str(body["exp"])):
        raise NotVerified("EXPIRED", f"entry {entry.index} was entered after its body had expired")
    return Proven(
        envelope=envelope,
        signed=signed_bytes(entry.leaf),
        leaf=leaf_hash(entry.leaf),
        event=event,
    )


def _check_neighbours(before: Proven, after: Proven) -> None:
    """Check order and time, and the global chain where the two are neighbours in the log."""
    first, second = before.envelope.meta, after.envelope.meta
    if second.index <= first.index:
        raise NotVerified("ENTRY_ORDER", f"entry {second.index} stands after entry {first.index}")
    if second.time_ms < first.time_ms:
        raise NotVerified("TIME_ORDER", f"entry {second.index} is earlier than entry {first.index}")
    if second.index == first.index + 1 and second.previous_leaf != before.leaf:
        raise NotVerified(
            "CHAIN_BROKEN", f"entry {second.index} does not name entry {first.index} before it"
        )
