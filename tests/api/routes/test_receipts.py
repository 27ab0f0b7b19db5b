"""Receipts over HTTP: durable or witnessed, and the proof file of a witnessed one."""

from __future__ import annotations

import pytest

from ledger.claims import drafts
from ledger.log.entry import leaf_hash
from ledger.log.proof_file import parse_proof
from tests.support.enrolments import enrolment
from tests.support.installations import ORIGIN, installation
from tests.support.problems import assert_problem
from tests.support.signers import JSON
from tests.support.web import client_of, still_app


@pytest.fixture
def workspace(tmp_path):
    workspace = installation(tmp_path)
    yield workspace
    workspace.close()


@pytest.fixture
def client(workspace):
    return client_of(still_app(workspace))


def send(client, name: str, ack: str = ""):
    query = f"?ack={ack}" if ack else ""
    data = drafts.to_json(enrolment(ORIGIN, name))
    return client.post(f"/v1/ledger/entries{query}", content=data, headers=JSON)


def test_a_durable_receipt_is_the_witnessed_one(client):
    """The same place and leaf hash, whichever is asked for first."""
    durable, witnessed = send(client, "a", "durable"), send(client, "a", "witnessed")
    assert (durable.status_code, witnessed.status_code) == (201, 201)
    assert durable.json() == witnessed.json() == send(client, "a").json()


def test_a_witnessed_receipt_is_a_proof_file(client, workspace):
    receipt = send(client, "a").json()
    answer = client.get(f"/v1/ledger/receipts/{receipt['request_id']}/proof")
    assert answer.status_code == 200
    proof = parse_proof(answer.content)
    leaf = leaf_hash(workspace.log.leaf(receipt["index"]))
    checkpoint, _ = proof.verify(leaf, workspace.keys.log.verifier)
    assert proof.index == receipt["index"] < checkpoint.size


def test_a_durable_entry_has_no_proof_before_its_checkpoint(client, workspace, monkeypatch):
    """The entry is there; nothing is published while the disk is full, say."""

    def full() -> None:
        raise OSError("no space left on device")

    assert send(client, "before").status_code == 201
    monkeypatch.setattr(workspace.publisher, "publish", full)
    receipt = send(client, "a", "durable").json()
    answer = client.get(f"/v1/ledger/receipts/{receipt['request_id']}/proof")
    assert_problem(answer, 409, "NOT_PUBLISHED")
    workspace.writer.close()
    monkeypatch.undo()
    assert send(client, "a").status_code == 201
    assert client.get(f"/v1/ledger/receipts/{receipt['request_id']}/proof").status_code == 200


def test_an_unknown_request_has_no_proof(client):
    assert_problem(client.get(f"/v1/ledger/receipts/{'0' * 32}/proof"), 404, "NOT_FOUND")


def test_another_ack_is_refused(client):
    assert_problem(send(client, "a", "soon"), 422, "INVALID_REQUEST")
