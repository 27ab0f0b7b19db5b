"""How many minutes each enterprise has decided, has left, and could find work for."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import numpy as np

from matching.capacity.contradictions.case import Case
from matching.capacity.contradictions.needed import impossible_alone
from matching.capacity.eligibility import Flags, Ints

ROOM = 4  # times what is needed: with more work in question, orders are not tested one by one
TESTED_MAX = 200  # orders per enterprise


class _Bids(NamedTuple):
    """The most minutes that each operation can bring to each enterprise, one line for each."""

    row: Ints
    order: Ints
    enterprise: Ints
    minutes: Ints


class Reach:
    """The three, by name of the enterprise; orders that are decided or have no offer bring nothing.

    Parameters
    ----------
    fitting
        Enterprises with an offer that fits an operation of any order.
    decided, idle, work
        Minutes agreed or frozen; minutes left on offers that fit; minutes of all orders together.
    all_work
        Most minutes of all orders together, whoever works them.
    """

    def __init__(self, case: Case) -> None:
        offers = case.problem.offers
        self._case, self._tested = case, dict[int, bool]()
        self._number = {
            name: at for at, name in enumerate(sorted({o.enterprise_id for o in offers}))
        }
        numbers = np.array([self._number[o.enterprise_id] for o in offers], np.int64)
        useful = np.zeros(len(offers), np.bool_)
        self._bids = _bids(case, numbers, useful)
        self.fitting = {offers[at].enterprise_id for at in set(case.eligibility.offers.tolist())}
        self.decided = self._by_name(numbers, case.used.sum(axis=1))
        self.idle = self._by_name(numbers, np.where(useful, case.left.sum(axis=1), 0))
        self.work = self._by_name(self._bids.enterprise, self._bids.minutes)
        most = np.zeros(len(case.eligibility.counts), np.int64)
        np.maximum.at(most, self._bids.row, self._bids.minutes)
        self.all_work = sum(most.tolist())

    def _by_name(self, numbers: Ints, minutes: Ints) -> Counter[str]:
        total = np.zeros(len(self._number), np.int64)
        np.add.at(total, numbers, minutes)
        return Counter(dict(zip(self._number, total.tolist(), strict=True)))

    def possible_work(self, name: str, needed: int) -> int:
        """Return the most minutes for an enterprise, of orders that are possible alone.

        Each order is tested once, and only where little more than what is needed is in question:
        elsewhere the rest is not looked at, and what is returned is enough.
        """
        bids, work = self._bids, self.work[name]
        mine = np.flatnonzero(bids.enterprise == self._number[name])
        if work > ROOM * needed or len(mine) > TESTED_MAX:
            return work
        for at, minutes in zip(bids.order[mine].tolist(), bids.minutes[mine].tolist(), strict=True):
            if at not in self._tested:
                self._tested[at] = impossible_alone(self._case, at) is not None
            work -= minutes if self._tested[at] else 0
        return work


def _bids(case: Case, numbers: Ints, useful: Flags) -> _Bids:
    """Return the bids of the orders that can still be planned; mark the offers that may serve them.

    Each lot pays a setup and rounds its minutes up by less than one.
    """
    ground, steps = case.ground, case.eligibility.steps
    row = np.repeat(np.arange(len(ground.rows) - 1), np.diff(ground.rows))
    order = np.repeat(np.arange(len(steps) - 1), np.diff(steps))[row]
    open_ = np.zeros(len(steps) - 1, np.bool_)
    open_[case.complete] = True
    kept = np.flatnonzero(open_[order])
    row, order, offer = row[kept], order[kept], ground.offer[kept]
    useful[offer] = True
    minutes = ground.max_lots[order] * (ground.setup[kept] + 1) - 1 + ground.total[kept]
    enterprise = numbers[offer]
    sorting = np.lexsort((minutes, enterprise, row))
    row, enterprise = row[sorting], enterprise[sorting]
    last = np.ones(len(row), np.bool_)  # the most of each operation and enterprise
    last[:-1] = (row[1:] != row[:-1]) | (enterprise[1:] != enterprise[:-1])
    return _Bids(row[last], order[sorting][last], enterprise[last], minutes[sorting][last])
