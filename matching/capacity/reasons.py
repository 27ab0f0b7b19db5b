"""Why each order is in a plan or not, and how that is known.

A refused order gets the strongest statement that holds, in this order: no offer fits an operation;
no route in time; the cheapest route is above the price cap; the cheapest plan costs more than the
value (all four hold for every plan); it would still fit beside the plan; nothing was found even
alone; and else, what it needs is taken.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction
from math import ceil

import numpy as np

from matching.capacity.alone import AlonePlan, Planner
from matching.capacity.check import CheckReport, OrderCost, check
from matching.capacity.eligibility import Eligibility, eligible_offers, refusal
from matching.capacity.ground import Ground, build_ground, quoted_bonuses
from matching.capacity.order_bounds import lateness, least_cost
from matching.capacity.order_routes import PRICE, TOTAL, Weights, surely
from matching.capacity.plan import PlanLine, Price
from matching.capacity.problem import Order, Problem
from matching.capacity.room import Room
from matching.explain import Known, Param, Reason

LISTED_MAX = 5


def reasons_for(
    problem: Problem,
    plan: Iterable[PlanLine],
    prices: Iterable[Price],
    *,
    report: CheckReport | None = None,
) -> dict[str, Reason]:
    """Return a reason for every order, in the order of the problem.

    Parameters
    ----------
    plan
        A valid plan.
    prices
        Those of the plan's bound; offer-weeks that are not listed have price 0.
    report
        What `check` says of the plan, when it is known already.

    Raises
    ------
    ValueError
        When the plan breaks a rule: an invalid plan has no reasons.

    Notes
    -----
    A few milliseconds for each order that is refused although offers fit.
    """
    lines = tuple(plan)
    report = check(problem, lines) if report is None else report
    if report.violations:
        raise ValueError(
            f"the plan breaks {len(report.violations)} rules ({dict(report.counts)}): "
            "reasons are given for valid plans only"
        )
    eligibility = eligible_offers(problem)
    refused = _Refused(problem, lines, prices, eligibility, report)
    who = _enterprises(problem, lines)
    reasons = {}
    for at, order in enumerate(problem.orders):
        cost = report.costs.get(order.order_id)
        if cost is not None:
            reasons[order.order_id] = _matched(order, cost, who[order.order_id])
        else:
            found = refusal(problem, eligibility, at)
            reasons[order.order_id] = found or refused.reason(at)
    return reasons


def _enterprises(problem: Problem, lines: Iterable[PlanLine]) -> dict[str, tuple[str, ...]]:
    """Return who works for each order, by lot and step, each once."""
    owner = {offer.offer_id: offer.enterprise_id for offer in problem.offers}
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for line in sorted(lines, key=lambda line: (line.order_id, line.lot, line.step)):
        found[line.order_id][owner[line.offer_id]] = None
    return {order_id: tuple(names) for order_id, names in found.items()}


def _matched(order: Order, cost: OrderCost, enterprises: tuple[str, ...]) -> Reason:
    exact = (cost.processing, cost.transport, cost.carbon, Fraction(cost.tardy_fen))
    processing, transport, carbon, tardiness = _whole_fen(exact)
    return Reason(
        code="matched",
        params={
            "value_fen": order.value_fen,
            "processing_fen": processing,
            "transport_fen": transport,
            "carbon_fen": carbon,
            "tardiness_fen": tardiness,
            "profit_fen": cost.profit_fen,
            "lots": cost.lots,
            "enterprises": enterprises,
            "arrival_week": cost.arrival_week,
            "tardy_weeks": cost.tardy_weeks,
            "known": Known.PLAN.value,
        },
    )


def _whole_fen(parts: tuple[Fraction, ...]) -> list[int]:
    """Return whole numbers that add up to ceil(Σ parts): the largest remainders go up."""
    whole = [int(part) for part in parts]
    left = ceil(sum(parts)) - sum(whole)
    largest = sorted(range(len(parts)), key=lambda at: (whole[at] - parts[at], at))
    for at in largest[:left]:
        whole[at] += 1
    return whole


class _Refused:
    """Explains the orders that have eligible offers and are not in the plan."""

    def __init__(
        self,
        problem: Problem,
        lines: tuple[PlanLine, ...],
        prices: Iterable[Price],
        eligibility: Eligibility,
        report: CheckReport,
    ) -> None:
        self._problem = problem
        self._quoted_bonuses = quoted_bonuses(problem)
        self._room = Room(problem, lines, report)
        self._ground: Ground = build_ground(problem, eligibility)
        self._planner = Planner(problem, self._ground)
        self._offers = {offer.offer_id: at for at, offer in enumerate(problem.offers)}
        self._idle = self._ground.idle.copy()
        frozen = problem.rules.frozen
        self._frozen_weeks = 0 if frozen is None else frozen.weeks
        self._idle[:, : self._frozen_weeks] = 0
        self._left = self._idle.copy()
        self._holders: dict[tuple[str, int], dict[str, int]] = defaultdict(dict)
        for line in lines:
            if line.week >= self._frozen_weeks:
                self._left[self._offers[line.offer_id], line.week] -= line.minutes
            held = self._holders[line.offer_id, line.week]
            held[line.order_id] = held.get(line.order_id, 0) + line.minutes
        self._prices = {(p.offer_id, p.week): p.millifen_per_minute for p in prices}

    def reason(self, at: int) -> Reason:
        """Return why order number `at` is not in the plan.

        A plan that pays with all capacity free refutes at once that there is no time, that the cap
        is too low and that the order is not worth it: only without one these are looked into.
        """
        free = self._planner.plan(at, self._ground.idle)
        if free is None:
            proven = self._time(at) or self._price_cap(at) or self._not_worth(at)
            return proven or self._nothing_found(at)
        return self._beside_the_plan(at) or self._taken(at, free)

    def _least(self, at: int, weights: Weights) -> float:
        return least_cost(self._problem, self._ground, at, idle=self._ground.idle, weights=weights)

    def _time(self, at: int) -> Reason | None:
        """Return why the largest lot arrives nowhere in time, if that is so."""
        return lateness(self._problem, self._ground, at, idle=self._ground.idle)

    def _price_cap(self, at: int) -> Reason | None:
        order, least = self._problem.orders[at], surely(self._least(at, PRICE))
        if least <= order.max_price_fen:
            return None
        return Reason(
            code="price_cap",
            params={
                "price_fen": least,
                "cap_fen": order.max_price_fen,
                "over_fen": least - order.max_price_fen,
                "known": Known.BOUND.value,
            },
        )

    def _not_worth(self, at: int) -> Reason | None:
        order = self._problem.orders[at]
        bonus = float(self._quoted_bonuses.get(order.order_id, 0))
        least = surely(self._least(at, TOTAL) - bonus)
        if least < order.value_fen + self._room.penalty_fen(order.order_id):
            return None
        return Reason(
            code="not_worth",
            params={
                "value_fen": order.value_fen,
                "cost_fen": least,
                "short_fen": least - order.value_fen,
                "known": Known.BOUND.value,
            },
        )

    def _beside_the_plan(self, at: int) -> Reason | None:
        """Return that the order would fit into what the plan leaves, if it does."""
        found = self._planner.plan(at, self._left)
        if found is None:
            return None
        full = self._room.refusal(found)
        if full is not None:
            params = {**_plan_params(found), **full.params, "known": Known.SEARCH.value}
            return Reason(code=full.code, params=params)
        return Reason(
            code="left_by_limit", params=_plan_params(found) | {"known": Known.LIMIT.value}
        )

    def _nothing_found(self, at: int) -> Reason:
        """Return that no plan was found that pays, even with all capacity free."""
        order = self._problem.orders[at]
        return Reason(
            code="no_plan_found",
            params={
                "value_fen": order.value_fen,
                "cap_fen": order.max_price_fen,
                "lots": self._planner.lots_tried(at),
                "known": Known.SEARCH.value,
            },
        )

    def _taken(self, at: int, free: AlonePlan) -> Reason:
        """Return what the order would need, beside the frozen weeks, and who has it.

        Parameters
        ----------
        free
            A plan of the order with all capacity free, frozen weeks included.
        """
        found = self._planner.plan(at, self._idle) if self._frozen_weeks else free
        if found is None:
            frozen: dict[str, Param] = {"week": self._frozen_weeks, "known": Known.SEARCH.value}
            return Reason(code="weeks_frozen", params=_plan_params(free) | frozen)
        needed: dict[tuple[str, int], int] = defaultdict(int)
        for line in found.lines:
            needed[line.offer_id, line.week] += line.minutes
        charge = sum(self._prices.get(key, 0) * minutes for key, minutes in needed.items())
        short = [key for key, minutes in needed.items() if minutes > self._idle_left(key)]
        short.sort(key=lambda key: (-self._prices.get(key, 0), key))
        charge_fen = -(-charge // 1000)
        priced_out = charge_fen >= found.worth_fen
        rows = self._ground.rows[self._ground.steps[at] : self._ground.steps[at + 1] + 1]
        params: dict[str, Param] = {
            "eligible": tuple(str(count) for count in np.diff(rows).tolist()),
            "binding": tuple(f"{o} {w} {self._prices.get((o, w), 0)}" for o, w in short)[
                :LISTED_MAX
            ],
            "holders": self._hold(short),
            "charge_fen": charge_fen,
            "known": Known.PRICES.value if priced_out else Known.SEARCH.value,
        }
        return Reason(code="capacity_taken", params=_plan_params(found) | params)

    def _idle_left(self, key: tuple[str, int]) -> int:
        return int(self._left[self._offers[key[0]], key[1]])

    def _hold(self, keys: list[tuple[str, int]]) -> tuple[str, ...]:
        """Return the orders that have most of the minutes of some offer-weeks."""
        minutes: dict[str, int] = defaultdict(int)
        for key in keys:
            for order_id, held in self._holders.get(key, {}).items():
                minutes[order_id] += held
        return tuple(sorted(minutes, key=lambda name: (-minutes[name], name))[:LISTED_MAX])


def _plan_params(found: AlonePlan) -> dict[str, Param]:
    return {
        "profit_fen": found.worth_fen,
        "lots": found.cost.lots,
        "enterprises": found.enterprises,
    }
