"""Ed25519 private keys in files that only their owner can read (PKCS#8 PEM, mode 0600)."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from api.services.errors import BadRequest


def create(path: Path) -> Ed25519PrivateKey:
    """Make a key and write it to a new file with mode 0600.

    Raises
    ------
    BadRequest
        When the file exists: a key is never overwritten, what it signed would be orphaned.
    """
    key = Ed25519PrivateKey.generate()
    save(path, key)
    return key


def save(path: Path, key: Ed25519PrivateKey) -> None:
    """Write a key to a new file with mode 0600. Raises BadRequest when the file exists."""
    write_secret(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def load(path: Path) -> Ed25519PrivateKey:
    """Read a key file. Raises BadRequest when it is missing or no Ed25519 private key."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as missing:
        reason = missing.strerror
        raise BadRequest(f"Cannot read the key file {path}: {reason}.", path=str(path)) from None
    except (ValueError, TypeError):
        raise BadRequest(
            f"{path} holds no unencrypted private key in PEM form; `parkloom key new` makes one.",
            path=str(path),
        ) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise BadRequest(
            f"{path} holds a {type(key).__name__}, expected an Ed25519 private key.",
            path=str(path),
        )
    return key


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    """Return the 32 bytes of the public key."""
    return key.public_key().public_bytes_raw()


def write_secret(path: Path, content: bytes) -> None:
    """Write a new file that only its owner can read. Raises BadRequest when it exists."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        # The mode is set at creation: between open and chmod others could read it.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise BadRequest(
            f"{path} exists; a key file is never overwritten. Name another file.", path=str(path)
        ) from None
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
