"""Which offers fit a new order: the rules of eligibility as bit masks over the offers of a process.

The masks are made once for the offers; an order then costs a few array operations for each of its
operations, however many offers there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from matching.capacity.columns import Ints
from matching.capacity.eligibility import RULES, Eligibility, Flags, refusal
from matching.capacity.order_limits import OrderLimits
from matching.capacity.problem import Offer, Operation, Order, Problem, Quotation
from matching.explain import Reason


class _Trade(NamedTuple):
    """The offers of one process, by park."""

    offers: Ints  # positions in the problem
    size: Ints
    tolerance: Ints
    min_lot: Ints
    enterprise: Ints
    works: dict[str, Flags]  # material → offers
    holds: dict[str, Flags]  # certificate → offers


class Catalogue:
    """The offers of a problem, arranged for looking up who can make an operation.

    Attributes
    ----------
    enterprises, positions
        Numbers of the enterprises and of the offers.
    enterprise_of
        Number of each offer's enterprise.
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        parks = {park.park_id: at for at, park in enumerate(problem.parks)}
        names = sorted({offer.enterprise_id for offer in problem.offers})
        self.enterprises = {name: at for at, name in enumerate(names)}
        self.enterprise_of = np.array(
            [self.enterprises[offer.enterprise_id] for offer in problem.offers], np.int64
        )
        self.positions = {offer.offer_id: at for at, offer in enumerate(problem.offers)}
        found: dict[str, list[int]] = {}
        for at, offer in enumerate(problem.offers):
            found.setdefault(offer.process, []).append(at)
        self._trades: dict[str, _Trade] = {}
        for process, mine in found.items():
            mine.sort(key=lambda at: (parks[problem.offers[at].park_id], at))
            self._trades[process] = self._trade(mine, [problem.offers[at] for at in mine])

    def _trade(self, positions: list[int], offers: list[Offer]) -> _Trade:
        materials = {name for offer in offers for name in offer.materials}
        certificates = {name for offer in offers for name in offer.certificates}
        return _Trade(
            offers=np.array(positions, np.int64),
            size=np.array([offer.size_class for offer in offers], np.int64),
            tolerance=np.array([offer.tolerance_it for offer in offers], np.int64),
            min_lot=np.array([offer.min_lot for offer in offers], np.int64),
            enterprise=np.array([self.enterprises[o.enterprise_id] for o in offers], np.int64),
            works={n: np.array([n in o.materials for o in offers], np.bool_) for n in materials},
            holds={
                n: np.array([n in o.certificates for o in offers], np.bool_) for n in certificates
            },
        )

    def eligible(self, order: Order, quotations: Sequence[Quotation] = ()) -> list[Ints]:
        """Return the positions of the offers that fit each operation, sorted by park.

        Parameters
        ----------
        quotations
            Those for this order.
        """
        found = []
        for step, operation in enumerate(order.operations, 1):
            trade = self._trades.get(operation.process)
            if trade is None:
                found.append(np.zeros(0, np.int64))
                continue
            keep = np.ones(len(trade.offers), np.bool_)
            for mask in self._masks(trade, order, operation, step, quotations):
                if mask is not None:
                    keep &= mask
            found.append(trade.offers[keep])
        return found

    def _masks(
        self,
        trade: _Trade,
        order: Order,
        operation: Operation,
        step: int,
        quotations: Sequence[Quotation],
    ) -> Iterator[Flags | None]:
        """Yield who passes each rule after the process, in the order of `RULES`; None: all do."""
        nobody = np.zeros(len(trade.offers), np.bool_)
        yield trade.size >= order.size_class
        yield trade.tolerance <= operation.tolerance_it
        yield trade.works.get(order.material, nobody)
        certified: Flags | None = None
        for name in order.certificates:
            held = trade.holds.get(name, nobody)
            certified = held if certified is None else certified & held
        yield certified
        others: Flags | None = None
        for name in order.excluded_enterprises:
            other = trade.enterprise != self.enterprises.get(name, -1)
            others = other if others is None else others & other
        yield others
        yield from (None, None, None)  # approval, ban, pin: no rule names an order that is new
        if order.quoted_only:
            mine = [self.positions[q.offer_id] for q in quotations if q.step == step]
            yield np.isin(trade.offers, mine)
        else:
            yield None
        yield trade.min_lot <= order.quantity

    def refusal(self, order: Order, quotations: Sequence[Quotation] = ()) -> Reason | None:
        """Return why no offer fits an operation of an order; None when offers fit each."""
        problem = self._problem
        counts = np.zeros((len(order.operations), 1 + len(RULES)), np.int64)
        counts[:, 0] = len(problem.offers)
        for step, operation in enumerate(order.operations, 1):
            trade = self._trades.get(operation.process)
            if trade is None:
                continue
            keep = np.ones(len(trade.offers), np.bool_)
            counts[step - 1, 1] = len(keep)
            masks = self._masks(trade, order, operation, step, quotations)
            for number, mask in enumerate(masks, 2):
                if mask is not None:
                    keep &= mask
                counts[step - 1, number] = np.count_nonzero(keep)
        empty = np.flatnonzero(counts[:, -1] == 0)
        if not len(empty):
            return None
        trade = self._trades.get(order.operations[int(empty[0])].process)
        positions = [] if trade is None else sorted(trade.offers.tolist())
        asked = Problem(  # `refusal` looks at the offers of the process alone
            settings=problem.settings,
            parks=problem.parks,
            offers=tuple(problem.offers[at] for at in positions),
            orders=(order,),
        )
        steps = np.array([0, len(order.operations)], np.int64)
        none = np.zeros(0, np.int64)
        return refusal(
            asked, Eligibility(steps, counts, none, none.astype(np.int32), OrderLimits(asked)), 0
        )
