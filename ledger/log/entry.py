"""The envelope of an entry and its bytes, which are the leaf of the tree.

A leaf is one canonical JSON object `{"b": body, "m": meta, "s": [signatures]}` of at most 65,535
bytes. The body is what parties sign; the meta is what the sequencer adds, the global chain among
it; the leaf bytes, once stored, are the truth and are never written anew.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ledger.errors import EntryTooLarge, Malformed
from ledger.log import canonical
from ledger.log.canonical import INTEGER_MAX, JsonObject, JsonValue
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
_META_KEYS: Final = frozenset({"i", "p", "t", "os", "op", "tag", "rv"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A party's signature over a body.

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

    kid: str
    role: str
    sig: bytes
    alg: str = ED25519

    def __post_init__(self) -> None:
        if not _is_text(self.kid) or not HEX_128.match(self.kid):
            raise malformed("s.kid", "32 lower-case hex digits", self.kid)
        if not _is_text(self.role) or not _ROLE.match(self.role):
            raise malformed("s.role", "a lower-case role of at most 32 characters", self.role)
        if self.alg != ED25519:
            raise malformed("s.alg", f"the algorithm {ED25519!r}", self.alg)
        if len(self.sig) != 64:
            raise malformed("s.sig", "64 bytes", f"{len(self.sig)} bytes")

    def to_json(self) -> JsonObject:
        """Return the signature as it stands in the leaf."""
        text = base64.b64encode(self.sig).decode("ascii")
        return {"alg": self.alg, "kid": self.kid, "role": self.role, "sig": text}

    @staticmethod
    def from_json(value: JsonValue) -> Signature:
        """Return the signature of its JSON form.

        Raises
        ------
        Malformed
            When a field is missing, unknown or of another form.
        """
        if not isinstance(value, dict) or set(value) != {"alg", "kid", "role", "sig"}:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta:
    """What the sequencer adds to a body.

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

    index: int
    previous_leaf: bytes
    time_ms: int
    rule_version: int
    order_sequence: int | None = None
    order_previous: bytes | None = None
    tag: str | None = None

    def to_json(self) -> JsonObject:
        """Return the meta as it stands in the leaf."""
        value: JsonObject = {
            "i": self.index,
            "p": self.previous_leaf.hex(),
            "rv": self.rule_version,
            "t": self.time_ms,
        }
        if self.order_sequence is not None and self.order_previous is not None:
            value["os"] = self.order_sequence
            value["op"] = self.order_previous.hex()
        if self.tag is not None:
            value["tag"] = self.tag
        return value

    @staticmethod
    def from_json(value: JsonValue) -> Meta:
        """Return the meta of its JSON form.

        Raises
        ------
        Malformed
            When a field is missing, unknown or of another form.
        """
        if not isinstance(value, dict) or not set(value) <= _META_KEYS:
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


@dataclass(frozen=True, slots=True, kw_only=True)
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
    signed: list[JsonValue] = [signature.to_json() for signature in signatures]
    parts = (b'{"b":', body_data, b',"m":', canonical.encode(meta.to_json()))
    data = b"".join((*parts, b',"s":', canonical.encode(signed), b"}"))
    if len(data) > ENTRY_BYTES_MAX:
        raise EntryTooLarge(
            f"The entry has {len(data):,} bytes; {ENTRY_BYTES_MAX:,} is the most. "
            "Documents enter by their digest, not whole.",
            bytes=len(data),
            bytes_max=ENTRY_BYTES_MAX,
        )
    return data


def parse_leaf(data: bytes) -> Envelope:
    """Return the envelope of leaf bytes: the inverse of `Envelope.leaf`.

    Raises
    ------
    NotCanonical
        When the bytes are not canonical JSON.
    Malformed
        When a part is missing, unknown or of another form, or the signatures are out of order.
    """
    if len(data) > ENTRY_BYTES_MAX:
        raise malformed("entry", f"at most {ENTRY_BYTES_MAX} bytes", f"{len(data)} bytes")
    value = canonical.decode_object(data)
    if set(value) != {"b", "m", "s"}:
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


def in_order(signatures: tuple[Signature, ...]) -> tuple[Signature, ...]:
    """Return the signatures in the order of (role, kid), so that one set has one form.

    Raises
    ------
    Malformed
        When a key signs twice in one role.
    """
    found = tuple(sorted(signatures, key=lambda one: (one.role, one.kid)))
    if len({(one.role, one.kid) for one in found}) < len(found):
        raise malformed("s", "each key at most once in a role", "a key twice")
    return found


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
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise malformed(where, "base64 with padding", text) from None
    if base64.b64encode(data).decode("ascii") != text:
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
]
