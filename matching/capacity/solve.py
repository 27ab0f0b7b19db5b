"""Match idle capacity to orders: the one call that everything else of this package serves."""

from __future__ import annotations

from collections.abc import Callable

from matching.capacity.certificate import price_list
from matching.capacity.check import CheckReport, check
from matching.capacity.clock import Clock
from matching.capacity.plan import CapacityResult, PlanLine
from matching.capacity.problem import Problem
from matching.limits import Limits, Progress
from matching.result import Status

STAGES = (
    "compile",
    "load",
    "eligibility",
    "greedy",
    "prices",
    "bound",
    "improve",
    "check",
    "explain",
)


def solve(
    problem: Problem,
    limits: Limits,
    *,
    on_progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> CapacityResult:
    """Return the best plan found within the limits, with its bound and its reasons.

    Parameters
    ----------
    limits
        `seconds` do not count compilation, which happens once after installation and is announced
        as the stage "compile", nor the last proof of the bound when it is already running.
    on_progress
        Called in the caller's thread at every stage (`STAGES`, then "done") and while improving.
    cancelled
        Asked often; once it returns True the best plan so far is returned.

    Notes
    -----
    Orders may always be refused, so the base model is never infeasible and there is always a plan,
    be it empty. The plan is checked by `check` before it is returned; an order that fails there
    by a rounding of the search is refused. With `seconds=None` the result depends on the problem,
    the seed and the work alone.
    """
    clock = Clock(limits, on_progress=on_progress, cancelled=cancelled)
    # numba and OR-Tools are loaded here, so that checking a plan needs neither
    from matching.capacity.planning import Engine  # noqa: PLC0415
    from matching.capacity.reasons import reasons_for  # noqa: PLC0415

    _compile(clock)
    clock.enter("eligibility")
    engine = Engine(problem, clock)
    engine.screen()
    clock.enter("greedy")
    engine.greedy()
    greedy_fen = _checked(problem, engine.lines())[1].objective_fen or 0
    if not clock.stopped():
        clock.enter("prices")
        engine.price()
    clock.enter("bound")
    bound_fen = clock.bound_fen = engine.prove()
    if not clock.stopped():
        clock.enter("improve")
        engine.search()
    clock.enter("check")
    engine.finish()
    plan, report = _checked(problem, engine.lines())
    objective_fen = clock.incumbent_fen = report.objective_fen or 0
    clock.enter("explain")
    prices = price_list(problem, engine.millifen)
    reasons = reasons_for(problem, plan, prices, report=report)
    clock.finish()
    proven = objective_fen == bound_fen
    return CapacityResult(
        status=Status.OPTIMAL if proven else Status.FEASIBLE,
        plan=plan,
        objective_fen=objective_fen,
        bound_fen=bound_fen,
        seed=limits.seed,
        prices=prices,
        reasons=reasons,
        timings=clock.timings,
        greedy_fen=greedy_fen,
        work=clock.work,
        stopped_by=clock.stopped_by(proven=proven),
        problem_digest=problem.digest,
    )


def _compile(clock: Clock) -> None:
    """Compile the kernels, or load them from disk, before the limits count."""
    from matching.capacity.warming import is_compiled, warm_up  # noqa: PLC0415

    clock.enter("load" if is_compiled() else "compile")
    warm_up()
    clock.start_counting()


def _checked(
    problem: Problem, plan: tuple[PlanLine, ...]
) -> tuple[tuple[PlanLine, ...], CheckReport]:
    """Return the plan without the orders that break a rule, and its report."""
    report = check(problem, plan)
    while not report.valid:
        wrong = {
            line.order_id
            for line in plan
            for found in report.violations
            if f"{found.where} lot ".startswith(f"order {line.order_id} lot ")
        }
        if not wrong:
            raise AssertionError(f"the search broke a rule: {report.violations[0]}")
        plan = tuple(line for line in plan if line.order_id not in wrong)
        report = check(problem, plan)
    return plan, report
