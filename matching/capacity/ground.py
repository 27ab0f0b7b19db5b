"""What the routes of single orders are searched on: the problem as arrays, built once.

Money is in fen, as floats: what is concluded from it keeps a margin or is confirmed by `check`.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from matching.capacity.eligibility import Eligibility, Shorts
from matching.capacity.geography import lag_weeks, nearest_park, road_km
from matching.capacity.problem import Problem
from matching.capacity.tariff import bonus_per_minute

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Entrywise(Protocol):
    """One number for each entry, looked up where it is asked for: there can be fifty million."""

    def __getitem__(self, key: Any, /) -> NDArray[Any]:
        """Return the numbers of some entries: a slice, or an array of positions."""
        ...


class ByOffer:
    """What an entry has from its offer."""

    def __init__(self, values: NDArray[Any], offer: Shorts) -> None:
        self._values, self._offer = values, offer

    def __getitem__(self, key: Any, /) -> NDArray[Any]:
        """Return the numbers of some entries."""
        found: NDArray[Any] = self._values[self._offer[key]]
        return found


class ByRow:
    """What an entry has from its row."""

    def __init__(self, values: NDArray[Any], rows: Ints) -> None:
        self._values, self._rows = values, rows

    def __getitem__(self, key: Any, /) -> NDArray[Any]:
        """Return the numbers of some entries."""
        at = np.arange(*key.indices(int(self._rows[-1]))) if isinstance(key, slice) else key
        found: NDArray[Any] = self._values[np.searchsorted(self._rows, at, side="right") - 1]
        return found


class Ground(NamedTuple):
    """The problem as arrays.

    Operation `k` (0..) of order `i` is row `steps[i] + k`; row `r` has the entries
    `rows[r] .. rows[r + 1] - 1`, one for each eligible offer.
    """

    weeks: int
    block: int  # longest block of weeks
    leg_fixed: float
    idle: Ints  # offers × weeks
    # orders
    quantity: Ints
    release: Ints
    due: Ints
    latest: Ints  # last week in which it may arrive
    max_lots: Ints  # no more than there are pieces
    tardy_cost: Floats
    leg_price: Floats  # fen per km for the whole quantity
    leg_carbon: Floats
    steps: Ints
    # entries
    rows: Ints
    offer: Shorts
    park: Entrywise
    setup: Entrywise
    total: Entrywise
    min_lot: Entrywise
    rate: Entrywise  # per minute; 0 where quoted
    carbon: Entrywise  # per minute
    quote: Floats  # of the whole quantity; 0 where not quoted
    bonus: Floats  # per minute, for local work without a quotation
    # geography
    park_km: Ints
    park_lag: Ints
    buyer_km: Ints  # orders × parks
    buyer_lag: Ints


def build_ground(problem: Problem, eligibility: Eligibility) -> Ground:
    """Return the problem as arrays."""
    settings, offers, orders = problem.settings, problem.offers, problem.orders
    parks = {park.park_id: at for at, park in enumerate(problem.parks)}
    entry = eligibility.offers
    carbon_per_g = float(settings.carbon_fen_per_kg) / 1000
    weight = np.array([float(order.weight_kg) / 1000 for order in orders])
    idle = [offer.idle_minutes for offer in offers]
    park_km, buyer_km = _park_km(problem), _buyer_km(problem)
    due = _ints([order.due_week for order in orders])
    setup, total, rate, quote = _work(problem, eligibility)
    return Ground(
        weeks=settings.weeks,
        block=min(settings.max_block_weeks, settings.weeks),
        leg_fixed=float(settings.transport_fixed_fen),
        idle=np.array(idle, np.int64).reshape(len(idle), settings.weeks),
        quantity=_ints([order.quantity for order in orders]),
        release=_ints([order.release_week for order in orders]),
        due=due,
        latest=due + _ints([order.max_tardy_weeks for order in orders]),
        max_lots=_ints([min(order.max_lots, order.quantity) for order in orders]),
        tardy_cost=np.array([float(order.tardy_fen_per_week) for order in orders]),
        leg_price=weight * float(settings.transport_fen_per_tonne_km),
        leg_carbon=weight * float(settings.transport_g_per_tonne_km) * carbon_per_g,
        steps=eligibility.steps,
        rows=eligibility.rows,
        offer=entry,
        park=ByOffer(_ints([parks[offer.park_id] for offer in offers]), entry),
        setup=setup,
        total=total,
        min_lot=ByOffer(_ints([offer.min_lot for offer in offers]), entry),
        rate=rate,
        carbon=ByOffer(
            _floats([float(o.carbon_g_per_hour) / 60 * carbon_per_g for o in offers]), entry
        ),
        quote=quote,
        bonus=_bonus(problem, eligibility, quote=quote, rate=rate),
        park_km=park_km,
        park_lag=_lags(park_km),
        buyer_km=buyer_km,
        buyer_lag=_lags(buyer_km),
    )


def _work(
    problem: Problem, eligibility: Eligibility
) -> tuple[Entrywise, Entrywise, Entrywise, Floats]:
    """Return setup, minutes, rate and quoted price per entry."""
    entry = eligibility.offers
    setups = _ints([offer.setup_minutes for offer in problem.offers])
    rates = _floats([offer.rate_fen_per_hour / 60 for offer in problem.offers])
    minutes = _ints([op.minutes_total for order in problem.orders for op in order.operations])
    if not problem.quotations:
        none = np.broadcast_to(np.zeros(1), (len(entry),))
        return ByOffer(setups, entry), ByRow(minutes, eligibility.rows), ByOffer(rates, entry), none
    setup, rate, quote = setups[entry], rates[entry], np.zeros(len(entry))
    total = np.repeat(minutes, np.diff(eligibility.rows))
    order_at = {order.order_id: at for at, order in enumerate(problem.orders)}
    offer_at = {offer.offer_id: at for at, offer in enumerate(problem.offers)}
    for quotation in problem.quotations:
        row = int(eligibility.steps[order_at[quotation.order_id]]) + quotation.step - 1
        first, end = int(eligibility.rows[row]), int(eligibility.rows[row + 1])
        at = first + int(np.searchsorted(entry[first:end], offer_at[quotation.offer_id]))
        if at < end and entry[at] == offer_at[quotation.offer_id]:
            setup[at], total[at] = quotation.setup_minutes, quotation.minutes_total
            rate[at], quote[at] = 0.0, float(quotation.price_fen)
    return setup, total, rate, quote


def _bonus(problem: Problem, eligibility: Eligibility, *, quote: Floats, rate: Entrywise) -> Floats:
    """Return what a minute of local work adds per entry; 0 where quoted, see `quoted_bonuses`."""
    entry, first = eligibility.offers, problem.rules.local_first
    if first is None or not len(entry):
        return np.broadcast_to(np.zeros(1), (len(entry),))
    parks = {park.park_id: at for at, park in enumerate(problem.parks)}
    lengths = np.diff(eligibility.rows[eligibility.steps])
    local = np.repeat(_ints([parks[name] for name in nearest_parks(problem)]), lengths)
    here = _ints([parks[offer.park_id] for offer in problem.offers])[entry] == local
    fen_per_g = float(problem.settings.carbon_fen_per_kg) / 1000
    carbon = _floats([float(o.carbon_g_per_hour) / 60 * fen_per_g for o in problem.offers])[entry]
    rates = rate[:]
    bonus = np.minimum(first.bonus_fen_per_hour / 60, rates + carbon)
    quoted = (rates == 0) & (quote > 0)
    return np.where(here & ~quoted, bonus, 0.0)


def nearest_parks(problem: Problem) -> list[str]:
    """Return the park nearest to the buyer of each order."""
    at = {park.park_id: (park.lat, park.lon) for park in problem.parks}
    known: dict[tuple[float, float], str] = {}
    for order in problem.orders:
        buyer = order.buyer_lat, order.buyer_lon
        if buyer not in known:
            known[buyer] = nearest_park(buyer, at)
    return [known[order.buyer_lat, order.buyer_lon] for order in problem.orders]


def quoted_bonuses(problem: Problem) -> dict[str, Fraction]:
    """Return the most that local work on quoted offers can add, in any lots, in fen, by order.

    Each lot of at most `max_lots` pays the setup and rounds its minutes up by less than one.
    Orders that are missing have no quotation.
    """
    first = problem.rules.local_first
    if first is None:
        return {}
    offers = {offer.offer_id: offer for offer in problem.offers}
    orders = {order.order_id: order for order in problem.orders}
    most: dict[tuple[str, int], Fraction] = {}
    for one in problem.quotations:
        order, offer = orders[one.order_id], offers[one.offer_id]
        hourly = first.bonus_fen_per_hour
        bonus = bonus_per_minute(problem.settings, order, offer, one, bonus_fen_per_hour=hourly)
        lots = min(order.max_lots, order.quantity)
        added = bonus * (one.minutes_total + lots * (one.setup_minutes + 1))
        key = one.order_id, one.step
        most[key] = max(most.get(key, Fraction(0)), added)
    total: dict[str, Fraction] = {}
    for (order_id, _), added in most.items():
        total[order_id] = total.get(order_id, Fraction(0)) + added
    return total


def _park_km(problem: Problem) -> Ints:
    at = [(park.lat, park.lon) for park in problem.parks]
    km = [[0 if a is b else road_km(a, b) for b in at] for a in at]
    return np.array(km, np.int64).reshape(len(at), len(at))


def _buyer_km(problem: Problem) -> Ints:
    at = [(park.lat, park.lon) for park in problem.parks]
    known: dict[tuple[float, float], list[int]] = {}
    for order in problem.orders:
        buyer = order.buyer_lat, order.buyer_lon
        if buyer not in known:
            known[buyer] = [road_km(park, buyer) for park in at]
    km = [known[order.buyer_lat, order.buyer_lon] for order in problem.orders]
    return np.array(km, np.int64).reshape(len(km), len(at))


def _lags(km: Ints) -> Ints:
    lags = [lag_weeks(number) for number in km.ravel().tolist()]
    return np.array(lags, np.int64).reshape(km.shape)


def _ints(numbers: list[int]) -> Ints:
    return np.array(numbers, np.int64)


def _floats(numbers: list[float]) -> Floats:
    return np.array(numbers, np.float64)
