"""Verify a certificate: proofs, consent, chain, sums and the state map, in this order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ledger.errors import NotVerified
from ledger.log.note import Verifier
from ledger.log.policy import Evaluation, Policy
from ledger.values.consent import EventType
from ledger.values.disclosures import Disclosure, DisclosureError, open_disclosure
from ledger.verification.certificate import Certificate, CertifiedAbsence, CertifiedOrder
from ledger.verification.entries import Proven, check_link, prove_entries
from ledger.verification.facts import OrderFacts
from ledger.verification.people import People
from ledger.verification.proofs import WITHOUT_WITNESSES, check_checkpoint
from ledger.verification.roots import (
    StateRoot,
    check_absence,
    check_keys,
    check_order,
    only_root,
    read_root,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What a verifier believes beforehand, from outside.

    Parameters
    ----------
    registrar_root
        The registrar's raw public root key.
    policy
        Which logs and witnesses count, and what quorum; by default no witness is asked for.
    log_keys
        Keys of the log, where the policy lists none.
    """

    registrar_root: bytes
    policy: Policy = WITHOUT_WITNESSES
    log_keys: tuple[Verifier, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """A proved order: what its complete chain adds up to.

    Parameters
    ----------
    first, last
        Indexes of the first and the last entry; `length` is how many there are.
    last_ms
        UTC milliseconds of the last entry.
    """

    order: OrderFacts
    first: int
    last: int
    length: int
    last_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a certificate proves.

    Parameters
    ----------
    trust
        Under which it was verified.
    evaluation
        The checkpoint under which everything was proved, and who cosigned it when.
    root
        The state root: everything is proved as of it.
    about
        The order's chain, or the purchase order that is not in the log.
    signatures
        How many signatures of parties were verified.
    revoked
        Keys that signed and were revoked later, with the index of the revocation.
    disclosed
        Opened fields: (index of the entry, name, value).
    """

    trust: Trust
    evaluation: Evaluation
    root: StateRoot
    about: Chain | CertifiedAbsence
    signatures: int
    revoked: Mapping[str, int]
    disclosed: tuple[tuple[int, str, object], ...]


def verify(certificate: Certificate, trust: Trust) -> Verdict:
    """Return what a certificate proves.

    Raises
    ------
    NotVerified
        With a stable code, at the first thing that does not hold.
    """
    evaluation = check_checkpoint(
        certificate.checkpoint,
        certificate.origin,
        policy=trust.policy,
        log_keys=trust.log_keys,
    )
    proven = prove_entries(certificate.entries, evaluation.checkpoint)
    people = People(root=trust.registrar_root)
    events = _check_people(proven, people)
    root = read_root(only_root(proven))
    rest = [entry for entry in events if entry.event is not EventType.STATE_ROOT]
    about: Chain | CertifiedAbsence
    if isinstance(certificate.about, CertifiedOrder):
        about = _check_chain(certificate.about, rest, root)
    else:
        about = certificate.about
        if rest:
            raise NotVerified(
                "UNEXPECTED_ENTRY", f"entry {rest[0].index} ({rest[0].event}) proves no absence"
            )
        check_absence(about, root, people, certificate.origin)
    check_keys(certificate, root, people)
    disclosed = _open(certificate, proven)
    if not certificate.intact:
        raise NotVerified("FILE_DAMAGED", "the file's digest is not that of its content")
    return Verdict(
        trust=trust,
        evaluation=evaluation,
        root=root,
        about=about,
        signatures=people.signatures,
        revoked=_revoked(certificate),
        disclosed=disclosed,
    )


def _check_people(proven: Sequence[Proven], people: People) -> list[Proven]:
    """Check every signature; return the entries that are no onboarding and no enrolment."""
    events = []
    for entry in proven:
        people.check(entry.envelope, entry.signed)
        if not people.learn(entry.envelope, entry.event):
            events.append(entry)
    return events


def _check_chain(about: CertifiedOrder, entries: Sequence[Proven], root: StateRoot) -> Chain:
    facts = OrderFacts(order=about.handle)
    chain: list[Proven] = []
    for entry in entries:
        check_link(about.handle, entry, chain)
        facts.add(entry.index, entry.event, entry.envelope.body)
        chain.append(entry)
    if not chain:
        raise NotVerified("CHAIN_EMPTY", f"no entry of order {about.handle} is certified")
    check_order(about, root, chain, facts)
    return Chain(
        order=facts,
        first=chain[0].index,
        last=chain[-1].index,
        length=len(chain),
        last_ms=chain[-1].envelope.meta.time_ms,
    )


def _revoked(certificate: Certificate) -> Mapping[str, int]:
    """Return the checked standings of keys that are revoked."""
    return {
        one.kid: int(str(one.standing["revoked"]))
        for one in certificate.keys
        if "revoked" in one.standing
    }


def _open(
    certificate: Certificate, proven: Sequence[Proven]
) -> tuple[tuple[int, str, object], ...]:
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


def _digests(proven: Sequence[Proven]) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for entry in proven:
        committed = entry.envelope.body["sd"]
        assert isinstance(committed, list)
        found.update((str(digest), entry.index) for digest in committed)
    return found
