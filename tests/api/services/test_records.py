"""Records, certificates and log files: what the services hand out of the ledger."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.demo import deal
from api.demo.parties import enrol_registrar, onboard
from api.demo.tampering import flip_byte
from api.services import (
    certificates,
    imports,
    log_files,
    organisations,
    purchase_orders,
    records,
    screening,
)
from api.services.drafting.table import EVENTS
from api.services.errors import BadRequest, NotOnboarded, NotPublished, OrderPresent
from api.services.workspace import log_vkey, registrar_vkey
from data.errors import NotFound, WrongStatus
from data.samples import SAMPLE_UBL
from ledger.claims.state import KeyState
from ledger.errors import Refusal
from ledger.log.merkle import verify_consistency, verify_inclusion
from ledger.log.signing import key_id
from ledger.values.consent import EventType
from ledger.values.disclosures import open_disclosure
from tests.support.stage import LENDER, staged

OPERATORS_OWN = {
    EventType.PLAN_PUBLISHED,
    EventType.CLAIM_SCREENED,
    EventType.CLAIM_LAPSED,
    EventType.STATE_ROOT,
    EventType.LOG_SM3_ROOT,
    EventType.CALL_TRANSITION,  # drafted by the open call itself
}
NUMBER = "PO-2026-0117"


@pytest.fixture
def order(stage):
    """Return the handle of a confirmed order of the sample park."""
    report = imports.import_path(stage.workspace, SAMPLE_UBL / "order-good.xml")
    found = purchase_orders.get(stage.workspace, str(report.purchase_order_id))
    onboard(stage.workspace, stage.parties, [str(found.buyer_id), str(found.seller_id)])
    return deal.register(stage.workspace, stage.parties, found.id)


@pytest.fixture
def funded(stage, order):
    """Return the order with a funded claim on half of its headroom, and the claim."""
    stage.lender()
    room = records.get_order(stage.workspace, order).headroom[0]
    amount = room.headroom_minor // 2
    claim = deal.request(stage.workspace, stage.parties, order, amount)
    deal.reserve(
        stage.workspace, stage.parties, claim, lender=LENDER, amount_minor=amount, rate_bps=400
    )
    deal.pledge(stage.workspace, stage.parties, claim)
    deal.fund(stage.workspace, stage.parties, claim)
    return order, claim, room.headroom_minor, amount


def test_every_event_of_the_record_can_be_drafted_by_its_parties():
    assert set(EVENTS) | OPERATORS_OWN == set(EventType)
    assert not set(EVENTS) & OPERATORS_OWN


def test_an_order_shows_its_chain_claims_and_headroom(stage, funded):
    order, claim, limit, amount = funded
    record = records.get_order(stage.workspace, order)
    assert record.state == "confirmed"
    assert [entry.type for entry in record.entries] == [
        "order.submitted",
        "order.confirmed",
        "claim.requested",
        "claim.screened",
        "claim.listed",
        "claim.offered",
        "claim.reserved",
        "claim.pledged",
        "claim.funded",
    ]
    assert set(record.entries[1].signers) == {"buyer maker", "buyer checker"}
    assert set(record.entries[7].signers) == {
        "buyer checker",
        "lender checker",
        "lender maker",
        "seller checker",
        "seller maker",
    }
    assert record.head == record.entries[-1].leaf_hash
    (view,) = record.claims
    assert (view.id, view.state, view.principal_minor) == (claim, "funded", amount)
    (room,) = record.headroom
    assert (room.limit_minor, room.live_minor) == (limit, amount)
    assert room.headroom_minor == limit - amount
    assert records.list_handles(stage.workspace) == (order,)


def test_repaying_and_releasing_gives_the_headroom_back(stage, funded):
    order, claim, limit, amount = funded
    deal.enter(
        stage.workspace, stage.parties, "claim.repaid", claim=claim, amount="100", bank_ref="IN-1"
    )
    record = records.get_order(stage.workspace, order)
    assert (record.claims[0].state, record.claims[0].repaid_minor) == ("funded", 100)
    assert record.headroom[0].live_minor == amount - 100
    deal.repay(stage.workspace, stage.parties, claim)
    deal.release(stage.workspace, stage.parties, claim)
    record = records.get_order(stage.workspace, order)
    assert record.claims[0].state == "released"
    assert record.headroom[0].headroom_minor == limit


def test_a_rejected_order_can_be_submitted_again_on_its_chain(stage):
    report = imports.import_path(stage.workspace, SAMPLE_UBL / "order-good.xml")
    found = purchase_orders.get(stage.workspace, str(report.purchase_order_id))
    onboard(stage.workspace, stage.parties, [str(found.buyer_id), str(found.seller_id)])
    handle = stage.enter("order.submitted", purchase_order=found.id)
    assert purchase_orders.get(stage.workspace, found.id).status == "submitted"
    with pytest.raises(WrongStatus):
        purchase_orders.draft_submission(stage.workspace, found.id)
    stage.enter("order.rejected", order=handle, reason="price")
    rejected = purchase_orders.get(stage.workspace, found.id)
    assert (rejected.status, rejected.code) == ("refused", "REJECTED_BY_BUYER")
    assert stage.enter("order.submitted", purchase_order=found.id) == handle
    stage.enter("order.confirmed", order=handle)
    assert purchase_orders.get(stage.workspace, found.id).status == "confirmed"
    record = records.get_order(stage.workspace, handle)
    assert [entry.type for entry in record.entries] == [
        "order.submitted",
        "order.rejected",
        "order.submitted",
        "order.confirmed",
    ]


def test_claims_can_be_withdrawn_before_the_pledge(stage, order):
    stage.lender()
    claim = deal.request(stage.workspace, stage.parties, order, 100_000)
    stage.enter("claim.withdrawn", claim=claim)
    assert records.get_order(stage.workspace, order).claims[0].state == "withdrawn"
    with pytest.raises(Refusal) as refused:
        stage.enter("claim.listed", claim=claim)
    assert refused.value.code == "WRONG_STATE"


def test_a_reservation_does_not_lapse_before_its_time(stage, order):
    stage.lender()
    claim = deal.request(stage.workspace, stage.parties, order, 100_000)
    deal.reserve(
        stage.workspace, stage.parties, claim, lender=LENDER, amount_minor=100_000, rate_bps=400
    )
    with pytest.raises(Refusal) as refused:
        screening.lapse(stage.workspace, claim)
    assert refused.value.code == "NOT_YET_DUE"
    assert screening.lapse_due(stage.workspace) == ()
    (held,) = screening.reservations(stage.workspace)
    assert (held.claim, held.order) == (claim, order)


def test_screening_twice_is_harmless(stage, order):
    asked = stage.enter("claim.requested", order=order, amount="100000")
    size = stage.workspace.log.head().size
    assert screening.screen(stage.workspace, asked) is None
    assert stage.workspace.log.head().size == size


def test_a_revoked_key_signs_nothing_more(stage, order):
    draft = records.make_draft(
        stage.workspace, "claim.requested", {"order": order, "amount": "100000"}
    )
    signed = stage.parties.sign(draft)
    stage.enter("key.revoked", kid=signed.signatures[0].kid, reason="left")
    with pytest.raises(Refusal) as refused:
        records.submit(stage.workspace, signed)
    assert refused.value.code == "KEY_REVOKED"


def test_a_user_may_have_a_second_key(stage):
    """A new device, the old one still in use: the same user, enrolled once more."""
    stage.lender()
    for _ in range(2):
        key = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
        draft = records.make_draft(
            stage.workspace,
            "key.enrolled",
            {
                "organisation": LENDER,
                "user": "Wang Fang",
                "user_handle": "ab" * 16,
                "duty": "maker",
                "public_key": base64.b64encode(key).decode(),
            },
        )
        receipt = records.submit(stage.workspace, stage.parties.sign(draft))
        assert stage.workspace.log.state(f"{KeyState.prefix}/{key_id(key)}") is not None
        assert receipt.index > 0


@pytest.mark.parametrize(
    ("event", "facts", "told"),
    [
        ("order.confirmed", {}, "needs order"),
        ("order.confirmed", {"order": "ab" * 16, "colour": "red"}, "knows no colour"),
        ("claim.requested", {"order": "{order}", "amount": "-5"}, "digits in minor units"),
        ("claim.requested", {"order": "{order}", "amount": "5", "maturity": "soon"}, "YYYY-MM-DD"),
        ("policy.set", {"lender": "BANK", "alpha_u0": "9999"}, "0 to 9000"),
        ("policy.set", {"lender": "BANK", "alpha_u0": "many"}, "a whole number"),
        (
            "key.enrolled",
            {"organisation": "BANK", "user": "x", "duty": "boss", "public_key": "AA=="},
            "maker or checker",
        ),
        ("key.revoked", {"kid": "ab" * 16, "reason": "left"}, "No key"),
        ("plan.published", {}, "No draft is made of"),
        ("nonsense", {}, "No draft is made of"),
    ],
)
def test_wrong_facts_are_refused_with_what_would_do(stage, order, event, facts, told):
    stage.lender()
    given = {name: str(value).replace("{order}", order) for name, value in facts.items()}
    with pytest.raises(BadRequest, match=told):
        records.make_draft(stage.workspace, event, given)


def test_what_is_not_there_is_not_found(stage):
    for call in (
        lambda: records.get_order(stage.workspace, "ab" * 16),
        lambda: records.make_draft(stage.workspace, "order.confirmed", {"order": "ab" * 16}),
        lambda: records.make_draft(stage.workspace, "claim.listed", {"claim": "ab" * 16}),
        lambda: certificates.build(stage.workspace, "ab" * 16),
        lambda: log_files.published_file(stage.workspace, "tile/0/999"),
        lambda: log_files.published_file(stage.workspace, "../keys/log.key"),
    ):
        with pytest.raises(NotFound):
            call()


def test_a_certificate_opens_what_its_holder_chooses(stage, order):
    def names(**options: object) -> set[str]:
        document = json.loads(certificates.build(stage.workspace, order, **options))
        return {_name(text) for text in document["disclosures"]}

    assert {"number", "line/1", "line/2", "buyer_identifiers"} <= names()
    assert names(disclose=()) == set()
    assert names(disclose=("number",)) == {"number"}
    assert names(disclose=("line",)) == {"line/1", "line/2"}
    assert certificates.build(stage.workspace, order) == certificates.build(stage.workspace, order)


def _name(text: str) -> str:
    return open_disclosure(text).name


def verify(stage, file: Path) -> int:
    return subprocess.run(
        [
            sys.executable, "-m", "ledger.verification", str(file),
            "--key", log_vkey(stage.workspace), "--registrar", registrar_vkey(stage.workspace),
        ],
        capture_output=True, timeout=60, check=False,
    ).returncode  # fmt: skip


def test_a_certificate_is_proved_and_a_changed_byte_is_caught(stage, order, tmp_path: Path):
    file = tmp_path / "certificate.json"
    file.write_bytes(certificates.build(stage.workspace, order))
    assert verify(stage, file) == 0
    changed = flip_byte(file.read_bytes())
    assert len(changed) == len(file.read_bytes())
    file.write_bytes(changed)
    assert verify(stage, file) == 1


def test_an_order_is_found_by_its_parties_and_number(stage, order):
    found = purchase_orders.list_purchase_orders(stage.workspace)[0]
    parties = {"buyer": str(found.buyer_id), "seller": str(found.seller_id)}
    for number in (NUMBER, "po 2026 117"):
        assert certificates.find_handle(stage.workspace, **parties, number=number) == order
    assert certificates.find_handle(stage.workspace, **parties, number="PO-2026-0118") is None
    organisations.put(stage.workspace, "STRANGER", kind="enterprise", name="Stranger")
    with pytest.raises(NotOnboarded):
        certificates.find_handle(
            stage.workspace, buyer="STRANGER", seller=parties["seller"], number=NUMBER
        )


def test_a_purchase_order_is_certified_by_its_number_there_or_not(stage, order, tmp_path: Path):
    found = purchase_orders.list_purchase_orders(stage.workspace)[0]
    parties = {"buyer": str(found.buyer_id), "seller": str(found.seller_id)}
    handle, data = certificates.by_number(stage.workspace, **parties, number=NUMBER)
    assert (handle, json.loads(data)["order"]["handle"]) == (order, order)
    handle, data = certificates.by_number(stage.workspace, **parties, number="NEVER-1")
    assert (handle, json.loads(data)["absence"]["number"]) == (None, "NEVER-1")
    file = tmp_path / "absence.json"
    file.write_bytes(data)
    assert verify(stage, file) == 0
    file.write_bytes(data.replace(b"NEVER-1", b"NEVER-2"))
    assert verify(stage, file) == 1
    with pytest.raises(OrderPresent):
        certificates.build_absence(stage.workspace, **parties, number=NUMBER)


def test_without_the_operators_key_there_is_nothing_to_certify_yet(tmp_path: Path):
    with staged(tmp_path, enrolled=False) as stage:
        enrol_registrar(stage.workspace, stage.parties)
        stage.firm("BUYER", 1)
        stage.firm("SELLER", 2)
        with pytest.raises(NotPublished, match="operator's key"):
            certificates.build_absence(
                stage.workspace, buyer="BUYER", seller="SELLER", number="PO-1"
            )


def test_proofs_lead_to_the_published_root(stage, order):
    size = stage.workspace.log.head().size
    for index in range(size):
        view = log_files.inclusion(stage.workspace, index)
        proof = [bytes.fromhex(one) for one in view.proof]
        root = bytes.fromhex(view.root)
        verify_inclusion(index, size, bytes.fromhex(view.leaf_hash), proof, root)
    for old in range(1, size + 1):
        between = log_files.consistency(stage.workspace, old)
        verify_consistency(
            old,
            size,
            bytes.fromhex(between.old_root),
            bytes.fromhex(between.root),
            [bytes.fromhex(one) for one in between.proof],
        )
    with pytest.raises(BadRequest):
        log_files.inclusion(stage.workspace, size)
    with pytest.raises(BadRequest):
        log_files.inclusion(stage.workspace, 0, size=size + 1)
    with pytest.raises(BadRequest):
        log_files.consistency(stage.workspace, 0)


def test_partial_tiles_are_cut_from_fuller_ones(stage, order):
    size = stage.workspace.log.head().size
    whole = log_files.published_file(stage.workspace, f"tile/0/000.p/{size}")
    assert log_files.published_file(stage.workspace, "tile/0/000.p/2") == whole[:64]
    bundle = log_files.published_file(stage.workspace, "tile/entries/000.p/2")
    full = log_files.published_file(stage.workspace, f"tile/entries/000.p/{size}")
    assert full.startswith(bundle)
    with pytest.raises(NotFound):
        log_files.published_file(stage.workspace, f"tile/0/000.p/{size + 1}")
