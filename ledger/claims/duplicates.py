"""Keyed tags: how the record knows twice from once without showing what.

A tag is an HMAC under the operator's key, so that nobody who reads the log can try out order
numbers or bank references; auditors who hold the key and the disclosures can recompute it. The
sequencer writes it as `m.tag`. A tag is never freed.
"""

import hashlib
import hmac
from collections.abc import Iterable

from ledger.log.canonical import encode
from ledger.values.identifiers import canonical_identifier, normalise_order_number

TAG_KEY_BYTES_MIN = 16
_PREFIX = b"parkloom/tag/v1\n"


def identity_tag(key: bytes, origin: str, *, buyer: str, seller: str, number: str) -> str:
    """Return the tag of an order's exact identity, 64 hex digits.

    Parameters
    ----------
    buyer, seller
        Party handles.
    number
        As the document writes it; it is normalised, so `PO-0041` and `po 41` are one.

    Raises
    ------
    IdentifierError
        When the number has neither letter nor digit.
    """
    return keyed_tag(key, origin, "order", buyer, seller, normalise_order_number(number))


def identifier_tag(key: bytes, origin: str, *, scheme: str, value: str) -> str:
    """Return the tag of a business identifier, 64 hex digits.

    Raises
    ------
    IdentifierError
        When the value's form or check digit is wrong.
    """
    return keyed_tag(key, origin, "identifier", scheme, canonical_identifier(scheme, value))


def reference_tag(key: bytes, origin: str, *, kind: str, reference: str) -> str:
    """Return the tag of a registration number or a bank reference, 64 hex digits.

    Parameters
    ----------
    kind
        ``reg_no`` or ``bank_ref``: equal texts of two kinds have two tags.

    Raises
    ------
    IdentifierError
        When the reference has neither letter nor digit.
    """
    return keyed_tag(key, origin, kind, canonical_identifier(kind, reference))


def joined(tags: Iterable[str]) -> str:
    """Return several tags as one text: 64 hex digits each."""
    return "".join(tags)


def parted(text: str) -> tuple[str, ...]:
    """Return the tags of a joined text."""
    return tuple(text[start : start + 64] for start in range(0, len(text), 64))


def keyed_tag(key: bytes, origin: str, *parts: str) -> str:
    """Return the HMAC of these texts in this log, 64 hex digits.

    Raises
    ------
    ValueError
        When the key is too short.
    """
    if len(key) < TAG_KEY_BYTES_MIN:
        raise ValueError(f"tag key has {len(key)} bytes; it needs at least {TAG_KEY_BYTES_MIN}")
    message = _PREFIX + encode([origin, *parts])
    return hmac.new(key, message, hashlib.sha256).hexdigest()
