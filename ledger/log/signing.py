"""Signatures of parties over the body of an entry, and the names of their keys."""

from __future__ import annotations

import functools
import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

ED25519 = "ed25519"
"""The only signature algorithm of rule version 1 (RFC 8032)."""

_KEY_PREFIX = b"parkloom/key/v1\n"
_BODY_PREFIX = b"parkloom/body/v1\n"


def key_id(public_key: bytes, alg: str = ED25519) -> str:
    """Return the name of a public key: the first 32 hex digits of its tagged SHA-256.

    Parameters
    ----------
    public_key
        The raw key, 32 bytes for Ed25519.
    """
    digest = hashlib.sha256(_KEY_PREFIX + alg.encode("ascii") + b"\n" + public_key)
    return digest.hexdigest()[:32]


def body_message(origin: str, body_bytes: bytes) -> bytes:
    """Return the bytes that a party signs: a tag, the log's origin and the canonical body.

    The tag keeps the signature from standing for anything else; the origin, from being entered
    into another log.
    """
    return _BODY_PREFIX + origin.encode("utf-8") + b"\n" + body_bytes


def sign_body(private_key: Ed25519PrivateKey, origin: str, body_bytes: bytes) -> bytes:
    """Return the 64-byte Ed25519 signature of a party over a canonical body."""
    return private_key.sign(body_message(origin, body_bytes))


@functools.lru_cache(maxsize=1_024)
def _opened(public_key: bytes) -> Ed25519PublicKey:
    """Return a raw key ready for use: few keys sign much, and reading one costs half a check."""
    return Ed25519PublicKey.from_public_bytes(public_key)


def verify_body(public_key: bytes, origin: str, body_bytes: bytes, signature: bytes) -> bool:
    """Tell whether the signature fits the key, the log and the body.

    A key or a signature of the wrong length does not fit; nothing is raised.
    """
    try:
        _opened(public_key).verify(signature, body_message(origin, body_bytes))
    except (InvalidSignature, ValueError):
        return False
    return True
