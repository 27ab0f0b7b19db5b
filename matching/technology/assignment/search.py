"""The best consortium of one demand at given prices, exactly.

Candidates fall into groups by the bits that they bring. A set of up to three groups that covers
everything is worth at most the sum of its best members; sets are looked into from the best down,
and within a set the members from the best down, until nothing left can be better. So the answer is
exact although most consortia are never looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from matching.technology.assignment.ground import Ground, View
from matching.technology.assignment.matrix import Bools, Ints

NEVER = -(2**62)
BARRED = -(2**60)  # the worth of a candidate that must not be chosen: three still fit 64 bits
BLOCK = 8  # members of a group that are tried before all others


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """A consortium: positions of its providers, ascending, and what was maximised."""

    members: tuple[int, ...]
    value: int


def best_team(
    ground: Ground,
    view: View,
    worth: tuple[Ints, ...],
    *,
    above: int = NEVER,
    floor: int | None = None,
) -> Team | None:
    """Return the consortium of greatest worth, if that is greater than `above`.

    Parameters
    ----------
    worth
        Per number of members (index 0 is not used), what each candidate of the view adds.
    floor
        What the members' scores must sum to at least, billionths.

    Notes
    -----
    Checked: everything covered, number of members, budget, members that exclude each other, floor.
    """
    best: Team | None = None
    for size in range(view.least, view.most + 1):
        for team in _better(ground, view, worth[size], size, floor, above):
            above, best = team.value, team
    return best


def _better(
    ground: Ground, view: View, worth: Ints, size: int, floor: int | None, above: int
) -> Iterator[Team]:
    """Yield consortia of one size, each better than the one before, ending with the best."""
    if len(view.providers) < size:
        return
    groups = _Groups(view, worth)
    sets = _covering(groups.masks, groups.counts, view.whole, size)
    if not len(sets):
        return
    optimistic = groups.optimistic(sets)
    for number in np.argsort(-optimistic, kind="stable").tolist():
        if optimistic[number] <= above:
            return
        lists = [groups.members(int(group)) for group in sets[number]]
        for team in _within(ground, view, worth, lists, sets[number], floor, above):
            above = team.value
            yield team


class _Groups:
    """Candidates by the bits that they bring, each group from its best member down."""

    def __init__(self, view: View, worth: Ints) -> None:
        self._order = np.lexsort((-worth, view.masks))
        masks = view.masks[self._order]
        self._starts = np.flatnonzero(np.concatenate([[True], masks[1:] != masks[:-1]]))
        self._ends = np.append(self._starts[1:], len(masks))
        self.masks = tuple(masks[self._starts].tolist())
        self.counts = tuple(np.minimum(self._ends - self._starts, 3).tolist())
        ranked = worth[self._order]
        self._top = np.full((len(self._starts), 3), BARRED, np.int64)
        for rank in range(3):
            has = self._starts + rank < self._ends
            self._top[has, rank] = ranked[self._starts[has] + rank]

    def members(self, group: int) -> Ints:
        """Return the candidates of a group, from the best down."""
        found: Ints = self._order[self._starts[group] : self._ends[group]]
        return found

    def optimistic(self, sets: Ints) -> Ints:
        """Return the sum of the best distinct members of each set of groups."""
        total: Ints = self._top[sets[:, 0], 0].copy()
        rank = np.zeros(len(sets), np.int64)
        for at in range(1, sets.shape[1]):
            rank = np.where(sets[:, at] == sets[:, at - 1], rank + 1, 0)
            total += self._top[sets[:, at], rank]
        return total


@lru_cache(maxsize=4096)
def _covering(masks: tuple[int, ...], counts: tuple[int, ...], whole: int, size: int) -> Ints:
    """Return the sets of groups, ascending, whose bits together are all: sets × size."""
    found = [np.arange(len(masks))[:, np.newaxis]]
    bits = np.array(masks, np.int64)
    for _ in range(size - 1):
        last = found[-1]
        pairs = [
            np.column_stack(
                [
                    np.repeat(last[last[:, -1] == at], len(masks) - at, axis=0),
                    np.tile(np.arange(at, len(masks)), int((last[:, -1] == at).sum())),
                ]
            )
            for at in range(len(masks))
        ]
        found.append(np.concatenate(pairs))
    sets: Ints = found[-1]
    sets = sets[np.bitwise_or.reduce(bits[sets], axis=1) == whole]
    if size > 1:
        have = np.array(counts, np.int64)
        needed = (sets[:, :, np.newaxis] == sets[:, np.newaxis, :]).sum(axis=2)
        sets = sets[(needed <= have[sets]).all(axis=1)]
    return sets


def _within(
    ground: Ground,
    view: View,
    worth: Ints,
    lists: list[Ints],
    groups: Ints,
    floor: int | None,
    above: int,
) -> Iterator[Team]:
    """Yield ever better consortia with one member of each list, ending with the best.

    A few of the best of each list come first: they usually hold the answer. Then everything that
    could still be better is tried, one first member after the other.
    """
    best = [int(worth[members[0]]) for members in lists]
    first = _best_of(ground, view, worth, [m[:BLOCK] for m in lists], groups, floor, above)
    if first is not None:
        above = first.value
        yield first
    if all(len(members) <= BLOCK for members in lists):
        return
    rest = sum(best[1:])
    for member in lists[0].tolist():
        left = int(worth[member]) + rest
        if left <= above:
            return
        others = [
            members[worth[members] > above - left + best[at]]
            for at, members in enumerate(lists[1:], 1)
        ]
        found = _best_of(
            ground, view, worth, [np.array([member]), *others], groups, floor, above, lists=lists
        )
        if found is not None:
            above = found.value
            yield found


def _best_of(
    ground: Ground,
    view: View,
    worth: Ints,
    tried: list[Ints],
    groups: Ints,
    floor: int | None,
    above: int,
    *,
    lists: list[Ints] | None = None,
) -> Team | None:
    """Return the best consortium with one member of each list, all tried; None at most `above`.

    `lists` are the whole lists of which those tried are parts.
    """
    if any(not len(members) for members in tried):
        return None
    teams = np.stack([axis.ravel() for axis in np.meshgrid(*tried, indexing="ij")], axis=1)
    value = worth[teams].sum(axis=1)
    keep = value > above
    order = tried if lists is None else lists
    for at in range(1, teams.shape[1]):
        if groups[at] == groups[at - 1]:  # one group twice: each pair of members once
            keep &= _rank(order[at], teams[:, at]) > _rank(order[at - 1], teams[:, at - 1])
    teams, value = teams[keep], value[keep]
    allowed = permitted(ground, view, teams, floor=floor)
    if not allowed.any():
        return None
    at = int(np.where(allowed, value, NEVER).argmax())
    members = tuple(sorted(view.providers[teams[at]].tolist()))
    return Team(members=members, value=int(value[at]))


def _rank(members: Ints, chosen: Ints) -> Ints:
    """Return the place of each chosen candidate in its list."""
    place = np.zeros(int(members.max()) + 1, np.int64)
    place[members] = np.arange(len(members))
    return place[chosen]


def permitted(ground: Ground, view: View, teams: Ints, *, floor: int | None) -> Bools:
    """Tell which teams, rows of distinct candidates, keep budget, floor and good company."""
    fine: Bools = view.prices[teams].sum(axis=1) <= view.budget
    if floor is not None:
        fine &= view.scores[teams].sum(axis=1) >= floor
    if view.apart and len(ground.quarrels):
        names = view.providers[teams]
        for one in range(teams.shape[1]):
            for other in range(one + 1, teams.shape[1]):
                fine &= ~ground.quarrel(names[:, one], names[:, other])
    return fine
