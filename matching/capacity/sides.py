"""Rules about the whole plan: how the search is led to plans that keep them.

Shares, minimums and the carbon cap tie all orders together, so no move can be judged by itself.
The search runs in rounds. After each, what the plan breaks is made dearer (carbon), cheaper (an
enterprise that works too little) or forbidden (more minutes than an enterprise may have), and the
next round starts from there. What a round still breaks is trimmed by leaving orders out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from fractions import Fraction

import numpy as np

from matching.capacity.check import CheckReport
from matching.capacity.columns import CARBON, LEG_CARBON, Columns, Ints, enterprise_names
from matching.capacity.commitments import Committed
from matching.capacity.plan import PlanLine
from matching.capacity.problem import Problem
from matching.capacity.rules import BPS, by_order

ROUNDS = 8
MARGIN = 0.995  # of the share that an enterprise may have: the total still moves
FIRST_CARBON_PRICE = 0.1  # of what the plan earns per gram
FIRST_SUBSIDY = 0.5  # of what the plan earns per minute


class Sides:
    """What the rules about the whole plan ask of one search."""

    def __init__(self, problem: Problem, committed: Committed) -> None:
        self._problem, self._committed = problem, committed
        self._rules = problem.rules
        self._names = enterprise_names(committed.problem)
        self._owner = {offer.offer_id: offer.enterprise_id for offer in problem.offers}
        self._fixed = frozenset(self._rules.must_serve) | {
            line.order_id for line in committed.lines
        }
        self.allowed: Ints | None = None
        self._carbon_price = [0.0, 0.0, np.inf]  # now, too low, high enough; fen per gram
        self._subsidy = dict.fromkeys(self._names, 0.0)  # fen per minute

    @property
    def active(self) -> bool:
        """Whether there is a rule about the whole plan."""
        rules = self._rules
        return not (
            rules.enterprise_share is None
            and rules.sme_minimum is None
            and rules.carbon_cap is None
        )

    def steer(self, columns: Columns) -> Columns:
        """Return the columns with the costs that lead the search; `columns` are the true ones."""
        problem, price = self._committed.problem, self._carbon_price[0]
        grams = np.array([float(offer.carbon_g_per_hour) / 60 for offer in problem.offers])
        paid = np.array([self._subsidy[offer.enterprise_id] for offer in problem.offers])
        rates, money = columns.rates.copy(), columns.money.copy()
        rates[:, CARBON] += price * grams - paid
        per_km = float(problem.settings.transport_g_per_tonne_km) * price
        money[:, LEG_CARBON] += [float(o.weight_kg) / 1000 * per_km for o in problem.orders]
        return columns._replace(rates=rates, money=money)

    def steered_fen(self, lines: Iterable[PlanLine], report: CheckReport) -> dict[str, int]:
        """Return what each order of a plan is worth under the costs that lead the search."""
        worth: dict[str, float] = {
            order_id: cost.profit_fen
            + cost.bonus_fen
            - self._carbon_price[0] * float(cost.carbon_g)
            for order_id, cost in report.costs.items()
        }
        for line in lines:
            paid = self._subsidy.get(self._owner[line.offer_id], 0.0)
            worth[line.order_id] += paid * line.minutes
        return {order_id: int(fen) for order_id, fen in worth.items()}

    def learn(self, lines: tuple[PlanLine, ...], report: CheckReport) -> None:
        """Change the costs and limits by what a whole plan, untrimmed, breaks or keeps."""
        worked = Counter[str]()
        for line in lines:
            worked[self._owner[line.offer_id]] += line.minutes
        earned = sum(cost.profit_fen for cost in report.costs.values())
        if self._rules.enterprise_share is not None:
            share = self._rules.enterprise_share.most_bps / BPS
            most = share * MARGIN * worked.total()
            decided = self._committed.minutes
            allowed = [max(0, int(most) - decided.get(name, 0)) for name in self._names]
            self.allowed = np.array(allowed, np.int64)
        if self._rules.sme_minimum is not None:
            usual = earned / max(1, worked.total())
            for name in self._rules.sme_minimum.enterprises & self._subsidy.keys():
                if worked[name] < self._rules.sme_minimum.minutes:
                    before = self._subsidy[name]
                    self._subsidy[name] = max(2 * before, FIRST_SUBSIDY * usual)
        if self._rules.carbon_cap is not None:
            grams = _grams(report)
            self._move_carbon_price(
                float(grams / self._rules.carbon_cap.grams) if self._rules.carbon_cap.grams else 2,
                earned / max(1.0, float(grams)),
            )

    def _move_carbon_price(self, used: float, usual: float) -> None:
        """Bisect for the least price at which the cap holds; double it while none is known."""
        now, low, high = self._carbon_price
        if used > 1:
            low = max(low, now)
        elif now > 0:
            high = min(high, now)
        else:
            return
        now = (low + high) / 2 if high < np.inf else max(2 * low, FIRST_CARBON_PRICE * usual)
        self._carbon_price = [now, low, high]

    def trim(self, lines: tuple[PlanLine, ...], report: CheckReport) -> tuple[PlanLine, ...]:
        """Leave orders out until shares and the carbon cap hold, or no order is left to leave."""
        mine = {name: list(found) for name, found in by_order(lines).items()}
        while mine and (worst := self._worst(mine, report)) is not None:
            del mine[worst]
        return tuple(line for found in mine.values() for line in found)

    def _worst(self, mine: dict[str, list[PlanLine]], report: CheckReport) -> str | None:
        """Return the order whose loss costs least for what is too much; None when all holds."""
        weights: dict[str, float] = {}
        cap, share = self._rules.carbon_cap, self._rules.enterprise_share
        if cap is not None:
            grams = {name: report.costs[name].carbon_g for name in mine}
            if sum(grams.values(), Fraction(0)) > cap.grams:
                weights = {name: float(number) for name, number in grams.items()}
        if share is not None and not weights:
            by_name: dict[str, Counter[str]] = {}
            for order_id, found in mine.items():
                for line in found:
                    worked = by_name.setdefault(self._owner[line.offer_id], Counter())
                    worked[order_id] += line.minutes
            total = sum(worked.total() for worked in by_name.values())
            over = max(by_name.values(), key=lambda worked: worked.total())
            if over.total() * BPS > share.most_bps * total:
                weights = dict(over)
        able = [name for name in weights if name not in self._fixed and weights[name] > 0]
        return min(
            able, key=lambda name: report.costs[name].profit_fen / weights[name], default=None
        )


def _grams(report: CheckReport) -> Fraction:
    return sum((cost.carbon_g for cost in report.costs.values()), Fraction(0))
