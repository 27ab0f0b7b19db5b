"""The kernel of generalized assignment, called from Python; `assigning.c` says how it searches.

A call releases the interpreter's lock; a search belongs to one thread at a time.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from matching.capacity.columns import Floats, Ints
from matching.capacity.kernels.library import Shared, function
from matching.capacity.kernels.search import State

JOURNAL_MAX = 4096  # changes of one move; `assigning.c` has the same numbers
SEEDED_REFUSED = 20
LABELS_PER_ORDER, LABEL_WIDTH = 40, 5
UNLIMITED = 2**60  # minutes for the orders that are refused
COUNTERS, SUMS = 6, 4
LABELS_MAX, BEST_PROFIT, SCALE = 5, 2, 3


class Choices(NamedTuple):
    """The choices of each order, best first at the prices; offer `offers` is to be refused."""

    orders: int
    offers: int
    choices: int
    offer: Ints  # orders × choices; -1 behind the last
    minutes: Ints  # orders × choices
    lost: Floats  # orders × choices: at the prices, against the best choice, fen
    profit: Floats  # orders × choices, fen
    price: Floats  # offers + 1, fen per minute that is left idle
    penalty: Floats  # offers + 1, fen per minute beyond: before it is scaled
    first: Ints  # offers + 2: where the list of an offer begins
    patience: float  # fen: what an accepted change may cost on the mean


class Assigned(NamedTuple):
    """One search: the assignment of now, the best one that fits, and scratch memory."""

    chosen: Ints
    best: Ints
    free: Ints
    place: Ints
    members: Ints
    held: Ints
    counters: Ints  # minutes beyond, stamp, settled, tried, fitting, most labels
    sums: Floats  # energy, profit, best profit, scale of the penalty
    label: Ints
    labels: Ints
    gains: Floats
    marks: Ints
    seeds: Ints
    journal: Ints
    random: State


class _Calls(NamedTuple):
    first: Any
    assign: Any


@cache
def _calls() -> _Calls:
    p, i = ctypes.c_void_p, ctypes.c_int64
    return _Calls(
        first=function("assign_first", None, p, p), assign=function("assign", None, p, p, i)
    )


class Assigner:
    """One search from the best choice of every order."""

    def __init__(self, choices: Shared[Choices], idle: Ints, random: State) -> None:
        c = choices.values
        labels = LABELS_PER_ORDER * c.orders
        self._c = choices
        self._a: Shared[Assigned] = Shared(
            Assigned(
                chosen=np.zeros(c.orders, np.int64),
                best=np.full(c.orders, -1, np.int64),
                free=np.append(idle, UNLIMITED).astype(np.int64),
                place=np.zeros(c.orders, np.int64),
                members=np.zeros(c.first[-1], np.int64),
                held=np.zeros(c.offers + 1, np.int64),
                counters=np.zeros(COUNTERS, np.int64),
                sums=np.array([0.0, 0.0, -np.inf, 1.0]),
                label=np.full(c.orders, -1, np.int64),
                labels=np.zeros((labels, LABEL_WIDTH), np.int64),
                gains=np.zeros(labels),
                marks=np.zeros(c.offers + 1, np.int64),
                seeds=np.zeros(2 * c.orders + SEEDED_REFUSED, np.int64),
                journal=np.zeros((JOURNAL_MAX, 2), np.int64),
                random=random,
            )
        )
        self._a.values.counters[LABELS_MAX] = labels
        _calls().first(choices.pointer, self._a.pointer)

    def assign(self, moves: int) -> None:
        """Make moves: kicks, each with its descent; at first one chain of the first descent."""
        _calls().assign(self._c.pointer, self._a.pointer, moves)

    @property
    def best_profit(self) -> float:
        """Profit of the best assignment that fits, fen; minus infinity before there is one."""
        return float(self._a.values.sums[BEST_PROFIT])

    @property
    def best(self) -> Ints:
        """Which choice each order has in the best assignment that fits; -1 before there is one."""
        return self._a.values.best
