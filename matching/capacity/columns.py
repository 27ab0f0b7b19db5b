"""The problem as columns: numpy arrays built once from the domain values, for the kernels.

Eligible offers lie in compressed rows: operation `k` of order `i` is row `steps[i] + k`, and its
eligible offers are the entries `rows[row] .. rows[row + 1] - 1`, sorted by park.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.capacity.geography import lag_weeks, road_km
from matching.capacity.problem import Offer, Order, Problem, Quotation

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

LOTS_TRIED_MAX = 6  # the search never makes more lots of an order, whatever the order allows


class Columns(NamedTuple):
    """Everything the search reads; money in fen, as floats (the search is not the judge)."""

    weeks: int
    block: int  # longest block of weeks
    lots_max: int
    leg_fixed: float
    # offers
    idle: Ints  # offers × weeks
    # orders
    quantity: Ints
    release: Ints
    due: Ints
    latest: Ints  # last week in which it may arrive
    max_lots: Ints
    value: Floats
    tardy_cost: Floats
    price_cap: Floats
    leg_price: Floats  # fen per km for the whole quantity
    leg_carbon: Floats
    repeats: NDArray[np.bool_]  # whether two operations can want the same offer
    steps: Ints  # first row of each order, and the end
    # entries
    rows: Ints  # first entry of each row, and the end
    offer: Ints
    park: Ints
    setup: Ints
    total: Ints
    min_lot: Ints
    rate: Floats  # price per minute; 0 where quoted
    carbon: Floats  # per minute
    quote: Floats  # price of the whole quantity; 0 where not quoted
    quoted: NDArray[np.bool_]
    # geography
    park_km: Ints
    park_lag: Ints
    buyer_km: Ints  # orders × parks
    buyer_lag: Ints


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
    settings, parks = problem.settings, {p.park_id: at for at, p in enumerate(problem.parks)}
    orders = problem.orders
    carbon_per_g = float(settings.carbon_fen_per_kg) / 1000
    lots_max = min(LOTS_TRIED_MAX, max((order.max_lots for order in orders), default=1))
    weights = np.array([float(order.weight_kg) for order in orders])
    idle = [offer.idle_minutes for offer in problem.offers]
    buyer_km = _buyer_km(problem)
    park_km = _park_km(problem)
    steps, entries = _entries(problem, parks)
    return Columns(
        weeks=settings.weeks,
        block=min(settings.max_block_weeks, settings.weeks),
        lots_max=lots_max,
        leg_fixed=float(settings.transport_fixed_fen),
        idle=np.array(idle, np.int64).reshape(len(idle), settings.weeks),
        quantity=_ints(order.quantity for order in orders),
        release=_ints(order.release_week for order in orders),
        due=_ints(order.due_week for order in orders),
        latest=_ints(order.due_week + order.max_tardy_weeks for order in orders),
        max_lots=_ints(min(order.max_lots, order.quantity) for order in orders),
        value=_floats(order.value_fen for order in orders),
        tardy_cost=_floats(order.tardy_fen_per_week for order in orders),
        price_cap=_floats(order.max_price_fen for order in orders),
        leg_price=weights * float(settings.transport_fen_per_tonne_km) / 1000,
        leg_carbon=weights * float(settings.transport_g_per_tonne_km) / 1000 * carbon_per_g,
        repeats=_repeats(steps, entries.rows, entries.offer),
        steps=steps,
        rows=entries.rows,
        offer=entries.offer,
        park=_ints(parks[problem.offers[at].park_id] for at in entries.offer.tolist()),
        setup=entries.setup,
        total=entries.total,
        min_lot=_ints(problem.offers[at].min_lot for at in entries.offer.tolist()),
        rate=entries.rate,
        carbon=_floats(
            float(problem.offers[at].carbon_g_per_hour) / 60 * carbon_per_g
            for at in entries.offer.tolist()
        ),
        quote=entries.quote,
        quoted=entries.quoted,
        park_km=park_km,
        park_lag=_lags(park_km),
        buyer_km=buyer_km,
        buyer_lag=_lags(buyer_km),
    )


class _Entries(NamedTuple):
    rows: Ints
    offer: Ints
    setup: Ints
    total: Ints
    rate: Floats
    quote: Floats
    quoted: NDArray[np.bool_]


def _entries(problem: Problem, parks: dict[str, int]) -> tuple[Ints, _Entries]:
    """Return the first row of each order, and the entries of all rows."""
    matcher, offers = _Matcher(problem), problem.offers
    steps, rows = [0], [0]
    offer: list[int] = []
    work: list[tuple[int, int, float, float, bool]] = []
    for order in problem.orders:
        for step, operation in enumerate(order.operations, 1):
            quoted = matcher.quotations(order, step)
            fitting = matcher.fitting(order, step)
            for at in sorted(fitting, key=lambda at: (parks[offers[at].park_id], at)):
                offer.append(at)
                named = quoted.get(offers[at].offer_id)
                if named is None:
                    rate = offers[at].rate_fen_per_hour / 60
                    setup = offers[at].setup_minutes
                    work.append((setup, operation.minutes_total, rate, 0.0, False))
                else:
                    price = float(named.price_fen)
                    setup = named.setup_minutes
                    work.append((setup, named.minutes_total, 0.0, price, True))
            rows.append(len(offer))
        steps.append(len(rows) - 1)
    table = list(zip(*work, strict=True)) or [(), (), (), (), ()]
    return _ints(steps), _Entries(
        rows=_ints(rows),
        offer=_ints(offer),
        setup=_ints(table[0]),
        total=_ints(table[1]),
        rate=_floats(table[2]),
        quote=_floats(table[3]),
        quoted=np.array(table[4], np.bool_),
    )


def _repeats(steps: Ints, rows: Ints, offer: Ints) -> NDArray[np.bool_]:
    """Return for each order whether an offer is eligible for two of its operations."""
    found = np.zeros(len(steps) - 1, np.bool_)
    for order in range(len(found)):
        mine = offer[rows[steps[order]] : rows[steps[order + 1]]]
        found[order] = len(np.unique(mine)) < len(mine)
    return found


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


def _lags(km: Ints) -> Ints:
    lags = [lag_weeks(number) for number in km.ravel().tolist()]
    return np.array(lags, np.int64).reshape(km.shape)


def _ints(numbers: object) -> Ints:
    return np.array(list(numbers), np.int64)  # type: ignore[call-overload]


def _floats(numbers: object) -> Floats:
    return np.array(list(numbers), np.float64)  # type: ignore[call-overload]
