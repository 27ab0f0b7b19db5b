"""From an accepted plan to purchase orders: one for each order and enterprise, dates written out.

`docs/spec/claims.md` section 9: seller is the enterprise, buyer the order's buyer; the number is
the order's own number with the enterprise's rank and the plan's version; the amount is what the
plan pays that enterprise, rounded up to a fen once; the lines are its operations.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from sqlmodel import Session

from api.services.workspace import Workspace
from data.errors import WrongStatus
from data.kinds import PurchaseOrderSource, PurchaseOrderStatus
from data.reference.calendar import last_working_day, local_day
from data.stores import capacity, offers, organisations, plans, purchase_orders
from data.stores import orders as order_store
from data.stores.capacity import Scope
from data.stores.plans import Plan
from data.stores.purchase_orders import NamedParty, PurchaseOrder, PurchaseOrderLine
from matching.capacity import Order, Payment, PlanLine, Problem, payments

PIECE = "H87"
"""Unit code of a piece in UN/ECE Recommendation 20."""
TRANSPORT = "transport"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One order of a plan, with what its purchase orders are made from."""

    plan: Plan
    order: Order
    number: str
    problem: Problem
    lines: Sequence[PlanLine]
    scope: Scope


def agree(workspace: Workspace, session: Session, plan: Plan, order_id: str) -> int:
    """Make the purchase orders of an order whose every side accepted; return how many are new.

    Runs in the caller's transaction. The order is agreed from here on: later runs plan around it.

    Raises
    ------
    WrongStatus
        When the order was agreed or withdrawn meanwhile, or its minutes are no longer idle: other
        orders hold them, or their offer was withdrawn.
    """
    lines = plans.lines(session, workspace.viewer, plan.id, order_id=order_id)
    stored = order_store.get(session, workspace.viewer, plan.scope_id, order_id)
    problem = _problem_of(workspace, session, plan, stored.order, lines)
    if stored.agreed_plan_id != plan.id:
        _require_idle(workspace, session, plan, problem, lines)
    order_store.agree(session, workspace.operator_id, plan.scope_id, order_id, plan_id=plan.id)
    part = _Part(
        plan=plan,
        order=stored.order,
        number=stored.number,
        problem=problem,
        lines=lines,
        scope=capacity.scope(session, workspace.viewer, plan.scope_id),
    )
    made = 0
    for rank, enterprise in enumerate(_ranked(problem, lines), start=1):
        order = _purchase_order(workspace, session, part, enterprise, rank=rank)
        made += purchase_orders.add(session, workspace.operator_id, order) is order
    return made


def _problem_of(
    workspace: Workspace, session: Session, plan: Plan, order: Order, lines: Sequence[PlanLine]
) -> Problem:
    """Return the problem of one order and the offers that it uses.

    The whole snapshot would give the same amounts; this stays small however large the park is.
    """
    used = sorted({line.offer_id for line in lines})
    found = [offers.get(session, workspace.viewer, plan.scope_id, offer).offer for offer in used]
    buyer = workspace.viewer_of(order.buyer_id)
    quoted = order_store.quotations(session, buyer, plan.scope_id)
    return Problem(
        settings=capacity.scope(session, workspace.viewer, plan.scope_id).settings,
        parks=capacity.parks(session, workspace.viewer, plan.scope_id),
        offers=tuple(found),
        orders=(order,),
        quotations=tuple(
            one for one in quoted if one.order_id == order.order_id and one.offer_id in used
        ),
    )


def _require_idle(
    workspace: Workspace,
    session: Session,
    plan: Plan,
    problem: Problem,
    lines: Sequence[PlanLine],
) -> None:
    """Refuse minutes that another plan's orders took since this plan was made, or that went."""
    taken = capacity.agreed_minutes(session, workspace.viewer, plan.scope_id)
    gone = offers.withdrawn(session, workspace.viewer, plan.scope_id)
    idle = {offer.offer_id: offer.idle_minutes for offer in problem.offers}
    needed: dict[tuple[str, int], int] = defaultdict(int)
    for line in lines:
        needed[line.offer_id, line.week] += line.minutes
    for (offer_id, week), minutes in needed.items():
        left = 0 if offer_id in gone else idle[offer_id][week] - taken.get((offer_id, week), 0)
        if left < minutes:
            order_id = lines[0].order_id
            raise WrongStatus("order", order_id, status="overtaken", wanted=("open",))


def _ranked(problem: Problem, lines: Sequence[PlanLine]) -> tuple[str, ...]:
    """Return the enterprises of an order by their first step, then by id."""
    enterprise_of = {offer.offer_id: offer.enterprise_id for offer in problem.offers}
    first: dict[str, int] = {}
    for line in lines:
        enterprise = enterprise_of[line.offer_id]
        first[enterprise] = min(line.step, first.get(enterprise, line.step))
    return tuple(sorted(first, key=lambda enterprise: (first[enterprise], enterprise)))


def _purchase_order(
    workspace: Workspace, session: Session, part: _Part, enterprise: str, *, rank: int
) -> PurchaseOrder:
    payment = payments(part.problem, part.lines)[part.order.order_id, enterprise]
    buyer = organisations.get(session, workspace.viewer, part.order.buyer_id)
    seller = organisations.get(session, workspace.viewer, enterprise)
    own = buyer.id == seller.id
    return PurchaseOrder(
        id=_id(part.plan.id, part.order.order_id, enterprise),
        source=PurchaseOrderSource.PLAN,
        status=PurchaseOrderStatus.REFUSED if own else PurchaseOrderStatus.IMPORTED,
        code="SELF_TRADE" if own else None,
        # Letters between the parts: the record compares numbers without separators.
        number=f"{part.number}-E{rank}-P{part.plan.version}",
        issue_date=local_day(workspace.clock_ms()),
        currency=part.scope.currency,
        net_minor=payment.fen,
        payable_minor=payment.fen,
        buyer=NamedParty(name=buyer.name, organisation_id=buyer.id),
        seller=NamedParty(name=seller.name, organisation_id=seller.id),
        lines=_lines(part, enterprise, payment),
        scope_id=part.plan.scope_id,
        order_id=part.order.order_id,
        plan_id=part.plan.id,
        created_ms=workspace.clock_ms(),
    )


def _lines(part: _Part, enterprise: str, payment: Payment) -> tuple[PurchaseOrderLine, ...]:
    """Return one line per operation, and one for transport; they add up to the payment."""
    own = {offer.offer_id for offer in part.problem.offers if offer.enterprise_id == enterprise}
    minutes: dict[int, int] = defaultdict(int)
    pieces: dict[int, dict[int, int]] = defaultdict(dict)
    weeks: dict[int, int] = {}
    for line in part.lines:
        if line.offer_id in own:
            minutes[line.step] += line.minutes
            pieces[line.step][line.lot] = line.lot_quantity
            weeks[line.step] = max(line.week, weeks.get(line.step, 0))
    worked = sum(minutes.values())
    shares = [payment.processing * minutes[step] / worked for step in sorted(minutes)]
    amounts = spread(payment.fen, [*shares, payment.transport])
    made = [
        PurchaseOrderLine(
            number=str(step),
            item=part.order.operations[step - 1].process,
            unit=PIECE,
            quantity_milli=1000 * sum(pieces[step].values()),
            amount_minor=amount,
            due_date=last_working_day(weeks[step], part.scope.week0),
        )
        for step, amount in zip(sorted(minutes), amounts, strict=False)
    ]
    if amounts[-1]:
        made.append(
            PurchaseOrderLine(
                number=str(len(part.order.operations) + 1),
                item=TRANSPORT,
                unit=PIECE,
                quantity_milli=1000,
                amount_minor=amounts[-1],
                due_date=last_working_day(max(weeks.values()), part.scope.week0),
            )
        )
    return tuple(made)


def spread(total: int, shares: Sequence[Fraction]) -> tuple[int, ...]:
    """Return whole amounts that add up to `total`: each share rounded down, the rest to the first.

    Parameters
    ----------
    total
        The sum of the shares rounded up, so less than one unit per share is left over.
    """
    amounts = [share.numerator // share.denominator for share in shares]
    amounts[0] += total - sum(amounts)
    return tuple(amounts)


def _id(plan_id: str, order_id: str, enterprise: str) -> str:
    """Return the same id each time the same part of a plan becomes a purchase order."""
    text = f"parkloom/purchase-order/v1\n{plan_id}\n{order_id}\n{enterprise}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]
