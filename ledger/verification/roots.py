"""What the state root proves: an order's summary, the standing of keys, that a tag is not there."""

import hashlib
import re
from dataclasses import dataclass
from fractions import Fraction

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.errors import NotCanonical, NotVerified
from ledger.log.canonical import JsonObject, JsonValue, encode
from ledger.statemap.proofs import (
    order_key,
    standing_key,
    value_of,
    verify_absence,
    verify_presence,
)
from ledger.values.consent import EventType, Role
from ledger.verification.certificate import Certificate, CertifiedAbsence, CertifiedOrder
from ledger.verification.entries import Proven
from ledger.verification.facts import OrderFacts
from ledger.verification.people import People

SUMMARY_VERSION = 1
NO_UNITS = hashlib.sha256(encode([])).hexdigest()
"""Digest of the unit ranges of an order whose right is not divided."""

_TAG_PREFIX = b"parkloom/tag/v1\n"
_TAG = re.compile(r"[0-9a-f]{64}")
_DIGITS = re.compile(r"0|[1-9][0-9]{0,19}")


@dataclass(frozen=True, slots=True, kw_only=True)
class StateRoot:
    """The state root that an entry states.

    Parameters
    ----------
    index
        Of the entry; the root covers all entries before it.
    root
        Of the state map, 32 bytes.
    time_ms
        UTC milliseconds of the entry.
    """

    index: int
    root: bytes
    time_ms: int


def read_root(entry: Proven) -> StateRoot:
    """Return the root of a state root's entry, whose signature is checked elsewhere.

    Raises
    ------
    NotVerified
        `ROOT_COVERS` when it does not cover exactly the entries before it.
    """
    body, meta = entry.envelope.body, entry.envelope.meta
    if body["covers"] != meta.index:
        raise NotVerified(
            "ROOT_COVERS",
            f"the state root at entry {meta.index} covers {body['covers']} entries, not all "
            "before it",
        )
    root = bytes.fromhex(str(body["root"]))
    return StateRoot(index=meta.index, root=root, time_ms=meta.time_ms)


def check_keys(certificate: Certificate, root: StateRoot, people: People) -> None:
    """Check the standing of every enrolled key as of the root.

    Raises
    ------
    NotVerified
        `KEY_STANDING_MISSING`, `KEY_STANDING_UNEXPECTED`, `KEY_STANDING_DIFFERS`, the codes of
        `verify_presence`, and `KEY_REVOKED` when a key signed after its revocation.
    """
    named = [one.kid for one in certificate.keys]
    missing = sorted(set(people.keys) - set(named))
    if missing:
        raise NotVerified(
            "KEY_STANDING_MISSING", f"the standing of key {missing[0]} is not certified"
        )
    if named != sorted(people.keys):
        raise NotVerified(
            "KEY_STANDING_UNEXPECTED",
            "the certified standings are not those of the enrolled keys, each once and in order",
        )
    for one in certificate.keys:
        verify_presence(root.root, standing_key(one.kid), _value(one.standing), one.proof)
        revoked = one.standing.get("revoked")
        expected = people.standing(one.kid)
        if revoked is not None and people.revoked.get(one.kid) is None:
            # The revocation itself is not in the file; the map says where it is.
            expected["revoked"] = revoked
        if one.standing != expected:
            raise NotVerified(
                "KEY_STANDING_DIFFERS",
                f"the standing of key {one.kid} is not what its certified entries say",
            )
        last = people.last_signed.get(one.kid, -1)
        if revoked is not None and not (isinstance(revoked, int) and last < revoked < root.index):
            raise NotVerified(
                "KEY_REVOKED", f"entry {last}: key {one.kid} was revoked by entry {revoked}"
            )


def check_order(
    about: CertifiedOrder, root: StateRoot, chain: list[Proven], facts: OrderFacts
) -> None:
    """Check that the map holds this order's summary, and that the chain says the same.

    Raises
    ------
    NotVerified
        The codes of `verify_presence`, `SUMMARY_DIFFERS`, and `OVER_PLEDGED` when live principal
        is more than the summary's limits carry.
    """
    tag = chain[0].envelope.meta.tag
    if tag is None or not _TAG.fullmatch(tag):
        raise NotVerified("FACTS_DIFFER", f"entry {chain[0].index} carries no identity tag")
    verify_presence(root.root, order_key(tag), _value(about.summary), about.proof)
    expected: JsonObject = {
        "v": SUMMARY_VERSION,
        "order": about.handle,
        "head": chain[-1].leaf.hex(),
        "sequence": len(chain) - 1,
        "status": facts.status.value if facts.status else "",
        "version": facts.version,
        "buyer": facts.buyer,
        "seller": facts.seller,
        "currency": facts.currency,
        "net": str(facts.net),
        "units": NO_UNITS,
    }
    if set(about.summary) != {*expected, "paid", "stages", "live"}:
        raise _differs("its fields", sorted(about.summary))
    for name, value in expected.items():
        if about.summary[name] != value:
            raise _differs(name, about.summary[name], value)
    _check_stages(about.summary, facts)
    _check_live(about.summary, facts)


def check_absence(about: CertifiedAbsence, root: StateRoot, people: People, origin: str) -> None:
    """Check that the map does not hold the tag, and that the operator signed whose tag it is.

    Raises
    ------
    NotVerified
        The codes of `verify_absence`; `TAG_STATEMENT` when the operator's key has not signed that
        the tag belongs to the purchase order.
    """
    if not _TAG.fullmatch(about.tag):
        raise NotVerified("TAG_STATEMENT", f"{about.tag[:80]!r} is no tag: 64 hex digits are one")
    verify_absence(root.root, order_key(about.tag), about.proof)
    key = people.keys.get(about.kid)
    held = frozenset[Role]() if key is None else people.roles.get(key.party, frozenset())
    message = tag_statement(
        origin, buyer=about.buyer, seller=about.seller, number=about.number, tag=about.tag
    )
    if key is None or Role.OPERATOR not in held or not _signed(key.public_key, about.sig, message):
        raise NotVerified(
            "TAG_STATEMENT",
            f"no certified key of the operator has signed that tag {about.tag[:16]}… belongs to "
            f"purchase order {about.number!r}",
        )


def tag_statement(origin: str, *, buyer: str, seller: str, number: str, tag: str) -> bytes:
    """Return the bytes by which the operator states that a tag belongs to a purchase order."""
    stated: JsonObject = {"buyer": buyer, "number": number, "seller": seller, "tag": tag}
    return _TAG_PREFIX + origin.encode("utf-8") + b"\n" + encode(stated)


def only_root(entries: list[Proven]) -> Proven:
    """Return the one state root among the certified entries, which is the last of them.

    Raises
    ------
    NotVerified
        `ROOT_MISSING`; `UNEXPECTED_ENTRY` when there are several; `ROOT_TOO_OLD` when another
        entry stands after it.
    """
    found = [entry for entry in entries if entry.event is EventType.STATE_ROOT]
    if not found:
        raise NotVerified("ROOT_MISSING", "no state root is certified")
    if len(found) > 1:
        raise NotVerified(
            "UNEXPECTED_ENTRY", f"entry {found[0].index} is a state root beside another"
        )
    if entries[-1] is not found[0]:
        raise NotVerified(
            "ROOT_TOO_OLD",
            f"entry {entries[-1].index} stands after the state root at {found[0].index}",
        )
    return found[0]


def _check_stages(summary: JsonObject, facts: OrderFacts) -> None:
    stages, paid = summary["stages"], _amount(summary["paid"], "paid")
    if not isinstance(stages, dict) or set(stages) != {"u0", "u1", "w", "r"}:
        raise _differs("stages", stages)
    total = sum(_amount(stages[name], f"stages.{name}") for name in stages) + paid
    if total != (facts.net if facts.confirmed else 0):
        raise _differs("the sum of its stages", total, facts.net if facts.confirmed else 0)


def _check_live(summary: JsonObject, facts: OrderFacts) -> None:
    """Compare the live claims, and test the order's headroom by the limits that stand there."""
    live = summary["live"]
    if not isinstance(live, list):
        raise _differs("live", live)
    found: dict[str, tuple[object, int]] = {}
    share = Fraction(0)
    for one in live:
        if not isinstance(one, dict) or set(one) != {"claim", "lender", "principal", "m"}:
            raise _differs("live", one)
        principal, limit = _amount(one["principal"], "principal"), _amount(one["m"], "m")
        found[str(one["claim"])] = (one["lender"], principal)
        share += Fraction(principal, limit) if limit else Fraction(2 * bool(principal))
    known = {name: (one.lender, one.live) for name, one in facts.claims.items() if one.live}
    if found != known or len(found) != len(live):
        raise _differs("live", sorted(found), sorted(known))
    if share > 1:
        raise NotVerified(
            "OVER_PLEDGED", "live principal is more than the order carries under its limits"
        )


def _amount(value: JsonValue, name: str) -> int:
    if not isinstance(value, str) or not _DIGITS.fullmatch(value):
        raise _differs(name, value)
    return int(value)


def _value(summary: JsonObject) -> bytes:
    try:
        return value_of(summary)
    except NotCanonical as problem:
        raise NotVerified("SUMMARY_DIFFERS", f"a summary is not canonical: {problem}") from None


def _signed(public_key: bytes, sig: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(sig, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _differs(what: str, got: object, expected: object = "what the chain says") -> NotVerified:
    return NotVerified(
        "SUMMARY_DIFFERS",
        f"the order's summary: {what} is {str(got)[:80]}, expected {str(expected)[:80]}",
    )
