"""The witness: what it cosigns, what it refuses with which status, and what it remembers."""

from __future__ import annotations

import base64
import dataclasses
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import Corruption, NotVerified, OutcomeUnknown
from ledger.log import note
from ledger.log.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from ledger.log.cosignature import Cosigner
from ledger.log.crash import no_crash
from ledger.log.merkle import EMPTY_ROOT, consistency_proof, root_at
from ledger.log.tiles import LeafNodes
from ledger.log.witness import (
    REQUEST_BYTES_MAX,
    AddCheckpoint,
    Witness,
    WitnessError,
    monitoring_path,
    origin_digest,
    parse_request,
)
from ledger.log.witness_files import WitnessFiles
from tests.support.log_parts import LOG_KEY, ORIGIN, private_key
from tests.support.witnesses import TIME_S, MemoryWitnessStore, cosigner, pq_cosigner

NODES = LeafNodes([b"%d" % number for number in range(40)])
OTHER_NODES = LeafNodes([b"other %d" % number for number in range(40)])
COSIGNERS = (cosigner("w.example"), pq_cosigner("w.example/pq"))
STRANGER = note.Signer(name=ORIGIN, private_key=private_key("stranger"))


def signed(size: int, nodes: LeafNodes = NODES, key: note.Signer = LOG_KEY) -> bytes:
    """Return a checkpoint of the small log at a size."""
    return key.sign(Checkpoint(origin=ORIGIN, size=size, root=root_at(size, nodes)).text())


def request(old: int, size: int, nodes: LeafNodes = NODES) -> bytes:
    """Return the body of an honest request."""
    proof = consistency_proof(old, size, nodes)
    return AddCheckpoint(old_size=old, proof=proof, checkpoint=signed(size, nodes)).encode()


def make_witness(
    folder: Path,
    *,
    cosigners: tuple[Cosigner, ...] = COSIGNERS,
    crash_point: Callable[[str], None] = no_crash,
) -> Witness:
    """Return a witness of the small log with its memory in a folder."""
    store = WitnessFiles(folder, crash_point=crash_point)
    store.add(ORIGIN)
    return Witness(
        cosigners=cosigners,
        logs={ORIGIN: [LOG_KEY.verifier]},
        store=store,
        clock_s=lambda: TIME_S,
    )


def quick_witness(cosigners: tuple[Cosigner, ...] = COSIGNERS) -> Witness:
    """Return a witness of the small log that keeps nothing on disk."""
    return Witness(
        cosigners=cosigners,
        logs={ORIGIN: [LOG_KEY.verifier]},
        store=MemoryWitnessStore(),
        clock_s=lambda: TIME_S,
    )


@pytest.fixture
def witness() -> Witness:
    """Return a witness that has seen nothing."""
    return quick_witness()


def refusal(witness: Witness, body: bytes) -> WitnessError:
    """Return what the witness answers; it must refuse."""
    with pytest.raises(WitnessError) as caught:
        witness.add_checkpoint(body)
    return caught.value


def cosigned(lines: bytes, size: int) -> Checkpoint:
    """Return the checkpoint that all keys of the witness cosigned in this answer."""
    keys = [one.verifier for one in COSIGNERS]
    checkpoint, opened = open_checkpoint(signed(size) + lines, LOG_KEY.verifier, keys)
    assert [(one.name, one.time_s) for one in opened.signatures[1:]] == [
        (one.name, TIME_S) for one in COSIGNERS
    ]
    return checkpoint


def test_it_cosigns_what_extends_with_all_its_keys(witness: Witness):
    old = 0
    for size in (0, 1, 2, 3, 7, 8, 8, 40):
        assert cosigned(witness.add_checkpoint(request(old, size)), size).size == size
        old = size


def test_the_first_checkpoint_may_have_any_size(witness: Witness):
    assert cosigned(witness.add_checkpoint(request(0, 23)), 23).size == 23


def test_the_same_checkpoint_again_is_cosigned_again(witness: Witness):
    """What a log does whose answer was lost."""
    witness.add_checkpoint(request(0, 5))
    body = AddCheckpoint(old_size=5, proof=(), checkpoint=signed(5)).encode()
    assert cosigned(witness.add_checkpoint(body), 5).size == 5


@pytest.mark.parametrize(("old", "size"), [(0, 7), (3, 7), (4, 7), (6, 7), (0, 5)])
def test_409_when_the_old_size_is_not_the_last_cosigned(witness: Witness, old: int, size: int):
    """The answer is the size and a newline, of the content type of the protocol."""
    witness.add_checkpoint(request(0, 5))
    refused = refusal(witness, request(old, size))
    assert (refused.status, refused.body) == (409, b"5\n")
    assert refused.media_type == "text/x.tlog.size"


def test_409_also_for_an_old_size_of_a_log_never_seen(witness: Witness):
    refused = refusal(witness, request(3, 5))
    assert (refused.status, refused.body) == (409, b"0\n")


def test_422_for_another_root_at_the_same_size(witness: Witness):
    witness.add_checkpoint(request(0, 5))
    body = AddCheckpoint(old_size=5, proof=(), checkpoint=signed(5, OTHER_NODES)).encode()
    assert refusal(witness, body).status == 422
    assert cosigned(witness.add_checkpoint(request(5, 6)), 6).size == 6


def test_422_for_another_history(witness: Witness):
    witness.add_checkpoint(request(0, 5))
    refused = refusal(witness, request(5, 9, OTHER_NODES))
    assert refused.status == 422
    assert b"consistency proof" in refused.body
    assert cosigned(witness.add_checkpoint(request(5, 9)), 9).size == 9


@pytest.mark.parametrize("change", ["shorter", "longer", "wrong", "none"])
def test_422_for_a_proof_that_does_not_hold(witness: Witness, change: str):
    witness.add_checkpoint(request(0, 5))
    proof = list(consistency_proof(5, 9, NODES))
    if change == "shorter":
        proof.pop()
    elif change == "longer":
        proof.append(bytes(32))
    elif change == "wrong":
        proof[0] = bytes(32)
    else:
        proof = []
    body = AddCheckpoint(old_size=5, proof=tuple(proof), checkpoint=signed(9)).encode()
    assert refusal(witness, body).status == 422


@pytest.mark.parametrize("size", [0, 5])
def test_422_for_a_proof_from_nothing(witness: Witness, size: int):
    body = AddCheckpoint(old_size=0, proof=(bytes(32),), checkpoint=signed(size)).encode()
    assert refusal(witness, body).status == 422


def test_422_for_a_proof_between_equal_sizes(witness: Witness):
    witness.add_checkpoint(request(0, 5))
    body = AddCheckpoint(old_size=5, proof=(bytes(32),), checkpoint=signed(5)).encode()
    assert refusal(witness, body).status == 422


def test_400_for_an_old_size_above_the_new_one(witness: Witness):
    """Before the size is compared with the memory: a 409 would hide the mistake."""
    witness.add_checkpoint(request(0, 9))
    body = AddCheckpoint(old_size=9, proof=(), checkpoint=signed(5)).encode()
    assert refusal(witness, body).status == 400


def test_404_for_a_log_that_is_not_watched(witness: Witness):
    other = note.Signer(name="other.example", private_key=private_key("other"))
    text = Checkpoint(origin="other.example", size=0, root=EMPTY_ROOT).text()
    body = AddCheckpoint(old_size=0, proof=(), checkpoint=other.sign(text)).encode()
    assert refusal(witness, body).status == 404


@pytest.mark.parametrize("key", [STRANGER, note.Signer(name="x", private_key=private_key("x"))])
def test_403_without_a_signature_of_the_log(witness: Witness, key: note.Signer):
    refused = refusal(
        witness, AddCheckpoint(old_size=0, proof=(), checkpoint=signed(5, key=key)).encode()
    )
    assert refused.status == 403
    assert b"invalid signature" in refused.body


def test_403_for_a_signature_of_the_log_over_something_else(witness: Witness):
    line = signed(6).split(b"\n\n")[1]
    text = signed(5).split(b"\n\n")[0]
    body = AddCheckpoint(old_size=0, proof=(), checkpoint=text + b"\n\n" + line).encode()
    assert refusal(witness, body).status == 403


@pytest.mark.parametrize("lines", ["", "no signature\n", "\u2014 x y\n"])
def test_403_without_a_line_that_is_a_signature(witness: Witness, lines: str):
    text = signed(5).split(b"\n\n")[0]
    body = AddCheckpoint(old_size=0, proof=(), checkpoint=text + b"\n\n" + lines.encode())
    assert refusal(witness, body.encode()).status == 403


GOOD = request(3, 5)
HEAD, NOTE_PART = GOOD.split(b"\n\n", 1)
LINE = base64.b64encode(bytes(32))
MALFORMED = {
    "nothing": b"",
    "no old line": NOTE_PART,
    "no checkpoint": HEAD + b"\n\n",
    "no empty line": HEAD + b"\n" + NOTE_PART,
    "leading zero": GOOD.replace(b"old 3", b"old 03"),
    "sign": GOOD.replace(b"old 3", b"old +3"),
    "negative": GOOD.replace(b"old 3", b"old -3"),
    "two spaces": GOOD.replace(b"old 3", b"old  3"),
    "capital": GOOD.replace(b"old 3", b"Old 3"),
    "no size": GOOD.replace(b"old 3", b"old "),
    "other digits": GOOD.replace(b"old 3", "old ３".encode()),
    "size too long": GOOD.replace(b"old 3", b"old " + b"9" * 20),
    "carriage returns": GOOD.replace(b"\n", b"\r\n"),
    "64 lines of proof": b"old 3\n" + (LINE + b"\n") * 64 + b"\n" + NOTE_PART,
    "unpadded base64": b"old 3\n" + LINE.rstrip(b"=") + b"\n\n" + NOTE_PART,
    "short hash": b"old 3\nAAAA\n\n" + NOTE_PART,
    "long hash": b"old 3\n" + base64.b64encode(bytes(33)) + b"\n\n" + NOTE_PART,
    "space behind a hash": b"old 3\n" + LINE + b" \n\n" + NOTE_PART,
    "checkpoint without size": GOOD.replace(b"\n5\n", b"\n"),
    "checkpoint size with zero": GOOD.replace(b"\n5\n", b"\n05\n"),
    "checkpoint root too short": HEAD + b"\n\n" + LOG_KEY.sign(f"{ORIGIN}\n5\nAAAA\n"),
    "note without an empty line": HEAD + b"\n\n" + NOTE_PART.replace(b"\n\n", b"\n"),
    "note with a tab": GOOD.replace("\u2014 ".encode(), "\u2014\t".encode()),
    "note that is not UTF-8": GOOD[:-1] + b"\xff\n",
    "note that is too large": GOOD + "\u2014 x AAAAAAAA\n".encode() * 4_400,
    "too large": GOOD + b"x" * REQUEST_BYTES_MAX,
}


@pytest.mark.parametrize("name", MALFORMED)
def test_400_for_a_malformed_request(witness: Witness, name: str):
    refused = refusal(witness, MALFORMED[name])
    assert refused.status == 400
    assert refused.media_type.startswith("text/plain")


def test_63_lines_of_proof_are_read():
    body = b"old 3\n" + (LINE + b"\n") * 63 + b"\n" + NOTE_PART
    assert len(parse_request(body).proof) == 63


@given(
    st.builds(
        AddCheckpoint,
        old_size=st.integers(0, 2**62),
        proof=st.lists(st.binary(min_size=32, max_size=32), max_size=63).map(tuple),
        checkpoint=st.binary(max_size=200),
    )
)
@settings(max_examples=40)
def test_parse_request_inverts_encode(made: AddCheckpoint):
    assert parse_request(made.encode()) == made


@given(st.data())
@settings(max_examples=40)
def test_any_byte_of_a_request_changed_is_refused(data):
    witness = quick_witness(COSIGNERS[:1])
    witness.add_checkpoint(request(0, 3))
    changed = bytearray(GOOD)
    place = data.draw(st.integers(0, len(changed) - 1))
    changed[place] ^= 1 << data.draw(st.integers(0, 7))
    assert refusal(witness, bytes(changed)).status in {400, 403, 404, 409, 422}


def test_several_keys_of_one_log_are_trusted():
    """A rotation: either key, or both lines."""
    logs = {ORIGIN: [LOG_KEY.verifier, STRANGER.verifier]}
    witness = dataclasses.replace(quick_witness(COSIGNERS[:1]), logs=logs)
    witness.add_checkpoint(request(0, 3))
    proof = consistency_proof(3, 5, NODES)
    newer = signed(5, key=STRANGER)
    witness.add_checkpoint(AddCheckpoint(old_size=3, proof=proof, checkpoint=newer).encode())
    both = signed(6) + signed(6, key=STRANGER).split(b"\n\n")[1]
    proof = consistency_proof(5, 6, NODES)
    assert witness.add_checkpoint(AddCheckpoint(old_size=5, proof=proof, checkpoint=both).encode())


def test_lines_of_strangers_are_not_kept(witness: Witness):
    proof = consistency_proof(0, 5, NODES)
    stranger = cosigner("stranger").cosign(signed(5).split(b"\n\n")[0].decode() + "\n", time_s=1)
    body = AddCheckpoint(old_size=0, proof=proof, checkpoint=signed(5) + stranger)
    witness.add_checkpoint(body.encode())
    shown = witness.latest(origin_digest(ORIGIN))
    assert shown is not None
    names = [line.name for line in note.split_note(shown)[1]]
    assert names == [ORIGIN, "w.example", "w.example/pq"]


def test_monitors_are_shown_the_last_cosigned_checkpoint(witness: Witness):
    digest = origin_digest(ORIGIN)
    assert monitoring_path(ORIGIN) == f"{digest}/checkpoint"
    assert witness.latest(digest) is None
    witness.add_checkpoint(request(0, 5))
    witness.add_checkpoint(request(5, 9))
    refusal(witness, request(5, 12))
    shown = witness.latest(digest)
    assert shown is not None
    assert cosigned(shown.removeprefix(signed(9)), 9).size == 9
    assert witness.latest("0" * 64) is None


@pytest.mark.parametrize(
    ("cosigners", "logs"),
    [
        ((), {ORIGIN: [LOG_KEY.verifier]}),
        ((COSIGNERS[0], pq_cosigner("w.example")), {ORIGIN: [LOG_KEY.verifier]}),
        (COSIGNERS, {"other": [LOG_KEY.verifier]}),
        (COSIGNERS, {ORIGIN: []}),
    ],
    ids=["no key", "one name for two keys", "key of another log", "log without key"],
)
def test_a_witness_that_cannot_be(tmp_path: Path, cosigners, logs):
    with pytest.raises(ValueError, match=r"different names|must be there"):
        Witness(
            cosigners=cosigners, logs=logs, store=WitnessFiles(tmp_path), clock_s=lambda: TIME_S
        )


def test_it_remembers_over_a_restart(tmp_path: Path):
    make_witness(tmp_path).add_checkpoint(request(0, 5))
    again = make_witness(tmp_path)
    assert refusal(again, request(0, 7)).body == b"5\n"
    assert cosigned(again.add_checkpoint(request(5, 7)), 7).size == 7


@pytest.mark.parametrize("damage", ["gone", "nonsense", "another log", "folder gone"])
def test_it_cosigns_nothing_without_its_memory(tmp_path: Path, damage: str):
    """A witness that lost its memory must not take any history for the first."""
    witness = make_witness(tmp_path)
    witness.add_checkpoint(request(0, 5))
    folder = tmp_path / origin_digest(ORIGIN)
    if damage == "gone":
        (folder / "latest").unlink()
    elif damage == "nonsense":
        (folder / "latest").write_bytes(b"nonsense")
    elif damage == "another log":
        text = Checkpoint(origin="other", size=0, root=EMPTY_ROOT).text()
        (folder / "latest").write_bytes(LOG_KEY.sign(text))
    else:
        folder.rename(tmp_path / "away")
    for body in (request(5, 7), request(0, 7)):
        with pytest.raises(Corruption) as caught:
            witness.add_checkpoint(body)
        assert caught.value.code == "WITNESS_DAMAGED"
    with pytest.raises(Corruption):
        witness.latest(origin_digest(ORIGIN))


def test_a_log_is_added_once(tmp_path: Path):
    store = WitnessFiles(tmp_path)
    assert store.add(ORIGIN)
    make_witness(tmp_path).add_checkpoint(request(0, 5))
    assert not store.add(ORIGIN)
    assert refusal(make_witness(tmp_path), request(0, 7)).body == b"5\n"


class Died(BaseException):
    """The process stops here; nothing may catch it."""


STEPS = ("before persisting", "file staged", "file renamed", "persisted", "signed",
         "before answering")  # fmt: skip


@pytest.mark.parametrize("step", STEPS)
def test_after_a_stop_at_any_step_no_second_root_is_cosigned(tmp_path: Path, step: str):
    """It remembers before it signs: once a signature may exist, the other history is refused."""

    def stop(at: str) -> None:
        if at == step:
            raise Died

    make_witness(tmp_path).add_checkpoint(request(0, 3))
    with pytest.raises(Died):
        make_witness(tmp_path, crash_point=stop).add_checkpoint(request(3, 5))
    again = make_witness(tmp_path)
    shown = again.latest(origin_digest(ORIGIN))
    assert shown is not None
    size = parse_checkpoint(note.split_note(shown)[0]).size
    assert size == (3 if step in {"before persisting", "file staged"} else 5)
    assert cosigned(again.add_checkpoint(request(size, 5)), 5).size == 5
    assert refusal(again, request(5, 9, OTHER_NODES)).status == 422


def test_a_further_condition_is_asked_before_anything_is_remembered():
    """A mirror that has replayed the entries cosigns what obeys the rules, and nothing else."""
    seen: list[int] = []

    def approve(checkpoint: Checkpoint) -> None:
        seen.append(checkpoint.size)
        if checkpoint.size == 7:
            raise NotVerified("OVER_PLEDGED", "entry 6 breaks a rule")

    witness = dataclasses.replace(quick_witness(), approve=approve)
    witness.add_checkpoint(request(0, 5))
    refused = refusal(witness, request(5, 7))
    assert (refused.status, refused.body) == (422, b"OVER_PLEDGED: entry 6 breaks a rule\n")
    refusal(witness, request(5, 9, OTHER_NODES))
    assert cosigned(witness.add_checkpoint(request(5, 9)), 9).size == 9
    assert seen == [5, 7, 9]


def test_two_at_once_never_cosign_two_trees_of_one_size(tmp_path: Path):
    """Many threads offer two histories at the same sizes; only one of them is ever cosigned."""
    witness = make_witness(tmp_path, cosigners=COSIGNERS[:1])
    answered: dict[int, set[bytes]] = {}
    mutex = threading.Lock()

    def offer(nodes: LeafNodes) -> None:
        old = 0
        for size in (4, 7, 11):
            for _ in range(2):
                if old > size:
                    break
                try:
                    witness.add_checkpoint(request(old, size, nodes))
                except WitnessError as refused:
                    old = refused.size if refused.size is not None else old
                else:
                    with mutex:
                        answered.setdefault(size, set()).add(root_at(size, nodes))
                    old = size

    threads = [threading.Thread(target=offer, args=(nodes,)) for nodes in (NODES, OTHER_NODES) * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answered
    histories = [
        {size: {root_at(size, nodes)} for size in answered} for nodes in (NODES, OTHER_NODES)
    ]
    assert answered in histories


def test_a_request_waits_for_the_one_before_it(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("ledger.log.witness_files.LOCK_SECONDS", 0)
    witness = make_witness(tmp_path)
    with witness.store.record(ORIGIN), pytest.raises(OutcomeUnknown):
        witness.add_checkpoint(request(0, 5))
