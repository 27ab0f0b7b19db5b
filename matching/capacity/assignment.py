"""Problems of one week whose orders have one operation and one lot: generalized assignment.

Such an order has one way for each eligible offer, so the whole problem is a choice among known
ways. The dual values of its linear relaxation are the prices; the plan is what SCIP finds among the
few ways of each order that earn most at these prices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from ortools.linear_solver import pywraplp

from matching.capacity.columns import (
    CARBON,
    DUE,
    KM,
    LAG,
    LATEST,
    LEG_CARBON,
    LEG_PRICE,
    MAX_LOTS,
    MIN_LOT,
    NEAREST,
    PARK,
    PRICE_CAP,
    QUANTITY,
    QUOTED_SETUP,
    QUOTED_TOTAL,
    RATE,
    RELEASE,
    SETUP,
    TARDY_COST,
    VALUE,
    Columns,
    Floats,
    Ints,
)

WAYS_KEPT = 5  # of an order, those that earn most at the prices
NODES_OF_WORK = 200
OFFERS_TOGETHER = 3  # whose orders are chosen anew while the others stay
SECONDS_TOGETHER = 2.0
WATCH_SECONDS = 0.2


class Ways(NamedTuple):
    """Every way to serve an order: which entry, the minutes it needs and what it earns."""

    order: Ints
    offer: Ints
    entry: Ints
    minutes: Ints
    profit: Floats


def is_assignment(c: Columns) -> bool:
    """Return whether every order has one operation and one lot, and the horizon is one week."""
    return (
        c.weeks == 1
        and len(c.orders) > 0
        and bool((np.diff(c.steps) == 1).all())
        and bool((c.orders[:, MAX_LOTS] == 1).all())
    )


def find_ways(c: Columns) -> Ways:
    """Return the ways of an assignment problem that keep every rule of a single order.

    Profit includes the local bonus; only ways that earn something are returned.
    """
    order = np.repeat(np.arange(len(c.orders)), np.diff(c.rows))
    offer = c.entries.astype(np.int64)
    park = c.offers[offer, PARK]
    setup, total = c.offers[offer, SETUP], c.work[order]
    rate, quote = c.rates[offer, RATE], np.zeros(len(offer))
    if len(c.quotes):
        named = c.quotes >= 0
        at = c.quotes[named]
        setup[named], total[named] = c.quoted[at, QUOTED_SETUP], c.quoted[at, QUOTED_TOTAL]
        rate[named], quote[named] = 0.0, c.quoted_fen[at]
    minutes = setup + total
    money, way = c.money[order], c.to_buyer[order, park]
    worked = rate * minutes + quote
    paid = worked + c.leg_fixed + money[:, LEG_PRICE] * way[:, KM]
    carbon = c.rates[offer, CARBON] * minutes
    local = park == c.orders[order, NEAREST]
    bonus = np.where(local, np.minimum(c.bonus * minutes, worked + carbon), 0.0)
    late = np.maximum(0, way[:, LAG] - c.orders[order, DUE])
    cost = paid + carbon + money[:, LEG_CARBON] * way[:, KM] + late * money[:, TARDY_COST] - bonus
    profit = money[:, VALUE] - cost
    fits = (
        (minutes <= c.idle[offer, 0])
        & (minutes > 0)
        & (c.offers[offer, MIN_LOT] <= c.orders[order, QUANTITY])
        & (c.orders[order, RELEASE] <= 0)
        & (way[:, LAG] <= c.orders[order, LATEST])
        & (paid <= money[:, PRICE_CAP] * (1 + 1e-9))
        & (profit > 0)
    )
    return _only(Ways(order, offer, np.arange(len(offer)), minutes, profit), fits)


def _only(ways: Ways, which: NDArray[Any]) -> Ways:
    columns: list[Any] = [column[which] for column in ways]
    return Ways(*columns)


def price_ways(c: Columns, ways: Ways) -> Floats:
    """Return the prices of the linear relaxation, fen per minute: offers × 1."""
    solver = pywraplp.Solver.CreateSolver("GLOP")
    many = solver.infinity()
    once = [solver.Constraint(-many, 1.0) for _ in range(len(c.orders))]
    within = [solver.Constraint(-many, float(idle)) for idle in c.idle[:, 0]]
    objective = solver.Objective()
    objective.SetMaximization()
    for order, offer, minutes, profit in zip(
        ways.order.tolist(),
        ways.offer.tolist(),
        ways.minutes.tolist(),
        ways.profit.tolist(),
        strict=True,
    ):
        share = solver.NumVar(0.0, many, "")
        once[order].SetCoefficient(share, 1.0)
        within[offer].SetCoefficient(share, minutes)
        objective.SetCoefficient(share, profit)
    solver.Solve()
    return np.array([[max(0.0, row.dual_value())] for row in within])


def choose(
    ways: Ways,
    prices: Floats,
    idle: Ints,
    *,
    hint: Ints,
    seconds: float | None,
    seed: int,
    stopped: Callable[[], bool],
) -> Ints:
    """Return the chosen ways, as positions in `ways`.

    Parameters
    ----------
    idle
        Minutes of each offer.
    hint
        Positions of a feasible choice; what is returned earns no less.
    seconds
        None: a limit on the nodes of the search tree instead, which is repeatable.
    stopped
        Asked a few times a second, in a thread of its own; True ends the search.
    """
    reduced = ways.profit - prices[ways.offer, 0] * ways.minutes
    sorting = np.lexsort((-reduced, ways.order))
    _, first, many = np.unique(ways.order[sorting], return_index=True, return_counts=True)
    rank = np.empty(len(sorting), np.int64)
    rank[sorting] = np.arange(len(sorting)) - np.repeat(first, many)
    hinted = np.zeros(len(sorting), np.bool_)
    hinted[hint] = True
    kept = np.flatnonzero((rank < WAYS_KEPT) | hinted)
    solver = pywraplp.Solver.CreateSolver("SCIP")
    picks = _rows(solver, ways, kept, idle, _forced(ways, reduced, prices, idle, hint))
    solver.SetHint(picks, hinted[kept].astype(float).tolist())
    settings = {
        "randomization/randomseedshift": str(seed % 2**31),
        "misc/catchctrlc": "FALSE",  # Ctrl-C is the caller's to catch
    }
    if seconds is None:
        settings["limits/nodes"] = str(NODES_OF_WORK)
    else:
        solver.SetTimeLimit(max(1, int(seconds * 1000)))
    solver.SetSolverSpecificParametersAsString(
        "\n".join(f"{name} = {value}" for name, value in settings.items())
    )
    exact = pywraplp.MPSolverParameters()
    exact.SetDoubleParam(exact.RELATIVE_MIP_GAP, 0.0)  # the values are large, the differences small
    with _watched(solver, stopped):
        status = solver.Solve(exact)
    if status not in (pywraplp.Solver.OPTIMAL, pywraplp.Solver.FEASIBLE):
        return hint
    found = kept[[pick.solution_value() > 0.5 for pick in picks]]
    return found if ways.profit[found].sum() >= ways.profit[hint].sum() else hint


@contextmanager
def _watched(solver: pywraplp.Solver, stopped: Callable[[], bool]) -> Iterator[None]:
    """Interrupt the solver when the caller has cancelled the run."""
    done = Event()

    def watch() -> None:
        while not done.wait(WATCH_SECONDS):
            if stopped():
                solver.InterruptSolve()
                return

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def choose_anew(
    ways: Ways,
    prices: Floats,
    idle: Ints,
    *,
    chosen: Ints,
    random: np.random.Generator,
    seconds: float | None,
    stopped: Callable[[], bool],
) -> Ints:
    """Choose anew among a few offers for the orders that they serve; return the whole choice."""
    few = random.choice(len(idle), min(OFFERS_TOGETHER, len(idle)), replace=False)
    here = np.isin(ways.offer[chosen], few)
    part = np.flatnonzero(np.isin(ways.offer, few) & np.isin(ways.order, ways.order[chosen[here]]))
    mine = _only(ways, part)
    hint = np.searchsorted(part, chosen[here])
    limit = None if seconds is None else min(SECONDS_TOGETHER, seconds)
    seed = int(random.integers(2**31))
    found = choose(mine, prices, idle, hint=hint, seconds=limit, seed=seed, stopped=stopped)
    return np.sort(np.concatenate([chosen[~here], part[found]]))


def _forced(ways: Ways, reduced: Floats, prices: Floats, idle: Ints, hint: Ints) -> set[int]:
    """Return the orders that every better choice serves.

    At the prices, leaving out an order loses what it earns at them: where that is more than the
    bound exceeds the hint, no better choice leaves it out (reduced-cost fixing).
    """
    earned = np.zeros(int(ways.order.max(initial=-1)) + 1)
    np.maximum.at(earned, ways.order, reduced)
    used = np.unique(ways.offer)
    bound = earned.sum() + float((prices[used, 0] * idle[used]).sum())
    spare = bound - float(ways.profit[hint].sum())
    return set(np.flatnonzero(earned > spare + 1.0).tolist())


def _rows(
    solver: pywraplp.Solver, ways: Ways, kept: Ints, idle: Ints, forced: set[int]
) -> list[pywraplp.Variable]:
    """Add a row for each order and offer; return a variable for each way that is kept.

    What a forced order earns counts from its best way on: small numbers keep the solver exact.
    """
    many = solver.infinity()
    orders, best = np.unique(ways.order).tolist(), np.zeros(int(ways.order.max(initial=-1)) + 1)
    np.maximum.at(best, ways.order, ways.profit)
    once = {order: solver.Constraint(1.0 if order in forced else -many, 1.0) for order in orders}
    used = np.unique(ways.offer).tolist()
    within = {offer: solver.Constraint(-many, float(idle[offer])) for offer in used}
    objective = solver.Objective()
    objective.SetMaximization()
    picks = []
    for at in kept.tolist():
        pick, order = solver.BoolVar(""), int(ways.order[at])
        once[order].SetCoefficient(pick, 1.0)
        within[int(ways.offer[at])].SetCoefficient(pick, float(ways.minutes[at]))
        base = best[order] if order in forced else 0.0
        objective.SetCoefficient(pick, float(ways.profit[at] - base))
        picks.append(pick)
    return picks


def greedy_choice(ways: Ways, prices: Floats, idle: Ints) -> Ints:
    """Return a feasible choice: orders with the most at stake first, each its best way left."""
    reduced = ways.profit - prices[ways.offer, 0] * ways.minutes
    stake = np.zeros(int(ways.order.max(initial=-1)) + 1)
    np.maximum.at(stake, ways.order, ways.profit)
    free, chosen = idle.copy(), {}
    for way in np.lexsort((-reduced, ways.order, -stake[ways.order])).tolist():
        order, offer = int(ways.order[way]), int(ways.offer[way])
        if order not in chosen and free[offer] >= ways.minutes[way]:
            chosen[order] = way
            free[offer] -= ways.minutes[way]
    return np.array(sorted(chosen.values()), np.int64)
