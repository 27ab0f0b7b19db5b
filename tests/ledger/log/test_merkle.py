"""The tree: proofs verify, and nothing else does."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import NotVerified
from ledger.log.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    range_nodes,
    root_at,
    root_of,
    verify_consistency,
    verify_inclusion,
    verify_subtree_consistency,
    verify_subtree_inclusion,
)
from ledger.log.tiles import LeafNodes

SIZE_MAX = 300
ENTRIES = [b"entry %d" % number for number in range(SIZE_MAX)]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]
NODES = LeafNodes(ENTRIES)


def naive_root(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(naive_root(leaves[:split]), naive_root(leaves[split:]))


ROOTS = [naive_root(LEAVES[:size]) for size in range(SIZE_MAX + 1)]


def test_frontier_has_the_root_at_every_size():
    frontier = Frontier()
    for size, leaf in enumerate(LEAVES):
        assert frontier.root() == ROOTS[size]
        assert Frontier.decode(size, frontier.encode()) == frontier
        frontier = frontier.extended([leaf])
    assert frontier.root() == ROOTS[SIZE_MAX]
    assert Frontier().extended(LEAVES) == frontier
    assert root_of(LEAVES) == ROOTS[SIZE_MAX]


def test_empty_tree():
    assert root_of([]) == EMPTY_ROOT == hashlib.sha256(b"").digest()
    assert root_at(0, NODES) == EMPTY_ROOT


def test_frontier_refuses_hashes_that_do_not_fit_the_size():
    with pytest.raises(ValueError, match="set bits"):
        Frontier(3, (b"\0" * 32,))
    with pytest.raises(ValueError, match="whole number"):
        Frontier.decode(1, b"\0" * 33)


def test_inclusion_proofs_verify_for_all_leaves_of_all_sizes_to_300():
    for size in range(1, SIZE_MAX + 1):
        for index in {0, 1, size // 3, size // 2, size - 2, size - 1} & set(range(size)):
            proof = inclusion_proof(index, size, NODES)
            verify_inclusion(index, size, LEAVES[index], proof, ROOTS[size])


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 100, 255, 256, 257, 300])
def test_inclusion_proofs_verify_for_every_leaf(size):
    for index in range(size):
        proof = inclusion_proof(index, size, NODES)
        verify_inclusion(index, size, LEAVES[index], proof, ROOTS[size])


def test_consistency_proofs_verify_for_all_pairs_of_sizes_to_300():
    for new in range(1, SIZE_MAX + 1):
        for old in {1, 2, new // 4, new // 2, new // 2 + 1, new - 1, new} & set(range(1, new + 1)):
            proof = consistency_proof(old, new, NODES)
            verify_consistency(old, new, ROOTS[old], ROOTS[new], proof)
            if old < new:
                with pytest.raises(NotVerified):
                    verify_consistency(old, new, ROOTS[new], ROOTS[old], proof)


places = st.integers(1, SIZE_MAX).flatmap(
    lambda size: st.tuples(st.integers(0, size - 1), st.just(size))
)


@given(places, st.data())
def test_a_changed_inclusion_proof_fails(place, data):
    """A byte, a hash more or less, another index or size: each is found."""
    index, size = place
    proof = list(inclusion_proof(index, size, NODES))
    kind = data.draw(st.sampled_from(["byte", "longer", "shorter", "leaf", "root", "index"]))
    leaf, root = LEAVES[index], ROOTS[size]
    if kind in ("byte", "shorter") and not proof:
        kind = "longer"
    if kind == "byte":
        at = data.draw(st.integers(0, len(proof) - 1))
        proof[at] = flip(proof[at], data)
    elif kind == "longer":
        proof.insert(
            data.draw(st.integers(0, len(proof))), data.draw(st.binary(min_size=32, max_size=32))
        )
    elif kind == "shorter":
        del proof[data.draw(st.integers(0, len(proof) - 1))]
    elif kind == "leaf":
        leaf = flip(leaf, data)
    elif kind == "root":
        root = flip(root, data)
    elif size == 1:
        index = data.draw(st.integers(1, 5))
    else:
        index = data.draw(st.integers(0, size - 1).filter(lambda other: other != index))
    with pytest.raises(NotVerified):
        verify_inclusion(index, size, leaf, proof, root)


pairs = st.integers(2, SIZE_MAX).flatmap(
    lambda new: st.tuples(st.integers(1, new - 1), st.just(new))
)


@given(pairs, st.data())
def test_a_changed_consistency_proof_fails(sizes, data):
    old, new = sizes
    proof = list(consistency_proof(old, new, NODES))
    old_root, new_root = ROOTS[old], ROOTS[new]
    kind = data.draw(st.sampled_from(["byte", "longer", "shorter", "old root", "new root"]))
    if kind == "byte":
        at = data.draw(st.integers(0, len(proof) - 1))
        proof[at] = flip(proof[at], data)
    elif kind == "longer":
        proof.insert(
            data.draw(st.integers(0, len(proof))), data.draw(st.binary(min_size=32, max_size=32))
        )
    elif kind == "shorter":
        del proof[data.draw(st.integers(0, len(proof) - 1))]
    elif kind == "old root":
        old_root = flip(old_root, data)
    else:
        new_root = flip(new_root, data)
    with pytest.raises(NotVerified):
        verify_consistency(old, new, old_root, new_root, proof)


def flip(value: bytes, data: st.DataObject) -> bytes:
    """Return the bytes with one bit changed."""
    changed = bytearray(value)
    changed[data.draw(st.integers(0, len(value) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    return bytes(changed)


def test_verifiers_say_what_is_wrong():
    proof, root = inclusion_proof(3, 7, NODES), ROOTS[7]
    cases = (
        ("INDEX_RANGE", 7, 7, LEAVES[3], proof),
        ("INDEX_RANGE", -1, 7, LEAVES[3], proof),
        ("INDEX_RANGE", 0, 0, LEAVES[3], ()),
        ("HASH_LENGTH", 3, 7, LEAVES[3][:31], proof),
        ("HASH_LENGTH", 3, 7, LEAVES[3], (b"", *proof[1:])),
        ("PROOF_LENGTH", 3, 7, LEAVES[3], proof[:-1]),
        ("PROOF_LENGTH", 3, 7, LEAVES[3], (*proof, root)),
        ("ROOT_DIFFERS", 3, 7, LEAVES[2], proof),
    )
    for code, index, size, leaf, hashes in cases:
        with pytest.raises(NotVerified) as caught:
            verify_inclusion(index, size, leaf, hashes, root)
        assert caught.value.code == code
    for code, old, new, hashes in (
        ("SIZE_RANGE", 0, 7, ()),
        ("SIZE_RANGE", 8, 7, ()),
        ("PROOF_LENGTH", 7, 7, (root,)),
        ("PROOF_LENGTH", 3, 7, ()),
    ):
        with pytest.raises(NotVerified) as caught:
            verify_consistency(old, new, ROOTS[old], ROOTS[new], hashes)
        assert caught.value.code == code


def test_provers_refuse_what_is_not_there():
    with pytest.raises(ValueError, match="not in a tree"):
        inclusion_proof(3, 3, NODES)
    with pytest.raises(ValueError, match="cannot be the beginning"):
        consistency_proof(4, 3, NODES)
    assert consistency_proof(0, 5, NODES) == ()
    assert consistency_proof(5, 5, NODES) == ()


def test_range_nodes_cover_each_leaf_once():
    for size in range(SIZE_MAX):
        covered = [
            leaf
            for level, index in range_nodes(0, size)
            for leaf in range(index << level, (index + 1) << level)
        ]
        assert covered == list(range(size))


def subtree_proof(start: int, end: int, low: int, high: int, *, known: bool) -> list[bytes]:
    """Return the proof that [start, end) is part of [low, high), as the draft defines it."""
    if (start, end) == (low, high):
        return [] if known else [range_root(low, high)]
    middle = low + (1 << ((high - low - 1).bit_length() - 1))
    if end <= middle:
        return [*subtree_proof(start, end, low, middle, known=known), range_root(middle, high)]
    if middle <= start:
        return [*subtree_proof(start, end, middle, high, known=known), range_root(low, middle)]
    return [*subtree_proof(middle, end, middle, high, known=False), range_root(low, middle)]


def range_root(low: int, high: int) -> bytes:
    """Return the root over some leaves of the test."""
    return root_of([leaf_hash(b"%d" % number) for number in range(low, high)])


def test_subtree_proofs_verify_for_every_subtree_of_small_trees():
    """And none does for a tree of another size, another root or a changed hash."""
    for size in range(1, 20):
        root = range_root(0, size)
        for start, end in subtrees(size):
            part = range_root(start, end)
            proof = subtree_proof(start, end, 0, size, known=True)
            verify_subtree_consistency(start, end, size, part, root, proof)
            for wrong in (
                (start, end, size, part, range_root(0, size + 1), proof),
                (start, end, size, part, root, [*proof, part]),
                (start, end, size, range_root(start, end + 1), root, proof),
                *(((start, end, size, part, root, proof[:-1]),) if proof else ()),
            ):
                with pytest.raises(NotVerified):
                    verify_subtree_consistency(*wrong)


def subtrees(size: int) -> list[tuple[int, int]]:
    """Return every [start, end) that is a subtree of a tree, the empty ones left out."""
    found = []
    for start in range(size):
        for end in range(start + 1, size + 1):
            if start % (1 << (end - start - 1).bit_length()) == 0:
                found.append((start, end))
    return found


def test_the_inclusion_of_a_leaf_in_a_subtree():
    for start, end in ((0, 5), (8, 13), (4, 8)):
        leaves = [leaf_hash(b"%d" % number) for number in range(start, end)]
        root = root_of(leaves)
        nodes = LeafNodes([b"%d" % number for number in range(start, end)])
        for index in range(start, end):
            proof = inclusion_proof(index - start, end - start, nodes)
            leaf = leaves[index - start]
            verify_subtree_inclusion(index, start, end, leaf, proof, root)
            for other in (index - 1, index + 1, start - 1, end):
                with pytest.raises(NotVerified):
                    verify_subtree_inclusion(other, start, end, leaf, proof, root)


@pytest.mark.parametrize(("start", "end"), [(-1, 1), (2, 1), (1, 3), (2, 5), (3, 11)])
def test_what_is_no_subtree_has_no_proof(start: int, end: int):
    for size in (end, 20):
        with pytest.raises(NotVerified) as caught:
            verify_subtree_consistency(start, end, size, bytes(32), bytes(32), [])
        assert caught.value.code == "SIZE_RANGE"
    with pytest.raises(NotVerified) as caught:
        verify_subtree_inclusion(start, start, end, bytes(32), [], bytes(32))
    assert caught.value.code == "SIZE_RANGE"


def test_a_subtree_beyond_the_tree_has_no_proof():
    with pytest.raises(NotVerified) as caught:
        verify_subtree_consistency(4, 8, 7, bytes(32), bytes(32), [])
    assert caught.value.code == "SIZE_RANGE"
