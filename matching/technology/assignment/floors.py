"""Assignment where every demand must reach a floor: linear prices first, then few pairs exactly.

1. The linear relaxation, on the few pairs that matter: pairs are added until none is missing. Its
   duals are prices, and `matrix_check` recomputes the bound from them.
2. Each pair then has a loss: how far below the bound every plan with this pair stays. The integer
   program is solved on the pairs of small loss; what it finds within that loss is optimal for all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from matching.technology.assignment.aside import search
from matching.technology.assignment.clock import Clock
from matching.technology.assignment.linear import Answer, Floats, Program, solve_program
from matching.technology.assignment.matrix import Bools, Ints, Matrix
from matching.technology.assignment.matrix_check import (
    WEIGHT_ONE,
    MatrixPrices,
    total_bound,
    violations,
)

ROUNDS_MAX = 40
NEAREST = 12  # pairs of each demand that the first relaxation has, beyond its load
FLOOR_SCALE = 1_000.0  # of the floors' rows: makes the solver's tolerance a thousandth of itself
LOWEST = -1e300  # of a pair that may not be chosen; finite, so that it can be subtracted
WEIGHT_MAX = 1_000.0  # of a floor; beyond it the relaxation gives the floor up
LOSSES = (0.1, 0.4, 1.6)  # of the mean score of a pair: how far the integer program looks


@dataclass(frozen=True, kw_only=True, eq=False)
class FloorPlan:
    """What was found for a floor.

    Parameters
    ----------
    chosen
        A plan that keeps the floor; None when none was found.
    prices
        Of the linear relaxation.
    bound
        No plan that keeps the floor has a greater total, in units: the lesser of what the prices
        prove and what the tree search states.
    searched
        Whether the bound is the tree search's.
    impossible
        Whether the search ended with no plan: it states that there is none.
    """

    chosen: Bools | None
    prices: MatrixPrices
    bound: int
    searched: bool
    impossible: bool


def best_with_floor(
    matrix: Matrix, floor: int, *, clock: Clock, near: Bools, any_plan: bool = False
) -> FloorPlan:
    """Return the plan of greatest total in which every demand reaches the floor.

    Parameters
    ----------
    floor
        In units of score.
    near
        A plan to start the choice of pairs from; it need not keep the floor.
    any_plan
        Be content with the first plan that keeps the floor, whatever its total.
    """
    prices = relaxation_prices(matrix, floor, near=near, clock=clock)
    bound = total_bound(matrix, prices, floor=floor)
    found = FloorPlan(chosen=None, prices=prices, bound=bound, searched=False, impossible=False)
    losses = _losses(matrix, prices)
    mean = bound / max(1, matrix.slots)
    for share in (*LOSSES, np.inf):
        reach = share * abs(mean)
        pairs = (losses <= reach) | near
        if any_plan and share != np.inf and pairs.sum() > matrix.open_pairs.sum() // 2:
            continue
        found = _search(matrix, floor, pairs, found, clock, any_plan=any_plan)
        outside = -np.inf if share == np.inf else bound - reach
        told = found.bound if found.searched else -np.inf
        found = replace(found, bound=int(min(bound, max(told, outside))))
        found = replace(found, searched=found.bound < bound)
        worth = None if found.chosen is None else matrix.scores[found.chosen].sum()
        if (any_plan and worth is not None) or clock.over():
            break
        if share == np.inf or (worth is not None and worth >= outside):
            break
        found = replace(found, impossible=False)
    return found


def _search(
    matrix: Matrix,
    floor: int,
    pairs: Bools,
    found: FloorPlan,
    clock: Clock,
    *,
    any_plan: bool,
) -> FloorPlan:
    """Solve the integer program on some pairs; its bound holds for plans of these pairs."""
    rows, columns = np.nonzero(pairs & matrix.open_pairs)
    asked = floor
    for _ in range(2):
        program = _program(matrix, rows, columns, asked, whole=True)
        if any_plan:
            program = replace(program, gain=np.zeros(len(rows)))
        answer = search(program, clock)
        if answer.values is None:
            none = answer.ended == "infeasible"
            bound = -1 if none else found.bound
            return replace(found, bound=bound, searched=none, impossible=none)
        chosen = np.zeros(matrix.scores.shape, np.bool_)
        chosen[rows, columns] = answer.values > 0.5
        if not violations(matrix, chosen, floor=floor):
            stated = _stated(matrix, answer, found, any_plan=any_plan)
            return replace(found, chosen=chosen, bound=stated, searched=not any_plan)
        asked = floor + 2  # units: what the solver's tolerance let through
    return found


def _stated(matrix: Matrix, answer: Answer, found: FloorPlan, *, any_plan: bool) -> int:
    if any_plan or not np.isfinite(answer.bound):
        return found.bound
    return int(np.ceil(answer.bound * matrix.unit))


def relaxation_prices(
    matrix: Matrix, floor: int | None, *, near: Bools, clock: Clock
) -> MatrixPrices:
    """Return the prices of the linear relaxation: with a floor, or of the greatest minimum.

    Parameters
    ----------
    floor
        In units. None: the relaxation maximises the least demand's score instead of the total, and
        the weights of the floors sum to one.
    """
    active = near | _nearest(matrix)
    places = np.zeros(matrix.providers, np.int64)
    floors = np.zeros(matrix.demands, np.int64)
    for _ in range(ROUNDS_MAX):
        rows, columns = np.nonzero(active & matrix.open_pairs)
        if floor is None:
            program = _fairest(matrix, rows, columns)
        else:
            program = _elastic(_program(matrix, rows, columns, floor, whole=False), matrix)
        answer = solve_program(program, seed=clock.limits.seed)
        if answer.duals is None:
            break
        share = -answer.duals[matrix.demands + matrix.providers :] * FLOOR_SCALE
        floors = np.rint(np.maximum(0.0, share) * WEIGHT_ONE).astype(np.int64)
        price = answer.duals[matrix.demands : matrix.demands + matrix.providers]
        places = np.rint(price * matrix.unit).astype(np.int64)
        worth = answer.duals[: matrix.demands] * matrix.unit * WEIGHT_ONE
        weights = floors if floor is None else floors + WEIGHT_ONE
        reduced = matrix.scores * weights - (places * WEIGHT_ONE)[:, np.newaxis]
        missing = (reduced > worth + matrix.unit * 1e-6 * WEIGHT_ONE) & matrix.open_pairs & ~active
        if not missing.any():
            break
        active |= missing
    return MatrixPrices(places=places, floors=floors)


def _nearest(matrix: Matrix) -> Bools:
    """Return the pairs of greatest score of each demand."""
    count = min(matrix.providers, int(matrix.demand_load.max(initial=0)) + NEAREST)
    lowest = np.int64(-(2**61))
    value = np.where(matrix.open_pairs, matrix.scores, lowest)
    active = np.zeros(matrix.scores.shape, np.bool_)
    top = np.argpartition(-value, count - 1, axis=0)[:count]
    np.put_along_axis(active, top, values=True, axis=0)
    return active


def _losses(matrix: Matrix, prices: MatrixPrices) -> Floats:
    """Return, per pair, how many units below the bound every plan with this pair stays."""
    weights = prices.floors + WEIGHT_ONE
    reduced = matrix.scores * weights - (prices.places * WEIGHT_ONE)[:, np.newaxis]
    value = np.where(matrix.open_pairs, reduced.astype(np.float64), LOWEST)
    ranked = -np.sort(-value, axis=0)
    last = np.maximum(matrix.demand_load - 1, 0)
    worst = np.take_along_axis(ranked, last[np.newaxis], axis=0)
    losses = np.where(matrix.open_pairs, (worst - value) / WEIGHT_ONE, np.inf)
    return np.maximum(losses, 0.0)


def _program(matrix: Matrix, rows: Ints, columns: Ints, floor: int, *, whole: bool) -> Program:
    """Return the program over some pairs: rows for demands, providers and floors, in this order."""
    pairs = np.arange(len(rows))
    score = matrix.scores[rows, columns] / matrix.unit
    asking = matrix.demand_load > 0
    rest = matrix.demands + matrix.providers
    least = np.where(asking, (floor - 0.5) / matrix.unit * FLOOR_SCALE, -np.inf)
    load = matrix.demand_load.astype(np.float64)
    return Program(
        gain=score,
        least=np.zeros(len(rows)),
        most=np.ones(len(rows)),
        low=np.concatenate([load, matrix.provider_min.astype(np.float64), least]),
        high=np.concatenate(
            [load, matrix.provider_max.astype(np.float64), np.full(matrix.demands, np.inf)]
        ),
        row=np.concatenate([columns, matrix.demands + rows, rest + columns]),
        column=np.concatenate([pairs, pairs, pairs]),
        coefficient=np.concatenate([np.ones(2 * len(rows)), score * FLOOR_SCALE]),
        whole=whole,
    )


def _elastic(program: Program, matrix: Matrix) -> Program:
    """Let every row of a load or a floor be missed at a high price, so that duals always exist."""
    count = len(program.gain)
    kinds = [  # rows, sign
        (np.arange(matrix.demands), 1.0),
        (matrix.demands + np.arange(matrix.providers), 1.0),
        (matrix.demands + matrix.providers + np.arange(matrix.demands), FLOOR_SCALE),
    ]
    more_rows = np.concatenate([rows for rows, _ in kinds])
    step = np.concatenate([np.full(len(rows), size) for rows, size in kinds])
    more = len(more_rows)
    largest = float(np.abs(program.gain).max(initial=1.0))
    cost = np.where(step == 1.0, WEIGHT_MAX * 10 * largest, WEIGHT_MAX)
    return replace(
        program,
        gain=np.concatenate([program.gain, -cost]),
        least=np.concatenate([program.least, np.zeros(more)]),
        most=np.concatenate([program.most, np.full(more, np.inf)]),
        row=np.concatenate([program.row, more_rows]),
        column=np.concatenate([program.column, count + np.arange(more)]),
        coefficient=np.concatenate([program.coefficient, step]),
    )


def _fairest(matrix: Matrix, rows: Ints, columns: Ints) -> Program:
    """Return the relaxation of the greatest least score; loads are missed at a price."""
    base = _elastic(_program(matrix, rows, columns, 0, whole=False), matrix)
    count = len(rows)
    gain = base.gain.copy()
    gain[:count] = 0.0
    asking = np.flatnonzero(matrix.demand_load > 0)
    rest = matrix.demands + matrix.providers
    most = base.most.copy()
    most[count + rest :] = 0.0  # floors are not missed: the least score goes down instead
    column = len(gain)
    return replace(
        base,
        gain=np.append(gain, 1.0),
        least=np.append(base.least, -np.inf),
        most=np.append(most, np.inf),
        row=np.concatenate([base.row, rest + asking]),
        column=np.concatenate([base.column, np.full(len(asking), column)]),
        coefficient=np.concatenate([base.coefficient, np.full(len(asking), -FLOOR_SCALE)]),
    )
