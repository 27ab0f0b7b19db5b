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
