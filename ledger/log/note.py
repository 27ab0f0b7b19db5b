"""Signed notes (C2SP signed-note v1): a text with signature lines, and keys written as text.

Signed here: Ed25519 (type 0x01). Read as well: cosignatures of witnesses, Ed25519 (0x04) and
ML-DSA-44 (0x06), C2SP tlog-cosignature v1; `ledger.log.cosignature` makes them. Lines of unknown
keys are ignored, as the specification demands; a line of a known key that does not verify condemns
the whole note.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from ledger.errors import NotVerified

ED25519: Final = 0x01
COSIGNATURE_ED25519: Final = 0x04
COSIGNATURE_MLDSA44: Final = 0x06

NOTE_BYTES_MAX: Final = 65_536
SIGNATURES_MAX: Final = 64
TIME_MAX: Final = 2**63 - 1

_KEY_BYTES: Final = {ED25519: 32, COSIGNATURE_ED25519: 32, COSIGNATURE_MLDSA44: 1_312}
_LINE_START: Final = "— "


@dataclass(frozen=True, slots=True, kw_only=True)
class Verifier:
    """A public key with the name under which it signs notes.

    Parameters
    ----------
    name
        Not empty, without Unicode space and without plus.
    public_key
        Raw bytes: 32 for the Ed25519 types, 1,312 for ML-DSA-44.
    type
        `ED25519`, `COSIGNATURE_ED25519` or `COSIGNATURE_MLDSA44`.

    Raises
    ------
    ValueError
        When the name, the type or the length of the key is none of these.
    """

    name: str
    public_key: bytes
    type: int = ED25519

    def __post_init__(self) -> None:
        if not is_key_name(self.name):
            raise ValueError(f"{self.name!r} cannot name a key: empty, or with a space or plus")
        expected = _KEY_BYTES.get(self.type)
        if expected is None:
            raise ValueError(f"key {self.name}: type 0x{self.type:02x} is not supported")
        if len(self.public_key) != expected:
            got = len(self.public_key)
            raise ValueError(f"key {self.name}: expected {expected} bytes, got {got}")

    @property
    def key_id(self) -> bytes:
        """The 4 bytes that stand before each signature of this key."""
        return key_id(self.name, self.type, self.public_key)

    @property
    def vkey(self) -> str:
        """The key as text: name, key id and key, joined by plus."""
        return format_vkey(self.name, self.public_key, type=self.type)

    def verify(self, text: bytes, signature: bytes) -> bool:
        """Tell whether the signature (without the key id) fits the text of a note."""
        try:
            if self.type == ED25519:
                Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, text)
            else:
                self._verify_cosignature(text, signature)
        except (InvalidSignature, ValueError):
            return False
        return True

    def _verify_cosignature(self, text: bytes, signature: bytes) -> None:
        stamp, proper = signature[:8], signature[8:]
        if len(stamp) != 8:
            raise InvalidSignature
        message = cosigned_message(self.type, self.name, int.from_bytes(stamp), text)
        if self.type == COSIGNATURE_ED25519:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(proper, message)
        else:
            MLDSA44PublicKey.from_public_bytes(self.public_key).verify(proper, message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """A private Ed25519 key with the name under which it signs notes."""

    name: str
    private_key: Ed25519PrivateKey

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        return Verifier(name=self.name, public_key=self.private_key.public_key().public_bytes_raw())

    def sign(self, text: str) -> bytes:
        """Return the note: the text, an empty line and one signature line.

        Raises
        ------
        ValueError
            When the text has no newline at its end or holds control characters.
        """
        if not text.endswith("\n") or has_control_characters(text):
            raise ValueError("the text of a note ends with a newline and has no control character")
        data = text.encode("utf-8")
        line = signature_line(self.name, self.verifier.key_id, self.private_key.sign(data))
        return data + b"\n" + line.encode("utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteSignature:
    """A signature line: name, key id, and what follows it.

    `time_s` is the POSIX time of a cosignature, None for a plain signature.
    """

    name: str
    key_id: bytes
    signature: bytes
    time_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedNote:
    """A note whose lines of known keys all verify.

    Attributes
    ----------
    text
        With its last newline, as it was signed.
    signatures
        Lines of known keys, verified; at least one.
    unknown
        Lines of other keys, not verified.
    """

    text: str
    signatures: tuple[NoteSignature, ...]
    unknown: tuple[NoteSignature, ...]


def key_id(name: str, type: int, public_key: bytes) -> bytes:  # noqa: A002 (C2SP's word)
    """Return the first 4 bytes of SHA-256(name ‖ 0x0A ‖ type ‖ key)."""
    return hashlib.sha256(name.encode("utf-8") + b"\n" + bytes([type]) + public_key).digest()[:4]


def format_vkey(name: str, public_key: bytes, *, type: int = ED25519) -> str:  # noqa: A002
    """Return a public key as text: `name+hex8(key id)+base64(type ‖ key)`."""
    material = base64.b64encode(bytes([type]) + public_key).decode("ascii")
    return f"{name}+{key_id(name, type, public_key).hex()}+{material}"


def parse_vkey(text: str) -> Verifier:
    """Return the key of its text form: the inverse of `format_vkey`.

    Raises
    ------
    ValueError
        When a part is missing or malformed, the type is not supported, or the key id does not
        belong to the key.
    """
    parts = text.split("+", 2)  # the base64 may hold more
    if len(parts) != 3:
        raise ValueError(f"{text[:60]!r} is no key: expected name+id+base64")
    name, stated, material = parts
    data = _decode_base64(material)
    if data is None or not data:
        raise ValueError(f"key {name}: the part after the second plus is not strict base64")
    verifier = Verifier(name=name, public_key=data[1:], type=data[0])
    if stated != verifier.key_id.hex():
        raise ValueError(f"key {name}: states id {stated}, has id {verifier.key_id.hex()}")
    return verifier


def split_note(data: bytes) -> tuple[str, tuple[NoteSignature, ...]]:
    """Return the text and the signature lines of a note; nothing is verified.

    Raises
    ------
    NotVerified
        `NOTE_MALFORMED`, saying where.
    """
    if len(data) > NOTE_BYTES_MAX:
        raise _malformed(f"{len(data):,} bytes; {NOTE_BYTES_MAX:,} is the most")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError:
        raise _malformed("it is not UTF-8 text") from None
    if has_control_characters(whole):
        raise _malformed("it has a control character other than newline")
    text, empty_line, lines = whole.rpartition("\n\n")
    if not empty_line or not lines.endswith("\n"):
        raise _malformed("expected a text, an empty line and signature lines, each ended")
    found = tuple(_parse_line(line) for line in lines[:-1].split("\n"))
    if len(found) > SIGNATURES_MAX:
        raise _malformed(f"{len(found)} signature lines; {SIGNATURES_MAX} is the most")
    return text + "\n", found


def open_note(data: bytes, verifiers: Iterable[Verifier]) -> OpenedNote:
    """Return a note's text when at least one known key signed it and no known key's line fails.

    Raises
    ------
    NotVerified
        `NOTE_MALFORMED`; `NOTE_SIGNATURE` when a line of a known key does not verify;
        `NOTE_UNSIGNED` when no known key signed.
    """
    text, lines = split_note(data)
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    signed, unknown = [], []
    for line in lines:
        verifier = known.get((line.name, line.key_id))
        if verifier is None:
            unknown.append(line)
            continue
        if not verifier.verify(text.encode("utf-8"), line.signature):
            raise NotVerified(
                "NOTE_SIGNATURE", f"the signature of {line.name} does not fit the note's text"
            )
        signed.append(_dated(line, verifier.type))
    if not signed:
        wanted = ", ".join(sorted(name for name, _ in known)) or "no key at all"
        raise NotVerified("NOTE_UNSIGNED", f"no line is signed by the expected key: {wanted}")
    return OpenedNote(text=text, signatures=tuple(signed), unknown=tuple(unknown))


def signature_line(name: str, identifier: bytes, signature: bytes) -> str:
    """Return a signature line with its newline."""
    return f"{_LINE_START}{name} {base64.b64encode(identifier + signature).decode('ascii')}\n"


def cosigned_message(type: int, name: str, time_s: int, text: bytes) -> bytes:  # noqa: A002
    """Return what a cosigner signs of a checkpoint (C2SP tlog-cosignature v1).

    Parameters
    ----------
    type
        `COSIGNATURE_ED25519`: the whole text is signed, extension lines too, but not the name.
        `COSIGNATURE_MLDSA44`: name, origin, size and root, but no extension lines.
    name
        Of the cosigner.
    time_s
        POSIX time, 0 … 2^63 − 1.
    text
        Text of the checkpoint, with its last newline.

    Raises
    ------
    ValueError
        When the type is no cosignature's, or time, name or text cannot be cosigned.
    """
    if not 0 <= time_s <= TIME_MAX:
        raise ValueError(f"time {time_s}: a cosignature's time is 0 to 2^63 - 1")
    if type == COSIGNATURE_ED25519:
        return b"cosignature/v1\ntime %d\n" % time_s + text
    if type != COSIGNATURE_MLDSA44:
        raise ValueError(f"type 0x{type:02x} is no cosignature's")
    origin, size, root, *_ = text.split(b"\n")
    cosigner = name.encode("utf-8")
    count, digest = int(size), base64.b64decode(root, validate=True)
    if not (1 <= len(cosigner) <= 255 and 1 <= len(origin) <= 255):
        raise ValueError("the names of cosigner and log have 1 to 255 bytes in this cosignature")
    if count >= 1 << 64 or len(digest) != 32:
        raise ValueError(f"size {count} with a root of {len(digest)} bytes")
    return b"".join(
        (
            b"subtree/v1\n\x00",
            bytes([len(cosigner)]) + cosigner,
            time_s.to_bytes(8),
            bytes([len(origin)]) + origin,
            bytes(8),  # from the first leaf
            count.to_bytes(8),
            digest,
        )
    )


def is_key_name(name: str) -> bool:
    """Tell whether a text can name a key: not empty, no Unicode space, no plus."""
    return bool(name) and "+" not in name and not any(letter.isspace() for letter in name)


def has_control_characters(text: str) -> bool:
    """Tell whether a text holds a character below U+0020 other than newline."""
    return any(letter < " " and letter != "\n" for letter in text)


def _parse_line(line: str) -> NoteSignature:
    if not line.startswith(_LINE_START):
        raise _malformed(f"a signature line does not start with a dash: {line[:40]!r}")
    name, space, material = line[len(_LINE_START) :].partition(" ")
    data = _decode_base64(material)
    if not space or not is_key_name(name) or data is None or len(data) < 5:
        raise _malformed(f"a signature line is not `— name base64`: {line[:40]!r}")
    return NoteSignature(name=name, key_id=data[:4], signature=data[4:])


def _dated(line: NoteSignature, type_: int) -> NoteSignature:
    if type_ == ED25519:
        return line
    time_s = int.from_bytes(line.signature[:8])
    return NoteSignature(
        name=line.name, key_id=line.key_id, signature=line.signature, time_s=time_s
    )


def _decode_base64(text: str) -> bytes | None:
    """Return the bytes of strict base64 in its one canonical form, else None."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data).decode("ascii") == text else None


def _malformed(detail: str) -> NotVerified:
    return NotVerified("NOTE_MALFORMED", f"this is no signed note: {detail}")
