"""The optional constraints of a problem held against a plan, one by one, in exact arithmetic.

Part of `check`. Rules about single orders look at the lines alone; rules about the whole plan look
at what its orders add up to, and only when no order breaks the base model.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction

from matching.capacity.check_lots import Instance, Tally, misfits
from matching.capacity.plan import PlanLine
from matching.capacity.problem import Offer, Order, Problem
from matching.capacity.rules import (
    BPS,
    Rules,
    arrangement,
    by_order,
    frozen_orders,
    pinned_offers,
)
from matching.capacity.violations import CODES, Found

Lines = Mapping[str, Sequence[PlanLine]]


class OrderRules:
    """Which offers the rules of a problem leave to each order: pins, bans and approvals."""

    def __init__(self, problem: Problem) -> None:
        rules = problem.rules
        self._pins = pinned_offers(rules, problem.orders, problem.offers)
        self._banned = {(b.order_id, b.offer_id) for b in rules.bans if b.offer_id is not None}
        self._shunned = {(b.order_id, b.enterprise_id) for b in rules.bans}
        self._approved = {one.order_id: one.enterprises for one in rules.approved}

    def broken(self, order_id: str, step: int, offer: Offer) -> Iterator[tuple[str, str]]:
        """Yield each rule that keeps an offer from an operation: code and detail."""
        approved = self._approved.get(order_id)
        if approved is not None and offer.enterprise_id not in approved:
            yield "not-approved", f"enterprise {offer.enterprise_id}, approved {sorted(approved)}"
        if (order_id, offer.offer_id) in self._banned:
            yield "ban", f"offer {offer.offer_id} is banned"
        elif (order_id, offer.enterprise_id) in self._shunned:
            yield "ban", f"enterprise {offer.enterprise_id} is banned"
        pinned = self._pins.get((order_id, step), ())
        if any(name != offer.offer_id for name in pinned):
            yield "pin", f"on offer {offer.offer_id}, pinned to {', '.join(pinned)}"


def check_orders(problem: Problem, lines: Lines, *, found: Found) -> None:
    """Check the rules about single orders, apart from those that break the base model.

    Parameters
    ----------
    lines
        The lines of the orders served.
    """
    limits, rules = OrderRules(problem), problem.rules
    offers = {offer.offer_id: offer for offer in problem.offers}
    for order_id, mine in lines.items():
        visits = (
            set() if order_id in found.orders else {(line.step, line.offer_id) for line in mine}
        )
        for step, offer_id in sorted(visits):
            for code, detail in limits.broken(order_id, step, offers[offer_id]):
                found.add(code, f"order {order_id}", f"step {step}: {detail}")
    for one in rules.agreed:
        _expect("agreed", one.order_id, one.lines, lines, found=found)
    if rules.frozen is not None:
        _check_frozen(rules, rules.frozen.weeks, lines, found=found)
    for order in problem.orders:
        if order.order_id in rules.must_serve and order.order_id not in lines:
            found.add("must-serve", f"order {order.order_id}", "refused")


def _expect(
    code: str, order_id: str, expected: Sequence[PlanLine], lines: Lines, *, found: Found
) -> None:
    """Check that an order is served by the expected lines."""
    same = arrangement(lines.get(order_id, ())) == arrangement(expected)
    if not same and order_id not in found.orders:
        served = "served otherwise" if order_id in lines else "not served"
        found.add(code, f"order {order_id}", f"{served}: {CODES[code]}")


def _check_frozen(rules: Rules, weeks: int, lines: Lines, *, found: Found) -> None:
    fixed = frozen_orders(rules)
    for order_id, given in fixed.items():
        _expect("frozen", order_id, given, lines, found=found)
    for order_id, mine in lines.items():
        first = min((line.week for line in mine), default=weeks)
        if order_id not in fixed and order_id not in found.orders and first < weeks:
            detail = f"works in week {first}, the weeks before {weeks} are frozen"
            found.add("frozen", f"order {order_id}", detail)


def check_whole(problem: Problem, tallies: Sequence[Tally], *, found: Found) -> None:
    """Check the rules about the whole plan; `tallies` has one for each order served."""
    rules, minutes = problem.rules, Counter[str]()
    for tally in tallies:
        minutes.update(tally.by_enterprise)
    if rules.enterprise_share is not None:
        most, total = rules.enterprise_share.most_bps, minutes.total()
        for name, worked in sorted(minutes.items()):
            if worked * BPS > most * total:
                detail = f"{worked} of {total} minutes, at most {most} in {BPS}"
                found.add("enterprise-share", f"enterprise {name}", detail)
    if rules.sme_minimum is not None:
        needed = rules.sme_minimum.minutes
        short = {name for name in rules.sme_minimum.enterprises if minutes[name] < needed}
        for name in able_enterprises(problem, short):
            detail = f"{minutes[name]} minutes, at least {needed}"
            found.add("sme-minimum", f"enterprise {name}", detail)
    if rules.carbon_cap is not None:
        grams = sum((tally.carbon_g for tally in tallies), Fraction(0))
        if grams > rules.carbon_cap.grams:
            detail = f"{float(grams):.1f} g, at most {float(rules.carbon_cap.grams):.1f} g"
            found.add("carbon-cap", "plan", detail)


def able_enterprises(problem: Problem, names: Iterable[str]) -> list[str]:
    """Return those of the enterprises that have an offer that fits an operation of an order.

    Fits: every rule of eligibility holds for the whole quantity in one lot, and no pin, ban or
    approval forbids it. Idle minutes do not count.
    """
    wanted = set(names)
    if not wanted:
        return []
    limits, instance = OrderRules(problem), Instance(problem)
    asked: dict[str, list[tuple[Order, int]]] = defaultdict(list)
    for order in problem.orders:
        for step, operation in enumerate(order.operations, 1):
            asked[operation.process].append((order, step))
    able: set[str] = set()
    for offer in problem.offers:
        name = offer.enterprise_id
        if name in wanted - able and any(
            _fits(order, step, offer, instance, limits) for order, step in asked[offer.process]
        ):
            able.add(name)
    return sorted(able)


def _fits(order: Order, step: int, offer: Offer, instance: Instance, limits: OrderRules) -> bool:
    quoted = instance.quotation(order, step, offer.offer_id) is not None
    operation, pieces = order.operations[step - 1], order.quantity
    wrong = misfits(order, operation, offer, lot_quantity=pieces, quoted=quoted)
    return not any(wrong) and not any(limits.broken(order.order_id, step, offer))


def changed_orders(problem: Problem, lines: Lines) -> tuple[str, ...]:
    """Return the orders of the given plan that are served otherwise now, or not at all."""
    return tuple(
        order_id
        for order_id, given in by_order(problem.rules.given).items()
        if arrangement(lines.get(order_id, ())) != arrangement(given)
    )
