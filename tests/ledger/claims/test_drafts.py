"""Drafts: what travels from signer to signer comes back as it was."""

import json

import pytest

from ledger.claims import drafts
from ledger.claims.refusals import BodyRefused, UnknownField
from ledger.errors import Malformed
from ledger.values.consent import Duty, Need, Role
from tests.support.parties import World


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def test_a_file_brings_the_draft_back(world: World) -> None:
    draft = world.sign(world.order_draft("PO-draft"))

    assert drafts.from_json(drafts.to_json(draft)) == draft


def test_a_file_may_be_indented_but_signs_the_same_bytes(world: World) -> None:
    draft = world.order_draft("PO-draft")
    pretty = json.dumps(json.loads(drafts.to_json(draft)), indent=2, ensure_ascii=True).encode()

    assert drafts.from_json(pretty).body_bytes == draft.body_bytes


def test_a_draft_tells_whom_it_waits_for(world: World) -> None:
    draft = world.order_draft("PO-draft")
    maker = world.seller.maker
    signed = drafts.add_signature(draft, maker.key)
    waiting = Need(role=Role.SELLER, duty=Duty.CHECKER, party=world.seller.party)

    assert drafts.missing(draft) == draft.needs
    assert drafts.missing(signed) == (waiting,)
    known = {maker.kid: Need(role=Role.SELLER, duty=Duty.MAKER, party=world.seller.party)}
    assert drafts.missing(signed, known) == (waiting,)
    assert drafts.missing(signed, {}) == draft.needs


def test_signing_again_replaces_the_signature(world: World) -> None:
    draft = world.order_draft("PO-draft")
    twice = drafts.add_signature(
        drafts.add_signature(draft, world.seller.maker.key), world.seller.maker.key
    )

    assert len(twice.signatures) == 1


def test_the_role_must_be_said_where_several_sign(world: World) -> None:
    order = world.confirmed_order("PO-roles")
    claim = world.reserved_claim(order, 1_000)
    draft = world.draft("pledged", claim)

    with pytest.raises(Malformed, match="say which role"):
        drafts.add_signature(draft, world.seller.maker.key)


def test_a_request_carries_body_signatures_and_disclosures(world: World) -> None:
    draft = world.sign(world.order_draft("PO-draft"))
    request = drafts.to_request(draft)

    assert request.request_id == draft.body["idem"]
    assert request.body == draft.body_bytes
    assert request.signatures == draft.signatures
    assert request.disclosures == draft.disclosures


@pytest.mark.parametrize(
    "change",
    [
        {"format": "parkloom/draft/v2"},
        {"extra": 1},
        {"body": []},
        {"needs": []},
        {"signatures": [{}]},
        {"disclosures": "x"},
    ],
)
def test_other_files_are_refused(world: World, change: dict[str, object]) -> None:
    value = json.loads(drafts.to_json(world.order_draft("PO-draft")))

    with pytest.raises(Malformed):
        drafts.from_json(json.dumps({**value, **change}).encode())


@pytest.mark.parametrize("data", [b"", b"{", b"[1]", b'{"a":1.5}', b'{"a":1,"a":2}', b"\xff"])
def test_broken_files_are_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        drafts.from_json(data)


def test_a_body_of_the_wrong_shape_is_no_draft(world: World) -> None:
    value = json.loads(drafts.to_json(world.order_draft("PO-draft")))
    value["body"]["net"] = "0"

    with pytest.raises(BodyRefused) as caught:
        drafts.from_json(json.dumps(value).encode())
    assert caught.value.code == "AMOUNT_RANGE"
    with pytest.raises(UnknownField):
        drafts.make_draft({**world.order_draft("x").body, "note": "hello"})
