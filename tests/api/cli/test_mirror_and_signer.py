"""`parkloom mirror` and `parkloom signer` as their users run them."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.services import keyfiles, log_files
from ledger.audit.files import verify_files
from ledger.log import note
from ledger.log.client import FolderFiles
from ledger.log.note import parse_vkey
from tests.support.signing import forge_and_publish
from tests.support.stage import staged


@pytest.fixture
def stage(tmp_path):
    with staged(tmp_path) as made:
        made.firm("MILL", 1)
        yield made


def run(*parts: str, status: int = 0):
    result = CliRunner().invoke(app, [*parts, "--json"])
    assert result.exit_code == status, result.output
    return json.loads(result.stdout)


def first_start(stage, folder, log: str) -> list[str]:
    keys = stage.workspace.keys
    return [
        "mirror", str(folder), "--once", "--log", log, "--name", "bank.example/m1",
        "--key", keys.log.verifier.vkey, "--registrar", keys.registrar.vkey,
    ]  # fmt: skip


def test_a_mirror_replays_cosigns_and_keeps_a_whole_copy(stage, tmp_path):
    """Both cosignatures verify; the copy is a log that any client reads; it goes on later."""
    folder = tmp_path / "mirror"
    first = run(*first_start(stage, folder, str(stage.settings.log_folder)))
    stage.firm("SHOP", 2)
    later = run("mirror", str(folder), "--once")
    assert later["size"] == stage.workspace.publisher.published().size > first["size"]
    copy = FolderFiles(folder=folder / "log")
    own = [parse_vkey(one) for one in later["keys"]]
    log_key = stage.workspace.keys.log.verifier
    assert verify_files(copy.read, log_key, witnesses=own).size == later["size"]
    opened = note.open_note(copy.read("checkpoint"), [log_key, *own])
    assert {one.name for one in opened.signatures} >= {"bank.example/m1", "bank.example/m1/mldsa44"}
    ed25519 = next(one for one in own if one.type == note.COSIGNATURE_ED25519)
    plain = note.Verifier(name=ed25519.name, public_key=ed25519.public_key)
    stated = note.open_note((folder / "log" / "replayed").read_bytes(), [plain]).text
    assert stated.splitlines()[2] == str(later["size"])


def test_a_mirror_ends_at_an_entry_that_nobody_signed(stage, tmp_path):
    """The operator itself, key and all, publishes an entry without signatures."""
    folder = tmp_path / "mirror"
    size = run(*first_start(stage, folder, str(stage.settings.log_folder)))["size"]
    forge_and_publish(stage)
    refused = run("mirror", str(folder), "--once", status=1)
    assert refused["error"]["code"] == "SIGNATURE_MISSING"
    assert f"Entry {size}" in refused["error"]["message"]
    assert f"\n{size}\n" in (folder / "log" / "checkpoint").read_text()


def test_a_mirror_needs_its_keys_from_outside(tmp_path):
    refused = run("mirror", str(tmp_path / "mirror"), "--once", "--log", str(tmp_path), status=2)
    assert "--key, --registrar, --name" in refused["error"]["message"]


def test_a_signer_is_made_with_an_encrypted_key(tmp_path, monkeypatch):
    monkeypatch.setenv(keyfiles.PASSPHRASE, "secret")
    root = tmp_path / "root.key"
    registrar = run("key", "new", str(root), "--name", "registrar.example")["vkey"]
    folder = tmp_path / "signer"
    made = run("signer", "new", str(folder), "--registrar", registrar, "--origin", "a.example/log")
    assert b"ENCRYPTED" in (folder / "log.key").read_bytes()
    assert made["log_vkey"].startswith("a.example/log+")
    again = run(
        "signer",
        "new",
        str(folder),
        "--registrar",
        registrar,
        "--origin",
        "a.example/log",
        status=2,
    )
    assert again["error"]["code"] == "ALREADY_INITIALISED"
    home = tmp_path / "home"
    monkeypatch.setenv("PARKLOOM_HOME", str(home))
    monkeypatch.setenv("PARKLOOM_ORIGIN", "a.example/log")
    shown = run("init", "--registrar", registrar, "--log", made["log_vkey"])
    assert shown["log_vkey"] == made["log_vkey"]
    assert not (home / "keys" / "log.key").exists()


def test_grants_name_what_each_role_may_do():
    statements = run("signer", "grants", "--signer", "gate", "--writer", "server")["statements"]
    assert "GRANT SELECT ON ledger_leaf TO gate" in statements
    assert "REVOKE UPDATE, DELETE, TRUNCATE ON ledger_leaf FROM server" in statements
    assert run("signer", "grants", status=2)["error"]["code"] == "BAD_INPUT"


def test_a_backup_is_made_and_tested(stage, tmp_path, monkeypatch):
    monkeypatch.setenv("PARKLOOM_HOME", str(stage.settings.home))
    monkeypatch.setenv("PARKLOOM_ORIGIN", stage.settings.origin)
    made = run("ledger", "backup", str(tmp_path / "copy"))
    tested = run(
        "ledger", "restore-test", str(tmp_path / "copy"), "--out", str(tmp_path / "report")
    )
    assert f'"replayed": {made["size"]}' in tested["report"]
    assert (tmp_path / "report").read_text() == tested["report"]


def test_nothing_is_recovered_where_nothing_is_missing(stage, tmp_path, monkeypatch):
    monkeypatch.setenv("PARKLOOM_HOME", str(stage.settings.home))
    monkeypatch.setenv("PARKLOOM_ORIGIN", stage.settings.origin)
    log_files.export(stage.workspace, tmp_path / "copy")
    assert run("ledger", "recover", str(tmp_path / "copy"))["recovered"] == 0
