"""`parkloom technology`: data in and out, and open calls on the command line."""

from __future__ import annotations

import json
import shutil

import pytest

from api.services import organisations
from data.samples import SAMPLE_PARK
from matching.technology.opencall import TABLE
from matching.technology.opencall.sealing import opens
from matching.technology.problem_plain import to_plain
from tests.support.call_stage import settled
from tests.support.calls import CENTRE, OWNER, SALT, demand, proposal
from tests.support.cli import fits, only_json
from tests.support.installations import ORIGIN, installation

SAMPLE = SAMPLE_PARK / "technology"


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """Return the home of an installation that was made once."""
    folder = tmp_path_factory.mktemp("template")
    installation(folder).close()
    return folder / "home"


@pytest.fixture
def home(run, template, tmp_path, monkeypatch):
    """Return an initialised installation, closed again."""
    monkeypatch.setenv("PARKLOOM_ORIGIN", ORIGIN)
    shutil.copytree(template, tmp_path / "home")


def test_sample_goes_in_is_listed_and_comes_out_again(run, home, tmp_path):
    """What was imported is exported unchanged; importing it again changes nothing."""
    done = run("technology", "import", SAMPLE, "--json")
    assert only_json(done)["demands"] == {"added": 38, "changed": 0, "unchanged": 0}
    assert only_json(done)["providers"]["added"] == 86
    listed = run("technology", "demands", "--status", "open", "--json")
    assert len(only_json(listed)["demands"]) == 38
    shown = run("technology", "providers", "TEAM-BAT-1", "--json")
    assert only_json(shown)["provider_id"] == "TEAM-BAT-1"
    out = tmp_path / "out"
    assert run("technology", "export", out).exit_code == 0
    again = run("technology", "import", out, "--json")
    assert only_json(again)["demands"]["unchanged"] == 38
    assert fits(run("technology", "demands").stdout)


def test_rejects_are_shown_with_status_2_and_nothing_is_stored(run, home, tmp_path):
    """A readable table, or one JSON object."""
    bad = tmp_path / "demands.jsonl"
    bad.write_text('{"demand_id": "D"}\n', "utf-8")
    for arguments in ((), ("--check",)):
        done = run("technology", "import", bad, *arguments, "--json")
        assert done.exit_code == 2
        (reject,) = only_json(done)["error"]["rejects"]
        assert (reject["code"], reject["place"]) == ("VALUE_MISSING", "line 1")
    assert only_json(run("technology", "demands", "--json")) == {"demands": []}
    assert run("technology", "import", SAMPLE / "demands.jsonl", "--check").exit_code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("import", "nowhere"),
        ("import", SAMPLE / "technology.xlsx", "--check"),
        ("demands", "--status", "asleep"),
        ("template", "form.txt"),
        ("demands", "D-9"),
        ("call", "show", "0" * 32),
        ("call", "open", "D-9", "--centre", "centre"),
        ("call", "draft", "0" * 32, "dance", "--role", "centre", "--org", "x"),
        ("call", "draft", "0" * 32, "submit", "--role", "king", "--org", "x"),
    ],
)
def test_what_cannot_be_done_says_so_with_status_2(run, home, arguments):
    """Bad input names what was expected."""
    done = run("technology", *arguments, "--json")

    assert done.exit_code == 2
    assert only_json(done)["error"]["message"]


def test_the_template_is_written_once(run, tmp_path):
    """A form that may be filled in is never overwritten."""
    file = tmp_path / "technology.xlsx"
    assert run("technology", "template", file).exit_code == 0
    assert run("technology", "template", file).exit_code == 2


def test_all_steps_are_listed(run):
    """With states, roles and the schema of each payload."""
    found = only_json(run("technology", "call", "steps", "--json"))

    assert list(found) == list(TABLE)
    assert found["award"]["payload"]["required"] == ["winners"]


def test_a_proposal_is_sealed_on_this_machine(run, tmp_path):
    """The file opens the seal, and is readable by its owner alone."""
    source, out = tmp_path / "p.json", tmp_path / "reveal.json"
    source.write_text(json.dumps(to_plain(proposal())), "utf-8")
    arguments = ("--call", "C", "--application", "A", "--org", "O", "--out", out)
    done = only_json(run("technology", "call", "seal", source, *arguments, "--json"))
    kept = json.loads(out.read_text("utf-8"))

    assert kept["salt"] != SALT
    assert out.stat().st_mode & 0o077 == 0
    place = {"call_id": "C", "application_id": "A", "org": "O"}
    assert opens(done["seal"], proposal(), kept["salt"], **place)
    assert run("technology", "call", "seal", source, *arguments).exit_code == 2


def test_a_step_is_drafted_signed_entered_and_shown(run, tmp_path, monkeypatch):
    """The way of every step on the command line."""
    monkeypatch.setenv("PARKLOOM_ORIGIN", ORIGIN)
    with settled(tmp_path) as stage:
        owner = organisations.get(stage.workspace, OWNER).party
    (tmp_path / "demands.jsonl").write_text(json.dumps(to_plain(demand())) + "\n", "utf-8")
    run("technology", "import", tmp_path / "demands.jsonl")
    call = only_json(
        run("technology", "call", "open", "D-1", "--centre", CENTRE, "--id", "c1" * 16, "--json")
    )["call_id"]
    who = ("--role", "enterprise", "--org", OWNER)
    draft = tmp_path / "draft.json"
    drafted = run("technology", "call", "draft", call, "submit", *who, "--out", draft, "--json")
    key = tmp_path / "parties" / owner / "maker.key"
    assert run("sign", draft, "--key", key, "--role", "buyer").exit_code == 0
    done = run("technology", "call", "step", call, "submit", *who, "--signed", draft, "--json")
    shown = only_json(run("technology", "call", "show", call, "--json"))

    assert only_json(done)["call"]["state"] == "triage"
    assert shown["steps"][0]["document_sha256"] == only_json(drafted)["document"]
    assert only_json(run("technology", "call", "triage", call, "--json")).get("missing") is None
    assert len(only_json(run("technology", "call", "list", "--json"))["calls"]) == 1
