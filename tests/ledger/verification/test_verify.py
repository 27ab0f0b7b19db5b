"""Verification: what holds is proved; each way of cheating has its code."""

from dataclasses import replace

import pytest

from ledger.claims import events
from ledger.errors import NotVerified
from ledger.log.note import Signer
from ledger.values.consent import Duty, Role
from ledger.values.disclosures import disclose, open_disclosure
from ledger.values.money import Money
from ledger.verification.certificate import to_json as file_of
from ledger.verification.report import not_proved_line, proved_line, to_json
from ledger.verification.verify import Trust, verify
from tests.ledger.verification.conftest import expect_rejected, judge, trust_in
from tests.ledger.verification.forging import Forgery
from tests.support.certifying import LOG_KEY, certify
from tests.support.firms import Person, handle, secret
from tests.support.parties import NEVER_MS, START_MS, World


def test_a_certificate_proves_order_claims_and_what_is_outstanding(certified) -> None:
    world, order = certified
    verdict = judge(world.certificate(order), world)
    (claim,) = verdict.about.order.claims.values()

    assert verdict.about.order.confirmed
    assert (verdict.about.order.net, verdict.about.order.currency) == (100_000_000, "CNY")
    assert (claim.status, claim.lender) == ("funded", world.bank.party)
    assert (claim.principal, claim.outstanding, claim.live) == (40_000_000, 30_000_000, 30_000_000)
    assert (claim.interest_paid, claim.surplus) == (120_000, 0)
    assert verdict.about.length == len(world.store.chain(order)) == 10
    assert verdict.disclosed == ()


def test_the_report_is_one_line_of_each_kind(certified) -> None:
    world, order = certified
    verdict = judge(world.certificate(order), world)
    value = to_json(verdict)

    assert "CNY 1,000,000.00" in proved_line(verdict)
    assert "outstanding CNY 300,000.00" in proved_line(verdict)
    assert f"entered after size {verdict.evaluation.checkpoint.size}" in not_proved_line(verdict)
    assert f"over the first {verdict.root.index} entries" in proved_line(verdict)
    assert "no witness has been asked for" in proved_line(verdict)
    assert "no witness was asked for" in not_proved_line(verdict)
    assert "\n" not in proved_line(verdict) + not_proved_line(verdict)
    assert value["status"] == "proved"
    assert value["live"] == "30000000"


@pytest.mark.parametrize("confirm", [False, True])
def test_an_order_without_claims(confirm: bool) -> None:
    world = World()
    draft = world.order_draft()
    world.enter(draft)
    order = str(draft.body["order"])
    if confirm:
        world.enter(world.confirmation(order))
    verdict = judge(world.certificate(order), world)

    assert verdict.about.order.confirmed == confirm
    assert ("NOT confirmed" in proved_line(verdict)) != confirm
    assert "no claim on it" in proved_line(verdict)


def test_a_released_claim_and_a_second_one() -> None:
    world = World(lenders=2)
    order = world.confirmed_order()
    first = world.funded_claim(order, 20_000_000, "first")
    world.enter(world.draft("repaid", first, amount=Money(20_000_005, "CNY")))
    world.enter(world.draft("released", first))
    second = world.reserved_claim(order, 30_000_000, "second", bank=world.banks[1])
    withdrawn = world.request(order, 5, "third")
    world.enter(world.draft("withdrawn", withdrawn))
    verdict = judge(world.certificate(order), world)

    assert verdict.about.order.claims[first].status == "released"
    assert verdict.about.order.claims[first].surplus == 5
    assert verdict.about.order.claims[second].live == verdict.about.order.live == 30_000_000
    assert verdict.about.order.claims[withdrawn].live == 0


def test_chosen_fields_are_shown_with_their_entry(certified) -> None:
    world, order = certified
    draft = world.order_draft()  # made anew with other salts: it opens nothing
    made = {
        open_disclosure(text).name: text
        for text in world.store._memory.disclosures[world.order_state(order).index].values()
    }
    verdict = judge(world.certificate(order, [made["number"]]), world)

    assert verdict.disclosed == ((verdict.about.first, "number", "PO-1"),)
    for text, code in (
        (draft.disclosures[0], "DISCLOSURE_UNKNOWN"),
        (disclose("number", "PO-2", b"s" * 16), "DISCLOSURE_UNKNOWN"),
        ("AAAA", "DISCLOSURE_INVALID"),
    ):
        with pytest.raises(NotVerified) as caught:
            judge(world.certificate(order, [text]), world)
        assert caught.value.code == code


# The two pinned keys -----------------------------------------------------------------------


def test_another_log_key_proves_nothing(certified) -> None:
    world, order = certified
    other = Signer(name=LOG_KEY.name, private_key=secret("another log"))
    with pytest.raises(NotVerified) as caught:
        verify(world.certificate(order), trust_in(world, other.verifier))
    assert caught.value.code == "NOTE_UNSIGNED"


def test_another_registrar_proves_nothing(certified) -> None:
    world, order = certified
    other = secret("another root").public_key().public_bytes_raw()
    with pytest.raises(NotVerified) as caught:
        verify(world.certificate(order), Trust(registrar_root=other, log_keys=(LOG_KEY.verifier,)))
    assert caught.value.code == "REGISTRAR"


def test_a_certificate_of_another_log(certified) -> None:
    world, order = certified
    certificate = replace(world.certificate(order), origin="other.example/ledger")
    with pytest.raises(NotVerified) as caught:
        judge(certificate, world)
    assert caught.value.code == "CHECKPOINT_ORIGIN"


def test_a_certificate_of_another_order(certified) -> None:
    world, order = certified
    certificate = world.certificate(order)
    other = replace(certificate.about, handle=handle("other"))
    root = certificate.entries[-1:]
    enrolments = Forgery.of(world, order)
    for index in [i for i, _ in world.store.chain(order)]:
        enrolments.drop(index)
    for odd, code in (
        (replace(certificate, about=other), "UNEXPECTED_ENTRY"),
        (replace(certificate, entries=()), "ROOT_MISSING"),
        (replace(certificate, entries=root), "KEY_UNKNOWN"),
        (enrolments.certificate(), "CHAIN_EMPTY"),
    ):
        with pytest.raises(NotVerified) as caught:
            judge(odd, world)
        assert caught.value.code == code


# Proofs ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"index": 10_000}, "INDEX_RANGE"),
        ({"index": 0}, "PROOF_LENGTH"),
        ({"proof": ()}, "PROOF_LENGTH"),
        ({"proof": (b"short",)}, "HASH_LENGTH"),
        ({"leaf": b"{}"}, "ROOT_DIFFERS"),
    ],
)
def test_each_entry_is_proved(certified, change, code: str) -> None:
    world, order = certified
    certificate = world.certificate(order)
    last = replace(certificate.entries[-1], **change)
    with pytest.raises(NotVerified) as caught:
        judge(replace(certificate, entries=(*certificate.entries[:-1], last)), world)
    assert caught.value.code == code


def test_entries_come_in_their_order_and_once(certified) -> None:
    world, order = certified
    certificate = world.certificate(order)
    for entries in (certificate.entries[::-1], (certificate.entries[0], *certificate.entries)):
        with pytest.raises(NotVerified) as caught:
            judge(replace(certificate, entries=entries), world)
        assert caught.value.code == "ENTRY_ORDER"


# The operator rewrites, and signs the tree -------------------------------------------------


def test_an_entry_that_says_another_index(forgery: Forgery) -> None:
    forgery.meta(forgery.find("order.confirmed"), index=5)
    expect_rejected(forgery, "ENTRY_INDEX")


def test_a_rewritten_amount_has_no_signature(forgery: Forgery) -> None:
    forgery.body(forgery.find("order.confirmed"), net="200000000")
    expect_rejected(forgery, "SIGNATURE_INVALID")


def test_an_invented_confirmation_lacks_the_buyer(forgery: Forgery) -> None:
    """The operator signs with keys that he has: the seller's, say."""
    index = forgery.find("order.confirmed")
    seller = forgery.world.seller
    forgery.sign(index, (seller.maker, Role.BUYER), (seller.checker, Role.BUYER))
    expect_rejected(forgery, "ROLE_NOT_HELD")


def test_a_dropped_signature(forgery: Forgery) -> None:
    index = forgery.find("order.confirmed")
    forgery.sign(index, (forgery.world.buyer.maker, Role.BUYER))
    expect_rejected(forgery, "SIGNATURE_MISSING")


@pytest.mark.parametrize(
    ("people", "code"),
    [
        ([("bank", Duty.MAKER, Role.LENDER)], "SIGNATURE_UNEXPECTED"),
        ([("buyer", Duty.MAKER, Role.BUYER), ("buyer", Duty.MAKER, Role.SELLER)], "ROLE_NOT_HELD"),
    ],
)
def test_signatures_that_do_not_belong(forgery: Forgery, people, code: str) -> None:
    world = forgery.world
    signers = [(world.people[getattr(world, who).party, duty], role) for who, duty, role in people]
    forgery.sign(forgery.find("order.confirmed"), *signers)
    expect_rejected(forgery, code)


def test_a_role_that_is_none(forgery: Forgery) -> None:
    index = forgery.find("order.confirmed")
    envelope = forgery.envelopes[index]
    odd = tuple(one._replace(role="owner") for one in envelope.signatures)
    forgery.envelopes[index] = replace(envelope, signatures=odd)
    expect_rejected(forgery, "SIGNATURE_UNEXPECTED")


def test_an_enrolment_left_out(forgery: Forgery) -> None:
    forgery.drop(forgery.find("key.enrolled", 4))
    expect_rejected(forgery, "KEY_UNKNOWN")


def test_an_onboarding_left_out(forgery: Forgery) -> None:
    forgery.drop(forgery.find("party.onboarded", 1))
    expect_rejected(forgery, "ROLE_NOT_HELD")


def test_a_key_swapped_in_an_enrolment(forgery: Forgery) -> None:
    index = forgery.find("key.enrolled", 4)
    own = Person(party="", user="", duty=None, key=secret("the operator's own"))
    public = events.key_enrolled(
        forgery.world.frame(),
        registrar=forgery.world.registrar,
        party=handle("p"),
        user=handle("u"),
        duty=Duty.MAKER,
        public_key=own.public,
        valid_from_ms=0,
        valid_to_ms=1,
    ).body["public_key"]
    forgery.body(index, public_key=public)
    expect_rejected(forgery, "SIGNATURE_INVALID")
    forgery.sign(index)  # even with the registrar's help: the name is not the key's
    expect_rejected(forgery, "KEY_MISMATCH")


def test_a_key_enrolled_twice(forgery: Forgery) -> None:
    first, second = forgery.find("key.enrolled", 4), forgery.find("key.enrolled", 5)
    body = {**forgery.envelopes[first].body, "idem": handle("again")}
    forgery.body(second, **body)
    forgery.sign(second)
    expect_rejected(forgery, "KEY_EXISTS")


@pytest.mark.parametrize(
    "fields", [{"valid_from": NEVER_MS - 1, "valid_to": NEVER_MS}, {"valid_to": START_MS}]
)
def test_a_key_outside_its_time(forgery: Forgery, fields: dict[str, int]) -> None:
    index = forgery.find("key.enrolled", 6)
    forgery.body(index, **fields)
    forgery.sign(index)
    expect_rejected(forgery, "KEY_NOT_VALID")


def test_a_root_key_that_signs_more_than_it_may(forgery: Forgery) -> None:
    root = Person(party="", user="", duty=None, key=forgery.world.root)
    forgery.sign(forgery.find("party.onboarded"), (root, Role.REGISTRAR))
    expect_rejected(forgery, "WRONG_DUTY")


def test_a_revoked_key_signs_nothing_after() -> None:
    """The revocation is part of the evidence; entries before it stand, one after it does not."""
    world = World()
    order = world.confirmed_order()
    world.enter(
        events.key_revoked(
            world.frame(),
            registrar=world.registrar,
            party=world.seller.party,
            kid=world.seller.maker.kid,
            reason="compromised",
        )
    )
    verdict = judge(world.certificate(order), world)
    assert verdict.about.order.confirmed
    replacement = replace(world.seller.maker, key=secret("seller's new key"))
    world.enrol(replacement)
    claim = world.request(order, 1_000)
    assert judge(world.certificate(order), world).about.order.claims[claim].status == "requested"
    forgery = Forgery.of(world, order)
    index = forgery.find("claim.requested")
    people = ((world.seller.maker, Role.SELLER), (world.seller.checker, Role.SELLER))
    forgery.sign(index, *people)
    expect_rejected(forgery, "KEY_REVOKED")


def test_the_same_user_twice() -> None:
    world = World()
    second = replace(world.seller.maker, duty=Duty.CHECKER, key=secret("second duty"))
    known = world.people[world.seller.party, Duty.CHECKER]
    world.enrol(second)
    world.people[world.seller.party, Duty.CHECKER] = known
    order = world.confirmed_order()
    forgery = Forgery.of(world, order)
    enrolled = next(
        index
        for index, envelope in enumerate(forgery.envelopes)
        if envelope.body["subject"] == second.kid
    )
    forgery.indexes = sorted({*forgery.indexes, enrolled})
    people = ((world.seller.maker, Role.SELLER), (second, Role.SELLER))
    forgery.sign(forgery.find("order.submitted"), *people)
    expect_rejected(forgery, "SAME_USER_TWICE")


# Chains and times --------------------------------------------------------------------------


def test_an_entry_of_the_order_left_out(forgery: Forgery) -> None:
    forgery.drop(forgery.find("claim.listed"))
    expect_rejected(forgery, "ORDER_CHAIN_BROKEN")


def test_the_beginning_left_out(forgery: Forgery) -> None:
    forgery.drop(forgery.find("order.submitted"))
    expect_rejected(forgery, "ORDER_CHAIN_BROKEN")


def test_an_order_chain_that_names_another_leaf(forgery: Forgery) -> None:
    forgery.meta(forgery.indexes[-2], order_previous=b"x" * 32)
    forgery.follow(forgery.indexes[-2])
    expect_rejected(forgery, "ORDER_CHAIN_BROKEN", rechain=False)


def test_a_global_chain_that_names_another_leaf(forgery: Forgery) -> None:
    forgery.meta(forgery.indexes[-2], previous_leaf=b"x" * 32)
    expect_rejected(forgery, "CHAIN_BROKEN", rechain=False)


def test_signers_who_saw_another_head(forgery: Forgery) -> None:
    index = forgery.indexes[-2]
    forgery.body(index, osp="0" * 64)
    forgery.sign(index)
    forgery.follow(index)
    expect_rejected(forgery, "STALE_HEAD", rechain=False)


def test_times_that_go_back_or_beyond_the_bodys_own(forgery: Forgery) -> None:
    index = forgery.find("claim.repaid")
    forgery.meta(index, time_ms=1)
    expect_rejected(forgery, "TIME_ORDER")
    forgery.meta(index, time_ms=NEVER_MS + 1)
    expect_rejected(forgery, "EXPIRED")


def test_an_entry_under_other_rules(forgery: Forgery) -> None:
    forgery.meta(forgery.find("claim.repaid"), rule_version=2)
    expect_rejected(forgery, "RULE_VERSION")


def test_an_entry_of_another_log_or_shape(forgery: Forgery) -> None:
    index = forgery.find("claim.repaid")
    forgery.body(index, log="other.example/ledger")
    forgery.follow(index)
    expect_rejected(forgery, "WRONG_LOG", rechain=False)
    forgery.body(index, note="hello")
    expect_rejected(forgery, "UNKNOWN_FIELD", rechain=False)


def test_a_leaf_that_is_no_entry(certified) -> None:
    world, order = certified
    leaves = [*world.leaves(), b"{}"]
    with pytest.raises(NotVerified) as caught:
        judge(certify(leaves, world.evidence(order), order, [len(leaves) - 1]), world)
    assert caught.value.code == "ENTRY_MALFORMED"


def test_an_entry_that_has_no_place_in_the_file(certified) -> None:
    world, order = certified
    forgery = Forgery.of(world, order)
    policy = next(
        index
        for index, envelope in enumerate(forgery.envelopes)
        if envelope.body["type"] == "policy.set"
    )
    forgery.indexes = sorted({*forgery.indexes, policy})
    expect_rejected(forgery, "UNEXPECTED_ENTRY")


# Facts: everybody conspires, the sums still have to hold -----------------------------------


@pytest.mark.parametrize(
    ("event", "fields", "code"),
    [
        ("order.confirmed", {"net": "100000001"}, "FACTS_DIFFER"),
        ("order.confirmed", {"version": 2}, "FACTS_DIFFER"),
        ("claim.requested", {"currency": "EUR"}, "FACTS_DIFFER"),
        ("claim.reserved", {"amount": "40000001"}, "FACTS_DIFFER"),
        ("claim.reserved", {"offer": handle("never")}, "FACTS_DIFFER"),
        ("claim.pledged", {"amount": "39999999"}, "FACTS_DIFFER"),
        ("claim.funded", {"amount": "50000000"}, "FACTS_DIFFER"),
        ("claim.repaid", {"principal": "10120000"}, "FACTS_DIFFER"),
        (
            "claim.repaid",
            {"interest": "0", "principal": "10000000", "surplus": "120000"},
            "FACTS_DIFFER",
        ),
    ],
)
def test_contradictions_in_the_chain(forgery: Forgery, event, fields, code: str) -> None:
    index = forgery.find(event)
    forgery.body(index, **fields)
    forgery.sign(index)
    expect_rejected(forgery, code)


def test_an_event_out_of_its_turn(forgery: Forgery) -> None:
    index = forgery.find("claim.screened")
    forgery.body(index, subject=handle("another claim"))
    forgery.sign(index)
    expect_rejected(forgery, "WRONG_STATE")


def test_claims_on_an_order_that_was_rejected(forgery: Forgery) -> None:
    index = forgery.find("order.confirmed")
    forgery.body(index, type="order.rejected", reason="price", net=None, currency=None)
    forgery.sign(index, (forgery.world.buyer.maker, Role.BUYER))
    expect_rejected(forgery, "WRONG_STATE")


def test_more_principal_than_the_order_is_worth() -> None:
    """Rules apart: a certificate never shows more live principal than the buyer confirmed."""
    world = World()
    order = world.confirmed_order(net_minor=100)
    claim = world.reserved_claim(order, 40)
    forgery = Forgery.of(world, order)
    for event in ("claim.offered", "claim.reserved"):
        index = forgery.find(event)
        forgery.body(index, amount="101")
        forgery.sign(index)
    assert claim
    expect_rejected(forgery, "OVER_VALUE")


def test_strangers_need_no_names(certified) -> None:
    """Nothing private is in the file unless it was disclosed."""
    world, order = certified
    data = file_of(world.certificate(order))
    for private in (b"Buyer", b"flange", b"PO-1", b"6222"):
        assert private not in data
