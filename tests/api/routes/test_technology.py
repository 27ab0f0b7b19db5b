"""/v1/technology: demands, providers, rankings, and open calls."""

from __future__ import annotations

import json

import pytest

from api.services import technology_matching
from data.samples import SAMPLE_PARK
from ledger.claims import drafts
from matching.technology.problem_plain import to_plain
from tests.support.call_stage import ServedPlay, settled
from tests.support.calls import OWNER, TEAMS
from tests.support.problems import assert_problem
from tests.support.technology import full_demand, full_provider
from tests.support.web import client_of, still_app

SAMPLE = SAMPLE_PARK / "technology"
PATH = "/v1/technology"


@pytest.fixture(scope="module")
def stocked(park_client):
    """Return a client of an installation that holds the sample's demands and teams."""
    for name in ("demands.jsonl", "providers.jsonl", "technology.xlsx"):
        content = (SAMPLE / name).read_bytes()
        answer = park_client.post(f"{PATH}/imports", params={"name": name}, content=content)
        assert answer.status_code == 200, answer.text
    return park_client


@pytest.mark.parametrize(("noun", "count"), [("demands", 38), ("providers", 86)])
def test_lists_hold_everything_once_and_in_order(stocked, noun, count):
    """Page by page, by id."""
    ids, after = [], ""
    while after is not None:
        page = stocked.get(f"{PATH}/{noun}", params={"after": after, "limit": 25}).json()
        ids += [one.get("demand_id") or one["provider_id"] for one in page["items"]]
        after = page["next"]
    assert len(ids) == count
    assert ids == sorted(set(ids))


@pytest.mark.parametrize(
    ("noun", "value", "key"),
    [("demands", full_demand(), "D-1"), ("providers", full_provider(), "P-1")],
)
def test_putting_is_harmless_twice_and_a_change_needs_a_version(stocked, noun, value, key):
    """The same body twice, another content, the next version, another id."""
    body, path = to_plain(value), f"{PATH}/{noun}/{key}"
    assert stocked.put(path, json=body).json() == body
    assert stocked.put(path, json=body).status_code == 200
    changed = {**body, "title" if noun == "demands" else "name": "another"}
    assert_problem(stocked.put(path, json=changed), 409, "CONFLICT")
    newer = {**changed, "version": body["version"] + 1}
    assert stocked.put(path, json=newer).status_code == 200
    assert stocked.get(path).json() == newer
    assert_problem(stocked.put(f"{path}-2", json=newer), 400, "BAD_REQUEST")
    assert_problem(stocked.get(f"{PATH}/{noun}/nobody"), 404, "NOT_FOUND")


@pytest.mark.parametrize(
    "changes",
    [
        {"title": 5},
        {"colour": "red"},
        {"title": "a\u202eb"},
        {"domain_codes": [{"scheme": "gbt13745", "code": "999"}]},
    ],
)
def test_a_demand_that_cannot_be_used_names_its_field(stocked, changes):
    """Nothing is stored."""
    body = {**to_plain(full_demand(demand_id="D-BAD")), **changes}
    problem = assert_problem(stocked.put(f"{PATH}/demands/D-BAD", json=body), 400, "BAD_REQUEST")
    assert next(iter(changes)) in problem["detail"]
    assert_problem(stocked.get(f"{PATH}/demands/D-BAD"), 404, "NOT_FOUND")


def test_a_bad_document_answers_with_its_rows(stocked):
    """All of what is wrong, and nothing is taken."""
    params = {"name": "demands.jsonl"}
    answer = stocked.post(f"{PATH}/imports", params=params, content=b'{"a": 1}\n{}\n')
    problem = assert_problem(answer, 422, "DOCUMENT_REFUSED")
    assert [row["place"] for row in problem["rows"]] == ["line 1", "line 2"]
    unknown = stocked.post(f"{PATH}/imports", params={"name": "x.doc"}, content=b"x")
    assert_problem(unknown, 400, "BAD_REQUEST")


def test_a_demand_is_ranked_judged_and_the_ranking_kept(stocked):
    """Parts sum to the score; feedback is taken once."""
    made = stocked.post(f"{PATH}/demands/TN-CUT-1/ranking", params={"top": 3}).json()["items"]
    first = made[0]
    assert [one["rank"] for one in made] == [1, 2, 3]
    assert sum(part["score_nano"] for part in first["parts"]) == first["score_nano"]
    assert stocked.get(f"{PATH}/demands/TN-CUT-1/ranking").json()["items"] == made
    said = {"judgement": "4", "actor_role": "broker", "reason": "phoned them"}
    path = f"{PATH}/matches/{first['match_id']}/feedback/F-1"
    assert stocked.put(path, json=said).json() == said
    assert stocked.put(path, json=said).status_code == 200
    assert_problem(stocked.put(path, json={**said, "judgement": "1"}), 409, "CONFLICT")
    nobody = stocked.put(f"{PATH}/matches/nobody/feedback/F-2", json=said)
    assert_problem(nobody, 404, "NOT_FOUND")


def test_an_assignment_is_made_once_under_its_id(stocked):
    """The same id gives the first one."""
    path = f"{PATH}/assignments/A-1"
    first = stocked.put(path, params={"seconds": 2}).json()
    assert first["body"]["plan"]
    assert stocked.put(path).json() == first == stocked.get(path).json()
    assert [one["id"] for one in stocked.get(f"{PATH}/assignments").json()["items"]] == ["A-1"]


def test_an_assignment_that_is_too_large_for_a_request_names_the_command(stocked, monkeypatch):
    """Nothing is solved and nothing kept; who asks for too many seconds is refused as well."""
    monkeypatch.setattr(technology_matching, "ASSIGN_PROVIDERS_MOST", 50)
    problem = assert_problem(stocked.put(f"{PATH}/assignments/A-2"), 400, "BAD_REQUEST")
    assert "parkloom technology assign" in problem["detail"]
    assert_problem(stocked.get(f"{PATH}/assignments/A-2"), 404, "NOT_FOUND")
    long = stocked.put(f"{PATH}/assignments/A-2", params={"seconds": 31})
    assert long.status_code == 422


def test_a_call_moves_by_signed_steps_and_shows_each_viewer_its_part(tmp_path):
    """Open, draft, sign, enter; a refused rule is a problem with its own code."""
    with settled(tmp_path) as stage:
        play = ServedPlay(stage=stage)
        client = client_of(still_app(stage.workspace))
        path = f"{PATH}/calls/{play.call.call_id}"
        opening = {"demand_id": "D-1", "centre_id": "CENTRE"}
        assert client.put(path, json=opening).status_code == 201
        step = {"step": "submit", "role": "enterprise", "organisation_id": OWNER}
        draft = client.post(f"{path}/drafts", json=step).content
        signed = stage.parties.sign(_draft(draft))
        entered = client.post(f"{path}/steps", json={"step": step, "draft": _json(signed)})
        again = client.post(f"{path}/steps", json={"step": step, "draft": _json(signed)})
        assert entered.status_code == again.status_code == 201
        assert entered.json()["call"]["state"] == "triage"
        assert entered.json()["receipt"] == again.json()["receipt"]
        assert client.get(f"{path}/triage").json()["demand_digest"] == play.of.digest
        (taken,) = client.get(f"{path}/steps").json()["items"]
        assert (taken["step"], taken["organisation_id"]) == ("submit", OWNER)
        assert_problem(client.post(f"{path}/drafts", json=step), 422, "CALL_WRONG_STATE")
        assert_problem(client.get(path, params={"as": TEAMS[0]}), 404, "NOT_FOUND")
        assert client.get(path, params={"as": OWNER}).json()["state"] == "triage"
        whole = client.get(f"{PATH}/calls", params={"limit": 1}).json()
        assert (len(whole["items"]), whole["next"]) == (1, None), "a full page may be the last"


def _draft(data):
    return drafts.from_json(data)


def _json(draft):
    return json.loads(drafts.to_json(draft))
