"""Orders as they might be asked for, planned one by one on any minutes by the compiled search.

A bench is a small problem of its own: some requests, and the offers of their processes. What it
finds is a proposal; `Standing.judge` confirms it in exact arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from matching.capacity.alone import SEED, planned_lines
from matching.capacity.columns import MUST, PRICE_CAP, Floats, Ints, build_columns
from matching.capacity.kernels.library import Shared
from matching.capacity.kernels.search import THOROUGH, Searcher, make_state
from matching.capacity.plan import PlanLine
from matching.capacity.problem import Offer, Order, Problem, Quotation
from matching.capacity.rules import NO_RULES, Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One order with what belongs to it alone: its quotations, pins, bans and approvals."""

    order: Order
    quotations: tuple[Quotation, ...] = ()
    rules: Rules = NO_RULES


def own_rules(rules: Rules, order_id: str) -> Rules:
    """Return the pins, bans and approvals of one order."""
    if not rules:
        return NO_RULES
    return Rules(
        pins=tuple(one for one in rules.pins if one.order_id == order_id),
        bans=tuple(one for one in rules.bans if one.order_id == order_id),
        approved=tuple(one for one in rules.approved if one.order_id == order_id),
    )


def with_requests(
    problem: Problem, changed: Mapping[str, Request], offers: Mapping[str, Offer]
) -> Problem:
    """Return a problem in which some orders, and some offers, are asked for otherwise."""
    rules, names = problem.rules, changed.keys()
    if rules:
        mine = [one.rules for one in changed.values()]
        rules = replace(
            rules,
            pins=(
                *(one for one in rules.pins if one.order_id not in names),
                *(one for own in mine for one in own.pins),
            ),
            bans=(
                *(one for one in rules.bans if one.order_id not in names),
                *(one for own in mine for one in own.bans),
            ),
            approved=(
                *(one for one in rules.approved if one.order_id not in names),
                *(one for own in mine for one in own.approved),
            ),
        )
    kept = (one for one in problem.quotations if one.order_id not in names)
    asked = (one for request in changed.values() for one in request.quotations)
    return replace(
        problem,
        offers=tuple(offers.get(one.offer_id, one) for one in problem.offers),
        orders=tuple(
            changed[one.order_id].order if one.order_id in names else one for one in problem.orders
        ),
        quotations=(*kept, *asked),
        rules=rules,
    )


class Bench:
    """Some requests side by side, each planned alone on the minutes that it is given."""

    def __init__(
        self,
        problem: Problem,
        requests: Sequence[Request],
        *,
        offers: Mapping[str, Offer] | None = None,
    ) -> None:
        """Load the requests.

        Parameters
        ----------
        offers
            Offers that differ from the problem's, by id.
        """
        changed = offers or {}
        processes = {op.process for one in requests for op in one.order.operations}
        ruled = any(one.rules for one in requests)  # rules may name an offer of any process
        self._kept = [
            at for at, offer in enumerate(problem.offers) if ruled or offer.process in processes
        ]
        self._names = [one.order.order_id for one in requests]
        self._searcher: Searcher | None = None
        if not self._kept:
            return
        small = replace(
            problem,
            offers=tuple(
                changed.get(offer.offer_id, offer)
                for offer in (problem.offers[at] for at in self._kept)
            ),
            orders=tuple(
                replace(one.order, order_id=str(number)) for number, one in enumerate(requests)
            ),
            quotations=tuple(
                replace(quotation, order_id=str(number))
                for number, one in enumerate(requests)
                for quotation in one.quotations
            ),
            rules=_numbered(requests, problem.rules),
        )
        self._offers = [offer.offer_id for offer in small.offers]
        self._columns = build_columns(small)
        self._columns.orders[:, MUST] = 0  # a plan that does not pay is no answer here
        self._searcher = Searcher(Shared(self._columns), make_state(SEED, 0))

    def able(self, at: int) -> bool:
        """Tell whether every operation of request number `at` has an eligible offer."""
        if self._searcher is None:
            return False
        rows = self._columns.rows[self._columns.steps[at] : self._columns.steps[at + 1] + 1]
        return bool((np.diff(rows) > 0).all())

    def eligible(self, at: int) -> set[str]:
        """Return the offers that fit some operation of request number `at`."""
        if self._searcher is None:
            return set()
        c = self._columns
        entries = c.entries[c.rows[c.steps[at]] : c.rows[c.steps[at + 1]]]
        return {self._offers[offer] for offer in entries.tolist()}

    def plan(
        self,
        at: int,
        idle: Ints,
        *,
        prices: Floats | None = None,
        cap_fen: int | None = None,
    ) -> tuple[PlanLine, ...]:
        """Return the best plan found of request number `at`; empty when none is worth it.

        Parameters
        ----------
        idle
            Minutes that it may use: all offers of the problem × weeks.
        prices
            What a minute costs beside the order's own costs, fen, of the same shape; 0 by default.
        cap_fen
            Another price cap than the order's, for this search.
        """
        if self._searcher is None or not self.able(at):
            return ()
        mine = np.ascontiguousarray(idle[self._kept])
        charged = np.zeros(mine.shape) if prices is None else prices[self._kept]
        money = self._columns.money
        before = float(money[at, PRICE_CAP])
        if cap_fen is not None:
            money[at, PRICE_CAP] = float(cap_fen)
        lots = self._searcher.plan_alone(at, mine, np.ascontiguousarray(charged), THOROUGH)
        money[at, PRICE_CAP] = before
        steps = int(self._columns.steps[at + 1] - self._columns.steps[at])
        return planned_lines(
            self._searcher.workspace, self._offers, self._names[at], lots=lots, steps=steps
        )

    @property
    def profit_fen(self) -> float:
        """What the last plan found earns, bonus included: an estimate, for choosing alone."""
        return 0.0 if self._searcher is None else float(self._searcher.workspace.worth[0])


def _numbered(requests: Iterable[Request], rules: Rules) -> Rules:
    """Return the requests' rules under the numbers that the bench knows them by."""
    mine = [(str(number), one.rules) for number, one in enumerate(requests)]
    return Rules(
        pins=tuple(replace(one, order_id=name) for name, own in mine for one in own.pins),
        bans=tuple(replace(one, order_id=name) for name, own in mine for one in own.bans),
        approved=tuple(replace(one, order_id=name) for name, own in mine for one in own.approved),
        local_first=rules.local_first,
    )
