"""A part of a live plan as a problem of its own, for `check`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from matching.capacity.booking import lines_of
from matching.capacity.columns import Ints
from matching.capacity.live.plan import LivePlan
from matching.capacity.plan import PlanLine
from matching.capacity.problem import Problem
from matching.capacity.rules import Rules


def part(plan: LivePlan, orders: Iterable[int]) -> tuple[Problem, tuple[PlanLine, ...]]:
    """Return some orders with the minutes that all others leave them, and their lines."""
    book, frozen = plan.book.values, plan.frozen_weeks
    mine = [(plan.orders[at], plan.lots(at)) for at in orders]
    left: dict[int, Ints] = {}
    for _, lots in mine:
        for visit in (visit for lot in lots for visit in lot.visits):
            room = left.setdefault(visit.offer, book.free[visit.offer].copy())
            room[visit.start : visit.start + len(visit.minutes)] += visit.minutes
    offers = []
    for at, room in sorted(left.items()):
        room[:frozen] = 0
        offers.append(replace(plan.problem.offers[at], idle_minutes=tuple(room.tolist())))
    names, ids = {order.order_id for order, _ in mine}, {offer.offer_id for offer in offers}
    problem = Problem(
        settings=plan.problem.settings,
        parks=plan.problem.parks,
        offers=tuple(offers),
        orders=tuple(order for order, _ in mine),
        quotations=tuple(
            one
            for name in sorted(names)
            for one in plan.quotations.get(name, ())
            if one.offer_id in ids
        ),
        rules=_rules_of(plan.problem.rules, names, ids),
    )
    lines = (lines_of(order.order_id, lots, plan.offer_ids) for order, lots in mine)
    return problem, tuple(line for some in lines for line in some)


def _rules_of(rules: Rules, orders: set[str], offers: set[str]) -> Rules:
    """Return the rules that limit where some orders are made, and the bonus for local work."""
    return Rules(
        pins=tuple(p for p in rules.pins if p.order_id in orders and p.offer_id in offers),
        bans=tuple(
            b
            for b in rules.bans
            if b.order_id in orders and (b.offer_id is None or b.offer_id in offers)
        ),
        approved=tuple(one for one in rules.approved if one.order_id in orders),
        local_first=rules.local_first,
    )
