"""CP-SAT on the whole problem, through its own integer interface."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import monotonic

from ortools.sat.python import cp_model

from matching.capacity.baselines.formulation import SCALE, formulate
from matching.capacity.baselines.hint import hint_values
from matching.capacity.baselines.model import VARIABLES_MAX, LinearModel, ModelTooLarge
from matching.capacity.baselines.outcome import Baseline, checked_plan, too_large
from matching.capacity.plan import PlanLine
from matching.capacity.problem import Problem

NAME = "cpsat"
SEED_BELOW = 2**31  # its seed has 32 bits
PHASES = ((0.1, False), (0.6, True), (1.0, False))  # until this share of the time; how


def solve_cpsat(
    problem: Problem,
    *,
    seconds: float,
    seed: int = 1,
    workers: int = 1,
    hint: Sequence[PlanLine] = (),
    variables_max: int = VARIABLES_MAX,
) -> Baseline:
    """Give the whole problem to CP-SAT and return its plan, re-checked, and its bound.

    Parameters
    ----------
    seconds
        > 0, building the model included.
    workers
        Threads.
    hint
        A plan to start from; it must be valid. Without one it starts from refusing everything.

    Raises
    ------
    ValueError
        When the problem has rules, or amounts that do not fit the 64 bits of CP-SAT.

    Notes
    -----
    Left alone with few threads it hardly improves a plan of this model. So it proves first, which
    settles small problems, then searches neighbourhoods of the best plan, and proves again.
    """
    began = monotonic()
    try:
        formulation = formulate(problem, variables_max=variables_max)
    except ModelTooLarge as refused:
        return too_large(NAME, str(refused), seconds=monotonic() - began)
    values = dict.fromkeys(range(len(formulation.model.lower)), 0)  # to refuse all is a plan
    if hint:
        values = hint_values(formulation, problem, hint)
    built = monotonic() - began
    run = _Run(formulation.model, values, workers=workers, seed=seed)
    for share, neighbourhoods_only in PHASES:
        left = share * seconds - (monotonic() - began)
        if left > 0 and run.status != cp_model.OPTIMAL:
            run.go(left, neighbourhoods_only=neighbourhoods_only)
    plan, objective_fen, note = checked_plan(problem, formulation.lines(run.values))
    return Baseline(
        name=NAME,
        plan=plan,
        objective_fen=objective_fen,
        bound_fen=run.bound // SCALE,
        status="optimal" if run.status == cp_model.OPTIMAL else "feasible",
        note=note,
        variables=len(run.values),
        rows=len(formulation.model.rows),
        build_seconds=built,
        seconds=monotonic() - began,
    )


class _Run:
    """One model and the best values so far, from phase to phase."""

    def __init__(
        self, model: LinearModel, values: Mapping[int, int], *, workers: int, seed: int
    ) -> None:
        self.values = [values[at] for at in range(len(model.lower))]
        self.bound = model.objective_most()
        self.status: object = cp_model.UNKNOWN
        self._worth = model.worth(self.values)
        self._model, self._variables = translate(model)
        self._workers, self._seed = workers, seed % SEED_BELOW

    def go(self, seconds: float, *, neighbourhoods_only: bool) -> None:
        """Search on from the best values; bounds come from the whole search alone."""
        self._model.clear_hints()  # type: ignore[no-untyped-call]
        for variable, value in zip(self._variables, self.values, strict=True):
            self._model.add_hint(variable, value)
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds = seconds
        solver.parameters.num_workers = self._workers
        # its own handler would end the process at the next Ctrl-C
        solver.parameters.catch_sigint_signal = False
        solver.parameters.random_seed = self._seed
        solver.parameters.use_lns_only = neighbourhoods_only
        solver.parameters.interleave_search = neighbourhoods_only and self._workers == 1
        self.status = solver.solve(self._model)
        if self.status == cp_model.MODEL_INVALID:
            raise ValueError(
                "CP-SAT takes no sums beyond 64 bits, and the amounts of this problem reach them: "
                f"{self._model.validate()[:200]}"
            )
        if self.status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return
        if solver.objective_value >= self._worth:
            self._worth = round(solver.objective_value)
            self.values = [solver.value(variable) for variable in self._variables]
        self.bound = min(self.bound, round(solver.best_objective_bound))


def translate(model: LinearModel) -> tuple[cp_model.CpModel, list[cp_model.IntVar]]:
    """Return the model and its variables in the terms of CP-SAT."""
    made = cp_model.CpModel()
    variables = [
        made.new_int_var(low, high, "") for low, high in zip(model.lower, model.upper, strict=True)
    ]

    def weighted(numbers: Sequence[int], coefficients: Sequence[int]) -> cp_model.LinearExprT:
        return cp_model.LinearExpr.weighted_sum([variables[at] for at in numbers], coefficients)

    for row in model.rows:
        made.add_linear_constraint(
            weighted(row.variables, row.coefficients),
            cp_model.INT_MIN if row.lower is None else row.lower,
            cp_model.INT_MAX if row.upper is None else row.upper,
        )
    made.maximize(weighted(tuple(model.objective), tuple(model.objective.values())))
    return made, variables
