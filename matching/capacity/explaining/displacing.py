"""Room for one more order: beside the plan, or by moving others that lose less than it brings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from matching.capacity.columns import Ints
from matching.capacity.explaining.requests import Bench, Request
from matching.capacity.explaining.standing import Judged, Served, Standing
from matching.capacity.plan import PlanLine

MOVED_MAX = 4  # orders that make room for one


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A change to the plan that serves an order and that `check` accepts.

    Parameters
    ----------
    served
        The order, and the orders that make room for it: how each is served then.
    judged
        What the change adds to the objective, and the costs.
    """

    served: Mapping[str, Served]
    judged: Judged


class Rooms:
    """Makes room for single orders in a plan that stands."""

    def __init__(self, standing: Standing) -> None:
        self.standing = standing
        rules = standing.problem.rules
        self._stay = standing.decided | rules.must_serve

    @cached_property
    def _holders(self) -> tuple[Bench, Mapping[str, int]]:
        """The orders of the plan, ready to be planned again."""
        names = [name for name in self.standing.lines if name not in self._stay]
        bench = Bench(self.standing.problem, [self.standing.request(name) for name in names])
        return bench, {name: at for at, name in enumerate(names)}

    def beside(
        self, bench: Bench, at: int, request: Request, cap_fen: int | None = None
    ) -> Found | None:
        """Return a plan of a request in the minutes that the plan leaves."""
        name = request.order.order_id
        lines = bench.plan(at, self.standing.left(name), cap_fen=cap_fen)
        return self._judged({name: Served(request=request, lines=lines)}) if lines else None

    def displacing(
        self, bench: Bench, at: int, request: Request, cap_fen: int | None = None
    ) -> Found | None:
        """Return a plan of a request at the plan's prices, for which others make room.

        Those that stand in its way are taken out, the least worth first, and planned again in
        what is left then. None when this is surely worth less than the plan that stands.
        """
        name, standing = request.order.order_id, self.standing
        lines = bench.plan(at, standing.open, prices=standing.prices, cap_fen=cap_fen)
        gain = bench.profit_fen
        moved = self._in_the_way(name, lines)
        if not lines or moved is None:
            return None
        served = {name: Served(request=request, lines=lines)}
        free = standing.left(name, *moved)
        self._take(lines, free)
        holders, position = self._holders
        for other in sorted(moved, key=lambda other: (-standing.worth(other), other)):
            again = holders.plan(position[other], free)
            self._take(again, free)
            gain += (holders.profit_fen if again else 0.0) - standing.worth(other)
            served[other] = Served(request=standing.request(other), lines=again)
        if gain < 0 and not standing.problem.rules:
            return None  # surely worth less: the exact judgement is not needed
        return self._judged(served)

    def _in_the_way(self, name: str, lines: tuple[PlanLine, ...]) -> list[str] | None:
        """Return the orders that hold minutes of the lines; None when they are too many or stay."""
        standing, moved = self.standing, list[str]()
        free = standing.left(name)
        self._take(lines, free)
        wanted = sorted({(standing.offers[line.offer_id], line.week) for line in lines})
        for offer, week in wanted:
            holders = sorted(
                standing.holders.get((offer, week), set()) - {name} - self._stay - set(moved),
                key=lambda other: (standing.worth(other), other),
            )
            while free[offer, week] < 0:
                if not holders or len(moved) == MOVED_MAX:
                    return None
                other = holders.pop(0)
                moved.append(other)
                for line in standing.lines[other]:
                    free[standing.offers[line.offer_id], line.week] += line.minutes
        return moved

    def _take(self, lines: tuple[PlanLine, ...], free: Ints) -> None:
        for line in lines:
            free[self.standing.offers[line.offer_id], line.week] -= line.minutes

    def _judged(self, served: Mapping[str, Served]) -> Found | None:
        judged = self.standing.judge(served)
        return None if judged is None else Found(served=served, judged=judged)
