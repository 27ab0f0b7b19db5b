"""The envelope of an entry and its bytes, which are the leaf of the tree.

A leaf is one canonical JSON object `{"b": body, "m": meta, "s": [signatures]}` of at most 65,535
bytes. The body is what parties sign; the meta is what the sequencer adds, the global chain among
it; the leaf bytes, once stored, are the truth and are never written anew.
"""

from __future__ import annotations

import base64
import binascii
import functools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple, Self

from ledger.errors import EntryTooLarge, Malformed
from ledger.log import canonical
from ledger.log.canonical import INTEGER_BITS, INTEGER_MAX, JsonObject, JsonValue
from ledger.log.merkle import leaf_hash
from ledger.log.signing import ED25519

ENTRY_BYTES_MAX: Final = 65_535
"""The largest entry that a bundle can carry: its length is written in two bytes."""
NO_LEAF: Final = bytes(32)
"""What the first entry of the log, and of an order, names as the leaf before it."""

HEX_128 = re.compile(r"[0-9a-f]{32}\Z")
HEX_256 = re.compile(r"[0-9a-f]{64}\Z")
_ORIGIN = re.compile(r"[!-*,-~]+\Z")  # printable ASCII without space and plus
_ROLE = re.compile(r"[a-z][a-z0-9_]{0,31}\Z")
_SIGNATURE_KEYS: Final = frozenset({"alg", "kid", "role", "sig"})
_START: Final = b'{"b":'
_META: Final = b',"m":{"i":'
"""Where the meta of a leaf begins: these bytes stand in no string and in no signature."""
_META_TEXT: Final = _META.decode("ascii")
_KEYS: Final = frozenset({"b", "m", "s"})
_META_KEYS: Final = frozenset({"i", "p", "t", "os", "op", "tag", "rv"})
_NUMBER = "(0|[1-9][0-9]{0,14})"  # within ±(2^53 − 1) whatever the digits
_HASH = '"([0-9a-f]{64})"'
# 64 bytes in strict base64: the last of 86 characters carries two bits.
_SIGNATURE = (
    f'{{"alg":"{ED25519}","kid":"([0-9a-f]{{32}})","role":"([a-z][a-z0-9_]{{0,31}})",'
    '"sig":"([A-Za-z0-9+/]{85}[AQgw]==)"}'
)
_SIGNATURES = "(?:{0}(?:,{0})*)?".format(_SIGNATURE.replace("(", "(?:"))
_BEHIND_BODY = (
    rf',"m":{{"i":{_NUMBER},(?:"op":{_HASH},"os":{_NUMBER},)?"p":{_HASH},'
    rf'"rv":{_NUMBER},"t":{_NUMBER}(?:,"tag":"([ !#-\[\]-~]*)")?}},"s":\[({_SIGNATURES})\]}}'
)
"""Meta and signatures of a leaf in their canonical form, for almost all entries."""


@functools.cache
def _forms() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return the forms of what stands behind a body, and of each signature in it.

    Made when the first leaf is read so: it takes milliseconds, and a verifier never needs them.
    """
    return re.compile(_BEHIND_BODY), re.compile(_SIGNATURE)


class _SignatureFields(NamedTuple):
    kid: str
    role: str
    sig: bytes
    alg: str = ED25519


class Signature(_SignatureFields):
    """A party's signature over a body. Made for every entry, so a named tuple.

    Parameters
    ----------
    kid
        Name of the key, `signing.key_id`: 32 hex digits.
    role
        In which role the party signs: lower-case, at most 32 characters.
    sig
        The signature's bytes; 64 for Ed25519.
    alg
        `ed25519`.

    Raises
    ------
    Malformed
        When a field has another form.
    """

    __slots__ = ()

    def __new__(cls, kid: str, role: str, sig: bytes, alg: str = ED25519) -> Self:
        """Check the fields; `_make` takes fields that are known to be right."""
        if not _is_text(kid) or not HEX_128.match(kid):
            raise malformed("s.kid", "32 lower-case hex digits", kid)
        if not _is_text(role) or not _ROLE.match(role):
            raise malformed("s.role", "a lower-case role of at most 32 characters", role)
        if alg != ED25519:
            raise malformed("s.alg", f"the algorithm {ED25519!r}", alg)
        if len(sig) != 64:
            raise malformed("s.sig", "64 bytes", f"{len(sig)} bytes")
        return super().__new__(cls, kid, role, sig, alg)

    def to_json(self) -> JsonObject:
        """Return the signature as it stands in the leaf."""
        text = base64.b64encode(self.sig).decode("ascii")
        return {"alg": self.alg, "kid": self.kid, "role": self.role, "sig": text}

    def encode(self) -> bytes:
        """Return the canonical bytes of `to_json`: its fields hold nothing that JSON escapes."""
        sig = base64.b64encode(self.sig).decode("ascii")
        text = f'{{"alg":"{self.alg}","kid":"{self.kid}","role":"{self.role}","sig":"{sig}"}}'
        return text.encode("ascii")

    @staticmethod
    def from_json(value: JsonValue) -> Signature:
        """Return the signature of its JSON form.

        Raises
        ------
        Malformed
            When a field is missing, unknown or of another form.
        """
        if not isinstance(value, dict) or value.keys() != _SIGNATURE_KEYS:
            raise malformed("s", "an object of alg, kid, role and sig", value)
        text, alg = value["sig"], value["alg"]
        if not isinstance(text, str) or not isinstance(alg, str):
            raise malformed("s", "text in alg and sig", value)
        return Signature(
            kid=value["kid"],  # type: ignore[arg-type]  # checked by the constructor
            role=value["role"],  # type: ignore[arg-type]  # checked by the constructor
            sig=decode_base64(text, "s.sig"),
            alg=alg,
        )


class Meta(NamedTuple):
    """What the sequencer adds to a body. Made for every entry, so a named tuple.

    Parameters
    ----------
    index
        Place in the log, from 0.
    previous_leaf
        Leaf hash of the entry before, `NO_LEAF` for the first: the global chain.
    time_ms
        UTC milliseconds since 1970, never less than the entry before.
    rule_version
        Version of the rules under which the entry was admitted, ≥ 1; a replay uses the same.
    order_sequence, order_previous
        Place in the order's own chain, from 0, and the leaf hash of its entry before
        (`NO_LEAF` for its first); both are None when the body names no order.
    tag
        Keyed identity tag that the rules gave the entry, hex; None where there is none.
    """

    index: int  # type: ignore[assignment]  # hides the tuple's own `index`
    previous_leaf: bytes
    time_ms: int
    rule_version: int
    order_sequence: int | None = None
    order_previous: bytes | None = None
    tag: str | None = None

    def encode(self) -> bytes:
        """Return the canonical bytes of the meta as it stands in the leaf.

        Raises
        ------
        NotCanonical
            When a number or the tag lies outside the canonical profile.
        """
        order = tag = ""
        sequence = 0
        if self.order_sequence is not None and self.order_previous is not None:
            sequence = self.order_sequence
            order = f'"op":"{self.order_previous.hex()}","os":{sequence},'
        if self.tag is not None:
            tag = f',"tag":{canonical.encode(self.tag).decode("utf-8")}'
        if (self.index | sequence | self.rule_version | self.time_ms) >> INTEGER_BITS:
            # One is negative or too large: this refuses the latter, and says why.
            canonical.encode([self.index, sequence, self.rule_version, self.time_ms])
        text = (
            f'{{"i":{self.index},{order}"p":"{self.previous_leaf.hex()}",'
            f'"rv":{self.rule_version},"t":{self.time_ms}{tag}}}'
        )
        return text.encode("utf-8")

    @staticmethod
    def from_json(value: JsonValue) -> Meta:
        """Return the meta of its JSON form.

        Raises
        ------
        Malformed
            When a field is missing, unknown or of another form.
        """
        if not isinstance(value, dict) or not value.keys() <= _META_KEYS:
            raise malformed("m", "an object of i, p, t, rv and perhaps os, op, tag", value)
        if ("os" in value) != ("op" in value):
            raise malformed("m", "os and op together or neither", value)
        tag = value.get("tag")
        if tag is not None and not isinstance(tag, str):
            raise malformed("m.tag", "text", tag)
        return Meta(
            index=_count(value, "i"),
            previous_leaf=_hash(value, "p"),
            time_ms=_count(value, "t"),
            rule_version=_count(value, "rv"),
            order_sequence=_count(value, "os") if "os" in value else None,
            order_previous=_hash(value, "op") if "op" in value else None,
            tag=tag,
        )


@dataclass(frozen=True, slots=True)
class Envelope:
    """An entry: body, meta and signatures.

    Parameters
    ----------
    body
        The object that the parties signed; never change it.
    signatures
        In the order of (role, kid).
    """

    body: JsonObject
    meta: Meta
    signatures: tuple[Signature, ...]

    def leaf(self) -> bytes:
        """Return the leaf bytes.

        Raises
        ------
        EntryTooLarge
            When they are more than 65,535.
        """
        return leaf_bytes(canonical.encode(self.body), self.meta, self.signatures)


def leaf_bytes(body_data: bytes, meta: Meta, signatures: tuple[Signature, ...]) -> bytes:
    """Return the leaf of a canonical body without writing the body anew.

    The three keys are already in order, so the canonical object is a concatenation.

    Raises
    ------
    EntryTooLarge
        When the leaf has more than 65,535 bytes.
    """
    signed = b",".join([signature.encode() for signature in signatures])
    data = b'{"b":%b,"m":%b,"s":[%b]}' % (body_data, meta.encode(), signed)
    if len(data) > ENTRY_BYTES_MAX:
        raise EntryTooLarge(
            f"The entry has {len(data):,} bytes; {ENTRY_BYTES_MAX:,} is the most. "
            "Documents enter by their digest, not whole.",
            bytes=len(data),
            bytes_max=ENTRY_BYTES_MAX,
        )
    return data


Recognise = Callable[[str], JsonObject | None]
"""Gives the object of a body's text where that surely is canonical, else None."""


def parse_leaf(data: bytes, recognise: Recognise | None = None) -> Envelope:
    """Return the envelope of leaf bytes: the inverse of `Envelope.leaf`.

    Parameters
    ----------
    recognise
        Reads bodies that it knows; every other leaf is read the long way.

    Raises
    ------
    NotCanonical
        When the bytes are not canonical JSON.
    Malformed
        When a part is missing, unknown or of another form, or the signatures are out of order.
    """
    if recognise is not None and (found := recognised_leaf(data, recognise)) is not None:
        return found
    if len(data) > ENTRY_BYTES_MAX:
        raise malformed("entry", f"at most {ENTRY_BYTES_MAX} bytes", f"{len(data)} bytes")
    value = canonical.decode_object(data)
    if value.keys() != _KEYS:
        raise malformed("entry", "an object of b, m and s", sorted(value))
    body, signed = value["b"], value["s"]
    if not isinstance(body, dict):
        raise malformed("b", "an object", body)
    if not isinstance(signed, list):
        raise malformed("s", "a list", signed)
    signatures = tuple(Signature.from_json(item) for item in signed)
    if signatures != in_order(signatures):
        raise malformed("s", "signatures in the order of role and key", "another order")
    return Envelope(body=body, meta=Meta.from_json(value["m"]), signatures=signatures)


def recognised_leaf(data: bytes, recognise: Recognise) -> Envelope | None:
    """Return what `parse_leaf` returns where everything has its most common form, else None.

    The leaf is the start, a body that `recognise` knows, and what `_BEHIND_BODY` matches, nothing
    between them: so the whole is canonical.
    """
    if len(data) > ENTRY_BYTES_MAX or not data.isascii() or not data.startswith(_START):
        return None
    text = data.decode("ascii")
    end = text.rfind(_META_TEXT)
    behind_body, each_signature = _forms()
    behind = behind_body.fullmatch(text, end) if end > 0 else None
    body = recognise(text[len(_START) : end]) if behind is not None else None
    if behind is None or body is None:
        return None
    index, order_previous, sequence, previous, version, time, tag, signed = behind.groups()
    signatures = tuple(
        [
            Signature._make((kid, role, binascii.a2b_base64(sig), ED25519))
            for kid, role, sig in each_signature.findall(signed)
        ]
    )
    if len(signatures) > 1 and not _ascend([_place(one) for one in signatures]):
        return None
    meta = Meta(
        int(index),
        bytes.fromhex(previous),
        int(time),
        int(version),
        None if sequence is None else int(sequence),
        None if order_previous is None else bytes.fromhex(order_previous),
        tag,
    )
    return Envelope(body, meta, signatures)


def signed_bytes(leaf: bytes) -> bytes:
    """Return the canonical bytes of the body, cut out of leaf bytes that `parse_leaf` has read."""
    return leaf[len(_START) : leaf.rindex(_META)]


def in_order(signatures: tuple[Signature, ...]) -> tuple[Signature, ...]:
    """Return the signatures in the order of (role, kid), so that one set has one form.

    Raises
    ------
    Malformed
        When a key signs twice in one role.
    """
    found = tuple(sorted(signatures, key=_place))
    for before, after in pairwise(found):
        if _place(before) == _place(after):
            raise malformed("s", "each key at most once in a role", "a key twice")
    return found


def _place(signature: Signature) -> tuple[str, str]:
    return signature.role, signature.kid


def _ascend(places: Sequence[tuple[str, str]]) -> bool:
    return all(before < after for before, after in pairwise(places))


def check_origin(origin: str) -> str:
    """Return a log's origin: a URL prefix without scheme, and the name of its key.

    Raises
    ------
    ValueError
        When it is empty, ends with a slash, has a scheme, a space, a plus or non-ASCII text.
    """
    if not _ORIGIN.match(origin) or origin.endswith("/") or "://" in origin:
        raise ValueError(
            f"{origin!r} is no origin of a log: expected a URL prefix without scheme, space, "
            "plus and trailing slash, such as park.example/ledger"
        )
    return origin


def decode_base64(text: str, where: str) -> bytes:
    """Return the bytes of strict base64 (RFC 4648 section 4, padded, one form only).

    Raises
    ------
    Malformed
        Naming `where`.
    """
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except (binascii.Error, ValueError):
        raise malformed(where, "base64 with padding", text) from None
    if binascii.b2a_base64(data, newline=False).decode("ascii") != text:
        raise malformed(where, "base64 in its one canonical form", text)
    return data


def _count(value: Mapping[str, JsonValue], name: str) -> int:
    number = value.get(name)
    if type(number) is not int or not 0 <= number <= INTEGER_MAX:
        raise malformed(f"m.{name}", "a whole number ≥ 0", number)
    return number


def _hash(value: Mapping[str, JsonValue], name: str) -> bytes:
    text = value.get(name)
    if not isinstance(text, str) or not HEX_256.match(text):
        raise malformed(f"m.{name}", "64 lower-case hex digits", text)
    return bytes.fromhex(text)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def malformed(where: str, expected: str, got: object) -> Malformed:
    """Return the refusal for a field of another form."""
    shown = repr(got)
    shown = shown if len(shown) <= 80 else shown[:77] + "..."
    return Malformed(f"{where}: expected {expected}, got {shown}.", where=where, expected=expected)


__all__ = [
    "ENTRY_BYTES_MAX",
    "NO_LEAF",
    "Envelope",
    "Meta",
    "Signature",
    "check_origin",
    "decode_base64",
    "in_order",
    "leaf_bytes",
    "leaf_hash",
    "parse_leaf",
    "signed_bytes",
]
