"""serve: loopback only, and why."""

from __future__ import annotations

import pytest

from api.commands import serving
from api.commands.frame import BadInput
from api.commands.serve import require_loopback
from api.services.errors import ServiceError
from tests.support.cli import only_json, words


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost"])
def test_loopback_addresses_are_served(host):
    require_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.20", "park.example", ""])
def test_other_addresses_are_refused(host):
    with pytest.raises(ServiceError):
        require_loopback(host)


def test_the_refusal_says_why_and_what_to_do(run):
    result = run("serve", "--host", "0.0.0.0")
    assert result.exit_code == 2
    told = words(result.stderr)
    assert "does not know its callers yet" in told
    assert "127.0.0.1" in told
    assert only_json(run("serve", "--host", "0.0.0.0", "--json"))["error"]["code"] == "BAD_INPUT"


def test_an_empty_home_is_refused_before_the_port_is_taken(run):
    result = run("serve", "--port", "0")
    assert result.exit_code == 2
    assert "NOT_INITIALISED" in result.stderr


def test_an_address_in_use_is_refused_with_the_way_out():
    with serving.bound("127.0.0.1", 0) as taken, pytest.raises(BadInput) as refused:
        serving.bound("127.0.0.1", serving.port_of(taken))
    assert "Address already in use" in refused.value.message
    assert "--port" in refused.value.message


def test_a_name_that_is_no_address_is_refused():
    with pytest.raises(BadInput):
        serving.bound("no.such.host.invalid", 0)
