"""The state map: roots equal an oracle's, proofs hold, stored pages are exactly what is needed."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping, Sequence

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from ledger.errors import Corruption, NotVerified
from ledger.statemap.nodes import Stub
from ledger.statemap.pages import BUCKET_MAX, decode_page, encode_page
from ledger.statemap.proofs import (
    EMPTY_MAP,
    MapProof,
    bit_of,
    branch_hash,
    leaf_hash,
    verify_absence,
    verify_presence,
)
from ledger.statemap.tree import StateMap


def key(number: int) -> bytes:
    """Return a key like those of the record: spread over all bits."""
    return hashlib.sha256(b"key %d" % number).digest()


def value(number: int) -> bytes:
    """Return a value."""
    return hashlib.sha256(b"value %d" % number).digest()


def oracle(held: Mapping[bytes, bytes], bit: int = 0) -> bytes:
    """Return the root by splitting at every bit, sides without keys left out."""
    if not held:
        return EMPTY_MAP
    if len(held) == 1:
        return leaf_hash(*next(iter(held.items())))
    sides = [{k: v for k, v in held.items() if bit_of(k, bit) == side} for side in (0, 1)]
    if not sides[0] or not sides[1]:
        return oracle(held, bit + 1)
    return branch_hash(bit, *(oracle(side, bit + 1) for side in sides))


class Store:
    """Pages in a dictionary; gives only what is there."""

    def __init__(self) -> None:
        self.pages: dict[bytes, bytes] = {}
        self.reads = 0

    def read(self, hashes: Sequence[bytes]) -> Mapping[bytes, bytes]:
        self.reads += 1
        return {one: self.pages[one] for one in hashes if one in self.pages}

    def take(self, state_map: StateMap) -> None:
        added, superseded = state_map.take_pages()
        assert not added.keys() & self.pages.keys()
        self.pages |= added
        for one in superseded:
            del self.pages[one]

    def reachable(self, root: bytes) -> set[bytes]:
        found: set[bytes] = set()
        waiting = [root] if root != EMPTY_MAP else []
        while waiting:
            digest = waiting.pop()
            found.add(digest)
            nodes = [decode_page(self.pages[digest], digest)]
            while nodes:
                node = nodes.pop()
                if isinstance(node, Stub):
                    waiting.append(node.hash)
                elif hasattr(node, "left"):
                    nodes += [node.left, node.right]
        return found


CLOSE = st.integers(0, 40).map(lambda n: bytes(31) + bytes([n]))
FAR = st.integers(0, 60).map(key)
STEPS = st.lists(
    st.dictionaries(st.one_of(CLOSE, FAR), st.integers(0, 10**9), max_size=25), max_size=6
)


@settings(max_examples=30, deadline=None)
@given(STEPS, st.lists(st.booleans(), min_size=8, max_size=8))
def test_a_map_in_memory_and_a_stored_one_equal_the_oracle(steps, reopened) -> None:
    """After each step: the roots, every proof, and that the store holds exactly what is reached."""
    held: dict[bytes, bytes] = {}
    store, memory = Store(), StateMap()
    stored, count = StateMap(store.read), 0
    for step, reopen in zip(steps, reopened, strict=False):
        changes = {}
        for one in step:
            count += 1
            changes[one] = value(count)  # values never come back, as summaries never do
        held |= changes
        memory.put(changes)
        stored.put(changes)
        assert memory.root == stored.root == oracle(held)
        store.take(stored)
        assert store.reachable(stored.root) == set(store.pages)
        if reopen:
            stored = StateMap(store.read, root=stored.root)
        for asked in (*list(held)[:5], key(1_000), bytes(32), b"\xff" * 32):
            proof = stored.prove(asked)
            assert proof == memory.prove(asked)
            if asked in held:
                verify_presence(stored.root, asked, held[asked], proof)
                assert stored.get(asked) == held[asked]
            else:
                verify_absence(stored.root, asked, proof)
                assert stored.get(asked) is None


def test_keys_in_any_order_and_grouping_give_one_root() -> None:
    held = {key(n): value(n) for n in range(200)}
    whole, single, backwards = StateMap(), StateMap(), StateMap()
    whole.put(held)
    for one, own in held.items():
        single.put({one: own})
    for one in reversed(held):
        backwards.put({one: held[one]})
    assert whole.root == single.root == backwards.root == oracle(held)


def test_the_same_value_again_changes_nothing() -> None:
    store = Store()
    state_map = StateMap(store.read)
    state_map.put({key(n): value(n) for n in range(50)})
    store.take(state_map)
    state_map.put({key(7): value(7)})
    assert state_map.take_pages() == ({}, ())


def test_a_change_reads_and_writes_a_few_pages_only() -> None:
    """4,000 keys: three bits of path a page, so at most five pages are on any way."""
    store = Store()
    state_map = StateMap(store.read)
    state_map.put({key(n): value(n) for n in range(4_000)})
    store.take(state_map)
    state_map = StateMap(store.read, root=state_map.root)
    store.reads = 0
    state_map.put({key(17): value(-1)})
    added, superseded = state_map.take_pages()
    assert store.reads == len(added) == len(superseded) <= 5
    assert sum(map(len, added.values())) < 5_000


def test_many_keys_are_read_level_by_level() -> None:
    store = Store()
    state_map = StateMap(store.read)
    state_map.put({key(n): value(n) for n in range(4_000)})
    store.take(state_map)
    state_map = StateMap(store.read, root=state_map.root)
    store.reads = 0
    state_map.put({key(n): value(-n - 1) for n in range(200)})
    assert store.reads <= 5


def test_old_versions_stay_readable_while_their_pages_are_kept() -> None:
    store = Store()
    state_map = StateMap(store.read)
    state_map.put({key(n): value(n) for n in range(100)})
    store.take(state_map)
    before = state_map.root
    state_map.put({key(3): value(-3), key(1_000): value(1_000)})
    added, superseded = state_map.take_pages()
    store.pages |= added
    old = StateMap(store.read, root=before)
    assert old.get(key(3)) == value(3)
    assert old.get(key(1_000)) is None
    assert StateMap(store.read, root=state_map.root).get(key(3)) == value(-3)
    for one in superseded:
        del store.pages[one]
    assert StateMap(store.read, root=state_map.root).get(key(99)) == value(99)
    with pytest.raises(Corruption) as caught:
        StateMap(store.read, root=before).get(key(3))
    assert caught.value.code == "MAP_DAMAGED"


def test_a_long_life_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.statemap.tree.PAGES_MAX", 20)
    store, held = Store(), {}
    state_map = StateMap(store.read)
    for step in range(60):
        changes = {key(step * 10 + n): value(step * 10 + n) for n in range(10)}
        held |= changes
        state_map.put(changes)
        store.take(state_map)
        assert len(state_map._stored) <= 21
    assert state_map.root == oracle(held)
    assert store.reachable(state_map.root) == set(store.pages)


@pytest.mark.parametrize("change", [{b"short": bytes(32)}, {bytes(32): b"short"}])
def test_other_lengths_are_refused_and_change_nothing(change) -> None:
    state_map = StateMap()
    with pytest.raises(ValueError, match="32 bytes"):
        state_map.put({key(1): value(1), **change})
    assert state_map.root == EMPTY_MAP
    state_map.put({})
    assert state_map.prove(key(1)) == MapProof(key=None, value=None)


def test_damaged_pages_are_found() -> None:
    """Every byte of a page and of a bucket, and every cut."""
    store = Store()
    state_map = StateMap(store.read)
    state_map.put({key(n): value(n) for n in range(BUCKET_MAX + 4)})
    store.take(state_map)
    for digest, data in store.pages.items():
        assert encode_page(decode_page(data, digest)) == data
        damaged = [data[:i] + bytes([data[i] ^ 1]) + data[i + 1 :] for i in range(len(data))]
        unseen = 0
        for bad in (*damaged, data[:-1], data + b"\x00", b"", b"\x02" + data[1:]):
            with contextlib.suppress(Corruption):
                assert encode_page(decode_page(bad, digest)) != data
                unseen += 1  # a count of leaves is no part of the hash
        references = sum(isinstance(node, Stub) for node in _nodes(decode_page(data, digest)))
        assert unseen <= 4 * references
    with pytest.raises(TypeError, match="not in memory"):
        encode_page(Stub(bytes(32), 40))
    with pytest.raises(TypeError, match="not in memory"):
        encode_page(Stub(bytes(32), 4))


def _nodes(top: object) -> list[object]:
    found, waiting = [], [top]
    while waiting:
        node = waiting.pop()
        found.append(node)
        if hasattr(node, "left"):
            waiting += [node.left, node.right]
    return found


# Proofs --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def filled() -> StateMap:
    """A map of 60 keys."""
    state_map = StateMap()
    state_map.put({key(n): value(n) for n in range(60)})
    return state_map


def rejected(code: str, check, *arguments: object) -> None:
    with pytest.raises(NotVerified) as caught:
        check(*arguments)
    assert caught.value.code == code


def test_a_proof_says_one_thing_alone(filled: StateMap) -> None:
    there, absent = filled.prove(key(5)), filled.prove(key(99))
    root = filled.root
    verify_presence(root, key(5), value(5), there)
    verify_absence(root, key(99), absent)
    rejected("MAP_VALUE_DIFFERS", verify_presence, root, key(5), value(6), there)
    rejected("MAP_ABSENT", verify_presence, root, key(99), value(99), absent)
    rejected("MAP_PRESENT", verify_absence, root, key(5), there)
    rejected("MAP_ROOT_DIFFERS", verify_presence, value(0), key(5), value(5), there)
    rejected("MAP_ROOT_DIFFERS", verify_absence, value(0), key(99), absent)


def test_a_leaf_off_the_way_proves_no_absence(filled: StateMap) -> None:
    """The way of another key, offered for one that is there."""
    for other in range(60):
        if other != 5:
            proof = filled.prove(key(other))
            rejected("MAP_PROOF_MALFORMED", verify_absence, filled.root, key(5), proof)


def test_no_absence_can_be_made_up_for_a_key_that_is_there(filled: StateMap) -> None:
    """Any mixture of steps of honest ways, in any order of bits, ends at another root."""
    there = filled.prove(key(5))
    for other in range(60):
        way = filled.prove(key(other))
        for cut in range(len(there.steps)):
            steps = (*there.steps[:cut], *way.steps[cut:])
            forged = MapProof(key=way.key, value=way.value, steps=steps)
            if forged != there:
                with pytest.raises(NotVerified):
                    verify_absence(filled.root, key(5), forged)


def test_the_empty_map_holds_nothing() -> None:
    empty = StateMap()
    verify_absence(EMPTY_MAP, key(1), empty.prove(key(1)))
    rejected("MAP_ABSENT", verify_presence, EMPTY_MAP, key(1), value(1), empty.prove(key(1)))
    odd = MapProof(key=None, value=None, steps=((0, bytes(32)),))
    rejected("MAP_PROOF_MALFORMED", verify_absence, EMPTY_MAP, key(1), odd)
    half = MapProof(key=None, value=bytes(32))
    rejected("MAP_PROOF_MALFORMED", verify_absence, EMPTY_MAP, key(1), half)


def test_malformed_steps_are_refused(filled: StateMap) -> None:
    proof = filled.prove(key(5))
    (bit, sibling), *rest = proof.steps
    for steps in (
        ((bit, b"short"), *rest),
        ((256, sibling), *rest),
        ((-1, sibling), *rest),
        (*rest, (bit, sibling)),
        ((bit, sibling), *proof.steps),
    ):
        bad = MapProof(key=proof.key, value=proof.value, steps=tuple(steps))
        rejected("MAP_PROOF_MALFORMED", verify_presence, filled.root, key(5), value(5), bad)
    short = MapProof(key=proof.key, value=b"short", steps=proof.steps)
    rejected("MAP_PROOF_MALFORMED", verify_presence, filled.root, key(5), value(5), short)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_changed_proof_never_holds(data: st.DataObject) -> None:
    """One bit anywhere: in a sibling, in the leaf, in the number of a branch's bit."""
    state_map = StateMap()
    state_map.put({key(n): value(n) for n in range(60)})
    asked = key(data.draw(st.integers(0, 70)))
    proof = state_map.prove(asked)
    assert proof.key is not None
    assert proof.value is not None
    place = data.draw(st.integers(0, len(proof.steps) + 1))
    flip = data.draw(st.integers(0, 255))
    parts = [proof.key, proof.value, *(sibling for _, sibling in proof.steps)]
    number = int.from_bytes(parts[place]) ^ 1 << flip
    parts[place] = number.to_bytes(32)
    bits = [bit for bit, _ in proof.steps]
    changed = MapProof(key=parts[0], value=parts[1], steps=tuple(zip(bits, parts[2:], strict=True)))
    for check in (verify_absence, lambda r, k, p: verify_presence(r, k, value(5), p)):
        with pytest.raises(NotVerified):
            check(state_map.root, asked, changed)
