"""What all orders can earn at most at given prices of capacity: the two parts of the bound."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from matching.capacity.charges import Charges, build_charges
from matching.capacity.columns import KEEP, MILLIFEN_MAX, Columns, Ints
from matching.capacity.kernels.bounding import (
    Relaxed,
    bound_orders,
    make_proof,
    make_relaxed,
    prove_order,
)
from matching.capacity.problem import Problem
from matching.capacity.proofs import LotsProof
from matching.capacity.proving import Tracer

THREADS = 2
ORDERS_OF_A_THREAD = 32  # fewer orders are not worth a second thread,
NODES_OF_A_THREAD = 96  # unless each of them takes long


class Effort(NamedTuple):
    """How hard each order is bounded: steps of its duals, nodes of its tree, cells of a lot.

    `node_steps` are the steps of the duals of each node below the root.
    """

    steps: int
    nodes: int
    cells: int
    node_steps: int = 0


def full_effort(orders: int) -> Effort:
    """Return the effort that `check_bound` spends: less for each when there are many orders."""
    if orders <= 400:
        return Effort(steps=30, nodes=400, cells=64, node_steps=5)
    if orders <= 4000:
        return Effort(steps=10, nodes=40, cells=48, node_steps=3)
    if orders <= 20_000:
        return Effort(steps=6, nodes=16, cells=48, node_steps=2)
    return Effort(steps=0, nodes=8, cells=32)


class Bounder:
    """Bounds the orders of one problem at any prices.

    Everything is counted in whole parts of a fen, rounded so that the bound stays valid; the
    result does not depend on the number of threads.
    """

    def __init__(self, problem: Problem, c: Columns, charges: Charges | None = None) -> None:
        """Take the columns, and the charges of the problem where they are known already."""
        self.columns = c
        self.charges = charges or build_charges(problem, c, millifen_max=MILLIFEN_MAX)
        self.able = able_orders(c)
        self._memory: list[Relaxed] = []
        self._pool = ThreadPoolExecutor(THREADS)
        self._penalties_fen = int(c.money[:, KEEP].sum())

    def earned(
        self,
        millifen: Ints,
        effort: Effort,
        *,
        orders: Ints | None = None,
        charges: Charges | None = None,
        use: Ints | None = None,
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
        use
            Offers × weeks. When given, the minutes are added to it that the cheapest relaxed
            combination of each order uses, of those that can earn something.
        """
        todo = self.able if orders is None else orders
        earned = np.zeros(len(self.columns.orders), np.int64)
        memory = self._memory_for(effort)
        numbers = np.array(effort, np.int64)
        costs = charges or self.charges
        prices = np.ascontiguousarray(millifen, np.int64)
        uses = [None if use is None else np.zeros_like(prices) for _ in range(THREADS)]

        def part(thread: int) -> None:
            mine = np.ascontiguousarray(todo[thread::THREADS])
            bound_orders(
                self.columns, costs, memory[thread], mine, prices, numbers, earned, uses[thread]
            )

        few = len(todo) < ORDERS_OF_A_THREAD and len(todo) * effort.nodes < NODES_OF_A_THREAD
        if few:
            for thread in range(THREADS):
                part(thread)
        else:
            list(self._pool.map(part, range(THREADS)))
        for table in uses:
            if use is not None and table is not None:
                use += table
        return earned

    def proofs(
        self, millifen: Ints, effort: Effort, orders: Iterable[int]
    ) -> dict[int, tuple[LotsProof, ...]]:
        """Return how orders are bounded, by their position: what `earned` leaves unsaid.

        The relaxation of section 7 of `docs/spec/capacity.md`, under these multipliers and in these
        cases, costs at least what `earned` says at the same prices and effort. An order that needs
        neither multipliers nor cases is not among them.
        """
        memory = self._memory_for(effort)[0]
        prices, numbers = np.ascontiguousarray(millifen, np.int64), np.array(effort, np.int64)
        room, found = make_proof(memory), {}
        for order in orders:
            at = int(order)
            cost = prove_order(self.columns, self.charges, memory, at, prices, numbers, room)
            proofs = Tracer(self.columns, at, room).proofs(cost)
            if proofs:
                found[at] = proofs
        return found

    def _memory_for(self, effort: Effort) -> list[Relaxed]:
        """Return memory for each thread, made again when more nodes or cells are asked for."""
        known = self._memory[:1]
        nodes = max([effort.nodes, *(memory.nodes_most for memory in known)])
        cells = max([effort.cells, *(memory.cells_most for memory in known)])
        if not known or (nodes, cells) != (known[0].nodes_most, known[0].cells_most):
            self._memory = []
        while len(self._memory) < THREADS:
            self._memory.append(make_relaxed(self.columns, nodes=nodes, cells=cells))
        return self._memory

    def bound_fen(self, millifen: Ints, earned: Ints) -> int:
        """Return Σ price × idle minutes + Σ earned, rounded down to a fen: no plan earns more.

        Where a given plan is to be kept, each of its orders earns the penalty more, as if it kept
        to it, and all penalties are taken off here: who changes or is refused pays its own.
        """
        scale, unit = self.charges.scale, self.charges.price_unit
        idle = self.columns.idle
        capacity = sum(
            int(price) * int(minutes)
            for price, minutes in zip(millifen[millifen > 0], idle[millifen > 0], strict=True)
        )
        total: int = capacity * unit + sum(earned.tolist())
        return total // scale - self._penalties_fen


def able_orders(c: Columns) -> Ints:
    """Return the orders that have an eligible offer for every operation."""
    empty = np.diff(c.rows) == 0
    lacking = np.add.reduceat(empty, c.steps[:-1]) if len(c.steps) > 1 else np.zeros(0)
    return np.flatnonzero(lacking == 0).astype(np.int64)
