"""Consent: every event names its signers, and only those fit."""

import pytest

from ledger.values.bodies import SHAPES
from ledger.values.consent import (
    SIGNERS,
    ConsentError,
    Duty,
    EventType,
    Need,
    Role,
    Signatory,
    match_signatures,
    needs_of,
)

BUYER = Need(role=Role.BUYER, duty=Duty.MAKER, party="b")
CHECK = Need(role=Role.BUYER, duty=Duty.CHECKER, party="b")


def signed(need: Need, user: str, kid: str = "k") -> Signatory:
    return Signatory(kid=kid, role=need.role, party=need.party, user=user, duty=need.duty)


def test_every_event_has_signers_and_a_shape() -> None:
    assert set(SIGNERS) == set(EventType) == set(SHAPES)
    assert all(SIGNERS.values())


@pytest.mark.parametrize("event", EventType)
def test_every_signer_is_named_in_the_body(event: EventType) -> None:
    """So that what is needed is a function of the body alone."""
    fields = {**SHAPES[event].required}
    for signer in SIGNERS[event]:
        if signer.role is None:
            assert "by" in fields
            assert "party" in fields or {"buyer", "seller"} <= set(fields)
        else:
            assert signer.role.value in fields


def test_the_side_that_submits_is_the_one_that_signs() -> None:
    body = {"type": "order.submitted", "by": "buyer", "buyer": "b", "seller": "s"}

    assert needs_of(body) == (BUYER, CHECK)
    assert {need.party for need in needs_of({**body, "by": "seller"})} == {"s"}


def test_the_registrars_own_keys_need_the_root_alone() -> None:
    body = {"type": "key.enrolled", "registrar": "r", "party": "r"}

    assert needs_of(body) == (Need(role=Role.REGISTRAR, duty=None, party="r"),)
    assert len(needs_of({**body, "party": "p"})) == 2


def test_a_pledge_needs_three_parties() -> None:
    body = {"type": "claim.pledged", "seller": "s", "lender": "l", "buyer": "b"}

    assert [(need.role, need.duty) for need in needs_of(body)] == [
        (Role.SELLER, Duty.MAKER),
        (Role.SELLER, Duty.CHECKER),
        (Role.LENDER, Duty.MAKER),
        (Role.LENDER, Duty.CHECKER),
        (Role.BUYER, Duty.CHECKER),
    ]


def test_met_needs_pass_in_any_order() -> None:
    pair = (signed(CHECK, "v"), signed(BUYER, "u"))
    assert match_signatures((BUYER, CHECK), pair) is None
    assert match_signatures((BUYER, CHECK), pair[::-1]) is None


@pytest.mark.parametrize(
    ("signatures", "code"),
    [
        ((), "SIGNATURE_MISSING"),
        ((signed(BUYER, "u"),), "SIGNATURE_MISSING"),
        ((signed(BUYER, "u"), signed(BUYER, "v")), "SIGNATURE_UNEXPECTED"),
        (
            (signed(Need(role=Role.LENDER, duty=Duty.MAKER, party="b"), "u"),),
            "SIGNATURE_UNEXPECTED",
        ),
        ((signed(Need(role=Role.BUYER, duty=Duty.MAKER, party="x"), "u"),), "WRONG_PARTY"),
        ((signed(Need(role=Role.BUYER, duty=Duty.VIEWER, party="b"), "u"),), "WRONG_DUTY"),
        ((signed(BUYER, "u"), signed(CHECK, "u")), "SAME_USER_TWICE"),
    ],
)
def test_each_misfit_has_its_code(signatures: tuple[Signatory, ...], code: str) -> None:
    with pytest.raises(ConsentError) as caught:
        match_signatures((BUYER, CHECK), signatures)

    assert caught.value.code == code
