"""Refusals of plans, proposals and orders: each alone, by its code, without any change."""

from dataclasses import replace

import pytest

from ledger.claims import events
from ledger.claims.events import Adjustment, OrderLine
from ledger.values.consent import Role
from ledger.values.disclosures import digest, disclose
from ledger.values.money import Money
from tests.ledger.claims.conftest import Refused
from tests.support.firms import handle
from tests.support.parties import World

SALT = b"s" * 16


def plan(world: World, name: str = "plan", replaces: str | None = None):
    return events.plan_published(
        world.frame(),
        operator=world.operator.party,
        plan=handle(name),
        snapshot_sha256="a" * 64,
        plan_sha256="b" * 64,
        objective_minor=0,
        bound_minor=5,
        currency="CNY",
        replaces=replaces,
    )


def answer(world: World, name: str = "plan", *, yes: bool = True):
    build = events.proposal_accepted if yes else events.proposal_declined
    return build(
        world.frame(),
        proposal=handle("proposal", name),
        plan=handle(name),
        party=world.seller.party,
        side=Role.SELLER,
        terms_sha256="c" * 64,
    )


def test_a_plan_is_published_once_and_replaces_one_that_exists(
    world: World, refused: Refused
) -> None:
    refused(plan(world, replaces=handle("never")), "PLAN_UNKNOWN")
    world.enter(plan(world))
    refused(plan(world), "PLAN_EXISTS")
    world.enter(plan(world, "second", replaces=handle("plan")))


def test_a_proposal_is_of_a_published_plan_and_answered_once(
    world: World, refused: Refused
) -> None:
    refused(answer(world), "PLAN_UNKNOWN")
    world.enter(plan(world))
    world.enter(answer(world))
    problem = refused(answer(world, yes=False), "WRONG_STATE")
    assert problem.params["state"] == "accepted"


def test_an_order_may_name_only_a_published_plan(world: World, refused: Refused) -> None:
    refused(world.order_draft(plan=handle("never")), "PLAN_UNKNOWN")
    world.enter(plan(world))
    world.enter(world.order_draft(plan=handle("plan")))


def test_lines_must_add_up(world: World, refused: Refused) -> None:
    lines = [OrderLine(n="1", item="a", unit="PCE", amount_minor=60)]
    problem = refused(world.order_draft(net_minor=100, lines=lines), "LINE_SUM")
    assert (problem.params["lines"], problem.params["net"]) == (60, 100)
    world.enter(
        world.order_draft(
            net_minor=100,
            lines=lines,
            charges=[Adjustment(reason="freight", amount_minor=50)],
            allowances=[Adjustment(reason="volume", amount_minor=10)],
        )
    )


def test_very_long_orders_fit_into_an_entry(world: World, refused: Refused) -> None:
    lines = [OrderLine(n=str(n), item="bolt", unit="PCE", amount_minor=7) for n in range(3_000)]
    refused(world.order_draft(net_minor=7 * 3_000 - 1, lines=lines), "LINE_SUM")
    world.enter(world.order_draft(net_minor=7 * 3_000, lines=lines))
    with pytest.raises(ValueError, match="takes 10000"):
        world.order_draft("PO-x", lines=lines * 4, net_minor=1)


def test_the_operator_must_see_number_and_lines(world: World, refused: Refused) -> None:
    draft = world.order_draft()
    refused(replace(draft, disclosures=()), "DISCLOSURE_MISSING")
    number = disclose("number", "PO-1", SALT)
    lineless = replace(draft, disclosures=(number,))
    refused(lineless, "DISCLOSURE_MISSING", sd=[digest(number)])


def test_a_disclosure_must_be_what_the_body_commits_to(world: World, refused: Refused) -> None:
    draft = world.order_draft()
    other = disclose("number", "PO-2", SALT)
    refused(replace(draft, disclosures=(*draft.disclosures, other)), "MALFORMED_BODY")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("number", 5),
        ("number", " "),
        ("line/1", "a text"),
        ("line/1", {"amount": 5}),
        ("line/1", {"amount": "5.0"}),
        ("lines/1", "a text"),
        ("buyer_identifiers", "a text"),
        ("buyer_identifiers", [{"scheme": "duns"}]),
    ],
)
def test_a_disclosure_of_another_form(world: World, refused: Refused, name, value) -> None:
    values = {"number": "PO-1", "line/1": {"amount": "100000000"}, name: value}
    texts = tuple(disclose(key, one, SALT) for key, one in values.items())
    draft = replace(world.order_draft(), disclosures=texts)
    refused(draft, "DISCLOSURE_INVALID", sd=sorted(map(digest, texts)))


def test_a_disclosure_that_is_none(world: World, refused: Refused) -> None:
    draft = replace(world.order_draft(), disclosures=("AAAA",))
    refused(draft, "DISCLOSURE_INVALID", sd=[digest("AAAA")])


def test_a_number_without_letter_or_digit(world: World, refused: Refused) -> None:
    refused(world.order_draft("--", order=handle("x")), "IDENTIFIER_INVALID")


def test_nobody_orders_from_himself(world: World, refused: Refused) -> None:
    both = world.add_firm("Both", Role.BUYER, Role.SELLER)
    draft = world.order_draft(buyer=both.party, seller=both.party)
    refused(draft, "SELF_TRADE")


def test_two_parties_that_share_an_identifier_are_one(world: World, refused: Refused) -> None:
    """A VAT group's number may be several parties'; they do not trade with each other here."""
    group = [("vat", "DE123456789")]
    one = world.add_firm("One", Role.BUYER, identifiers=group)
    two = world.add_firm("Two", Role.SELLER, identifiers=[("duns", "123456789"), *group])
    refused(world.order_draft(buyer=one.party, seller=two.party), "SELF_TRADE")


def test_a_document_whose_parties_share_an_identifier(world: World, refused: Refused) -> None:
    draft = world.order_draft(
        buyer_identifiers=[("0088", "9501101020016"), ("vat", "DE1")],
        seller_identifiers=[("GLN", "9501101020016")],
    )
    refused(draft, "SELF_TRADE")


def test_sides_must_hold_their_roles(world: World, refused: Refused) -> None:
    refused(world.order_draft(buyer=world.bank.party), "ROLE_NOT_HELD")
    refused(world.order_draft(buyer=handle("nobody")), "PARTY_UNKNOWN")


def test_one_identity_one_chain(world: World, refused: Refused) -> None:
    first = world.order_draft("PO-0041")
    world.enter(first)
    again = world.order_draft("po 41", order=handle("another handle"), net_minor=5)
    problem = refused(again, "DUPLICATE_ORDER")
    assert problem.params["first"] == first.body["order"]
    assert "amend" in problem.message
    world.enter(world.confirmation(str(first.body["order"])))
    assert refused(again, "DUPLICATE_ORDER").params["status"] == "confirmed"


def test_an_identity_is_not_freed_by_a_rejection(world: World, refused: Refused) -> None:
    order = rejected_order(world)
    again = world.order_draft(order=handle("another handle"))
    problem = refused(again, "DUPLICATE_ORDER")
    assert f"next version on {order}" in problem.message


def rejected_order(world: World) -> str:
    draft = world.order_draft()
    world.enter(draft)
    order = str(draft.body["order"])
    world.enter(
        events.order_rejected(
            world.frame(),
            order=order,
            buyer=world.buyer.party,
            version=1,
            reason="price",
            osp=world.osp(order),
        )
    )
    return order


def test_a_rejected_order_continues_on_its_chain(world: World, refused: Refused) -> None:
    order = rejected_order(world)
    osp = world.osp(order)
    refused(world.order_draft(version=2), "STALE_HEAD")
    refused(world.order_draft(version=2, osp="0" * 64), "STALE_HEAD")
    refused(world.order_draft(version=1, osp=osp), "VERSION_MISMATCH")
    refused(world.order_draft(version=2, osp=osp, currency="EUR"), "CURRENCY_MISMATCH")
    world.enter(world.order_draft(version=2, osp=osp, net_minor=90_000_000))
    world.enter(world.confirmation(order))
    assert world.order_state(order).net == 90_000_000
    assert len(world.store.chain(order)) == 4


def test_a_handle_belongs_to_one_order(world: World, refused: Refused) -> None:
    world.enter(world.order_draft("PO-1", order=handle("h")))
    refused(world.order_draft("PO-2", order=handle("h")), "ORDER_TAKEN")


def test_the_first_version_is_one(world: World, refused: Refused) -> None:
    refused(world.order_draft(version=2), "VERSION_MISMATCH")


def test_orders_are_not_dated_ahead_or_due_before_they_are_made(
    world: World, refused: Refused
) -> None:
    refused(world.order_draft(issued="2026-01-03"), "FUTURE_DATE")
    refused(world.order_draft(last_due="2025-12-31"), "DATE_ORDER")
    world.enter(world.order_draft(issued="2026-01-02"))  # tomorrow, somewhere


def test_confirmations_are_of_the_version_and_the_value(world: World, refused: Refused) -> None:
    draft = world.order_draft()
    world.enter(draft)
    order = str(draft.body["order"])
    refused(world.confirmation(order, version=2), "VERSION_MISMATCH")
    refused(world.confirmation(order, net=Money(100_000_001, "CNY")), "VALUE_MISMATCH")
    refused(world.confirmation(order, net=Money(100_000_000, "EUR")), "CURRENCY_MISMATCH")
    refused(world.confirmation(order, osp="0" * 64), "STALE_HEAD")
    world.enter(world.confirmation(order))
    problem = refused(world.confirmation(order), "WRONG_STATE")
    assert "claim.requested" in str(problem.params["allowed"])


def test_only_this_orders_buyer_confirms(world: World, refused: Refused) -> None:
    other = world.add_firm("Other buyer", Role.BUYER)
    draft = world.order_draft()
    world.enter(draft)
    refused(world.confirmation(str(draft.body["order"]), buyer=other.party), "WRONG_PARTY")


def test_an_order_that_was_never_submitted(world: World, refused: Refused) -> None:
    order = world.confirmed_order()
    draft = world.confirmation(order)
    never = handle("never")
    refused(draft, "ORDER_UNKNOWN", order=never, subject=never, osp="0" * 64)


def test_a_confirmed_order_is_not_submitted_again(world: World, refused: Refused) -> None:
    order = world.confirmed_order()
    refused(world.order_draft(version=2, osp=world.osp(order)), "WRONG_STATE")


def test_a_repeated_request_gets_its_receipt_and_another_body_under_its_id_none(
    world: World,
) -> None:
    draft = world.sign(world.order_draft())
    first = world.submit(draft)
    assert world.submit(draft) == first
