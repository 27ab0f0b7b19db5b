"""The state map in every store: versions, pages, what is dropped when, and roots made over it."""

from __future__ import annotations

import hashlib

import pytest

from ledger.claims.roots import RootChecker
from ledger.claims.rules import ClaimRules
from ledger.errors import HeadMoved
from ledger.log.replay import Replay
from ledger.log.store import Batch, LogStore, MapChange, MapVersion
from ledger.statemap.proofs import order_key, verify_absence, verify_presence
from ledger.statemap.tree import StateMap
from tests.ledger.log.test_store import batch_after, leaf
from tests.support.certifying import ORIGIN
from tests.support.firms import handle
from tests.support.parties import World


def page(number: int) -> bytes:
    """Return some bytes that stand for a page."""
    return b"page %d" % number


def digest(number: int) -> bytes:
    """Return the hash of such a page."""
    return hashlib.sha256(page(number)).digest()


def change(*added: int, superseded: tuple[int, ...] = (), keep_from: int = 0) -> MapChange:
    """Return a change of the map that adds pages."""
    return MapChange(
        root=digest(added[0]),
        pages={digest(one): page(one) for one in added},
        superseded=tuple(digest(one) for one in superseded),
        keep_from=keep_from,
    )


def add(store: LogStore, state_map: MapChange | None = None) -> int:
    """Add one leaf, and a version of the map with it; return the leaf's index."""
    head = store.head()
    batch = batch_after(head, leaf(head.size))
    store.commit(
        Batch(
            old=batch.old,
            new=batch.new,
            leaves=batch.leaves,
            state={},
            outcomes=(),
            state_map=state_map,
        )
    )
    return head.size


def kept(store: LogStore, *numbers: int) -> set[int]:
    """Return which of the pages are stored."""
    found = store.map_pages([digest(one) for one in numbers])
    assert all(found[digest(one)] == page(one) for one in numbers if digest(one) in found)
    return {one for one in numbers if digest(one) in found}


def test_a_log_without_roots_has_no_map(store: LogStore) -> None:
    assert store.map_version(0) is None
    add(store)
    assert store.map_version(1) is None
    assert store.map_pages([]) == store.map_pages([digest(1)]) == {}


def test_the_version_of_each_size(store: LogStore) -> None:
    """A version holds from its own entry on; entries after it change nothing."""
    add(store)
    first = add(store, change(1, 2))
    add(store)
    second = add(store, change(3))
    with store.reader() as reader:
        assert reader.map_version(first) is None
        assert reader.map_version(second) == MapVersion(index=first, root=digest(1))
        assert reader.map_version(second + 1) == MapVersion(index=second, root=digest(3))
        assert reader.map_version(1_000) == MapVersion(index=second, root=digest(3))
    assert kept(store, 1, 2, 3, 4) == {1, 2, 3}


def test_pages_go_once_the_versions_that_reach_them_are_past(store: LogStore) -> None:
    add(store, change(1, 2))
    second = add(store, change(3, superseded=(1,)))
    add(store, change(4, superseded=(3,), keep_from=second))  # the second is not published yet
    assert kept(store, 1, 2, 3, 4) == {1, 2, 3, 4}
    add(store, change(5, superseded=(4,), keep_from=second + 1))
    assert kept(store, 1, 2, 3, 4, 5) == {2, 3, 4, 5}
    add(store, change(6, keep_from=100))
    assert kept(store, 1, 2, 3, 4, 5, 6) == {2, 5, 6}
    assert store.map_version(second + 1) == MapVersion(index=second, root=digest(3))


def test_a_lost_fence_changes_no_map(store: LogStore) -> None:
    add(store, change(1))
    head = store.head()
    add(store)
    batch = batch_after(head, leaf(head.size))
    late = change(2, superseded=(1,), keep_from=100)
    with pytest.raises(HeadMoved):
        store.commit(
            Batch(
                old=batch.old,
                new=batch.new,
                leaves=batch.leaves,
                state={},
                outcomes=(),
                state_map=late,
            )
        )
    assert kept(store, 1, 2) == {1}


def test_roots_over_a_stored_map_are_those_of_a_replay(store: LogStore) -> None:
    """A whole record is entered into each store, with roots; then it is replayed."""
    world = World(make_store=lambda _: store)
    world.roots.published = lambda: store.head().size
    for number in range(4):
        world.confirmed_order(f"PO-{number}")
        assert world.seal()
    leaves = list(store.leaves(0, store.head().size))
    checker = RootChecker()
    rules = ClaimRules(ORIGIN, world.root.public_key().public_bytes_raw(), None)
    assert Replay(ORIGIN, rules, roots=checker).extend(leaves) == store.head()
    version = store.map_version(store.head().size)
    assert version == MapVersion(index=len(leaves) - 1, root=checker.state_map.root)
    with store.reader() as reader:
        state_map = StateMap(reader.map_pages, root=version.root)
        key = order_key(world.order_state(handle("order", "PO-0")).tag)
        proof = state_map.prove(key)
        assert proof.value is not None
        verify_presence(version.root, key, proof.value, proof)
        assert proof.value in reader.map_pages([proof.value])
        absent = order_key("ab" * 32)
        verify_absence(version.root, absent, state_map.prove(absent))
