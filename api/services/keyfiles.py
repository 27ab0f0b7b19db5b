"""Ed25519 private keys in files that only their owner can read (PKCS#8 PEM, mode 0600).

A file may be encrypted with a passphrase. The passphrase comes from outside: from the file that
`PARKLOOM_KEY_PASSPHRASE_FILE` names, or from `PARKLOOM_KEY_PASSPHRASE`.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from api.services.errors import BadRequest

PASSPHRASE = "PARKLOOM_KEY_PASSPHRASE"  # noqa: S105 - the name of a variable
PASSPHRASE_FILE = "PARKLOOM_KEY_PASSPHRASE_FILE"  # noqa: S105 - the name of a variable

_ENCRYPTED = b"BEGIN ENCRYPTED PRIVATE KEY"
_FOR_OTHERS = 0o077


def passphrase(environment: Mapping[str, str] = os.environ) -> bytes | None:
    """Return the passphrase of encrypted key files that the environment gives, None without one.

    Raises
    ------
    BadRequest
        When the named file cannot be read, or what is given is empty.
    """
    named = environment.get(PASSPHRASE_FILE)
    if named is not None:
        try:
            found = Path(named).read_text("utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as unreadable:
            raise BadRequest(f"{PASSPHRASE_FILE}: cannot read {named}: {unreadable}.") from None
    elif PASSPHRASE in environment:
        found = environment[PASSPHRASE]
    else:
        return None
    if not found:
        raise BadRequest(f"The passphrase of {PASSPHRASE_FILE} or {PASSPHRASE} is empty.")
    return found.encode("utf-8")


def create(path: Path, *, secret: bytes | None = None) -> Ed25519PrivateKey:
    """Make a key and write it to a new file with mode 0600.

    Parameters
    ----------
    secret
        Passphrase to encrypt it with; None writes it as it is.

    Raises
    ------
    BadRequest
        When the file exists: a key is never overwritten, what it signed would be orphaned.
    """
    key = Ed25519PrivateKey.generate()
    save(path, key, secret=secret)
    return key


def save(path: Path, key: Ed25519PrivateKey, *, secret: bytes | None = None) -> None:
    """Write a key to a new file with mode 0600. Raises BadRequest when the file exists."""
    how: KeySerializationEncryption = NoEncryption()
    if secret is not None:
        how = BestAvailableEncryption(secret)
    write_secret(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how))


def load(path: Path, *, secret: bytes | None = None) -> Ed25519PrivateKey:
    """Read a key file.

    Parameters
    ----------
    secret
        Passphrase of an encrypted file; left out, the one that the environment gives. A file that
        is not encrypted needs none.

    Raises
    ------
    BadRequest
        When it is missing, open to others, no Ed25519 private key, or encrypted with another
        passphrase.
    """
    try:
        data = path.read_bytes()
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as missing:
        reason = missing.strerror
        raise BadRequest(f"Cannot read the key file {path}: {reason}.", path=str(path)) from None
    if mode & _FOR_OTHERS:
        raise BadRequest(
            f"The key file {path} has the mode {mode:04o}: others than its owner can use it. "
            f"Make it 0600, and think whether the key must be replaced.",
            path=str(path),
        )
    key = _parse(path, data, secret)
    if not isinstance(key, Ed25519PrivateKey):
        raise BadRequest(
            f"{path} holds a {type(key).__name__}, expected an Ed25519 private key.",
            path=str(path),
        )
    return key


def _parse(path: Path, data: bytes, secret: bytes | None) -> object:
    encrypted = _ENCRYPTED in data
    if encrypted and secret is None:
        secret = passphrase()
    if encrypted and secret is None:
        raise BadRequest(
            f"{path} is encrypted: name the file with its passphrase in {PASSPHRASE_FILE}, or "
            f"give it in {PASSPHRASE}.",
            path=str(path),
        )
    try:
        return load_pem_private_key(data, password=secret if encrypted else None)
    except (ValueError, TypeError):
        what = "the passphrase does not fit, or it" if encrypted else "it"
        raise BadRequest(
            f"Cannot use {path}: {what} holds no private key in PEM form; `parkloom key new` "
            "makes one.",
            path=str(path),
        ) from None


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
