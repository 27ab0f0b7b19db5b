"""Exact plans of single orders, where the bound says that the search has missed something.

The search makes lots one after the other; some orders can only be made by lots and operations
that are chosen together (a tight price cap, two operations on one machine). For the few orders
that could earn much more than the search finds, CP-SAT solves the order alone on all capacity.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from matching.capacity.baselines import solve_cpsat
from matching.capacity.booking import as_copy
from matching.capacity.check import check
from matching.capacity.columns import Columns, Floats, Ints
from matching.capacity.kernels.book import Copy
from matching.capacity.plan import PlanLine
from matching.capacity.problem import Problem
from matching.capacity.rules import Rules

ORDERS_MAX = 24
WORTH_LOOKING = 0.0005  # of the bound: what an order must be able to earn beside what is found


def worth_looking(earned: Floats, found: Floats, bound_fen: float) -> Ints:
    """Return the orders that may earn much more than the search has found, most first."""
    missed = earned - found
    order = np.argsort(-missed, kind="stable")[:ORDERS_MAX]
    return order[missed[order] > WORTH_LOOKING * bound_fen].astype(np.int64)


def exact_plans(
    problem: Problem,
    columns: Columns,
    orders: Sequence[int],
    *,
    seconds: Callable[[], float],
    seed: int,
) -> Copy | None:
    """Return the best plan of each order alone on all capacity; None when there is none at all.

    Parameters
    ----------
    seconds
        Asked before each order; what CP-SAT may spend on it. 0 ends the work.
    """
    lines: list[PlanLine] = []
    worth: dict[str, int] = {}
    for at in orders:
        limit = seconds()
        if limit <= 0:
            break
        order = problem.orders[at]
        mine = tuple(one for one in problem.quotations if one.order_id == order.order_id)
        alone = replace(problem, orders=(order,), quotations=mine, rules=Rules())
        found = solve_cpsat(alone, seconds=limit, seed=seed)
        report = check(alone, found.plan)
        if report.valid and order.order_id in report.costs:
            lines.extend(found.plan)
            worth[order.order_id] = report.costs[order.order_id].profit_fen
    return as_copy(problem, columns, lines, worth) if lines else None
