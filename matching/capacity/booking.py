"""Between plans as values, the lots of an order, and plans as the kernels hold them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from matching.capacity.columns import Columns
from matching.capacity.kernels.book import Copy, make_copy
from matching.capacity.kernels.workspace import SLOT_ENTRY, SLOT_MINUTES, SLOT_START, Workspace
from matching.capacity.plan import PlanLine
from matching.capacity.problem import Problem
from matching.capacity.rules import by_order


class Visit(NamedTuple):
    """One operation of one lot: an offer (its position), the first week, minutes by week."""

    offer: int
    start: int
    minutes: tuple[int, ...]


class PlannedLot(NamedTuple):
    """Some pieces of an order, and where each of its operations is made."""

    quantity: int
    visits: tuple[Visit, ...]


Lots = tuple[PlannedLot, ...]


def lots_in(lines: Iterable[PlanLine], positions: Mapping[str, int]) -> Lots:
    """Return the lots of the lines of one order.

    Parameters
    ----------
    lines
        Of a valid plan.
    positions
        Number of each offer.
    """
    found: dict[int, tuple[int, dict[int, tuple[int, dict[int, int]]]]] = {}
    for line in lines:
        _, steps = found.setdefault(line.lot, (line.lot_quantity, {}))
        _, weeks = steps.setdefault(line.step, (positions[line.offer_id], {}))
        weeks[line.week] = line.minutes
    return tuple(
        PlannedLot(
            quantity,
            tuple(
                Visit(offer, min(weeks), _by_week(weeks))
                for _, (offer, weeks) in sorted(steps.items())
            ),
        )
        for _, (quantity, steps) in sorted(found.items())
    )


def _by_week(weeks: Mapping[int, int]) -> tuple[int, ...]:
    return tuple(weeks.get(week, 0) for week in range(min(weeks), max(weeks) + 1))


def write_lots(c: Columns, to: Copy, order: int, lots: Lots) -> None:
    """Write the lots of an order, on offers that fit it, into a plan of numbers."""
    row, steps = int(c.steps[order]), int(c.steps[order + 1] - c.steps[order])
    to.lots[order] = len(lots)
    for number, lot in enumerate(lots):
        to.quantities[order, number] = lot.quantity
        for step, visit in enumerate(lot.visits):
            first, end = int(c.rows[row + step]), int(c.rows[row + step + 1])
            at = np.flatnonzero(c.entries[first:end] == visit.offer)
            slot = to.slots[row * c.lots_max + number * steps + step]
            slot[SLOT_ENTRY], slot[SLOT_START] = first + at[0], visit.start
            slot[SLOT_MINUTES:] = 0
            slot[SLOT_MINUTES : SLOT_MINUTES + len(visit.minutes)] = visit.minutes


def read_lots(c: Columns, plan: Copy, order: int) -> Lots:
    """Return the lots of an order in a plan of numbers."""
    row, steps = int(c.steps[order]), int(c.steps[order + 1] - c.steps[order])
    count = int(plan.lots[order])
    base = row * c.lots_max
    slots = plan.slots[base : base + count * steps].tolist()
    return lots_of(
        plan.quantities[order, :count].tolist(),
        [(int(c.entries[slot[SLOT_ENTRY]]), *slot[SLOT_START:]) for slot in slots],
        steps,
    )


def planned_lots(w: Workspace, count: int, steps: int) -> Lots:
    """Return the best lots of the order that was planned last in a workspace."""
    slots = w.lots_best.reshape(-1, w.lots_best.shape[-1])[: count * steps].tolist()
    return lots_of(
        w.quantities_best[:count].tolist(),
        [(int(w.offer[slot[SLOT_ENTRY]]), *slot[SLOT_START:]) for slot in slots],
        steps,
    )


def lots_of(quantities: list[int], visits: list[tuple[int, ...]], steps: int) -> Lots:
    """Return lots of visits given as offer, first week, minutes by week."""
    return tuple(
        PlannedLot(
            quantity,
            tuple(
                Visit(offer, start, _trimmed(minutes))
                for offer, start, *minutes in visits[lot * steps : (lot + 1) * steps]
            ),
        )
        for lot, quantity in enumerate(quantities)
    )


def _trimmed(minutes: list[int]) -> tuple[int, ...]:
    while minutes and minutes[-1] == 0:
        minutes.pop()
    return tuple(minutes)


def lines_of(order_id: str, lots: Lots, offer_ids: Sequence[str]) -> tuple[PlanLine, ...]:
    """Return the lots of an order as lines of a plan, sorted."""
    return tuple(
        PlanLine(
            order_id=order_id,
            lot=number,
            lot_quantity=lot.quantity,
            step=step,
            offer_id=offer_ids[visit.offer],
            week=visit.start + at,
            minutes=spent,
        )
        for number, lot in enumerate(lots, 1)
        for step, visit in enumerate(lot.visits, 1)
        for at, spent in enumerate(visit.minutes)
        if spent
    )


def as_lines(problem: Problem, c: Columns, plan: Copy) -> tuple[PlanLine, ...]:
    """Return a plan as values, sorted."""
    offers = [offer.offer_id for offer in problem.offers]
    lines: list[PlanLine] = []
    for order in np.flatnonzero(plan.lots).tolist():
        lines += lines_of(problem.orders[order].order_id, read_lots(c, plan, order), offers)
    return tuple(sorted(lines))


def as_copy(
    problem: Problem, c: Columns, lines: Iterable[PlanLine], profit_fen: Mapping[str, int]
) -> Copy:
    """Return a valid plan as the kernels hold it.

    Parameters
    ----------
    lines
        Orders that the problem does not have are left out; so are orders that use an offer which
        is not eligible in this problem, or more lots or weeks than the search uses.
    profit_fen
        What each order of the plan is worth.
    """
    plan = make_copy(c)
    places = {order.order_id: at for at, order in enumerate(problem.orders)}
    offers = {offer.offer_id: at for at, offer in enumerate(problem.offers)}
    for order_id, mine in by_order(lines).items():
        if order_id not in places or any(line.offer_id not in offers for line in mine):
            continue
        order, lots = places[order_id], lots_in(mine, offers)
        if _is_held(c, order, lots):
            write_lots(c, plan, order, lots)
            plan.profit[order] = profit_fen[order_id]
    return plan


def _is_held(c: Columns, order: int, lots: Lots) -> bool:
    """Return whether the kernels can hold the lots: no more of them, only on eligible offers."""
    row = int(c.steps[order])
    return len(lots) <= c.lots_max and all(
        len(visit.minutes) <= c.block
        and visit.offer in c.entries[c.rows[row + step] : c.rows[row + step + 1]]
        for lot in lots
        for step, visit in enumerate(lot.visits)
    )
