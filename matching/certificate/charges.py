"""The problem in whole numbers: offers as arrays, costs as parts of a fen, rounded down."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .bundle import Bundle, Operation, Order
from .plan import misfits, nearest_park
from .refusal import NotProved
from .roads import lag_weeks, road_km
from .rules import Rules

Ints = NDArray[np.int64]
SCALES = (1_000, 10_000, 100_000, 1_000_000)
MILLIFEN_MAX = 10**9


class Charges:
    """Offers, parks and prices as arrays; `scale` parts are one fen.

    Attributes
    ----------
    idle, price
        Offers × weeks: minutes, without those of decided orders, and parts per minute.
    setup, min_lot, rate, carbon, park
        One number per offer; `rate` and `carbon` are parts per minute.
    km, lag
        Parks × parks.
    bonus
        Parts per minute worked in the park nearest to the buyer, rounded up.
    """

    def __init__(self, bundle: Bundle, rules: Rules, prices: Any, *, scale: Any) -> None:
        if scale not in SCALES or type(scale) is not int:
            raise NotProved("scale", f"expected one of {SCALES} parts of a fen, got {scale!r}")
        self.bundle, self.rules, self.scale = bundle, rules, scale
        self.offers = offers = list(bundle.offers.values())
        settings = bundle.settings
        self.fen_per_g = settings.carbon_fen_per_kg / 1000
        self.at = {offer.offer_id: at for at, offer in enumerate(offers)}
        self.idle = _table([o.idle_minutes for o in offers]).reshape(-1, settings.weeks)
        self._take_decided()
        self.setup = _table([offer.setup_minutes for offer in offers])
        self.min_lot = _table([offer.min_lot for offer in offers])
        rates = (Fraction(offer.rate_fen_per_hour, 60) for offer in offers)
        self.rate = _table([floor(rate * scale) for rate in rates])
        grams = (offer.carbon_g_per_hour / 60 for offer in offers)
        self.carbon = _table([floor(gram * self.fen_per_g * scale) for gram in grams])
        self.bonus = -(-rules.bonus_fen_per_hour * scale // 60)
        self.leg_fixed = floor(settings.transport_fixed_fen * scale)
        self.parks = {park.park_id: at for at, park in enumerate(bundle.parks.values())}
        self.park = _table([self.parks[offer.park_id] for offer in offers])
        points = [park[1:] for park in bundle.parks.values()]
        self.km, self.lag = _ways(
            [[0 if a is b else road_km(a, b) for b in points] for a in points]
        )
        self.price = self._prices(prices) * (scale // 1000)
        self._fitting: dict[Any, Ints] = {}
        self._buyers: dict[tuple[float, float], tuple[Ints, Ints]] = {}
        self._by_process: dict[str, list[int]] = {}
        for at in np.flatnonzero(self.idle.any(axis=1)).tolist():
            self._by_process.setdefault(offers[at].process, []).append(at)

    def _take_decided(self) -> None:
        """Take the minutes of the decided orders, and the frozen weeks, from all others."""
        for rows in self.rules.decided.values():
            for *_, offer_id, week, minutes in rows:
                self.idle[self.at[offer_id], week] -= minutes
        self.idle[:, : self.rules.frozen_weeks] = 0
        if (self.idle < 0).any():
            raise NotProved("rules", "the agreed and frozen orders use more than is idle")

    def _prices(self, prices: Any) -> Ints:
        """Return prices as a table of offers × weeks, thousandths of a fen."""
        table, seen = np.zeros(self.idle.shape, np.int64), set()
        if not isinstance(prices, list):
            raise NotProved("price", "expected a list of [offer, week, thousandths of a fen]")
        for cells in prices:
            match cells:
                case [str(offer), int(week), int(price)] if (
                    offer in self.at
                    and type(week) is type(price) is int
                    and 0 <= week < self.idle.shape[1]
                    and 0 <= price <= MILLIFEN_MAX
                    and (offer, week) not in seen
                ):
                    table[self.at[offer], week] = price
                    seen.add((offer, week))
                case _:
                    raise NotProved(
                        "price",
                        f"{cells}: expected an offer and week of the problem, once, and "
                        f"0..{MILLIFEN_MAX} thousandths of a fen per minute",
                    )
        return table

    def capacity_parts(self) -> int:
        """Return Σ price × idle minutes, exactly."""
        at = np.nonzero(self.price)
        pairs = zip(self.price[at].tolist(), self.idle[at].tolist(), strict=True)
        return sum(price * minutes for price, minutes in pairs)

    def to_buyer(self, order: Order) -> tuple[Ints, Ints]:
        """Return km and weeks from each park to the buyer."""
        buyer = order.buyer_lat, order.buyer_lon
        if buyer not in self._buyers:
            parks = self.bundle.parks.values()
            km, lag = _ways([[road_km(park[1:], buyer) for park in parks]])
            self._buyers[buyer] = km[0], lag[0]
        return self._buyers[buyer]

    def near(self, order: Order) -> int:
        """Return the park nearest to the buyer."""
        return self.parks[nearest_park(self.bundle, order)]

    def eligible(self, order: Order, step: int) -> Ints:
        """Return the offers that can make an operation of the whole order, sorted by park."""
        operation = order.operations[step - 1]
        key = (operation[:2], order.size_class, order.material, order.certificates)
        if key not in self._fitting:
            anyone = order._replace(excluded_enterprises=frozenset())
            self._fitting[key] = self._fit(anyone, operation)
        found = self._fitting[key]
        found = found[self.min_lot[found] <= order.quantity]
        free = not order.excluded_enterprises and not order.quoted_only
        if free and not self.rules.names(order):
            return found
        return _table([at for at in found.tolist() if self._may(order, step, at)])

    def _fit(self, order: Order, operation: Operation) -> Ints:
        able = self._by_process.get(operation.process, [])
        fits = [at for at in able if not any(misfits(order, operation, self.offers[at]))]
        found = _table(fits)
        return found[np.argsort(self.park[found], kind="stable")]

    def _may(self, order: Order, step: int, at: int) -> bool:
        offer = self.offers[at]
        quoted = (order.order_id, step, offer.offer_id) in self.bundle.quotations
        excluded = offer.enterprise_id in order.excluded_enterprises
        if excluded or (order.quoted_only and not quoted):
            return False
        return not any(self.rules.broken(order, step, offer))


def _table(numbers: Any) -> Ints:
    return np.array(numbers, np.int64)


def _ways(km: list[list[int]]) -> tuple[Ints, Ints]:
    lags = [[lag_weeks(number) for number in row] for row in km]
    return _table(km).reshape(len(km), -1), _table(lags).reshape(len(km), -1)
