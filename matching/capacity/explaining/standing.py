"""A plan that stands: what it uses, what it leaves, and what a change to it would be worth.

Every change is judged by `check`, in exact arithmetic. Orders touch each other through minutes
alone, so without rules about several orders it is enough to check the orders that change on the
minutes that the others leave; with such rules the whole changed plan is checked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from matching.capacity.check import CheckReport, OrderCost, check
from matching.capacity.columns import Floats, Ints
from matching.capacity.commitments import committed_lines
from matching.capacity.explaining.requests import Request, own_rules, with_requests
from matching.capacity.plan import PlanLine, Price
from matching.capacity.problem import Offer, Problem, Quotation
from matching.capacity.rules import Rules, by_order

MILLI = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """How one order would be served: as what request, by which lines; no lines refuse it."""

    request: Request
    lines: tuple[PlanLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a change adds to the objective, and what the orders that change then cost, at least."""

    gain_fen: int
    costs: Mapping[str, OrderCost]


class Standing:
    """A valid plan of a problem, with prices of capacity."""

    def __init__(
        self,
        problem: Problem,
        plan: Iterable[PlanLine],
        prices: Iterable[Price] = (),
        *,
        report: CheckReport | None = None,
    ) -> None:
        """Take a plan.

        Raises
        ------
        ValueError
            When the plan breaks a rule: an invalid plan has no explanations; or when a price is
            of no offer and week of the problem.
        """
        self.problem, self.plan = problem, tuple(sorted(plan))
        self.report = check(problem, self.plan) if report is None else report
        if self.report.violations:
            first = self.report.violations[0]
            raise ValueError(
                f"the plan breaks {len(self.report.violations)} rules, first {first.code} "
                f"({first.where}: {first.detail}); only a valid plan is explained: solve again"
            )
        self.orders = {order.order_id: order for order in problem.orders}
        self.offers = {offer.offer_id: at for at, offer in enumerate(problem.offers)}
        self.lines = by_order(self.plan)
        self._quotations: dict[str, list[Quotation]] = defaultdict(list)
        for quotation in problem.quotations:
            self._quotations[quotation.order_id].append(quotation)
        shape = len(problem.offers), problem.settings.weeks
        idle = [offer.idle_minutes for offer in problem.offers]
        self.idle: Ints = np.array(idle, np.int64).reshape(shape)
        frozen = problem.rules.frozen
        self.frozen_weeks = 0 if frozen is None else frozen.weeks
        self.decided = frozenset(committed_lines(problem.rules))
        self.used: Ints = np.zeros(shape, np.int64)
        self.millifen: Ints = np.zeros(shape, np.int64)
        self.holders: dict[tuple[int, int], set[str]] = defaultdict(set)
        for line in self.plan:
            self.used[self.offers[line.offer_id], line.week] += line.minutes
            self.holders[self.offers[line.offer_id], line.week].add(line.order_id)
        for price in prices:
            if price.offer_id not in self.offers or not 0 <= price.week < problem.settings.weeks:
                raise ValueError(
                    f"price of offer {price.offer_id} week {price.week}: the problem has no such "
                    "offer or week; give the prices of its own bound"
                )
            self.millifen[self.offers[price.offer_id], price.week] = price.millifen_per_minute
        self.open: Ints = self.idle.copy()  # minutes that a new plan may use at all
        self.open[:, : self.frozen_weeks] = 0

    @cached_property
    def prices(self) -> Floats:
        """Prices in fen per minute: offers × weeks."""
        table: Floats = self.millifen / MILLI
        return table

    @cached_property
    def _left(self) -> Ints:
        """The minutes that the plan leaves; nothing in the frozen weeks."""
        free = self.idle - self.used
        free[:, : self.frozen_weeks] = 0
        return free

    def left(self, *without: str) -> Ints:
        """Return the minutes that the plan leaves when some orders are taken out of it."""
        free = self._left.copy()
        for order_id in without:
            for line in self.lines.get(order_id, ()):
                if line.week >= self.frozen_weeks:
                    free[self.offers[line.offer_id], line.week] += line.minutes
        return free

    def request(self, order_id: str) -> Request:
        """Return an order as it is asked for."""
        return Request(
            order=self.orders[order_id],
            quotations=tuple(self._quotations.get(order_id, ())),
            rules=own_rules(self.problem.rules, order_id),
        )

    def worth(self, order_id: str) -> int:
        """Return what an order adds to the objective: profit and bonus; 0 when it is refused."""
        cost = self.report.costs.get(order_id)
        return 0 if cost is None else cost.profit_fen + cost.bonus_fen

    def judge(
        self, served: Mapping[str, Served], *, offers: Mapping[str, Offer] | None = None
    ) -> Judged | None:
        """Return what a change to the plan would be worth, exactly.

        Parameters
        ----------
        served
            The orders that are asked for or served otherwise; all others stay as they are.
        offers
            Offers that differ, by id. The plan as it stands is then counted with them too.

        Returns
        -------
        Judged | None
            None when the changed plan breaks a rule.
        """
        changed_offers = offers or {}
        if self._separable(served):
            return self._judge_alone(served, changed_offers)
        problem, plan = self.changed(served, offers=changed_offers)
        report, before = check(problem, plan), self.report.objective_fen
        if changed_offers:
            before = check(with_requests(self.problem, {}, changed_offers), self.plan).objective_fen
        if report.objective_fen is None or before is None:
            return None
        return Judged(gain_fen=report.objective_fen - before, costs=report.costs)

    def changed(
        self, served: Mapping[str, Served], *, offers: Mapping[str, Offer] | None = None
    ) -> tuple[Problem, tuple[PlanLine, ...]]:
        """Return the whole problem and the whole plan with a change."""
        requests = {name: one.request for name, one in served.items()}
        problem = with_requests(self.problem, requests, offers or {})
        kept = [line for line in self.plan if line.order_id not in served]
        return problem, tuple(sorted([*kept, *(p for one in served.values() for p in one.lines)]))

    def _separable(self, served: Mapping[str, Served]) -> bool:
        """Tell whether the orders that change can be judged by themselves."""
        rules = self.problem.rules
        if not rules:
            return True
        others = replace(rules, pins=(), bans=(), approved=(), local_first=None)
        ruled = (own_rules(rules, name) or one.request.rules for name, one in served.items())
        return not others and not any(ruled)

    def _judge_alone(
        self, served: Mapping[str, Served], offers: Mapping[str, Offer]
    ) -> Judged | None:
        free = self.left(*served)
        report = self._report_of(served, free, offers)
        before: int | None = sum(self.worth(name) for name in served)
        if offers:
            as_now = {
                name: Served(request=self.request(name), lines=self.lines.get(name, ()))
                for name in served
            }
            before = self._report_of(as_now, free, offers).objective_fen
        if report.objective_fen is None or before is None:
            return None
        return Judged(gain_fen=report.objective_fen - before, costs=report.costs)

    def _report_of(
        self, served: Mapping[str, Served], free: Ints, offers: Mapping[str, Offer]
    ) -> CheckReport:
        """Check some orders on the minutes that the others leave."""
        lines = [line for one in served.values() for line in one.lines]
        names = {line.offer_id for line in lines}
        used = []
        for at in sorted(self.offers[name] for name in names):
            offer = self.problem.offers[at]
            plain = offers.get(offer.offer_id, offer)
            used.append(replace(plain, idle_minutes=tuple(free[at].tolist())))
        part = replace(
            self.problem,
            offers=tuple(used),
            orders=tuple(one.request.order for one in served.values()),
            quotations=tuple(
                quotation
                for one in served.values()
                for quotation in one.request.quotations
                if quotation.offer_id in names
            ),
            rules=Rules(local_first=self.problem.rules.local_first),
        )
        return check(part, lines)
