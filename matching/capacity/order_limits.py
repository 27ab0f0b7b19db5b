"""The pins, bans and approvals of a problem, by order: what eligibility looks up."""

from __future__ import annotations

from collections.abc import Iterator

from matching.capacity.problem import Offer, Problem
from matching.capacity.rules import pinned_offers

KINDS = ("approval", "ban", "pin")  # in the order in which eligibility applies them


class OrderLimits:
    """Which offers the rules leave to each order."""

    def __init__(self, problem: Problem) -> None:
        rules = problem.rules
        self.approved = {one.order_id: one.enterprises for one in rules.approved}
        self.banned: dict[str, list[str]] = {}  # order → offers
        self.shunned: dict[str, list[str]] = {}  # order → enterprises
        for ban in rules.bans:
            if ban.offer_id is not None:
                self.banned.setdefault(ban.order_id, []).append(ban.offer_id)
            if ban.enterprise_id is not None:
                self.shunned.setdefault(ban.order_id, []).append(ban.enterprise_id)
        self.pins = pinned_offers(rules, problem.orders, problem.offers)
        self._pinned = {order_id for order_id, _ in self.pins}

    def kinds(self, order_id: str) -> frozenset[str]:
        """Return which kinds of these rules an order has."""
        found = {
            "approval": order_id in self.approved,
            "ban": order_id in self.banned or order_id in self.shunned,
            "pin": order_id in self._pinned,
        }
        return frozenset(kind for kind, has in found.items() if has)

    def passed(self, order_id: str, step: int, offer: Offer) -> Iterator[bool]:
        """Yield whether an offer passes each kind, in the order of `KINDS`."""
        approved = self.approved.get(order_id)
        yield approved is None or offer.enterprise_id in approved
        yield (
            offer.offer_id not in self.banned.get(order_id, ())
            and offer.enterprise_id not in self.shunned.get(order_id, ())
        )
        yield all(name == offer.offer_id for name in self.pins.get((order_id, step), ()))
