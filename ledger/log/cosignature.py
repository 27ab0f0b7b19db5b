"""Make cosignatures of checkpoints (C2SP tlog-cosignature v1) and carry them from note to note.

A cosignature says: at this time, this was the largest consistent tree of this log that I have
seen. Ed25519 (type 0x04) and ML-DSA-44 (0x06, FIPS 204) are written; a cosigner has one key, and
its name belongs to that key alone. `note.Verifier` verifies both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from ledger.errors import NotVerified
from ledger.log import note
from ledger.log.checkpoint import parse_checkpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Cosigner:
    """A private key, Ed25519 or ML-DSA-44, with the name under which it cosigns.

    Raises
    ------
    ValueError
        When the name cannot name a key.
    """

    name: str
    private_key: Ed25519PrivateKey | MLDSA44PrivateKey

    def __post_init__(self) -> None:
        if not note.is_key_name(self.name) or len(self.name.encode("utf-8")) > 255:
            raise ValueError(
                f"{self.name!r} cannot name a cosigner: 1 to 255 bytes without space and plus"
            )

    @property
    def verifier(self) -> note.Verifier:
        """The public half."""
        ed25519 = isinstance(self.private_key, Ed25519PrivateKey)
        return note.Verifier(
            name=self.name,
            public_key=self.private_key.public_key().public_bytes_raw(),
            type=note.COSIGNATURE_ED25519 if ed25519 else note.COSIGNATURE_MLDSA44,
        )

    def cosign(self, text: str, *, time_s: int) -> bytes:
        """Return the signature line, with its newline, over the text of a checkpoint.

        Only a cosigner that has persisted this checkpoint as the largest it knows may call this.

        Parameters
        ----------
        time_s
            POSIX time, 0 … 2^63 − 1.

        Raises
        ------
        NotVerified
            `CHECKPOINT_MALFORMED` when the text is no checkpoint's.
        ValueError
            When the time is out of range, or the origin too long for this kind of key.
        """
        parse_checkpoint(text)
        key = self.verifier
        message = note.cosigned_message(key.type, self.name, time_s, text.encode("utf-8"))
        signature = time_s.to_bytes(8) + self.private_key.sign(message)
        return note.signature_line(self.name, key.key_id, signature).encode("utf-8")


def verified_lines(
    signed: bytes, answer: bytes, keys: Iterable[note.Verifier]
) -> tuple[note.NoteSignature, ...]:
    """Return those cosignatures in a witness's answer that are of known keys, all verified.

    Parameters
    ----------
    signed
        The note that was sent to the witness.
    answer
        What it sent back: signature lines.

    Raises
    ------
    NotVerified
        `NOTE_MALFORMED` when the answer is no signature lines; `NOTE_SIGNATURE` when a line of a
        known key does not verify; `NOTE_UNSIGNED` when no known key is among them.
    """
    text, _ = note.split_note(signed)
    opened = note.open_note(text.encode("utf-8") + b"\n" + answer, keys)
    if opened.text != text:  # an empty line in the answer would move the end of the text
        raise NotVerified("NOTE_MALFORMED", "the answer is not signature lines alone")
    return opened.signatures


def with_lines(signed: bytes, lines: Iterable[note.NoteSignature]) -> bytes:
    """Return a note with further signature lines, each (name, key id) once: the newest one.

    The lines that the note has keep their places; nothing is verified.
    """
    text, present = note.split_note(signed)
    newest: dict[tuple[str, bytes], note.NoteSignature] = {}
    for line in (*present, *lines):
        newest[line.name, line.key_id] = line
    return joined(text, tuple(newest.values()))


def only_lines(signed: bytes, keys: Sequence[note.Verifier]) -> bytes:
    """Return a note with the lines of these keys alone, which must verify.

    Raises
    ------
    NotVerified
        As `note.open_note`.
    """
    opened = note.open_note(signed, keys)
    return joined(opened.text, opened.signatures)


def joined(text: str, lines: Sequence[note.NoteSignature]) -> bytes:
    """Return a note of a text and signature lines.

    Raises
    ------
    NotVerified
        `NOTE_MALFORMED` when it would be larger than notes may be.
    """
    parts = [note.signature_line(one.name, one.key_id, one.signature) for one in lines]
    whole = (text + "\n" + "".join(parts)).encode("utf-8")
    if len(whole) > note.NOTE_BYTES_MAX or len(lines) > note.SIGNATURES_MAX:
        raise NotVerified(
            "NOTE_MALFORMED",
            f"a note of {len(whole):,} bytes and {len(lines)} lines; {note.NOTE_BYTES_MAX:,} and "
            f"{note.SIGNATURES_MAX} are the most",
        )
    return whole
