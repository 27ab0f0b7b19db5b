"""What no plan of a single order can do better, in any number of lots: bounds on time and cost."""

from __future__ import annotations

import numpy as np

from matching.capacity.ground import Ground, Ints
from matching.capacity.order_routes import TIME, Lot, Search, Stage, Weights, least_lot
from matching.capacity.problem import Problem
from matching.explain import Known, Reason


def least_cost(problem: Problem, ground: Ground, at: int, *, idle: Ints, weights: Weights) -> float:
    """Return a lower bound of a weighted cost over all plans of order number `at`."""
    only_one = int(ground.max_lots[at]) == 1
    pieces = problem.orders[at].quantity if only_one else 1
    search = Search(ground, at, idle=idle, weights=weights)
    return search.run(least_lot(ground, at, pieces))


def lateness(problem: Problem, ground: Ground, at: int, *, idle: Ints) -> Reason | None:
    """Return why the largest lot of an order arrives nowhere in time, if that is so.

    Parameters
    ----------
    idle
        Offers × weeks: the minutes that the order may have for itself.

    Returns
    -------
    Reason | None
        `no_weeks` or `too_late`. None when the largest lot finds a way in time: then nothing is
        proven.
    """
    order, lots = problem.orders[at], int(ground.max_lots[at])
    lot = least_lot(ground, at, -(-order.quantity // lots))
    search = Search(ground, at, idle=idle, weights=TIME)
    if np.isfinite(search.run(lot)):
        return None
    reached = np.isfinite(search.stages[-1].done)
    if not reached.any():
        return _no_weeks(problem, ground, at, idle=idle, stages=search.stages, lot=lot)
    earliest = int(search.arrivals()[reached].min())
    latest = order.due_week + order.max_tardy_weeks
    return Reason(
        code="too_late",
        params={
            "arrival_week": earliest,
            "latest_week": latest,
            "weeks": earliest - latest,
            "known": Known.BOUND.value,
        },
    )


def _no_weeks(
    problem: Problem, ground: Ground, at: int, *, idle: Ints, stages: list[Stage], lot: Lot
) -> Reason:
    order, stage = problem.orders[at], stages[-1]
    candidates = []
    for entry, slot in zip(stage.entries.tolist(), stage.slot.tolist(), strict=True):
        offer = int(ground.offer[entry])
        ready = int(np.isfinite(stage.ready[slot]).argmax())
        if not np.isfinite(stage.ready[slot]).any():
            ready = ground.weeks
        free = most_in_a_block(idle[offer][ready:], ground.block)
        minutes = int(lot.minutes[entry - lot.start])
        candidates.append((minutes - free, offer, ready, minutes, free))
    _, offer, ready, minutes, free = min(candidates)
    return Reason(
        code="no_weeks",
        params={
            "step": len(stages),
            "process": order.operations[len(stages) - 1].process,
            "left": len(candidates),
            "nearest": problem.offers[offer].offer_id,
            "from_week": ready,
            "last_week": ground.weeks - 1,
            "minutes": minutes,
            "idle_minutes": free,
            "known": Known.BOUND.value,
        },
    )


def most_in_a_block(idle: Ints, block: int) -> int:
    """Return the most idle minutes in `block` weeks that follow each other."""
    total = np.concatenate([[0], np.cumsum(idle)])
    length = min(block, len(idle))
    return int((total[length:] - total[: len(total) - length]).max())
