"""Refusals of shape, keys and signatures: each alone, by its code, without any change."""

from dataclasses import replace

import pytest

from ledger.claims import events
from ledger.claims.rules import ClaimRules
from ledger.claims.state import KeyState
from ledger.errors import Refusal
from ledger.log.entry import parse_leaf
from ledger.log.signing import key_id
from ledger.log.state import StateLayer
from ledger.values.consent import Duty, Role
from ledger.values.disclosures import digest, disclose, open_disclosure
from ledger.values.money import Money
from tests.ledger.claims.conftest import Refused
from tests.support.certifying import ORIGIN
from tests.support.firms import Person, duns, firm, handle, secret
from tests.support.parties import DAY_MS, HALF, NEVER_MS, START_MS, World


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"net": 100.0}, "NOT_CANONICAL"),  # a float does not even reach the rules
        ({"net": 100}, "AMOUNT_MALFORMED"),
        ({"net": "1e6"}, "AMOUNT_MALFORMED"),
        ({"net": "0"}, "AMOUNT_RANGE"),
        ({"net": "10000000000001"}, "AMOUNT_RANGE"),
        ({"currency": "RMB"}, "CURRENCY_UNKNOWN"),
        ({"note": "please"}, "UNKNOWN_FIELD"),
        ({"v": 2}, "SCHEMA_VERSION"),
        ({"last_due": "soon"}, "MALFORMED_BODY"),
        ({"terms_days": None}, "MALFORMED_BODY"),
        ({"log": "other.example/ledger"}, "WRONG_LOG"),
    ],
)
def test_a_body_of_another_shape(world: World, refused: Refused, change, code: str) -> None:
    refused(world.order_draft(), code, **change)


def test_an_unknown_type(world: World, refused: Refused) -> None:
    people = ((world.seller.maker, Role.SELLER), (world.seller.checker, Role.SELLER))
    refused(world.order_draft(), "UNKNOWN_TYPE", *people, type="order.cancelled")


def test_an_entry_of_another_rule_version(world: World) -> None:
    world.enter(world.order_draft())
    envelope = parse_leaf(world.leaves()[-1])
    later = replace(envelope, meta=envelope.meta._replace(rule_version=2))
    with pytest.raises(Refusal) as caught:
        world.rules.apply(StateLayer(lambda _: None), later)
    assert caught.value.code == "RULE_VERSION"


def test_an_entry_with_a_tag_where_none_belongs(world: World) -> None:
    """Replays refuse what the sequencer would never write: a tag too few or too many."""
    for draft, tag in ((world.order_draft(), None), (world.onboarding(firm("Another")), "ab")):
        world.enter(draft)
        envelope = parse_leaf(world.leaves()[-1])
        state = StateLayer(world.store._memory.state.get)
        with pytest.raises(Refusal) as caught:
            world.rules.apply(state, replace(envelope, meta=envelope.meta._replace(tag=tag)))
        assert caught.value.code in {"TAG_MISSING", "PARTY_VERSION"}
    policy = parse_leaf(world.leaves()[0])
    with pytest.raises(Refusal) as caught:
        world.rules.apply(
            StateLayer(lambda _: None), replace(policy, meta=policy.meta._replace(tag="ab"))
        )
    assert caught.value.code == "TAG_MISSING"


def test_rules_for_replays_admit_nothing(world: World) -> None:
    rules = ClaimRules(ORIGIN, b"\0" * 32, None)
    with pytest.raises(ValueError, match="only replay"):
        rules.admit(StateLayer(lambda _: None), world.order_draft().body, ())


def test_a_missing_signature(world: World, refused: Refused) -> None:
    problem = refused(world.order_draft(), "SIGNATURE_MISSING", (world.seller.maker, Role.SELLER))
    assert problem.params["duty"] == "checker"


def test_no_signature_at_all(world: World) -> None:
    with pytest.raises(Refusal) as caught:
        world.submit(world.order_draft())
    assert caught.value.code == "SIGNATURE_MISSING"


def test_a_signature_too_many(world: World, refused: Refused) -> None:
    both = ((world.seller.maker, Role.SELLER), (world.seller.checker, Role.SELLER))
    refused(world.order_draft(), "SIGNATURE_UNEXPECTED", *both, (world.buyer.maker, Role.BUYER))


def test_a_signature_of_another_party(world: World, refused: Refused) -> None:
    other = world.add_firm("Stranger", Role.SELLER)
    refused(
        world.order_draft(),
        "WRONG_PARTY",
        (other.maker, Role.SELLER),
        (world.seller.checker, Role.SELLER),
    )


def test_a_makers_key_where_a_checker_signs(world: World, refused: Refused) -> None:
    order = world.confirmed_order()
    claim, offer = world.offered_claim(order, 1_000)
    draft = world.draft("reserved", claim, offer=offer, lender=world.bank.party)
    refused(draft, "WRONG_DUTY", (world.seller.maker, Role.SELLER))


def second_duty(world: World) -> Person:
    """Enrol a checker's key for the user who is the seller's maker."""
    user = world.seller.maker.user
    person = Person(
        party=world.seller.party, user=user, duty=Duty.CHECKER, key=secret("second duty")
    )
    known = world.people[world.seller.party, Duty.CHECKER]
    world.enrol(person)
    world.people[world.seller.party, Duty.CHECKER] = known
    return person


def test_maker_and_checker_are_two_users(world: World, refused: Refused) -> None:
    person = second_duty(world)
    refused(
        world.order_draft(),
        "SAME_USER_TWICE",
        (world.seller.maker, Role.SELLER),
        (person, Role.SELLER),
    )


def test_nobody_accepts_an_offer_on_what_he_listed(world: World, refused: Refused) -> None:
    person = second_duty(world)
    order = world.confirmed_order()
    claim, offer = world.offered_claim(order, 1_000)
    draft = world.draft("reserved", claim, offer=offer, lender=world.bank.party)
    refused(draft, "SAME_USER_TWICE", (person, Role.SELLER))


def test_an_unknown_key(world: World, refused: Refused) -> None:
    stranger = firm("Stranger").maker
    refused(world.order_draft(), "KEY_UNKNOWN", (stranger, Role.SELLER))


def test_a_signature_that_does_not_fit(world: World) -> None:
    draft = world.sign(world.order_draft())
    other = world.sign(world.order_draft("PO-2"))
    with pytest.raises(Refusal) as caught:
        world.submit(replace(draft, signatures=other.signatures))
    assert caught.value.code == "SIGNATURE_INVALID"


def test_a_role_that_is_none(world: World, refused: Refused) -> None:
    draft = world.sign(world.order_draft())
    odd = tuple(one._replace(role="owner") for one in draft.signatures)
    with pytest.raises(Refusal) as caught:
        world.submit(replace(draft, signatures=odd))
    assert caught.value.code == "SIGNATURE_UNEXPECTED"


def test_a_revoked_key_signs_no_more_and_what_it_signed_stands(
    world: World, refused: Refused
) -> None:
    order = world.confirmed_order("PO-before")
    revoke = events.key_revoked(
        world.frame(),
        registrar=world.registrar,
        party=world.seller.party,
        kid=world.seller.maker.kid,
        reason="left",
    )
    world.enter(revoke)
    refused(world.order_draft(), "KEY_REVOKED")
    assert world.order_state(order).status == "confirmed"
    problem = refused(replace(revoke, body={**revoke.body, "idem": handle("again")}), "WRONG_STATE")
    assert problem.params["allowed"] == ""


def test_revoking_a_key_that_is_not_there_or_anothers(world: World, refused: Refused) -> None:
    revoke = events.key_revoked(
        world.frame(),
        registrar=world.registrar,
        party=world.buyer.party,
        kid=world.seller.maker.kid,
        reason="compromised",
    )
    refused(revoke, "WRONG_PARTY")
    refused(revoke, "KEY_UNKNOWN", subject=handle("no key"))


@pytest.mark.parametrize(
    ("valid_from_ms", "valid_to_ms"), [(START_MS + 1, NEVER_MS), (START_MS - 2, START_MS)]
)
def test_a_key_outside_its_time(
    world: World, refused: Refused, valid_from_ms: int, valid_to_ms: int
) -> None:
    person = replace(world.seller.maker, key=secret("early or late"))
    world.enrol(person, valid_from_ms=valid_from_ms, valid_to_ms=valid_to_ms)
    refused(world.order_draft(), "KEY_NOT_VALID")


def enrolment(world: World, person: Person, **fields: object) -> events.Frame:
    facts = {"valid_from_ms": START_MS, "valid_to_ms": NEVER_MS, **fields}
    return events.key_enrolled(
        world.frame(),
        registrar=world.registrar,
        party=person.party,
        user=person.user,
        duty=person.duty or Duty.MAKER,
        public_key=person.public,
        **facts,
    )


def test_a_key_is_enrolled_once(world: World, refused: Refused) -> None:
    refused(enrolment(world, world.seller.maker), "KEY_EXISTS")
    root = replace(world.seller.maker, key=world.root)
    refused(enrolment(world, root), "KEY_EXISTS")


def test_a_key_is_named_after_itself_and_valid_for_some_time(
    world: World, refused: Refused
) -> None:
    new = replace(world.seller.maker, key=secret("new"))
    refused(enrolment(world, new), "KEY_MISMATCH", subject=handle("another name"))
    refused(enrolment(world, new, valid_to_ms=START_MS), "KEY_MISMATCH")


def test_keys_belong_to_onboarded_parties(world: World, refused: Refused) -> None:
    refused(enrolment(world, firm("Nobody").maker), "PARTY_UNKNOWN")


def test_only_the_pinned_registrar_counts(world: World, refused: Refused) -> None:
    other = key_id(secret("another root").public_key().public_bytes_raw())
    people = (
        (world.registry.maker, Role.REGISTRAR),
        (world.registry.checker, Role.REGISTRAR),
    )
    refused(world.onboarding(firm("New")), "WRONG_PARTY", *people, registrar=other)


def test_the_root_enrols_the_registrars_keys_and_signs_nothing_else(
    world: World, refused: Refused
) -> None:
    root = Person(party=world.registrar, user="", duty=None, key=world.root)
    refused(world.onboarding(firm("New")), "WRONG_DUTY", (root, Role.REGISTRAR))
    refused(enrolment(world, firm("Seller").maker), "WRONG_DUTY", (root, Role.REGISTRAR))
    third = Person(
        party=world.registrar, user=handle("third"), duty=Duty.MAKER, key=secret("third")
    )
    people = (
        (world.registry.maker, Role.REGISTRAR),
        (world.registry.checker, Role.REGISTRAR),
    )
    refused(enrolment(world, third), "WRONG_DUTY", *people)
    world.enrol(third)
    stored = KeyState.from_json(world.store.state(f"key/{third.kid}") or {})
    assert stored.party == world.registrar


def test_a_party_signs_only_in_its_roles(world: World, refused: Refused) -> None:
    frame = world.frame()
    draft = events.policy_set(frame, lender=world.seller.party, version=1, alphas=HALF)
    refused(draft, "ROLE_NOT_HELD")


def test_a_party_is_onboarded_in_versions(world: World, refused: Refused) -> None:
    refused(world.onboarding(world.seller), "PARTY_VERSION")
    refused(world.onboarding(world.seller, version=3), "PARTY_VERSION")
    world.enter(world.onboarding(world.seller, version=2, kyb_until="2098-01-01"))
    refused(world.onboarding(firm("New"), version=2), "PARTY_VERSION")


def test_an_identifier_names_one_party(world: World, refused: Refused) -> None:
    draft = world.onboarding(firm("Copy"), identifiers=[duns("Seller")])
    problem = refused(draft, "IDENTIFIER_TAKEN")
    assert problem.params["party"] == world.seller.party


def test_identifiers_are_checked_by_the_operator_too(world: World, refused: Refused) -> None:
    """A client may skip the builder's check; admission does not."""
    draft = world.onboarding(firm("New"))
    texts = [text for text in draft.disclosures if "identifier/1" not in str(opened(text))]
    bad = disclose("identifier/1", {"scheme": "duns", "value": "12"}, b"s" * 16)
    draft = replace(draft, disclosures=(*texts, bad))
    refused(draft, "IDENTIFIER_INVALID", sd=sorted(map(digest, draft.disclosures)))


def opened(text: str) -> str:
    return open_disclosure(text).name


def test_a_party_in_china_needs_its_credit_code(world: World, refused: Refused) -> None:
    refused(world.onboarding(firm("厂"), country="CN"), "USCC_REQUIRED")
    world.enter(
        world.onboarding(firm("厂"), country="CN", identifiers=[("uscc", "91350100M000100Y43")])
    )


def test_knowledge_that_ran_out(world: World, refused: Refused) -> None:
    old = world.add_firm("Old", Role.BUYER, kyb_until="2026-01-02")
    order = world.order_draft("PO-old", buyer=old.party)
    world.enter(order)
    world.pass_ms(2 * DAY_MS)
    refused(world.confirmation(str(order.body["order"])), "KYB_LAPSED")
    world.enter(world.onboarding(old, version=2, kyb_until="2027-01-01"))
    world.enter(world.confirmation(str(order.body["order"])))


def test_repaying_and_releasing_need_no_knowledge_in_date(world: World) -> None:
    brief = world.add_firm("Brief", Role.LENDER, kyb_until="2026-01-01")
    order = world.confirmed_order()
    claim = world.funded_claim(order, 1_000_000, bank=brief)
    world.pass_ms(10 * DAY_MS)
    world.enter(world.draft("repaid", claim, amount=Money(1_001_000, "CNY")))
    world.enter(world.draft("released", claim))
    assert world.claim_state(claim).status == "released"
