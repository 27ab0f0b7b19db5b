"""Every failure is a problem with a code and a way out, and tells nothing of the inside."""

from __future__ import annotations

import errno

import pytest
from starlette.exceptions import HTTPException

import ledger.claims.refusals  # noqa: F401 - so that all refusals are known here
from api.app import JSON_BYTES_MAX, create_app
from api.deps import Platform, workspace_of
from api.errors import Refused, problem_of, problem_response, shown
from api.problems import KINDS
from api.services import errors as service_errors
from api.settings import Settings
from data import errors as data_errors
from ledger.errors import Corruption, NotVerified, OutcomeUnknown, Refusal, StaleHead
from tests.support.problems import assert_problem
from tests.support.web import NoRuns, client_of


@pytest.fixture
def app():
    app = create_app(Settings())
    app.state.platform = Platform(workspace=None, runs=NoRuns())
    return app


@pytest.fixture
def client(app):
    return client_of(app)


def raises(app, error):
    """Make every route that works on the installation fail with an exception."""

    def fail():
        raise error

    app.dependency_overrides[workspace_of] = fail


def classes_under(base):
    for child in base.__subclasses__():
        yield child
        yield from classes_under(child)


def test_every_refusal_of_the_record_has_its_own_entry():
    codes = {kind.code for kind in classes_under(Refusal) if kind.__module__.startswith("ledger")}
    assert sorted(codes - set(KINDS)) == []


def test_every_error_of_services_and_data_has_its_own_entry():
    families = (*classes_under(service_errors.ServiceError), *classes_under(data_errors.DataError))
    codes = {
        kind.code
        for kind in families
        if kind.__module__ in {service_errors.__name__, data_errors.__name__, "api.jobs.runs"}
    }
    at_start_only = {
        "ALREADY_INITIALISED",
        "ALREADY_SERVED",
        "DATABASE_NEWER",
        "DATABASE_OLDER",
        "UNSUPPORTED_DATABASE",
    }
    assert sorted(codes - set(KINDS) - at_start_only) == []


@pytest.mark.parametrize("code", sorted(KINDS))
def test_every_kind_is_whole(code):
    kind = KINDS[code]
    assert 400 <= kind.status <= 599
    assert kind.title[0].isupper()
    assert not kind.title.endswith(".")
    assert kind.way_out.endswith(".")


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (StaleHead("moved", order="o1"), 409, "STALE_HEAD"),
        (Refusal.restore("NEVER_HEARD_OF", "new rule", {}), 422, "NEVER_HEARD_OF"),
        (data_errors.NotFound("order", "o9"), 404, "NOT_FOUND"),
        (data_errors.Conflict("run", "r1", "seed 1 against 2"), 409, "CONFLICT"),
        (data_errors.DatabaseLocked("held"), 503, "DATABASE_LOCKED"),
        (data_errors.DiskFull("full"), 503, "DISK_FULL"),
        (OSError(errno.ENOSPC, "No space left on device"), 503, "DISK_FULL"),
        (data_errors.DatabaseUnavailable("gone"), 503, "DATABASE_UNAVAILABLE"),
        (Corruption("LOG_BEHIND_SIGNER", "restored"), 503, "LOG_BEHIND_SIGNER"),
        (NotVerified("TILE_MALFORMED", "cut"), 503, "TILE_MALFORMED"),
        (OutcomeUnknown("no answer"), 503, "OUTCOME_UNKNOWN"),
        (service_errors.BadRequest("no such size", size=9), 400, "BAD_REQUEST"),
        (service_errors.NotInitialised("nothing here"), 503, "NOT_INITIALISED"),
    ],
)
def test_what_goes_wrong_inside_becomes_its_problem(app, client, error, status, code):
    raises(app, error)
    body = assert_problem(client.get("/v1/parks"), status, code)
    assert body["instance"] == "/v1/parks"


def test_503_says_when_to_try_again(app, client):
    raises(app, data_errors.DatabaseLocked("held"))
    assert client.get("/v1/parks").headers["retry-after"] == "1"


def test_trouble_with_the_database_tells_no_address(app, client):
    raises(app, data_errors.DatabaseUnavailable("sqlite:////secret/place.db cannot be used"))
    assert "secret" not in client.get("/v1/parks").text


def test_the_unforeseen_is_logged_and_not_told(app, client):
    raises(app, RuntimeError("password=hunter2"))
    answer = client.get("/v1/parks")
    assert_problem(answer, 500, "INTERNAL")
    assert "hunter2" not in answer.text


def test_an_os_error_of_another_kind_is_unforeseen(app, client):
    raises(app, PermissionError("/secret/place"))
    answer = client.get("/v1/parks")
    assert_problem(answer, 500, "INTERNAL")
    assert "secret" not in answer.text


def test_after_corruption_writing_stops_and_reading_goes_on(app, client):
    app.state.platform.halt.stop("CHAIN_BROKEN", "entry 7")
    body = assert_problem(client.post("/v1/ledger/entries", content=b"{}"), 503, "CORRUPTION")
    assert body["params"] == {"cause": "CHAIN_BROKEN"}
    assert client.get("/v1/problems").status_code == 200
    assert_problem(client.get("/healthz"), 503, "CORRUPTION")


def test_corruption_met_by_a_request_stops_writing(app, client):
    raises(app, Corruption("HEAD_DIFFERS", "head at 7"))
    assert_problem(client.get("/v1/parks"), 503, "HEAD_DIFFERS")
    assert app.state.platform.halt.code == "HEAD_DIFFERS"
    assert_problem(client.post("/v1/ledger/entries", content=b"{}"), 503, "CORRUPTION")


def test_the_first_corruption_is_the_one_that_is_told(app):
    halt = app.state.platform.halt
    halt.stop("CHAIN_BROKEN", "entry 7")
    halt.stop("HEAD_DIFFERS", "head")
    assert halt.code == "CHAIN_BROKEN"


def test_an_unknown_path(client):
    assert_problem(client.get("/v1/nothing"), 404, "PATH_UNKNOWN")


def test_a_method_that_is_not_taken_lists_those_that_are(client):
    answer = client.delete("/v1/matching-runs/6d0c5c1e-7b0f-4b6e-9a4e-1d5f1b2c3d4e")
    assert_problem(answer, 405, "METHOD_NOT_ALLOWED")
    assert answer.headers["allow"] == "GET, PUT"


def test_a_body_that_is_no_json(client):
    answer = client.post(
        "/v1/ledger/drafts", content=b"{oops", headers={"Content-Type": "application/json"}
    )
    assert_problem(answer, 400, "MALFORMED_JSON")


def test_a_value_that_cannot_be_used_is_named(client):
    answer = client.put(
        "/v1/matching-runs/6d0c5c1e-7b0f-4b6e-9a4e-1d5f1b2c3d4e",
        json={"seed": "one", "speed": 3},
    )
    body = assert_problem(answer, 422, "INVALID_REQUEST")
    assert [(e["where"], e["got"]) for e in body["errors"]] == [
        ("body.seed", "'one'"),
        ("body.speed", "3"),
    ]


def test_a_lone_surrogate_is_refused_readably(client):
    answer = client.post(
        "/v1/ledger/drafts",
        content=b'{"event": "\\ud800"}',
        headers={"Content-Type": "application/json"},
    )
    assert_problem(answer, 422, "INVALID_REQUEST")


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_that_is_too_long(client, announced):
    data = b"x" * (JSON_BYTES_MAX + 1)
    content = data if announced else iter([data[:1000], data[1000:]])
    answer = client.post(
        "/v1/ledger/entries", content=content, headers={"Content-Type": "application/json"}
    )
    assert_problem(answer, 413, "BODY_TOO_LARGE")


def test_what_was_sent_is_shortened():
    assert len(shown("x" * 1000)) == 120


def test_an_http_exception_keeps_its_status():
    problem = problem_of(HTTPException(400, "odd"), "/x")
    assert problem is not None
    assert (problem.status, problem.code) == (400, "MALFORMED_REQUEST")


def test_nothing_is_invented_for_a_stranger():
    assert problem_of(RuntimeError("x"), "/x") is None
    with pytest.raises(LookupError, match="RuntimeError"):
        problem_response(RuntimeError("x"))


def test_a_refusal_carries_its_values():
    problem = problem_of(Refused("NOT_FOUND", "no o9", params={"order": "o9", "n": 3}), "/x")
    assert problem is not None
    assert problem.params == {"order": "o9", "n": 3}


def test_problems_are_described(client):
    assert client.get("/v1/problems/STALE_HEAD").json()["status"] == 409
    assert_problem(client.get("/v1/problems/NO_SUCH_CODE"), 404, "NOT_FOUND")
    listed = client.get("/v1/problems").json()["items"]
    assert [item["code"] for item in listed] == sorted(KINDS)
