"""The log's side of witnessing: quorum before publishing, witnesses that are down or lie, forks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.errors import Corruption
from ledger.log import note
from ledger.log.checkpoint import Checkpoint
from ledger.log.client import FileMemory, FolderFiles, LogClient
from ledger.log.cosigning import Cosigning
from ledger.log.crash import no_crash
from ledger.log.memory import MemoryLogStore
from ledger.log.merkle import consistency_proof
from ledger.log.publisher import Publisher
from ledger.log.signer import CheckpointSigner
from ledger.log.tiles import TileReader
from ledger.log.witness import AddCheckpoint, WitnessError
from tests.support.cosigned import Park, three_witnesses
from tests.support.log_parts import LOG_KEY, ORIGIN, make_request
from tests.support.witnesses import TIME_S, cosigner, local_remote


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a witness that failed be asked again at once."""
    monkeypatch.setattr("ledger.log.peers.PAUSE_MS", (0, 0))


@pytest.fixture
def park(tmp_path: Path) -> Park:
    """Return an empty log with three witnesses."""
    return three_witnesses(tmp_path)


def test_nothing_is_published_before_the_quorum(park: Park):
    assert park.grow(3).size == 3
    assert (park.published, park.publisher.signed().size) == (None, 3)
    assert park.cosigning.advance()
    assert park.published == 3
    found = park.policy.evaluate(park.public())
    assert (found.checkpoint.size, found.time_s, len(found.cosigned)) == (3, TIME_S, 6)


def test_it_goes_on_from_what_the_witnesses_have(park: Park):
    for count in (1, 4, 250, 1, 300):
        park.grow(count)
        assert park.cosigning.advance()
        assert park.published == park.store.head().size
    assert all(one.asked == [0, 1, 5, 255, 256] for one in park.remotes)


def test_checkpoints_that_were_overtaken_are_never_asked_for(park: Park):
    for _ in range(4):
        park.grow(2)
    assert park.cosigning.advance()
    assert park.published == 8
    assert park.remotes[0].asked == [0]


def test_one_witness_down_changes_nothing(park: Park):
    park.remotes[0].down = True
    park.grow(2)
    assert park.cosigning.advance()
    assert set(park.policy.evaluate(park.public()).cosigned) == {
        "w1.example", "w1.example/pq", "w2.example", "w2.example/pq"}  # fmt: skip
    assert "w0.example is down" in park.alarms[0]


def test_without_a_quorum_the_log_is_written_on_and_nothing_new_is_published(park: Park):
    park.grow(2)
    park.cosigning.advance()
    before = park.public()
    park.remotes[0].down = park.remotes[1].down = True
    for size in (3, 4, 5):
        assert park.grow(1).size == size
        assert not park.cosigning.advance()
    assert park.public() == before
    assert park.publisher.signed().size == 5
    waiting = [text for text in park.alarms if "waits for its witnesses" in text]
    assert len(waiting) == 1, "said once, not at every attempt"
    park.remotes[1].down = False
    assert park.cosigning.advance()
    assert park.published == 5


def test_a_witness_is_not_asked_twice_for_what_it_has_cosigned(park: Park):
    park.remotes[0].down = park.remotes[1].down = True
    park.grow(2)
    for _ in range(3):
        assert not park.cosigning.advance()
    assert len(park.remotes[2].asked) == 1
    assert len(park.remotes[0].asked) == 3


def test_what_is_finished_is_not_asked_for_again(park: Park):
    park.grow(2)
    assert park.cosigning.advance()
    assert park.cosigning.advance()
    park.publisher.publish()
    assert park.cosigning.advance()
    assert [len(one.asked) for one in park.remotes] == [1, 1, 1]


def test_a_restart_goes_on_where_the_other_process_died(park: Park):
    """Signed and remembered, perhaps cosigned, not published."""
    park.grow(2)
    park.cosigning.advance()
    park.grow(3)
    for one in park.remotes:  # the witnesses got it, the log died before it heard
        one.add_checkpoint(
            AddCheckpoint(
                old_size=2,
                proof=proof_of(park, 2, 5),
                checkpoint=(park.folder / "witnessing" / "pending").read_bytes(),
            )
        )
    park.reopen()
    assert park.publisher.recover().size == 5
    assert park.published == 2
    assert park.cosigning.advance()
    assert park.published == 5


def proof_of(park: Park, old: int, new: int) -> tuple[bytes, ...]:
    """Return a consistency proof of the park's log."""
    return consistency_proof(old, new, TileReader(park.publisher.read, new))


class Died(BaseException):
    """The process stops here; nothing may catch it."""


@pytest.mark.parametrize("step", ["before publishing", "checkpoint published"])
def test_a_stop_while_publishing_leaves_the_old_or_the_new_checkpoint(park: Park, step: str):
    park.grow(2)
    park.cosigning.advance()

    def stop(at: str) -> None:
        if at == step:
            raise Died

    park.crash_point = stop
    park.reopen()
    park.grow(1)
    with pytest.raises(Died):
        park.cosigning.advance()
    assert park.published == (3 if step == "checkpoint published" else 2)
    park.crash_point = no_crash
    park.reopen()
    park.publisher.recover()
    assert park.cosigning.advance()
    assert park.published == 3
    assert len(park.policy.evaluate(park.public()).cosigned) == 6


def fork_of(park: Park, folder: Path, size: int) -> Park:
    """Return another log with the same key and the same witnesses: a fork, or a restored copy."""
    fork = Park(
        folder=folder,
        store=MemoryLogStore(ORIGIN),
        remotes=park.remotes,
        alarms=park.alarms,
        name="other",
    )
    fork.grow(size)
    return fork


def test_a_fork_is_refused_by_the_witnesses_and_stops_the_writer(park: Park, tmp_path: Path):
    """The operator rewrote everything and has the log's key; witnesses have seen the old tree."""
    park.grow(5)
    park.cosigning.advance()
    fork = fork_of(park, tmp_path / "fork", 7)
    with pytest.raises(Corruption) as caught:
        fork.cosigning.advance()
    assert caught.value.code == "ROOT_DIFFERS"
    assert fork.published is None
    with pytest.raises(Corruption) as caught:
        fork.grow(1)
    assert caught.value.code == "ROOT_DIFFERS"
    kept = list((tmp_path / "fork" / "witnessing" / "evidence").glob("5-*"))
    assert len(kept) >= 1
    evidence = note.open_note(kept[0].read_bytes(), [LOG_KEY.verifier])
    assert evidence.text.startswith(f"{ORIGIN}\n5\n")


def test_a_restored_old_backup_stops_the_writer(park: Park, tmp_path: Path):
    """Database, signer and files are all of yesterday; only the witnesses know of today."""
    park.grow(9)
    park.cosigning.advance()
    old = Park(
        folder=tmp_path / "old",
        store=MemoryLogStore(ORIGIN),
        remotes=park.remotes,
        alarms=park.alarms,
    )
    old.grow(4)
    with pytest.raises(Corruption) as caught:
        old.cosigning.advance()
    assert caught.value.code == "LOG_BEHIND_WITNESS"
    old.reopen()
    with pytest.raises(Corruption) as caught:
        old.publisher.recover()
    assert caught.value.code == "LOG_BEHIND_WITNESS"
    assert old.published is None


def test_at_the_start_witnesses_are_asked_what_they_have_seen(park: Park, tmp_path: Path):
    """A fork of the same size is seen before anything is signed; who is down is passed over."""
    park.grow(5)
    park.cosigning.advance()
    park.remotes[0].down = True
    fork = fork_of(park, tmp_path / "fork", 0)
    prepared = [fork.sequencer.prepare(make_request(f"other{n}")) for n in range(5)]
    with fork.store.sequencer_lock(5):
        fork.sequencer.process(prepared)
    with pytest.raises(Corruption) as caught:
        fork.publisher.recover()
    assert caught.value.code == "ROOT_DIFFERS"
    for one in park.remotes:
        one.down = True
    assert fork.publisher.recover().size == 5


def test_the_start_with_honest_witnesses_is_quiet(park: Park):
    park.grow(5)
    park.cosigning.advance()
    park.reopen()
    assert park.publisher.recover().size == 5
    assert park.alarms == []


LIES: dict[str, Callable[[AddCheckpoint], bytes]] = {
    "nothing": lambda _: b"",
    "nonsense": lambda _: b"hello\n",
    "a stranger's line": lambda asked: cosigner("stranger").cosign(text_of(asked), time_s=TIME_S),
    "another checkpoint": lambda _: cosigner("w0.example").cosign(
        Checkpoint(origin=ORIGIN, size=1, root=b"\1" * 32).text(), time_s=TIME_S
    ),
    "the future": lambda asked: cosigner("w0.example").cosign(
        text_of(asked), time_s=TIME_S + 1_000
    ),
    "a damaged line": lambda asked: (
        cosigner("w0.example").cosign(text_of(asked), time_s=TIME_S).replace(b"A", b"B")
    ),
}


def text_of(request: AddCheckpoint) -> str:
    """Return the text of the checkpoint of a request."""
    return note.split_note(request.checkpoint)[0]


@pytest.mark.parametrize("name", LIES)
def test_what_a_lying_witness_answers_is_not_taken(park: Park, name: str):
    park.remotes[0].lie = LIES[name]
    park.grow(2)
    assert park.cosigning.advance()
    assert not any(one.startswith("w0") for one in park.policy.evaluate(park.public()).cosigned)
    assert park.alarms
    park.remotes[0].lie = None
    park.grow(1)
    assert park.cosigning.advance()


def refusing(status: int, size: int | None = None) -> Callable[[AddCheckpoint], bytes]:
    """Return a witness that always refuses."""

    def refuse(_: AddCheckpoint) -> bytes:
        raise WitnessError(status, "no", size=size)

    return refuse


@pytest.mark.parametrize(
    "lie",
    [refusing(400), refusing(403), refusing(404), refusing(409), refusing(409, 10**6),
     refusing(409, 0), refusing(422)],
    ids=["400", "403", "404", "409 without size", "409 larger", "409 for ever", "422"],
)  # fmt: skip
def test_a_refusal_without_proof_is_an_alarm_and_stops_nothing(park: Park, lie):
    """It may say whatever it likes: only the log's own signature convicts the log."""
    park.grow(2)
    park.cosigning.advance()
    park.remotes[0].lie = lie
    park.grow(1)
    assert park.cosigning.advance()
    assert park.published == 3
    assert any("w0.example did not cosign" in text for text in park.alarms)
    assert park.grow(1).size == 4


@pytest.mark.parametrize("shown", ["nonsense", "a stranger's", "unsigned"])
def test_what_a_witness_shows_counts_only_with_the_logs_signature(park: Park, shown: str):
    larger = Checkpoint(origin=ORIGIN, size=99, root=b"\1" * 32)
    park.remotes[0].lie = refusing(409, 99)
    park.remotes[0].shows = {
        "nonsense": b"nonsense",
        "a stranger's": note.Signer(
            name=ORIGIN,
            private_key=cosigner("s").private_key,  # type: ignore[arg-type]
        ).sign(larger.text()),
        "unsigned": larger.text().encode() + b"\n" + cosigner("s").cosign(larger.text(), time_s=1),
    }[shown]
    park.grow(2)
    assert park.cosigning.advance()
    assert park.grow(1).size == 3


def test_policies_that_cannot_be_reached_are_refused(park: Park, tmp_path: Path):
    with pytest.raises(ValueError, match="cannot make the quorum"):
        Cosigning(
            park.policy,
            [(park.remotes[0], park.remotes[0].keys)],
            folder=tmp_path,
            memory=tmp_path,
            open_signed=CheckpointSigner(LOG_KEY, tmp_path / "s").open,
        )


def test_more_cosignatures_than_a_note_holds_are_refused(tmp_path: Path):
    remotes = [local_remote(f"w{number}.example") for number in range(20)]
    with pytest.raises(ValueError, match="do not fit"):
        Park(folder=tmp_path, store=MemoryLogStore(ORIGIN), remotes=remotes)


def test_damaged_memory_is_named(park: Park):
    park.grow(2)
    (park.folder / "witnessing" / "pending").write_bytes(b"nonsense")
    with pytest.raises(Corruption) as caught:
        park.publisher.signed()
    assert caught.value.code == "CHECKPOINT_DAMAGED"


def test_a_policy_taken_up_later_waits_for_the_next_checkpoint(park: Park):
    """A log without witnesses gets some: what was published stays until a quorum stands."""
    signer = CheckpointSigner(LOG_KEY, park.folder / "signer" / "last")
    plain = Publisher(park.store, park.folder / "public", signer)
    assert plain.recover().size == 0
    assert park.publisher.recover().size == 0
    assert not park.policy.satisfied(())
    assert park.cosigning.advance()
    assert len(park.policy.evaluate(park.public()).cosigned) == 6


def test_older_tiles_are_cut_from_newer_ones(park: Park):
    """The published size lags behind: its partial tiles may be gone already."""
    park.grow(250)
    park.cosigning.advance()
    park.remotes[0].down = park.remotes[1].down = True
    for count in (2, 10, 30):
        park.grow(count)
    folder = park.folder / "export"
    assert park.publisher.export(folder).size == 250
    client = LogClient(
        FolderFiles(folder=folder).read, park.policy, FileMemory(path=park.folder / "seen")
    )
    view = client.update()
    assert [index for index, _ in view.entries()] == list(range(250))


def test_a_witness_that_failed_is_left_alone_ever_longer(park: Park, monkeypatch):
    monkeypatch.setattr("ledger.log.peers.PAUSE_MS", (500, 4_000))
    clock = [0]
    monkeypatch.setattr("ledger.log.peers.now_ms", lambda: clock[0])
    monkeypatch.setattr("ledger.log.cosigning.now_ms", lambda: clock[0])
    park.remotes[0].down = park.remotes[1].down = True
    park.grow(1)
    times = []
    for _ in range(200):
        before = len(park.remotes[0].asked)
        assert not park.cosigning.advance()
        if len(park.remotes[0].asked) > before:
            times.append(clock[0])
        clock[0] += 100
    assert times[:6] == [0, 500, 1_500, 3_500, 7_500, 11_500]


def test_a_published_checkpoint_is_never_replaced_by_a_smaller_one(park: Park):
    park.grow(2)
    park.cosigning.advance()
    old = (park.folder / "witnessing" / "pending").read_bytes()
    park.grow(3)
    park.cosigning.advance()
    (park.folder / "witnessing" / "pending").write_bytes(old)
    for one in park.remotes:
        one.lie = lambda asked, one=one: b"".join(
            key.cosign(text_of(asked), time_s=TIME_S) for key in one.witness.cosigners
        )
    park.cosigning.advance()
    assert park.published == 5
