"""/v1/organisations and /v1/parks."""

from __future__ import annotations

import pytest

from tests.support.problems import assert_problem

BODY = {
    "kind": "enterprise",
    "name": "Xihu Precision Works",
    "name_zh": "西湖精工",
    "identifiers": [{"scheme": "gln", "value": "6901234000016"}],
}


def put(client, id_, **changes):
    return client.put(f"/v1/organisations/{id_}", json={**BODY, **changes})


def test_an_organisation_is_created_read_and_listed(park_client):
    created = put(park_client, "xihu")
    assert created.status_code == 200
    assert created.headers["location"] == "/v1/organisations/xihu"
    assert created.json()["name_zh"] == "西湖精工"
    assert created.json()["party"] is None
    assert park_client.get("/v1/organisations/xihu").json() == created.json()
    listed = park_client.get("/v1/organisations", params={"after": "xiht", "limit": 1}).json()
    assert listed["items"] == [created.json()]


def test_a_retry_is_harmless(park_client):
    first = put(park_client, "retried", identifiers=[])
    assert first.status_code == 200
    assert put(park_client, "retried", identifiers=[]).json() == first.json()


def test_the_same_id_with_other_content_names_the_difference(park_client):
    put(park_client, "taken", identifiers=[])
    again = put(park_client, "taken", identifiers=[], name="Another Works")
    problem = assert_problem(again, 409, "CONFLICT")
    assert "name" in problem["detail"]


def test_an_id_may_be_in_any_script(park_client):
    created = put(park_client, "西湖", identifiers=[])
    assert created.headers["location"] == "/v1/organisations/%E8%A5%BF%E6%B9%96"
    assert park_client.get(created.headers["location"]).json()["id"] == "西湖"


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "bank"},
        {"name": ""},
        {"name": "two\nlines"},
        {"identifiers": [{"scheme": "gln"}]},
        {"identifiers": [{"scheme": "gln", "value": "x", "more": 1}]},
        {"since": 1998},
    ],
)
def test_a_bad_body_is_refused(park_client, changes):
    assert_problem(put(park_client, "bad", **changes), 422, "INVALID_REQUEST")
    assert_problem(park_client.get("/v1/organisations/bad"), 404, "NOT_FOUND")


def test_organisations_by_kind(park_client):
    put(park_client, "a-bank", kind="lender", name="A Bank", identifiers=[])
    found = park_client.get("/v1/organisations", params={"kind": "lender"}).json()["items"]
    assert [item["id"] for item in found] == ["a-bank"]
    assert_problem(
        park_client.get("/v1/organisations", params={"kind": "bank"}), 422, "INVALID_REQUEST"
    )


def test_the_parks(park_client):
    parks = park_client.get("/v1/parks").json()["items"]
    assert len(parks) == 3
    assert {"id", "name", "lat", "lon", "timezone"} == set(parks[0])
