"""The server keeps the contract that it publishes, whatever is sent to it.

Requests are made from the OpenAPI document, valid ones and broken ones, always the same; every
answer must be one that the document announces, and every refusal a problem with a code.
"""

from __future__ import annotations

import os

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from api.app import create_app
from api.settings import Settings
from tests.support.installations import populated
from tests.support.web import BASE, still_app

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
]


@pytest.fixture(scope="module")
def contract(tmp_path_factory):
    workspace = populated(tmp_path_factory.mktemp("contract"))
    app = still_app(workspace)
    loaded = schemathesis.openapi.from_dict(app.openapi())
    loaded.app = app
    loaded.location = "/openapi.json"
    yield loaded
    workspace.close()


STREAM = "/v1/matching-runs/{run_id}/events"  # goes on for as long as the run does
ANY_PATH = "/ledger/tile/{path}"  # no path is malformed, only unknown


def operations(*, breakable=False):
    """Return (path, method) of every operation, or of those that have something to break."""
    document = create_app(Settings()).openapi()
    return [
        (path, method)
        for path, found in document["paths"].items()
        for method, operation in found.items()
        if path != STREAM
        if not breakable
        or (path != ANY_PATH and (operation.get("parameters") or "requestBody" in operation))
    ]


def keep_the_contract(contract, path, method, mode, *, examples):
    @given(case=contract[path][method].as_strategy(generation_mode=mode))
    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def send(case):
        answer = case.call(base_url=BASE)
        case.validate_response(answer, checks=CHECKS)
        if answer.status_code >= 400:
            assert_problem(answer)

    send()


def assert_problem(answer):
    assert answer.headers["content-type"] == ["application/problem+json"], answer.text
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["code"]
    assert problem["way_out"]


# the whole campaign sends more of everything
EXAMPLES = [6]
if os.environ.get("PARKLOOM_LONG") == "full":
    EXAMPLES.append(pytest.param(40, marks=pytest.mark.long))


@pytest.mark.parametrize("examples", EXAMPLES)
@pytest.mark.parametrize(("path", "method"), operations())
def test_the_contract_is_kept(contract, path, method, examples):
    keep_the_contract(contract, path, method, GenerationMode.POSITIVE, examples=examples)


@pytest.mark.parametrize("examples", EXAMPLES)
@pytest.mark.parametrize(("path", "method"), operations(breakable=True))
def test_broken_requests_are_refused(contract, path, method, examples):
    keep_the_contract(contract, path, method, GenerationMode.NEGATIVE, examples=examples)
