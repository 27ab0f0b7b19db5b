"""The problem as columns: numpy arrays built once from the domain values, for the kernels.

Eligible offers lie in compressed rows: operation `k` of order `i` is row `steps[i] + k`, and its
eligible offers are the entries `rows[row] .. rows[row + 1] - 1`, sorted by park.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.capacity.geography import lag_weeks, road_km
from matching.capacity.problem import Offer, Order, Problem, Quotation

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

MILLIFEN_MAX = 10**9  # largest price of a minute of capacity that is understood
LOTS_TRIED_MAX = 6  # the search never makes more lots of an order, whatever the order allows


# columns of `orders`, `money`, `entries`, `tariff`, and of the two tables of ways
QUANTITY, RELEASE, DUE, LATEST, MAX_LOTS = range(5)
VALUE, TARDY_COST, PRICE_CAP, LEG_PRICE, LEG_CARBON = range(5)
OFFER, PARK, SETUP, TOTAL, MIN_LOT, QUOTED = range(6)
RATE, CARBON, QUOTE = range(3)
KM, LAG = range(2)


class Columns(NamedTuple):
    """Everything the search reads; money in fen, as floats (the search is not the judge).

    A few wide tables rather than many columns: numba passes every array of a tuple by itself.
    """

    weeks: int
    block: int  # longest block of weeks
    lots_max: int
    leg_fixed: float
    idle: Ints  # offers × weeks
    orders: Ints  # LATEST is the last week of arrival, MAX_LOTS is at most the quantity
    money: Floats  # orders; LEG_PRICE and LEG_CARBON are fen per km for the whole quantity
    steps: Ints  # first row of each order, and the end
    rows: Ints  # first entry of each row, and the end
    entries: Ints  # SETUP and TOTAL are minutes; QUOTED is 0 or 1
    tariff: Floats  # entries: RATE and CARBON per minute, QUOTE for the whole quantity
    between: Ints  # parks × parks × 2
    to_buyer: Ints  # orders × parks × 2


class _Matcher:
    """Finds the offers that fit an operation, remembering what equal operations need."""

    def __init__(self, problem: Problem) -> None:
        self._by_process: dict[str, list[int]] = {}
        self._offers = problem.offers
        for index, offer in enumerate(problem.offers):
            if any(offer.idle_minutes):
                self._by_process.setdefault(offer.process, []).append(index)
        self._known: dict[tuple[object, ...], list[int]] = {}
        self._quoted: dict[tuple[str, int], dict[str, Quotation]] = {}
        for quotation in problem.quotations:
            key = quotation.order_id, quotation.step
            self._quoted.setdefault(key, {})[quotation.offer_id] = quotation

    def quotations(self, order: Order, step: int) -> dict[str, Quotation]:
        """Return the quotations for an operation by offer."""
        return self._quoted.get((order.order_id, step), {})

    def fitting(self, order: Order, step: int) -> list[int]:
        """Return the offers that can make an operation of the whole order."""
        operation, quoted = order.operations[step - 1], self.quotations(order, step)
        key = (
            operation.process,
            operation.tolerance_it,
            order.size_class,
            order.material,
            order.certificates,
        )
        if key not in self._known:
            able = self._by_process.get(operation.process, [])
            tolerance = operation.tolerance_it
            self._known[key] = [
                at for at in able if _fits(self._offers[at], order, tolerance=tolerance)
            ]
        return [
            at
            for at in self._known[key]
            if self._offers[at].enterprise_id not in order.excluded_enterprises
            and self._offers[at].min_lot <= order.quantity
            and (not order.quoted_only or self._offers[at].offer_id in quoted)
        ]


def _fits(offer: Offer, order: Order, *, tolerance: int) -> bool:
    return (
        offer.size_class >= order.size_class
        and offer.tolerance_it <= tolerance
        and order.material in offer.materials
        and order.certificates <= offer.certificates
    )


def build_columns(problem: Problem) -> Columns:
    """Return the problem as columns."""
    settings, orders = problem.settings, problem.orders
    idle = [offer.idle_minutes for offer in problem.offers]
    steps, rows, entries, tariff = _entries(problem)
    return Columns(
        weeks=settings.weeks,
        block=min(settings.max_block_weeks, settings.weeks),
        lots_max=min(LOTS_TRIED_MAX, max((order.max_lots for order in orders), default=1)),
        leg_fixed=float(settings.transport_fixed_fen),
        idle=np.array(idle, np.int64).reshape(len(idle), settings.weeks),
        orders=_table(map(_order_numbers, orders), 5, np.int64),
        money=_table((_order_money(problem, order) for order in orders), 5, np.float64),
        steps=steps,
        rows=rows,
        entries=entries,
        tariff=tariff,
        between=_ways(_park_km(problem)),
        to_buyer=_ways(_buyer_km(problem)),
    )


def _order_numbers(order: Order) -> tuple[int, ...]:
    latest = order.due_week + order.max_tardy_weeks
    lots = min(order.max_lots, order.quantity)
    return order.quantity, order.release_week, order.due_week, latest, lots


def _order_money(problem: Problem, order: Order) -> tuple[float, ...]:
    settings, tonnes = problem.settings, float(order.weight_kg) / 1000
    return (
        float(order.value_fen),
        float(order.tardy_fen_per_week),
        float(order.max_price_fen),
        tonnes * float(settings.transport_fen_per_tonne_km),
        tonnes * float(settings.transport_g_per_tonne_km) * _fen_per_g(problem),
    )


def _fen_per_g(problem: Problem) -> float:
    return float(problem.settings.carbon_fen_per_kg) / 1000


def _entries(problem: Problem) -> tuple[Ints, Ints, Ints, Floats]:
    """Return the first row of each order, the first entry of each row, and the entries."""
    parks = {park.park_id: at for at, park in enumerate(problem.parks)}
    matcher, offers, carbon = _Matcher(problem), problem.offers, _fen_per_g(problem)
    steps, rows = [0], [0]
    entries: list[tuple[int, ...]] = []
    tariff: list[tuple[float, ...]] = []
    for order in problem.orders:
        for step, operation in enumerate(order.operations, 1):
            quoted = matcher.quotations(order, step)
            fitting = matcher.fitting(order, step)
            for at in sorted(fitting, key=lambda at: (parks[offers[at].park_id], at)):
                offer, park = offers[at], parks[offers[at].park_id]
                named = quoted.get(offer.offer_id)
                grams = float(offer.carbon_g_per_hour) / 60 * carbon
                setup, total = offer.setup_minutes, operation.minutes_total
                if named is not None:
                    setup, total = named.setup_minutes, named.minutes_total
                entries.append((at, park, setup, total, offer.min_lot, int(named is not None)))
                if named is None:
                    tariff.append((offer.rate_fen_per_hour / 60, grams, 0.0))
                else:
                    tariff.append((0.0, grams, float(named.price_fen)))
            rows.append(len(entries))
        steps.append(len(rows) - 1)
    return (
        np.array(steps, np.int64),
        np.array(rows, np.int64),
        _table(entries, 6, np.int64),
        _table(tariff, 3, np.float64),
    )


def _table(lines: Iterable[tuple[float, ...]], width: int, kind: type) -> NDArray[Any]:
    return np.array(list(lines), kind).reshape(-1, width)


def _ways(km: Ints) -> Ints:
    """Return distances and the weeks they take, side by side."""
    lags = [lag_weeks(number) for number in km.ravel().tolist()]
    return np.stack((km, np.array(lags, np.int64).reshape(km.shape)), axis=-1)


def _park_km(problem: Problem) -> Ints:
    at = [(park.lat, park.lon) for park in problem.parks]
    km = [[0 if a is b else road_km(a, b) for b in at] for a in at]
    return np.array(km, np.int64).reshape(len(at), len(at))


def _buyer_km(problem: Problem) -> Ints:
    at = [(park.lat, park.lon) for park in problem.parks]
    known: dict[tuple[float, float], list[int]] = {}
    km = []
    for order in problem.orders:
        buyer = order.buyer_lat, order.buyer_lon
        if buyer not in known:
            known[buyer] = [road_km(park, buyer) for park in at]
        km.append(known[buyer])
    return np.array(km, np.int64).reshape(len(problem.orders), len(at))
