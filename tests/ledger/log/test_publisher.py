"""The publisher and the signer: files, checkpoints, and what makes them refuse."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.audit.files import verify_files
from ledger.errors import Corruption, NotVerified, OutcomeUnknown
from ledger.log.checkpoint import Checkpoint
from ledger.log.memory import MemoryLogStore
from ledger.log.merkle import EMPTY_ROOT
from ledger.log.signer import CheckpointSigner
from tests.support.crashes import STEPS
from tests.support.log_parts import LOG_KEY, ORIGIN, Log, make_request, open_log

OpenLog = Callable[..., Log]


class Died(BaseException):
    """The process stops here; nothing may catch it."""


@pytest.fixture
def memory(tmp_path: Path) -> Log:
    """Return a log in memory with its files."""
    return open_log(MemoryLogStore(ORIGIN), tmp_path)


def grow(log: Log, count: int, name: str = "e") -> None:
    """Enter some requests in one commit and publish."""
    start = log.store.head().size
    numbers = range(start, start + count)
    prepared = [log.sequencer.prepare(make_request(f"{name}{number}")) for number in numbers]
    with log.store.sequencer_lock(5):
        log.sequencer.process(prepared)
        log.publisher.publish()


def check(log: Log) -> Checkpoint:
    """Verify every published file."""
    return verify_files(log.publisher.read, LOG_KEY.verifier)


def test_nothing_is_published_before_the_first_checkpoint(memory: Log, tmp_path: Path):
    assert memory.publisher.published() is None
    with pytest.raises(LookupError):
        memory.publisher.read("checkpoint")
    with pytest.raises(LookupError):
        memory.publisher.export(tmp_path / "export")


def test_the_empty_log_has_a_checkpoint(memory: Log):
    assert memory.writer.recover() == 0
    assert check(memory) == Checkpoint(origin=ORIGIN, size=0, root=EMPTY_ROOT)


def test_the_log_verifies_after_every_step(memory: Log):
    for count in (1, 1, 253, 1, 1, 254, 1, 1, 300):
        grow(memory, count)
        assert check(memory).size == memory.store.head().size


def test_partial_tiles_go_when_the_full_one_is_there(memory: Log):
    grow(memory, 255)
    folder = memory.publisher.folder
    assert (folder / "tile/0/000.p/255").exists()
    grow(memory, 1)
    assert not (folder / "tile/0/000.p").exists()
    assert not (folder / "tile/entries/000.p").exists()
    assert (folder / "tile/0/000").exists()
    assert (folder / "tile/1/000.p/1").exists()


def test_publish_again_changes_nothing(memory: Log):
    grow(memory, 3)
    before = {path: path.stat().st_mtime_ns for path in memory.publisher.folder.rglob("*")}
    assert memory.publisher.publish().size == 3
    assert {path: path.stat().st_mtime_ns for path in memory.publisher.folder.rglob("*")} == before


def test_recover_writes_missing_files_again(memory: Log, tmp_path: Path):
    grow(memory, 600)
    original = {path: path.read_bytes() for path in files_of(memory)}
    for kind in ("0", "1", "entries"):
        shutil.rmtree(memory.publisher.folder / "tile" / kind)
        reopened = open_log(memory.store, tmp_path)
        assert reopened.writer.recover() == 600
        assert {path: path.read_bytes() for path in files_of(memory)} == original
    shutil.rmtree(memory.publisher.folder)
    assert open_log(memory.store, tmp_path).writer.recover() == 600
    assert {path: path.read_bytes() for path in files_of(memory)} == original


def files_of(log: Log) -> list[Path]:
    """Return the public files."""
    return sorted(path for path in log.publisher.folder.rglob("*") if path.is_file())


def test_recover_removes_unfinished_files(memory: Log, tmp_path: Path):
    grow(memory, 2)
    staging = memory.publisher.folder / ".staging"
    staging.mkdir(exist_ok=True)
    (staging / "1-1").write_bytes(b"half")
    open_log(memory.store, tmp_path).writer.recover()
    assert not (staging / "1-1").exists()


def test_a_restored_old_backup_is_refused(memory: Log, tmp_path: Path):
    """The database is of yesterday, the signer and the files are of today."""
    grow(memory, 5)
    yesterday = open_log(MemoryLogStore(ORIGIN), tmp_path / "elsewhere")
    grow(yesterday, 3)
    restored = open_log(yesterday.store, tmp_path)
    for attempt in (restored.writer.recover, lambda: restored.writer.submit(make_request("new"))):
        with pytest.raises(Corruption) as caught:
            attempt()
        assert caught.value.code == "LOG_BEHIND_SIGNER"
    assert yesterday.store.head().size == 3


@pytest.mark.parametrize("keep", ["signer", "public"])
def test_either_memory_is_enough_to_refuse_it(memory: Log, tmp_path: Path, keep: str):
    grow(memory, 5)
    shutil.rmtree(tmp_path / ("public" if keep == "signer" else "signer"))
    restored = open_log(MemoryLogStore(ORIGIN), tmp_path)
    with pytest.raises(Corruption) as caught:
        restored.writer.recover()
    assert caught.value.code == "LOG_BEHIND_SIGNER"


def test_a_rewritten_log_gets_no_signature(memory: Log, tmp_path: Path):
    """As many entries as were signed, or more, but others."""
    grow(memory, 5)
    for count in (5, 9):
        other = open_log(MemoryLogStore(ORIGIN), tmp_path / f"elsewhere{count}")
        grow(other, count, name="other")
        forged = open_log(other.store, tmp_path)
        shutil.rmtree(tmp_path / "public" / "tile", ignore_errors=True)
        with pytest.raises(Corruption) as caught:
            forged.writer.recover()
        assert caught.value.code == "ROOT_DIFFERS"
        with pytest.raises(Corruption) as caught:
            forged.publisher.publish()
        assert caught.value.code in ("ROOT_DIFFERS", "TILES_DIFFER")
    assert memory.publisher.published() is not None


def test_the_signer_alone_refuses_a_rewritten_log(memory: Log, tmp_path: Path):
    grow(memory, 5)
    other = open_log(MemoryLogStore(ORIGIN), tmp_path / "elsewhere")
    grow(other, 9, name="other")
    shutil.rmtree(tmp_path / "public")
    with pytest.raises(Corruption) as caught:
        open_log(other.store, tmp_path).publisher.publish()
    assert caught.value.code == "ROOT_DIFFERS"


def test_a_changed_tile_gets_no_signature(memory: Log, tmp_path: Path):
    grow(memory, 256)
    tile = memory.publisher.folder / "tile/1/000.p/1"
    tile.write_bytes(b"\0" * 32)
    with pytest.raises(Corruption) as caught:
        grow(memory, 1)
    assert caught.value.code == "TILES_DIFFER"
    shutil.rmtree(memory.publisher.folder / "tile")
    reopened = open_log(memory.store, tmp_path)
    assert reopened.writer.recover() == 257
    assert check(reopened).size == 257


def test_a_damaged_checkpoint_or_memory_is_named(memory: Log, tmp_path: Path):
    grow(memory, 2)
    (memory.publisher.folder / "checkpoint").write_bytes(b"nonsense")
    with pytest.raises(Corruption) as caught:
        open_log(memory.store, tmp_path).writer.recover()
    assert caught.value.code == "CHECKPOINT_DAMAGED"
    (memory.publisher.folder / "checkpoint").unlink()
    assert open_log(memory.store, tmp_path).writer.recover() == 2
    (tmp_path / "signer" / "last").write_bytes(b"nonsense")
    with pytest.raises(Corruption) as caught:
        open_log(memory.store, tmp_path).writer.recover()
    assert caught.value.code == "SIGNER_DAMAGED"


def test_the_signer_gives_the_same_note_again_and_never_another(tmp_path: Path):
    signer = CheckpointSigner(LOG_KEY, tmp_path / "last")
    first = Checkpoint(origin=ORIGIN, size=5, root=b"\5" * 32)
    note_data = signer.sign(first, no_proof)
    assert signer.sign(first, no_proof) == note_data
    assert signer.last() == first
    for code, wrong in (
        ("ROOT_DIFFERS", Checkpoint(origin=ORIGIN, size=5, root=b"\6" * 32)),
        ("LOG_BEHIND_SIGNER", Checkpoint(origin=ORIGIN, size=4, root=b"\4" * 32)),
        ("ROOT_DIFFERS", Checkpoint(origin=ORIGIN, size=6, root=b"\6" * 32)),
        ("ROOT_DIFFERS", Checkpoint(origin="other.example", size=6, root=b"\6" * 32)),
    ):
        with pytest.raises(Corruption) as caught:
            signer.sign(wrong, no_proof)
        assert caught.value.code == code
    assert signer.last() == first


def no_proof(_old: int, _new: int) -> tuple[bytes, ...]:
    """Prove nothing."""
    return ()


def test_the_signers_lock_excludes(tmp_path: Path):
    signer = CheckpointSigner(LOG_KEY, tmp_path / "last")
    with (
        signer.lock(timeout_seconds=1),
        pytest.raises(OutcomeUnknown),
        signer.lock(timeout_seconds=0.01),
    ):
        pass


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("occurrence", [1, 2])
def test_after_a_stop_at_any_step_the_log_goes_on(tmp_path: Path, step: str, occurrence: int):
    """What a dead process leaves is mended, and no size is signed with two roots.

    Memory outlives the "process" here, as a database does; kills of real processes are in
    tests/faults.
    """
    store = MemoryLogStore(ORIGIN)
    seen = 0

    def stop(at: str) -> None:
        nonlocal seen
        seen += at == step
        if at == step and seen == occurrence:
            raise Died

    log = open_log(store, tmp_path, crash_point=stop)
    try:
        for number in range(4):
            log.writer.submit(make_request(f"n{number}"))
    except Died:
        pass
    signed = CheckpointSigner(LOG_KEY, tmp_path / "signer" / "last").last()
    reopened = open_log(store, tmp_path)
    size = reopened.writer.recover()
    assert check(reopened).size == size == store.head().size
    assert signed is None or signed.size <= size
    for number in range(4):
        reopened.writer.submit(make_request(f"n{number}"))
    assert store.head().size == 4
    assert check(reopened).size == 4


def test_export_holds_exactly_the_published_tree(memory: Log, tmp_path: Path):
    grow(memory, 200)
    grow(memory, 57)
    memory.publisher.export(tmp_path / "export")
    names = {
        str(path.relative_to(tmp_path / "export"))
        for path in (tmp_path / "export").rglob("*")
        if path.is_file()
    }
    assert names == {
        "checkpoint",
        "tile/0/000",
        "tile/0/001.p/1",
        "tile/1/000.p/1",
        "tile/entries/000",
        "tile/entries/001.p/1",
    }
    exported = verify_files(
        lambda path: (tmp_path / "export" / path).read_bytes(), LOG_KEY.verifier
    )
    assert exported.size == 257


def test_any_byte_changed_in_the_files_is_found(memory: Log, tmp_path: Path):
    grow(memory, 258)
    folder = tmp_path / "export"
    memory.publisher.export(folder)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        data = path.read_bytes()
        for place in range(0, len(data), max(1, len(data) // 40)):
            path.write_bytes(data[:place] + bytes([data[place] ^ 16]) + data[place + 1 :])
            with pytest.raises(NotVerified):
                verify_files(lambda name: (folder / name).read_bytes(), LOG_KEY.verifier)
        path.write_bytes(data)
        path.unlink()
        with pytest.raises(NotVerified):
            verify_files(lambda name: (folder / name).read_bytes(), LOG_KEY.verifier)
        path.write_bytes(data)
    assert verify_files(lambda name: (folder / name).read_bytes(), LOG_KEY.verifier).size == 258
