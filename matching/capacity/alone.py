"""A plan for one order in whatever idle minutes it is given, confirmed by the exact check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from matching.capacity.check import OrderCost, check
from matching.capacity.columns import MAX_LOTS, MUST, build_columns
from matching.capacity.ground import Ground, Ints
from matching.capacity.kernels.library import Shared
from matching.capacity.kernels.search import Searcher, make_state, search_effort
from matching.capacity.kernels.workspace import (
    SLOT_ENTRY,
    SLOT_MINUTES,
    SLOT_START,
    Workspace,
)
from matching.capacity.plan import PlanLine
from matching.capacity.problem import Order, Problem, Quotation
from matching.capacity.rules import Rules

SEED = 1  # a plan of one order has no randomness of its own: the same question, the same answer


@dataclass(frozen=True, slots=True, kw_only=True)
class AlonePlan:
    """Lines that serve one order and add at least one fen to the objective; their exact cost."""

    lines: tuple[PlanLine, ...]
    cost: OrderCost
    enterprises: tuple[str, ...]  # in the order of the operations, each once

    @property
    def worth_fen(self) -> int:
        """What the order adds to the objective: profit and bonus."""
        return self.cost.profit_fen + self.cost.bonus_fen


class Planner:
    """Plans single orders of one problem."""

    def __init__(self, problem: Problem, ground: Ground) -> None:
        self.problem, self.ground = problem, ground
        self._offers = {offer.offer_id: at for at, offer in enumerate(problem.offers)}
        self._quotations: dict[str, list[Quotation]] = {}
        for quotation in problem.quotations:
            self._quotations.setdefault(quotation.order_id, []).append(quotation)
        self._names = [offer.offer_id for offer in problem.offers]
        self._columns = build_columns(problem)
        self._columns.orders[:, MUST] = 0  # a plan that does not pay is no answer here
        self._no_prices = np.zeros(self._columns.idle.shape)
        self._searcher = Searcher(Shared(self._columns), make_state(SEED, 0))

    def lots_tried(self, at: int) -> int:
        """Return the largest number of lots that `plan` tries for order number `at`."""
        return min(self._columns.lots_max, int(self._columns.orders[at, MAX_LOTS]))

    def plan(self, at: int, idle: Ints) -> AlonePlan | None:
        """Return a profitable plan of order number `at` in the idle minutes (offers × weeks).

        Notes
        -----
        One call of the compiled search, which tries fewer sizes of lots where there are very many
        orders. None proves nothing.
        """
        order, c = self.problem.orders[at], self._columns
        rows = c.rows[c.steps[at] : c.steps[at + 1] + 1]
        if not (np.diff(rows) > 0).all():
            return None
        minutes = np.ascontiguousarray(idle)
        effort = search_effort(len(self.problem.orders))
        lots = self._searcher.plan_alone(at, minutes, self._no_prices, effort)
        steps = len(order.operations)
        lines = planned_lines(
            self._searcher.workspace, self._names, order.order_id, lots=lots, steps=steps
        )
        cost = self._judged(order, lines, idle)
        if cost is None or cost.profit_fen + cost.bonus_fen < 1:
            return None
        return AlonePlan(lines=lines, cost=cost, enterprises=self._who(lines))

    def _judged(self, order: Order, lines: tuple[PlanLine, ...], idle: Ints) -> OrderCost | None:
        """Return the exact cost of lines in the idle minutes; None when a rule is broken."""
        named = {line.offer_id for line in lines}
        offers = tuple(
            replace(self.problem.offers[at], idle_minutes=tuple(idle[at].tolist()))
            for at in sorted(self._offers[offer_id] for offer_id in named)
        )
        quotations = tuple(
            one for one in self._quotations.get(order.order_id, []) if one.offer_id in named
        )
        problem = Problem(
            settings=self.problem.settings,
            parks=self.problem.parks,  # all of them: one is the nearest to the buyer
            offers=offers,
            orders=(order,),
            quotations=quotations,
            rules=Rules(local_first=self.problem.rules.local_first),
        )
        return check(problem, lines).costs.get(order.order_id) if lines else None

    def _who(self, lines: tuple[PlanLine, ...]) -> tuple[str, ...]:
        offers = [self.problem.offers[self._offers[line.offer_id]] for line in lines]
        return tuple(dict.fromkeys(offer.enterprise_id for offer in offers))


def planned_lines(
    w: Workspace, offers: Sequence[str], order_id: str, *, lots: int, steps: int
) -> tuple[PlanLine, ...]:
    """Return the best lots of the order that was planned last in a workspace.

    Parameters
    ----------
    offers
        Names of the offers by their number in the columns.
    lots, steps
        How many lots were found, 0 for none, and how many operations the order has.
    """
    slots = w.lots_best.reshape(-1, w.lots_best.shape[2])[: lots * steps].tolist()
    return tuple(
        PlanLine(
            order_id=order_id,
            lot=number // steps + 1,
            lot_quantity=int(w.quantities_best[number // steps]),
            step=number % steps + 1,
            offer_id=offers[int(w.offer[slot[SLOT_ENTRY]])],
            week=slot[SLOT_START] + later,
            minutes=minutes,
        )
        for number, slot in enumerate(slots)
        for later, minutes in enumerate(slot[SLOT_MINUTES:])
        if minutes > 0
    )
