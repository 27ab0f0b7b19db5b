"""The certificate file: an order's complete chain with everything needed to check it alone.

The file is one canonical JSON object and a newline, so that each certificate has one form and
every changed byte shows.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass

from ledger.errors import NotCanonical
from ledger.log.canonical import JsonObject, JsonValue, decode_object, encode

FORMAT = "parkloom/certificate/v1"
BYTES_MAX = 64 * 1024 * 1024
_FIELDS = {"format", "origin", "order", "checkpoint", "entries", "disclosures"}
_ENTRY_FIELDS = {"index", "leaf", "proof"}


class Unreadable(ValueError):
    """The file is not a certificate of this format."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertifiedEntry:
    """A leaf with its place and its inclusion proof, leaf side first."""

    index: int
    leaf: bytes
    proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What a certificate file holds. Nothing in it is believed until it is verified.

    Parameters
    ----------
    origin
        The log.
    order
        Handle of the order.
    checkpoint
        Signed note, as the log published it.
    entries
        The order's chain and the enrolments behind its signatures, by index.
    disclosures
        Texts that open salted fields of the chain, as its holder chose.
    """

    origin: str
    order: str
    checkpoint: str
    entries: tuple[CertifiedEntry, ...]
    disclosures: tuple[str, ...] = ()


def build(
    *,
    origin: str,
    order: str,
    checkpoint: str,
    entries: Sequence[tuple[int, bytes, Sequence[bytes]]],
    disclosures: Sequence[str] = (),
) -> Certificate:
    """Return a certificate of what is given; nothing is looked up or verified.

    Parameters
    ----------
    checkpoint
        The signed note under whose size all proofs were made.
    entries
        (index, leaf bytes, inclusion proof) of the order's chain and of the enrolments.
    """
    found = sorted(
        (
            CertifiedEntry(index=index, leaf=leaf, proof=tuple(proof))
            for index, leaf, proof in entries
        ),
        key=lambda entry: entry.index,
    )
    return Certificate(
        origin=origin,
        order=order,
        checkpoint=checkpoint,
        entries=tuple(found),
        disclosures=tuple(disclosures),
    )


def to_json(certificate: Certificate) -> bytes:
    """Return the certificate file."""
    entries: list[JsonValue] = [
        {
            "index": entry.index,
            "leaf": _text(entry.leaf),
            "proof": [_text(part) for part in entry.proof],
        }
        for entry in certificate.entries
    ]
    value: JsonObject = {
        "format": FORMAT,
        "origin": certificate.origin,
        "order": certificate.order,
        "checkpoint": certificate.checkpoint,
        "entries": entries,
        "disclosures": list(certificate.disclosures),
    }
    return encode(value) + b"\n"


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
    if value.get("format") != FORMAT or set(value) != _FIELDS:
        raise Unreadable(f"expected the format {FORMAT} with its six fields, got {sorted(value)}")
    entries, texts = value["entries"], value["disclosures"]
    if not isinstance(entries, list) or not isinstance(texts, list):
        raise Unreadable("entries and disclosures must be lists")
    return Certificate(
        origin=_string(value, "origin"),
        order=_string(value, "order"),
        checkpoint=_string(value, "checkpoint"),
        entries=tuple(_entry(place, entry) for place, entry in enumerate(entries)),
        disclosures=tuple(_string({"text": text}, "text") for text in texts),
    )


def _entry(place: int, value: JsonValue) -> CertifiedEntry:
    if not isinstance(value, dict) or set(value) != _ENTRY_FIELDS:
        raise Unreadable(f"entries[{place}] must be an object of index, leaf and proof")
    index, proof = value["index"], value["proof"]
    if isinstance(index, bool) or not isinstance(index, int) or not isinstance(proof, list):
        raise Unreadable(f"entries[{place}] must have a whole index and a list as proof")
    return CertifiedEntry(
        index=index,
        leaf=_bytes(_string(value, "leaf"), f"entries[{place}].leaf"),
        proof=tuple(
            _bytes(_string({"hash": part}, "hash"), f"entries[{place}].proof") for part in proof
        ),
    )


def _string(value: JsonObject, name: str) -> str:
    text = value[name]
    if not isinstance(text, str):
        raise Unreadable(f"{name} must be text, got {str(text)[:40]!r}")
    return text


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _bytes(text: str, where: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable(f"{where} is not base64") from None
    if _text(data) != text:
        raise Unreadable(f"{where} is not base64 in its one canonical form")
    return data
