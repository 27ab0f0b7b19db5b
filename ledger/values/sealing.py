"""Sealed disclosures and wrapped keys: what lies outside the log, and opens only with a key.

A disclosure is sealed under the key of its order, bound to the order and to the leaf that commits
to it; an order's key is wrapped under a key-encryption key (KEK) that never lies in the database.
Destroying an order's key makes its disclosures unreadable and, because their salts come from the
same key, unguessable, while every digest, signature and proof stays as it is.

References
----------
NIST SP 800-38D (AES-256-GCM, 96-bit random nonces); RFC 9901 for the disclosures themselves.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12
KEK_ID_BYTES = 8
SEALED = "sealed:v1:"
"""How a sealed text begins. No disclosure does: base64url has no colon."""

_WRAPPED = b"\x01"


class SealError(ValueError):
    """A text or a key that does not open: another key, another place, or changed bytes."""


def seal(order_key: bytes, order: str, leaf: bytes, text: str, *, nonce: bytes) -> str:
    """Return a disclosure's text sealed under its order's key.

    Parameters
    ----------
    order_key
        The secret of the order, 32 bytes.
    order
        Its handle; `leaf` is the hash of the leaf that commits to the text. Both are bound in:
        the sealed text opens for no other order and no other entry.
    nonce
        12 random bytes, never used twice with one key.
    """
    data = AESGCM(_sealing_key(order_key)).encrypt(nonce, text.encode(), _place(order, leaf))
    return SEALED + base64.b64encode(nonce + data).decode("ascii")


def unseal(order_key: bytes, order: str, leaf: bytes, sealed: str) -> str:
    """Return the text of a sealed disclosure.

    Raises
    ------
    SealError
        When it is not sealed, was changed, or belongs to another key, order or leaf.
    """
    if not sealed.startswith(SEALED):
        raise SealError("this text is not sealed")
    try:
        data = base64.b64decode(sealed[len(SEALED) :], validate=True)
        text = AESGCM(_sealing_key(order_key)).decrypt(
            data[:NONCE_BYTES], data[NONCE_BYTES:], _place(order, leaf)
        )
    except (binascii.Error, InvalidTag, ValueError):
        raise SealError(
            f"the sealed disclosure of leaf {leaf.hex()} does not open with the key of {order}"
        ) from None
    return text.decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyring:
    """The key-encryption keys of an installation.

    Parameters
    ----------
    current
        Wraps new keys, 32 bytes.
    former
        Still unwrap what they wrapped, until a rotation has wrapped it anew.

    Raises
    ------
    ValueError
        When a key has another length.
    """

    current: bytes
    former: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        for key in (self.current, *self.former):
            if len(key) != KEY_BYTES:
                raise ValueError(f"a KEK has {KEY_BYTES} bytes, got {len(key)}")

    @property
    def name(self) -> str:
        """Name of the current key, in hex: it tells nothing about the key."""
        return kek_id(self.current).hex()

    def wrap(self, order: str, secret: bytes, *, nonce: bytes) -> bytes:
        """Return an order's key wrapped under the current KEK and bound to the order."""
        data = AESGCM(self.current).encrypt(nonce, secret, _owner(order))
        return _WRAPPED + kek_id(self.current) + nonce + data

    def unwrap(self, order: str, wrapped: bytes) -> bytes:
        """Return an order's key.

        Raises
        ------
        SealError
            When no key of the ring wrapped it, or it was changed or moved to another order.
        """
        name, rest = wrapped[1 : 1 + KEK_ID_BYTES], wrapped[1 + KEK_ID_BYTES :]
        kek = next((one for one in (self.current, *self.former) if kek_id(one) == name), None)
        if wrapped[:1] != _WRAPPED or kek is None:
            raise SealError(
                f"the key of {order} is wrapped under KEK {name.hex()}, which is not at hand; "
                f"the current one is {self.name}. Give the one that wrapped it as well"
            )
        try:
            return AESGCM(kek).decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], _owner(order))
        except (InvalidTag, ValueError):
            raise SealError(f"the wrapped key of {order} was changed or is another's") from None

    def is_current(self, wrapped: bytes) -> bool:
        """Tell whether a wrapped key is under the current KEK."""
        return wrapped[1 : 1 + KEK_ID_BYTES] == kek_id(self.current)


def kek_id(kek: bytes) -> bytes:
    """Return the name of a KEK: 8 bytes of a tagged hash."""
    return hashlib.sha256(b"parkloom/kek/v1\n" + kek).digest()[:KEK_ID_BYTES]


def kept_under(body: Mapping[str, object]) -> str:
    """Return the handle whose key an entry's disclosures are sealed and salted under.

    The order's where there is one; else what the entry is `about`, the party, the subject.
    """
    for field in ("order", "about", "party"):
        handle = body.get(field)
        if handle is not None:
            return str(handle)
    return str(body["subject"])


def _sealing_key(order_key: bytes) -> bytes:
    """Return the cipher's key: not the one that salts are made with, but from it."""
    return hmac.new(order_key, b"parkloom/seal/v1", hashlib.sha256).digest()


def _place(order: str, leaf: bytes) -> bytes:
    return f"parkloom/seal/v1\n{order}\n{leaf.hex()}".encode()


def _owner(order: str) -> bytes:
    return f"parkloom/order-key/v1\n{order}".encode()
