"""The Merkle tree of RFC 6962 section 2.1 (RFC 9162 section 2.1) with SHA-256: pure functions.

A *node* is the hash of a complete subtree, named by its level (0 = leaves) and its index on that
level; proof functions take any callable `nodes(level, index) -> bytes`, which may read memory,
tiles or a database. Nothing here does I/O.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ledger.errors import NotVerified

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
"""Root of the tree without leaves."""

Nodes = Callable[[int, int], bytes]
"""`nodes(level, index)`: the hash of the complete subtree over the 2^level leaves of that index."""


def leaf_hash(entry: bytes) -> bytes:
    """Return SHA-256(0x00 ‖ entry)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return SHA-256(0x01 ‖ left ‖ right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(leaf_hashes: Iterable[bytes]) -> bytes:
    """Return the root of the tree over all leaf hashes, in one pass."""
    return Frontier().extended(leaf_hashes).root()


@dataclass(frozen=True, slots=True)
class Frontier:
    """What is needed to go on: the roots of the complete subtrees on the right edge.

    Parameters
    ----------
    size
        Number of leaves, ≥ 0.
    hashes
        One hash for each set bit of `size`, the largest subtree first; at most 64.

    Raises
    ------
    ValueError
        When the number of hashes does not fit the size.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.hashes) != self.size.bit_count():
            raise ValueError(
                f"a frontier of size {self.size} has as many hashes as set bits, "
                f"got {len(self.hashes)}"
            )

    def extended(self, leaf_hashes: Iterable[bytes]) -> Frontier:
        """Return the frontier after these leaves: two hashes a leaf on average."""
        size, stack = self.size, list(self.hashes)
        sha256 = hashlib.sha256
        for digest in leaf_hashes:
            carry = size
            while carry & 1:  # two complete subtrees of one height become one
                digest = sha256(b"\x01" + stack.pop() + digest).digest()  # noqa: PLW2901
                carry >>= 1
            stack.append(digest)
            size += 1
        return Frontier(size, tuple(stack))

    def root(self) -> bytes:
        """Return the root of the tree."""
        if not self.hashes:
            return EMPTY_ROOT
        digest = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            digest = node_hash(left, digest)
        return digest

    def encode(self) -> bytes:
        """Return the hashes joined: 32 bytes each."""
        return b"".join(self.hashes)

    @staticmethod
    def decode(size: int, data: bytes) -> Frontier:
        """Return the frontier of `encode`d hashes.

        Raises
        ------
        ValueError
            When the bytes do not fit the size.
        """
        if len(data) % HASH_BYTES:
            raise ValueError(f"{len(data)} bytes are not a whole number of hashes")
        steps = range(0, len(data), HASH_BYTES)
        return Frontier(size, tuple(data[at : at + HASH_BYTES] for at in steps))


def range_nodes(start: int, stop: int) -> list[tuple[int, int]]:
    """Return the (level, index) of the complete subtrees that cover [start, stop), left to right.

    `start` must be a multiple of the largest power of two that fits, as in every subtree of the
    recursive split; the cover is then unique.
    """
    found = []
    while start < stop:
        level = (stop - start).bit_length() - 1
        found.append((level, start >> level))
        start += 1 << level
    return found


def range_hash(start: int, stop: int, nodes: Nodes) -> bytes:
    """Return the hash of the subtree over leaves [start, stop)."""
    digest: bytes | None = None
    for level, index in reversed(range_nodes(start, stop)):
        left = nodes(level, index)
        digest = left if digest is None else node_hash(left, digest)
    return EMPTY_ROOT if digest is None else digest


def root_at(size: int, nodes: Nodes) -> bytes:
    """Return the root of the tree of the first `size` leaves."""
    return range_hash(0, size, nodes)


def inclusion_proof(index: int, size: int, nodes: Nodes) -> tuple[bytes, ...]:
    """Return the sibling hashes of leaf `index` in the tree of `size` leaves, leaf side first.

    Raises
    ------
    ValueError
        When there is no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    proof: list[bytes] = []
    start, stop = 0, size
    while stop - start > 1:
        split = start + _split(stop - start)
        if index < split:
            proof.append(range_hash(split, stop, nodes))
            stop = split
        else:
            proof.append(range_hash(start, split, nodes))
            start = split
    return tuple(reversed(proof))


def verify_inclusion(
    index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes
) -> None:
    """Check that a leaf hash is at `index` in the tree of `size` leaves with this root.

    Raises
    ------
    NotVerified
        `INDEX_RANGE`, `HASH_LENGTH`, `PROOF_LENGTH` or `ROOT_DIFFERS`.

    References
    ----------
    RFC 9162 section 2.1.3.2.
    """
    if not 0 <= index < size:
        raise NotVerified("INDEX_RANGE", f"leaf {index} is not in a tree of {size}")
    _check_lengths((leaf, root, *proof))
    place, last, digest = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise _proof_length(f"the inclusion proof of leaf {index} in {size}", "too long")
        if place & 1 or place == last:
            digest = node_hash(sibling, digest)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            digest = node_hash(digest, sibling)
        place, last = place >> 1, last >> 1
    if last != 0:
        raise _proof_length(f"the inclusion proof of leaf {index} in {size}", "too short")
    _check_root(digest, root, size)


def consistency_proof(old: int, new: int, nodes: Nodes) -> tuple[bytes, ...]:
    """Return the proof that the tree of `old` leaves is the beginning of that of `new`.

    Equal sizes have an empty proof, and so has `old` = 0 (the protocol accepts that; the verifier
    is not asked).

    Raises
    ------
    ValueError
        When `old` > `new` or a size is negative.
    """
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {old} cannot be the beginning of one of {new}")
    if old in (0, new):
        return ()
    proof: list[bytes] = []
    start, stop, whole = 0, new, True
    while stop != old:
        split = start + _split(stop - start)
        if old <= split:
            proof.append(range_hash(split, stop, nodes))
            stop = split
        else:
            proof.append(range_hash(start, split, nodes))
            start, whole = split, False
    if not whole:  # the verifier does not know this subtree: it is not the whole old tree
        proof.append(range_hash(start, stop, nodes))
    return tuple(reversed(proof))


def verify_consistency(
    old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the tree of `old` leaves is the beginning of that of `new`, 0 < old ≤ new.

    Raises
    ------
    NotVerified
        `SIZE_RANGE` (also for `old` = 0, which the protocol decides and not this proof),
        `HASH_LENGTH`, `PROOF_LENGTH` or `ROOT_DIFFERS`.

    References
    ----------
    RFC 9162 section 2.1.4.2.
    """
    if not 0 < old <= new:
        raise NotVerified("SIZE_RANGE", f"no consistency proof leads from {old} to {new}")
    verify_subtree_consistency(0, old, new, old_root, new_root, proof)


def verify_subtree_inclusion(
    index: int, start: int, end: int, leaf: bytes, proof: Sequence[bytes], root: bytes
) -> None:
    """Check that a leaf hash is at `index` in the subtree over leaves [start, end).

    Raises
    ------
    NotVerified
        As `verify_inclusion`; `SIZE_RANGE` when the tree has no such subtree.
    """
    _check_subtree(start, end)
    if index < start:
        raise NotVerified("INDEX_RANGE", f"leaf {index} is not in the subtree {start} to {end}")
    verify_inclusion(index - start, end - start, leaf, proof, root)


def verify_subtree_consistency(
    start: int, end: int, size: int, subtree_root: bytes, root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the subtree over leaves [start, end) is part of the tree of `size` leaves.

    Raises
    ------
    NotVerified
        `SIZE_RANGE` when the tree has no such subtree, `HASH_LENGTH`, `PROOF_LENGTH` or
        `ROOT_DIFFERS`.

    References
    ----------
    draft-ietf-plants-merkle-tree-certs section 4.4.3. With `start` = 0 it is RFC 9162 section
    2.1.4.2.
    """
    _check_subtree(start, end)
    if end > size:
        raise NotVerified("SIZE_RANGE", f"leaves {start} to {end} are not in a tree of {size}")
    what = f"the consistency proof from {end} to {size}"
    if start:
        what = f"the proof of leaves {start} to {end} in {size}"
    if start == end or (start, end) == (0, size):  # nothing, or everything: no hash is needed
        if proof:
            raise _proof_length(what, "too long")
        _check_root(subtree_root, EMPTY_ROOT if start == end else root, end)
        return
    _check_lengths((subtree_root, root, *proof))
    first, place, last = start, end - 1, size - 1
    # Up to the largest node that the subtree ends with; it may be the whole subtree.
    while first != place and (place & 1 or place == last):
        first, place, last = first >> 1, place >> 1, last >> 1
    path = list(proof)
    if first == place:
        path.insert(0, subtree_root)  # the subtree is itself a node of the tree
    if not path:
        raise _proof_length(what, "too short")
    part_digest, digest = _climb(first, place, last, path, what)
    _check_root(part_digest, subtree_root, end)
    _check_root(digest, root, size)


def _climb(
    first: int, place: int, last: int, path: Sequence[bytes], what: str
) -> tuple[bytes, bytes]:
    """Return the roots of the subtree and of the tree to which a consistency proof leads."""
    part_digest = digest = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise _proof_length(what, "too long")
        if place & 1 or place == last:
            if first < place:  # otherwise the sibling lies before the subtree
                part_digest = node_hash(sibling, part_digest)
            digest = node_hash(sibling, digest)
            while place and not place & 1:
                first, place, last = first >> 1, place >> 1, last >> 1
        else:
            digest = node_hash(digest, sibling)
        first, place, last = first >> 1, place >> 1, last >> 1
    if last != 0:
        raise _proof_length(what, "too short")
    return part_digest, digest


def _check_subtree(start: int, end: int) -> None:
    """Check that a tree has a subtree over [start, end): `start` fits its width rounded up.

    The empty one is part of every tree.
    """
    width = end - start
    if start < 0 or width < 0 or (width and start % (1 << (width - 1).bit_length())):
        raise NotVerified("SIZE_RANGE", f"no subtree is over leaves {start} to {end}")


def _split(size: int) -> int:
    """Return the largest power of two below `size` (size ≥ 2)."""
    return 1 << ((size - 1).bit_length() - 1)


def _check_lengths(hashes: Iterable[bytes]) -> None:
    for digest in hashes:
        if len(digest) != HASH_BYTES:
            raise NotVerified("HASH_LENGTH", f"a hash has {len(digest)} bytes, expected 32")


def _check_root(got: bytes, expected: bytes, size: int) -> None:
    if got != expected:
        raise NotVerified(
            "ROOT_DIFFERS",
            f"the root at size {size} is {expected.hex()}, the proof leads to {got.hex()}",
        )


def _proof_length(what: str, how: str) -> NotVerified:
    return NotVerified("PROOF_LENGTH", f"{what} is {how}")
