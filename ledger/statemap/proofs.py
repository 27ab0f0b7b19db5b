"""The state map's hashes and proofs: all of it that a verifier needs.

The map is a binary tree with one leaf per key and one branch wherever keys part: no empty
subtrees, no branches with one side (a compressed sparse Merkle tree). A branch names the bit at
which its two sides part, so the way of a key through the tree is fixed by the hashes. Whoever
follows a key's bits ends at one leaf: if that leaf is the key's own, the key is there; if it is
another's, the key is not, because its leaf could stand nowhere else.

leaf = SHA-256(0x02 ‖ key ‖ value); branch = SHA-256(0x03 ‖ bit ‖ left ‖ right), `bit` one byte, bit
0 the highest of the key's first byte; the root of the empty map is 32 zero bytes. The first
bytes keep these hashes apart from those of the log's tree (0x00, 0x01).

References
----------
Dahlberg, Pulls and Peeters (2016), Efficient Sparse Merkle Trees; RFC 6962 for the tagging.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from ledger.errors import NotVerified
from ledger.log.canonical import JsonObject, encode

HASH_BYTES = 32
KEY_BITS = 256
EMPTY_MAP = bytes(HASH_BYTES)
"""Root of the map without keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MapProof:
    """Where the bits of a key lead.

    Parameters
    ----------
    key, value
        The leaf at the end of the way, 32 bytes each; None both in the empty map.
    steps
        (bit, sibling hash) of each branch on the way, from the root down: `bit` rises strictly.
    """

    key: bytes | None
    value: bytes | None
    steps: tuple[tuple[int, bytes], ...] = ()


def order_key(tag: str) -> bytes:
    """Return the map's key of an order: SHA-256("order" 0x00 ‖ its identity tag).

    Parameters
    ----------
    tag
        As `m.tag` of its submission writes it: 64 lower-case hex digits.
    """
    return hashlib.sha256(b"order\x00" + tag.encode("ascii")).digest()


def standing_key(kid: str) -> bytes:
    """Return the map's key of a signing key: SHA-256("key" 0x00 ‖ its key id, 32 hex digits)."""
    return hashlib.sha256(b"key\x00" + kid.encode("ascii")).digest()


def value_of(summary: JsonObject) -> bytes:
    """Return the map's value of a summary: SHA-256 of its canonical JSON.

    Raises
    ------
    NotCanonical
        When it lies outside the canonical profile.
    """
    return hashlib.sha256(encode(summary)).digest()


def leaf_hash(key: bytes, value: bytes) -> bytes:
    """Return SHA-256(0x02 ‖ key ‖ value)."""
    return hashlib.sha256(b"\x02" + key + value).digest()


def branch_hash(bit: int, left: bytes, right: bytes) -> bytes:
    """Return SHA-256(0x03 ‖ bit ‖ left ‖ right)."""
    return hashlib.sha256(b"\x03" + bytes((bit,)) + left + right).digest()


def bit_of(key: bytes, bit: int) -> int:
    """Return one bit of a key; bit 0 is the highest of its first byte."""
    return key[bit >> 3] >> (7 - (bit & 7)) & 1


def verify_presence(root: bytes, key: bytes, value: bytes, proof: MapProof) -> None:
    """Check that the map with this root holds this value under this key.

    Raises
    ------
    NotVerified
        `MAP_PROOF_MALFORMED`, `MAP_ROOT_DIFFERS`, `MAP_ABSENT` when the proof shows that the key
        is not there, `MAP_VALUE_DIFFERS` when it holds another value.
    """
    _check_root(root, key, proof)
    if proof.key != key:
        raise NotVerified("MAP_ABSENT", f"the state map has no key {key.hex()}")
    if proof.value != value:
        raise NotVerified(
            "MAP_VALUE_DIFFERS",
            f"the state map holds {_hex(proof.value)} under {key.hex()}, expected {value.hex()}",
        )


def verify_absence(root: bytes, key: bytes, proof: MapProof) -> None:
    """Check that the map with this root does not hold this key.

    Raises
    ------
    NotVerified
        `MAP_PROOF_MALFORMED`, `MAP_ROOT_DIFFERS`, or `MAP_PRESENT` when the key is there.
    """
    _check_root(root, key, proof)
    if proof.key == key:
        raise NotVerified("MAP_PRESENT", f"the state map does hold the key {key.hex()}")


def _check_root(root: bytes, key: bytes, proof: MapProof) -> None:
    """Check that the key's bits lead from this root to the proof's leaf."""
    if proof.key is None or proof.value is None:
        _require(proof.key is proof.value and not proof.steps, "an empty map has no leaf, no step")
        digest = EMPTY_MAP
    else:
        _check_form(key, proof.key, proof.value, proof.steps)
        digest = leaf_hash(proof.key, proof.value)
        for bit, sibling in reversed(proof.steps):
            sides = (sibling, digest) if bit_of(key, bit) else (digest, sibling)
            digest = branch_hash(bit, *sides)
    if digest != root:
        raise NotVerified(
            "MAP_ROOT_DIFFERS",
            f"the state map's root is {root.hex()}, the proof leads to {digest.hex()}",
        )


def _check_form(asked: bytes, key: bytes, value: bytes, steps: Sequence[tuple[int, bytes]]) -> None:
    lengths = {len(asked), len(key), len(value), *(len(sibling) for _, sibling in steps)}
    _require(lengths == {HASH_BYTES}, "keys, values and hashes have 32 bytes")
    last = -1
    for bit, _ in steps:
        _require(last < bit < KEY_BITS, "the bits of the steps rise from 0 to 255 at most")
        # The leaf was reached by the asked key's bits: at each step both go the same way.
        _require(bit_of(asked, bit) == bit_of(key, bit), f"the leaf lies off the way at bit {bit}")
        last = bit


def _require(holds: bool, what: str) -> None:  # noqa: FBT001 (a condition)
    if not holds:
        raise NotVerified("MAP_PROOF_MALFORMED", f"this is no proof of the state map: {what}")


def _hex(value: bytes | None) -> str:
    return "nothing" if value is None else value.hex()
