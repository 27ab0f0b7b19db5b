"""init, key, ledger draft, sign, ledger submit: the record from the command line alone."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tests.support.cli import fits, only_json, words


@pytest.fixture
def installed(run):
    """Return the vkeys of an installation made by `init`, and the registrar's root key file."""
    made = run("key", "new", "root.key", "--name", "registrar.example", "--json")
    assert made.exit_code == 0
    vkey = only_json(made)["vkey"]
    result = run("init", "--registrar", vkey, "--json")
    assert result.exit_code == 0, result.stderr
    return only_json(result)


def enrol(run, duty: str, key: dict[str, str], *more: str):
    return run(
        "ledger", "draft", "key.enrolled", "--fact", "organisation=registrar",
        "--fact", f"user=registrar's {duty}", "--fact", f"duty={duty}",
        "--fact", f"public_key={key['public_key']}", *more,
    )  # fmt: skip


def test_a_key_file_is_private_and_never_overwritten(run, tmp_path: Path):
    result = run("key", "new", "maker.key", "--json")
    assert result.exit_code == 0
    made = only_json(result)
    assert len(made["kid"]) == 32
    assert stat.S_IMODE((tmp_path / "maker.key").stat().st_mode) == 0o600
    before = (tmp_path / "maker.key").read_bytes()
    again = run("key", "new", "maker.key")
    assert again.exit_code == 2
    assert "never overwritten" in words(again.stderr)
    assert (tmp_path / "maker.key").read_bytes() == before


def test_init_makes_private_keys_once_and_pins_the_registrar(run, installed, tmp_path: Path):
    keys = tmp_path / "home" / "keys"
    assert all(
        stat.S_IMODE((keys / name).stat().st_mode) == 0o600
        for name in ("log.key", "operator.key", "tag.key")
    )
    again = run("init", "--registrar", installed["registrar_vkey"], "--json")
    assert only_json(again) == installed
    other = only_json(run("key", "new", "other.key", "--name", "another.example", "--json"))
    refused = run("init", "--registrar", other["vkey"], "--json")
    assert refused.exit_code == 2
    assert only_json(refused)["error"]["code"] == "ALREADY_INITIALISED"
    malformed = run("init", "--registrar", "nonsense")
    assert malformed.exit_code == 2
    assert "parkloom key new" in words(malformed.stderr)


def test_vkeys_are_one_line_each(run, installed):
    assert run("ledger", "vkey").stdout == installed["log_vkey"] + "\n"
    assert run("ledger", "vkey", "--registrar").stdout == installed["registrar_vkey"] + "\n"
    assert only_json(run("ledger", "vkey", "--json")) == {"vkey": installed["log_vkey"]}


def test_a_draft_is_signed_and_entered(run, installed, tmp_path: Path):
    key = only_json(run("key", "new", "maker.key", "--json"))
    drafted = enrol(run, "maker", key, "--out", "enrol.json")
    assert drafted.exit_code == 0, drafted.stderr
    assert "waits for registrar root" in drafted.stdout
    signed = run("sign", "enrol.json", "--key", "root.key", "--out", "signed.json")
    assert signed.exit_code == 0, signed.stderr
    assert fits(signed.stdout)
    assert "This key speaks for a user of this party." in signed.stdout
    assert "registrar's maker" in signed.stdout
    assert "waits for" not in signed.stdout
    entered = run("ledger", "submit", "signed.json", "--json")
    assert entered.exit_code == 0, entered.stderr
    receipt = only_json(entered)
    assert receipt["index"] == 0
    assert only_json(run("ledger", "submit", "signed.json", "--json")) == receipt
    assert installed["origin"] in (tmp_path / "home" / "log" / "checkpoint").read_text()


def test_an_unsigned_draft_is_refused_by_the_record(run, installed):
    key = only_json(run("key", "new", "maker.key", "--json"))
    enrol(run, "maker", key, "--out", "enrol.json")
    result = run("ledger", "submit", "enrol.json", "--json")
    assert result.exit_code == 2
    assert only_json(result)["error"]["code"] == "SIGNATURE_MISSING"


def test_signing_refuses_what_it_cannot_show(run, installed, tmp_path: Path):
    """A hidden field that is closed, and one that is not what the body commits to."""
    key = only_json(run("key", "new", "maker.key", "--json"))
    enrol(run, "maker", key, "--out", "enrol.json")
    draft = json.loads((tmp_path / "enrol.json").read_text())
    closed = {**draft, "disclosures": []}
    (tmp_path / "closed.json").write_text(json.dumps(closed))
    result = run("sign", "closed.json", "--key", "root.key")
    assert result.exit_code == 2
    assert "does not open" in words(result.stderr)
    assert run("sign", "closed.json", "--key", "root.key", "--unseen").exit_code == 0
    for salts in ([], ["A" * 22] * len(draft["decoys"])):
        (tmp_path / "decoys.json").write_text(json.dumps({**draft, "decoys": salts}))
        result = run("sign", "decoys.json", "--key", "root.key")
        assert result.exit_code == 2
        assert f"{len(draft['decoys'])} hidden fields" in words(result.stderr)
    foreign = {**draft, "body": {**draft["body"], "sd": []}}
    (tmp_path / "foreign.json").write_text(json.dumps(foreign))
    result = run("sign", "foreign.json", "--key", "root.key", "--unseen")
    assert result.exit_code == 2
    assert "Do not sign it" in words(result.stderr)


@pytest.mark.parametrize(
    ("content", "expected"),
    [("{}", "is no draft"), ("not json", "is no draft"), (None, "Cannot read")],
)
def test_what_is_no_draft_is_refused(run, tmp_path: Path, content, expected):
    run("key", "new", "root.key")
    if content is not None:
        (tmp_path / "draft.json").write_text(content)
    result = run("sign", "draft.json", "--key", "root.key")
    assert result.exit_code == 2
    assert expected in words(result.stderr)


@pytest.mark.parametrize("content", [None, "not a key", "-----BEGIN PRIVATE KEY-----\n"])
def test_what_is_no_key_is_refused(run, installed, tmp_path: Path, content):
    key = only_json(run("key", "new", "maker.key", "--json"))
    enrol(run, "maker", key, "--out", "enrol.json")
    if content is not None:
        (tmp_path / "bad.key").write_text(content)
    result = run("sign", "enrol.json", "--key", "bad.key")
    assert result.exit_code == 2
    assert "bad.key" in words(result.stderr)


def test_draft_without_facts_lists_what_the_event_needs(run):
    result = run("ledger", "draft", "claim.pledged")
    assert result.exit_code == 0
    assert result.stdout == "claim.pledged needs: claim, reg_no, pay_account\n"
    assert only_json(run("ledger", "draft", "claim.pledged", "--json"))["facts"] == [
        "claim",
        "reg_no",
        "pay_account",
    ]
    unknown = run("ledger", "draft", "claim.invented")
    assert unknown.exit_code == 2
    assert "order.confirmed" in words(unknown.stderr)


def test_export_writes_a_tiled_log_into_an_empty_folder_only(run, installed, tmp_path: Path):
    key = only_json(run("key", "new", "maker.key", "--json"))
    enrol(run, "maker", key, "--out", "enrol.json")
    run("sign", "enrol.json", "--key", "root.key")
    run("ledger", "submit", "enrol.json")
    result = run("ledger", "export", "log", "--json")
    assert only_json(result) == {"folder": "log", "size": 1}
    exported = {str(path.relative_to("log")) for path in Path("log").rglob("*") if path.is_file()}
    assert exported == {"checkpoint", "tile/0/000.p/1", "tile/entries/000.p/1"}
    again = run("ledger", "export", "log")
    assert again.exit_code == 2
    assert "not an empty folder" in words(again.stderr)


def test_a_certificate_needs_an_order(run, installed):
    assert run("ledger", "certificate", "--out", "c.json").exit_code == 2
    result = run("ledger", "certificate", "ab" * 16, "--out", "c.json", "--json")
    assert result.exit_code == 2
    assert only_json(result)["error"]["code"] == "NOT_FOUND"
    assert not Path("c.json").exists()
