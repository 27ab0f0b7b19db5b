"""The greatest floor that every demand can reach, and what each floor costs.

The floor is found by bisection: a floor that some plan keeps raises the lower end to the minimum of
that plan, a floor that no plan keeps lowers the upper end. The upper end starts at what prices
prove, which is often reached at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from matching.technology.assignment.clock import Clock
from matching.technology.assignment.floors import best_with_floor, relaxation_prices
from matching.technology.assignment.flow import best_flow, flow_prices
from matching.technology.assignment.matrix import Bools, Matrix
from matching.technology.assignment.matrix_check import (
    WEIGHT_ONE,
    MatrixPrices,
    figures,
    floor_bound,
    total_bound,
)

STEPS_MAX = 30
PLACES = 10_000  # the bisection stops within this part of its first interval's end


@dataclass(frozen=True, kw_only=True, eq=False)
class GreatestFloor:
    """The fairest plan that was found.

    Parameters
    ----------
    chosen
        Its pairs; its minimum is `reached`.
    reached, bound
        Units of score: a plan reaches the first, no plan exceeds the second.
    prices
        What proves `price_bound`, the bound before the search.
    searched
        Whether the bound rests on searches that ended without a plan.
    """

    chosen: Bools
    reached: int
    bound: int
    price_bound: int
    prices: MatrixPrices
    searched: bool


def greatest_floor(matrix: Matrix, *, clock: Clock, near: Bools) -> GreatestFloor:
    """Return the plan whose worst served demand has the most, by bisection on the floor.

    Parameters
    ----------
    clock
        Its limits count from now.
    near
        A complete plan to start from.
    """
    clock.restart()
    prices, bound = _upper_end(matrix, clock, near)
    found = GreatestFloor(
        chosen=near,
        reached=figures(matrix, near).minimum,
        bound=bound,
        price_bound=bound,
        prices=prices,
        searched=False,
    )
    close = max(1, abs(bound) // PLACES)
    asked = bound
    for _ in range(STEPS_MAX):
        if found.bound - found.reached < close or clock.over():
            break
        step = best_with_floor(matrix, asked, clock=clock, near=near, any_plan=True)
        if step.chosen is not None:
            reached = figures(matrix, step.chosen).minimum
            found = replace(found, chosen=step.chosen, reached=reached)
        elif step.impossible:
            found = replace(found, bound=asked - 1, searched=True)
        else:
            break
        asked = (found.reached + found.bound + 1) // 2
    return found


def _upper_end(matrix: Matrix, clock: Clock, near: Bools) -> tuple[MatrixPrices, int]:
    """Return the better of two proofs: one demand with all to itself, or the relaxation."""
    alone = np.full(matrix.demands, np.int64(2**62))
    for demand in np.flatnonzero(matrix.demand_load > 0).tolist():
        load = int(matrix.demand_load[demand])
        values = matrix.scores[matrix.open_pairs[:, demand], demand]
        alone[demand] = np.sort(values)[-load:].sum()
    weights = np.zeros(matrix.demands, np.int64)
    weights[int(alone.argmin())] = WEIGHT_ONE
    first = MatrixPrices(places=np.zeros(matrix.providers, np.int64), floors=weights)
    second = relaxation_prices(matrix, None, near=near, clock=clock)
    one = floor_bound(matrix, first)
    if not second.floors.any():
        return first, one
    other = floor_bound(matrix, second)
    return (first, one) if one <= other else (second, other)


@dataclass(frozen=True, kw_only=True, eq=False)
class FrontierPoint:
    """One point: every demand at least `floor`.

    Parameters
    ----------
    floor, total, minimum, bound
        Units of score. `minimum` may be above `floor`; `bound` is what no plan with this floor
        exceeds.
    cost
        What the floor costs, as a share of the greatest total: 0 for a floor that costs nothing.
    cost_least
        What it costs at least, by the bound.
    prices
        They prove `price_bound` ≥ `bound` without any search.
    """

    floor: int
    total: int
    minimum: int
    bound: int
    price_bound: int
    cost: float
    cost_least: float
    prices: MatrixPrices
    chosen: Bools


def frontier(matrix: Matrix, floors: Iterable[int], *, clock: Clock) -> tuple[FrontierPoint, ...]:
    """Return what each floor costs; floors for which no plan was found are left out.

    Parameters
    ----------
    matrix
        A problem that has a complete plan.
    clock
        Its limits count for each point anew.
    """
    best = best_flow(matrix)
    least = figures(matrix, best.chosen)
    points = []
    for floor in floors:
        if floor <= least.minimum:
            prices = flow_prices(matrix, best.chosen)
            bound = total_bound(matrix, prices)
            points.append(_point(matrix, floor, best.chosen, prices, bound, least.total))
            continue
        clock.restart()
        plan = best_with_floor(matrix, floor, clock=clock, near=best.chosen)
        if plan.chosen is not None:
            points.append(_point(matrix, floor, plan.chosen, plan.prices, plan.bound, least.total))
    return tuple(points)


def _point(
    matrix: Matrix, floor: int, chosen: Bools, prices: MatrixPrices, bound: int, greatest: int
) -> FrontierPoint:
    found = figures(matrix, chosen)
    whole = max(1, abs(greatest))
    return FrontierPoint(
        floor=floor,
        total=found.total,
        minimum=found.minimum,
        bound=bound,
        price_bound=total_bound(matrix, prices, floor=floor),
        cost=(greatest - found.total) / whole,
        cost_least=max(0.0, (greatest - bound) / whole),
        prices=prices,
        chosen=chosen,
    )
