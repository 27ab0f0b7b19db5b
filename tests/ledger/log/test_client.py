"""Reading somebody else's log: every hash checked, every checkpoint an extension of the last."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path

import pytest

from ledger.errors import NotVerified
from ledger.log import note
from ledger.log.client import (
    BUNDLE_BYTES_MAX,
    TILE_BYTES_MAX,
    FetchFailed,
    FileMemory,
    FolderFiles,
    LogClient,
    LogForked,
    VerifiedTiles,
    file_bytes_max,
)
from ledger.log.merkle import leaf_hash, root_of
from ledger.log.policy import Policy
from tests.support.log_folders import checkpoint_of, entries_of, publish
from tests.support.log_parts import LOG_KEY, ORIGIN, private_key
from tests.support.witnesses import TIME_S, cosigner, policy_of

ONLY_LOG = Policy()


def client_of(folder: Path, memory: Path, policy: Policy = ONLY_LOG) -> LogClient:
    """Return a client of the log in a folder."""
    return LogClient(
        FolderFiles(folder=folder).read,
        policy,
        FileMemory(path=memory / "seen"),
        logs=(LOG_KEY.verifier,),
    )


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 512, 700])
def test_a_whole_log_is_read(tmp_path: Path, size: int):
    entries = entries_of(size)
    publish(tmp_path / "log", entries)
    view = client_of(tmp_path / "log", tmp_path).update()
    assert view.checkpoint == checkpoint_of(entries)
    assert list(view.entries()) == list(enumerate(entries))
    assert (
        list(view.entries(size // 3, size // 2)) == list(enumerate(entries))[size // 3 : size // 2]
    )
    for index in {0, size // 2, size - 1} & set(range(size)):
        proof = view.proof(index)
        proof.verify(leaf_hash(entries[index]), LOG_KEY.verifier)


@pytest.mark.long
def test_a_log_of_three_levels_is_read_where_it_is_asked(tmp_path: Path):
    """65,793 entries: a level-2 tile of width 1, one full level-1 tile and a partial one."""
    entries = entries_of(65_793)
    publish(tmp_path / "log", entries)
    read: list[str] = []
    files = FolderFiles(folder=tmp_path / "log")

    def counting(path: str) -> bytes:
        read.append(path)
        return files.read(path)

    client = LogClient(
        counting, ONLY_LOG, FileMemory(path=tmp_path / "seen"), logs=(LOG_KEY.verifier,)
    )
    view = client.update()
    assert list(view.entries(40_000, 40_002)) == [
        (40_000, entries[40_000]),
        (40_001, entries[40_001]),
    ]
    assert len(read) < 10, "one bundle, its tile, those above, and the edge"
    view.proof(65_792).verify(leaf_hash(entries[65_792]), LOG_KEY.verifier)


@pytest.mark.parametrize(("start", "stop"), [(-1, 2), (3, 2), (0, 6), (6, 6)])
def test_a_range_outside_the_log_is_refused(tmp_path: Path, start: int, stop: int):
    publish(tmp_path / "log", entries_of(5))
    view = client_of(tmp_path / "log", tmp_path).update()
    with pytest.raises(ValueError, match="are not in"):
        list(view.entries(start, stop))


def test_it_follows_a_growing_log(tmp_path: Path):
    client = client_of(tmp_path / "log", tmp_path)
    for size in (0, 0, 1, 3, 255, 256, 256, 300, 600):
        publish(tmp_path / "log", entries_of(size))
        assert client.update().checkpoint.size == size
    again = client_of(tmp_path / "log", tmp_path)
    publish(tmp_path / "log", entries_of(601))
    assert again.update().checkpoint.size == 601


@pytest.mark.parametrize(("first", "second"), [(5, 5), (5, 9), (256, 300), (300, 600)])
def test_a_fork_is_named_and_both_notes_are_kept(tmp_path: Path, first: int, second: int):
    client = client_of(tmp_path / "log", tmp_path)
    publish(tmp_path / "log", entries_of(first))
    known = client.update()
    shutil.rmtree(tmp_path / "log")
    publish(tmp_path / "log", [b"another", *entries_of(second - 1)])
    with pytest.raises(LogForked) as caught:
        client.update()
    assert caught.value.code == "LOG_FORKED"
    for signed in (caught.value.first, caught.value.second):
        assert note.open_note(signed, [LOG_KEY.verifier]).text.startswith(ORIGIN)
    assert caught.value.first == known.signed != caught.value.second
    travelled = pickle.loads(pickle.dumps(caught.value))
    assert (travelled.first, travelled.second) == (caught.value.first, caught.value.second)
    # What was known stays: the other history is never taken for the log.
    with pytest.raises(LogForked):
        client.update()


def test_a_smaller_tree_than_before_is_refused(tmp_path: Path):
    client = client_of(tmp_path / "log", tmp_path)
    publish(tmp_path / "log", entries_of(9))
    client.update()
    publish(tmp_path / "log", entries_of(5))
    with pytest.raises(NotVerified) as caught:
        client.update()
    assert caught.value.code == "CHECKPOINT_BEHIND"
    publish(tmp_path / "log", entries_of(10))
    assert client.update().checkpoint.size == 10


def test_tiles_that_are_not_the_checkpoints_prove_no_fork(tmp_path: Path):
    """A mirror that serves rubbish is not a log that signed two trees."""
    client = client_of(tmp_path / "log", tmp_path)
    publish(tmp_path / "log", entries_of(5))
    client.update()
    publish(tmp_path / "log", entries_of(9))
    (tmp_path / "log" / "tile/0/000.p/9").write_bytes(b"\1" * 32 * 9)
    with pytest.raises(NotVerified) as caught:
        client.update()
    assert (caught.value.code, isinstance(caught.value, LogForked)) == ("ROOT_DIFFERS", False)


def test_another_log_than_the_one_that_is_followed(tmp_path: Path):
    other = note.Signer(name="other.example", private_key=private_key("other"))
    both = LogClient(
        FolderFiles(folder=tmp_path / "log").read,
        ONLY_LOG,
        FileMemory(path=tmp_path / "seen"),
        logs=(LOG_KEY.verifier, other.verifier),
    )
    publish(tmp_path / "log", entries_of(5))
    both.update()
    publish(tmp_path / "log", entries_of(7), key=other)
    with pytest.raises(NotVerified) as caught:
        both.update()
    assert caught.value.code == "CHECKPOINT_ORIGIN"


def test_a_checkpoint_without_the_quorum_is_not_taken(tmp_path: Path):
    witnesses = [cosigner("w1"), cosigner("w2")]
    client = client_of(tmp_path / "log", tmp_path, policy_of(witnesses, 2))
    entries = entries_of(5)
    text = checkpoint_of(entries).text()
    lines = [one.cosign(text, time_s=TIME_S) for one in witnesses]
    publish(tmp_path / "log", entries, lines=lines[0])
    with pytest.raises(NotVerified) as caught:
        client.update()
    assert caught.value.code == "QUORUM_MISSING"
    assert not (tmp_path / "seen").exists()
    publish(tmp_path / "log", entries, lines=b"".join(lines))
    assert client.update().evaluation.time_s == TIME_S


@pytest.mark.parametrize("size", [256, 300])
def test_any_changed_byte_is_found_before_it_is_used(tmp_path: Path, size: int):
    folder = tmp_path / "log"
    publish(folder, entries_of(size))
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        data = path.read_bytes()
        for place in range(0, len(data), max(1, len(data) // 4)):
            changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
            path.write_bytes(changed)
            with pytest.raises(NotVerified):
                read_all(folder, tmp_path)
        path.write_bytes(data)
    assert read_all(folder, tmp_path) == size


def read_all(folder: Path, memory: Path) -> int:
    """Read a whole log and the proof of its first entry; return how many entries it has."""
    (memory / "seen").unlink(missing_ok=True)
    view = client_of(folder, memory).update()
    count = sum(1 for _ in view.entries())
    view.proof(0)
    return count


@pytest.mark.parametrize(
    "path", ["checkpoint", "tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/000"]
)
def test_a_missing_file_is_named(tmp_path: Path, path: str):
    folder = tmp_path / "log"
    publish(folder, entries_of(300))
    (folder / path).unlink()
    with pytest.raises((NotVerified, LookupError)) as caught:
        read_all(folder, tmp_path)
    assert path.split(".", maxsplit=1)[0] in str(caught.value)


def test_a_missing_tile_between_two_checkpoints_is_no_fork(tmp_path: Path):
    client = client_of(tmp_path / "log", tmp_path)
    publish(tmp_path / "log", entries_of(5))
    client.update()
    publish(tmp_path / "log", entries_of(300))
    (tmp_path / "log" / "tile/0/000").unlink()
    with pytest.raises(NotVerified) as caught:
        client.update()
    assert caught.value.code == "FILE_MISSING"


@pytest.mark.parametrize("size", [44, 200, 300])
def test_a_partial_tile_that_is_gone_is_cut_from_the_full_one(tmp_path: Path, size: int):
    """What a log may do as soon as the full tile stands."""
    folder = tmp_path / "log"
    publish(folder, entries_of(512))
    signed = LOG_KEY.sign(checkpoint_of(entries_of(size)).text())
    (folder / "checkpoint").write_bytes(signed)
    if size > 256:
        (folder / "tile/1/000.p").mkdir(exist_ok=True)
        (folder / "tile/1/000.p/1").write_bytes((folder / "tile/1/000.p/2").read_bytes()[:32])
    assert read_all(folder, tmp_path) == size


def test_the_empty_tree_has_its_own_root(tmp_path: Path):
    tiles = VerifiedTiles(FolderFiles(folder=tmp_path).read, 0, b"\1" * 32)
    with pytest.raises(NotVerified) as caught:
        tiles.edge()
    assert caught.value.code == "ROOT_DIFFERS"


def test_no_file_is_read_beyond_what_it_can_hold(tmp_path: Path):
    files = FolderFiles(folder=tmp_path)
    for path in ("checkpoint", "tile/0/000", "tile/entries/000"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        with (tmp_path / path).open("wb") as file:
            file.truncate(file_bytes_max(path) + 1)
        with pytest.raises(FetchFailed, match="more than"):
            files.read(path)
        with (tmp_path / path).open("wb") as file:
            file.truncate(file_bytes_max(path))
        assert len(files.read(path)) == file_bytes_max(path)
    assert (TILE_BYTES_MAX, BUNDLE_BYTES_MAX) == (8_192, 16_777_472)
    with pytest.raises(FetchFailed):
        files.read("tile")
    with pytest.raises(LookupError):
        files.read("tile/9/000")


def test_the_largest_bundle_is_read(tmp_path: Path):
    entries = [bytes([number]) * 65_535 for number in range(256)]
    publish(tmp_path / "log", entries)
    view = client_of(tmp_path / "log", tmp_path).update()
    assert root_of([leaf_hash(entry) for _, entry in view.entries()]) == view.checkpoint.root
