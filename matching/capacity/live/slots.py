"""How the kernels hold a plan, and how it reads: numbers in slots, and the lots of an order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from matching.capacity.columns import Columns
from matching.capacity.kernels.book import Book, Copy
from matching.capacity.kernels.workspace import SLOT_ENTRY, SLOT_MINUTES, SLOT_START, Workspace
from matching.capacity.live.exact import Lots, PlannedLot, Visit
from matching.capacity.plan import PlanLine


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
    return _lots(
        plan.quantities[order, :count].tolist(),
        [(int(c.entries[slot[SLOT_ENTRY]]), *slot[SLOT_START:]) for slot in slots],
        steps,
    )


def planned_lots(w: Workspace, count: int, steps: int) -> Lots:
    """Return the best lots of the order that was planned last in a workspace."""
    slots = w.lots_best.reshape(-1, w.lots_best.shape[-1])[: count * steps].tolist()
    return _lots(
        w.quantities_best[:count].tolist(),
        [(int(w.offer[slot[SLOT_ENTRY]]), *slot[SLOT_START:]) for slot in slots],
        steps,
    )


def _lots(quantities: list[int], visits: list[tuple[int, ...]], steps: int) -> Lots:
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


def used_slots(c: Columns, book: Book) -> NDArray[np.int64]:
    """Return the slots that hold an operation of a served order."""
    within = np.arange(len(book.slots)) - c.steps[book.owner] * c.lots_max
    steps = c.steps[book.owner + 1] - c.steps[book.owner]
    used: NDArray[np.int64] = np.flatnonzero(
        (within >= 0) & (within < book.lots[book.owner] * steps)
    )
    return used


def count_minutes(c: Columns, book: Book) -> None:
    """Work out the free minutes of a book from the idle minutes and its slots."""
    slots = used_slots(c, book)
    numbers = book.slots[slots]
    offers = c.entries[numbers[:, SLOT_ENTRY]].astype(np.int64)
    book.free[...] = c.idle
    for at in range(c.block):
        minutes = numbers[:, SLOT_MINUTES + at]
        some = minutes > 0
        where = offers[some], numbers[some, SLOT_START] + at
        np.subtract.at(book.free, where, minutes[some])
    book.spent[:] = 0
    np.add.at(book.spent, c.offers[offers, 3], numbers[:, SLOT_MINUTES:].sum(axis=1))


def link_slots(c: Columns, book: Book, fixed: NDArray[np.bool_]) -> None:
    """List the slots of each offer, but for those of fixed orders: no move finds these."""
    slots = used_slots(c, book)
    slots = slots[~fixed[book.owner[slots]]]
    offers = c.entries[book.slots[slots, SLOT_ENTRY]]
    sorting = np.argsort(offers, kind="stable")
    slots, offers = slots[sorting], offers[sorting]
    book.head[:], book.following[:], book.previous[:] = -1, -1, -1
    if not len(slots):
        return
    same = offers[1:] == offers[:-1]
    book.following[slots[:-1][same]] = slots[1:][same]
    book.previous[slots[1:][same]] = slots[:-1][same]
    begins = np.concatenate([[True], ~same])
    book.head[offers[begins]] = slots[begins]
