"""Why a solver stopped, in words shared by every problem of this package."""

from __future__ import annotations

from enum import StrEnum, unique


@unique
class Status(StrEnum):
    """Why the solver stopped, and what is proven. The terms follow OR-Tools MathOpt."""

    OPTIMAL = "optimal"  # proven: no plan is better
    FEASIBLE = "feasible"  # a limit came first; the bound says how far off the plan can be
    INFEASIBLE = "infeasible"  # proven: no plan meets the constraints
    NO_SOLUTION_FOUND = "no_solution_found"  # a limit came first; nothing is proven
