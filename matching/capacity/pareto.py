"""Fronts: what value costs in local work, in carbon, or in fairness; every point with a bound.

A sweep solves one problem several times, with another weight or limit each time. What the solver
proves of such a problem bounds the front; `docs/spec/capacity.md`, section 9, has the proofs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum, unique
from fractions import Fraction
from math import floor

from matching.capacity.check import CheckReport, check
from matching.capacity.plan import CapacityResult, PlanLine
from matching.capacity.problem import Problem
from matching.capacity.rules import BPS, EnterpriseShare, LocalFirst
from matching.limits import Limits

BONUSES = (0, 1_000, 2_000, 4_000, 8_000, 16_000)  # fen per hour
CARBON_STEPS = (1, 3, 10, 30, 100, 300)  # times the present price, or times one fen per kg
SHARES_BPS = (BPS, 3_000, 2_000, 1_500, 1_000, 700)


@unique
class Front(StrEnum):
    """What value is held against."""

    LOCAL = "local"  # local bonus: more is better
    CARBON = "carbon"  # grams: less is better
    FAIRNESS = "fairness"  # the largest share of one enterprise: less is better


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One plan of a front.

    Parameters
    ----------
    weight
        What was swept: bonus in fen per hour, carbon price in fen per kg, largest share in bps.
    value_fen
        The objective of the problem as it is: without the swept bonus, at its own carbon price.
    other
        Local share, grams, or the largest share of one enterprise, exactly.
    bound_fen
        No plan that is at least as good in the other respect has a greater value. For local work
        that respect is the local bonus in fen at the swept rate, see `bonus_fen`.
    """

    weight: Fraction
    value_fen: int
    other: Fraction
    bound_fen: int
    bonus_fen: int
    served: int
    plan: tuple[PlanLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """One solved problem of a sweep."""

    weight: Fraction
    result: CapacityResult
    report: CheckReport  # of the plan in the swept problem
    value_fen: int
    largest_share: Fraction


def front(
    problem: Problem,
    kind: Front,
    limits: Limits,
    *,
    solver: Callable[[Problem, Limits], CapacityResult],
    weights: Sequence[Fraction] | None = None,
) -> tuple[Point, ...]:
    """Return the points of a front that no other point dominates, sorted by falling value.

    Parameters
    ----------
    limits
        Of every single solve.
    weights
        What to sweep; by default `BONUSES`, multiples of the carbon price, or `SHARES_BPS`.

    Raises
    ------
    ValueError
        For a weight that the swept rule cannot have, or a carbon price below the present one.
    """
    swept = default_weights(problem, kind) if weights is None else tuple(weights)
    problems = [(weight, _swept(problem, kind, weight)) for weight in swept]
    runs = [_run(problem, kind, weight, other, solver(other, limits)) for weight, other in problems]
    done = [run for run in runs if run.result.bound_fen is not None and run.report.valid]
    return undominated([_point(problem, kind, run, done) for run in done], kind)


def default_weights(problem: Problem, kind: Front) -> tuple[Fraction, ...]:
    """Return what is swept when nothing is said."""
    if kind is Front.LOCAL:
        return tuple(Fraction(bonus) for bonus in BONUSES)
    if kind is Front.FAIRNESS:
        return tuple(Fraction(bps) for bps in SHARES_BPS)
    now = problem.settings.carbon_fen_per_kg
    if not now:
        return (Fraction(0), *(Fraction(step) for step in CARBON_STEPS))
    return tuple(now * step for step in CARBON_STEPS)


def _swept(problem: Problem, kind: Front, weight: Fraction) -> Problem:
    """Return the problem with a weight or a limit."""
    rules = problem.rules
    if kind is Front.CARBON:
        if weight < problem.settings.carbon_fen_per_kg:
            raise ValueError(
                f"carbon front: expected prices from {problem.settings.carbon_fen_per_kg} fen per "
                f"kg up, got {weight}"
            )
        return replace(problem, settings=replace(problem.settings, carbon_fen_per_kg=weight))
    if weight.denominator != 1:
        raise ValueError(f"{kind.value} front: expected whole weights, got {weight}")
    if kind is Front.LOCAL:
        first = LocalFirst(bonus_fen_per_hour=int(weight)) if weight else None
        return replace(problem, rules=replace(rules, local_first=first))
    own = BPS if rules.enterprise_share is None else rules.enterprise_share.most_bps
    most = min(int(weight), own)  # the problem's own limit holds in every point
    share = EnterpriseShare(most_bps=most) if most != BPS else None
    return replace(problem, rules=replace(rules, enterprise_share=share))


def _run(
    problem: Problem, kind: Front, weight: Fraction, swept: Problem, result: CapacityResult
) -> _Run:
    report = check(swept, result.plan)
    value = (report.objective_fen or 0) - (report.bonus_fen if kind is Front.LOCAL else 0)
    if kind is Front.CARBON:
        value = check(problem, result.plan).objective_fen or 0
    return _Run(
        weight=weight,
        result=result,
        report=report,
        value_fen=value,
        largest_share=largest_share(problem, result.plan),
    )


def largest_share(problem: Problem, plan: Iterable[PlanLine]) -> Fraction:
    """Return the largest share of one enterprise in the minutes of a plan; 0 of an empty one."""
    owner = {offer.offer_id: offer.enterprise_id for offer in problem.offers}
    minutes = Counter[str]()
    for line in plan:
        minutes[owner[line.offer_id]] += line.minutes
    return Fraction(max(minutes.values()), minutes.total()) if minutes else Fraction(0)


def _point(problem: Problem, kind: Front, run: _Run, runs: Sequence[_Run]) -> Point:
    report = run.report
    if kind is Front.LOCAL:
        minutes = report.minutes
        other = Fraction(report.local_minutes, minutes) if minutes else Fraction(0)
        plain = [one.result.bound_fen or 0 for one in runs if not one.weight]
        bound = min([(run.result.bound_fen or 0) - report.bonus_fen, *plain])
    elif kind is Front.CARBON:
        other = sum((cost.carbon_g for cost in report.costs.values()), Fraction(0))
        bound = min(_carbon_bound(problem, one, other) for one in runs)
    else:
        other = run.largest_share
        bound = min(one.result.bound_fen or 0 for one in runs if one.weight >= other * BPS)
    return Point(
        weight=run.weight,
        value_fen=run.value_fen,
        other=other,
        bound_fen=bound,
        bonus_fen=report.bonus_fen,
        served=len(report.served),
        plan=run.result.plan,
    )


def _carbon_bound(problem: Problem, run: _Run, grams: Fraction) -> int:
    """Return what no plan with at most so many grams exceeds, by one bound at another price."""
    dearer = run.weight - problem.settings.carbon_fen_per_kg
    rounding = len(problem.orders) if dearer else 0  # each cost is rounded up once in both
    return (run.result.bound_fen or 0) + floor(dearer * grams / 1000) + rounding


def undominated(points: Iterable[Point], kind: Front) -> tuple[Point, ...]:
    """Return the points that no other beats in one respect without losing in the other."""
    sign = 1 if kind is Front.LOCAL else -1
    ranked = sorted(points, key=lambda one: (-one.value_fen, -sign * one.other))
    kept: list[Point] = []
    for point in ranked:
        if not kept or sign * point.other > sign * kept[-1].other:
            kept.append(point)
    return tuple(kept)
