"""Drafts about policies and claims."""

from __future__ import annotations

import datetime as dt

from api.services.drafting.facts import Facts
from api.services.drafting.frames import (
    DAY_MS,
    claim_state,
    frame,
    head,
    order_state,
    party_of,
    salts,
)
from api.services.errors import BadRequest
from api.services.workspace import Workspace, new_handle
from data.errors import NotFound
from data.reference.calendar import local_day
from ledger.claims import events, waterfall
from ledger.claims.drafts import Draft
from ledger.claims.limit import DEFAULT_ALPHAS, AlphaError, Alphas
from ledger.claims.repayment import interest_due
from ledger.claims.state import ClaimState, OfferState, PolicyState
from ledger.values.money import Money

OFFER_DAYS = 7


def policy_set(workspace: Workspace, facts: Facts) -> Draft:
    """Draft a lender's advance rates per stage; those left out are the defaults."""
    with workspace.snapshot() as session:
        lender = party_of(session, workspace.viewer, facts.text("lender"))
    known = _policy(workspace, lender)
    try:
        alphas = Alphas(
            u0=facts.number("alpha_u0", DEFAULT_ALPHAS.u0),
            u1=facts.number("alpha_u1", DEFAULT_ALPHAS.u1),
            w=facts.number("alpha_w", DEFAULT_ALPHAS.w),
            r=facts.number("alpha_r", DEFAULT_ALPHAS.r),
        )
    except AlphaError as wrong:
        raise BadRequest(f"{wrong}.", fact="alpha_u0") from None
    version = 1 if known is None else known.version + 1
    return events.policy_set(frame(workspace), lender=lender, version=version, alphas=alphas)


def claim_requested(workspace: Workspace, facts: Facts) -> Draft:
    """Draft a seller's request for an advance on a confirmed order."""
    handle = facts.text("order")
    order = order_state(workspace, handle)
    latest = dt.date.fromisoformat(order.last_due) + dt.timedelta(days=order.terms_days)
    return events.claim_requested(
        frame(workspace),
        order=handle,
        claim=new_handle(),
        seller=order.seller,
        amount=facts.money("amount", order.currency),
        maturity=facts.date("maturity", latest).isoformat(),
        osp=head(workspace, handle),
    )


def claim_listed(workspace: Workspace, facts: Facts) -> Draft:
    """Draft the listing of a screened claim."""
    handle, claim = _claim(workspace, facts)
    seller = order_state(workspace, claim.order).seller
    seen = head(workspace, claim.order)
    return events.claim_listed(
        frame(workspace), order=claim.order, claim=handle, seller=seller, osp=seen
    )


def claim_withdrawn(workspace: Workspace, facts: Facts) -> Draft:
    """Draft a claim's withdrawal."""
    handle, claim = _claim(workspace, facts)
    seller = order_state(workspace, claim.order).seller
    seen = head(workspace, claim.order)
    return events.claim_withdrawn(
        frame(workspace), order=claim.order, claim=handle, seller=seller, osp=seen
    )


def claim_offered(workspace: Workspace, facts: Facts) -> Draft:
    """Draft a lender's offer under its current policy."""
    handle, claim = _claim(workspace, facts)
    order = order_state(workspace, claim.order)
    with workspace.snapshot() as session:
        lender = party_of(session, workspace.viewer, facts.text("lender"))
    policy = _policy(workspace, lender)
    if policy is None:
        raise BadRequest(
            "The lender has set no policy; sign policy.set first.", lender=facts.text("lender")
        )
    return events.claim_offered(
        frame(workspace),
        order=claim.order,
        claim=handle,
        lender=lender,
        offer=new_handle(),
        amount=facts.money("amount", order.currency),
        rate_bps=facts.number("rate_bps"),
        policy=policy.version,
        valid_until_ms=workspace.clock_ms() + facts.number("valid_days", OFFER_DAYS) * DAY_MS,
        osp=head(workspace, claim.order),
    )


def claim_reserved(workspace: Workspace, facts: Facts) -> Draft:
    """Draft the seller's acceptance of an offer, whole or in part."""
    handle, claim = _claim(workspace, facts)
    order = order_state(workspace, claim.order)
    value = workspace.log.state(f"{OfferState.prefix}/{facts.text('offer')}")
    if value is None:
        raise NotFound("offer in the record", facts.text("offer"))
    offer = OfferState.from_json(value)
    amount = (
        facts.money("amount", order.currency)
        if facts.has("amount")
        else Money(offer.amount, order.currency)
    )
    return events.claim_reserved(
        frame(workspace),
        order=claim.order,
        claim=handle,
        seller=order.seller,
        lender=offer.lender,
        offer=facts.text("offer"),
        amount=amount,
        osp=head(workspace, claim.order),
    )


def claim_pledged(workspace: Workspace, facts: Facts) -> Draft:
    """Draft the pledge of what was reserved, with its registration and the buyer's notice."""
    handle, claim = _claim(workspace, facts)
    order = order_state(workspace, claim.order)
    framed = frame(workspace)
    with workspace.transaction() as session:
        return events.claim_pledged(
            framed,
            order=claim.order,
            claim=handle,
            seller=order.seller,
            buyer=order.buyer,
            lender=_lender(claim, handle),
            amount=Money(claim.principal, order.currency),
            notice=new_handle(),
            reg_no=facts.text("reg_no"),
            pay_account=facts.text("pay_account"),
            registered_at_ms=facts.number("registered_at", workspace.clock_ms()),
            osp=head(workspace, claim.order),
            salts=salts(workspace, session, claim.order, framed.idem),
        )


def claim_funded(workspace: Workspace, facts: Facts) -> Draft:
    """Draft the lender's evidence that it paid out the principal."""
    handle, claim = _claim(workspace, facts)
    order = order_state(workspace, claim.order)
    framed = frame(workspace)
    with workspace.transaction() as session:
        return events.claim_funded(
            framed,
            order=claim.order,
            claim=handle,
            lender=_lender(claim, handle),
            amount=Money(claim.principal, order.currency),
            value_date=facts.date("value_date", local_day(workspace.clock_ms())).isoformat(),
            bank_ref=facts.text("bank_ref"),
            osp=head(workspace, claim.order),
            salts=salts(workspace, session, claim.order, framed.idem),
        )


def claim_repaid(workspace: Workspace, facts: Facts) -> Draft:
    """Draft a payment; how it is split follows from the claim, and is stated in the body."""
    handle, claim = _claim(workspace, facts)
    order = order_state(workspace, claim.order)
    lender = _lender(claim, handle)
    if claim.accrued_to is None:
        raise BadRequest(f"Claim {handle} is {claim.status}; nothing was paid out on it yet.")
    value_date = facts.date("value_date", local_day(workspace.clock_ms()))
    due = interest_due(claim, value_date)
    amount = (
        facts.money("amount", order.currency)
        if facts.has("amount")
        else Money(claim.outstanding + due, order.currency)
    )
    framed = frame(workspace)
    with workspace.transaction() as session:
        return events.claim_repaid(
            framed,
            order=claim.order,
            claim=handle,
            lender=lender,
            amount=amount,
            value_date=value_date.isoformat(),
            split=waterfall.repayment(
                outstanding=claim.outstanding, interest_due=due, amount=amount.amount_minor
            ),
            bank_ref=facts.text("bank_ref"),
            osp=head(workspace, claim.order),
            salts=salts(workspace, session, claim.order, framed.idem),
        )


def claim_released(workspace: Workspace, facts: Facts) -> Draft:
    """Draft the release of a repaid claim."""
    handle, claim = _claim(workspace, facts)
    order = order_state(workspace, claim.order)
    framed = frame(workspace)
    with workspace.transaction() as session:
        return events.claim_released(
            framed,
            order=claim.order,
            claim=handle,
            lender=_lender(claim, handle),
            amount=Money(claim.principal, order.currency),
            discharge_no=facts.text("discharge_no"),
            osp=head(workspace, claim.order),
            salts=salts(workspace, session, claim.order, framed.idem),
        )


def _claim(workspace: Workspace, facts: Facts) -> tuple[str, ClaimState]:
    handle = facts.text("claim")
    return handle, claim_state(workspace, handle)


def _lender(claim: ClaimState, handle: str) -> str:
    if claim.lender is None:
        raise BadRequest(
            f"Claim {handle} is {claim.status}: no lender is bound to it yet. Reserve an offer "
            "first.",
            claim=handle,
        )
    return claim.lender


def _policy(workspace: Workspace, lender: str) -> PolicyState | None:
    value = workspace.log.state(f"{PolicyState.prefix}/{lender}")
    return None if value is None else PolicyState.from_json(value)
