"""Assignment without a floor: a minimum-cost flow, exact, with the prices that prove it.

The flow is solved in integers (cost-scaling push-relabel of OR-Tools). Prices are shortest
distances in what the flow leaves open, found by Bellman and Ford's rounds over whole arrays; with
them `matrix_check.total_bound` equals the total, so that the optimum is proved without the solver.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from ortools.graph.python import min_cost_flow

from matching.technology.assignment.matrix import Bools, Ints, Matrix
from matching.technology.assignment.matrix_check import MatrixPrices

FAR = np.int64(2**61)


class Flow(NamedTuple):
    """An assignment, perhaps with gaps.

    `unfilled` counts the empty places of each demand, `short` how far each provider is below its
    least; both are zero in a complete plan.
    """

    chosen: Bools
    unfilled: Ints
    short: Ints

    @property
    def complete(self) -> bool:
        """Whether every load is met."""
        return not self.unfilled.any() and not self.short.any()


def best_flow(matrix: Matrix) -> Flow:
    """Return the assignment of greatest total among those with the fewest gaps.

    A place of a demand that stays empty counts for more than all places that providers lack, and
    one of these for more than all scores. Without gaps this is the optimum of the problem.

    Raises
    ------
    RuntimeError
        When the solver breaks its contract; never for input that `Matrix` accepts.
    """
    providers, demands = matrix.providers, matrix.demands
    rows, columns = np.nonzero(matrix.open_pairs)
    largest = int(np.abs(matrix.scores).max())
    gap = 2 * largest * matrix.slots + 1  # more than any two totals differ by
    empty = gap * (matrix.slots + 1)  # and more than all places that providers may lack
    source, nobody = providers + demands, providers + demands + 1
    solver = min_cost_flow.SimpleMinCostFlow()
    add = solver.add_arcs_with_capacity_and_unit_cost
    pairs = add(
        rows, providers + columns, np.ones(len(rows), np.int64), -matrix.scores[rows, columns]
    )
    every = np.arange(providers)
    least = np.minimum(matrix.provider_min, matrix.slots)
    most = np.minimum(matrix.provider_max, matrix.slots)
    from_source = np.full(providers, source)
    must = add(from_source, every, least, np.full(providers, -gap))
    add(from_source, every, most - least, np.zeros(providers, np.int64))
    each = providers + np.arange(demands)
    missing = add(np.full(demands, nobody), each, matrix.demand_load, np.full(demands, empty))
    solver.add_arc_with_capacity_and_unit_cost(source, nobody, matrix.slots, 0)
    solver.set_nodes_supplies(each, -matrix.demand_load)
    solver.set_node_supply(source, matrix.slots)
    status = solver.solve()
    if status != solver.OPTIMAL:
        raise RuntimeError(f"the flow of {providers} × {demands} ended as {status}, not optimal")
    chosen = np.zeros(matrix.scores.shape, np.bool_)
    chosen[rows, columns] = solver.flows(pairs) > 0
    return Flow(
        chosen=chosen,
        unfilled=solver.flows(missing),
        short=matrix.provider_min - solver.flows(must),
    )


def flow_prices(matrix: Matrix, chosen: Bools) -> MatrixPrices:
    """Return the prices that prove a complete plan of greatest total.

    Notes
    -----
    Each round costs two passes over the matrix; their number is at most that of the nodes, and a
    handful in practice.

    Raises
    ------
    ValueError
        When the plan is not of greatest total: then a round of exchanges improves it, and the
        distances would fall for ever.
    """
    load = chosen.sum(axis=1)
    more, less = load < matrix.provider_max, load > matrix.provider_min
    fresh = matrix.open_pairs & ~chosen
    scores = matrix.scores
    origin, place = np.int64(0), np.zeros(matrix.providers, np.int64)
    need = np.zeros(matrix.demands, np.int64)
    for _ in range(matrix.providers + matrix.demands + 3):
        over = np.where(fresh, place[:, np.newaxis] - scores, FAR).min(axis=0)
        new_need = np.minimum(need, over)
        back = np.where(chosen, new_need + scores, FAR).min(axis=1)
        new_place = np.minimum(place, back)
        new_origin = min(origin, new_place[less].min(initial=FAR))
        new_place[more] = np.minimum(new_place[more], new_origin)
        same = new_origin == origin and np.array_equal(new_place, place)
        if same and np.array_equal(new_need, need):
            return MatrixPrices(places=place - origin, floors=np.zeros(matrix.demands, np.int64))
        origin, place, need = new_origin, new_place, new_need
    raise ValueError("the plan is not of greatest total: it has no prices")
