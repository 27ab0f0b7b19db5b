"""/v1/quotes: an order quoted against the newest stored plan."""

from __future__ import annotations

from uuid import uuid4

import pytest

from api.schemas.quotes import QuoteRequest
from api.services import matching_runs
from data.importers.bundle import read_bundle
from data.samples import SAMPLE_BUNDLE
from tests.support.installations import installation, populated
from tests.support.problems import assert_problem
from tests.support.web import client_of, still_app


def asked(number: int = 0, **changes: object) -> dict:
    """Return an order of the sample park again, under an id of its own, at twice its value."""
    problem = read_bundle(SAMPLE_BUNDLE).required()
    order = problem.orders[number]
    body = {
        "id": f"RFQ-{number}",
        "buyer_id": order.buyer_id,
        "buyer_lat": order.buyer_lat,
        "buyer_lon": order.buyer_lon,
        "quantity": order.quantity,
        "material": order.material,
        "size_class": order.size_class,
        "certificates": sorted(order.certificates),
        "release_week": order.release_week,
        "due_week": order.due_week,
        "max_tardy_weeks": order.max_tardy_weeks,
        "value_fen": 2 * order.value_fen,
        "tardy_fen_per_week": order.tardy_fen_per_week,
        "max_price_fen": 2 * order.max_price_fen,
        "max_lots": order.max_lots,
        "excluded_enterprises": sorted(order.excluded_enterprises),
        "weight_kg": str(order.weight_kg),
        "operations": [
            {
                "process": step.process,
                "tolerance_it": step.tolerance_it,
                "minutes_total": step.minutes_total,
            }
            for step in order.operations
        ],
    }
    return {"order": body | changes}


def app_over(workspace):
    """Return the application with the quotes in it, without jobs."""
    return still_app(workspace)


@pytest.fixture(scope="module")
def planned(park):
    """A client of an installation that has a plan."""
    run_id = str(uuid4())
    matching_runs.queue(park, run_id, requested_by="operator", seconds=2, seed=7)
    matching_runs.execute(park, run_id)
    return client_of(app_over(park))


def quoted(client, **changes) -> dict:
    answer = client.post("/v1/quotes", json=asked(**changes))
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_quote_has_alternatives_or_a_reason(planned):
    """Of twenty orders some fit and some do not; what fits has prices that add up."""
    answers = [quoted(planned, number=number) for number in range(20)]
    statuses = {answer["status"] for answer in answers}
    assert "fits" in statuses
    assert len(statuses) > 1
    for answer in answers:
        assert (answer["status"] == "fits") == bool(answer["alternatives"])
        assert (answer["status"] == "fits") == (answer["reason"] is None)
        assert len(answer["snapshot_digest"]) == len(answer["plan_digest"]) == 64
        for one in answer["alternatives"]:
            paid = sum(payment["fen"] for payment in one["payments"])
            assert one["price_fen"] <= paid < one["price_fen"] + len(one["payments"])
            assert one["profit_fen"] > 0
            assert {line["order_id"] for line in one["lines"]} == {answer["order_id"]}


def test_the_same_order_has_the_same_answer(planned):
    """Nothing is stored of a quote."""
    assert quoted(planned) == quoted(planned)


@pytest.mark.long
def test_a_new_plan_is_what_is_quoted_against(planned, park):
    before = quoted(planned)
    run_id = str(uuid4())
    matching_runs.queue(park, run_id, requested_by="operator", work=0, seconds=None, seed=8)
    matching_runs.execute(park, run_id)
    newest = matching_runs.get(park, run_id)
    after = quoted(planned)
    assert newest.plan_id is not None
    assert after["plan_digest"] != before["plan_digest"]
    assert after["snapshot_digest"] == before["snapshot_digest"]


def test_an_order_of_the_plan_is_not_quoted_again(planned):
    answer = planned.post("/v1/quotes", json=asked(id="SO-0001"))
    assert_problem(answer, 409, "CONFLICT")


def test_a_quotation_must_be_for_the_order(planned):
    quotation = {
        "step": 30,
        "offer_id": "CAP-1",
        "setup_minutes": 1,
        "minutes_total": 5,
        "price_fen": 9,
    }
    answer = planned.post("/v1/quotes", json=asked() | {"quotations": [quotation]})
    problem = assert_problem(answer, 400, "BAD_REQUEST")
    assert "the order has" in problem["detail"]


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"quantity": 0}, "quantity"),
        ({"quantity": True}, "quantity"),
        ({"value_fen": 1.5}, "value_fen"),
        ({"value_fen": 10**14}, "value_fen"),
        ({"weight_kg": "1e3"}, "weight_kg"),
        ({"weight_kg": "1/0"}, "weight_kg"),
        ({"buyer_lat": 91}, "buyer_lat"),
        ({"buyer_lat": "31"}, "buyer_lat"),
        ({"operations": []}, "operations"),
        ({"certificates": [""]}, "certificates"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_cannot_be_an_order_is_refused_by_name(planned, changes, where):
    problem = assert_problem(
        planned.post("/v1/quotes", json=asked(**changes)), 422, "INVALID_REQUEST"
    )
    assert where in problem["errors"][0]["where"]


def test_there_is_nothing_to_quote_against_yet(tmp_path):
    """Nothing imported: 404, with the way out."""
    workspace = installation(tmp_path)
    try:
        answer = client_of(app_over(workspace)).post("/v1/quotes", json=asked())
        assert_problem(answer, 404, "NOT_FOUND")
    finally:
        workspace.close()


def test_no_plan_yet(tmp_path_factory):
    """Imported, but never matched: 404."""
    workspace = populated(tmp_path_factory.mktemp("unplanned"))
    try:
        answer = client_of(app_over(workspace)).post("/v1/quotes", json=asked())
        problem = assert_problem(answer, 404, "NOT_FOUND")
        assert "plan" in problem["detail"]
    finally:
        workspace.close()


def test_the_example_of_the_contract_is_a_request():
    example = QuoteRequest.model_json_schema()["examples"][0]
    order, quotations = QuoteRequest.model_validate(example).values()
    assert (order.order_id, quotations) == ("RFQ-1", ())
