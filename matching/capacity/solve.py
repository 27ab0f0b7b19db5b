"""Match idle capacity to orders: the one call that everything else of this package serves."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from matching.capacity.certificate import price_list
from matching.capacity.check import CheckReport, check
from matching.capacity.clock import Clock
from matching.capacity.commitments import Committed, commit
from matching.capacity.contradictions import contradictions
from matching.capacity.plan import CapacityResult, Ceiling, PlanLine, Price
from matching.capacity.problem import Problem
from matching.capacity.sides import ROUNDS, Sides
from matching.explain import Known, Reason
from matching.limits import Limits, Progress
from matching.result import Status

if TYPE_CHECKING:
    from matching.capacity.planning import Engine

Lines = tuple[PlanLine, ...]

BROKEN_LISTED_MAX = 10
STAGES = (
    "eligibility",
    "greedy",
    "prices",
    "bound",
    "construct",
    "improve",
    "check",
    "explain",
)


def solve(
    problem: Problem,
    limits: Limits,
    *,
    start: Iterable[Price] = (),
    on_progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> CapacityResult:
    """Return the best plan found within the limits, with its bound and its reasons.

    Parameters
    ----------
    limits
        `seconds` do not count the check of the plan and the reasons for it.
    start
        Prices of an earlier run of a similar problem, to begin with; those of offers and weeks that
        are not there any more are left out. They cost nothing but time when they are far off.
    on_progress
        Called in the caller's thread at every stage (`STAGES`, then "done") and while improving.
    cancelled
        Asked often; once it returns True the best plan so far is returned.

    Notes
    -----
    Orders may always be refused, so the base model is never infeasible and there is always a plan,
    be it empty. Rules can contradict each other: what is proved is INFEASIBLE with its causes; when
    no plan that keeps all rules is found within the limits, the status is NO_SOLUTION_FOUND and the
    causes are what the best plan found still breaks. The plan is checked by `check` before it is
    returned; an order that fails there by a rounding of the search is refused. With `seconds=None`
    the result depends on the problem, the seed, the work and the prices to start with alone.
    """
    clock = Clock(limits, on_progress=on_progress, cancelled=cancelled)
    # OR-Tools and the kernels are loaded here, so that checking a plan needs neither
    from matching.capacity.planning import Engine  # noqa: PLC0415
    from matching.capacity.reasons import reasons_for  # noqa: PLC0415

    clock.enter("eligibility")
    if wrong := _fatal(problem):
        return _without_plan(Status.INFEASIBLE, wrong, problem, clock)
    committed = commit(problem)
    found = _run(problem, committed, Engine(committed.problem, clock, start))
    plan, report = found.plan, found.report
    if report.objective_fen is None:
        return _without_plan(Status.NO_SOLUTION_FOUND, _broken(report), problem, clock)
    objective_fen = clock.incumbent_fen = report.objective_fen
    clock.enter("explain")
    reasons = reasons_for(problem, plan, found.prices, report=report)
    clock.finish()
    proven = objective_fen == found.bound_fen
    return CapacityResult(
        status=Status.OPTIMAL if proven else Status.FEASIBLE,
        plan=plan,
        objective_fen=objective_fen,
        bound_fen=found.bound_fen,
        seed=limits.seed,
        prices=found.prices,
        reasons=reasons,
        timings=clock.timings,
        greedy_fen=found.greedy_fen,
        work=clock.work,
        stopped_by=clock.stopped_by(proven=proven),
        problem_digest=problem.digest,
        ceilings=found.ceilings,
        certified_fen=found.certified_fen,
    )


class _Found(NamedTuple):
    """What a run of the engine leaves behind, and all that is kept of it."""

    plan: Lines
    report: CheckReport
    greedy_fen: int | None
    bound_fen: int
    certified_fen: int
    prices: tuple[Price, ...]
    ceilings: tuple[Ceiling, ...]


def _run(problem: Problem, committed: Committed, engine: Engine) -> _Found:
    """Let the engine run; its tables go with it, before reasons are looked for."""
    bound_fen = _before_the_search(engine, committed)
    plan, report = _improve(problem, committed, engine)
    return _Found(
        plan=plan,
        report=report,
        greedy_fen=_greedy_fen(committed, engine),
        bound_fen=bound_fen,
        certified_fen=engine.certified_fen + committed.fixed_fen,
        prices=price_list(problem, engine.millifen),
        ceilings=engine.named_ceilings(),
    )


def _fatal(problem: Problem) -> tuple[Reason, ...]:
    """Return the contradictions of the rules that leave no plan at all."""
    found = (one for one in contradictions(problem) if one.fatal)
    return tuple(Reason(code=one.code, params=one.params) for one in found)


def _before_the_search(engine: Engine, committed: Committed) -> int:
    """Make the baseline, the prices and a first plan; return the bound.

    In problems of many orders the plans, which take one thread, are made beside what takes all of
    them; the timings of these stages overlap.
    """
    clock = engine.clock
    engine.screen()
    if not engine.overlaps:
        clock.enter("greedy")
        engine.greedy()
        engine.tell_incumbent()
        if not clock.stopped():
            clock.enter("prices")
            engine.price()
        clock.enter("bound")
        engine.prove()
        if not clock.stopped():
            clock.enter("construct")
            engine.construct()
    else:
        clock.enter("prices")
        engine.beside(engine.price, partial(clock.aside, "greedy", engine.greedy))
        engine.tell_incumbent()
        clock.enter("bound")
        engine.beside(engine.prove, partial(clock.aside, "construct", engine.construct))
    bound_fen = clock.bound_fen = engine.bound_fen + committed.fixed_fen
    engine.tell_incumbent()
    return bound_fen


def _improve(problem: Problem, committed: Committed, engine: Engine) -> tuple[Lines, CheckReport]:
    """Search within the limits; return the best valid plan, or the last one that is not.

    Rules about the whole plan take rounds: after each, what the plan breaks leads the next.
    """
    clock, sides = engine.clock, Sides(problem, committed)
    rounds = ROUNDS if sides.active else 1
    begun, best = clock.share_spent(), None
    for number in range(1, rounds + 1):
        if not clock.stopped():
            clock.enter("improve")
            engine.search(begun + (1 - begun) * number / rounds)
        clock.enter("check")
        engine.finish()
        lines = committed.lines + engine.lines()
        raw = _measured(problem, lines)
        plan, report = _checked(problem, sides.trim(lines, raw) if sides.active else lines)
        if best is None or _rank(report) > _rank(best[1]):
            best = plan, report
        if number < rounds:
            sides.learn(lines, raw)
            mine = _less(lines, committed)
            worth = sides.steered_fen(lines, raw)
            engine.restart(sides.steer(engine.columns), sides.allowed, mine, worth)
    assert best is not None
    return best


def _rank(report: CheckReport) -> tuple[bool, int]:
    """Order reports: valid ones first, then by objective."""
    return report.valid, report.objective_fen or 0


def _less(lines: Lines, committed: Committed) -> Lines:
    decided = {line.order_id for line in committed.lines}
    return tuple(line for line in lines if line.order_id not in decided)


def _measured(problem: Problem, lines: Lines) -> CheckReport:
    """Return what each order of a plan costs, the rules about the whole plan aside."""
    aside = replace(problem.rules, enterprise_share=None, sme_minimum=None, carbon_cap=None)
    return check(replace(problem, rules=aside), lines)


def _greedy_fen(committed: Committed, engine: Engine) -> int | None:
    """Return the objective of the greedy plan; None when it breaks a rule that it cannot know."""
    report = _checked(committed.problem, engine.greedy_lines())[1]
    if report.objective_fen is None:
        return None
    return report.objective_fen + committed.fixed_fen


def _broken(report: CheckReport) -> tuple[Reason, ...]:
    """Return the rules that the best plan found still breaks, as reasons."""
    return tuple(
        Reason(
            code="rule_not_kept",
            params={
                "rule": found.code,
                "where": found.where,
                "detail": found.detail,
                "known": Known.SEARCH.value,
            },
        )
        for found in report.violations[:BROKEN_LISTED_MAX]
    )


def _without_plan(
    status: Status, causes: tuple[Reason, ...], problem: Problem, clock: Clock
) -> CapacityResult:
    clock.finish()
    return CapacityResult(
        status=status,
        plan=(),
        objective_fen=None,
        bound_fen=None,
        seed=clock.limits.seed,
        causes=causes,
        timings=clock.timings,
        work=clock.work,
        stopped_by=clock.stopped_by(proven=status is Status.INFEASIBLE),
        problem_digest=problem.digest,
    )


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
        if not wrong:  # a rule about the whole plan, or about an order that is not served
            return plan, report
        plan = tuple(line for line in plan if line.order_id not in wrong)
        report = check(problem, plan)
    return plan, report
