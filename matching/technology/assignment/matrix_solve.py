"""Assign providers to demands from a bare matrix: plan, bound, causes, what was relaxed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from matching.explain import Param, Reason
from matching.limits import Limits
from matching.result import Status
from matching.technology.assignment.clock import Clock
from matching.technology.assignment.fairness import greatest_floor
from matching.technology.assignment.floors import best_with_floor
from matching.technology.assignment.flow import Flow, best_flow, flow_prices
from matching.technology.assignment.matrix import Bools, Matrix
from matching.technology.assignment.matrix_causes import (
    below_floor,
    causes,
    crowded,
    shown,
)
from matching.technology.assignment.matrix_check import (
    MatrixFigures,
    MatrixPrices,
    figures,
    total_bound,
    violations,
)


@dataclass(frozen=True, kw_only=True, eq=False)
class MatrixResult:
    """An assignment with what is proved about it.

    Parameters
    ----------
    status
        Of the problem as it was asked. When it is INFEASIBLE, the plan is that of the relaxed
        problem below.
    matrix, floor
        The problem that the plan solves: the one asked, or the relaxed one; `floor` in units.
    chosen
        Providers × demands; a plan without pairs when there is none.
    bound
        No plan of `matrix` with `floor` has a greater total, in units.
    price_bound
        The same as `prices` alone prove it: anyone recomputes it with
        `matrix_check.total_bound`. Never below `bound`.
    searched
        Whether `bound` rests on a tree search and not on the prices.
    causes
        Why the problem as asked has no plan; empty when it has one or nothing is known.
    relaxed
        What was given up to get a plan; empty when nothing was.
    stopped_by
        What cut a search short: "seconds", "work" or "cancelled"; "end" when nothing did.
    """

    status: Status
    matrix: Matrix
    floor: int | None
    chosen: Bools
    bound: int
    price_bound: int
    prices: MatrixPrices
    searched: bool
    causes: tuple[Reason, ...]
    relaxed: tuple[Reason, ...]
    stopped_by: str
    seconds: float

    @property
    def figures(self) -> MatrixFigures:
        """What the plan is, recomputed from its pairs."""
        return figures(self.matrix, self.chosen)

    @property
    def gap(self) -> float:
        """How far below the bound the plan is, as a share of the bound."""
        total = self.figures.total
        return (self.bound - total) / abs(self.bound) if self.bound else float(total != 0)


def assign_matrix(
    matrix: Matrix,
    *,
    limits: Limits,
    floor: int | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> MatrixResult:
    """Return the assignment of greatest total, in which every demand reaches the floor if given.

    Parameters
    ----------
    floor
        In units of score (`Matrix.in_units`). None: no floor.
    limits
        Of each search; `work` counts the nodes of search trees.
    cancelled
        Asked now and then, from this thread: when it says yes, the best plan so far is returned.

    Notes
    -----
    When loads cannot be met, the relaxed problem leaves as few places empty as possible, then as
    few providers below their least as possible. When the floor cannot be met, it asks for the
    greatest floor that was reached instead.
    """
    clock = Clock(limits, cancelled)
    flow = best_flow(matrix)
    why: tuple[Reason, ...] = ()
    relaxed: tuple[Reason, ...] = ()
    if not flow.complete:
        why = causes(matrix) or tuple(filter(None, (crowded(matrix, flow.chosen),)))
        relaxed = tuple(_given_up(matrix, flow))
        matrix = _relaxed_loads(matrix, flow)
    prices = flow_prices(matrix, flow.chosen)
    best = MatrixResult(
        status=Status.INFEASIBLE if relaxed else Status.OPTIMAL,
        matrix=matrix,
        floor=None,
        chosen=flow.chosen,
        bound=total_bound(matrix, prices),
        price_bound=total_bound(matrix, prices),
        prices=prices,
        searched=False,
        causes=why,
        relaxed=relaxed,
        stopped_by="end",
        seconds=0.0,
    )
    if floor is not None:
        best = _with_floor(best, floor, clock)
    if found := violations(best.matrix, best.chosen, floor=best.floor):
        raise RuntimeError(f"the plan breaks a rule, which is a fault of the program: {found[0]}")
    return replace(best, stopped_by=clock.stopped_by, seconds=clock.elapsed_seconds)


def _with_floor(best: MatrixResult, floor: int, clock: Clock) -> MatrixResult:
    """Return the best plan with a floor, or with the greatest floor that can be reached."""
    matrix = best.matrix
    if best.figures.minimum >= floor:
        return replace(best, floor=floor)
    low = below_floor(matrix, floor)
    if not low:
        plan = best_with_floor(matrix, floor, clock=clock, near=best.chosen)
        if plan.chosen is not None:
            return _kept(best, floor, plan.chosen, plan.prices, plan.bound, optimal=best.status)
        if not plan.impossible:
            unknown = Reason(code="floor_open", params={"floor": shown(matrix, floor)})
            fairest = greatest_floor(matrix, clock=clock, near=best.chosen)
            if fairest.reached < floor:
                return _lowered(best, floor, fairest.chosen, fairest.reached, (unknown,), clock)
    fairest = greatest_floor(matrix, clock=clock, near=best.chosen)
    params: dict[str, Param] = {
        "floor": shown(matrix, floor),
        "most": shown(matrix, min(fairest.bound, floor)),
    }
    why = low or (Reason(code="floor_too_high", params=params),)
    return _lowered(best, floor, fairest.chosen, fairest.reached, why, clock)


def _lowered(
    best: MatrixResult,
    asked: int,
    fairest: Bools,
    reached: int,
    why: tuple[Reason, ...],
    clock: Clock,
) -> MatrixResult:
    """Return the best plan with the greatest floor that was reached, and say so."""
    matrix = best.matrix
    params: dict[str, Param] = {"floor": shown(matrix, asked), "kept": shown(matrix, reached)}
    given_up = (*best.relaxed, Reason(code="floor_lowered", params=params))
    proved = why[0].code != "floor_open"
    status = Status.INFEASIBLE if proved or best.relaxed else Status.NO_SOLUTION_FOUND
    best = replace(best, causes=(*best.causes, *why), relaxed=given_up, status=status)
    if best.figures.minimum >= reached:
        return replace(best, floor=reached)
    clock.restart()
    plan = best_with_floor(matrix, reached, clock=clock, near=best.chosen)
    better = plan.chosen if plan.chosen is not None else fairest
    return _kept(best, reached, better, plan.prices, plan.bound, optimal=status)


def _kept(
    best: MatrixResult,
    floor: int,
    chosen: Bools,
    prices: MatrixPrices,
    bound: int,
    *,
    optimal: Status,
) -> MatrixResult:
    total = figures(best.matrix, chosen).total
    proved = total_bound(best.matrix, prices, floor=floor)
    status = optimal
    if optimal is Status.OPTIMAL and total < min(bound, proved):
        status = Status.FEASIBLE
    return replace(
        best,
        status=status,
        floor=floor,
        chosen=chosen,
        bound=min(bound, proved),
        price_bound=proved,
        prices=prices,
        searched=bound < proved,
    )


def _given_up(matrix: Matrix, flow: Flow) -> Iterator[Reason]:
    for demand in np.flatnonzero(flow.unfilled).tolist():
        load = int(matrix.demand_load[demand])
        params: dict[str, Param] = {
            "demand": str(demand),
            "needed": load,
            "found": load - int(flow.unfilled[demand]),
        }
        yield Reason(code="places_empty", params=params)
    for provider in np.flatnonzero(flow.short).tolist():
        least = int(matrix.provider_min[provider])
        short: dict[str, Param] = {
            "provider": str(provider),
            "needed": least,
            "found": least - int(flow.short[provider]),
        }
        yield Reason(code="least_missed", params=short)


def _relaxed_loads(matrix: Matrix, flow: Flow) -> Matrix:
    """Return the problem that asks for as much as the fullest plan gives."""
    load = flow.chosen.sum(axis=1)
    return replace(
        matrix,
        demand_load=matrix.demand_load - flow.unfilled,
        provider_min=np.minimum(matrix.provider_min, load),
    )
