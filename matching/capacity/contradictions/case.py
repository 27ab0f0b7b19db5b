"""A request under examination: the problem, what its rules decide, and what that leaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from matching.capacity.check import CheckReport, check
from matching.capacity.commitments import committed_lines
from matching.capacity.eligibility import Eligibility, Ints, eligible_offers
from matching.capacity.ground import Ground, build_ground
from matching.capacity.plan import PlanLine
from matching.capacity.problem import Offer, Order, Problem, Quotation
from matching.capacity.rules import NO_RULES, by_order
from matching.explain import Known, Param, Reason

LISTED_MAX = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """One thing that is proved wrong with a request.

    Parameters
    ----------
    code, params
        As of a `Reason`: a key of `TEXTS`, and what its text names.
    fatal
        Whether no plan at all meets the request; else only the order that it names cannot be
        served.
    """

    code: str
    params: Mapping[str, Param]
    fatal: bool

    @property
    def reason(self) -> Reason:
        """The same as a reason, to be rendered in a language."""
        return Reason(code=self.code, params=self.params)


def contradiction(code: str, *, fatal: bool = True, **params: Param) -> Contradiction:
    """Return a contradiction that follows from the problem and its rules alone."""
    return Contradiction(code=code, params={**params, "known": Known.RULES.value}, fatal=fatal)


class Case:
    """A problem with everything that several tests look at; tables are built when first asked."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.rules = problem.rules
        self.orders: dict[str, Order] = {order.order_id: order for order in problem.orders}
        self.offers: dict[str, Offer] = {offer.offer_id: offer for offer in problem.offers}
        self.position = {offer.offer_id: at for at, offer in enumerate(problem.offers)}
        self.agreed = {one.order_id: one.lines for one in self.rules.agreed}
        self.decided = committed_lines(self.rules)
        self.frozen_weeks = 0 if self.rules.frozen is None else self.rules.frozen.weeks
        self._quotations: dict[str, list[Quotation]] = {}
        for one in problem.quotations:
            self._quotations.setdefault(one.order_id, []).append(one)

    @cached_property
    def eligibility(self) -> Eligibility:
        """Eligible offers, pins, bans and approvals included."""
        return eligible_offers(self.problem)

    @cached_property
    def ground(self) -> Ground:
        """The problem as arrays."""
        return build_ground(self.problem, self.eligibility)

    @cached_property
    def used(self) -> Ints:
        """Offers × weeks: minutes of the decided orders."""
        used = np.zeros((len(self.problem.offers), self.problem.settings.weeks), np.int64)
        for lines in self.decided.values():
            for line in lines:
                used[self.position[line.offer_id], line.week] += line.minutes
        return used

    @cached_property
    def left(self) -> Ints:
        """Offers × weeks: idle minutes that may still be planned."""
        left: Ints = np.maximum(0, self.ground.idle - self.used)
        left[:, : self.frozen_weeks] = 0
        return left

    @cached_property
    def alone(self) -> Mapping[str, CheckReport]:
        """What the base model says of each decided order by itself, on all idle minutes."""
        return {order_id: self._judged(order_id) for order_id in self.decided}

    def _judged(self, order_id: str) -> CheckReport:
        lines = self.decided[order_id]
        named = sorted({line.offer_id for line in lines})
        part = Problem(
            settings=self.problem.settings,
            parks=self.problem.parks,
            offers=tuple(self.offers[name] for name in named),
            orders=(self.orders[order_id],),
            quotations=tuple(
                one for one in self._quotations.get(order_id, ()) if one.offer_id in named
            ),
            rules=NO_RULES,
        )
        return check(part, lines)

    @cached_property
    def given(self) -> Mapping[str, tuple[PlanLine, ...]]:
        """The lines of the given plan by order."""
        return by_order(self.rules.given)

    @cached_property
    def complete(self) -> list[int]:
        """Orders, by position, that are not decided and have an eligible offer for every step."""
        steps, counts = self.eligibility.steps, self.eligibility.counts[:, -1]
        return [
            at
            for at, order in enumerate(self.problem.orders)
            if order.order_id not in self.decided and counts[steps[at] : steps[at + 1]].all()
        ]

    def rows_of(self, at: int) -> range:
        """Return the rows of the operations of order number `at`."""
        steps = self.eligibility.steps
        return range(int(steps[at]), int(steps[at + 1]))

    def entries_of(self, row: int) -> slice:
        """Return the entries of a row: its eligible offers."""
        rows = self.eligibility.rows
        return slice(int(rows[row]), int(rows[row + 1]))


def listed(names: Iterable[str]) -> tuple[str, ...]:
    """Return the first few of some names, sorted."""
    return tuple(sorted(set(names))[:LISTED_MAX])
