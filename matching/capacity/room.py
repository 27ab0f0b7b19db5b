"""What the rules about a whole plan still leave beside it: for the reasons of refused orders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from fractions import Fraction
from math import ceil, floor

from matching.capacity.alone import AlonePlan
from matching.capacity.check import CheckReport
from matching.capacity.plan import PlanLine
from matching.capacity.problem import Problem
from matching.capacity.rules import BPS
from matching.explain import Param, Reason


class Room:
    """The carbon and the shares that a valid plan uses, held against their limits."""

    def __init__(self, problem: Problem, lines: Iterable[PlanLine], report: CheckReport) -> None:
        self._rules = problem.rules
        self._owner = {offer.offer_id: offer.enterprise_id for offer in problem.offers}
        self._minutes = self._minutes_of(lines)
        self._carbon_g = sum((cost.carbon_g for cost in report.costs.values()), Fraction(0))
        self._given = {line.order_id for line in self._rules.given}

    def _minutes_of(self, lines: Iterable[PlanLine]) -> Counter[str]:
        minutes = Counter[str]()
        for line in lines:
            minutes[self._owner[line.offer_id]] += line.minutes
        return minutes

    def penalty_fen(self, order_id: str) -> int:
        """Return what refusing an order of the given plan costs; 0 for the others."""
        keep = self._rules.keep
        return 0 if keep is None or order_id not in self._given else keep.penalty_fen

    def refusal(self, found: AlonePlan) -> Reason | None:
        """Return which rule about the whole plan keeps an order out that fits beside the plan."""
        cap, share = self._rules.carbon_cap, self._rules.enterprise_share
        if cap is not None and self._carbon_g + found.cost.carbon_g > cap.grams:
            left = floor(cap.grams - self._carbon_g)
            grams = ceil(found.cost.carbon_g)
            return Reason(code="carbon_cap_reached", params={"order_g": grams, "left_g": left})
        if share is not None:
            added = self._minutes_of(found.lines)
            total = self._minutes.total() + added.total()
            for name in added:
                if (self._minutes[name] + added[name]) * BPS > share.most_bps * total:
                    params: dict[str, Param] = {"enterprise": name, "most_bps": share.most_bps}
                    return Reason(code="share_reached", params=params)
        return None
