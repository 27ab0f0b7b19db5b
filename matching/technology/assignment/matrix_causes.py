"""Why no complete assignment exists: causes that are proved from the problem alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from matching.explain import Param, Reason
from matching.technology.assignment.matrix import Bools, Matrix

LISTED_MAX = 8


def causes(matrix: Matrix) -> tuple[Reason, ...]:
    """Return what a look at the loads proves impossible; empty when nothing is."""
    return (*_of_demands(matrix), *_of_providers(matrix), *_of_sums(matrix))


def _of_demands(matrix: Matrix) -> Iterator[Reason]:
    able = (matrix.open_pairs & (matrix.provider_max > 0)[:, np.newaxis]).sum(axis=0)
    for demand in np.flatnonzero(able < matrix.demand_load).tolist():
        yield Reason(
            code="few_providers",
            params={
                "demand": str(demand),
                "needed": int(matrix.demand_load[demand]),
                "found": int(able[demand]),
            },
        )


def _of_providers(matrix: Matrix) -> Iterator[Reason]:
    able = (matrix.open_pairs & (matrix.demand_load > 0)).sum(axis=1)
    for provider in np.flatnonzero(able < matrix.provider_min).tolist():
        yield Reason(
            code="least_too_many",
            params={
                "provider": str(provider),
                "needed": int(matrix.provider_min[provider]),
                "found": int(able[provider]),
            },
        )


def _of_sums(matrix: Matrix) -> Iterator[Reason]:
    places = int(np.minimum(matrix.provider_max, matrix.demands).sum())
    if places < matrix.slots:
        yield Reason(code="few_places", params={"needed": matrix.slots, "found": places})
    least = int(matrix.provider_min.sum())
    if least > matrix.slots:
        yield Reason(code="least_above_slots", params={"needed": least, "found": matrix.slots})


def crowded(matrix: Matrix, chosen: Bools) -> Reason | None:
    """Return demands that together take more providers than they can get, given a fullest plan.

    From a demand with an empty place every exchange is followed: its allowed providers are all
    full, the demands that these serve could give them up only for other full ones, and so on. The
    demands met on the way have no other providers than those met (Hall's condition fails).
    """
    unfilled = chosen.sum(axis=0) < matrix.demand_load
    if not unfilled.any():
        return None
    within = np.zeros(matrix.demands, np.bool_)
    within[np.flatnonzero(unfilled)[0]] = True
    met = np.zeros(matrix.providers, np.bool_)
    while True:
        fresh = (matrix.open_pairs & ~chosen)[:, within].any(axis=1) & ~met
        if not fresh.any():
            break
        met |= fresh
        within |= chosen[met].any(axis=0)
    each = matrix.open_pairs[:, within].sum(axis=1)
    places = int(np.where(met, np.minimum(matrix.provider_max, each), each).sum())
    params: dict[str, Param] = {
        "demands": listed(np.flatnonzero(within).tolist()),
        "count": int(within.sum()),
        "needed": int(matrix.demand_load[within].sum()),
        "found": places,
    }
    return Reason(code="crowded", params=params)


def below_floor(matrix: Matrix, floor: int) -> tuple[Reason, ...]:
    """Return the demands whose best providers, all free, do not reach a floor in units."""
    found = []
    for demand in np.flatnonzero(matrix.demand_load > 0).tolist():
        load = int(matrix.demand_load[demand])
        values = np.sort(matrix.scores[matrix.open_pairs[:, demand], demand])[-load:]
        if values.sum() < floor:
            params: dict[str, Param] = {
                "demand": str(demand),
                "floor": shown(matrix, floor),
                "best": shown(matrix, int(values.sum())),
            }
            found.append(Reason(code="floor_unreachable", params=params))
    return tuple(found)


def listed(positions: Iterable[int]) -> tuple[str, ...]:
    """Return the first few of some positions as texts."""
    return tuple(str(at) for at in positions)[:LISTED_MAX]


def shown(matrix: Matrix, units: int) -> str:
    """Return units of score as a decimal, exactly."""
    digits = len(str(matrix.unit)) - 1
    sign, whole = "-" if units < 0 else "", abs(units)
    tail = str(whole % matrix.unit).zfill(digits).rstrip("0") if digits else ""
    return f"{sign}{whole // matrix.unit}" + (f".{tail}" if tail else "")
