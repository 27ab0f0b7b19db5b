"""The least cost of an order in one case: its lots put together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .alone import Alone
from .charges import Ints
from .relaxation import NEVER, Tariff, least_costs


class Leaf(NamedTuple):
    """One case: what every lot may use, must use, and how many pieces it may have."""

    rooms: Ints  # lots × entries × weeks: most minutes
    taken: Ints  # lots × entries × weeks: least minutes
    spans: tuple[tuple[int, int], ...]


def root(one: Alone, lots: int) -> Leaf:
    """Return the case that holds for every plan of exactly so many lots, the largest first."""
    spans = tuple(
        (
            1 if lot else -(-one.quantity // lots),
            (one.quantity - (lots - 1 - lot)) // (lot + 1),
        )
        for lot in range(lots)
    )
    rooms = np.repeat((one.idle * one.open)[None], lots, axis=0)
    return Leaf(rooms, np.zeros_like(rooms), spans)


def cheapest(
    one: Alone, tariff: Tariff, leaves: Sequence[Leaf], *, cells: int, block: int
) -> list[int]:
    """Return the least cost of each leaf, under the multipliers in the tariff.

    Notes
    -----
    Leaves differ in few lots, so that every lot with the same room and span is computed once.
    """
    possible = [at for at, leaf in enumerate(leaves) if enough_minutes(one, leaf)]
    found = [NEVER] * len(leaves)
    jobs = {
        job: at
        for at, job in enumerate(dict.fromkeys(j for at in possible for j in _jobs(leaves[at])))
    }
    if not jobs:
        return found
    shape = one.idle.shape
    rooms = np.array([np.frombuffer(room, np.int64).reshape(shape) for room, _ in jobs])
    cut = [_cells(span, cells) for _, span in jobs]
    width = max(1, *map(len, cut))
    padded = np.array([[*cell, *[(1, 0)] * (width - len(cell))] for cell in cut], np.int64)
    costs = least_costs(one, tariff, rooms, padded[..., 0], padded[..., 1], block)
    sizes: dict[tuple[tuple[int, int], ...], Sizes] = {}
    for at in possible:
        leaf, mine = leaves[at], [jobs[job] for job in _jobs(leaves[at])]
        if leaf.spans not in sizes:
            sizes[leaf.spans] = _sizes(one, [cut[job] for job in mine])
        found[at] = _combine(one, tariff, sizes[leaf.spans], [costs[job] for job in mine])
    return found


def _jobs(leaf: Leaf) -> list[tuple[bytes, tuple[int, int]]]:
    """Return for each lot of a case what its cost depends on: its room and its span."""
    return [(room.tobytes(), span) for room, span in zip(leaf.rooms, leaf.spans, strict=True)]


def _cells(span: tuple[int, int], cells: int) -> list[tuple[int, int]]:
    """Cut a span into at most `cells` intervals of nearly equal length."""
    least, width = span[0], span[1] - span[0] + 1
    count = min(cells, max(0, width))
    return [
        (least + width * at // count, least + width * (at + 1) // count - 1) for at in range(count)
    ]


def enough_minutes(one: Alone, leaf: Leaf) -> bool:
    """Return whether the least minutes have room, and operations the minutes that they need.

    For each operation: the operations whose offers are all among its offers need at least their
    least work, and a least setup for each lot.
    """
    if (leaf.taken > leaf.rooms).any():
        return False
    lots, room = len(leaf.rooms), leaf.rooms.sum(axis=0)
    free = np.minimum(one.same @ room, one.idle).sum(axis=1)
    return all(
        free[part].sum() >= minutes + lots * setups
        for part, (minutes, setups) in zip(one.steps, one.needs, strict=True)
    )


class Sizes(NamedTuple):
    """The ways in which the cells of some lots can add up to the quantity of the order."""

    cells: tuple[Ints, ...]  # per lot: which cell
    spare: Ints  # pieces that the least sizes of the cells leave to be made


def _sizes(one: Alone, cut: Sequence[Sequence[tuple[int, int]]]) -> Sizes:
    """Return the combinations of cells; lots come from the largest to the smallest."""
    lots = range(len(cut))
    cells = [np.array(cell, np.int64).reshape(-1, 2) for cell in cut]
    at = np.meshgrid(*(np.arange(len(cell)) for cell in cells), indexing="ij", sparse=True)
    low, high = ([cells[lot][at[lot], side] for lot in lots] for side in (0, 1))
    fits = (sum(low) <= one.quantity) & (one.quantity <= sum(high))
    for lot in lots[1:]:
        fits &= low[lot] <= high[lot - 1]
    chosen = np.nonzero(fits)
    least = sum(cells[lot][chosen[lot], 0] for lot in lots)
    return Sizes(chosen, one.quantity - least)


def _combine(one: Alone, tariff: Tariff, sizes: Sizes, costs: Sequence[Ints]) -> int:
    """Return the least cost of lots of these sizes, being late and the spare pieces included."""
    if not len(sizes.spare):
        return NEVER
    late = one.tardy * np.arange(one.levels)[:, None]
    for cell, cost in zip(sizes.cells, costs, strict=True):
        late = late + cost[:, cell]
    return int((late.min(axis=0) + _spare(one, tariff, sizes)).min())


def _spare(one: Alone, tariff: Tariff, sizes: Sizes) -> Ints:
    """Return the least that the spare pieces cost, whatever lots and offers they go to.

    Rounding up the minutes of a lot loses less than one minute against its share. Where all offers
    need the same minutes, that is less than lots - 1 minutes in all, at the cheapest rate; else
    the share of the cheapest offer, less one minute of the dearest for each lot.
    """
    pieces, whole, lots = sizes.spare, one.quantity, len(sizes.cells)
    cost = np.zeros_like(pieces)
    for part in one.steps:
        total, rate, quote = one.total[part], tariff.per_minute[part], tariff.per_order[part]
        minutes = np.maximum(0, int(total.min()) * pieces // whole - (lots - 1))
        quoted = np.maximum(0, int(quote.min()) * pieces // whole - (lots - 1))
        least = int(rate.min()) * minutes + quoted
        if quote.any():
            share = int((rate * total + quote).min()) * pieces // whole
            least = np.maximum(least, share - lots * int(rate.max()))
        cost += least
    km = int(one.buyer_km[one.park[one.steps[-1]]].min())
    return cost + np.maximum(0, tariff.leg_km * km * pieces // whole - (lots - 1))
