"""The certificate file: all that is needed to check, alone, what the log holds of one order.

Two kinds: of an order that is in the log, with its complete chain; and of a purchase order that
is not. The file is one canonical JSON object and a newline, so that each certificate has one
form; its digest finds a damaged file, and proves nothing by itself.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ledger.errors import NotCanonical
from ledger.log.canonical import JsonObject, JsonValue, decode_object, encode
from ledger.statemap.proofs import MapProof
from ledger.verification.fields import (
    Unreadable,
    bytes_of,
    encoded,
    list_of,
    map_proof_of,
    map_proof_value,
    object_of,
    string_of,
    whole_of,
)

FORMAT = "parkloom/certificate/v2"
BYTES_MAX = 64 * 1024 * 1024
_COMMON = {"format", "digest", "origin", "checkpoint", "entries", "keys", "disclosures"}
_DIGEST = re.compile(rb'"digest":"([0-9a-f]{64})"')
_NO_DIGEST = b'"digest":""'


@dataclass(frozen=True, slots=True, kw_only=True)
class CertifiedEntry:
    """A leaf with its place and its inclusion proof, leaf side first."""

    index: int
    leaf: bytes
    proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CertifiedKey:
    """The standing of a signing key as the state map holds it, with the way to it."""

    kid: str
    standing: JsonObject
    proof: MapProof


@dataclass(frozen=True, slots=True, kw_only=True)
class CertifiedOrder:
    """An order that is in the log: its handle, and its summary as the state map holds it."""

    handle: str
    summary: JsonObject
    proof: MapProof


@dataclass(frozen=True, slots=True, kw_only=True)
class CertifiedAbsence:
    """A purchase order that is not in the log.

    Parameters
    ----------
    buyer, seller
        Handles of the parties.
    number
        Of the purchase order, as it was asked for.
    tag
        The identity tag that the operator says belongs to these three, hex.
    kid, sig
        The operator's key, and its signature over that statement.
    proof
        That the state map does not hold the tag's key.
    """

    buyer: str
    seller: str
    number: str
    tag: str
    kid: str
    sig: bytes
    proof: MapProof


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What a certificate file holds. Nothing in it is believed until it is verified.

    Parameters
    ----------
    origin
        The log.
    checkpoint
        Signed note, with its cosignatures, as the log published it.
    about
        The order that is there, or the purchase order that is not.
    entries
        By index: the order's chain, the last state root, and the enrolments behind all
        signatures.
    keys
        The standing of every key that the entries enrol, in the order of their names.
    disclosures
        Texts that open salted fields of the chain, as its holder chose.
    intact
        Whether the file's digest fitted when it was read.
    """

    origin: str
    checkpoint: str
    about: CertifiedOrder | CertifiedAbsence
    entries: tuple[CertifiedEntry, ...]
    keys: tuple[CertifiedKey, ...]
    disclosures: tuple[str, ...] = ()
    intact: bool = True


def entries_of(found: Sequence[tuple[int, bytes, Sequence[bytes]]]) -> tuple[CertifiedEntry, ...]:
    """Return (index, leaf bytes, inclusion proof) triples as entries, in the order of indexes."""
    return tuple(
        CertifiedEntry(index=index, leaf=leaf, proof=tuple(proof))
        for index, leaf, proof in sorted(found, key=lambda one: one[0])
    )


def to_json(certificate: Certificate) -> bytes:
    """Return the certificate file."""
    entries: list[JsonValue] = [
        {
            "index": entry.index,
            "leaf": encoded(entry.leaf),
            "proof": [encoded(part) for part in entry.proof],
        }
        for entry in certificate.entries
    ]
    keys: list[JsonValue] = [
        {"kid": key.kid, "standing": key.standing, "proof": map_proof_value(key.proof)}
        for key in certificate.keys
    ]
    value: JsonObject = {
        "format": FORMAT,
        "digest": "",
        "origin": certificate.origin,
        "checkpoint": certificate.checkpoint,
        "entries": entries,
        "keys": keys,
        "disclosures": list(certificate.disclosures),
    }
    about = certificate.about
    if isinstance(about, CertifiedOrder):
        value["order"] = {
            "handle": about.handle,
            "summary": about.summary,
            "proof": map_proof_value(about.proof),
        }
    else:
        value["absence"] = {
            "buyer": about.buyer,
            "seller": about.seller,
            "number": about.number,
            "tag": about.tag,
            "kid": about.kid,
            "sig": encoded(about.sig),
            "proof": map_proof_value(about.proof),
        }
    data = encode(value) + b"\n"
    return data.replace(_NO_DIGEST, _digest_field(data), 1)


def from_json(data: bytes) -> Certificate:
    """Return the certificate of a file: the inverse of `to_json`.

    Raises
    ------
    Unreadable
        Saying what is wrong and where.
    """
    if len(data) > BYTES_MAX:
        raise Unreadable(f"the file has {len(data):,} bytes; {BYTES_MAX:,} is the most")
    if data[-1:] != b"\n":
        raise Unreadable("the file does not end with a newline: it is cut off or not a certificate")
    try:
        value = decode_object(data[:-1])
    except NotCanonical as problem:
        raise Unreadable(str(problem)) from None
    if value.get("format") != FORMAT:
        raise Unreadable(f"expected the format {FORMAT}, got {str(value.get('format'))[:40]!r}")
    subjects = set(value) - _COMMON
    if set(value) - subjects != _COMMON or subjects not in ({"order"}, {"absence"}):
        raise Unreadable(f"expected its fields and order or absence, got {sorted(value)}")
    return Certificate(
        origin=string_of(value, "origin"),
        checkpoint=string_of(value, "checkpoint"),
        about=_order(value["order"]) if "order" in value else _absence(value["absence"]),
        entries=tuple(_entry(at, one) for at, one in enumerate(list_of(value, "entries"))),
        keys=tuple(_key(at, one) for at, one in enumerate(list_of(value, "keys"))),
        disclosures=tuple(
            string_of({"text": text}, "text") for text in list_of(value, "disclosures")
        ),
        intact=_is_intact(data),
    )


def _digest_field(data: bytes) -> bytes:
    """Return the digest's field for a file in which that field is empty."""
    return b'"digest":"%s"' % hashlib.sha256(data).hexdigest().encode("ascii")


def _is_intact(data: bytes) -> bool:
    # In a canonical file these bytes stand nowhere else: inside a string, quotes are escaped.
    found = _DIGEST.search(data)
    return found is not None and _digest_field(data.replace(found[0], _NO_DIGEST)) == found[0]


def _entry(place: int, value: JsonValue) -> CertifiedEntry:
    where = f"entries[{place}]"
    fields = object_of(value, where, {"index", "leaf", "proof"})
    return CertifiedEntry(
        index=whole_of(fields, "index"),
        leaf=bytes_of(fields["leaf"], f"{where}.leaf"),
        proof=tuple(bytes_of(part, f"{where}.proof") for part in list_of(fields, "proof")),
    )


def _key(place: int, value: JsonValue) -> CertifiedKey:
    where = f"keys[{place}]"
    fields = object_of(value, where, {"kid", "standing", "proof"})
    return CertifiedKey(
        kid=string_of(fields, "kid"),
        standing=object_of(fields["standing"], f"{where}.standing"),
        proof=map_proof_of(fields["proof"], f"{where}.proof"),
    )


def _order(value: JsonValue) -> CertifiedOrder:
    fields = object_of(value, "order", {"handle", "summary", "proof"})
    return CertifiedOrder(
        handle=string_of(fields, "handle"),
        summary=object_of(fields["summary"], "order.summary"),
        proof=map_proof_of(fields["proof"], "order.proof"),
    )


def _absence(value: JsonValue) -> CertifiedAbsence:
    names = {"buyer", "seller", "number", "tag", "kid", "sig", "proof"}
    fields = object_of(value, "absence", names)
    texts = {name: string_of(fields, name) for name in names - {"sig", "proof"}}
    return CertifiedAbsence(
        **texts,
        sig=bytes_of(fields["sig"], "absence.sig"),
        proof=map_proof_of(fields["proof"], "absence.proof"),
    )


__all__ = [
    "BYTES_MAX",
    "FORMAT",
    "Certificate",
    "CertifiedAbsence",
    "CertifiedEntry",
    "CertifiedKey",
    "CertifiedOrder",
    "Unreadable",
    "entries_of",
    "from_json",
    "to_json",
]
