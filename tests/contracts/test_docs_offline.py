"""The pages of the documentation need nothing from outside the server."""

from __future__ import annotations

import re

import pytest

from api.app import create_app
from api.settings import Settings
from tests.support.web import client_of

OUTSIDE = re.compile(r"""(?:src|href|url)\s*[=:(]\s*["']?\s*(?:https?:)?//(?!127\.0\.0\.1)""")


@pytest.fixture(scope="module")
def client():
    return client_of(create_app(Settings()))


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
def test_a_page_loads_nothing_from_outside(client, page):
    answer = client.get(page)
    assert answer.status_code == 200
    assert OUTSIDE.search(answer.text) is None
    assert "://" not in answer.text


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
def test_what_a_page_loads_is_served_here(client, page):
    text = client.get(page).text
    loaded = re.findall(r"""(?:src|href)=["']([^"']+)["']""", text)
    assert loaded
    for path in loaded:
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert len(answer.content) > 100


def test_the_contract_itself_names_no_outside_address(client):
    document = client.get("/openapi.json").json()
    assert document["info"]["title"] == "Parkloom"
    assert "servers" not in document


def test_every_operation_says_what_it_does_and_how_it_fails(client):
    document = client.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["description"], (method, path)
            failures = {s: r for s, r in operation["responses"].items() if not s.startswith("2")}
            assert {"500", "503", "default"} <= set(failures), (method, path)
            for status, response in failures.items():
                assert list(response["content"]) == ["application/problem+json"], (path, status)


def test_the_frameworks_own_error_form_is_gone(client):
    text = client.get("/openapi.json").text
    assert "HTTPValidationError" not in text
