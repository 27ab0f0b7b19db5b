"""The tree of RFC 6962 over the same entries with SM3 (GB/T 32905) in the place of SHA-256.

For parks that must state a root in commercial cryptography: an entry a day carries it. The log's
own tree, its checkpoints and its proofs stay SHA-256, which every C2SP client reads.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.hazmat.primitives.hashes import SM3, Hash

HASH_BYTES = 32


def sm3(data: bytes) -> bytes:
    """Return the SM3 digest, 32 bytes."""
    hasher = Hash(SM3())
    hasher.update(data)
    return hasher.finalize()


@dataclass(frozen=True, slots=True)
class Sm3Frontier:
    """Right edge of the SM3 tree: the complete subtrees from left to right.

    Parameters
    ----------
    size
        Number of leaves.
    hashes
        One hash for each bit that is set in the size, the largest subtree first.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.hashes) != self.size.bit_count():
            raise ValueError(f"{len(self.hashes)} hashes are no frontier of {self.size} leaves")

    def extended(self, entries: Iterable[bytes]) -> Sm3Frontier:
        """Return the frontier after these entries."""
        size, stack = self.size, list(self.hashes)
        for entry in entries:
            digest, carry = sm3(b"\x00" + entry), size
            while carry & 1:
                digest = sm3(b"\x01" + stack.pop() + digest)
                carry >>= 1
            stack.append(digest)
            size += 1
        return Sm3Frontier(size, tuple(stack))

    def root(self) -> bytes:
        """Return the root of the tree; SM3 of nothing for the empty one."""
        if not self.hashes:
            return sm3(b"")
        digest = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            digest = sm3(b"\x01" + left + digest)
        return digest
