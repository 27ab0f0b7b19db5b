"""The compiled bound of single orders, and the memory that it works in."""

from __future__ import annotations

from ctypes import c_int64, c_void_p, pointer
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from matching.capacity.charges import Charges
from matching.capacity.columns import DUE, LATEST, Columns, Ints, Shorts
from matching.capacity.kernels.library import function, pointer_to, structure

LOTS = 3  # lots with minutes of their own
CELLS_MAX = 128  # most intervals of lot sizes
SPARE = 256
SAMPLES = 32
MILESTONES = 6
OWNS_PER_NODE = 32  # own prices that are kept, on average
# numbers of the structures in `bounding.h`
ENTRY, GROUP, ROW, VISIT, BEST, USE = 20, 8, 12, 3, 3, 4
SAMPLE, NODE, DUALS, OWN, PROOF = 5, 14, 3, 2, 3


class Relaxed(NamedTuple):
    """Memory for bounding one order; the fields are those of `Relaxed` in `bounding.h`."""

    nodes_most: int
    cells_most: int
    levels_most: int
    owns_most: int
    entries: Ints
    groups: Ints
    sorted: Ints
    rows: Ints
    within: Ints
    lead_of: Ints
    room: Ints
    market: Ints
    price: Ints
    least_rate: Ints
    own: Ints
    nothing: Ints
    total_use: Ints
    touched: Ints
    listed: Shorts
    limited: Ints
    taken: Ints
    taken_at: Ints
    ready: Ints
    ready_from: Ints
    done: Ints
    done_by: Ints
    block: Ints
    cells: Ints
    cost: Ints
    exact: Shorts
    spans: Ints
    best: Ints
    idle: Ints
    spare: Ints
    picks: Ints
    uses: Ints
    uses_best: Ints
    samples: Ints
    nodes: Ints
    duals: Ints
    owns: Ints


class Proof(NamedTuple):
    """How an order was bounded; the fields are those of `Proof` in `bounding.h`."""

    numbers: Ints
    nodes: Ints
    duals: Ints
    owns: Ints


def make_proof(memory: Relaxed) -> Proof:
    """Return room for what `prove_order` writes down."""
    return Proof(
        numbers=np.zeros((LOTS + 1, PROOF), np.int64),
        nodes=np.zeros((LOTS, *memory.nodes.shape), np.int64),
        duals=np.zeros((LOTS, *memory.duals.shape), np.int64),
        owns=np.zeros((LOTS, *memory.owns.shape), np.int64),
    )


def make_relaxed(c: Columns, *, nodes: int, cells: int) -> Relaxed:
    """Return memory for the largest order of the problem.

    Parameters
    ----------
    nodes
        Most nodes of a branching, ≥ 1.
    cells
        Most intervals of the size of a lot, 1..CELLS_MAX.

    Raises
    ------
    ValueError
        When there are too few nodes or cells, or too many cells.
    """
    _check_effort(nodes, cells)
    e = int(np.diff(c.rows[c.steps]).max(initial=0)) + 1
    k = int(np.diff(c.steps).max(initial=0)) + 1
    levels = int(tardy_levels(c).max(initial=0)) + 1
    weeks, places = c.weeks, k * c.parks * c.weeks
    owns = OWNS_PER_NODE * nodes + e * weeks

    def zeros(*shape: int) -> Ints:
        return np.zeros(shape, np.int64)

    return Relaxed(
        nodes_most=nodes,
        cells_most=cells,
        levels_most=levels,
        owns_most=owns,
        entries=zeros(e, ENTRY),
        groups=zeros(e, GROUP),
        sorted=zeros(e),
        rows=zeros(k, ROW),
        within=zeros(k, k),
        lead_of=np.full(len(c.idle), -1),
        room=zeros(1 + LOTS, e, weeks),
        market=zeros(e, weeks),
        price=zeros(e, weeks),
        least_rate=zeros(MILESTONES, e),
        own=zeros(e, weeks),
        nothing=zeros(e, weeks),
        total_use=zeros(e, weeks),
        touched=zeros(e, weeks),
        listed=np.zeros((e, weeks), np.int32),
        limited=zeros(LOTS, e, weeks),
        taken=zeros(LOTS, e, weeks),
        taken_at=zeros(nodes),
        ready=zeros(places),
        ready_from=zeros(places),
        done=zeros(places),
        done_by=zeros(places, VISIT),
        block=zeros(2, c.block),
        cells=zeros(LOTS, CELLS_MAX, 2),
        cost=zeros(nodes, LOTS, levels, cells),
        exact=np.zeros((nodes, LOTS, cells), np.int32),
        spans=zeros(nodes, LOTS, 2),
        best=zeros(levels, cells, BEST),
        idle=zeros(levels),
        spare=zeros(SPARE, 2),
        picks=zeros(LOTS, k, VISIT),
        uses=zeros(LOTS, k, c.block, USE),
        uses_best=zeros(LOTS, k, c.block, USE),
        samples=zeros(SAMPLES, LOTS, k, SAMPLE),
        nodes=zeros(nodes, NODE),
        duals=zeros(nodes + 1, DUALS),
        owns=zeros(owns, OWN),
    )


def _check_effort(nodes: int, cells: int) -> None:
    if nodes < 1 or not 1 <= cells <= CELLS_MAX:
        raise ValueError(
            f"effort: expected nodes ≥ 1 and cells in 1..{CELLS_MAX}, got {nodes} and {cells}"
        )


def tardy_levels(c: Columns) -> Ints:
    """Return the most weeks that each order can be late, the end of the horizon considered."""
    last = c.weeks + 1
    return np.clip(np.minimum(c.orders[:, LATEST], last) - c.orders[:, DUE], 0, None)


@cache
def _bound_orders() -> Any:
    structures = c_void_p, c_void_p, c_void_p
    return function("bound_orders", None, *structures, c_void_p, c_int64, *[c_void_p] * 4)


def bound_orders(
    c: Columns,
    charges: Charges,
    memory: Relaxed,
    orders: Ints,
    prices: Ints,
    effort: Ints,
    earned: Ints,
    use: Ints | None,
) -> None:
    """Write to `earned` what each of the orders can earn at most at the prices, ≥ 0.

    Parameters
    ----------
    memory
        Written to; one for each thread.
    prices
        Offers × weeks, thousandths of a fen per minute, ≥ 0.
    effort
        Steps of the multipliers ≥ 0, nodes ≥ 1 and cells ≥ 1, at most as many as in the memory.
    use
        Offers × weeks; where it is given, the minutes of the cheapest combination of each order
        that can earn something are added to it.
    """
    given = [structure(values) for values in (c, charges, memory)]
    _bound_orders()(
        *[pointer(values) for values in given],
        pointer_to(orders),
        len(orders),
        *[pointer_to(table) for table in (prices, effort, earned)],
        None if use is None else pointer_to(use),
    )


@cache
def _prove_order() -> Any:
    structures = c_void_p, c_void_p, c_void_p
    return function("prove_order", c_int64, *structures, c_int64, *[c_void_p] * 3)


def prove_order(
    c: Columns,
    charges: Charges,
    memory: Relaxed,
    order: int,
    prices: Ints,
    effort: Ints,
    proof: Proof,
) -> int:
    """Bound one order as `bound_orders` does, and write to `proof` how; return its least cost."""
    given = [structure(values) for values in (c, charges, memory)]
    written = structure(proof)
    cost: int = _prove_order()(
        *[pointer(values) for values in given],
        order,
        pointer_to(prices),
        pointer_to(effort),
        pointer(written),
    )
    return cost
