"""Effects of plans, proposals and orders."""

import datetime as dt

from ledger.claims.authority import require_role
from ledger.claims.effects.base import Step
from ledger.claims.limit import Stages, retention
from ledger.claims.refusals import (
    CurrencyMismatch,
    DateOrder,
    DuplicateOrder,
    FutureDate,
    OrderTaken,
    PlanExists,
    PlanUnknown,
    SelfTrade,
    ValueMismatch,
    VersionMismatch,
)
from ledger.claims.state import OrderState, PlanState, ProposalState, TagState
from ledger.errors import StaleHead
from ledger.values.consent import EventType, Role
from ledger.values.transitions import ORDER, PROPOSAL, OrderStatus, ProposalStatus

_DAY = dt.timedelta(days=1)


def plan_published(step: Step) -> None:
    """Store that this version of the plan is fixed."""
    if PlanState.load(step.state, step.subject) is not None:
        raise PlanExists(
            f"Plan {step.subject} is published already; a new version has a new handle.",
            plan=step.subject,
        )
    if "replaces" in step.body:
        _require_plan(step, step.text("replaces"))
    PlanState(index=step.index).save(step.state, step.subject)


def proposal_answered(step: Step) -> None:
    """Store a party's answer, which is final."""
    _require_plan(step, step.text("plan"))
    known = ProposalState.load(step.state, step.subject)
    (status,) = step.move(PROPOSAL, known.status if known else None, "Proposal")
    ProposalState(
        status=ProposalStatus(status),
        plan=step.text("plan"),
        party=step.text("party"),
        index=step.index,
    ).save(step.state, step.subject)


def _require_plan(step: Step, plan: str) -> None:
    if PlanState.load(step.state, plan) is None:
        raise PlanUnknown(f"Plan {plan} was never published in this log.", plan=plan)


def order_submitted(step: Step) -> None:
    """Open an order's chain, or continue it after a rejection."""
    assert step.tag is not None
    known = OrderState.load(step.state, step.subject)
    _check_identity(step, known, step.tag)
    step.move(ORDER, known.status if known else None, "Order")
    _check_sides(step)
    _check_dates(step)
    _check_continuation(step, known)
    if "plan" in step.body:
        _require_plan(step, step.text("plan"))
    OrderState(
        status=OrderStatus.SUBMITTED,
        version=step.number("version"),
        buyer=step.text("buyer"),
        seller=step.text("seller"),
        currency=step.text("currency"),
        net=step.number("net"),
        prepaid=step.number("prepaid"),
        retention_bps=step.number("retention_bps"),
        assignable=bool(step.body["assignable"]),
        last_due=step.text("last_due"),
        terms_days=step.number("terms_days"),
        tag=step.tag,
        index=known.index if known else step.index,
    ).save(step.state, step.subject)
    if known is None:
        TagState(holder=step.subject, index=step.index).save(step.state, step.tag)


def _check_identity(step: Step, known: OrderState | None, tag: str) -> None:
    """One identity, one chain, for ever."""
    taken = TagState.load(step.state, tag)
    if taken is not None and taken.holder != step.subject:
        first = OrderState.load(step.state, taken.holder)
        status = first.status.value if first else ""
        way = (
            f"submit its next version on {taken.holder}"
            if status == OrderStatus.REJECTED
            else f"amend {taken.holder}, or let its buyer reject it, instead of submitting again"
        )
        raise DuplicateOrder(
            f"This buyer, seller and order number were submitted as order {taken.holder} by "
            f"entry {taken.index} (now {status}): {way}.",
            first=taken.holder,
            entry=taken.index,
            status=status,
        )
    if known is not None and known.tag != tag:
        raise OrderTaken(
            f"Handle {step.subject} belongs to another order (entry {known.index}). Choose a new "
            "random handle.",
            order=step.subject,
            entry=known.index,
        )


def _check_sides(step: Step) -> None:
    buyer, seller = step.text("buyer"), step.text("seller")
    if buyer == seller:
        raise SelfTrade(f"Party {buyer} is buyer and seller of the order.", party=buyer)
    sides = (
        require_role(step.state, buyer, Role.BUYER),
        require_role(step.state, seller, Role.SELLER),
    )
    if set(sides[0].identifiers) & set(sides[1].identifiers):
        raise SelfTrade(
            f"Buyer {buyer} and seller {seller} share an identifier: they are one party to the "
            "record.",
            buyer=buyer,
            seller=seller,
        )


def _check_dates(step: Step) -> None:
    issued, last_due = step.date("issued"), step.date("last_due")
    if issued > step.today + _DAY:  # a day of grace: somewhere it is tomorrow already
        raise FutureDate(
            f"The order is dated {issued}; the entry is of {step.today}. Date it when it is made.",
            date=issued.isoformat(),
            today=step.today.isoformat(),
        )
    if last_due < issued:
        raise DateOrder(
            f"The order's last due date {last_due} lies before its issue date {issued}.",
            issued=issued.isoformat(),
            last_due=last_due.isoformat(),
        )


def _check_continuation(step: Step, known: OrderState | None) -> None:
    expected = known.version + 1 if known else 1
    if step.number("version") != expected:
        raise VersionMismatch(
            f"Order {step.subject} is at version {expected - 1}: the next is {expected}, got "
            f"{step.number('version')}.",
            order=step.subject,
            expected=expected,
            got=step.number("version"),
        )
    if known is None:
        return
    if "osp" not in step.body:
        raise StaleHead(
            f"Order {step.subject} has a chain already: name its last leaf hash in `osp`.",
            order=step.subject,
        )
    if step.text("currency") != known.currency:
        raise CurrencyMismatch(
            f"Order {step.subject} is in {known.currency}, and stays so; got "
            f"{step.text('currency')}.",
            order=step.subject,
            expected=known.currency,
            got=step.text("currency"),
        )


def order_answered(step: Step) -> None:
    """Store the buyer's confirmation, which sets V, or its rejection."""
    order = step.order()
    (status,) = step.move(ORDER, order.status, "Order")
    if step.number("version") != order.version:
        raise VersionMismatch(
            f"Order {step.subject} is at version {order.version}; the body is about version "
            f"{step.number('version')}. Read the order again and sign anew.",
            order=step.subject,
            expected=order.version,
            got=step.number("version"),
        )
    order = order.changed(status=OrderStatus(status))
    if step.event is EventType.ORDER_CONFIRMED:
        if step.number("net") != order.net:
            raise ValueMismatch(
                f"Order {step.subject} was submitted over {order.net} minor units; the buyer "
                f"confirms {step.number('net')}. Reject it, or confirm what was submitted.",
                order=step.subject,
                expected=order.net,
                got=step.number("net"),
            )
        barred = order.prepaid + retention(order.net, order.retention_bps)
        order = order.changed(
            stages=Stages(u0=order.net),
            eligible=Stages(u0=max(0, order.net - barred)),
        )
    order.save(step.state, step.subject)
