"""`parkloom witness` and the commands about policies and proof files."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.commands import serving
from api.witnessing.home import open_home
from ledger.log.checkpoint import Checkpoint
from ledger.log.merkle import inclusion_proof, root_at
from ledger.log.policy_file import format_policy, parse_policy
from ledger.log.proof_file import TlogProof, parse_proof
from ledger.log.tiles import LeafNodes
from tests.support.cli import only_json, words
from tests.support.installations import installation
from tests.support.log_parts import LOG_KEY, ORIGIN
from tests.support.witness_servers import policy_for
from tests.support.witnesses import TIME_S

VKEY = LOG_KEY.verifier.vkey


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return a function that runs the command line; it returns its result."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PARKLOOM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PARKLOOM_ORIGIN", ORIGIN)
    runner = CliRunner()
    return lambda *arguments: runner.invoke(app, [str(one) for one in arguments])


def test_a_witness_is_made_told_a_log_and_shown(run):
    made = run("witness", "init", "w", "--name", "w.example", "--json")
    assert made.exit_code == 0, made.output
    vkeys = only_json(made)["vkeys"]
    assert [key.split("+")[0] for key in vkeys] == ["w.example", "w.example/mldsa44"]
    assert only_json(run("witness", "add", "w", VKEY, "--json")) == {"vkey": VKEY, "new": True}
    assert only_json(run("witness", "add", "w", VKEY, "--json"))["new"] is False
    shown = run("witness", "show", "w")
    assert f"log {VKEY}" in shown.stdout
    # What is shown can go into a policy file as it stands.
    policy = parse_policy(shown.stdout.encode() + b"quorum w.example\n")
    assert [one.key.vkey for one in policy.witnesses] == vkeys


def test_a_witness_that_watches_nothing_does_not_serve(run):
    run("witness", "init", "w", "--name", "w.example")
    refused = run("witness", "serve", "w")
    assert (refused.exit_code, "parkloom witness add" in words(refused.stderr)) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("serve", "nothing"), "NOT_INITIALISED"),
        (("show", "nothing"), "NOT_INITIALISED"),
        (("add", "w", "nonsense"), "BAD_REQUEST"),
        (("init", "w", "--name", "other"), "BAD_REQUEST"),
        (("init", "v", "--name", "with space"), "BAD_REQUEST"),
    ],
)
def test_what_a_witness_refuses(run, arguments, code):
    run("witness", "init", "w", "--name", "w.example")
    refused = run("witness", *arguments, "--json")
    assert (refused.exit_code, only_json(refused)["error"]["code"]) == (2, code)


def test_serve_runs_the_witness(run, monkeypatch):
    served = {}

    def serve(_app, listener):
        with listener:
            served["place"] = listener.getsockname()[:2]

    monkeypatch.setattr(serving, "serve", serve)
    run("witness", "init", "w", "--name", "w.example")
    run("witness", "add", "w", VKEY)
    done = run("witness", "serve", "w", "--host", "::1", "--port", "0", "--json")
    host, port = served["place"]
    assert only_json(done) == {"host": host, "port": port, "logs": [ORIGIN]}
    assert port > 0
    assert f"http://[::1]:{port}/" in done.stderr


def test_the_policy_for_lenders(run, tmp_path):
    """Without witnesses it asks for none; with a policy file of this log it is that."""
    workspace = installation(tmp_path)
    vkey = workspace.keys.log.verifier.vkey
    workspace.close()
    printed = run("ledger", "policy")
    assert printed.stdout == f"log {vkey}\nquorum none\n"
    refused = run("ledger", "proof", "0", "--out", "0.tlog-proof", "--json")
    assert (refused.exit_code, only_json(refused)["error"]["code"]) == (2, "BAD_REQUEST")
    run("witness", "init", "w", "--name", "w.example")
    policy = policy_for({"http://127.0.0.1:1/": open_home(Path("w"))}, 1, log=vkey)
    (tmp_path / "home" / "policy").write_bytes(format_policy(policy))
    done = run("ledger", "policy", "--out", "lenders.policy", "--json")
    assert done.exit_code == 0, done.output
    assert parse_policy(Path("lenders.policy").read_bytes()) == policy
    assert only_json(done)["quorum"] == policy.describe()
    other = policy_for({"http://127.0.0.1:1/": open_home(Path("w"))}, 1)
    (tmp_path / "home" / "policy").write_bytes(format_policy(other))
    refused = run("ledger", "policy", "--json")
    assert (refused.exit_code, only_json(refused)["error"]["code"]) == (2, "BAD_REQUEST")


ENTRIES = [b"entry %d" % number for number in range(5)]


def write_proof(folder: Path, *, lines: bytes = b"") -> None:
    """Write a proof file and its entry."""
    nodes = LeafNodes(ENTRIES)
    text = Checkpoint(origin=ORIGIN, size=5, root=root_at(5, nodes)).text()
    proof = TlogProof(
        index=3, hashes=inclusion_proof(3, 5, nodes), checkpoint=LOG_KEY.sign(text) + lines
    )
    (folder / "3.tlog-proof").write_bytes(proof.encode())
    (folder / "3.entry").write_bytes(ENTRIES[3])


def test_a_proof_is_checked_offline(run, tmp_path):
    write_proof(tmp_path)
    done = run("ledger", "check-proof", "3.tlog-proof", "3.entry", "--key", VKEY, "--json")
    assert done.exit_code == 0, done.output
    found = only_json(done)
    assert (found["index"], found["size"], found["time_s"]) == (3, 5, None)
    plain = run("ledger", "check-proof", "3.tlog-proof", "3.entry", "--key", VKEY)
    assert "no witness has seen this tree" in words(plain.stdout)


def test_a_proof_is_checked_under_a_policy(run, tmp_path):
    run("witness", "init", "w", "--name", "w.example")
    home = open_home(Path("w"))
    Path("policy").write_bytes(format_policy(policy_for({"http://x/": home}, 1)))
    write_proof(tmp_path)
    check = ("ledger", "check-proof", "3.tlog-proof", "3.entry", "--policy", "policy", "--json")
    refused = run(*check)
    assert (refused.exit_code, only_json(refused)["error"]["code"]) == (1, "QUORUM_MISSING")
    text = parse_proof(Path("3.tlog-proof").read_bytes()).checkpoint.split(b"\n\n")[0] + b"\n"
    lines = [one.cosign(text.decode(), time_s=TIME_S) for one in home.witness.cosigners]
    write_proof(tmp_path, lines=b"".join(lines))
    assert only_json(run(*check))["time_s"] == TIME_S
    assert "by a whole quorum" in words(run(*check[:-1]).stdout)


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        (("3.tlog-proof", "other", "--key", VKEY), 1, "ROOT_DIFFERS"),
        (("other", "3.entry", "--key", VKEY), 1, "PROOF_MALFORMED"),
        (("3.tlog-proof", "3.entry"), 2, "BAD_INPUT"),
        (("3.tlog-proof", "3.entry", "--key", "nonsense"), 2, "BAD_INPUT"),
        (("3.tlog-proof", "3.entry", "--policy", "other"), 2, "BAD_INPUT"),
        (("nothing", "3.entry", "--key", VKEY), 2, "BAD_INPUT"),
        (("3.tlog-proof", "large", "--key", VKEY), 2, "BAD_INPUT"),
    ],
)
def test_a_proof_that_does_not_hold(run, tmp_path, arguments, status, code):
    write_proof(tmp_path)
    Path("other").write_bytes(b"something else\n")
    Path("large").write_bytes(bytes(65_536))
    refused = run("ledger", "check-proof", *arguments, "--json")
    assert (refused.exit_code, only_json(refused)["error"]["code"]) == (status, code)
