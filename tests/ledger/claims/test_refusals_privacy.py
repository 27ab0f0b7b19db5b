"""Disclosures and erasures are refused where they would hide or show what they must not."""

from __future__ import annotations

from ledger.claims import events
from ledger.claims.drafts import Draft
from ledger.values.consent import Role
from ledger.values.disclosures import LENGTHS, decoy_digest, derived_salts, with_decoys
from tests.ledger.claims.conftest import Refused
from tests.support.parties import World, handle

DIGEST = "A" * 43


def disclosure(world: World, about: str, *, by: Role = Role.SELLER, **fields: object) -> Draft:
    """Draft a disclosure by a side of an order to the bank."""
    frame = world.frame()
    facts: dict[str, object] = {
        "disclosure": handle("disclosure", about),
        "party": world.seller.party if by is Role.SELLER else world.buyer.party,
        "recipient": world.bank.party,
        "digests": [DIGEST],
        **fields,
    }
    return events.disclosure_made(
        frame,
        about=about,
        by=by,
        salts=world.salts(frame),
        **facts,  # type: ignore[arg-type]  # a test's own fields
    )


def erasure(world: World, of: str, reason: str = "request") -> Draft:
    """Draft an erasure."""
    return events.erasure(
        world.frame(),
        handle=of,
        registrar=world.registrar,
        operator=world.operator.party,
        reason=reason,
    )


def test_both_sides_disclose_of_their_order(world: World) -> None:
    """And each party of itself."""
    order = world.confirmed_order()
    world.enter(disclosure(world, order))
    world.enter(disclosure(world, order, by=Role.BUYER, disclosure=handle("second")))
    own = disclosure(world, world.seller.party, disclosure=handle("third"))
    assert world.enter(own).index == world.store.head().size - 1


def test_nobody_else_discloses_of_an_order(world: World, refused: Refused) -> None:
    """Another seller is not the seller of this order."""
    order, other = world.confirmed_order(), world.add_firm("Other", Role.SELLER)
    refused(disclosure(world, order, party=other.party), "WRONG_PARTY")


def test_a_disclosure_of_nothing_known_is_refused(world: World, refused: Refused) -> None:
    """Neither an order nor a party."""
    refused(disclosure(world, handle("nobody")), "PARTY_UNKNOWN")


def test_a_disclosure_has_a_handle_of_its_own(world: World, refused: Refused) -> None:
    """Two entries under one handle could stand for each other."""
    order = world.confirmed_order()
    world.enter(disclosure(world, order))
    refused(disclosure(world, order), "DISCLOSURE_EXISTS")


def test_a_disclosure_names_recipient_and_digests(world: World, refused: Refused) -> None:
    """The operator must see to whom, and what."""
    order = world.confirmed_order()
    refused(disclosure(world, order, recipient="BANK"), "DISCLOSURE_INVALID")
    refused(disclosure(world, order, digests=[]), "DISCLOSURE_INVALID")


def test_an_erased_order_takes_no_private_field(world: World, refused: Refused) -> None:
    """Its key is gone; what is public goes on."""
    order = world.confirmed_order()
    world.enter(erasure(world, order))
    refused(disclosure(world, order), "ERASED")
    refused(erasure(world, order), "ERASED")
    claim = world.request(order, 1_000_000)
    assert world.claim_state(claim).asked == 1_000_000


def test_an_order_with_live_claims_is_not_erased(world: World, refused: Refused) -> None:
    """After its release it is."""
    order = world.confirmed_order()
    claim = world.reserved_claim(order, 1_000_000)
    refused(erasure(world, order), "ORDER_LIVE")
    world.enter(world.draft("withdrawn", claim))
    assert world.enter(erasure(world, order)).index > 0


def test_an_erasure_of_nothing_known_is_refused(world: World, refused: Refused) -> None:
    """Neither an order nor a party."""
    refused(erasure(world, handle("nobody")), "PARTY_UNKNOWN")


def test_an_erasure_needs_registrar_and_operator(world: World, refused: Refused) -> None:
    """Each of the three signatures."""
    draft = erasure(world, world.confirmed_order())
    everybody = [(world.signer(need), need.role) for need in draft.needs]
    assert [role for _, role in everybody] == [Role.REGISTRAR, Role.REGISTRAR, Role.OPERATOR]
    for left_out in range(3):
        some = [one for at, one in enumerate(everybody) if at != left_out]
        refused(draft, "SIGNATURE_MISSING", *some)


def test_how_many_private_fields_there_are_is_hidden() -> None:
    """A few lengths only; decoys cannot be told from digests, and are the same each time."""
    salts = derived_salts(b"k" * 32, "0" * 32)
    digests = [f"{at:043d}" for at in range(400)]
    assert with_decoys([], salts) == ([], ())
    for count in (1, 3, 4, 5, 9, 64, 65, 399, 400):
        found, decoys = with_decoys(digests[:count], salts)
        assert len(found) in LENGTHS
        assert found == sorted(set(found)) == with_decoys(digests[:count], salts)[0]
        assert set(found) == {*digests[:count], *map(decoy_digest, decoys)}
        assert set(digests[:count]) <= set(found)
