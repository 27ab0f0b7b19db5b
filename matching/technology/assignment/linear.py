"""Linear and integer programs from arrays, solved by HiGHS through MathOpt.

The copy of HiGHS inside OR-Tools is used: the package of its own name cannot be loaded into one
process with OR-Tools. Nothing here is trusted: what a plan is worth, and what bounds it, is
recomputed elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from ortools.math_opt import model_pb2
from ortools.math_opt.python import mathopt

from matching.technology.assignment.matrix import Ints

Floats = NDArray[np.float64]

SEED_BELOW = 2**31
SECONDS_LEAST = 0.05


@dataclass(frozen=True, kw_only=True, eq=False)
class Program:
    """Maximise `gain @ x` where `low ≤ rows @ x ≤ high` and `least ≤ x ≤ most`.

    Parameters
    ----------
    gain, least, most
        Per column.
    low, high
        Per row; infinite where open.
    row, column, coefficient
        The entries that are not zero, each place at most once.
    whole
        Whether the columns take integers.
    """

    gain: Floats
    least: Floats
    most: Floats
    low: Floats
    high: Floats
    row: Ints
    column: Ints
    coefficient: Floats
    whole: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class Answer:
    """What the solver states.

    Parameters
    ----------
    values
        Per column; None when it found nothing.
    duals
        Per row, of a continuous program that was solved to the end; else None.
    bound
        What it states that no solution exceeds; infinite when it states nothing.
    ended
        "optimal", "infeasible" or "limit".
    nodes
        Of the search tree.
    """

    values: Floats | None
    duals: Floats | None
    bound: float
    ended: str
    nodes: int


def solve_program(
    program: Program,
    *,
    seconds: float | None = None,
    nodes: int | None = None,
    seed: int = 1,
    start: Floats | None = None,
) -> Answer:
    """Solve a program.

    Parameters
    ----------
    seconds, nodes
        None: until the end. Nodes of the search tree are counted without any clock.
    start
        Values to start from.

    Raises
    ------
    RuntimeError
        When the solver fails or calls a program unbounded: ours never are.
    """
    model = mathopt.Model.from_model_proto(_proto(program))
    variables = list(model.variables())
    limit = None if seconds is None else timedelta(seconds=max(SECONDS_LEAST, seconds))
    gap = 0.0 if program.whole else None
    params = mathopt.SolveParameters(
        time_limit=limit,
        node_limit=nodes,
        random_seed=seed % SEED_BELOW,
        relative_gap_tolerance=gap,
    )
    hints = mathopt.ModelSolveParameters()
    if start is not None:
        given = dict(zip(variables, start.tolist(), strict=True))
        hints.solution_hints.append(mathopt.SolutionHint(variable_values=given))
    result = mathopt.solve(model, mathopt.SolverType.HIGHS, params=params, model_params=hints)
    reason = result.termination.reason
    if reason in _ENDED:
        return _answer(program, result, variables, list(model.linear_constraints()))
    raise RuntimeError(f"the solver ended with {reason.name}: {result.termination.detail}")


_ENDED = {
    mathopt.TerminationReason.OPTIMAL: "optimal",
    mathopt.TerminationReason.INFEASIBLE: "infeasible",
    mathopt.TerminationReason.INFEASIBLE_OR_UNBOUNDED: "infeasible",
    mathopt.TerminationReason.FEASIBLE: "limit",
    mathopt.TerminationReason.NO_SOLUTION_FOUND: "limit",
}


def _answer(program: Program, result: Any, variables: list[Any], rows: list[Any]) -> Answer:
    values = duals = None
    if result.has_primal_feasible_solution():
        values = np.array(result.variable_values(variables))
    ended = _ENDED[result.termination.reason]
    if not program.whole and ended == "optimal" and result.has_dual_feasible_solution():
        duals = np.array(result.dual_values(rows))
    bound = result.termination.objective_bounds.dual_bound
    return Answer(
        values=values,
        duals=duals,
        bound=float(bound),
        ended=ended,
        nodes=int(result.solve_stats.node_count) if program.whole else 0,
    )


def _proto(program: Program) -> model_pb2.ModelProto:
    """Return the program in the solver's own form, filled column by column."""
    columns, rows = len(program.gain), len(program.low)
    proto = model_pb2.ModelProto()
    proto.variables.ids.extend(range(columns))
    proto.variables.lower_bounds.extend(program.least.tolist())
    proto.variables.upper_bounds.extend(program.most.tolist())
    proto.variables.integers.extend([program.whole] * columns)
    proto.objective.maximize = True
    paid = np.flatnonzero(program.gain)
    proto.objective.linear_coefficients.ids.extend(paid.tolist())
    proto.objective.linear_coefficients.values.extend(program.gain[paid].tolist())
    proto.linear_constraints.ids.extend(range(rows))
    proto.linear_constraints.lower_bounds.extend(program.low.tolist())
    proto.linear_constraints.upper_bounds.extend(program.high.tolist())
    order = np.lexsort((program.column, program.row))
    order = order[program.coefficient[order] != 0]
    entries = proto.linear_constraint_matrix
    entries.row_ids.extend(program.row[order].tolist())
    entries.column_ids.extend(program.column[order].tolist())
    entries.coefficients.extend(program.coefficient[order].tolist())
    return proto
