"""Between plans as values and plans as the kernels hold them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np

from matching.capacity.columns import Columns
from matching.capacity.kernels.book import Copy, make_copy
from matching.capacity.kernels.workspace import SLOT_ENTRY, SLOT_MINUTES, SLOT_START
from matching.capacity.plan import PlanLine
from matching.capacity.problem import Problem


def as_lines(problem: Problem, c: Columns, plan: Copy) -> tuple[PlanLine, ...]:
    """Return a plan as values, sorted."""
    lines = []
    for order in np.flatnonzero(plan.lots).tolist():
        steps = int(c.steps[order + 1] - c.steps[order])
        base = int(c.steps[order]) * c.lots_max
        for slot in range(int(plan.lots[order]) * steps):
            numbers = plan.slots[base + slot].tolist()
            for at, spent in enumerate(numbers[SLOT_MINUTES:]):
                if spent > 0:
                    line = PlanLine(
                        order_id=problem.orders[order].order_id,
                        lot=slot // steps + 1,
                        lot_quantity=int(plan.quantities[order, slot // steps]),
                        step=slot % steps + 1,
                        offer_id=problem.offers[int(c.entries[numbers[SLOT_ENTRY]])].offer_id,
                        week=numbers[SLOT_START] + at,
                        minutes=spent,
                    )
                    lines.append(line)
    return tuple(sorted(lines))


def as_copy(
    problem: Problem, c: Columns, lines: Iterable[PlanLine], profit_fen: Mapping[str, int]
) -> Copy:
    """Return a valid plan as the kernels hold it.

    Parameters
    ----------
    lines
        Orders that the problem does not have are left out; so are orders that use an offer which
        is not eligible in this problem, or more lots than the search makes.
    profit_fen
        What each order of the plan is worth.
    """
    plan = make_copy(c)
    places = {order.order_id: at for at, order in enumerate(problem.orders)}
    offers = {offer.offer_id: at for at, offer in enumerate(problem.offers)}
    visits: dict[str, dict[tuple[int, int], list[PlanLine]]] = defaultdict(dict)
    for line in lines:
        visits[line.order_id].setdefault((line.lot, line.step), []).append(line)
    for order_id, mine in visits.items():
        at = places.get(order_id)
        if at is not None and _enter(c, plan, at, mine, offers):
            plan.profit[at] = profit_fen[order_id]
        elif at is not None:
            plan.lots[at] = 0
    return plan


def _enter(
    c: Columns,
    plan: Copy,
    order: int,
    visits: Mapping[tuple[int, int], list[PlanLine]],
    offers: Mapping[str, int],
) -> bool:
    """Write the slots of one order; False when the kernels cannot hold them."""
    row, steps = int(c.steps[order]), int(c.steps[order + 1] - c.steps[order])
    lots = max(lot for lot, _ in visits)
    if lots > c.lots_max:
        return False
    for (lot, step), lines in visits.items():
        first, last = int(c.rows[row + step - 1]), int(c.rows[row + step])
        offer = offers.get(lines[0].offer_id, -1)
        found = np.flatnonzero(c.entries[first:last] == offer)
        start = min(line.week for line in lines)
        if not len(found) or max(line.week for line in lines) - start >= c.block:
            return False
        slot = plan.slots[row * c.lots_max + (lot - 1) * steps + step - 1]
        slot[SLOT_ENTRY], slot[SLOT_START] = first + int(found[0]), start
        for line in lines:
            slot[SLOT_MINUTES + line.week - start] += line.minutes
        plan.quantities[order, lot - 1] = lines[0].lot_quantity
    plan.lots[order] = lots
    return True
