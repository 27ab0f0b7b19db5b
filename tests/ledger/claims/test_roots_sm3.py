"""SM3 roots in the record: every replay computes what an entry states, from the entries again."""

from __future__ import annotations

import datetime as dt

import pytest

from ledger.claims import events
from ledger.claims.rules import ClaimRules
from ledger.claims.sm3_roots import AllRootsChecker
from ledger.log.replay import Replay, ReplayFailed
from ledger.log.sm3 import Sm3Frontier
from tests.support.audits import audited, codes, files_of
from tests.support.certifying import ORIGIN
from tests.support.parties import DAY_MS, World


def stated(world: World, *, root: str | None = None, covers: int | None = None) -> int:
    """Enter the day's SM3 root over everything, or what is given; return its index."""
    size = world.store.head().size if covers is None else covers
    day = dt.datetime.fromtimestamp(world.now_ms / 1000, tz=dt.UTC).date().isoformat()
    draft = events.log_sm3_root(
        world.frame(),
        operator=world.operator.party,
        day=day,
        covers=size,
        root=root or Sm3Frontier().extended(world.leaves()[:size]).root().hex(),
    )
    return world.enter(draft).index


@pytest.fixture
def world() -> World:
    """A world with two days and a root stated on each."""
    made = World()
    order = made.confirmed_order()
    stated(made)
    made.seal()
    made.pass_ms(DAY_MS)
    made.reserved_claim(order, 1_000)
    made.seal()
    stated(made)
    return made


class Reader:
    """Gives the entries again and remembers which it was asked for."""

    def __init__(self, leaves: list[bytes]) -> None:
        self.leaves = leaves
        self.asked: list[tuple[int, int]] = []

    def __call__(self, start: int, stop: int) -> list[bytes]:
        self.asked.append((start, stop))
        return self.leaves[start:stop]


def replay(world: World, read: Reader) -> AllRootsChecker:
    """Replay everything; return the checker."""
    rules = ClaimRules(ORIGIN, world.root.public_key().public_bytes_raw(), None)
    roots = AllRootsChecker(read)
    Replay(ORIGIN, rules, roots=roots).extend(world.leaves())
    return roots


def test_each_entry_is_read_again_once(world: World) -> None:
    read = Reader(world.leaves())
    roots = replay(world, read)
    size = len(world.leaves())
    first = read.asked[0][1]
    assert read.asked == [(0, first), (first, size - 1)]
    assert roots.sm3 == Sm3Frontier().extended(world.leaves()[: size - 1])


@pytest.mark.parametrize("covers", [0, 1, 5])
def test_a_root_may_cover_fewer_entries_than_the_one_before(world: World, covers: int) -> None:
    world.pass_ms(DAY_MS)
    stated(world, covers=covers)
    assert replay(world, Reader(world.leaves())).sm3.size == covers


def test_a_wrong_root_ends_the_replay_and_is_found_by_an_audit(world: World) -> None:
    world.pass_ms(DAY_MS)
    wrong = stated(world, root="00" * 32)
    with pytest.raises(ReplayFailed) as caught:
        replay(world, Reader(world.leaves()))
    assert (caught.value.code, caught.value.index) == ("SM3_ROOT_DIFFERS", wrong)
    report = audited(world, files_of(world.leaves()))
    assert codes(report) == ["SM3_ROOT_DIFFERS"]
    assert report.findings[0].index == wrong


def test_right_roots_are_no_finding(world: World) -> None:
    assert audited(world, files_of(world.leaves())).clean


@pytest.mark.parametrize("at", [0, 3, -2])
def test_entries_that_read_otherwise_the_second_time_are_no_evidence(world: World, at: int) -> None:
    """Whoever can change what is read cannot have a root of other entries believed."""
    read = Reader(list(world.leaves()))
    read.leaves[at] = read.leaves[at].replace(b'"v":1', b'"v":2', 1)
    with pytest.raises(LookupError, match="reads otherwise"):
        replay(world, read)
