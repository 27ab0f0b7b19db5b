"""How a node of a proof divides a case: into cases that cover everything it holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .alone import Alone
from .cases import Leaf

LOW_MAX = 10**9


def divide(
    one: Alone, leaf: Leaf, what: list[Any], *, offers: Mapping[str, int], block: int
) -> list[Leaf] | None:
    """Return the cases of a node; None when it names what is not there.

    Parameters
    ----------
    what
        The node after its parent and case: integers and texts.
    offers
        Position of each offer.
    block
        Longest block of weeks.
    """
    match what:
        case ["minutes", int(lot), int(step), str(offer), int(week), int(low)]:
            at = _place(one, leaf, lot, step, offer=offers.get(offer, -1))
            if at is not None and 0 <= week - one.week < one.idle.shape[1] and 0 <= low <= LOW_MAX:
                return _by_minutes(one, leaf, lot - 1, at.start, week - one.week, low)
        case ["offer", int(lot), int(step), str(offer)]:
            at = _place(one, leaf, lot, step, offer=offers.get(offer, -1))
            if at is not None:
                part = one.steps[step - 1]
                others = np.setdiff1d(np.arange(part.start, part.stop), at.start)
                return [_without(leaf, lot - 1, at), _without(leaf, lot - 1, others)]
        case ["weeks", int(lot), int(step), int(week)]:
            at = _place(one, leaf, lot, step)
            if at is not None and 0 <= week <= LOW_MAX:
                first = week - one.week
                early, late = slice(max(0, first + block), None), slice(0, max(0, first + 1))
                return [_without(leaf, lot - 1, at, weeks) for weeks in (early, late)]
        case ["pieces", int(lot), int(low), int(high)]:
            if 1 <= lot <= len(leaf.spans) and 0 <= low <= LOW_MAX and low - 1 <= high <= LOW_MAX:
                return _by_pieces(leaf, lot - 1, low, high)
    return None


def _place(one: Alone, leaf: Leaf, lot: int, step: int, *, offer: int = -2) -> slice | None:
    """Return the entries of an operation, or the one with an offer; None when there are none."""
    if not 1 <= lot <= len(leaf.spans) or not 1 <= step <= len(one.steps):
        return None
    part = one.steps[step - 1]
    if offer == -2:  # any
        return part
    found = np.flatnonzero(one.offer[part] == offer).tolist()
    return slice(part.start + found[0], part.start + found[0] + 1) if found else None


def _without(leaf: Leaf, lot: int, entries: Any, weeks: slice = slice(None)) -> Leaf:
    """Return the case in which a lot has no minutes on some entries in some weeks."""
    rooms = leaf.rooms.copy()
    rooms[lot, entries, weeks] = 0
    return leaf._replace(rooms=rooms)


def _by_pieces(leaf: Leaf, lot: int, low: int, high: int) -> list[Leaf]:
    """Divide: the lot has fewer than `low` pieces, low..high, or more than `high`."""
    least, most = leaf.spans[lot]
    bounds = (least, low - 1), (low, high), (high + 1, most)
    spans = [(max(least, a), min(most, b)) for a, b in bounds]
    return [leaf._replace(spans=(*leaf.spans[:lot], s, *leaf.spans[lot + 1 :])) for s in spans]


def _by_minutes(one: Alone, leaf: Leaf, lot: int, entry: int, week: int, low: int) -> list[Leaf]:
    """Divide: the lot takes at most `low` minutes of the entry there, or more.

    What units are known to take of an offer-week, all others on it have to do without.
    """
    few, rest, taken = leaf.rooms.copy(), leaf.rooms.copy(), leaf.taken.copy()
    few[lot, entry, week] = min(int(few[lot, entry, week]), low)
    taken[lot, entry, week] = max(int(taken[lot, entry, week]), low + 1)
    same = one.offer == one.offer[entry]
    mine = taken[:, same, week]
    left = np.maximum(0, one.idle[entry, week] - mine.sum() + mine)
    rest[:, same, week] = np.minimum(rest[:, same, week], left)
    return [leaf._replace(rooms=few), leaf._replace(rooms=rest, taken=taken)]
