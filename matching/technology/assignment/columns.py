"""Consortia as columns of a program: all of a demand's that its most promising candidates make."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np

from matching.technology.assignment.ground import Ground, View
from matching.technology.assignment.matrix import Ints
from matching.technology.assignment.search import permitted

POOL = 18  # candidates of a demand whose consortia are all listed
PER_BIT = 4  # of those that bring a bit, at least so many
NOBODY = -1


@dataclass(frozen=True, kw_only=True, eq=False)
class Columns:
    """Consortia, one a row.

    Parameters
    ----------
    demand
        Position of the demand.
    members
        Positions of the providers, `NOBODY` beyond the last: rows × 3.
    size, score, months
        Members, sum of their scores, person-months of each.
    """

    demand: Ints
    members: Ints
    size: Ints
    score: Ints
    months: Ints

    def __len__(self) -> int:
        """Return how many consortia there are."""
        return len(self.demand)


def first_pool(view: View) -> frozenset[int]:
    """Return the candidates of a view, by place, that look most promising.

    The best of all, the best with each bit, and the cheapest with each bit where money may bind.
    """
    best = np.argsort(-view.scores, kind="stable")
    chosen: set[int] = set(best[:POOL].tolist())
    tight = view.budget < int(view.prices.max(initial=0)) * view.most
    cheap = np.lexsort((-view.scores, view.prices))
    for bit in range(len(view.names)):
        chosen |= set(best[view.masks[best] >> bit & 1 == 1][:PER_BIT].tolist())
        if tight:
            chosen |= set(cheap[view.masks[cheap] >> bit & 1 == 1][:PER_BIT].tolist())
    if tight:
        chosen |= set(cheap[:PER_BIT].tolist())
    return frozenset(chosen)


def columns_of(ground: Ground, view: View, pool: Iterable[int]) -> Columns:
    """Return every permitted consortium that some candidates of a view make."""
    places = np.array(sorted(pool), np.int64)
    parts = [_of_size(ground, view, places, size) for size in range(view.least, view.most + 1)]
    return joined(parts)


def _of_size(ground: Ground, view: View, places: Ints, size: int) -> Columns:
    teams = places[_sets(len(places), size)]
    covered = np.bitwise_or.reduce(view.masks[teams], axis=1, initial=0) == view.whole
    teams = teams[covered]
    teams = teams[permitted(ground, view, teams, floor=None)]
    members = np.full((len(teams), 3), NOBODY, np.int64)
    members[:, :size] = view.providers[teams]
    count = len(teams)
    return Columns(
        demand=np.full(count, view.at),
        members=members,
        size=np.full(count, size),
        score=view.scores[teams].sum(axis=1),
        months=np.full(count, view.months[size]),
    )


@lru_cache(maxsize=512)
def _sets(count: int, size: int) -> Ints:
    """Return the sets of so many places, ascending: sets × size."""
    return np.array(list(combinations(range(count), size)), np.int64).reshape(-1, size)


def joined(parts: list[Columns]) -> Columns:
    """Return some columns as one."""
    empty = np.zeros(0, np.int64)
    if not parts:
        nobody = np.zeros((0, 3), np.int64)
        return Columns(demand=empty, members=nobody, size=empty, score=empty, months=empty)
    return Columns(
        demand=np.concatenate([part.demand for part in parts]),
        members=np.concatenate([part.members for part in parts]),
        size=np.concatenate([part.size for part in parts]),
        score=np.concatenate([part.score for part in parts]),
        months=np.concatenate([part.months for part in parts]),
    )


def some(columns: Columns, which: Ints) -> Columns:
    """Return the columns at some places."""
    return Columns(
        demand=columns.demand[which],
        members=columns.members[which],
        size=columns.size[which],
        score=columns.score[which],
        months=columns.months[which],
    )
