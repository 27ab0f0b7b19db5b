"""Backups that are known to be restorable: manifest, test, report, and what spoils them."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

from api.services import backups, log_files
from api.services.errors import BadRequest
from ledger.errors import NotVerified
from ledger.log import note
from ledger.log.backup import Manifest, open_manifest, parse_manifest
from tests.support.log_parts import LOG_KEY
from tests.support.stage import staged


@pytest.fixture
def stage(tmp_path, database_url):
    with staged(tmp_path, database_url) as made:
        made.firm("MILL", 1)
        yield made


def opened_report(stage, signed: bytes) -> dict[str, object]:
    key = backups.operator_signer(stage.workspace).verifier
    found: dict[str, object] = json.loads(note.open_note(signed, [key]).text)
    return found


def test_a_backup_is_tested_against_the_log_that_went_on(stage, tmp_path):
    """The manifest names every file; the report says up to where the copy was replayed."""
    manifest = backups.back_up(stage.workspace, tmp_path / "copy")
    stage.firm("SHOP", 2)
    report = opened_report(stage, backups.try_restore(stage.workspace, tmp_path / "copy"))
    assert report["replayed"] == manifest.size
    assert report["backup"] == {"size": manifest.size, "root": manifest.root.hex()}
    assert report["latest"]["size"] == stage.workspace.publisher.published().size > manifest.size
    data = (tmp_path / "copy" / "manifest").read_bytes()
    key = backups.operator_signer(stage.workspace).verifier
    assert open_manifest(data, key) == manifest == parse_manifest(manifest.text())


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_report_of_the_same_backup_is_the_same_state(stage, tmp_path):
    backups.back_up(stage.workspace, tmp_path / "copy")
    one, other = (
        opened_report(stage, backups.try_restore(stage.workspace, tmp_path / "copy"))
        for _ in range(2)
    )
    assert one["state_sha256"] == other["state_sha256"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_copied_database_holds_no_secret_of_private_fields(stage, tmp_path):
    """Its rows are gone from the file itself, not only from the table."""
    with closing(sqlite3.connect(stage.workspace.engine.url.database)) as live:
        columns = [row[1] for row in live.execute("PRAGMA table_info(order_keys)")]
        rows = live.execute("SELECT * FROM order_keys").fetchall()
    kept = [value for row in rows for value in row if isinstance(value, bytes) and value]
    assert kept, columns
    backups.back_up(stage.workspace, tmp_path / "copy")
    data = (tmp_path / "copy" / "parkloom.db").read_bytes()
    assert not [value for value in kept if value in data]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_folder_in_use_is_not_overwritten(stage, tmp_path):
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "mine").write_text("mine")
    with pytest.raises(BadRequest):
        backups.back_up(stage.workspace, tmp_path / "copy")
    with pytest.raises(BadRequest):
        backups.try_restore(stage.workspace, tmp_path / "nothing")


def spoil_file(copy, _stage):
    path = next((copy / "log" / "tile" / "entries").rglob("*.p/*"))
    path.write_bytes(path.read_bytes()[:-1] + b"x")


def add_file(copy, _stage):
    (copy / "log" / "tile" / "more").write_bytes(b"more")


def drop_file(copy, _stage):
    next((copy / "log" / "tile" / "0").rglob("*.p/*")).unlink()


def sign_anew(copy, stage, **changes):
    """Let the operator itself sign a manifest of what is there now."""
    signer = backups.operator_signer(stage.workspace)
    old = open_manifest((copy / "manifest").read_bytes(), signer.verifier)
    new = Manifest(
        origin=old.origin,
        size=changes.get("size", old.size),
        root=old.root,
        time_ms=old.time_ms,
        files=backups.digests_of(copy),
    )
    (copy / "manifest").write_bytes(signer.sign(new.text()))


def other_size(copy, stage):
    sign_anew(copy, stage, size=1)


def other_entry(copy, stage):
    """An entry is changed and the manifest signed anew: the log's own checkpoint is in the way."""
    spoil_file(copy, stage)
    sign_anew(copy, stage)


def other_signer(copy, stage):
    manifest = open_manifest(
        (copy / "manifest").read_bytes(), backups.operator_signer(stage.workspace).verifier
    )
    name = f"{manifest.origin}/operator"
    stranger = note.Signer(name=name, private_key=LOG_KEY.private_key)
    (copy / "manifest").write_bytes(stranger.sign(manifest.text()))


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (spoil_file, "BACKUP_FILE_DIFFERS"),
        (add_file, "BACKUP_FILE_UNEXPECTED"),
        (drop_file, "BACKUP_FILE_MISSING"),
        (other_size, "BACKUP_CHECKPOINT_DIFFERS"),
        (other_entry, None),
        (other_signer, "NOTE_UNSIGNED"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_spoilt_is_said(stage, tmp_path, spoil, code):
    copy = tmp_path / "copy"
    backups.back_up(stage.workspace, copy)
    spoil(copy, stage)
    with pytest.raises(NotVerified) as refused:
        backups.try_restore(stage.workspace, copy)
    assert code in (None, refused.value.code)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_database_that_is_not_the_logs_is_found(stage, tmp_path):
    """The files are whole and the manifest fits; the database's state was edited before."""
    copy = tmp_path / "copy"
    with closing(sqlite3.connect(stage.workspace.engine.url.database)) as live, live:
        live.execute("UPDATE ledger_state SET value = x'7b7d' WHERE key LIKE 'party/%'")
    backups.back_up(stage.workspace, copy)
    with pytest.raises(NotVerified) as refused:
        backups.try_restore(stage.workspace, copy)
    assert refused.value.code == "BACKUP_DATABASE_DIFFERS"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_latest_checkpoint_that_is_older_is_refused(stage, tmp_path):
    log_files.export(stage.workspace, tmp_path / "older")
    stage.firm("SHOP", 2)
    backups.back_up(stage.workspace, tmp_path / "copy")
    with pytest.raises(NotVerified) as refused:
        backups.try_restore(stage.workspace, tmp_path / "copy", latest=str(tmp_path / "older"))
    assert refused.value.code == "CHECKPOINT_BEHIND"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}\n",
        '{"format": "another"}\n',
        '{"format": "parkloom/backup/v1", "origin": "o", "root": "", "size": 1, "time_ms": 1}\nx\n',
    ],
)
def test_a_manifest_has_one_form(text):
    with pytest.raises(NotVerified, match="no manifest"):
        parse_manifest(text)
