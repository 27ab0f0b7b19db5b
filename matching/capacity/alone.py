"""A plan for one order in whatever idle minutes it is given, confirmed by the exact check."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from matching.capacity.check import OrderCost, check
from matching.capacity.ground import Ground, Ints
from matching.capacity.order_routes import PRICE, TOTAL, Lot, Search, Weights, exact_lot, fill
from matching.capacity.plan import PlanLine
from matching.capacity.problem import Order, Problem, Quotation

LOTS_TRIED_MAX = 3
TRIED = (TOTAL, Weights(price=1.5), Weights(price=4.0), PRICE)  # ever more for the price cap


@dataclass(frozen=True, slots=True, kw_only=True)
class AlonePlan:
    """Lines that serve one order at a profit of at least one fen, and their exact cost."""

    lines: tuple[PlanLine, ...]
    cost: OrderCost
    enterprises: tuple[str, ...]  # in the order of the operations, each once


class Planner:
    """Plans single orders of one problem."""

    def __init__(self, problem: Problem, ground: Ground) -> None:
        self.problem, self.ground = problem, ground
        self._offers = {offer.offer_id: at for at, offer in enumerate(problem.offers)}
        self._parks = {park.park_id: park for park in problem.parks}
        self._quotations: dict[str, list[Quotation]] = {}
        for quotation in problem.quotations:
            self._quotations.setdefault(quotation.order_id, []).append(quotation)

    def lots_tried(self, at: int) -> int:
        """Return the largest number of lots that `plan` tries for order number `at`."""
        return min(LOTS_TRIED_MAX, int(self.ground.max_lots[at]))

    def plan(self, at: int, idle: Ints) -> AlonePlan | None:
        """Return a profitable plan of order number `at` in the idle minutes (offers × weeks).

        Notes
        -----
        Tries one lot, then equal lots. None proves nothing for more than one lot.
        """
        order = self.problem.orders[at]
        for lots in range(1, self.lots_tried(at) + 1):
            small, more = divmod(order.quantity, lots)
            pieces = [small + (lot < more) for lot in range(lots)]
            for weights in TRIED:
                lines = self._lines(at, pieces, idle.copy(), weights)
                if lines is None:
                    break
                cost = self._judged(order, lines, idle)
                if cost is not None and cost.profit_fen >= 1:
                    return AlonePlan(lines=lines, cost=cost, enterprises=self._who(lines))
        return None

    def _lines(
        self, at: int, pieces: list[int], idle: Ints, weights: Weights
    ) -> tuple[PlanLine, ...] | None:
        """Route one lot after the other; each takes its minutes from `idle`."""
        lines: list[PlanLine] = []
        for number, quantity in enumerate(pieces, 1):
            lot = exact_lot(self.ground, at, quantity)
            search = Search(self.ground, at, idle=idle, weights=weights)
            if not np.isfinite(search.run(lot)):
                return None
            made = self._fill_lot(at, search.route(), lot, idle)
            if made is None:
                return None
            lines += [
                PlanLine(
                    order_id=self.problem.orders[at].order_id,
                    lot=number,
                    lot_quantity=quantity,
                    step=step,
                    offer_id=self.problem.offers[offer].offer_id,
                    week=week,
                    minutes=minutes,
                )
                for step, offer, week, minutes in made
            ]
        return tuple(lines)

    def _fill_lot(
        self, at: int, route: list[int], lot: Lot, idle: Ints
    ) -> list[tuple[int, int, int, int]] | None:
        """Take the minutes of a route from `idle`; return step, offer, week and minutes.

        None when two operations want the same minutes of an offer and one finds none.
        """
        ground, made = self.ground, []
        ready, park = int(ground.release[at]), int(ground.park[route[0]])
        for step, entry in enumerate(route, 1):
            offer, here = int(ground.offer[entry]), int(ground.park[entry])
            ready += int(ground.park_lag[park, here])
            work = int(lot.minutes[entry - lot.start])
            found = fill(idle[offer], work, ready=ready, block=ground.block)
            if found is None:
                return None
            for week, minutes in found.items():
                idle[offer, week] -= minutes
                made.append((step, offer, week, minutes))
            ready, park = max(found), here
        return made

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
        parks = {offer.park_id for offer in offers}
        problem = Problem(
            settings=self.problem.settings,
            parks=tuple(self._parks[park] for park in sorted(parks)),
            offers=offers,
            orders=(order,),
            quotations=quotations,
        )
        return check(problem, lines).costs.get(order.order_id) if lines else None

    def _who(self, lines: tuple[PlanLine, ...]) -> tuple[str, ...]:
        offers = [self.problem.offers[self._offers[line.offer_id]] for line in lines]
        return tuple(dict.fromkeys(offer.enterprise_id for offer in offers))
