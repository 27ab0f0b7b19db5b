"""Problems of one week whose orders have one operation and one lot: generalized assignment.

Such an order has one way for each eligible offer, so the whole problem is a choice among known
ways. The dual values of its linear relaxation are the prices; at these, ejection chains look for
the plan among the best ways of each order (`kernels/assigning.c`), and SCIP then for a better one
among the ways that such a plan can have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
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
from matching.capacity.kernels.assigning import Assigner, Choices
from matching.capacity.kernels.book import Copy, make_copy
from matching.capacity.kernels.library import Shared
from matching.capacity.kernels.search import make_state
from matching.capacity.kernels.workspace import SLOT_ENTRY, SLOT_MINUTES

CHOICES = 12  # of an order: the ways that earn most at the prices, or to be refused
STREAMS = 2  # searches side by side: always as many, whatever the number of workers
ROUND = 200  # moves of a search between two looks at the clock
PATIENCE = 0.1  # of what an order loses on its second choice: what a change may cost
PENALTY_FLOOR = 0.3  # of the mean price: for minutes beyond those of an offer that is cheap
WAYS_KEPT = 8  # of an order, for SCIP
NODES_OF_WORK = 200
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


def choices_at(ways: Ways, prices: Floats, idle: Ints) -> tuple[Choices, Ints]:
    """Return the choices of the orders that have a way, and the way of each; -1 to be refused.

    Every order may be refused; of its ways those that earn most at the prices are choices.
    """
    orders, row = np.unique(ways.order, return_inverse=True)
    offers, refused = len(idle), np.arange(len(orders))
    reduced = ways.profit - prices[ways.offer, 0] * ways.minutes
    kept = np.flatnonzero(_rank(ways.order, reduced) < CHOICES - 1)
    best = np.zeros(len(orders))
    np.maximum.at(best, row, reduced)
    none, free = np.full(len(orders), -1), np.zeros(len(orders), np.int64)
    rows = np.concatenate([row[kept], refused])
    lost = np.concatenate([best[row[kept]] - reduced[kept], best])
    at = rows, _rank(rows, -lost)

    def table(of_ways: NDArray[Any], of_refusal: NDArray[Any], empty: int) -> NDArray[Any]:
        made = np.full((len(orders), CHOICES), empty, of_ways.dtype)
        made[at] = np.concatenate([of_ways[kept], of_refusal])
        return made

    offer = table(ways.offer, none + 1 + offers, -1)
    price = np.append(prices[:, 0], 0.0)
    used = price[np.unique(ways.offer)]
    floor = PENALTY_FLOOR * used.mean() or float((ways.profit / ways.minutes).mean())
    users = np.bincount(offer[offer >= 0], minlength=offers + 1)
    losses = np.full((len(orders), CHOICES), 0.0)
    losses[at] = lost
    made = Choices(
        orders=len(orders),
        offers=offers,
        choices=CHOICES,
        offer=offer,
        minutes=table(ways.minutes, free, 0),
        lost=losses,
        profit=table(ways.profit, free.astype(np.float64), 0),
        price=price,
        penalty=np.maximum(price, floor),
        first=np.concatenate([[0], np.cumsum(users)]).astype(np.int64),
        patience=float(PATIENCE * np.median(losses[:, 1])),
    )
    return made, table(np.arange(len(ways.order)), none, -1)


def _rank(rows: Ints, worth: Floats) -> Ints:
    """Return the place of each entry in its row, the one that is worth most first."""
    sorting = np.lexsort((-worth, rows))
    _, first, many = np.unique(rows[sorting], return_index=True, return_counts=True)
    rank = np.empty(len(rows), np.int64)
    rank[sorting] = np.arange(len(rows)) - np.repeat(first, many)
    return rank


class Streams:
    """Ejection chains side by side on one problem; the best assignment of all counts.

    Parameters
    ----------
    hint
        Positions in `ways` of a feasible choice; `best` earns no less.
    workers
        Threads, at least 1; the result does not depend on it.
    """

    def __init__(
        self, ways: Ways, prices: Floats, idle: Ints, *, hint: Ints, seed: int, workers: int
    ) -> None:
        choices, self._way = choices_at(ways, prices, idle)
        self._ways, self.best = ways, hint
        shared = Shared(choices)
        self._assigners = [
            Assigner(shared, idle, make_state(seed, 40 + at)) for at in range(STREAMS)
        ]
        self._pool = ThreadPoolExecutor(min(workers, STREAMS))

    def round(self, moves_max: int | None) -> int:
        """Let every search move; return the moves made in all of them.

        Parameters
        ----------
        moves_max
            No more moves than this in all searches together; each makes at least one.
        """
        moves = ROUND if moves_max is None else max(1, min(ROUND, moves_max // STREAMS))
        list(self._pool.map(lambda assigner: assigner.assign(moves), self._assigners))
        for assigner in self._assigners:
            if assigner.best_profit > self.profit + 1e-6:
                chosen = self._way[np.arange(len(self._way)), assigner.best]
                self.best = np.sort(chosen[chosen >= 0])
        return STREAMS * moves

    @property
    def profit(self) -> float:
        """What the best choice earns, fen."""
        return float(self._ways.profit[self.best].sum())

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown()


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

    Only ways are looked at that a better choice can have: those that lose less at the prices than
    the bound exceeds the hint, and no more than a few of each order.

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
    earned, spare = _spare(ways, reduced, prices, idle, hint)
    possible = earned[ways.order] - reduced <= spare + 1.0
    hinted = np.zeros(len(reduced), np.bool_)
    hinted[hint] = True
    kept = np.flatnonzero((possible & (_rank(ways.order, reduced) < WAYS_KEPT)) | hinted)
    solver = pywraplp.Solver.CreateSolver("SCIP")
    forced = set(np.flatnonzero(earned > spare + 1.0).tolist())
    picks = _rows(solver, ways, kept, idle, forced)
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


def _spare(
    ways: Ways, reduced: Floats, prices: Floats, idle: Ints, hint: Ints
) -> tuple[Floats, float]:
    """Return what each order earns at most at the prices, and by how much the bound exceeds a hint.

    A choice that loses more than that at the prices is no better than the hint: so every better
    one serves the orders that earn more, and has no way that loses more (reduced-cost fixing).
    """
    earned = np.zeros(int(ways.order.max(initial=-1)) + 1)
    np.maximum.at(earned, ways.order, reduced)
    used = np.unique(ways.offer)
    bound = earned.sum() + float((prices[used, 0] * idle[used]).sum())
    return earned, bound - float(ways.profit[hint].sum())


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


def as_plan(c: Columns, ways: Ways, chosen: Ints) -> Copy:
    """Return the plan in which the orders are made in the chosen ways, each in one lot."""
    plan = make_copy(c)
    orders = ways.order[chosen]
    slots = c.steps[orders] * c.lots_max
    plan.lots[orders] = 1
    plan.quantities[orders, 0] = c.orders[orders, QUANTITY]
    plan.slots[slots, SLOT_ENTRY] = ways.entry[chosen]
    plan.slots[slots, SLOT_MINUTES] = ways.minutes[chosen]
    plan.profit[orders] = ways.profit[chosen]
    return plan
