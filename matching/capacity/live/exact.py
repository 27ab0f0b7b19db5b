"""One order on free minutes, held against every rule of the base model, in whole numbers.

`check` judges a whole plan with rational numbers; this judges the lots of a single order beside a
plan that is valid already, in tens of microseconds. All amounts of an order are counted in parts of
a fen that divide evenly, so that nothing is rounded before the end. Tests hold the two together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import ceil, lcm
from typing import NamedTuple

from matching.capacity.booking import Lots, PlannedLot, Visit
from matching.capacity.check import misfits
from matching.capacity.columns import Ints
from matching.capacity.geography import Point, lag_weeks, nearest_park, road_km
from matching.capacity.problem import Order, Problem, Quotation

BUYERS_KEPT = 4096


Ways = Callable[[Point], tuple[Mapping[str, int], str]]  # km from each park, the nearest park


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What the lots of an order cost and are worth, exactly; `violations` are codes of `check`.

    Parameters
    ----------
    price_fen
        Processing and transport, rounded up once.
    payments
        What each enterprise is paid, rounded up once each.
    profit_fen
        Value less the cost, which is rounded up once.
    """

    violations: tuple[str, ...]
    price_fen: int
    payments: Mapping[str, int]
    carbon_g: Fraction
    arrival_week: int
    tardy_weeks: int
    minutes: int
    local_minutes: int
    profit_fen: int


def ways_to(parks: Mapping[str, Point]) -> Ways:
    """Return a function from a buyer to its distances and its nearest park; it remembers some."""

    @lru_cache(maxsize=BUYERS_KEPT)
    def measured(buyer: Point) -> tuple[Mapping[str, int], str]:
        km = {name: road_km(at, buyer) for name, at in parks.items()}
        return km, nearest_park(buyer, dict(parks)) if parks else ""

    return measured


class _Tables(NamedTuple):
    """What does not depend on the order."""

    problem: Problem
    km: Mapping[tuple[str, str], int]
    ways: Ways
    carbon_parts: int  # of a gram
    carbon: Sequence[int]  # per minute, by offer


class Judge:
    """Judges single orders of one problem, in whole numbers.

    Attributes
    ----------
    ways
        From a buyer's place to the km from each park, in the order of the parks, and the nearest.
    """

    def __init__(self, problem: Problem) -> None:
        at: dict[str, Point] = {p.park_id: (p.lat, p.lon) for p in problem.parks}
        self.ways = ways_to(at)
        carbon = [Fraction(offer.carbon_g_per_hour) / 60 for offer in problem.offers]
        parts = lcm(1, *(grams.denominator for grams in carbon))
        self._tables = _Tables(
            problem,
            {(a, b): 0 if a == b else road_km(at[a], at[b]) for a in at for b in at},
            self.ways,
            parts,
            [int(grams * parts) for grams in carbon],
        )

    def case(self, order: Order, quotations: Sequence[Quotation] = ()) -> Case:
        """Return an order, ready to be judged in as many ways as it is planned.

        Parameters
        ----------
        quotations
            Those for this order.
        """
        return Case(self._tables, order, quotations)


class Case:
    """One order while it is judged.

    Money is counted in `parts` of a fen: every price of the order is a whole number of them.
    """

    def __init__(self, tables: _Tables, order: Order, quotations: Sequence[Quotation]) -> None:
        settings = tables.problem.settings
        self._t, self._order = tables, order
        self._quoted = {(q.step, q.offer_id): q for q in quotations}
        self._fits: dict[tuple[int, int, int], tuple[str, ...]] = {}
        fixed = Fraction(settings.transport_fixed_fen)
        # for one piece and one km
        tonnes = Fraction(order.weight_kg) / (1000 * order.quantity)
        moved = tonnes * settings.transport_fen_per_tonne_km
        self._moved_g = tonnes * settings.transport_g_per_tonne_km
        self._parts = lcm(60, order.quantity, fixed.denominator, moved.denominator)
        self._fixed, self._moved = int(fixed * self._parts), int(moved * self._parts)
        self._per_rate = self._parts // 60
        self._per_piece = self._parts // order.quantity
        self._km, self._nearest = tables.ways((order.buyer_lat, order.buyer_lon))

    def judged(self, lots: Lots, free: Ints, *, first_week: int = 0) -> Judged:
        """Hold the lots of the order against the rules of the base model.

        Parameters
        ----------
        free
            Minutes that the order may use: offers × weeks.
        first_week
            No minutes are planned before it (frozen weeks).
        """
        self._used: dict[tuple[int, int], int] = defaultdict(int)
        self._paid: dict[str, int] = defaultdict(int)
        self._carbon = self._piece_km = self._minutes = self._local = self._arrival = 0
        order, settings = self._order, self._t.problem.settings
        wrong = list(self._lot_errors(lots))
        for lot in lots:
            wrong += self._follow(lot, first_week)
        for (offer, week), minutes in self._used.items():
            if not 0 <= week < settings.weeks:
                wrong.append("week-outside-horizon")
            elif minutes > free[offer, week]:
                wrong.append("capacity")
        tardy = max(0, self._arrival - order.due_week)
        if tardy > order.max_tardy_weeks:
            wrong.append("tardiness")
        price = sum(self._paid.values())
        if price > order.max_price_fen * self._parts:
            wrong.append("price-cap")
        grams = Fraction(self._carbon, self._t.carbon_parts) + self._piece_km * self._moved_g
        cost = Fraction(price, self._parts) + grams * settings.carbon_fen_per_kg / 1000
        return Judged(
            violations=tuple(dict.fromkeys(wrong)),
            price_fen=-(-price // self._parts),
            payments={name: -(-paid // self._parts) for name, paid in sorted(self._paid.items())},
            carbon_g=grams,
            arrival_week=self._arrival,
            tardy_weeks=tardy,
            minutes=self._minutes,
            local_minutes=self._local,
            profit_fen=order.value_fen - ceil(cost + tardy * order.tardy_fen_per_week),
        )

    def _lot_errors(self, lots: Lots) -> Iterator[str]:
        order = self._order
        if len(lots) > order.max_lots:
            yield "too-many-lots"
        if any(lot.quantity < 1 for lot in lots):
            yield "lot-quantity"
        if sum(lot.quantity for lot in lots) != order.quantity:
            yield "lots-sum"
        if any(len(lot.visits) != len(order.operations) for lot in lots):
            yield "missing-step"

    def _follow(self, lot: PlannedLot, first_week: int) -> list[str]:
        """Follow a lot to the buyer; add up what it costs; return what is wrong with it."""
        order, park, ready, wrong = self._order, "", self._order.release_week, list[str]()
        offers, who = self._t.problem.offers, ""
        for step, visit in enumerate(lot.visits[: len(order.operations)], 1):
            offer = offers[visit.offer]
            start, end = self._visit(lot.quantity, step, visit, wrong)
            if step > 1 and offer.park_id != park:
                km = self._t.km[park, offer.park_id]
                self._leg(who, km, lot.quantity)
                ready += lag_weeks(km)
            if start < ready:
                wrong.append("release" if step == 1 else "sequence")
            if start < first_week:
                wrong.append("frozen")
            who, park, ready = offer.enterprise_id, offer.park_id, end
        km = self._km[park]
        self._leg(who, km, lot.quantity)
        self._arrival = max(self._arrival, ready + lag_weeks(km))
        return wrong

    def _leg(self, who: str, km: int, quantity: int) -> None:
        self._paid[who] += self._fixed + self._moved * km * quantity
        self._piece_km += km * quantity

    def _visit(self, quantity: int, step: int, visit: Visit, wrong: list[str]) -> tuple[int, int]:
        """Add the work of one operation of a lot and what is wrong with it.

        Returns
        -------
        tuple[int, int]
            First and last week with minutes; -1 where there are none.
        """
        offer, minutes = self._t.problem.offers[visit.offer], sum(visit.minutes)
        wrong += self._misfits(quantity, step, visit.offer)
        quoted = self._quoted.get((step, offer.offer_id))
        if quoted is None:
            setup, total = offer.setup_minutes, self._order.operations[step - 1].minutes_total
            self._paid[offer.enterprise_id] += minutes * offer.rate_fen_per_hour * self._per_rate
        else:
            setup, total = quoted.setup_minutes, quoted.minutes_total
            self._paid[offer.enterprise_id] += quoted.price_fen * quantity * self._per_piece
        if minutes != setup - (-total * quantity // self._order.quantity):
            wrong.append("work-minutes")
        start = end = -1
        for week, spent in enumerate(visit.minutes, visit.start):
            if spent:
                start, end = week if start < 0 else start, week
                self._used[visit.offer, week] += spent
                if spent < 0:
                    wrong.append("minutes-not-positive")
        if end - start >= self._t.problem.settings.max_block_weeks:
            wrong.append("block-length")
        self._carbon += minutes * self._t.carbon[visit.offer]
        self._minutes += minutes
        if offer.park_id == self._nearest:
            self._local += minutes
        return start, end

    def _misfits(self, quantity: int, step: int, offer: int) -> tuple[str, ...]:
        """Return which rules of eligibility an offer breaks for a lot of an operation."""
        key = quantity, step, offer
        if key not in self._fits:
            found = self._t.problem.offers[offer]
            wrong = misfits(
                self._order,
                self._order.operations[step - 1],
                found,
                lot_quantity=quantity,
                quoted=(step, found.offer_id) in self._quoted,
            )
            self._fits[key] = tuple(code for code, _ in wrong)
        return self._fits[key]
