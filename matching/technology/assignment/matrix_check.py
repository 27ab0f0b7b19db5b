"""The independent check of an assignment: recomputed from the problem, without any solver.

What a plan is worth follows from the chosen pairs. What no plan can beat follows from prices: for
any prices of the providers' places, and any weights of the demands' floors, the sum of what each
demand could get at these prices alone is at least the worth of every plan (Lagrangian duality).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from matching.technology.assignment.matrix import Bools, Ints, Matrix

WEIGHT_ONE = 10_000  # a floor's weight of one; weights are whole ten-thousandths


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One rule that a plan breaks.

    Parameters
    ----------
    code
        "not-allowed", "demand-load", "provider-max", "provider-min" or "floor".
    at
        Which demand (or provider, for the rules about providers), by position.
    expected, got
        Numbers of pairs; units of score for a floor.
    """

    code: str
    at: int
    expected: int
    got: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MatrixPrices:
    """What proves a bound.

    Parameters
    ----------
    places
        Per provider, the price of a place in units of score: positive where its most binds,
        negative where its least does.
    floors
        Per demand, the weight of its floor in ten-thousandths, ≥ 0.
    """

    places: Ints
    floors: Ints


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MatrixFigures:
    """What a plan is: recomputed from its pairs.

    Parameters
    ----------
    total, minimum
        Sum of the chosen scores, and the least sum of a demand that takes anyone, in units.
    per_demand, per_provider
        Units of score of each demand; demands served by each provider.
    """

    total: int
    minimum: int
    per_demand: Ints
    per_provider: Ints


def figures(matrix: Matrix, chosen: Bools) -> MatrixFigures:
    """Return what a plan is worth and how its loads lie."""
    per_demand = np.where(chosen, matrix.scores, 0).sum(axis=0)
    asking = matrix.demand_load > 0
    return MatrixFigures(
        total=int(per_demand.sum()),
        minimum=int(per_demand[asking].min()) if asking.any() else 0,
        per_demand=per_demand,
        per_provider=chosen.sum(axis=1),
    )


def violations(matrix: Matrix, chosen: Bools, *, floor: int | None = None) -> list[Violation]:
    """Return every rule that a plan breaks; empty for a valid plan.

    Parameters
    ----------
    chosen
        Providers × demands.
    floor
        Units of score that every demand with a load must reach; None: no floor.
    """
    if chosen.shape != matrix.scores.shape:
        raise ValueError(f"a plan has the shape {matrix.scores.shape}, got {chosen.shape}")
    found = [
        Violation(code="not-allowed", at=int(demand), expected=0, got=int(provider))
        for provider, demand in np.argwhere(chosen & ~matrix.open_pairs)
    ]
    per_demand, per_provider = chosen.sum(axis=0), chosen.sum(axis=1)
    found += _differing(
        "demand-load", per_demand != matrix.demand_load, matrix.demand_load, per_demand
    )
    most, least = matrix.provider_max, matrix.provider_min
    found += _differing("provider-max", per_provider > most, most, per_provider)
    found += _differing("provider-min", per_provider < least, least, per_provider)
    if floor is not None:
        reached = np.where(chosen, matrix.scores, 0).sum(axis=0)
        low = (reached < floor) & (matrix.demand_load > 0)
        found += _differing("floor", low, np.full(matrix.demands, floor), reached)
    return found


def _differing(code: str, where: Bools, expected: Ints, got: Ints) -> list[Violation]:
    return [
        Violation(code=code, at=int(at), expected=int(expected[at]), got=int(got[at]))
        for at in np.flatnonzero(where)
    ]


def total_bound(matrix: Matrix, prices: MatrixPrices, *, floor: int | None = None) -> int:
    """Return what no plan's total can exceed, in units, rounded up; exact integer arithmetic.

    Raises
    ------
    ValueError
        When a demand has fewer allowed providers than it takes: no plan exists, so that nothing is
        bounded; or when prices have the wrong shape or a floor's weight is negative.
    """
    weights = prices.floors if floor is not None else np.zeros_like(prices.floors)
    reduced = _reduced(matrix, prices.places, weights + WEIGHT_ONE)
    asking = matrix.demand_load > 0
    floors = 0 if floor is None else floor * int(weights[asking].sum())
    whole = _places(matrix, prices.places) * WEIGHT_ONE + _best(matrix, reduced) - floors
    return -(-whole // WEIGHT_ONE)


def floor_bound(matrix: Matrix, prices: MatrixPrices) -> int:
    """Return what no plan's minimum can exceed, in units, rounded up.

    The weights say how much each demand counts in an average that the minimum never exceeds; their
    sum must be positive.
    """
    asking = matrix.demand_load > 0
    weights = np.where(asking, prices.floors, 0)
    if not weights.sum() > 0:
        raise ValueError("the weights of the floors sum to 0: at least one must be positive")
    reduced = _reduced(matrix, prices.places, weights)
    whole = _places(matrix, prices.places) * WEIGHT_ONE + _best(matrix, reduced)
    return -(-whole // int(weights.sum()))


def _reduced(matrix: Matrix, places: Ints, weights: Ints) -> Ints:
    """Return what a pair is worth beyond its price, in ten-thousandths of a unit."""
    if places.shape != (matrix.providers,) or weights.shape != (matrix.demands,):
        raise ValueError(
            f"prices must be {matrix.providers} places and {matrix.demands} floors, "
            f"got {places.shape} and {weights.shape}"
        )
    if weights.size and weights.min() < 0:
        raise ValueError(f"a floor's weight must be ≥ 0, got {weights.min()}")
    return matrix.scores * weights - (places * WEIGHT_ONE)[:, np.newaxis]


def _places(matrix: Matrix, places: Ints) -> int:
    """Return what all places cost: the most of those with a price, the least of the others."""
    most = np.where(places > 0, places, 0) @ matrix.provider_max
    least = np.where(places < 0, places, 0) @ matrix.provider_min
    return int(most) + int(least)


def _best(matrix: Matrix, reduced: Ints) -> int:
    """Return the sum over demands of their best distinct allowed providers."""
    total = 0
    for demand in range(matrix.demands):
        wanted = int(matrix.demand_load[demand])
        values = reduced[matrix.open_pairs[:, demand], demand]
        if len(values) < wanted:
            raise ValueError(
                f"demand {demand} takes {wanted} providers and only {len(values)} are allowed: "
                "no plan exists"
            )
        if wanted:
            total += int(np.partition(values, len(values) - wanted)[len(values) - wanted :].sum())
    return total
