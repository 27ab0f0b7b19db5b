"""The server answers this machine alone, also to a browser that was led astray."""

from __future__ import annotations

import pytest

from api.app import create_app
from api.loopback import host_of, is_loopback
from api.settings import Settings
from tests.support.web import client_of


@pytest.fixture(scope="module")
def client():
    """A client of an application that has not been started: the edge alone answers."""
    return client_of(create_app(Settings()))


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("LOCALHOST.", True),
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("[::1]", True),
        ("::1", True),
        ("0.0.0.0", False),  # every address of the machine
        ("::", False),
        ("10.0.0.7", False),
        ("localhost.example.org", False),
        ("127.0.0.1.example.org", False),
        ("2130706433", False),  # 127.0.0.1 written as one number
        ("", False),
    ],
)
def test_only_literal_loopback_names_count(host, expected):
    assert is_loopback(host) is expected


@pytest.mark.parametrize(
    ("authority", "host"),
    [
        ("127.0.0.1:8000", "127.0.0.1"),
        ("[::1]:8000", "::1"),
        ("localhost", "localhost"),
        ("127.0.0.1:port", None),
        ("127.0.0.1@evil.example", None),
        ("evil.example#127.0.0.1", None),
        ("127.0.0.1,evil.example", None),
        ("", None),
    ],
)
def test_the_host_of_an_authority(authority, host):
    assert host_of(authority) == host


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:9999", "localhost:8000", "[::1]:8000"])
def test_loopback_hosts_are_answered(client, host):
    assert client.get("/v1/problems", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "192.168.1.5:8000", "testserver", "", "127.0.0.1@x"]
)
def test_other_hosts_are_refused_with_the_reason(client, host):
    """DNS rebinding: a name that points here is still another name."""
    answer = client.get("/v1/problems", headers={"Host": host})
    assert answer.status_code == 421
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "HOST_NOT_LOOPBACK"
    assert "tunnel" in answer.json()["way_out"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_pages_of_other_sites_change_nothing(client, headers):
    answer = client.post("/v1/ledger/drafts", headers=headers, json={})
    assert answer.status_code == 403
    assert answer.json()["code"] == "FOREIGN_ORIGIN"


def test_pages_of_this_machine_may_write(client):
    answer = client.post("/v1/nothing", headers={"Origin": "http://localhost:8000"})
    assert answer.status_code == 404


def test_reading_needs_no_origin(client):
    assert client.get("/v1/problems", headers={"Origin": "https://evil.example"}).status_code == 200
