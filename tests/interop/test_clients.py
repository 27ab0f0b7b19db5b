"""Programs that nobody here wrote read our exported log and find it right.

tlog-scales (C2SP tiles, checkpoints, proofs), sigstore (signed notes, inclusion), scitt-cose
(inclusion, consistency) and pymerkle (roots), each from PyPI, on a log of real entries made by
the writer.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from pymerkle import InmemoryTree
from scitt_cose import merkle as scitt
from sigstore._internal.merkle import verify_merkle_inclusion
from sigstore._internal.rekor.checkpoint import LogCheckpoint, SignedNote
from sigstore._utils import KeyID
from sigstore.errors import VerificationError
from tlog_scales import signing as scales_signing
from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader
from tlog_scales.tlog import Checkpoint as ScalesCheckpoint
from tlog_scales.writer import TilesWriter

from data.engine import make_engine
from data.stores.ledger_log import SqlLogStore
from ledger.audit.files import verify_files
from ledger.log import canonical, note
from ledger.log.body import parse_body
from ledger.log.checkpoint import Checkpoint, open_checkpoint
from ledger.log.client import FileMemory, FolderFiles, LogClient
from ledger.log.entry import parse_leaf
from ledger.log.memory import MemoryLogStore
from ledger.log.merkle import Frontier, consistency_proof, inclusion_proof, leaf_hash
from ledger.log.policy import Policy
from ledger.log.replay import Replay
from ledger.log.store import Batch, Head, NewLeaf
from ledger.log.tiles import TileReader
from tests.support.log_folders import publish
from tests.support.log_parts import LOG_KEY, ORIGIN, Log, make_request, open_log

SIZES = (0, 1, 2, 255, 256, 257, 600)


@dataclass(frozen=True)
class Exported:
    """An exported log: its folder, what is in it, and our own reader."""

    folder: Path
    checkpoint: Checkpoint
    entries: list[bytes]

    @property
    def reader(self) -> TileReader:
        """Our reader of the exported tiles."""
        return TileReader(lambda path: (self.folder / path).read_bytes(), self.checkpoint.size)


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Exported]:
    """Export one growing log at each size."""
    folder = tmp_path_factory.mktemp("interop")
    log = open_log(MemoryLogStore(ORIGIN), folder)
    log.writer.recover()
    return {size: export_at(log, size, folder / f"export-{size}") for size in SIZES}


def export_at(log: Log, size: int, folder: Path) -> Exported:
    """Grow a log to a size and export it."""
    start = log.store.head().size
    prepared = [
        log.sequencer.prepare(make_request(f"e{number}", order=f"o{number % 7}"))
        for number in range(start, size)
    ]
    with log.store.sequencer_lock(5):
        if prepared:
            log.sequencer.process(prepared)
        log.publisher.publish()
    checkpoint = log.publisher.export(folder)
    return Exported(folder, checkpoint, list(log.store.leaves(0, size)))


def places(size: int) -> list[int]:
    """Return the leaves that are proved: the edges and some between."""
    return sorted({0, 1, 2, size // 3, size // 2, size - 2, size - 1} & set(range(size)))


@pytest.mark.parametrize("size", SIZES)
def test_tlog_scales_verifies_the_log(exports: dict[int, Exported], size: int):
    exported = exports[size]
    reader = TilesReader(LocalBackend(exported.folder))
    checkpoint = reader.get_checkpoint()
    checkpoint.verify(scales_signing.Vkey.from_string(LOG_KEY.verifier.vkey))
    assert (checkpoint.origin, checkpoint.size) == (ORIGIN, size)
    assert reader.calculate_root_hash() == checkpoint.root_hash == exported.checkpoint.root
    assert [reader.get_entry(index) for index in range(size)] == exported.entries
    for index in places(size):
        proof = reader.get_inclusion_proof(index, size)
        proof.check(leaf_hash(exported.entries[index]), checkpoint.root_hash)
        assert tuple(proof.node_hashes) == inclusion_proof(index, size, exported.reader)
    for old in (old for old in SIZES if 0 < old <= size):
        consistency = reader.get_consistency_proof(old, size)
        consistency.check(exports[old].checkpoint.root, checkpoint.root_hash)
        assert tuple(consistency.node_hashes) == consistency_proof(old, size, exported.reader)


@pytest.mark.parametrize("size", SIZES)
def test_sigstore_reads_the_note_and_verifies_inclusion(exports: dict[int, Exported], size: int):
    exported = exports[size]
    note_text = (exported.folder / "checkpoint").read_text("utf-8")
    signed = SignedNote.from_text(note_text)
    assert [one.name for one in signed.signatures] == [ORIGIN]
    assert signed.signatures[0].sig_hash == LOG_KEY.verifier.key_id
    signed.verify(KEYRING, KeyID(LOG_KEY.verifier.key_id))
    with pytest.raises(VerificationError):
        SignedNote.from_text(note_text.replace(ORIGIN, "other.example", 1)).verify(
            KEYRING, KeyID(LOG_KEY.verifier.key_id)
        )
    checkpoint = LogCheckpoint.from_text(signed.note)
    assert (checkpoint.origin, checkpoint.log_size) == (ORIGIN, size)
    assert checkpoint.log_hash == exported.checkpoint.root.hex()
    for index in places(size):
        verify_merkle_inclusion(sigstore_entry(exported, index))


class Keyring:
    """The log's key in the place of sigstore's own keyring."""

    def verify(self, *, key_id: KeyID, signature: bytes, data: bytes) -> None:
        """Verify as sigstore's keyring does."""
        try:
            LOG_KEY.private_key.public_key().verify(signature, data)
        except InvalidSignature as error:
            raise VerificationError("keyring: invalid signature") from error


KEYRING = Keyring()


def sigstore_entry(exported: Exported, index: int) -> Any:
    """Return the little of a transparency-log entry that sigstore's verifier reads."""
    proof = SimpleNamespace(
        log_index=index,
        tree_size=exported.checkpoint.size,
        hashes=list(inclusion_proof(index, exported.checkpoint.size, exported.reader)),
        root_hash=exported.checkpoint.root,
    )
    inner = SimpleNamespace(inclusion_proof=proof, canonicalized_body=exported.entries[index])
    return SimpleNamespace(_inner=inner)


@pytest.mark.parametrize("size", SIZES)
def test_scitt_cose_verifies_inclusion_and_consistency(exports: dict[int, Exported], size: int):
    exported = exports[size]
    root = exported.checkpoint.root.hex()
    assert scitt.merkle_root([entry.hex() for entry in exported.entries]) == root
    for index in places(size):
        hashes = [one.hex() for one in inclusion_proof(index, size, exported.reader)]
        entry = exported.entries[index].hex()
        assert scitt.verify_inclusion(entry, index, size, hashes, root)
        assert not scitt.verify_inclusion(entry, index, size, [*hashes, root], root)
    for old in (old for old in SIZES if 0 < old <= size):
        proof = [one.hex() for one in consistency_proof(old, size, exported.reader)]
        old_root = exports[old].checkpoint.root.hex()
        assert scitt.verify_consistency(old_root, root, old, size, proof)


@pytest.mark.parametrize("size", SIZES)
def test_pymerkle_has_the_same_root(exports: dict[int, Exported], size: int):
    tree = InmemoryTree.init_from_entries(exports[size].entries)
    assert tree.get_root(size) == exports[size].checkpoint.root


def test_a_log_made_by_tlog_scales_is_read_by_us(tmp_path: Path):
    """The other way round: their writer, our reader."""
    folder = tmp_path / "theirs"
    writer = TilesWriter.create(folder, ORIGIN)
    entries = [b"entry %d" % number for number in range(300)]
    for entry in entries:
        writer.add_leaf(entry)
    writer.commit([scales_signing.PlainEd25519Signer(ORIGIN, LOG_KEY.private_key)])
    seen: list[bytes] = []
    checkpoint = verify_files(
        lambda path: (folder / path).read_bytes(),
        LOG_KEY.verifier,
        on_entries=lambda _, some: seen.extend(some),
    )
    assert checkpoint.size == 300
    assert seen == entries


def test_an_mldsa_cosignature_by_tlog_scales_is_read_by_us():
    cosigner = scales_signing.MLDSA44CosignatureSigner("witness.example/pq", b"\3" * 32)
    signer = scales_signing.PlainEd25519Signer(ORIGIN, LOG_KEY.private_key)
    text = ScalesCheckpoint.make_signed(ORIGIN, 7, b"\7" * 32, [signer, cosigner]).serialize()
    verifier = note.parse_vkey(cosigner.vkey.serialize())
    checkpoint, opened = open_checkpoint(text.encode(), LOG_KEY.verifier, [verifier])
    assert (checkpoint.size, checkpoint.root) == (7, b"\7" * 32)
    assert {one.name for one in opened.signatures} == {ORIGIN, "witness.example/pq"}


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257])
def test_equal_entries_give_equal_files_on_each_database(
    database_url: str, tmp_path: Path, exports: dict[int, Exported], size: int
):
    """Files are a function of the entries: memory, SQLite and PostgreSQL agree byte for byte."""
    reference = exports[size]
    engine = make_engine(database_url)
    try:
        store = SqlLogStore(engine, ORIGIN, lock_folder=tmp_path)
        if size:
            copy_entries(reference.entries, store)
        log = open_log(store, tmp_path)
        log.writer.recover()
        log.publisher.export(tmp_path / "export")
    finally:
        engine.dispose()
    theirs = files_below(tmp_path / "export")
    assert theirs == files_below(reference.folder)


@pytest.mark.long
@pytest.mark.timeout(1_200)
@pytest.mark.parametrize("size", [65_535, 65_536, 65_537, 70_000])
def test_tlog_scales_verifies_large_logs_of_each_database(
    database_url: str, tmp_path: Path, size: int
):
    """Where the second level of tiles fills and the third begins; entries need not be ours.

    Byte for byte the files that the entries alone give, whatever the database.
    """
    entries = [b"entry %d" % number for number in range(size)]
    publish(tmp_path / "reference", entries)
    engine = make_engine(database_url)
    try:
        store = SqlLogStore(engine, ORIGIN, lock_folder=tmp_path)
        store.commit(opaque_batch(size))
        log = open_log(store, tmp_path)
        log.writer.recover()
        log.publisher.export(tmp_path / "export")
    finally:
        engine.dispose()
    assert files_below(tmp_path / "export") == files_below(tmp_path / "reference")
    reader = TilesReader(LocalBackend(tmp_path / "export"))
    checkpoint = reader.get_checkpoint()
    checkpoint.verify(scales_signing.Vkey.from_string(LOG_KEY.verifier.vkey))
    assert checkpoint.size == size
    assert reader.calculate_root_hash() == checkpoint.root_hash
    text = (tmp_path / "export" / "checkpoint").read_text("utf-8")
    SignedNote.from_text(text).verify(KEYRING, KeyID(LOG_KEY.verifier.key_id))
    files = FolderFiles(folder=tmp_path / "export")
    view = LogClient(
        files.read, Policy(), FileMemory(path=tmp_path / "seen"), logs=(LOG_KEY.verifier,)
    ).update()
    assert [entry for _, entry in view.entries(size - 300)] == entries[-300:]
    for index in places(size):
        entry = reader.get_entry(index)
        assert entry == b"entry %d" % index
        reader.get_inclusion_proof(index, size).check(leaf_hash(entry), checkpoint.root_hash)
    for old in (1, 256, 65_534, size):
        old_root = Frontier().extended(leaf_hash(b"entry %d" % n) for n in range(old)).root()
        reader.get_consistency_proof(old, size).check(old_root, checkpoint.root_hash)


@pytest.mark.long
@pytest.mark.timeout(1_200)
@pytest.mark.parametrize("size", [65_535, 65_536, 65_537, 70_000])
def test_pymerkle_has_the_root_of_large_logs(size: int):
    """The roots of the logs above, which are the same for each database."""
    entries = [b"entry %d" % number for number in range(size)]
    ours = Frontier().extended(leaf_hash(entry) for entry in entries).root()
    assert InmemoryTree.init_from_entries(entries).get_root(size) == ours


def opaque_batch(size: int) -> Batch:
    """Return a batch of entries that are no envelopes."""
    leaves = tuple(
        NewLeaf(
            index=index,
            leaf_hash=leaf_hash(b"entry %d" % index),
            data=b"entry %d" % index,
            time_ms=index,
            request_id=f"{index:032x}",
            body_digest=bytes(32),
            order=None,
            order_sequence=None,
        )
        for index in range(size)
    )
    frontier = Frontier().extended(leaf.leaf_hash for leaf in leaves)
    new = Head(frontier=frontier, last_leaf=leaves[-1].leaf_hash, time_ms=size)
    return Batch(old=Head(), new=new, leaves=leaves, state={}, outcomes=())


def copy_entries(entries: list[bytes], store: SqlLogStore) -> None:
    """Put finished leaves into a store, as a recovery from bundles does."""
    replay, leaves = Replay(ORIGIN), []
    for entry in entries:
        envelope = parse_leaf(entry)
        replay.add(entry)
        body = parse_body(canonical.encode(envelope.body))
        leaves.append(
            NewLeaf(
                index=envelope.meta.index,
                leaf_hash=leaf_hash(entry),
                data=entry,
                time_ms=envelope.meta.time_ms,
                request_id=body.idem,
                body_digest=body.digest,
                order=body.order,
                order_sequence=envelope.meta.order_sequence,
            )
        )
    store.commit(
        Batch(
            old=Head(),
            new=replay.head,
            leaves=tuple(leaves),
            state=replay.state.changes,
            outcomes=(),
        )
    )


def files_below(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder by its relative path."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_largest_entry_in_a_bundle(tmp_path: Path):
    """Other clients read a bundle with an entry of exactly 65,535 bytes."""
    log = open_log(MemoryLogStore(ORIGIN), tmp_path)
    log.writer.submit(make_request("small", text=""))
    room = 65_535 - len(log.store.leaf(0))
    log.writer.submit(make_request("large", text="x" * room))
    log.publisher.export(tmp_path / "export")
    reader = TilesReader(LocalBackend(tmp_path / "export"))
    reader.get_checkpoint()
    assert len(reader.get_entry(1)) == 65_535
    assert base64.b64encode(reader.get_entry(1)) == base64.b64encode(log.store.leaf(1))
