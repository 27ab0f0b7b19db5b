"""Solve a capacity problem and believe nothing that the independent check does not confirm."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from api.services.errors import CheckFailed, NoPlan
from matching.capacity import (
    CapacityResult,
    CheckReport,
    Price,
    Problem,
    check,
    check_bound,
    solve,
)
from matching.explain import render
from matching.limits import Limits, Progress
from matching.result import Status

_NO_PLAN = {
    Status.INFEASIBLE: "No plan can keep these rules.",
    Status.NO_SOLUTION_FOUND: "No plan that keeps all rules was found; more time may help.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """A plan with its bound, both recomputed from the problem alone.

    Parameters
    ----------
    objective_fen, bound_fen, certified_fen
        As recomputed; the certified bound takes no solver's word for what single orders can earn.
        An optimiser that came back without a plan is taken at the empty plan.
    seconds
        Wall-clock time of the solve; the checks do not count.
    """

    problem: Problem
    result: CapacityResult
    report: CheckReport
    objective_fen: int
    bound_fen: int
    certified_fen: int
    seconds: float

    @property
    def gap(self) -> float:
        """(bound - objective) / bound, 0 when the bound is 0."""
        if self.bound_fen <= 0:
            return 0.0
        return (self.bound_fen - self.objective_fen) / self.bound_fen

    @property
    def certified_gap(self) -> float:
        """The gap to the certified bound."""
        if self.certified_fen <= 0:
            return 0.0
        return (self.certified_fen - self.objective_fen) / self.certified_fen

    @property
    def local_share(self) -> float:
        """Share of the matched minutes worked in the park nearest to the buyer, 0..1."""
        return self.report.local_minutes / self.report.minutes if self.report.minutes else 0.0

    @property
    def value_fen(self) -> int:
        """Sum of the values of the served orders, fen."""
        served = set(self.report.served)
        return sum(order.value_fen for order in self.problem.orders if order.order_id in served)


def solve_checked(
    problem: Problem,
    limits: Limits,
    *,
    start: Iterable[Price] = (),
    on_progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Solved:
    """Solve, then recompute feasibility, objective and bound with code that saw no solver.

    Parameters
    ----------
    start
        Prices of an earlier run to begin with.

    Raises
    ------
    NoPlan
        When no plan keeps the problem's rules; the message names what contradicts what.
    CheckFailed
        When plan, objective or bound do not stand up: a fault of the optimiser, never of the
        input. Nothing of such a plan is kept.
    """
    started = time.monotonic()
    result = solve(problem, limits, start=start, on_progress=on_progress, cancelled=cancelled)
    seconds = time.monotonic() - started
    if result.causes:
        raise NoPlan(
            " ".join((_NO_PLAN[result.status], *(render(cause) for cause in result.causes))),
            status=result.status.value,
            causes=", ".join(cause.code for cause in result.causes),
        )
    report, objective_fen = _checked(problem, result)
    bound, certified = _bounded(problem, result)
    if result.objective_fen is None:  # the empty plan is always allowed, and worth 0
        result = replace(result, status=Status.FEASIBLE, objective_fen=0, bound_fen=bound)
    return Solved(
        problem=problem,
        result=result,
        report=report,
        objective_fen=objective_fen,
        bound_fen=bound,
        certified_fen=certified,
        seconds=seconds,
    )


def _checked(problem: Problem, result: CapacityResult) -> tuple[CheckReport, int]:
    """Return what the check found and the objective that it computed. Raises CheckFailed."""
    report = check(
        problem, result.plan, objective_fen=result.objective_fen, bound_fen=result.bound_fen
    )
    if report.violations or report.objective_fen is None:
        raise CheckFailed(
            f"The optimiser's plan breaks {len(report.violations)} rules: {dict(report.counts)}. "
            f"Nothing was kept; please report it with the input and seed {result.seed}.",
            violations=len(report.violations),
        )
    return report, report.objective_fen


def _bounded(problem: Problem, result: CapacityResult) -> tuple[int, int]:
    """Return the bound that the prices prove, and that without the ceilings. Raises CheckFailed."""
    bound = certified = check_bound(problem, result.prices)
    if result.ceilings:
        bound = check_bound(problem, result.prices, result.ceilings)
    if result.bound_fen is not None and bound != result.bound_fen:
        raise CheckFailed(
            f"The optimiser claims the bound {result.bound_fen} fen, its prices prove {bound} fen. "
            f"Nothing was kept; please report it with the input and seed {result.seed}.",
            claimed_fen=result.bound_fen,
            proven_fen=bound,
        )
    return bound, certified
