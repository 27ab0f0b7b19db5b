"""The mirror: copies what it has replayed, vouches for nothing else, goes on where it stopped."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.audit.files import verify_files
from ledger.errors import NotVerified
from ledger.log.checkpoint import Checkpoint
from ledger.log.client import FetchFailed
from ledger.log.gate import MemoryInProcess
from ledger.log.memory import MemoryLogStore
from ledger.log.mirror import Mirror, statement
from ledger.log.replay import Replay
from tests.support.log_parts import LOG_KEY, ORIGIN, CountingRules, Log, make_request, open_log


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return open_log(MemoryLogStore(ORIGIN), tmp_path / "log")


def grow(log: Log, count: int, *, start: int = 0) -> Checkpoint:
    """Enter requests, publish, and return the checkpoint."""
    batch = [log.sequencer.prepare(make_request(f"n{n}")) for n in range(start, start + count)]
    for at in range(0, count, 256):
        log.sequencer.process(batch[at : at + 256], 0)
    return log.publisher.publish()


def mirror_of(log: Log, folder: Path, *, limit: int | None = None, read=None) -> Mirror:
    memory = MemoryInProcess(
        make=lambda: Replay(ORIGIN, CountingRules(limit=limit)),
        read=lambda start, stop: list(log.store.leaves(start, stop)),
    )
    return Mirror(read or log.publisher.read, memory, folder)


def assert_copied(log: Log, mirror: Mirror, checkpoint: Checkpoint) -> None:
    """Check that the copy, with the log's checkpoint, is a whole log."""

    def read(path: str) -> bytes:
        return log.publisher.read(path) if path == "checkpoint" else mirror.own(path)

    assert verify_files(read, LOG_KEY.verifier) == checkpoint


def test_it_follows_a_log_that_grows(log: Log, tmp_path: Path):
    mirror, start = mirror_of(log, tmp_path / "copy"), 0
    for count in (1, 2, 252, 1, 1, 300):
        checkpoint = grow(log, count, start=start)
        start += count
        mirror.check(checkpoint)
        assert_copied(log, mirror, checkpoint)


def test_a_long_log_is_copied_in_steps(log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("ledger.log.mirror._CHUNK", 512)
    checkpoint = grow(log, 1_100)
    mirror = mirror_of(log, tmp_path / "copy")
    mirror.check(checkpoint)
    assert_copied(log, mirror, checkpoint)


def test_an_entry_that_breaks_a_rule_is_named_and_nothing_of_it_is_kept(log: Log, tmp_path: Path):
    mirror = mirror_of(log, tmp_path / "copy", limit=5)
    mirror.check(grow(log, 5))
    with pytest.raises(NotVerified, match="Entry 5") as refused:
        mirror.check(grow(log, 3, start=5))
    assert refused.value.code == "TEST_FORBIDDEN"
    with pytest.raises(LookupError):
        mirror.own("tile/0/000.p/8")


def test_another_history_is_refused(log: Log, tmp_path: Path):
    """The log shows a tree that is not the one which the mirror replayed."""
    mirror = mirror_of(log, tmp_path / "copy")
    mirror.check(grow(log, 5))
    other = open_log(MemoryLogStore(ORIGIN), tmp_path / "other")
    forked = grow(other, 5, start=50)
    turned = Mirror(other.publisher.read, mirror._memory, tmp_path / "copy")
    with pytest.raises(NotVerified) as refused:
        turned.check(forked)
    assert refused.value.code == "ROOT_DIFFERS"


def test_a_smaller_log_is_refused(log: Log, tmp_path: Path):
    mirror = mirror_of(log, tmp_path / "copy")
    small = grow(log, 5)
    mirror.check(grow(log, 5, start=5))
    with pytest.raises(NotVerified) as refused:
        mirror.check(small)
    assert refused.value.code == "CHECKPOINT_BEHIND"


@pytest.mark.parametrize("error", [LookupError("gone"), FetchFailed("slow")])
def test_a_file_that_cannot_be_had_is_said(log: Log, tmp_path: Path, error: Exception):
    checkpoint = grow(log, 300)

    def read(path: str) -> bytes:
        if path.startswith("tile/entries"):
            raise error
        return log.publisher.read(path)

    mirror = mirror_of(log, tmp_path / "copy", read=read)
    with pytest.raises(NotVerified) as refused:
        mirror.check(checkpoint)
    assert refused.value.code == "FILE_MISSING"
    mirror_of(log, tmp_path / "copy").check(checkpoint)


def test_the_statement_says_up_to_where_and_under_which_rules():
    checkpoint = Checkpoint(origin=ORIGIN, size=7, root=bytes(32))
    lines = statement(checkpoint, rule_version=1).splitlines()
    assert lines[:3] == ["parkloom/replayed/v1", ORIGIN, "7"]
    assert lines[4] == "rules 1: L1 to L7 and the map roots hold"
