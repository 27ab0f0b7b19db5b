"""Single orders solved exactly, where the relaxation and the search are far apart.

The search makes lots one after the other, and the relaxation that proves the bound lets lots and
operations overlook each other. An order whose lots and operations must be chosen together (a tight
price cap, two operations on one machine) is missed by one and overrated by the other. For the few
orders where that matters CP-SAT solves the order alone on all capacity, at given prices: its plan
goes to the search, its bound is a ceiling on what the order can earn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from ortools.sat.python import cp_model

from matching.capacity.baselines.cpsat import SEED_BELOW, translate
from matching.capacity.baselines.formulation import formulate
from matching.capacity.booking import as_copy
from matching.capacity.check import check
from matching.capacity.columns import Columns, Floats, Ints
from matching.capacity.kernels.book import Copy
from matching.capacity.plan import PlanLine
from matching.capacity.problem import Problem
from matching.capacity.rules import Rules

ORDERS_MAX = 48
WORTH_LOOKING = 0.0005  # of the bound: what an order must be able to earn beside what is found
SOLVED = (cp_model.OPTIMAL, cp_model.FEASIBLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Single:
    """One order alone on all capacity.

    Parameters
    ----------
    order
        Position in the problem.
    lines, profit_fen
        The best plan found, empty and 0 when the order is better refused.
    ceiling_millifen
        No way to make the order earns more at the prices, thousandths of a fen, ≥ 0.
    """

    order: int
    lines: tuple[PlanLine, ...]
    profit_fen: int
    ceiling_millifen: int


def worth_looking(earned: Floats, found: Floats, bound_fen: float) -> Ints:
    """Return the orders that may earn much more than the search has found, most first."""
    missed = earned - found
    order = np.argsort(-missed, kind="stable")[:ORDERS_MAX]
    return order[missed[order] > WORTH_LOOKING * bound_fen].astype(np.int64)


def solve_singles(
    problem: Problem,
    orders: Sequence[int],
    millifen: Ints,
    *,
    seconds: Callable[[], float],
    seed: int,
    workers: int = 1,
) -> list[Single]:
    """Solve orders alone on all capacity, as many as the time allows, in this sequence.

    Parameters
    ----------
    millifen
        Offers × weeks, thousandths of a fen per minute, ≥ 0: what an order pays for its minutes.
    seconds
        Asked before each order; what CP-SAT may spend on it. 0 ends the work.
    workers
        Orders at a time, each solved by one thread.
    """
    rows = {offer.offer_id: at for at, offer in enumerate(problem.offers)}

    def solve(at: int) -> Single | None:
        limit = seconds()
        return _solve(problem, at, rows, millifen, limit, seed) if limit > 0 else None

    with ThreadPoolExecutor(max(1, workers)) as pool:
        return [found for found in pool.map(solve, orders) if found is not None]


def _solve(
    problem: Problem, at: int, rows: dict[str, int], millifen: Ints, seconds: float, seed: int
) -> Single:
    order = problem.orders[at]
    mine = tuple(one for one in problem.quotations if one.order_id == order.order_id)
    alone = replace(problem, orders=(order,), quotations=mine, rules=Rules())
    formulation = formulate(alone)
    for served in formulation.orders:
        for lot in served.lots:
            for visit in lot.visits:
                for (one, week), minutes in visit.minutes.items():
                    price = int(millifen[rows[visit.candidates[one].offer.offer_id], week])
                    # the objective is counted in thousandths of a fen, as prices are
                    formulation.model.earn(minutes, -price)
    model, variables = translate(formulation.model)
    for variable in variables:
        model.add_hint(variable, 0)  # to refuse is a plan
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = 1
    solver.parameters.catch_sigint_signal = False
    solver.parameters.random_seed = seed % SEED_BELOW
    status = solver.solve(model)
    if status not in SOLVED:  # not even refusing was looked at: nothing is known
        most = max(0, formulation.model.objective_most())
        return Single(order=at, lines=(), profit_fen=0, ceiling_millifen=most)
    lines = tuple(formulation.lines([solver.value(variable) for variable in variables]))
    report = check(alone, lines)
    cost = report.costs.get(order.order_id) if report.valid else None
    return Single(
        order=at,
        lines=lines if cost else (),
        profit_fen=cost.profit_fen if cost else 0,
        ceiling_millifen=max(0, round(solver.best_objective_bound)),
    )


def as_given(problem: Problem, columns: Columns, singles: Iterable[Single]) -> Copy:
    """Return the plans of single orders, each on all capacity."""
    made = [single for single in singles if single.lines]
    lines = [line for single in made for line in single.lines]
    worth = {problem.orders[single.order].order_id: single.profit_fen for single in made}
    return as_copy(problem, columns, lines, worth)
