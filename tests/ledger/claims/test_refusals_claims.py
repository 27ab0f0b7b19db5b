"""Refusals of policies and claims: each alone, by its code, without any change."""

from dataclasses import replace

import pytest

from ledger.claims import events
from ledger.claims.effects.financing import RESERVATION_MS
from ledger.claims.limit import Alphas, Stages
from ledger.claims.refusals import OverPledged
from ledger.claims.waterfall import Split
from ledger.log.entry import parse_leaf
from ledger.log.state import StateLayer
from ledger.values.consent import Role
from ledger.values.money import Money
from tests.ledger.claims.conftest import Refused
from tests.support.firms import handle
from tests.support.parties import DAY_MS, HALF, World

CNY = "CNY"


def policy(world: World, version: int, **rates: int):
    draft = events.policy_set(world.frame(), lender=world.bank.party, version=version, alphas=HALF)
    return draft, rates


@pytest.mark.parametrize(
    ("rates", "code"),
    [
        ({"alpha_r": 9_001}, "ALPHA_RANGE"),
        ({"alpha_u0": 5_001}, "ALPHA_ORDER"),
        ({"alpha_r": 10_001}, "MALFORMED_BODY"),
        ({"version": 2}, "POLICY_VERSION"),
    ],
)
def test_policies(world: World, refused: Refused, rates, code: str) -> None:
    draft, _ = policy(world, 1)
    refused(draft, code, **rates)


def test_a_policy_is_a_new_version_each_time(world: World, refused: Refused) -> None:
    world.set_policy()
    refused(policy(world, 1)[0], "POLICY_VERSION")
    world.set_policy()


def request(world: World, order: str, claim: str = "c1", **fields: object):
    facts = {
        "seller": world.seller.party,
        "amount": Money(1_000, CNY),
        "maturity": "2026-08-29",
        **fields,
    }
    return events.claim_requested(world.frame(), order=order, claim=handle("claim", claim), **facts)


def test_no_claim_without_the_buyers_confirmation(world: World, refused: Refused) -> None:
    draft = world.order_draft()
    world.enter(draft)
    problem = refused(request(world, str(draft.body["order"])), "ORDER_NOT_CONFIRMED")
    assert "Let the buyer confirm" in problem.message


def test_no_claim_on_what_may_not_be_assigned(world: World, refused: Refused) -> None:
    order = world.confirmed_order(assignable=False)
    refused(request(world, order), "NOT_ASSIGNABLE")


def test_no_claim_by_another_seller_or_in_another_currency(world: World, refused: Refused) -> None:
    order = world.confirmed_order()
    other = world.add_firm("Other seller", Role.SELLER)
    refused(request(world, order, seller=other.party), "WRONG_PARTY")
    refused(request(world, order, amount=Money(1_000, "EUR")), "CURRENCY_MISMATCH")
    refused(request(world, handle("never")), "ORDER_UNKNOWN")


def test_maturities(world: World, refused: Refused) -> None:
    """Last due date 2026-06-30 plus 60 days for payment is 2026-08-29."""
    order = world.confirmed_order()
    problem = refused(request(world, order, maturity="2026-08-30"), "MATURITY_TOO_LATE")
    assert problem.params["latest"] == "2026-08-29"
    refused(request(world, order, maturity="2026-01-01"), "MATURITY_PAST")
    world.enter(request(world, order))
    refused(request(world, order), "WRONG_STATE")


def test_a_claim_is_on_its_order(world: World, refused: Refused) -> None:
    order, other = world.confirmed_order(), world.confirmed_order("PO-2")
    claim = world.request(order, 1_000)
    draft = world.draft("screened", claim)
    refused(draft, "CLAIM_UNKNOWN", order=other, osp=world.osp(other))
    refused(draft, "CLAIM_UNKNOWN", subject=handle("never"))


def test_events_in_the_wrong_order_name_the_allowed_ones(world: World, refused: Refused) -> None:
    order = world.confirmed_order()
    claim = world.request(order, 1_000)
    problem = refused(world.draft("listed", claim), "WRONG_STATE")
    assert problem.params["allowed"] == "claim.screened claim.withdrawn"
    world.enter(world.draft("screened", claim, codes=["PRICE_Z"]))
    refused(world.draft("screened", claim), "WRONG_STATE")
    world.enter(world.draft("withdrawn", claim))
    problem = refused(world.draft("listed", claim), "WRONG_STATE")
    assert "final" in problem.message


def test_offers(world: World, refused: Refused) -> None:
    order = world.confirmed_order()
    claim = world.listed_claim(order, 1_000)
    refused(world.draft("offered", claim), "POLICY_MISSING")
    world.set_policy()
    refused(world.draft("offered", claim, policy=2), "POLICY_VERSION")
    refused(world.draft("offered", claim, amount=Money(1_001, CNY)), "OFFER_ABOVE_CLAIM")
    refused(world.draft("offered", claim, valid_until_ms=world.now_ms - 1), "OFFER_EXPIRED")
    world.enter(world.draft("offered", claim, offer=handle("o")))
    refused(world.draft("offered", claim, offer=handle("o")), "OFFER_EXISTS")


def test_a_side_of_the_order_does_not_lend_on_it(world: World, refused: Refused) -> None:
    both = world.add_firm("Buyer and bank", Role.BUYER, Role.LENDER)
    order = world.confirmed_order(buyer=both.party)
    claim = world.listed_claim(order, 1_000)
    world.set_policy(both)
    refused(world.draft("offered", claim, lender=both.party), "SELF_TRADE")


def test_reservations(world: World, refused: Refused) -> None:
    order = world.confirmed_order()
    claim, offer = world.offered_claim(order, 1_000)
    bank = world.bank.party
    refused(world.draft("reserved", claim, lender=bank, offer=handle("never")), "OFFER_UNKNOWN")
    other = world.add_firm("Other bank", Role.LENDER)
    refused(world.draft("reserved", claim, lender=other.party, offer=offer), "WRONG_PARTY")
    above = Money(1_001, CNY)
    refused(world.draft("reserved", claim, lender=bank, offer=offer, amount=above), "ABOVE_OFFER")
    stale = world.draft("reserved", claim, lender=bank, offer=offer)
    refused(world.draft("reserved", claim, lender=bank, offer=offer, osp="0" * 64), "STALE_HEAD")
    refused(stale, "MALFORMED_BODY", osp=None)
    world.pass_ms(8 * DAY_MS)
    refused(stale, "OFFER_EXPIRED")


def test_part_of_an_offer_may_be_taken(world: World) -> None:
    order = world.confirmed_order()
    claim, offer = world.offered_claim(order, 1_000)
    part = Money(600, CNY)
    world.enter(world.draft("reserved", claim, lender=world.bank.party, offer=offer, amount=part))
    assert world.claim_state(claim).principal == 600


def test_headroom_of_one_lender_to_the_fen(world: World, refused: Refused) -> None:
    """V 1,000,000.00 at 5,000 bps carries 500,000.00: 300,000.00 leaves 200,000.00."""
    order = world.confirmed_order()
    world.reserved_claim(order, 30_000_000, "first")
    claim, offer = world.offered_claim(order, 20_000_001, "second")
    draft = world.draft("reserved", claim, lender=world.bank.party, offer=offer)
    problem = refused(draft, "OVER_PLEDGED")
    assert problem.params["free"] == 20_000_000
    assert world.bank.party in str(problem.params["held_by"])
    assert "Pledge at most CNY 200,000.00" in problem.message
    fits = Money(20_000_000, CNY)
    world.enter(world.draft("reserved", claim, lender=world.bank.party, offer=offer, amount=fits))
    assert sum(live.principal for live in world.order_state(order).live) == 50_000_000


def test_prepaid_and_retained_value_carries_nothing(world: World, refused: Refused) -> None:
    """Of 1,000,000.00, 200,000.00 prepaid and 5 % retained: 750,000.00 eligible, 375,000.00."""
    order = world.confirmed_order(prepaid_minor=20_000_000, retention_bps=500)
    claim, offer = world.offered_claim(order, 40_000_000)
    draft = world.draft("reserved", claim, lender=world.bank.party, offer=offer)
    assert refused(draft, "OVER_PLEDGED").params["free"] == 37_500_000


def test_headroom_of_two_lenders(refused: Refused, world: World) -> None:
    """180,000.00 of A's 300,000.00 leaves B two fifths of its 250,000.00: the worked example."""
    other = world.add_firm("Bank B", Role.LENDER)
    order = world.confirmed_order()
    world.set_policy(world.bank, Alphas(u0=3_000, u1=4_500, w=6_000, r=8_000))
    world.set_policy(other, Alphas(u0=2_500, u1=4_000, w=5_500, r=7_500))
    world.funded_claim(order, 18_000_000, "a")
    claim, offer = world.offered_claim(order, 10_000_001, "b", bank=other)
    draft = world.draft("reserved", claim, lender=other.party, offer=offer)
    assert refused(draft, "OVER_PLEDGED").params["free"] == 10_000_000
    fits = Money(10_000_000, CNY)
    world.enter(world.draft("reserved", claim, lender=other.party, offer=offer, amount=fits))


def test_a_new_policy_binds_new_decisions_and_breaks_no_old_one(
    world: World, refused: Refused
) -> None:
    """The bank lowers its rate after reserving: the old claim is still pledged and funded."""
    order = world.confirmed_order()
    first = world.reserved_claim(order, 40_000_000, "first")
    world.set_policy(alphas=Alphas(u0=3_000, u1=3_000, w=3_000, r=3_000))
    world.enter(world.draft("pledged", first))
    world.enter(world.draft("funded", first))
    claim, offer = world.offered_claim(order, 1_000, "second")
    draft = world.draft("reserved", claim, lender=world.bank.party, offer=offer)
    assert refused(draft, "OVER_PLEDGED").params["headroom"] == 30_000_000


def test_a_lender_cannot_block_another_by_its_policy(world: World) -> None:
    other = world.add_firm("Bank B", Role.LENDER)
    order = world.confirmed_order()
    world.reserved_claim(order, 10_000_000, "a")
    second = world.reserved_claim(order, 10_000_000, "b", bank=other)
    world.set_policy(alphas=Alphas(u0=0, u1=0, w=0, r=0))
    world.enter(world.draft("pledged", second))
    world.enter(world.draft("funded", second))
    assert world.claim_state(second).status == "funded"


def test_reservations_lapse_when_their_time_is_over_and_not_before(
    world: World, refused: Refused
) -> None:
    order = world.confirmed_order()
    claim = world.reserved_claim(order, 50_000_000)
    refused(world.draft("lapsed", claim), "NOT_YET_DUE")
    world.pass_ms(RESERVATION_MS - 1)
    refused(world.draft("lapsed", claim), "NOT_YET_DUE")
    world.pass_ms(1)
    refused(world.draft("lapsed", claim, entry=3), "NOT_YET_DUE")
    world.enter(world.draft("lapsed", claim))
    assert world.order_state(order).live == ()
    world.reserved_claim(order, 50_000_000, "again")


def test_a_reservation_holds_until_the_entry_that_ends_it(world: World) -> None:
    """No clock is read: what nobody let lapse can still be pledged."""
    order = world.confirmed_order()
    claim = world.reserved_claim(order, 1_000)
    world.pass_ms(2 * RESERVATION_MS)
    world.enter(world.draft("pledged", claim))
    assert world.claim_state(claim).status == "pledged"


def test_pledges(world: World, refused: Refused) -> None:
    order = world.confirmed_order()
    claim = world.reserved_claim(order, 1_000)
    refused(world.draft("pledged", claim, amount=Money(999, CNY)), "PRINCIPAL_MISMATCH")
    later = world.now_ms + 5 * 60 * 1000 + 1
    refused(world.draft("pledged", claim, registered_at_ms=later), "FUTURE_DATE")
    other = world.add_firm("Other bank", Role.LENDER)
    refused(world.draft("pledged", claim, lender=other.party), "WRONG_PARTY")
    world.enter(world.draft("pledged", claim, reg_no="REG 7"))
    second = world.reserved_claim(order, 1_000, "second")
    problem = refused(world.draft("pledged", second, reg_no="reg-7"), "REG_NO_TAKEN")
    assert problem.params["claim"] == claim


def test_a_pledge_needs_the_buyers_acknowledgement(world: World, refused: Refused) -> None:
    order = world.confirmed_order()
    claim = world.reserved_claim(order, 1_000)
    people = [
        (person, role)
        for firm, role in ((world.seller, Role.SELLER), (world.bank, Role.LENDER))
        for person in (firm.maker, firm.checker)
    ]
    problem = refused(world.draft("pledged", claim), "SIGNATURE_MISSING", *people)
    assert problem.params["role"] == "buyer"


def test_fundings(world: World, refused: Refused) -> None:
    order = world.confirmed_order()
    claim = world.reserved_claim(order, 1_000)
    refused(world.draft("funded", claim), "WRONG_STATE")
    world.enter(world.draft("pledged", claim))
    refused(world.draft("funded", claim, amount=Money(1_001, CNY)), "PRINCIPAL_MISMATCH")
    refused(world.draft("funded", claim, value_date="2026-01-03"), "FUTURE_DATE")
    world.enter(world.draft("funded", claim, bank_ref="B-1"))
    second = world.reserved_claim(order, 1_000, "second")
    world.enter(world.draft("pledged", second))
    refused(world.draft("funded", second, bank_ref="b 1"), "BANK_REF_TAKEN")


def test_funding_after_maturity(world: World, refused: Refused) -> None:
    order = world.confirmed_order()
    claim = world.reserved_claim(order, 1_000)
    world.enter(world.draft("pledged", claim))
    world.pass_ms(400 * DAY_MS)
    refused(world.draft("funded", claim), "DATE_ORDER")


def test_repayments(world: World, refused: Refused) -> None:
    order = world.confirmed_order()
    claim = world.funded_claim(order, 40_000_000)
    world.pass_ms(30 * DAY_MS)
    wrong = Split(interest=0, principal=1_000_000, surplus=0)
    million = Money(1_000_000, CNY)
    problem = refused(world.draft("repaid", claim, amount=million, split=wrong), "SPLIT_MISMATCH")
    assert (problem.params["interest"], problem.params["principal"]) == (120_000, 880_000)
    world.enter(world.draft("repaid", claim, amount=million, bank_ref="IN 1"))
    refused(world.draft("repaid", claim, amount=million, bank_ref="in-1"), "BANK_REF_TAKEN")
    early = world.draft("repaid", claim, amount=million)
    refused(early, "DATE_ORDER", value_date="2026-01-30")
    refused(early, "FUTURE_DATE", value_date="2026-02-02")
    refused(world.draft("released", claim), "WRONG_STATE")


def test_releases(world: World, refused: Refused) -> None:
    order = world.confirmed_order()
    claim = world.funded_claim(order, 40_000_000)
    world.enter(world.draft("repaid", claim, amount=Money(40_000_000, CNY)))
    refused(world.draft("released", claim, amount=Money(39_999_999, CNY)), "RELEASE_MISMATCH")
    world.enter(world.draft("released", claim))
    refused(world.draft("released", claim), "WRONG_STATE")
    world.reserved_claim(order, 50_000_000, "again")


@pytest.mark.parametrize("event", ["pledged", "funded"])
def test_headroom_is_tested_again_at_the_pledge_and_at_the_payment(
    world: World, event: str
) -> None:
    """Value that fell after the reservation, as a later amendment will make it, stops both."""
    order = world.confirmed_order()
    claim = world.reserved_claim(order, 50_000_000)
    if event == "funded":
        world.enter(world.draft("pledged", claim))
    fallen = replace(world.order_state(order), eligible=Stages(u0=99_999_999))
    world.enter(world.draft(event, claim))
    state = StateLayer(lambda _: None)
    for leaf in world.leaves()[:-1]:
        world.rules.apply(state, parse_leaf(leaf))
    state.put(f"order/{order}", fallen.to_json())

    with pytest.raises(OverPledged) as caught:
        world.rules.apply(state, parse_leaf(world.leaves()[-1]))
    assert caught.value.params["free"] == 49_999_999
