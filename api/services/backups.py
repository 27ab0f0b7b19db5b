"""Back the log up, and test that what was backed up can be restored.

A backup is a folder: `log/` with the published files, `parkloom.db` with the database where that
is SQLite (without the secrets of private fields), and `manifest`, which the operator signs. The
key store (table `order_keys`, `keys/kek`) is never part of it: it has a short backup of its own, so
that erased fields do not come back with an old log.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from api.services import log_files
from api.services.errors import BadRequest
from api.services.mirroring import files_at
from api.services.replaying import make_replay
from api.services.workspace import Workspace
from data.engine import make_engine
from data.stores.ledger_log import SqlLogStore
from ledger.audit.files import OnEntries, verify_files
from ledger.errors import NotVerified
from ledger.log import note
from ledger.log.backup import (
    MANIFEST,
    Manifest,
    RestoreReport,
    check_files,
    digests_of,
    open_manifest,
)
from ledger.log.checkpoint import CHECKPOINT, Checkpoint
from ledger.log.client import FolderFiles, VerifiedTiles
from ledger.log.files import write_files
from ledger.log.merkle import Frontier, consistency_proof, leaf_hash, verify_consistency
from ledger.log.replay import Replay

LOG = "log"
DATABASE = "parkloom.db"
_LEAVES_AT_ONCE = 1_000


def operator_signer(workspace: Workspace) -> note.Signer:
    """Return the operator's key as it signs manifests and reports."""
    name = f"{workspace.settings.origin}/operator"
    return note.Signer(name=name, private_key=workspace.keys.event)


def back_up(workspace: Workspace, folder: Path) -> Manifest:
    """Copy the published log and, with SQLite, the database; sign the manifest.

    The log first: whatever its checkpoint covers is then in the database's copy too.

    Raises
    ------
    BadRequest
        When the folder is not empty.
    NotFound
        When nothing is published yet.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadRequest(f"{folder} is not an empty folder; name another.", folder=str(folder))
    log_files.export(workspace, folder / LOG)
    checkpoint = workspace.gate.open((folder / LOG / CHECKPOINT).read_bytes())
    if workspace.engine.dialect.name == "sqlite":
        _copy_database(Path(str(workspace.engine.url.database)), folder / DATABASE)
    manifest = Manifest(
        origin=checkpoint.origin,
        size=checkpoint.size,
        root=checkpoint.root,
        time_ms=workspace.clock_ms(),
        files=digests_of(folder),
    )
    signed = operator_signer(workspace).sign(manifest.text())
    write_files(folder, {MANIFEST: signed}, staging=folder / ".staging")
    shutil.rmtree(folder / ".staging", ignore_errors=True)
    return manifest


def try_restore(workspace: Workspace, folder: Path, *, latest: str = "") -> bytes:
    """Test that a backup can be restored; return the report, signed by the operator.

    Every file is compared with the manifest, the log is recomputed up to its checkpoint, shown to
    be the beginning of the newest one, and replayed with every rule; where the database is part of
    the backup, its entries are compared with the log's.

    Parameters
    ----------
    latest
        Address or folder with the newest cosigned checkpoint; empty: this log's own files.

    Raises
    ------
    ledger.errors.NotVerified
        Naming what does not hold.
    """
    manifest = open_manifest(_manifest(folder), operator_signer(workspace).verifier)
    check_files(folder, manifest)
    replay = make_replay(workspace.settings.origin, workspace.keys.registrar.public_key)
    checkpoint = _recomputed(workspace, folder / LOG, replay)
    if (checkpoint.size, checkpoint.root) != (manifest.size, manifest.root):
        raise NotVerified(
            "BACKUP_CHECKPOINT_DIFFERS",
            f"the manifest is of size {manifest.size}, the checkpoint of {checkpoint.size}",
        )
    if (folder / DATABASE).exists():
        _compare_database(folder / DATABASE, replay, checkpoint)
    report = RestoreReport(
        backup=checkpoint,
        latest=_extended(workspace, checkpoint, latest or str(workspace.settings.log_folder)),
        replayed=replay.head.size,
        state_digest=state_digest(replay),
        time_ms=workspace.clock_ms(),
    )
    return operator_signer(workspace).sign(report.text())


def state_digest(replay: Replay) -> bytes:
    """Return SHA-256 over the state that a whole replay led to: keys in order, with values."""
    hasher = hashlib.sha256()
    for key, value in sorted(replay.changes.items()):
        hasher.update(f"{key}\n{len(value)}\n".encode())
        hasher.update(value)
    return hasher.digest()


def _manifest(folder: Path) -> bytes:
    try:
        return (folder / MANIFEST).read_bytes()
    except OSError as missing:
        raise BadRequest(f"{folder} holds no backup: {missing.strerror}.") from None


def _recomputed(workspace: Workspace, folder: Path, replay: Replay) -> Checkpoint:
    read = FolderFiles(folder=folder).read
    workspace.gate.open(read(CHECKPOINT))
    for verifier in workspace.gate.verifiers:
        try:
            return verify_files(read, verifier, on_entries=_extending(replay))
        except NotVerified as error:
            if error.code != "NOTE_UNSIGNED":
                raise
    raise NotVerified("NOTE_UNSIGNED", f"no key of {workspace.settings.origin} signed {folder}")


def _extending(replay: Replay) -> OnEntries:
    def extend(_start: int, leaves: Sequence[bytes]) -> None:
        replay.extend(leaves)

    return extend


def _extended(workspace: Workspace, backup: Checkpoint, place: str) -> Checkpoint:
    """Return the newest checkpoint after checking that the backup is its beginning."""
    read, close = files_at(place)
    try:
        latest = workspace.gate.open(read(CHECKPOINT))
        if latest.size < backup.size:
            raise NotVerified(
                "CHECKPOINT_BEHIND", f"{place} shows {latest.size} entries, fewer than the backup"
            )
        if backup.size:
            tiles = VerifiedTiles(read, latest.size, latest.root)
            proof = consistency_proof(backup.size, latest.size, tiles)
            verify_consistency(backup.size, latest.size, backup.root, latest.root, proof)
    finally:
        close()
    return latest


def _copy_database(source: Path, target: Path) -> None:
    """Copy a SQLite database while it is in use, without the secrets of private fields."""
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)
        copy.execute("PRAGMA secure_delete = ON")
        with copy:
            copy.execute("DELETE FROM order_keys")
        copy.execute("VACUUM")
        copy.execute("PRAGMA journal_mode = DELETE")  # one file: nothing lies beside it


def _compare_database(path: Path, replay: Replay, checkpoint: Checkpoint) -> None:
    """Compare the copied database's entries, and its state where it ends there too."""
    with tempfile.TemporaryDirectory(prefix="parkloom-restore-") as scratch:
        copied = Path(scratch) / DATABASE  # opening a database writes beside it
        shutil.copyfile(path, copied)
        engine = make_engine(f"sqlite:///{copied}")
        try:
            store = SqlLogStore(engine, checkpoint.origin, lock_folder=Path(scratch))
            head = store.head()
            frontier = Frontier()
            for start in range(0, checkpoint.size, _LEAVES_AT_ONCE):
                stop = min(checkpoint.size, start + _LEAVES_AT_ONCE)
                frontier = frontier.extended(map(leaf_hash, store.leaves(start, stop)))
            same = frontier.root() == checkpoint.root
            if same and head.size == checkpoint.size:
                same = store.states(list(replay.changes)) == replay.changes
        except LookupError:
            same = False
        finally:
            engine.dispose()
    if not same:
        raise NotVerified(
            "BACKUP_DATABASE_DIFFERS",
            f"the copied database does not hold the {checkpoint.size} entries of the log with the "
            "state that they lead to",
        )
