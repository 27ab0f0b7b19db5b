"""Pins against what they may name; agreed and frozen orders against the problem of today."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from matching.capacity.check import misfits
from matching.capacity.check_rules import OrderRules
from matching.capacity.contradictions.case import Case, Contradiction, contradiction, listed
from matching.capacity.rules import arrangement
from matching.explain import Param

RULE_OF = {  # violation of `check` → rule of eligibility
    "process": "process",
    "size": "size",
    "tolerance": "tolerance",
    "material": "material",
    "certificate": "certificate",
    "excluded": "exclusion",
    "not-quoted": "quotation",
    "minimum-lot": "minimum_lot",
    "not-approved": "approval",
    "ban": "ban",
    "pin": "pin",
}


def wrong_pins(case: Case) -> Iterator[Contradiction]:
    """Yield the pins to offers that do not fit, are banned or not approved, or that disagree."""
    limits = OrderRules(case.problem)
    quoted = {(one.order_id, one.step, one.offer_id) for one in case.problem.quotations}
    for (order_id, step), offers in case.eligibility.limits.pins.items():
        order, fatal = case.orders[order_id], order_id in case.rules.must_serve
        if len(offers) > 1:
            names = listed(offers)
            yield contradiction(
                "pins_disagree", fatal=fatal, order=order_id, step=step, offers=names
            )
        for name in offers:
            offer = case.offers[name]
            at: dict[str, Param] = {"order": order_id, "step": step, "offer": name}
            wrong = misfits(
                order,
                order.operations[step - 1],
                offer,
                lot_quantity=order.quantity,
                quoted=(order_id, step, name) in quoted,
            )
            for code, _ in wrong:
                yield contradiction("pin_misfit", fatal=fatal, **at, rule=RULE_OF[code])
                break
            broken = {code for code, _ in limits.broken(order_id, step, offer)}
            if "ban" in broken:
                yield contradiction("pin_banned", fatal=fatal, **at)
            if "not-approved" in broken:
                owner = offer.enterprise_id
                yield contradiction("pin_not_approved", fatal=fatal, **at, enterprise=owner)


def wrong_decisions(case: Case) -> Iterator[Contradiction]:
    """Yield the agreed and frozen orders that break a rule by themselves."""
    limits = OrderRules(case.problem)
    for order_id, lines in case.decided.items():
        kind = "agreed" if order_id in case.agreed else "frozen"
        broken = [found.code for found in case.alone[order_id].violations]
        if kind == "frozen":  # time that is gone is named by offer and week: `collisions`
            broken = [code for code in broken if code != "capacity"]
        if broken:
            yield contradiction(f"{kind}_invalid", order=order_id, broken=broken[0])
        for step, name in sorted({(line.step, line.offer_id) for line in lines}):
            for code, _ in limits.broken(order_id, step, case.offers[name]):
                rule = RULE_OF[code]
                yield contradiction(
                    f"{kind}_ruled_out", order=order_id, step=step, offer=name, rule=rule
                )
        if kind == "agreed" and _differs_while_frozen(case, order_id):
            weeks = case.frozen_weeks
            yield contradiction("agreed_unfrozen", order=order_id, frozen_weeks=weeks)


def _differs_while_frozen(case: Case, order_id: str) -> bool:
    """Return whether an agreement and the given plan differ about the frozen weeks."""
    agreed, given = case.agreed[order_id], case.given.get(order_id, ())
    early = any(line.week < case.frozen_weeks for line in (*agreed, *given))
    return early and arrangement(agreed) != arrangement(given)


def collisions(case: Case) -> Iterator[Contradiction]:
    """Yield the offer-weeks in which agreed and frozen orders need more minutes than are idle."""
    minutes: dict[tuple[str, int], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for order_id, lines in case.decided.items():
        for line in lines:
            minutes[line.offer_id, line.week][order_id] += line.minutes
    for (name, week), by_order in sorted(minutes.items()):
        total, idle = sum(by_order.values()), case.offers[name].idle_minutes[week]
        if total <= idle:
            continue
        code = "agreed_collide" if by_order.keys() <= case.agreed.keys() else "frozen_overbooked"
        if code == "agreed_collide" and max(by_order.values()) > idle:
            continue  # an agreement that is too much by itself is named as such
        yield contradiction(
            code,
            offer=name,
            week=week,
            minutes=total,
            idle_minutes=idle,
            orders=listed(by_order),
        )
