"""Effects of disclosures and erasures."""

from ledger.claims.authority import require_party
from ledger.claims.effects.base import Step
from ledger.claims.privacy import DisclosureState, ErasureState
from ledger.claims.refusals import DisclosureExists, Erased, OrderLive, WrongParty
from ledger.claims.state import OrderState, PartyState


def disclosure_made(step: Step) -> None:
    """Store that a party disclosed private fields of its own, or of an order of its own."""
    known = DisclosureState.load(step.state, step.subject)
    if known is not None:
        raise DisclosureExists(
            f"Disclosure {step.subject} was entered before, by entry {known.index}; a new one has "
            "a new handle.",
            disclosure=step.subject,
            entry=known.index,
        )
    about, party = step.text("about"), step.text("party")
    order = OrderState.load(step.state, about)
    if order is None:
        require_party(step.state, about)
        allowed = about
    else:
        allowed = order.buyer if step.text("by") == "buyer" else order.seller
    if party != allowed:
        raise WrongParty(
            f"Party {party} discloses what is {allowed}'s: an order's buyer and seller disclose "
            "of the order, each party of itself.",
            party=party,
            expected=allowed,
        )
    DisclosureState(about=about, party=party, index=step.index).save(step.state, step.subject)


def erasure(step: Step) -> None:
    """Store that a key is destroyed; not while money stands on what it hides."""
    known = ErasureState.load(step.state, step.subject)
    if known is not None:
        raise Erased(
            f"The private fields of {step.subject} were erased by entry {known.index} already.",
            handle=step.subject,
            entry=known.index,
        )
    order = OrderState.load(step.state, step.subject)
    if order is None and PartyState.load(step.state, step.subject) is None:
        require_party(step.state, step.subject)
    if order is not None and order.live:
        claims = ", ".join(one.claim for one in order.live)
        raise OrderLive(
            f"Order {step.subject} carries live claims ({claims}): its lenders' evidence stands "
            "on its private fields. Erase it when they are released.",
            order=step.subject,
            claims=claims,
        )
    ErasureState(reason=step.text("reason"), index=step.index).save(step.state, step.subject)
