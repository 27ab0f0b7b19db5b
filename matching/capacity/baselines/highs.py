"""HiGHS on the whole problem, through MathOpt.

The copy of HiGHS inside OR-Tools is used: the package of its own name cannot be loaded into one
process with OR-Tools.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from math import floor, inf, isfinite
from time import monotonic

from ortools.math_opt.python import mathopt

from matching.capacity.baselines.formulation import SCALE, formulate
from matching.capacity.baselines.hint import hint_values
from matching.capacity.baselines.model import VARIABLES_MAX, LinearModel, ModelTooLarge
from matching.capacity.baselines.outcome import Baseline, checked_plan, too_large
from matching.capacity.plan import PlanLine
from matching.capacity.problem import Problem

NAME = "highs"
SEED_BELOW = 2**31


def solve_highs(
    problem: Problem,
    *,
    seconds: float,
    seed: int = 1,
    workers: int = 1,  # noqa: ARG001 - the baselines are called alike
    hint: Sequence[PlanLine] = (),
    variables_max: int = VARIABLES_MAX,
) -> Baseline:
    """Give the whole problem to HiGHS and return its plan, re-checked, and its bound.

    Parameters
    ----------
    seconds
        > 0, building the model included. HiGHS looks at the clock between its steps and may come
        back late from a large root relaxation.
    workers
        Without effect: MathOpt sets no threads for HiGHS, whose tree search has one anyway.
    hint
        A plan to start from; it must be valid.
    """
    began = monotonic()
    try:
        formulation = formulate(problem, variables_max=variables_max)
    except ModelTooLarge as refused:
        return too_large(NAME, str(refused), seconds=monotonic() - began)
    model, variables = _translate(formulation.model)
    start = _start(hint_values(formulation, problem, hint) if hint else {}, variables)
    built = monotonic() - began
    params = mathopt.SolveParameters(
        time_limit=timedelta(seconds=max(0.01, seconds - built)),
        random_seed=seed % SEED_BELOW,
    )
    result = mathopt.solve(model, mathopt.SolverType.HIGHS, params=params, model_params=start)
    plan: tuple[PlanLine, ...] = ()
    objective_fen, note = None, "no plan in time"
    if result.has_primal_feasible_solution():
        given = result.variable_values(variables)
        lines = formulation.lines([round(value) for value in given])
        plan, objective_fen, note = checked_plan(problem, lines)
    bound = result.termination.objective_bounds.dual_bound
    most = formulation.model.objective_most() / SCALE
    return Baseline(
        name=NAME,
        plan=plan,
        objective_fen=objective_fen,
        bound_fen=floor(min(bound, most)) if isfinite(bound) else None,
        status=result.termination.reason.name.lower(),
        note=note,
        variables=len(variables),
        rows=len(formulation.model.rows),
        build_seconds=built,
        seconds=monotonic() - began,
    )


def _start(
    values: Mapping[int, int], variables: Sequence[mathopt.Variable]
) -> mathopt.ModelSolveParameters:
    start = mathopt.ModelSolveParameters()
    if values:
        hinted = {variables[at]: float(value) for at, value in values.items()}
        start.solution_hints.append(mathopt.SolutionHint(variable_values=hinted))
    return start


def _translate(model: LinearModel) -> tuple[mathopt.Model, list[mathopt.Variable]]:
    """Return the model and its variables in the terms of MathOpt; the objective is in fen."""
    made = mathopt.Model(name="capacity")
    variables = [
        made.add_integer_variable(lb=low, ub=high)
        for low, high in zip(model.lower, model.upper, strict=True)
    ]
    for row in model.rows:
        constraint = made.add_linear_constraint(
            lb=-inf if row.lower is None else row.lower,
            ub=inf if row.upper is None else row.upper,
        )
        for at, coefficient in zip(row.variables, row.coefficients, strict=True):
            constraint.set_coefficient(variables[at], coefficient)
    made.objective.is_maximize = True
    for at, coefficient in model.objective.items():
        made.objective.set_linear_coefficient(variables[at], coefficient / SCALE)
    return made, variables
