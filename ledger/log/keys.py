"""Private keys as the log uses them: something that signs bytes, wherever it lives.

`FileKey` holds an Ed25519 key in memory that was read from a file. `CommandKey` asks another
program to sign, so the key can stay in a hardware token behind PKCS#11, in a cloud service or on
another machine: whatever can be called from a command line.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from ledger.errors import OutcomeUnknown
from ledger.log import note

SIGNATURE_BYTES = 64


class KeyFailed(OutcomeUnknown):
    """A private key could not be used: its device is away, or it answered something else.

    What waits for the signature is committed; asking again is harmless.
    """

    code = "KEY_FAILED"


class SigningKey(Protocol):
    """An Ed25519 private key. The one method that matters is `sign(bytes) -> bytes`."""

    @property
    def public_bytes(self) -> bytes:
        """The 32 raw bytes of the public half."""

    def sign(self, message: bytes, /) -> bytes:
        """Return the 64 bytes of the signature (RFC 8032).

        Raises
        ------
        KeyFailed
            When the key cannot be used now.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class FileKey:
    """A key that was read from a file."""

    private_key: Ed25519PrivateKey

    @property
    def public_bytes(self) -> bytes:
        """The 32 raw bytes of the public half."""
        return self.private_key.public_key().public_bytes_raw()

    def sign(self, message: bytes, /) -> bytes:
        """Return the signature."""
        return self.private_key.sign(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandKey:
    """A key that another program holds.

    The program gets the message on standard input and writes the raw signature, 64 bytes, to
    standard output. It is started without a shell, and what it answers is verified before it is
    used: a program that signs with another key, or something else, is found out at once.

    Parameters
    ----------
    public_bytes
        The 32 raw bytes of the public half.
    command
        Program and arguments.
    timeout_seconds
        How long it may take.
    """

    public_bytes: bytes
    command: tuple[str, ...]
    timeout_seconds: float = 10

    def __post_init__(self) -> None:
        if not self.command:
            raise ValueError("a command key needs the command that signs")
        Ed25519PublicKey.from_public_bytes(self.public_bytes)

    def sign(self, message: bytes, /) -> bytes:
        """Return the signature that the program made, verified.

        Raises
        ------
        KeyFailed
            When the program does not run, fails, takes too long or answers no fitting signature.
        """
        try:
            done = subprocess.run(  # noqa: S603 - the operator's own command, without a shell
                self.command,
                input=message,
                capture_output=True,
                timeout=self.timeout_seconds,
                check=True,
            )
        except subprocess.CalledProcessError as failed:
            said = failed.stderr.decode("utf-8", "replace").strip()[:200]
            raise self._failed(f"it ended with status {failed.returncode}: {said}") from None
        except subprocess.TimeoutExpired:
            raise self._failed(f"it took longer than {self.timeout_seconds:g} s") from None
        except OSError as failed:
            raise self._failed(f"it did not start: {failed.strerror}") from None
        try:
            Ed25519PublicKey.from_public_bytes(self.public_bytes).verify(done.stdout, message)
        except InvalidSignature:
            raise self._failed(
                f"its answer of {len(done.stdout)} bytes is no signature of the expected key; "
                f"expected {SIGNATURE_BYTES} raw bytes"
            ) from None
        return done.stdout

    def _failed(self, why: str) -> KeyFailed:
        return KeyFailed(
            f"The signing command {self.command[0]} gave no signature: {why}. Nothing was signed; "
            "mend the command or the device and try again."
        )


class NoteKey(Protocol):
    """A key that signs notes under a name; `note.Signer` is one."""

    @property
    def verifier(self) -> note.Verifier:
        """The public half, with its name."""

    def sign(self, text: str) -> bytes:
        """Return the note: the text, an empty line and one signature line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedKey:
    """Any signing key under a name: a `NoteKey`."""

    name: str
    key: SigningKey

    @property
    def verifier(self) -> note.Verifier:
        """The public half, with its name."""
        return note.Verifier(name=self.name, public_key=self.key.public_bytes)

    def sign(self, text: str) -> bytes:
        """Return the note: the text, an empty line and one signature line.

        Raises
        ------
        ValueError
            When the text has no newline at its end or holds control characters.
        KeyFailed
            When the key cannot be used now.
        """
        if not text.endswith("\n") or note.has_control_characters(text):
            raise ValueError("the text of a note ends with a newline and has no control character")
        data = text.encode("utf-8")
        line = note.signature_line(self.name, self.verifier.key_id, self.key.sign(data))
        return data + b"\n" + line.encode("utf-8")


def sign_with_all(keys: Sequence[NoteKey], text: str) -> bytes:
    """Return a note of the text with one signature line of each key, in their order.

    Raises
    ------
    ValueError
        When there is no key.
    KeyFailed
        When one of them cannot be used now; nothing is returned then.
    """
    if not keys:
        raise ValueError("a note needs a key that signs it")
    first, *others = keys
    signed = first.sign(text)
    start = len(text.encode("utf-8")) + 1
    return signed + b"".join(other.sign(text)[start:] for other in others)
