"""Effects of claims from the pledge to the release."""

import datetime as dt

from ledger.claims.effects.base import FUTURE_MS_MAX, Step
from ledger.claims.headroom import require_headroom
from ledger.claims.refusals import (
    BankRefTaken,
    DateOrder,
    FutureDate,
    PrincipalMismatch,
    RegistrationTaken,
    ReleaseMismatch,
    SplitMismatch,
)
from ledger.claims.repayment import divide, interest_due
from ledger.claims.state import ClaimState, LiveClaim, OrderState, TagState
from ledger.claims.waterfall import Split
from ledger.errors import Refusal
from ledger.values.kinds import parse_date
from ledger.values.money import format_minor
from ledger.values.transitions import ClaimStatus

_DAY = dt.timedelta(days=1)


def claim_pledged(step: Step) -> None:
    """Pledge what was reserved: registered, and acknowledged by the buyer."""
    order, claim = step.claim()
    (status,) = step.claim_moves(claim)
    _require_principal(step, order, claim)
    if step.number("registered_at") > step.time_ms + FUTURE_MS_MAX:
        raise FutureDate(
            f"The registration is dated {step.number('registered_at')} ms, after the entry's "
            f"{step.time_ms}. Pledge once it is registered.",
            date=step.number("registered_at"),
            today=step.time_ms,
        )
    require_headroom(step.text("order"), order, _live(step, order))
    _take(step, RegistrationTaken, "registration number")
    claim.changed(
        status=ClaimStatus(status),
        notice=step.text("notice"),
        registered_at=step.number("registered_at"),
    ).save(step.state, step.subject)


def claim_funded(step: Step) -> None:
    """Record that the lender paid out the principal; interest runs from the value date."""
    order, claim = step.claim()
    (status,) = step.claim_moves(claim)
    _require_principal(step, order, claim)
    value_date = _value_date(step)
    if value_date > parse_date(claim.maturity):
        raise DateOrder(
            f"The value date {value_date} lies after the claim's maturity {claim.maturity}.",
            value_date=value_date.isoformat(),
            maturity=claim.maturity,
        )
    require_headroom(step.text("order"), order, _live(step, order))
    _take(step, BankRefTaken, "bank reference")
    claim.changed(
        status=ClaimStatus(status),
        value_date=value_date.isoformat(),
        accrued_to=value_date.isoformat(),
        outstanding=claim.principal,
    ).save(step.state, step.subject)


def claim_repaid(step: Step) -> None:
    """Divide a payment into interest, principal and surplus; the body must state the same."""
    order, claim = step.claim()
    following = step.claim_moves(claim)
    value_date = _value_date(step)
    due = interest_due(claim, value_date)
    split = divide(claim, step.number("amount"), value_date)
    stated = Split(
        interest=step.number("interest"),
        principal=step.number("principal"),
        surplus=step.number("surplus"),
    )
    if stated != split:
        raise SplitMismatch(
            f"Of {format_minor(split.total, order.currency)} on {value_date}, "
            f"{split.interest} minor units are interest, {split.principal} principal and "
            f"{split.surplus} surplus; the body says {stated.interest}, {stated.principal} and "
            f"{stated.surplus}.",
            interest=split.interest,
            principal=split.principal,
            surplus=split.surplus,
        )
    _take(step, BankRefTaken, "bank reference")
    outstanding = claim.outstanding - split.principal
    status = ClaimStatus.FUNDED if outstanding else ClaimStatus.REPAID
    assert status in following
    _set_principal(step, order, outstanding)
    claim.changed(
        status=status,
        accrued_to=value_date.isoformat(),
        outstanding=outstanding,
        interest_due=due - split.interest,
        interest_paid=claim.interest_paid + split.interest,
        repaid=claim.repaid + split.principal,
        surplus=claim.surplus + split.surplus,
    ).save(step.state, step.subject)


def claim_released(step: Step) -> None:
    """End the claim after full repayment; it gives back what it was pledged for, no more."""
    order, claim = step.claim()
    (status,) = step.claim_moves(claim)
    if step.number("amount") != claim.principal:
        raise ReleaseMismatch(
            f"Claim {step.subject} was pledged for {format_minor(claim.principal, order.currency)}"
            f"; the body releases {format_minor(step.number('amount'), order.currency)}.",
            expected=claim.principal,
            got=step.number("amount"),
        )
    claim.changed(status=ClaimStatus(status)).save(step.state, step.subject)


def _value_date(step: Step) -> dt.date:
    value_date = step.date("value_date")
    if value_date > step.today + _DAY:  # a day of grace: somewhere it is tomorrow already
        raise FutureDate(
            f"The value date {value_date} has not come; the entry is of {step.today}.",
            date=value_date.isoformat(),
            today=step.today.isoformat(),
        )
    return value_date


def _require_principal(step: Step, order: OrderState, claim: ClaimState) -> None:
    if step.number("amount") != claim.principal:
        raise PrincipalMismatch(
            f"Claim {step.subject} was reserved for "
            f"{format_minor(claim.principal, order.currency)}; the body says "
            f"{format_minor(step.number('amount'), order.currency)}.",
            expected=claim.principal,
            got=step.number("amount"),
        )


def _live(step: Step, order: OrderState) -> LiveClaim:
    return next(one for one in order.live if one.claim == step.subject)


def _set_principal(step: Step, order: OrderState, principal: int) -> None:
    """Lower the claim's live principal on its order; at 0 it takes up nothing more."""
    live = tuple(
        one.changed(principal=principal) if one.claim == step.subject else one
        for one in order.live
        if one.claim != step.subject or principal
    )
    order.changed(live=live).save(step.state, step.text("order"))


def _take(step: Step, kind: type[Refusal], what: str) -> None:
    """Use up the entry's tag; refuse one that stands behind another entry."""
    assert step.tag is not None
    taken = TagState.load(step.state, step.tag)
    if taken is not None:
        raise kind(
            f"This {what} was entered before, by entry {taken.index} on claim {taken.holder}: it "
            "is no evidence for a second event.",
            claim=taken.holder,
            entry=taken.index,
        )
    TagState(holder=step.subject, index=step.index).save(step.state, step.tag)
