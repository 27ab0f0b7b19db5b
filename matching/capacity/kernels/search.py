"""The kernels of the search, called from Python: routes, plans, moves. `search.h` has the shapes.

Every call releases the interpreter's lock; a workspace, a book and a search belong to one thread.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.capacity.columns import Columns, Floats, Ints, Shorts
from matching.capacity.kernels.book import Book, Copy, Journal, make_copy, make_journal
from matching.capacity.kernels.library import Shared, function, pointer_to
from matching.capacity.kernels.workspace import Workspace, make_workspace

QUICK, NORMAL, MANY, THOROUGH = 0, 1, 6, 20  # random ways to split that are tried
THOROUGH_ORDERS_MAX, MANY_ORDERS_MAX = 4000, 20_000  # more orders: fewer ways are tried
USERS_MAX = 2_000_000
CHOICES_MAX = 128  # entries of an operation that can be chosen as the best; `search.h` has it too

State = NDArray[np.uint64]

_P, _I, _D = ctypes.c_void_p, ctypes.c_int64, ctypes.c_double


def make_state(seed: int, stream: int) -> State:
    """Return the state of random numbers: another sequence for each seed and stream."""
    mixed = (seed * 0x9E3779B97F4A7C15 + stream * 0xD1B54A32D192ED03 + 1) % 2**64
    return np.array([mixed], np.uint64)


class Users(NamedTuple):
    """Which orders each offer could work for, in compressed rows."""

    first: Ints  # offers + 1
    orders: Shorts


class Moves(NamedTuple):
    """What the large neighbourhood search remembers; `Search` in `improve.c`."""

    totals: Floats  # current profit, best profit
    wanted: Ints  # orders that can be worth it
    wanted_count: int
    is_wanted: Ints
    users_first: Ints
    users: Shorts
    dirty: Ints  # how many orders differ from the best plan, and which
    is_dirty: Ints
    random: State


def search_effort(orders: int) -> int:
    """Return how many ways to split an order into lots are tried in a problem of so many orders."""
    if orders <= THOROUGH_ORDERS_MAX:
        return THOROUGH
    return MANY if orders <= MANY_ORDERS_MAX else NORMAL


def find_users(c: Columns) -> Users:
    """Return the orders of each offer, each once; every so many of them where there are too many.

    The search draws among them who could use what has become free.
    """
    every = 1 + len(c.entries) // USERS_MAX
    at = np.arange(0, len(c.entries), every)
    row = np.searchsorted(c.rows, at, side="right") - 1
    order = (np.searchsorted(c.steps, row, side="right") - 1).astype(np.int64)
    keys = np.unique(c.entries[at].astype(np.int64) * max(1, len(c.orders)) + order)
    offers = keys // max(1, len(c.orders))
    first = np.searchsorted(offers, np.arange(len(c.idle) + 1)).astype(np.int64)
    return Users(first, (keys % max(1, len(c.orders))).astype(np.int32))


class _Calls(NamedTuple):
    demand_at: Any
    plan_alone: Any
    insert_all: Any
    improve: Any
    take_over: Any
    find_candidates: Any


@cache
def _calls() -> _Calls:
    return _Calls(
        demand_at=function("demand_at", _D, _P, _P, _P, _I, _P, _I, _P, _P, _P),
        plan_alone=function("plan_alone", _I, _P, _P, _I, _P, _P, _I, _P),
        insert_all=function("insert_all", _D, _P, _P, _P, _P, _I, _P, _D, _I, _P),
        improve=function("improve", None, _P, _P, _P, _P, _P, _P, _P, _I, _D, _D),
        take_over=function("take_over", None, _P, _P, _P, _P, _I),
        find_candidates=function("find_candidates", None, _P, _P, _P, _I, _P, _I, _P, _P),
    )


class Searcher:
    """One thread of the search: its scratch memory and its random numbers."""

    def __init__(self, columns: Shared[Columns], random: State) -> None:
        self._c = columns
        self._w: Shared[Workspace] = Shared(make_workspace(columns.values))
        self._random = random

    @property
    def workspace(self) -> Workspace:
        """The scratch memory: the best lots of the last order planned are in it."""
        return self._w.values

    def demand_at(
        self, orders: Ints, prices: Floats, effort: int, *, use: Ints, earned: Floats
    ) -> float:
        """Let each order plan alone on all capacity at the prices; add up the minutes wanted.

        Parameters
        ----------
        prices
            Offers × weeks, fen per minute.
        use
            Offers × weeks; the wanted minutes are added.
        earned
            Orders; the reduced profit of each is written, 0 when it stays out.

        Returns
        -------
        float
            Σ earned: an estimate of the orders' part of the bound, not a proof.
        """
        return float(
            _calls().demand_at(
                self._c.pointer,
                self._w.pointer,
                pointer_to(orders),
                len(orders),
                pointer_to(prices),
                effort,
                pointer_to(self._random),
                pointer_to(use),
                pointer_to(earned),
            )
        )

    def plan_alone(self, order: int, idle: Ints, prices: Floats, effort: int) -> int:
        """Let one order plan alone on some minutes; return its lots, 0 when none is worth it."""
        return int(
            _calls().plan_alone(
                self._c.pointer,
                self._w.pointer,
                order,
                pointer_to(idle),
                pointer_to(prices),
                effort,
                pointer_to(self._random),
            )
        )

    def find_candidates(
        self, orders: Ints, prices: Floats, *, choices: int, found: Shorts, sizes: Ints
    ) -> None:
        """Write which entries of each operation of some orders are best at the prices.

        Parameters
        ----------
        choices
            At most so many of an operation, 1..CHOICES_MAX.
        found
            Rows × choices; the entries of the orders' rows are written, rising.
        sizes
            Rows; how many there are of each of the orders' rows is written.

        Raises
        ------
        ValueError
            When there are fewer or more choices.
        """
        if not 1 <= choices <= CHOICES_MAX:
            raise ValueError(f"choices: expected 1..{CHOICES_MAX}, got {choices}")
        _calls().find_candidates(
            self._c.pointer,
            self._w.pointer,
            pointer_to(orders),
            len(orders),
            pointer_to(prices),
            choices,
            pointer_to(found),
            pointer_to(sizes),
        )

    def insert_all(
        self, book: Shared[Book], sequence: Ints, prices: Floats, *, theta: float, effort: int
    ) -> float:
        """Insert the refused orders of a sequence one by one; return the profit added."""
        return float(
            _calls().insert_all(
                self._c.pointer,
                self._w.pointer,
                book.pointer,
                pointer_to(sequence),
                len(sequence),
                pointer_to(prices),
                theta,
                effort,
                pointer_to(self._random),
            )
        )


class Chain:
    """One large neighbourhood search: a plan that moves, and the best plan it has met."""

    def __init__(
        self,
        columns: Shared[Columns],
        book: Shared[Book],
        wanted: Ints,
        users: Users,
        random: State,
    ) -> None:
        c = columns.values
        self._c, self.book = columns, book
        self._w: Shared[Workspace] = Shared(make_workspace(c))
        self._journal: Shared[Journal] = Shared(make_journal(c))
        self.best: Shared[Copy] = Shared(make_copy(c))
        flags = np.zeros(len(c.orders), np.int64)
        flags[wanted] = 1
        total = float(book.values.profit.sum())
        self._moves: Shared[Moves] = Shared(
            Moves(
                totals=np.array([total, total]),
                wanted=wanted,
                wanted_count=len(wanted),
                is_wanted=flags,
                users_first=users.first,
                users=users.orders,
                dirty=np.zeros(len(c.orders) + 1, np.int64),
                is_dirty=np.zeros(len(c.orders), np.int64),
                random=random,
            )
        )
        for mine, now in zip(self.best.values, book.values.copy, strict=True):
            mine[...] = now

    @property
    def best_profit(self) -> float:
        """Profit of the best plan."""
        return float(self._moves.values.totals[1])

    def improve(self, prices: Floats, moves: int, *, warm: float, cold: float) -> None:
        """Make moves while the temperature falls from `warm` to `cold` fen."""
        _calls().improve(
            self._c.pointer,
            self._w.pointer,
            self.book.pointer,
            self.best.pointer,
            self._journal.pointer,
            self._moves.pointer,
            pointer_to(prices),
            moves,
            warm,
            cold,
        )

    @property
    def profit(self) -> float:
        """Profit of the plan as it is now."""
        return float(self._moves.values.totals[0])

    def restart(self, plan: Shared[Copy]) -> None:
        """Go on from another plan, which becomes the best one too when it is better."""
        mine, other = self.book.values, plan.values
        take_over(self._c, self.book, plan, differing(mine.copy, other, mine.owner))
        self.settle()

    def settle(self) -> None:
        """Take note of a plan that was changed from outside; keep it when it is the best."""
        mine, moves = self.book.values, self._moves.values
        moves.totals[0] = mine.profit.sum()
        if moves.totals[0] >= moves.totals[1]:
            for kept, now in zip(self.best.values, mine.copy, strict=True):
                kept[...] = now
            moves.totals[1] = moves.totals[0]
        different = differing(self.best.values, mine.copy, mine.owner)
        moves.is_dirty[:] = 0
        moves.is_dirty[different] = 1
        moves.dirty[0] = len(different)
        moves.dirty[1 : 1 + len(different)] = different


def take_over(
    columns: Shared[Columns], book: Shared[Book], plan: Shared[Copy], orders: Ints
) -> Ints:
    """Make the book serve some orders as another plan does.

    Returns
    -------
    Ints
        The orders for which minutes were missing; they are left out of the book.
    """
    asked = np.array(orders, np.int64)
    _calls().take_over(columns.pointer, book.pointer, plan.pointer, pointer_to(asked), len(asked))
    return asked[asked >= 0]


def differing(one: Copy, other: Copy, owner: Shorts) -> Ints:
    """Return the orders that two plans may serve differently: all that do, and few more."""
    changed = (one.lots != other.lots) | (one.quantities != other.quantities).any(axis=1)
    changed[owner[(one.slots != other.slots).any(axis=1)]] = True
    return np.flatnonzero(changed).astype(np.int64)
