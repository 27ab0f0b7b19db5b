"""How the state map is stored: pages of a few branches, and buckets of a few leaves.

A page stands under the hash of its topmost node, so it never changes: a new version of the map
adds the pages on the ways to what changed, and shares all others. Up to 16 leaves lie in one
bucket; above that, branches whose bits are of one group of four lie in one page. A change in a
map of n keys therefore reads and writes about (log2 n) / 4 pages of at most 650 bytes, and one
bucket of at most 1 KiB.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from ledger.errors import Corruption
from ledger.statemap.nodes import Branch, Leaf, Node, Stub, build, make_branch, make_leaf
from ledger.statemap.proofs import HASH_BYTES

BUCKET_MAX = 16
"""How many leaves lie in one bucket, at most."""
GROUP_BITS = 4
"""How many bits of the keys one page covers."""

ReadPages = Callable[[Sequence[bytes]], Mapping[bytes, bytes]]
"""Gives the pages under those of the hashes that are stored."""

_BUCKET, _PAGE = b"\x00", b"\x01"
_COUNT_BYTES = 4
_PAIR_BYTES = 2 * HASH_BYTES
_REFERENCE_BYTES = _COUNT_BYTES + HASH_BYTES


def is_top(parent: Branch, node: Node) -> bool:
    """Tell whether a node below `parent`, itself in no bucket, begins a page of its own."""
    if not isinstance(node, Branch) or node.leaves <= BUCKET_MAX:
        return True
    return node.bit // GROUP_BITS != parent.bit // GROUP_BITS


def tops_below(top: Node) -> Iterator[Node]:
    """Give the nodes below a page that begin pages of their own; none below a bucket."""
    if not isinstance(top, Branch) or top.leaves <= BUCKET_MAX:
        return
    waiting = [top]
    while waiting:
        branch = waiting.pop()
        for side in (branch.right, branch.left):
            if is_top(branch, side):
                yield side
            elif isinstance(side, Branch):
                waiting.append(side)


def encode_page(top: Node) -> bytes:
    """Return the page that begins at a node.

    Raises
    ------
    TypeError
        For a node that is not in memory.
    """
    if top.leaves <= BUCKET_MAX:
        return _BUCKET + b"".join(leaf.key + leaf.value for leaf in _leaves(top))
    if isinstance(top, Stub):
        raise TypeError(f"{top.hash.hex()} is not in memory: it is stored already")
    assert isinstance(top, Branch)
    parts = [_PAGE]
    _write(top, parts)
    return b"".join(parts)


def decode_page(data: bytes, digest: bytes) -> Leaf | Branch:
    """Return the top node of a page; what lies below the page are stubs.

    Raises
    ------
    Corruption
        `MAP_DAMAGED` when the bytes are no page of this hash.
    """
    try:
        top, end = _read_top(data)
    except (IndexError, ValueError, RecursionError):
        raise _damaged(digest) from None
    if end != len(data) or top.hash != digest:
        raise _damaged(digest)
    return top


def _leaves(node: Node) -> Iterator[Leaf]:
    if isinstance(node, Leaf):
        yield node
    elif isinstance(node, Branch):
        yield from _leaves(node.left)
        yield from _leaves(node.right)
    else:
        raise TypeError(f"{node.hash.hex()} is not in memory: it is stored already")


def _write(branch: Branch, parts: list[bytes]) -> None:
    """Write a branch before its sides: its bit, then what is left, then what is right."""
    parts.append(b"\x01" + bytes((branch.bit,)))
    for side in (branch.left, branch.right):
        if is_top(branch, side):
            parts.append(b"\x00" + side.leaves.to_bytes(_COUNT_BYTES, "big") + side.hash)
        else:
            assert isinstance(side, Branch)
            _write(side, parts)


def _read_top(data: bytes) -> tuple[Leaf | Branch, int]:
    if data[:1] == _BUCKET:
        steps = range(1, len(data), _PAIR_BYTES)
        pairs = [(data[at : at + HASH_BYTES], data[at + HASH_BYTES : at + 64]) for at in steps]
        keys = [key for key, _ in pairs]
        if keys != sorted(set(keys)) or not 0 < len(keys) <= BUCKET_MAX:
            raise ValueError("keys out of order")
        return build([make_leaf(key, value) for key, value in pairs]), 1 + len(pairs) * _PAIR_BYTES
    if data[:1] != _PAGE:
        raise ValueError("neither bucket nor page")
    if data[1] == 0:
        raise ValueError("a page begins with a branch")
    top, end = _read(data, 1)
    assert isinstance(top, Branch)
    return top, end


def _read(data: bytes, at: int) -> tuple[Node, int]:
    if data[at] == 0:
        end = at + 1 + _REFERENCE_BYTES
        count = int.from_bytes(data[at + 1 : at + 1 + _COUNT_BYTES], "big")
        return Stub(data[at + 1 + _COUNT_BYTES : end], count), end
    bit = data[at + 1]
    left, at = _read(data, at + 2)
    right, at = _read(data, at)
    return make_branch(bit, left, right), at


def _damaged(digest: bytes) -> Corruption:
    return Corruption(
        "MAP_DAMAGED",
        f"The stored page {digest.hex()} of the state map does not read or has another hash. "
        "Rebuild the map by replaying the log.",
    )
