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
