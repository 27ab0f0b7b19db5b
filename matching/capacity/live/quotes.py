"""Quotes: how an order that is not in the plan could be made beside it, at what price and when.

Every way is planned by the kernels on the minutes that are free, and then judged exactly; what the
judge refuses is not shown. A quote reads the plan and leaves it as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from fractions import Fraction
from typing import NamedTuple

from matching.capacity.booking import Lots, lines_of, planned_lots
from matching.capacity.columns import (
    DUE,
    LEG_CARBON,
    NEAREST,
    PARK,
    PRICE_CAP,
    TARDY_COST,
    VALUE,
    Floats,
    Ints,
)
from matching.capacity.kernels.search import NORMAL, QUICK
from matching.capacity.live.exact import Judged
from matching.capacity.live.plan import LivePlan
from matching.capacity.live.refusals import refuse, what_holds
from matching.capacity.live.versions import Version
from matching.capacity.plan import PlanLine
from matching.capacity.problem import Order, Quotation
from matching.explain import Reason

LAG_MAX = 2  # weeks of transport after the horizon
FREE_FEN = 1e14  # a value and a price cap that leave every plan of an order open


@unique
class Kind(StrEnum):
    """What an alternative is the best at."""

    BEST_VALUE = "best_value"  # profit less what its minutes are worth to others
    CHEAPEST = "cheapest"  # for the buyer: processing and transport
    EARLIEST = "earliest"
    MOST_LOCAL = "most_local"  # minutes in the park nearest to the buyer
    OTHER_ENTERPRISE = "other_enterprise"  # without the enterprise that the first one pays most


@unique
class QuoteStatus(StrEnum):
    """What a quote says."""

    FITS = "fits"  # beside the plan, nobody else changes
    REARRANGE = "rearrange"  # not beside it; at the plan's prices it pays to make room
    REFUSED = "refused"  # see the reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """One way to make an order in the minutes that are free, judged exactly.

    Parameters
    ----------
    kinds
        What it is the best at; the first alternative of a quote has the best value.
    lots, lines
        As numbers of the live plan, and as lines of a plan.
    price_fen
        Processing and transport, rounded up once; `payments` are rounded up for each enterprise.
    delivery_week
        The week in which the slowest lot arrives.
    profit_fen
        Value to the park: the order's value less all costs.
    displaced_fen
        What its minutes are worth at the plan's prices, rounded up: what they would earn elsewhere.
    """

    kinds: tuple[Kind, ...]
    lots: Lots
    lines: tuple[PlanLine, ...]
    offers: tuple[str, ...]
    enterprises: tuple[str, ...]
    price_fen: int
    payments: tuple[tuple[str, int], ...]
    delivery_week: int
    tardy_weeks: int
    carbon_g: Fraction
    minutes: int
    local_minutes: int
    profit_fen: int
    displaced_fen: int

    @property
    def net_fen(self) -> int:
        """Profit less what is displaced."""
        return self.profit_fen - self.displaced_fen


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """The answer about one order.

    Parameters
    ----------
    version
        Of the plan that it was made beside.
    alternatives
        By decreasing net value; empty unless the order fits.
    reduced_fen
        What the order would earn with all capacity to itself at the plan's prices, an estimate;
        None when it fits or nothing was found.
    reason
        Why it does not fit; None when it does.
    """

    order_id: str
    version: Version
    status: QuoteStatus
    alternatives: tuple[Alternative, ...]
    reduced_fen: int | None
    reason: Reason | None


def quote(plan: LivePlan, order: Order, quotations: Sequence[Quotation] = ()) -> Quote:
    """Return how an order that is not in the plan could be made beside it.

    Parameters
    ----------
    quotations
        Suppliers' own quotations for operations of this order.

    Raises
    ------
    ValueError
        When the plan has an order of this id, or a quotation is not for this order.

    Notes
    -----
    The same order and version have the same answer. The search is no proof: an order for which
    nothing was found may still have a plan.
    """
    return Quoter(plan, order, quotations).quote()


class Quoter:
    """One order that is being quoted; it is the scratch order of the plan meanwhile."""

    def __init__(self, plan: LivePlan, order: Order, quotations: Sequence[Quotation] = ()) -> None:
        self._plan, self._order, self._quotations = plan, order, quotations
        self.eligible = plan.write(order, quotations)
        self._c = plan.columns.values
        self._at = plan.columns.orders
        self._free = plan.book.values.free
        self._no_prices: Floats = plan.no_prices
        self._case = plan.judge.case(order, quotations)
        self._known: dict[Lots, Judged] = {}

    def quote(self) -> Quote:
        """Plan every kind of alternative, judge them, and say why where there is none."""
        found = self._ranked() if all(len(offers) for offers in self.eligible) else ()
        if found:
            return self._answer(QuoteStatus.FITS, found)
        if not all(len(offers) for offers in self.eligible):
            reason = self._plan.catalogue.refusal(self._order, self._quotations)
            return self._answer(QuoteStatus.REFUSED, reason=reason)
        lots = self._alone(self._plan.prices, NORMAL)
        reduced = float(self._plan.searcher().workspace.worth[1]) if lots else 0.0
        lots = lots or self._alone(self._no_prices, QUICK)
        if lots:
            reason = what_holds(self._plan, lots, self.judged(lots))
            status = QuoteStatus.REARRANGE if reduced > 0 else QuoteStatus.REFUSED
            return self._answer(status, reason=reason, reduced=reduced)
        reason = refuse(
            self._plan, self._order, self.eligible, self._quotations, found=self._unlimited()
        )
        return self._answer(QuoteStatus.REFUSED, reason=reason)

    def _alone(self, prices: Floats, effort: int) -> Lots:
        """Return lots with all capacity to itself; none where a rule beside capacity is broken.

        The kernels reckon in floating point: a price can be above the cap by a hair.
        """
        lots = self.planned("shared", self._c.idle, prices, effort)
        return lots if set(self.judged(lots).violations) <= {"capacity"} else ()

    def _unlimited(self) -> Judged | None:
        """Return the plan of the order alone that costs least, whatever its price and its value."""
        money = self._c.money[self._at]
        kept = money.copy()
        money[VALUE] = money[PRICE_CAP] = FREE_FEN
        lots = self.planned("shared", self._c.idle, self._no_prices, QUICK)
        money[:] = kept
        return self.judged(lots) if lots else None

    def _answer(
        self,
        status: QuoteStatus,
        alternatives: tuple[Alternative, ...] = (),
        *,
        reason: Reason | None = None,
        reduced: float | None = None,
    ) -> Quote:
        return Quote(
            order_id=self._order.order_id,
            version=self._plan.version,
            status=status,
            alternatives=alternatives,
            reduced_fen=None if reduced is None else int(reduced),
            reason=reason,
        )

    def _ranked(self) -> tuple[Alternative, ...]:
        """Return the alternatives, each once, the one of best value first."""
        seen: set[Lots] = set()
        found: list[_Candidate] = []
        for kind, lots in self._ways():
            if lots in seen:
                continue
            seen.add(lots)
            judged = self.judged(lots)
            if not judged.violations and judged.profit_fen > 0:
                displaced = displaced_fen(self._plan, lots)
                found.append(_Candidate(kind, lots, judged, displaced))
        found.sort(key=lambda one: (-one.net_fen, one.judged.price_fen))
        return tuple(
            alternative(self._plan, self._order, one, kinds) for one, kinds in _with_kinds(found)
        )

    def _ways(self) -> Iterator[tuple[Kind, Lots]]:
        """Yield the lots of each kind, where the kernels find some."""
        first = self.planned("shared", self._free, self._plan.prices)
        if not first:
            return  # what does not fit at prices does not fit at all, or nearly so
        yield Kind.BEST_VALUE, first
        money, numbers = self._c.money[self._at], self._c.orders[self._at]
        kept, due = money.copy(), int(numbers[DUE])
        money[TARDY_COST] = money[LEG_CARBON] = 0.0
        cheapest = self.planned("no_carbon", self._free, self._no_prices, QUICK)
        money[:] = kept
        week = money[VALUE]  # arriving a week earlier is worth as much as the whole order
        numbers[DUE], money[TARDY_COST] = 0, week
        money[VALUE] += week * (self._c.weeks + LAG_MAX)
        earliest = self.planned("shared", self._free, self._no_prices, QUICK)
        money[:] = kept
        numbers[DUE] = due
        local: Lots = ()
        if self._could_be_more_local(self.judged(first)):
            local = self.planned("local", self._free, self._no_prices, QUICK)
        for kind, lots in (
            (Kind.CHEAPEST, cheapest),
            (Kind.EARLIEST, earliest),
            (Kind.MOST_LOCAL, local),
            (Kind.OTHER_ENTERPRISE, self._elsewhere(self.judged(first).payments)),
        ):
            if lots:
                yield kind, lots

    def _could_be_more_local(self, first: Judged) -> bool:
        """Return whether an offer in the park nearest to the buyer could take more of the work."""
        if first.local_minutes == first.minutes:
            return False
        park, nearest = self._c.offers[:, PARK], self._c.orders[self._at, NEAREST]
        return any((park[offers] == nearest).any() for offers in self.eligible)

    def _elsewhere(self, paid: Mapping[str, int]) -> Lots:
        """Return lots without the enterprise that is paid most in the first alternative."""
        name = max(paid, key=lambda one: (paid[one], one))
        enterprises = self._plan.catalogue.enterprise_of
        number = self._plan.catalogue.enterprises[name]
        left = tuple(offers[enterprises[offers] != number] for offers in self.eligible)
        if not all(len(offers) for offers in left):
            return ()
        self._plan.columns.narrow(left)
        lots = self.planned("shared", self._free, self._plan.prices, QUICK)
        self._plan.columns.narrow(self.eligible)
        return lots

    def planned(self, kind: str, idle: Ints, prices: Floats, effort: int = NORMAL) -> Lots:
        """Return the best lots that the kernels find on some minutes at some prices."""
        searcher = self._plan.searcher(kind)
        count = searcher.plan_alone(self._at, idle, prices, effort)
        return planned_lots(searcher.workspace, count, len(self._order.operations))

    def judged(self, lots: Lots) -> Judged:
        """Hold lots of the order against the rules, on the minutes that are free."""
        if lots not in self._known:
            first_week = self._plan.frozen_weeks
            self._known[lots] = self._case.judged(lots, self._free, first_week=first_week)
        return self._known[lots]


class _Candidate(NamedTuple):
    """Lots that hold, and what they were found as."""

    kind: Kind
    lots: Lots
    judged: Judged
    displaced_fen: int

    @property
    def net_fen(self) -> int:
        return self.judged.profit_fen - self.displaced_fen


def alternative(
    plan: LivePlan, order: Order, found: _Candidate, kinds: tuple[Kind, ...]
) -> Alternative:
    """Return a candidate as an alternative."""
    lots, judged = found.lots, found.judged
    offers = dict.fromkeys(visit.offer for lot in lots for visit in lot.visits)
    enterprises = dict.fromkeys(plan.problem.offers[at].enterprise_id for at in offers)
    return Alternative(
        kinds=kinds,
        lots=lots,
        lines=lines_of(order.order_id, lots, plan.offer_ids),
        offers=tuple(plan.offer_ids[at] for at in offers),
        enterprises=tuple(enterprises),
        price_fen=judged.price_fen,
        payments=tuple(judged.payments.items()),
        delivery_week=judged.arrival_week,
        tardy_weeks=judged.tardy_weeks,
        carbon_g=judged.carbon_g,
        minutes=judged.minutes,
        local_minutes=judged.local_minutes,
        profit_fen=judged.profit_fen,
        displaced_fen=found.displaced_fen,
    )


def displaced_fen(plan: LivePlan, lots: Lots) -> int:
    """Return what the minutes of some lots are worth at the plan's prices, rounded up."""
    millifen = 0
    for lot in lots:
        for visit in lot.visits:
            prices = plan.millifen[visit.offer].tolist()
            for week, spent in enumerate(visit.minutes, visit.start):
                millifen += prices[week] * spent
    return -(-millifen // 1000)


def _with_kinds(ranked: Sequence[_Candidate]) -> Iterator[tuple[_Candidate, tuple[Kind, ...]]]:
    """Yield the candidates with what each is truly the best at, compared with the others.

    The kernels look for each kind in the same few ways to split; now and then the best at one kind
    was found while looking for another.
    """
    if not ranked:
        return
    best = {
        Kind.BEST_VALUE: ranked[0],
        Kind.CHEAPEST: min(ranked, key=lambda one: one.judged.price_fen),
        Kind.EARLIEST: min(ranked, key=lambda one: one.judged.arrival_week),
        Kind.MOST_LOCAL: max(ranked, key=lambda one: one.judged.local_minutes / one.judged.minutes),
    }
    for one in ranked:
        kinds = tuple(kind for kind, winner in best.items() if winner is one)
        if not kinds and one.kind is Kind.OTHER_ENTERPRISE:
            kinds = (one.kind,)
        if kinds:
            yield one, kinds
