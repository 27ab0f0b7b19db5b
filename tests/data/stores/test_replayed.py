"""A replay kept in a file goes on where it stopped; what was not kept is forgotten."""

from __future__ import annotations

import datetime as dt

import pytest

from api.services.replaying import make_replay, replayed_file
from ledger.claims import events
from ledger.errors import Corruption
from ledger.log.replay import ReplayFailed
from ledger.log.sm3 import Sm3Frontier
from tests.support.certifying import ORIGIN
from tests.support.parties import World


@pytest.fixture(scope="module")
def world() -> World:
    made = World()
    order = made.confirmed_order()
    made.seal()
    state_sm3_root(made)
    made.funded_claim(order, 1_000_000)
    made.seal()
    return made


def state_sm3_root(world: World) -> None:
    day = dt.datetime.fromtimestamp(world.now_ms / 1000, tz=dt.UTC).date().isoformat()
    root = Sm3Frontier().extended(world.leaves()).root().hex()
    world.enter(
        events.log_sm3_root(
            world.frame(),
            operator=world.operator.party,
            day=day,
            covers=len(world.leaves()),
            root=root,
        )
    )


def file_of(world: World, path):
    root = world.root.public_key().public_bytes_raw()
    return replayed_file(path, ORIGIN, root, read=lambda start, stop: world.leaves()[start:stop])


def whole(world: World):
    replay = make_replay(ORIGIN, world.root.public_key().public_bytes_raw())
    replay.extend(world.leaves())
    return replay


@pytest.mark.parametrize("step", [1, 3, 1000])
def test_a_replay_in_steps_is_the_whole_replay(world, tmp_path, step):
    """Head, state, map and request ids go on over every stop and over every new opening."""
    leaves = world.leaves()
    for start in range(0, len(leaves), step):
        kept = file_of(world, tmp_path / "replayed.db")
        replay = kept.begin()
        assert replay.head.size == start
        for leaf in leaves[start : start + step]:
            replay.add(leaf)
        kept.keep(replay)
        kept.close()
    expected = whole(world)
    kept = file_of(world, tmp_path / "replayed.db")
    assert kept.head() == expected.head
    assert {key: kept.state(key) for key in expected.changes} == expected.changes
    assert all(kept.entered(one) for one in expected.entered)
    kept.close()


def test_what_was_not_kept_is_forgotten(world, tmp_path):
    """A replay that failed half-way leaves nothing behind, not even in the map."""
    kept = file_of(world, tmp_path / "replayed.db")
    leaves = world.leaves()
    replay = kept.begin()
    for leaf in leaves[:20]:
        replay.add(leaf)
    kept.keep(replay)
    lost = kept.begin()
    for leaf in leaves[20:30]:
        lost.add(leaf)
    with pytest.raises(ReplayFailed):
        lost.add(leaves[0])
    again = kept.begin()
    assert again.head.size == 20
    for leaf in leaves[20:]:
        again.add(leaf)
    kept.keep(again)
    assert kept.head() == whole(world).head
    kept.close()


def test_an_entry_is_not_replayed_twice_over_a_stop(world, tmp_path):
    """Request ids from before the stop are known after it."""
    kept = file_of(world, tmp_path / "replayed.db")
    replay = kept.begin()
    for leaf in world.leaves():
        replay.add(leaf)
    kept.keep(replay)
    assert not kept.begin().entered
    assert kept.entered(next(iter(replay.entered)))
    assert not kept.entered("0" * 32)
    kept.close()


@pytest.mark.parametrize("spoilt", ["file", "frontier"])
def test_a_damaged_file_is_said(world, tmp_path, spoilt):
    path = tmp_path / "replayed.db"
    kept = file_of(world, path)
    replay = kept.begin()
    replay.add(world.leaves()[0])
    kept.keep(replay)
    if spoilt == "frontier":
        kept._database.execute("UPDATE head SET frontier = x'00'")
    kept.close()
    if spoilt == "file":
        path.write_bytes(b"this is no database, and it is long enough to be looked at" * 100)
        for beside in tmp_path.glob("replayed.db-*"):
            beside.unlink()
    with pytest.raises(Corruption) as damaged:
        file_of(world, path).begin()
    assert damaged.value.code == "REPLAY_DAMAGED"
