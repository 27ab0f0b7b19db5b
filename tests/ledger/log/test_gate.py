"""The gate: signs what it has replayed itself, refuses everything else, forgets no signature."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.errors import Corruption
from ledger.log.checkpoint import Checkpoint, open_checkpoint
from ledger.log.gate import MemoryInProcess, ReplayingGate
from ledger.log.keys import NoteKey
from ledger.log.memory import MemoryLogStore
from ledger.log.replay import Replay
from ledger.log.signer import CheckpointSigner
from tests.support.log_parts import LOG_KEY, ORIGIN, CountingRules, Log, make_request, open_log


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return open_log(MemoryLogStore(ORIGIN), tmp_path / "log")


class Reader:
    """Reads entries and counts them."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.count = 0

    def __call__(self, start: int, stop: int) -> list[bytes]:
        self.count += stop - start
        return list(self.log.store.leaves(start, stop))


def gate_of(log: Log, tmp_path: Path, *, limit: int | None = None) -> ReplayingGate:
    reader = Reader(log)
    memory = MemoryInProcess(make=lambda: Replay(ORIGIN, CountingRules(limit=limit)), read=reader)
    signer = CheckpointSigner(LOG_KEY, tmp_path / "gate" / "last-signed")
    return ReplayingGate(read=reader, memory=memory, signer=signer)


def head_of(log: Log) -> Checkpoint:
    head = log.store.head()
    return Checkpoint(origin=ORIGIN, size=head.size, root=head.frontier.root())


def grow(log: Log, count: int, *, start: int = 0) -> Checkpoint:
    for number in range(start, start + count):
        prepared = log.sequencer.prepare(make_request(f"n{number}"))
        log.sequencer.process([prepared], 0)[0].unwrap()
    return head_of(log)


def code_of(gate: ReplayingGate, wanted: Checkpoint) -> str:
    with pytest.raises(Corruption) as refused:
        gate.sign(wanted)
    return refused.value.code


def test_it_signs_every_size_of_a_log_that_grows(log: Log, tmp_path: Path):
    gate = gate_of(log, tmp_path)
    for size in range(1, 40):
        wanted = grow(log, 1, start=size - 1)
        assert open_checkpoint(gate.sign(wanted), LOG_KEY.verifier)[0] == wanted


def test_it_reads_each_entry_once(log: Log, tmp_path: Path):
    gate = gate_of(log, tmp_path)
    gate.sign(grow(log, 10))
    gate.sign(grow(log, 10, start=10))
    assert isinstance(gate.read, Reader)
    assert gate.read.count == 20


def test_the_same_checkpoint_again_is_the_same_note(log: Log, tmp_path: Path):
    gate = gate_of(log, tmp_path)
    wanted = grow(log, 3)
    assert gate.sign(wanted) == gate.sign(wanted) == gate.last_note()


def test_a_smaller_size_is_refused(log: Log, tmp_path: Path):
    gate = gate_of(log, tmp_path)
    small = grow(log, 3)
    gate.sign(grow(log, 3, start=3))
    assert code_of(gate, small) == "LOG_BEHIND_SIGNER"


def test_another_root_at_the_same_size_is_refused(log: Log, tmp_path: Path):
    gate = gate_of(log, tmp_path)
    gate.sign(grow(log, 3))
    other = Checkpoint(origin=ORIGIN, size=3, root=bytes(32))
    assert code_of(gate, other) == "ROOT_DIFFERS"


def test_a_root_that_the_entries_do_not_have_is_refused(log: Log, tmp_path: Path):
    gate = gate_of(log, tmp_path)
    wanted = grow(log, 3)
    assert code_of(gate, Checkpoint(origin=ORIGIN, size=3, root=bytes(32))) == "ROOT_DIFFERS"
    assert gate.sign(wanted)  # the refusal left nothing behind


def test_a_size_that_the_database_has_not_is_refused(log: Log, tmp_path: Path):
    gate = gate_of(log, tmp_path)
    wanted = grow(log, 3)
    beyond = Checkpoint(origin=ORIGIN, size=4, root=wanted.root)
    assert code_of(gate, beyond) == "ENTRY_MISSING"
    assert gate.sign(wanted)


def test_an_entry_that_breaks_a_rule_is_refused_and_so_is_all_after_it(log: Log, tmp_path: Path):
    """The sequencer let it in; the gate's own rules allow five entries of a subject."""
    gate = gate_of(log, tmp_path, limit=5)
    good = grow(log, 5)
    gate.sign(good)
    bad = grow(log, 1, start=5)
    for wanted in (bad, grow(log, 1, start=6)):
        with pytest.raises(Corruption, match="entry 5") as refused:
            gate.sign(wanted)
        assert refused.value.code == "REPLAY_FAILED"
    assert gate.sign(good) == gate.last_note()


def test_a_history_that_was_rewritten_after_signing_is_refused(log: Log, tmp_path: Path):
    """A gate without its replay begins anew, and the entries are not those that were signed."""
    gate_of(log, tmp_path).sign(grow(log, 3))
    other = open_log(MemoryLogStore(ORIGIN), tmp_path / "other")
    wanted = grow(other, 5, start=100)
    assert code_of(gate_of(other, tmp_path), wanted) == "ROOT_DIFFERS"


def test_a_gate_that_died_after_signing_goes_on(log: Log, tmp_path: Path):
    """The signature is remembered, the replay is not: it is done again and compared."""
    gate_of(log, tmp_path).sign(grow(log, 3))
    fresh = gate_of(log, tmp_path)
    wanted = grow(log, 300, start=3)
    assert open_checkpoint(fresh.sign(wanted), LOG_KEY.verifier)[0] == wanted


def test_a_replay_that_is_ahead_of_the_signature_is_refused(log: Log, tmp_path: Path):
    """Somebody put back an older last-signed file: nothing is signed from there."""
    gate = gate_of(log, tmp_path)
    gate.sign(grow(log, 3))
    memory = tmp_path / "gate" / "last-signed"
    older = memory.read_bytes()
    wanted = grow(log, 3, start=3)
    gate.sign(wanted)
    memory.write_bytes(older)
    assert code_of(gate, wanted) == "SIGNER_DAMAGED"


def test_the_keys_that_sign_are_asked_for_at_the_replays_head(log: Log, tmp_path: Path):
    gate = gate_of(log, tmp_path)
    asked: list[int] = []

    def keys(replay: object) -> tuple[NoteKey, ...]:
        asked.append(replay.head.size)  # type: ignore[attr-defined]
        return (LOG_KEY,)

    gate.keys = keys
    gate.sign(grow(log, 4))
    assert asked == [4]
