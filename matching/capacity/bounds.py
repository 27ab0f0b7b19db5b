"""What all orders can earn at most at given prices of capacity: the two parts of the bound."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from matching.capacity.charges import Charges, build_charges
from matching.capacity.columns import MILLIFEN_MAX, Columns, Ints
from matching.capacity.kernels.branching import bound_orders
from matching.capacity.kernels.relaxation import Relaxed, make_relaxed
from matching.capacity.problem import Problem

THREADS = 2


class Effort(NamedTuple):
    """How hard each order is bounded: steps of its duals, nodes of its tree, cells of a lot."""

    steps: int
    nodes: int
    cells: int


def full_effort(orders: int) -> Effort:
    """Return the effort that `check_bound` spends: less for each when there are many orders."""
    if orders <= 400:
        return Effort(steps=30, nodes=61, cells=64)
    if orders <= 4000:
        return Effort(steps=6, nodes=4, cells=16)
    return Effort(steps=1, nodes=1, cells=8)


class Bounder:
    """Bounds the orders of one problem at any prices.

    Everything is counted in whole parts of a fen, rounded so that the bound stays valid; the
    result does not depend on the number of threads.
    """

    def __init__(self, problem: Problem, c: Columns) -> None:
        self.columns = c
        self.charges = build_charges(problem, c, millifen_max=MILLIFEN_MAX)
        self.able = able_orders(c)
        self._memory: list[Relaxed] = []

    def earned(
        self,
        millifen: Ints,
        effort: Effort,
        *,
        orders: Ints | None = None,
        charges: Charges | None = None,
    ) -> Ints:
        """Return what each order can earn at most at the prices, in parts of a fen, ≥ 0.

        Parameters
        ----------
        millifen
            Offers × weeks, thousandths of a fen per minute, ≥ 0.
        orders
            Which orders to bound; the others get 0. Default: all that have eligible offers.
        charges
            Other costs than the problem's, for the same columns.
        """
        todo = self.able if orders is None else orders
        earned = np.zeros(len(self.columns.orders), np.int64)
        while len(self._memory) < THREADS:
            self._memory.append(make_relaxed(self.columns))
        numbers = np.array(effort, np.int64)
        costs = charges or self.charges

        def part(thread: int) -> None:
            mine = np.ascontiguousarray(todo[thread::THREADS])
            bound_orders(self.columns, costs, self._memory[thread], mine, millifen, numbers, earned)

        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(part, range(THREADS)))
        return earned

    def bound_fen(self, millifen: Ints, earned: Ints) -> int:
        """Return Σ price × idle minutes + Σ earned, rounded down to a fen: no plan earns more."""
        scale, unit = self.charges.scale, self.charges.price_unit
        idle = self.columns.idle
        capacity = sum(
            int(price) * int(minutes)
            for price, minutes in zip(millifen[millifen > 0], idle[millifen > 0], strict=True)
        )
        total: int = capacity * unit + sum(earned.tolist())
        return total // scale


def able_orders(c: Columns) -> Ints:
    """Return the orders that have an eligible offer for every operation."""
    empty = np.diff(c.rows) == 0
    lacking = np.add.reduceat(empty, c.steps[:-1]) if len(c.steps) > 1 else np.zeros(0)
    return np.flatnonzero(lacking == 0).astype(np.int64)
