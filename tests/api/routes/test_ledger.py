"""/v1/ledger over HTTP: from a document to a certificate, every signature by its own party."""

from __future__ import annotations

import base64
import json

import pytest

from api.services import organisations
from api.services.workspace import OPERATOR
from data.samples import SAMPLE_UBL
from data.samples.firms import fictional_uscc
from ledger.claims import drafts
from ledger.verification import certificate as certificates
from ledger.verification.verify import Trust, verify
from tests.support.enrolments import ROOT_PUBLIC, enrolment, key_of
from tests.support.installations import ORIGIN, installation
from tests.support.problems import assert_problem
from tests.support.signers import JSON, REGISTRAR, Parties
from tests.support.web import client_of, still_app


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    workspace = installation(tmp_path_factory.mktemp("ledger"))
    yield workspace
    workspace.close()


@pytest.fixture(scope="module")
def client(workspace):
    return client_of(still_app(workspace))


@pytest.fixture(scope="module")
def parties(client, workspace):
    """The registrar's people, and the operator's key: it signs the state roots."""
    parties = Parties(client)
    parties.enrol(REGISTRAR)
    organisations.add_identifier(workspace, OPERATOR, scheme="uscc", value=fictional_uscc(99_001))
    parties.enter(parties.draft("party.onboarded", organisation=OPERATOR))
    public = workspace.keys.event.public_key().public_bytes_raw()
    parties.enter(
        parties.draft(
            "key.enrolled",
            organisation=OPERATOR,
            user="system",
            duty="maker",
            public_key=base64.b64encode(public).decode("ascii"),
        )
    )
    return parties


def submitted(client, parties, name, **facts):
    """Import a UBL order, onboard both sides, submit it; return its handle and its address."""
    document = (SAMPLE_UBL / name).read_bytes()
    imported = client.post(f"/v1/imports?name={name}", content=document).json()
    address = f"/v1/purchase-orders/{imported['purchase_order_id']}"
    found = client.get(address).json()
    for side in ("buyer", "seller"):
        if found[f"{side}_id"] not in parties.handles.values():
            parties.onboard(found[f"{side}_id"], **facts)
    drafted = client.post(f"{address}/draft", json={"by": "seller"})
    assert drafted.status_code == 200, drafted.text
    parties.enter(drafted.content)
    return drafts.from_json(drafted.content).body["order"], address


@pytest.fixture(scope="module")
def order(client, parties):
    """An order in the record, submitted by its seller and confirmed by its buyer."""
    handle, address = submitted(client, parties, "order-good.xml")
    parties.enter(parties.draft("order.confirmed", order=handle))
    assert client.get(address).json()["status"] == "confirmed"
    return handle


def test_the_record_of_an_order(client, order):
    record = client.get(f"/v1/ledger/orders/{order}").json()
    assert [entry["type"] for entry in record["entries"]] == ["order.submitted", "order.confirmed"]
    assert record["head"] == record["entries"][-1]["leaf_hash"]
    assert record["value_minor"] > 0
    assert order in client.get("/v1/ledger/orders").json()["items"]


def test_the_certificate_proves_the_order_to_a_stranger(client, workspace, order):
    answer = client.get(f"/v1/ledger/orders/{order}/certificate")
    assert answer.headers["content-type"] == "application/json"
    assert "attachment" in answer.headers["content-disposition"]
    verdict = verify(
        certificates.from_json(answer.content),
        Trust(registrar_root=ROOT_PUBLIC, log_keys=(workspace.keys.log.verifier,)),
    )
    assert verdict.about.order.confirmed
    assert verdict.about.length == 2
    again = client.get(
        f"/v1/ledger/orders/{order}/certificate", headers={"If-None-Match": answer.headers["etag"]}
    )
    assert again.status_code == 304


def test_a_certificate_opens_what_is_asked_for(client, order):
    path = f"/v1/ledger/orders/{order}/certificate"
    everything = client.get(path).json()["disclosures"]
    number = client.get(path, params={"disclose": "number"}).json()["disclosures"]
    nothing = client.get(f"{path}?disclose=").json()["disclosures"]
    assert len(everything) > len(number) == 1
    assert nothing == []


def test_a_repeated_submission_gets_the_same_receipt(client, parties):
    data = drafts.to_json(enrolment(ORIGIN, "repeated"))
    first = parties.send(data)
    assert first.status_code == 201
    assert parties.send(data).json() == first.json()
    size = client.get("/healthz").json()["log"]["size"]
    parties.send(data)
    assert client.get("/healthz").json()["log"]["size"] == size


def test_a_receipt_that_was_lost_is_found_again(client, parties):
    sent = parties.send(drafts.to_json(enrolment(ORIGIN, "lost")))
    assert client.get(sent.headers["location"]).json() == sent.json()
    assert_problem(client.get(f"/v1/ledger/receipts/{'00' * 16}"), 404, "NOT_FOUND")
    assert_problem(client.get("/v1/ledger/receipts/XYZ"), 422, "INVALID_REQUEST")


def test_another_body_under_the_same_id_is_refused(parties):
    parties.send(drafts.to_json(enrolment(ORIGIN, "one id")))
    other = drafts.to_json(enrolment(ORIGIN, "one id", user="ab" * 16))
    problem = assert_problem(parties.send(other), 409, "IDEMPOTENCY_CONFLICT")
    assert problem["detail"]


def test_an_unsigned_body_is_refused(client, parties, order):
    size = client.get("/healthz").json()["log"]["size"]
    unsigned = parties.draft("order.confirmed", order=order)
    assert_problem(parties.send(unsigned), 401, "SIGNATURE_MISSING")
    assert client.get("/healthz").json()["log"]["size"] == size


def test_a_wrong_signature_is_refused(parties):
    value = json.loads(drafts.to_json(enrolment(ORIGIN, "forged")))
    other = json.loads(drafts.to_json(enrolment(ORIGIN, "another")))
    value["signatures"][0]["sig"] = other["signatures"][0]["sig"]
    assert_problem(parties.send(json.dumps(value).encode()), 401, "SIGNATURE_INVALID")


def test_a_stale_draft_is_refused(client, parties):
    """Two drafts on one head: the second signers saw an order that has moved on."""
    order, _ = submitted(client, parties, "order-good-eur.xml", country="DE")
    first = parties.draft("order.confirmed", order=order)
    second = parties.draft("order.confirmed", order=order)
    parties.enter(first)
    problem = assert_problem(parties.send(parties.signed(second)), 409, "STALE_HEAD")
    assert problem["params"]["order"] == order


def test_a_request_is_entered_once_and_screened(client, parties, order):
    """The operator's own key is enrolled, so its screening follows at once."""
    draft = parties.draft("claim.requested", order=order, amount="100")
    receipt = parties.enter(draft)
    assert parties.enter(draft) == receipt
    claims = client.get(f"/v1/ledger/orders/{order}").json()["claims"]
    assert [claim["state"] for claim in claims] == ["screened"]


def test_a_key_that_nobody_enrolled_is_refused(parties, order):
    draft = drafts.from_json(parties.draft("claim.requested", order=order, amount="100"))
    for need in draft.needs:
        draft = drafts.add_signature(draft, key_of("nobody"), role=need.role)
    assert_problem(parties.send(drafts.to_json(draft)), 401, "KEY_UNKNOWN")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b"not json",
        b'{"format":"parkloom/draft/v2"}',
        b'{"format":"parkloom/draft/v1","body":{},"disclosures":[],"signatures":[]}',
        b'{"format":"parkloom/draft/v1","body":{"a":1.5},"disclosures":[],"signatures":[]}',
        b'{"format":"parkloom/draft/v1","format":"parkloom/draft/v1"}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_what_is_no_draft_is_refused(parties, data):
    answer = parties.send(data)
    assert_problem(answer, 422, answer.json()["code"])


@pytest.mark.parametrize(
    ("event", "facts"),
    [
        ("order.eaten", {}),
        ("order.confirmed", {}),
        ("order.confirmed", {"order": "x", "more": "y"}),
        ("order.confirmed", {"order": ["x"]}),
        ("claim.requested", {"order": "x", "amount": 1.5}),
    ],
)
def test_facts_that_make_no_draft_are_refused(client, event, facts):
    answer = client.post("/v1/ledger/drafts", json={"event": event, "facts": facts})
    assert_problem(answer, 400, "BAD_REQUEST")


def test_a_draft_of_what_is_not_there(client):
    answer = client.post(
        "/v1/ledger/drafts", json={"event": "order.confirmed", "facts": {"order": "ab" * 16}}
    )
    assert_problem(answer, 404, "NOT_FOUND")


def test_the_facts_that_an_event_needs(client):
    assert client.get("/v1/ledger/drafts/order.confirmed").json() == {
        "event": "order.confirmed",
        "fields": ["order"],
    }
    assert_problem(client.get("/v1/ledger/drafts/order.eaten"), 400, "BAD_REQUEST")
    assert_problem(client.get("/v1/ledger/drafts/Order"), 422, "INVALID_REQUEST")


@pytest.mark.parametrize("path", ["", "/certificate"])
def test_an_unknown_order(client, path):
    assert_problem(client.get(f"/v1/ledger/orders/{'00' * 16}{path}"), 404, "NOT_FOUND")


def test_drafts_are_not_kept_by_anybody_on_the_way(client):
    answer = client.post(
        "/v1/ledger/drafts",
        headers=JSON,
        json={
            "event": "key.revoked",
            "facts": {"kid": enrolment(ORIGIN, "x").body["subject"], "reason": "left"},
        },
    )
    assert answer.headers["cache-control"] == "no-store"


def test_a_purchase_order_is_certified_by_its_number_there_or_not(client, workspace, order):
    """By the organisations' ids and the number as either side writes it."""
    items = client.get("/v1/purchase-orders").json()["items"]
    found = next(item for item in items if item["handle"] == order)
    query = {"buyer": found["buyer_id"], "seller": found["seller_id"], "number": found["number"]}
    trust = Trust(registrar_root=ROOT_PUBLIC, log_keys=(workspace.keys.log.verifier,))
    answer = client.get("/v1/ledger/certificate", params=query)
    assert verify(certificates.from_json(answer.content), trust).about.order.order == order
    answer = client.get("/v1/ledger/certificate", params={**query, "number": "NEVER-1"})
    absent = verify(certificates.from_json(answer.content), trust).about
    assert (absent.number, absent.buyer != absent.seller) == ("NEVER-1", True)
    answer = client.get("/v1/ledger/certificate", params={**query, "buyer": "nobody"})
    assert answer.status_code == 404
