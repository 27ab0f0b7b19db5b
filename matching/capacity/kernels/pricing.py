"""Prices of capacity: what all orders would like at given prices, and a step towards balance."""

from __future__ import annotations

from matching.capacity.columns import OFFER, Columns, Floats, Ints
from matching.capacity.kernels.compiled import inner, kernel
from matching.capacity.kernels.lots import plan_order
from matching.capacity.kernels.rng import State
from matching.capacity.kernels.routes import load_order
from matching.capacity.kernels.workspace import Workspace


@inner
def _add_use(c: Columns, w: Workspace, order: int, lots: int, use: Ints) -> None:
    """Add the minutes of the best lots of the workspace to a table of offers × weeks."""
    for lot in range(lots):
        for k in range(c.steps[order + 1] - c.steps[order]):
            offer = c.entries[w.lots_best[lot, k, 0], OFFER]
            start = w.lots_best[lot, k, 1]
            for at in range(c.block):
                if w.lots_best[lot, k, 2 + at] > 0:
                    use[offer, start + at] += w.lots_best[lot, k, 2 + at]


@kernel
def demand_at(
    c: Columns,
    w: Workspace,
    orders: Ints,
    prices: Floats,
    effort: int,
    rng: State,
    use: Ints,
    earned: Floats,
) -> float:
    """Let each order plan alone on all capacity at the prices; add up the minutes wanted.

    Returns
    -------
        Σ reduced profit: an estimate of the orders' part of the bound, not a proof.
    """
    total = 0.0
    for order in orders:
        load_order(c, w, order, c.idle, prices, 1.0)
        lots = plan_order(c, w, order, effort, rng)
        earned[order] = 0.0
        if lots > 0 and w.worth[1] > 0:
            earned[order] = w.worth[1]
            total += w.worth[1]
            _add_use(c, w, order, lots, use)
    return total


@kernel
def plan_alone(
    c: Columns, w: Workspace, order: int, prices: Floats, effort: int, rng: State
) -> int:
    """Let one order plan alone on all capacity; return the lots, which are in the workspace."""
    load_order(c, w, order, c.idle, prices, 1.0)
    return int(plan_order(c, w, order, effort, rng))
