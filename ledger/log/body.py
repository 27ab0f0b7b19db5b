"""The body of an entry: what parties sign, with the fields that the log itself reads."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from ledger.log import canonical
from ledger.log.canonical import JsonObject
from ledger.log.entry import (
    HEX_128,
    HEX_256,
    Envelope,
    Recognise,
    malformed,
    parse_leaf,
    recognised_leaf,
    signed_bytes,
)

_HANDLE = re.compile(r"[!-~]{1,128}\Z")
_HANDLE_FORM = "1 to 128 printable ASCII characters without space"
_TYPE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*\Z")
_TEXTS = (
    ("log", re.compile(r"[!-~]{1,255}\Z"), "the log's origin"),
    ("type", _TYPE, "a lower-case dotted name such as order.confirmed"),
    ("subject", _HANDLE, _HANDLE_FORM),
)


class Body(NamedTuple):
    """A body with the fields that the log itself reads, checked.

    Made for every entry, so a named tuple.

    Attributes
    ----------
    data
        The canonical bytes, which parties sign.
    fields
        The same as an object; never change it.
    type, subject
        Kind of event and the handle that it is about.
    idem
        Request id, 32 hex digits chosen by the client.
    order
        Handle of the order whose chain the entry extends, or None.
    seen_head
        The body's `osp`: leaf hash of the order's last entry that the signers saw, or None.
    expires_ms
        The body's `exp`: UTC milliseconds after which it may no longer be entered.
    """

    data: bytes
    fields: JsonObject
    type: str
    subject: str
    idem: str
    order: str | None
    seen_head: bytes | None
    expires_ms: int

    @property
    def digest(self) -> bytes:
        """SHA-256 of the canonical bytes."""
        return hashlib.sha256(self.data).digest()


def parse_body(data: bytes, recognise: Recognise | None = None) -> Body:
    """Return the body of canonical bytes, with the log's own fields checked.

    Parameters
    ----------
    recognise
        Reads bodies that it knows to be right in the log's own fields too.

    Raises
    ------
    NotCanonical
        When the bytes are not canonical JSON.
    Malformed
        When one of `v log type subject idem exp order osp sd` is missing or of another form.
    """
    if recognise is not None and data.isascii():
        fields = recognise(data.decode("ascii"))
        if fields is not None:
            return _body(fields, data)
    return body_of(canonical.decode_object(data), data)


def read_leaf(leaf: bytes, recognise: Recognise | None = None) -> tuple[Envelope, Body]:
    """Return the envelope of leaf bytes and its body, the log's own fields checked.

    Parameters
    ----------
    recognise
        Reads bodies that it knows to be right in the log's own fields too.

    Raises
    ------
    NotCanonical, Malformed
        As `entry.parse_leaf` and `parse_body`.
    """
    envelope = None if recognise is None else recognised_leaf(leaf, recognise)
    if envelope is not None:
        return envelope, _body(envelope.body, signed_bytes(leaf))
    envelope = parse_leaf(leaf)
    return envelope, body_of(envelope.body, signed_bytes(leaf))


def body_of(fields: JsonObject, data: bytes) -> Body:
    """Return the body of an object whose canonical bytes are known, its common fields checked.

    Raises
    ------
    Malformed
        As `parse_body`.
    """
    _check_common(fields)
    order, seen = fields.get("order"), fields.get("osp")
    if order is not None and not (isinstance(order, str) and _HANDLE.match(order)):
        raise malformed("b.order", f"{_HANDLE_FORM}, or no such field", order)
    if seen is not None and (not isinstance(seen, str) or not HEX_256.match(seen)):
        raise malformed("b.osp", "64 lower-case hex digits, or no such field", seen)
    if seen is not None and order is None:
        raise malformed("b.osp", "an order beside it", None)
    return _body(fields, data)


def _body(fields: Mapping[str, Any], data: bytes) -> Body:
    """Return the body of checked fields."""
    seen = fields.get("osp")
    return Body(
        data,
        fields,  # type: ignore[arg-type]  # an object: what it holds is checked
        fields["type"],
        fields["subject"],
        fields["idem"],
        fields.get("order"),
        None if seen is None else bytes.fromhex(seen),
        fields["exp"],
    )


def _check_common(fields: JsonObject) -> None:
    version, expires = fields.get("v"), fields.get("exp")
    if type(version) is not int or version < 1:
        raise malformed("b.v", "a schema version ≥ 1", version)
    if type(expires) is not int or expires < 0:
        raise malformed("b.exp", "UTC milliseconds, an integer", expires)
    for name, form, words in _TEXTS:
        text = fields.get(name)
        if not isinstance(text, str) or not form.match(text):
            raise malformed(f"b.{name}", words, text)
    idem = fields.get("idem")
    if not isinstance(idem, str) or not HEX_128.match(idem):
        raise malformed("b.idem", "32 lower-case hex digits", idem)
    digests = fields.get("sd")
    if digests is None and "sd" not in fields:
        return
    if not isinstance(digests, list) or not {str}.issuperset(map(type, digests)):
        raise malformed("b.sd", "a list of digests", digests)
    if len(digests) > 1 and digests != sorted(set(map(str, digests))):
        raise malformed("b.sd", "digests in order, each once", digests)
