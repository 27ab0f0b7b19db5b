"""Nodes of the state map in memory: immutable, shared between versions of the map."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

from ledger.statemap.proofs import HASH_BYTES, KEY_BITS, bit_of

_BRANCH_PREFIX = tuple(b"\x03" + bytes((bit,)) for bit in range(KEY_BITS))


class Leaf(NamedTuple):
    """A key with its value."""

    hash: bytes
    key: bytes
    value: bytes

    @property
    def leaves(self) -> int:
        """Number of leaves: one."""
        return 1


class Stub(NamedTuple):
    """A part of the map that lies in the store under its hash; `leaves` is how many."""

    hash: bytes
    leaves: int


class Branch(NamedTuple):
    """Where keys part: those whose `bit` is 0 are left, the others right."""

    hash: bytes
    bit: int
    left: Node
    right: Node
    leaves: int


Node = Leaf | Stub | Branch
Item = tuple[bytes, bytes, int]
"""Key, value, and the bit at which the key parts from the tree (`KEY_BITS` when it is in it)."""


def make_leaf(key: bytes, value: bytes) -> Leaf:
    """Return the leaf of a key."""
    return Leaf(sha256(b"\x02" + key + value).digest(), key, value)


def make_branch(bit: int, left: Node, right: Node) -> Branch:
    """Return the branch over two sides."""
    digest = sha256(_BRANCH_PREFIX[bit] + left.hash + right.hash).digest()
    return Branch(digest, bit, left, right, left.leaves + right.leaves)


def parting_bit(one: bytes, other: bytes) -> int:
    """Return the first bit in which two keys differ; `KEY_BITS` when they are equal."""
    differing = int.from_bytes(one, "big") ^ int.from_bytes(other, "big")
    return KEY_BITS - differing.bit_length()


def build(leaves: Sequence[Leaf]) -> Leaf | Branch:
    """Return the tree over leaves, which are in the order of their keys, each key once."""
    if len(leaves) == 1:
        return leaves[0]
    bit = parting_bit(leaves[0].key, leaves[-1].key)
    low, high = 0, len(leaves) - 1  # the first leaf is left, the last is right
    while high - low > 1:
        middle = (low + high) // 2
        if bit_of(leaves[middle].key, bit):
            high = middle
        else:
            low = middle
    return make_branch(bit, build(leaves[:high]), build(leaves[high:]))


def check_item(key: bytes, value: bytes) -> None:
    """Raise `ValueError` unless key and value have 32 bytes each."""
    if len(key) != HASH_BYTES or len(value) != HASH_BYTES:
        raise ValueError(f"key and value have 32 bytes, got {len(key)} and {len(value)}")
