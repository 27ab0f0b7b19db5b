"""Prices of capacity from a linear program over plans of single orders (column generation).

The master chooses at most one plan for each order, fractions allowed, so that no offer-week is
used beyond its free minutes; its dual values are the prices. Every plan in it respects the
order's own capacity. The optimum is not a bound: that is proven at the prices, by `Bounder`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from ortools.linear_solver import pywraplp

from matching.capacity.columns import OFFER, Columns, Floats
from matching.capacity.kernels.book import Book
from matching.capacity.kernels.workspace import Workspace


class OrderPlan(NamedTuple):
    """One way to serve one order: its profit, and minutes by cell of the table of idle minutes."""

    order: int
    profit: float
    cells: NDArray[np.int64]  # offer × weeks + week, ascending
    minutes: NDArray[np.int64]


def plan_in_workspace(c: Columns, w: Workspace, order: int, lots: int) -> OrderPlan:
    """Return the best lots of the workspace."""
    steps = int(c.steps[order + 1] - c.steps[order])
    visits = w.lots_best[:lots, :steps].reshape(lots * steps, -1)
    return _order_plan(c, order, float(w.worth[0]), visits)


def plan_in_book(c: Columns, book: Book, order: int) -> OrderPlan:
    """Return how a plan serves an order."""
    steps = int(c.steps[order + 1] - c.steps[order])
    base = int(c.steps[order]) * c.lots_max
    visits = book.slots[base : base + int(book.lots[order]) * steps]
    return _order_plan(c, order, float(book.profit[order]), visits)


def _order_plan(c: Columns, order: int, profit: float, visits: NDArray[np.int64]) -> OrderPlan:
    use: dict[int, int] = {}
    for visit in visits.tolist():
        offer = int(c.entries[visit[0], OFFER])
        for at, minutes in enumerate(visit[2:]):
            if minutes > 0:
                cell = offer * c.weeks + visit[1] + at
                use[cell] = use.get(cell, 0) + minutes
    cells = np.array(sorted(use), np.int64)
    minutes = np.array([use[cell] for cell in sorted(use)], np.int64)
    return OrderPlan(order, profit, cells, minutes)


class Master:
    """The linear program, growing by one column for each new plan of an order."""

    def __init__(self, c: Columns) -> None:
        self._c = c
        self._solver = pywraplp.Solver.CreateSolver("GLOP")
        self._solver.Objective().SetMaximization()
        self._capacity: dict[int, pywraplp.Constraint] = {}
        self._once: dict[int, pywraplp.Constraint] = {}
        self._seen: set[tuple[int, bytes, bytes]] = set()
        self.plans: list[OrderPlan] = []

    def add(self, plan: OrderPlan) -> bool:
        """Add a plan; False when it is there already."""
        key = plan.order, plan.cells.tobytes(), plan.minutes.tobytes()
        if key in self._seen or not len(plan.cells):
            return False
        self._seen.add(key)
        self.plans.append(plan)
        column = self._solver.NumVar(0, self._solver.infinity(), "")
        self._solver.Objective().SetCoefficient(column, plan.profit)
        self._row(self._once, plan.order, 1.0).SetCoefficient(column, 1.0)
        for cell, minutes in zip(plan.cells.tolist(), plan.minutes.tolist(), strict=True):
            idle = float(self._c.idle.flat[cell])
            self._row(self._capacity, cell, idle).SetCoefficient(column, minutes)
        return True

    def _row(
        self, rows: dict[int, pywraplp.Constraint], key: int, most: float
    ) -> pywraplp.Constraint:
        if key not in rows:
            rows[key] = self._solver.Constraint(-self._solver.infinity(), most)
        return rows[key]

    def solve(self) -> tuple[float, Floats, Floats]:
        """Return the optimum, the prices (offers × weeks) and what each order earns at them."""
        status = self._solver.Solve()
        prices = np.zeros(self._c.idle.size)
        earned = np.zeros(len(self._c.orders))
        if status != pywraplp.Solver.OPTIMAL:
            return 0.0, prices.reshape(self._c.idle.shape), earned
        for cell, row in self._capacity.items():
            prices[cell] = max(0.0, row.dual_value())
        for order, row in self._once.items():
            earned[order] = max(0.0, row.dual_value())
        optimum = float(self._solver.Objective().Value())
        return optimum, prices.reshape(self._c.idle.shape), earned
