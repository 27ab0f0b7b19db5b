"""/v1/matching-runs and what follows from a plan: proposals."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest

from api.services import matching_runs
from tests.support.problems import assert_problem


def put(client, run_id, **body):
    return client.put(f"/v1/matching-runs/{run_id}", json=body)


@pytest.fixture(scope="module")
def done(park, park_client):
    """A run that a worker has executed."""
    run_id = str(uuid4())
    assert put(park_client, run_id, seconds=2, seed=7).status_code == 202
    matching_runs.execute(park, run_id)
    return run_id


def test_a_run_is_queued_under_the_clients_id(park_client, park_runs):
    run_id = str(uuid4())
    answer = put(park_client, run_id, seconds=5, seed=3)
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/v1/matching-runs/{run_id}"
    run = answer.json()
    assert (run["id"], run["status"], run["seed"], run["seconds"]) == (run_id, "queued", 3, 5)
    assert park_runs.started[-1] == run_id
    assert park_client.get(answer.headers["location"]).json() == run
    assert run_id in [item["id"] for item in park_client.get("/v1/matching-runs").json()["items"]]


def test_a_retry_is_the_same_run(park_client):
    run_id = str(uuid4())
    first = put(park_client, run_id, seconds=5)
    assert put(park_client, run_id, seconds=5).json() == first.json()


def test_other_limits_under_the_same_id_are_refused_by_name(park_client):
    run_id = str(uuid4())
    put(park_client, run_id, seconds=5, seed=1)
    problem = assert_problem(put(park_client, run_id, seconds=5, seed=2), 409, "CONFLICT")
    assert problem["params"] == {"differs": "seed"}
    assert "seed is 1, asked for 2" in problem["detail"]


@pytest.mark.parametrize(
    "body",
    [
        {"seconds": 0},
        {"seconds": -1},
        {"seconds": 1e9},
        {"seconds": "5"},
        {"seed": 1.5},
        {"seed": True},
        {"seed": -1},
        {"seed": 2**63},
        {"work": 0},
        {"priority": 1},
    ],
)
def test_limits_that_cannot_be_used_are_refused(park_client, park_runs, body):
    run_id = str(uuid4())
    assert_problem(put(park_client, run_id, **body), 422, "INVALID_REQUEST")
    assert_problem(park_client.get(f"/v1/matching-runs/{run_id}"), 404, "NOT_FOUND")
    assert run_id not in park_runs.started


def test_an_id_that_is_no_uuid_is_refused(park_client):
    assert_problem(put(park_client, "first"), 422, "INVALID_REQUEST")


@pytest.mark.parametrize("part", ["", "/result", "/events"])
def test_an_unknown_run(park_client, part):
    assert_problem(park_client.get(f"/v1/matching-runs/{uuid4()}{part}"), 404, "NOT_FOUND")


def test_cancelling_an_unknown_run(park_client):
    assert_problem(park_client.post(f"/v1/matching-runs/{uuid4()}/cancel"), 404, "NOT_FOUND")


def test_a_queued_run_is_cancelled_and_stays_so(park_client, park_runs):
    run_id = str(uuid4())
    put(park_client, run_id)
    for _ in range(2):
        assert park_client.post(f"/v1/matching-runs/{run_id}/cancel").json()["status"] == (
            "cancelled"
        )
    assert park_runs.stopped[-1] == run_id
    started = len(park_runs.started)
    assert put(park_client, run_id).json()["status"] == "cancelled"
    assert len(park_runs.started) == started


def test_a_plan_is_published_again(park_client, done):
    answer = park_client.post(f"/v1/matching-runs/{done}/publish")
    assert answer.status_code == 200
    assert answer.json() == park_client.get(f"/v1/matching-runs/{done}").json()
    assert_problem(park_client.post(f"/v1/matching-runs/{uuid4()}/publish"), 404, "NOT_FOUND")
    queued = str(uuid4())
    put(park_client, queued)
    answer = park_client.post(f"/v1/matching-runs/{queued}/publish")
    assert_problem(answer, 409, "WRONG_STATUS")


def test_there_is_no_result_before_the_end(park_client):
    run_id = str(uuid4())
    put(park_client, run_id)
    assert_problem(park_client.get(f"/v1/matching-runs/{run_id}/result"), 409, "WRONG_STATUS")


def test_the_result_holds_plan_bound_gap_and_a_reason_for_every_order(park_client, done):
    answer = park_client.get(f"/v1/matching-runs/{done}/result")
    assert answer.status_code == 200
    tag = {"If-None-Match": answer.headers["etag"]}
    assert park_client.get(f"/v1/matching-runs/{done}/result", headers=tag).status_code == 304
    result = answer.json()
    summary = result["run"]["summary"]
    assert summary["objective_fen"] <= summary["bound_fen"]
    assert 0 <= summary["gap"] <= 1
    orders = park_client.get("/v1/orders", params={"limit": 500}).json()["items"]
    assert {reason["order_id"] for reason in result["reasons"]} == {o["id"] for o in orders}
    assert all(reason["text"] and reason["text_zh"] for reason in result["reasons"])
    matched = {r["order_id"] for r in result["reasons"] if r["code"] == "matched"}
    assert matched == {line["order_id"] for line in result["plan"]}


def test_the_events_of_a_finished_run_end_at_once(park_client, done):
    answer = park_client.get(f"/v1/matching-runs/{done}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = [part.split("\n") for part in answer.text.strip().split("\n\n")]
    assert [name for name, _ in events] == ["event: run", "event: end"]
    last = json.loads(events[-1][1].removeprefix("data: "))
    assert last["status"] == "done"


def test_the_plan_is_proposed_to_both_sides(park_client, done):
    run = park_client.get(f"/v1/matching-runs/{done}").json()
    found = park_client.get("/v1/proposals", params={"plan_id": run["plan_id"], "limit": 500})
    proposals = found.json()["items"]
    assert {proposal["side"] for proposal in proposals} == {"buyer", "enterprise"}
    one = proposals[0]
    assert park_client.get(f"/v1/proposals/{one['id']}").json() == one
    assert one["status"] == "proposed"
    assert one["amount_fen"] > 0
    of_order = park_client.get("/v1/proposals", params={"order_id": one["order_id"]}).json()
    assert {proposal["order_id"] for proposal in of_order["items"]} == {one["order_id"]}


def test_an_answer_needs_a_party_in_the_record(park_client, done):
    plan = park_client.get(f"/v1/matching-runs/{done}").json()["plan_id"]
    one = park_client.get("/v1/proposals", params={"plan_id": plan, "limit": 1}).json()["items"][0]
    answer = park_client.post(f"/v1/proposals/{one['id']}/draft", json={"answer": "accepted"})
    assert_problem(answer, 409, "NOT_ONBOARDED")


@pytest.mark.parametrize("body", [{}, {"answer": "maybe"}, {"answer": "accepted", "by": "me"}])
def test_an_answer_that_is_none_is_refused(park_client, body):
    answer = park_client.post("/v1/proposals/any/draft", json=body)
    assert_problem(answer, 422, "INVALID_REQUEST")


def test_an_unknown_proposal(park_client):
    assert_problem(park_client.get("/v1/proposals/nothing"), 404, "NOT_FOUND")
    answer = park_client.post("/v1/proposals/nothing/draft", json={"answer": "declined"})
    assert_problem(answer, 404, "NOT_FOUND")


def test_an_unknown_purchase_order(park_client):
    assert_problem(park_client.get("/v1/purchase-orders/nothing"), 404, "NOT_FOUND")
    answer = park_client.put(
        "/v1/purchase-orders/nothing/parties/buyer", json={"organisation_id": "x"}
    )
    assert_problem(answer, 404, "NOT_FOUND")
    assert_problem(park_client.post("/v1/purchase-orders/nothing/draft", json={}), 404, "NOT_FOUND")


def test_purchase_orders_by_status(park_client):
    assert park_client.get("/v1/purchase-orders", params={"status": "held"}).json()["items"] == []
    assert_problem(
        park_client.get("/v1/purchase-orders", params={"status": "lost"}), 422, "INVALID_REQUEST"
    )
