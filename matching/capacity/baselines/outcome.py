"""What a general solver came back with, re-checked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from matching.capacity.check import check
from matching.capacity.plan import PlanLine
from matching.capacity.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """A plan of a general solver and the bound that it states.

    Parameters
    ----------
    name
        "cpsat" or "highs".
    plan, objective_fen
        Re-checked by `check`; no lines and None when no plan came in time.
    bound_fen
        As the solver states it, None without one. Unlike the engine's it has no certificate.
    status
        The solver's own word, or "too_large" when the model was not given to it.
    note
        What a reader should know besides: why there is no plan, or which orders were taken out.
    variables, rows
        Size of the model; 0 when it was too large to build.
    build_seconds, seconds
        Building the model, and all together; the limit counts both.
    """

    name: str
    plan: tuple[PlanLine, ...]
    objective_fen: int | None
    bound_fen: int | None
    status: str
    note: str
    variables: int
    rows: int
    build_seconds: float
    seconds: float

    def __post_init__(self) -> None:
        if self.plan and self.objective_fen is None:
            raise ValueError(f"{self.name}: a plan of {len(self.plan)} lines without an objective")
        if None not in (self.objective_fen, self.bound_fen):
            assert self.objective_fen is not None
            assert self.bound_fen is not None
            if self.objective_fen > self.bound_fen:
                raise ValueError(
                    f"{self.name}: objective {self.objective_fen} exceeds the bound "
                    f"{self.bound_fen}"
                )

    @property
    def gap(self) -> float | None:
        """(bound - objective) / bound; None when either is missing or the bound is not positive."""
        if self.objective_fen is None or self.bound_fen is None or self.bound_fen <= 0:
            return None
        return (self.bound_fen - self.objective_fen) / self.bound_fen


def too_large(name: str, note: str, *, seconds: float) -> Baseline:
    """Return the outcome of a model that was not built."""
    return Baseline(
        name=name,
        plan=(),
        objective_fen=None,
        bound_fen=None,
        status="too_large",
        note=note,
        variables=0,
        rows=0,
        build_seconds=seconds,
        seconds=seconds,
    )


def checked_plan(
    problem: Problem, lines: Iterable[PlanLine]
) -> tuple[tuple[PlanLine, ...], int, str]:
    """Return a plan that `check` accepts, its objective, and what had to be taken out of it.

    A solver keeps its rows up to a tolerance, and the rows for the price caps are rounded in the
    order's favour; the few orders that break a rule by so little are refused.

    Raises
    ------
    ValueError
        When a broken rule names no order: then the model itself is wrong.
    """
    plan = tuple(lines)
    report = check(problem, plan)
    taken_out: set[str] = set()
    while report.objective_fen is None:
        places = [f"{found.where} " for found in report.violations]
        wrong = {
            line.order_id
            for line in plan
            if any(place.startswith(f"order {line.order_id} ") for place in places)
        }
        if not wrong:
            raise ValueError(f"the model allows what the rules do not: {report.violations[0]}")
        taken_out |= wrong
        plan = tuple(line for line in plan if line.order_id not in wrong)
        report = check(problem, plan)
    note = f"taken out by the check: {', '.join(sorted(taken_out))}" if taken_out else ""
    return plan, report.objective_fen, note
