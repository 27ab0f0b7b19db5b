"""/v1/offers and /v1/orders."""

from __future__ import annotations

import pytest

from tests.support.problems import assert_problem


def pages(client, path, limit):
    """Return all items of a list, page by page."""
    items, after = [], ""
    while True:
        answer = client.get(path, params={"after": after, "limit": limit})
        assert answer.status_code == 200
        page = answer.json()
        assert len(page["items"]) <= limit
        items += page["items"]
        if page["next"] is None:
            return items
        after = page["next"]


@pytest.mark.parametrize(("path", "count"), [("/v1/offers", 120), ("/v1/orders", 200)])
@pytest.mark.parametrize("limit", [7, 100, 500])
def test_pages_hold_everything_once_and_in_order(park_client, path, count, limit):
    ids = [item["id"] for item in pages(park_client, path, limit)]
    assert len(ids) == count
    assert ids == sorted(set(ids))


@pytest.mark.parametrize("path", ["/v1/offers", "/v1/orders"])
def test_one_item_is_as_in_the_list(park_client, path):
    listed = park_client.get(path, params={"limit": 1}).json()["items"][0]
    assert park_client.get(f"{path}/{listed['id']}").json() == listed


@pytest.mark.parametrize("path", ["/v1/offers", "/v1/orders"])
def test_an_unknown_id(park_client, path):
    assert_problem(park_client.get(f"{path}/nobody"), 404, "NOT_FOUND")


@pytest.mark.parametrize("path", ["/v1/offers", "/v1/orders"])
@pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=ten", "after=%00"])
def test_a_bad_page_is_refused(park_client, path, query):
    assert_problem(park_client.get(f"{path}?{query}"), 422, "INVALID_REQUEST")


def test_an_offer_has_whole_numbers_and_exact_fractions(park_client):
    offer = park_client.get("/v1/offers", params={"limit": 1}).json()["items"][0]
    assert isinstance(offer["rate_fen_per_hour"], int)
    assert isinstance(offer["carbon_g_per_hour"], str)
    assert all(isinstance(minutes, int) for minutes in offer["idle_minutes"])


def first_of(client, path):
    return client.get(path, params={"limit": 1}).json()["items"][0]


def test_an_offer_is_withdrawn_and_opened_again_by_its_enterprise(park_client):
    offer = first_of(park_client, "/v1/offers")
    place = f"/v1/offers/{offer['id']}"
    for owner in ({}, {"organisation_id": offer["enterprise_id"]}):
        for _ in range(2):
            answer = park_client.post(f"{place}/withdraw", params=owner)
            assert answer.status_code == 200
            assert answer.json() == offer | {"status": "withdrawn"}
        assert park_client.get(place).json()["status"] == "withdrawn"
        for _ in range(2):
            assert park_client.post(f"{place}/open", params=owner).json() == offer


def test_an_order_is_withdrawn_for_good(park_client):
    order = first_of(park_client, "/v1/orders")
    place = f"/v1/orders/{order['id']}"
    for _ in range(2):
        answer = park_client.post(
            f"{place}/withdraw", params={"organisation_id": order["buyer_id"]}
        )
        assert answer.status_code == 200
        assert answer.json() == order | {"status": "withdrawn"}
    assert_problem(park_client.post(f"{place}/open"), 404, "PATH_UNKNOWN")


def test_idle_minutes_are_replaced_whole(park_client):
    offer = first_of(park_client, "/v1/offers")
    place = f"/v1/offers/{offer['id']}/idle-minutes"
    half = [minutes // 2 for minutes in offer["idle_minutes"]]
    answer = park_client.put(place, json={"idle_minutes": half})
    assert answer.json() == offer | {"idle_minutes": half}
    assert park_client.put(place, json={"idle_minutes": offer["idle_minutes"]}).json() == offer


@pytest.mark.parametrize(
    ("minutes", "code"),
    [([1], "VALUE_NOT_STORABLE"), ([], "INVALID_REQUEST"), ([-1], "INVALID_REQUEST")],
)
def test_idle_minutes_that_do_not_fit_are_refused(park_client, minutes, code):
    offer = first_of(park_client, "/v1/offers")
    place = f"/v1/offers/{offer['id']}"
    answer = park_client.put(f"{place}/idle-minutes", json={"idle_minutes": minutes})
    assert_problem(answer, 422, code)
    assert park_client.get(place).json() == offer


@pytest.mark.parametrize("action", ["offers/{}/withdraw", "offers/{}/open", "orders/{}/withdraw"])
def test_a_stranger_changes_nothing(park_client, action):
    """Nobody learns that another's offer or order is there: it is not found."""
    path = f"/v1/{action.partition('/')[0]}"
    one = first_of(park_client, path)
    answer = park_client.post(
        f"/v1/{action.format(one['id'])}", params={"organisation_id": "a-stranger"}
    )
    assert_problem(answer, 404, "NOT_FOUND")
    assert park_client.get(f"{path}/{one['id']}").json() == one
    assert_problem(park_client.post(f"/v1/{action.format('nobody')}"), 404, "NOT_FOUND")
