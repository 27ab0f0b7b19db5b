"""Effects of policies and claims, from the request to the reservation."""

import datetime as dt

from ledger.claims.effects.base import Step
from ledger.claims.headroom import require_headroom
from ledger.claims.limit import AlphaError, Alphas
from ledger.claims.refusals import (
    AboveOffer,
    AlphaOrder,
    AlphaRange,
    MaturityPast,
    MaturityTooLate,
    NotAssignable,
    NotYetDue,
    OfferAboveClaim,
    OfferExists,
    OfferExpired,
    OfferUnknown,
    PolicyMissing,
    PolicyVersion,
    SameUserTwice,
    SelfTrade,
)
from ledger.claims.state import (
    ClaimState,
    LiveClaim,
    OfferState,
    OrderState,
    PolicyState,
)
from ledger.values.kinds import parse_date
from ledger.values.money import format_minor
from ledger.values.transitions import LIVE, ClaimStatus

RESERVATION_MS = 72 * 60 * 60 * 1000
"""How long a reservation holds headroom before the operator may let it lapse."""


def policy_set(step: Step) -> None:
    """Store a lender's next policy version; what was decided under earlier ones stays."""
    known = PolicyState.load(step.state, step.text("lender"))
    expected = known.version + 1 if known else 1
    if step.number("version") != expected:
        raise PolicyVersion(
            f"Lender {step.text('lender')} is at policy version {expected - 1}: the next is "
            f"{expected}, got {step.number('version')}.",
            expected=expected,
            got=step.number("version"),
        )
    try:
        alphas = Alphas(
            u0=step.number("alpha_u0"),
            u1=step.number("alpha_u1"),
            w=step.number("alpha_w"),
            r=step.number("alpha_r"),
        )
    except AlphaError as problem:
        kind = AlphaRange if problem.code == AlphaRange.code else AlphaOrder
        raise kind(f"Policy refused: {problem}.") from None
    PolicyState(version=expected, alphas=alphas, index=step.index).save(
        step.state, step.text("lender")
    )


def claim_requested(step: Step) -> None:
    """Open a claim on a confirmed, assignable order."""
    order = step.confirmed_order()
    known = ClaimState.load(step.state, step.subject)
    (status,) = step.claim_moves(known)
    if not order.assignable:
        raise NotAssignable(
            f"The contract of order {step.text('order')} forbids assignment: it carries no claim.",
            order=step.text("order"),
        )
    _check_maturity(step, order)
    ClaimState(
        status=ClaimStatus(status),
        order=step.text("order"),
        asked=step.number("amount"),
        maturity=step.text("maturity"),
        index=step.index,
    ).save(step.state, step.subject)


def _check_maturity(step: Step, order: OrderState) -> None:
    """Require that the advance ends by the order's last due date plus its payment terms."""
    maturity = step.date("maturity")
    latest = parse_date(order.last_due) + dt.timedelta(days=order.terms_days)
    if maturity > latest:
        raise MaturityTooLate(
            f"Maturity {maturity} lies after {latest}, the order's last due date {order.last_due} "
            f"plus {order.terms_days} days for payment. Ask for {latest} at the latest.",
            maturity=maturity.isoformat(),
            latest=latest.isoformat(),
        )
    if maturity <= step.today:
        raise MaturityPast(
            f"Maturity {maturity} is not after the day of the entry, {step.today}.",
            maturity=maturity.isoformat(),
            today=step.today.isoformat(),
        )


def claim_screened(step: Step) -> None:
    """Move the claim on: the exact duplicate and the order's facts are tested by the rules."""
    _, claim = step.claim()
    (status,) = step.claim_moves(claim)
    claim.changed(status=ClaimStatus(status)).save(step.state, step.subject)


def claim_listed(step: Step) -> None:
    """Show the claim to lenders, and remember who listed it."""
    _, claim = step.claim()
    (status,) = step.claim_moves(claim)
    claim.changed(status=ClaimStatus(status), listed_by=step.signed_by[0].user).save(
        step.state, step.subject
    )


def claim_closed(step: Step) -> None:
    """Withdraw a claim, or let its reservation lapse: headroom held is given back."""
    order, claim = step.claim()
    (status,) = step.claim_moves(claim)
    if status == ClaimStatus.LAPSED:
        _check_lapse(step, claim)
    live = tuple(one for one in order.live if one.claim != step.subject)
    order.changed(live=live).save(step.state, step.text("order"))
    claim.changed(status=ClaimStatus(status)).save(step.state, step.subject)


def _check_lapse(step: Step, claim: ClaimState) -> None:
    assert claim.reserved_until is not None
    if step.number("entry") != claim.reserved_index or step.time_ms < claim.reserved_until:
        raise NotYetDue(
            f"The reservation of claim {step.subject} was set by entry {claim.reserved_index} and "
            f"holds until {claim.reserved_until} ms; the body names entry {step.number('entry')} "
            f"and the time is {step.time_ms}.",
            entry=claim.reserved_index or 0,
            until=claim.reserved_until,
            time_ms=step.time_ms,
        )


def claim_offered(step: Step) -> None:
    """Store a lender's offer under its current policy."""
    order, claim = step.claim()
    step.claim_moves(claim)
    lender = step.text("lender")
    if lender in (order.buyer, order.seller):
        raise SelfTrade(
            f"Lender {lender} is a side of the order itself: it cannot finance it here.",
            party=lender,
        )
    policy = _current_policy(step, lender)
    if step.number("amount") > claim.asked:
        raise OfferAboveClaim(
            f"The offer of {format_minor(step.number('amount'), order.currency)} exceeds the "
            f"{format_minor(claim.asked, order.currency)} that claim {step.subject} asks for.",
            offered=step.number("amount"),
            asked=claim.asked,
        )
    _check_open(step, step.number("valid_until"), step.text("offer"))
    if OfferState.load(step.state, step.text("offer")) is not None:
        raise OfferExists(
            f"Offer {step.text('offer')} was made already; a new offer has a new handle.",
            offer=step.text("offer"),
        )
    OfferState(
        claim=step.subject,
        lender=lender,
        amount=step.number("amount"),
        rate_bps=step.number("rate_bps"),
        policy=policy.version,
        alphas=policy.alphas,
        valid_until=step.number("valid_until"),
        index=step.index,
    ).save(step.state, step.text("offer"))


def _current_policy(step: Step, lender: str) -> PolicyState:
    policy = PolicyState.load(step.state, lender)
    if policy is None:
        raise PolicyMissing(
            f"Lender {lender} has set no policy: without advance rates no order has headroom for "
            "it. Set a policy first.",
            lender=lender,
        )
    if step.number("policy") != policy.version:
        raise PolicyVersion(
            f"The offer is made under policy version {step.number('policy')}; lender {lender} is "
            f"at version {policy.version}. New decisions use the current one.",
            expected=policy.version,
            got=step.number("policy"),
        )
    return policy


def _check_open(step: Step, valid_until: int, offer: str) -> None:
    if step.time_ms > valid_until:
        raise OfferExpired(
            f"Offer {offer} was open until {valid_until} ms; the time is {step.time_ms}. Ask for "
            "a new offer.",
            offer=offer,
            until=valid_until,
            time_ms=step.time_ms,
        )


def claim_reserved(step: Step) -> None:
    """Accept an offer: bind the claim to it and hold headroom."""
    order, claim = step.claim()
    (status,) = step.claim_moves(claim)
    offer = OfferState.load(step.state, step.text("offer"))
    if offer is None or offer.claim != step.subject:
        raise OfferUnknown(
            f"Offer {step.text('offer')} was never made on claim {step.subject}.",
            offer=step.text("offer"),
        )
    step.expect_party("lender", offer.lender)
    _check_open(step, offer.valid_until, step.text("offer"))
    amount = step.number("amount")
    if amount > offer.amount:
        raise AboveOffer(
            f"The reservation of {format_minor(amount, order.currency)} exceeds the offer of "
            f"{format_minor(offer.amount, order.currency)}.",
            reserved=amount,
            offered=offer.amount,
        )
    if claim.listed_by == step.signed_by[0].user:
        raise SameUserTwice(
            f"User {claim.listed_by} listed the claim and may not also accept an offer on it; let "
            "another checker of the seller sign.",
            user=claim.listed_by or "",
        )
    live = LiveClaim(
        claim=step.subject,
        lender=offer.lender,
        policy=offer.policy,
        alphas=offer.alphas,
        principal=amount,
        index=step.index,
    )
    require_headroom(step.text("order"), order, live)
    order.changed(live=(*order.live, live)).save(step.state, step.text("order"))
    assert ClaimStatus(status) in LIVE
    claim.changed(
        status=ClaimStatus(status),
        lender=offer.lender,
        offer=step.text("offer"),
        rate_bps=offer.rate_bps,
        principal=amount,
        reserved_index=step.index,
        reserved_until=step.time_ms + RESERVATION_MS,
    ).save(step.state, step.subject)
