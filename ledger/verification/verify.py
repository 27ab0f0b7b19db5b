"""Verify a certificate: proofs, chain, consent and sums, in this order."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from ledger.errors import NotVerified
from ledger.log.checkpoint import Checkpoint
from ledger.log.entry import NO_LEAF, Envelope, leaf_hash
from ledger.log.note import Verifier
from ledger.values.bodies import BodyError, check_body
from ledger.values.consent import EventType
from ledger.values.disclosures import Disclosure, DisclosureError, open_disclosure
from ledger.verification.certificate import Certificate
from ledger.verification.facts import OrderFacts
from ledger.verification.people import People
from ledger.verification.proofs import check_checkpoint, check_entry

RULE_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """A proved entry with its leaf hash and type."""

    envelope: Envelope
    leaf: bytes
    event: EventType


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a certificate proves.

    Parameters
    ----------
    checkpoint
        The signed tree under which everything was proved.
    order
        What the order's chain adds up to.
    first, last
        Indexes of the first and the last entry of the chain; `length` is how many it has.
    last_ms
        UTC milliseconds of the last entry.
    signatures
        How many signatures were verified.
    disclosed
        Opened fields: (index of the entry, name, value).
    """

    checkpoint: Checkpoint
    order: OrderFacts
    first: int
    last: int
    length: int
    last_ms: int
    signatures: int
    disclosed: tuple[tuple[int, str, object], ...]


def verify(certificate: Certificate, *, log_key: Verifier, registrar_root: bytes) -> Verdict:
    """Return what a certificate proves.

    Parameters
    ----------
    log_key
        The log's public key, pinned.
    registrar_root
        The registrar's raw public root key, pinned.

    Raises
    ------
    NotVerified
        With a stable code, at the first thing that does not hold.
    """
    checkpoint = check_checkpoint(certificate.checkpoint, log_key, certificate.origin)
    proven = _prove(certificate, checkpoint)
    _check_sequence(proven)
    people = People(root=registrar_root)
    facts = OrderFacts(order=certificate.order)
    chain: list[Proven] = []
    for entry in proven:
        people.check(entry.envelope)
        if people.learn(entry.envelope, entry.event):
            continue
        _check_link(certificate.order, entry, chain)
        facts.add(entry.envelope.meta.index, entry.event, entry.envelope.body)
        chain.append(entry)
    if not chain:
        raise NotVerified("CHAIN_EMPTY", f"no entry of order {certificate.order} is certified")
    return Verdict(
        checkpoint=checkpoint,
        order=facts,
        first=chain[0].envelope.meta.index,
        last=chain[-1].envelope.meta.index,
        length=len(chain),
        last_ms=chain[-1].envelope.meta.time_ms,
        signatures=people.signatures,
        disclosed=_open(certificate, proven),
    )


def _prove(certificate: Certificate, checkpoint: Checkpoint) -> list[Proven]:
    """Return every entry proved to be in the tree, of a known shape and made for this log."""
    found = []
    for entry in certificate.entries:
        envelope = check_entry(entry.index, entry.leaf, entry.proof, checkpoint)
        body, meta = envelope.body, envelope.meta
        try:
            event = check_body(body)
        except BodyError as problem:
            raise NotVerified(problem.code, f"entry {entry.index}: {problem}") from None
        if body["log"] != checkpoint.origin:
            raise NotVerified(
                "WRONG_LOG", f"entry {entry.index} was signed for log {body['log']!r}"
            )
        if meta.rule_version != RULE_VERSION:
            raise NotVerified(
                "RULE_VERSION",
                f"entry {entry.index} is of rule version {meta.rule_version}, known is 1",
            )
        if meta.time_ms > int(str(body["exp"])):
            raise NotVerified(
                "EXPIRED", f"entry {entry.index} was entered after its body had expired"
            )
        found.append(Proven(envelope=envelope, leaf=leaf_hash(entry.leaf), event=event))
    return found


def _check_sequence(proven: list[Proven]) -> None:
    """Check order, time and the global chain wherever two neighbours are certified."""
    for before, after in pairwise(proven):
        first, second = before.envelope.meta, after.envelope.meta
        if second.index <= first.index:
            raise NotVerified(
                "ENTRY_ORDER", f"entry {second.index} stands after entry {first.index}"
            )
        if second.time_ms < first.time_ms:
            raise NotVerified(
                "TIME_ORDER", f"entry {second.index} is earlier than entry {first.index}"
            )
        if second.index == first.index + 1 and second.previous_leaf != before.leaf:
            raise NotVerified(
                "CHAIN_BROKEN", f"entry {second.index} does not name entry {first.index} before it"
            )


def _check_link(order: str, entry: Proven, chain: list[Proven]) -> None:
    """Check that an entry is the next of the order's chain, and that its signers saw the last."""
    body, meta = entry.envelope.body, entry.envelope.meta
    if body.get("order") != order:
        raise NotVerified(
            "UNEXPECTED_ENTRY",
            f"entry {meta.index} ({entry.event}) is neither of order {order} nor an enrolment",
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


def _open(certificate: Certificate, proven: list[Proven]) -> tuple[tuple[int, str, object], ...]:
    """Return the opened fields; each text must open exactly one digest of the entries."""
    places = _digests(proven)
    found: list[tuple[int, str, object]] = []
    for text in certificate.disclosures:
        try:
            opened: Disclosure = open_disclosure(text)
        except DisclosureError as problem:
            raise NotVerified("DISCLOSURE_INVALID", str(problem)) from None
        index = places.get(opened.digest)
        if index is None:
            raise NotVerified(
                "DISCLOSURE_UNKNOWN",
                f"no certified entry commits to the disclosed field {opened.name!r}",
            )
        found.append((index, opened.name, opened.value))
    return tuple(sorted(found, key=lambda one: (one[0], one[1])))


def _digests(proven: list[Proven]) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for entry in proven:
        committed = entry.envelope.body["sd"]
        assert isinstance(committed, list)
        found.update((str(digest), entry.envelope.meta.index) for digest in committed)
    return found
