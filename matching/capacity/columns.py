"""The problem as columns: numpy arrays built once from the domain values, for the kernels.

Eligible offers lie in compressed rows: operation `k` of order `i` is row `steps[i] + k`, and its
eligible offers are the entries `rows[row] .. rows[row + 1] - 1`, sorted by park. An entry is the
position of an offer and nothing else: what the offer needs and costs is looked up where it is
used, so that a hundred million entries fit into memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.capacity.eligibility import Eligibility, eligible_offers
from matching.capacity.geography import lag_weeks, nearest_park, road_km
from matching.capacity.problem import Order, Problem

Ints = NDArray[np.int64]
Shorts = NDArray[np.int32]
Floats = NDArray[np.float64]

MILLIFEN_MAX = 10**9  # largest price of a minute of capacity that is understood
ENTRIES_PER_BLOCK = 2_000_000  # eligible offers that are sorted at a time
LOTS_TRIED_MAX = 6  # the search never makes more lots of an order, whatever the order allows

# columns of the tables; `kernels.h` has the same numbers
PARK, SETUP, MIN_LOT, ENTERPRISE = range(4)  # offers
RATE, CARBON = range(2)  # rates
QUANTITY, RELEASE, DUE, LATEST, MAX_LOTS, NEAREST, MUST = range(7)  # orders
VALUE, TARDY_COST, PRICE_CAP, LEG_PRICE, LEG_CARBON, KEEP = range(6)  # money
QUOTED_SETUP, QUOTED_TOTAL = range(2)  # quoted
KM, LAG = range(2)  # between, to_buyer


class Columns(NamedTuple):
    """Everything the search reads; money in fen, as floats (the search is not the judge).

    The fields are those of `Columns` in `kernels.h`, in the same order.
    """

    weeks: int
    block: int  # longest block of weeks
    lots_max: int
    parks: int
    leg_fixed: float
    bonus: float  # local first: fen per minute worked in the park nearest to the buyer
    idle: Ints  # offers × weeks
    offers: Ints  # offers × 4
    rates: Floats  # offers × 2, per minute
    orders: Ints  # LATEST is the last week of arrival, MAX_LOTS is at most the quantity
    money: Floats  # LEG_PRICE and LEG_CARBON are fen per km for the whole quantity
    steps: Ints  # first row of each order, and the end
    rows: Ints  # first entry of each row, and the end
    work: Ints  # rows: minutes of the whole quantity, without setup
    entries: Shorts  # offers
    quotes: Shorts  # entries: position in `quoted`, -1 none; empty when there are no quotations
    quoted: Ints  # quotations × 2
    quoted_fen: Floats  # quotations: for the whole quantity
    between: Ints  # parks × parks × 2
    to_buyer: Ints  # orders × parks × 2


def build_columns(problem: Problem, eligibility: Eligibility | None = None) -> Columns:
    """Return the problem as columns."""
    settings, orders, offers = problem.settings, problem.orders, problem.offers
    found = eligible_offers(problem) if eligibility is None else eligibility
    parks = {park.park_id: at for at, park in enumerate(problem.parks)}
    enterprises = {name: at for at, name in enumerate(enterprise_names(problem))}
    idle = [offer.idle_minutes for offer in offers]
    park_of = np.array([parks[offer.park_id] for offer in offers], np.int64)
    entries, rows = _entries(found, park_of, np.array([any(week) for week in idle], np.bool_))
    quotes, quoted, quoted_fen = _quotations(problem, found.steps, rows, entries)
    work = [part.minutes_total for order in orders for part in order.operations]
    numbers = ((o.setup_minutes, o.min_lot, enterprises[o.enterprise_id]) for o in offers)
    return Columns(
        weeks=settings.weeks,
        block=min(settings.max_block_weeks, settings.weeks),
        lots_max=min(LOTS_TRIED_MAX, max((order.max_lots for order in orders), default=1)),
        parks=len(problem.parks),
        leg_fixed=float(settings.transport_fixed_fen),
        bonus=_bonus(problem),
        idle=np.array(idle, np.int64).reshape(len(idle), settings.weeks),
        offers=np.column_stack((park_of, _table(numbers, 3, np.int64))),
        rates=_table((_rates(problem, at) for at in range(len(offers))), 2, np.float64),
        orders=_order_numbers(problem, parks),
        money=_money(problem),
        steps=found.steps,
        rows=rows,
        work=np.array(work, np.int64),
        entries=entries,
        quotes=quotes,
        quoted=quoted,
        quoted_fen=quoted_fen,
        between=_ways(_park_km(problem)),
        to_buyer=_ways(_buyer_km(problem)),
    )


def work_minutes(c: Columns) -> Floats:
    """Return the minutes of work of each order, all operations together, without setups."""
    total = np.concatenate([[0], np.cumsum(c.work)])
    minutes: Floats = (total[c.steps[1:]] - total[c.steps[:-1]]).astype(np.float64)
    return minutes


def enterprise_names(problem: Problem) -> list[str]:
    """Return the enterprises in the order of their numbers in `offers`."""
    return sorted({offer.enterprise_id for offer in problem.offers})


def _entries(found: Eligibility, park_of: Ints, used: NDArray[np.bool_]) -> tuple[Shorts, Ints]:
    """Return the eligible offers with idle time, by park in each row, and where rows start."""
    kept, sizes = list[Shorts](), list[Ints]()
    rows, parks = len(found.rows) - 1, int(park_of.max(initial=0)) + 1
    for first, end in spans(found.rows):
        offer = found.offers[found.rows[first] : found.rows[end]]
        row = np.repeat(np.arange(end - first), np.diff(found.rows[first : end + 1]))
        keep = used[offer] if len(used) else np.zeros(0, np.bool_)
        row, offer = row[keep], offer[keep]
        # offers rise within a row already, so a stable sort leaves them so within a park
        kept.append(offer[np.argsort(row * parks + park_of[offer], kind="stable")])
        sizes.append(np.bincount(row, minlength=end - first))
    entries = np.concatenate([*kept, np.empty(0, np.int32)])
    lengths = np.concatenate([*sizes, np.empty(0, np.int64)])
    ends = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    assert len(ends) == rows + 1
    return entries, ends


def spans(rows: Ints) -> Iterator[tuple[int, int]]:
    """Cut rows into pieces that fit into memory.

    Yields ranges of rows with about `ENTRIES_PER_BLOCK` entries, together all rows.
    """
    first = 0
    while first < len(rows) - 1:
        end = int(np.searchsorted(rows, rows[first] + ENTRIES_PER_BLOCK, side="right")) - 1
        end = max(end, first + 1)
        yield first, end
        first = end


def _quotations(
    problem: Problem, steps: Ints, rows: Ints, entries: Shorts
) -> tuple[Shorts, Ints, Floats]:
    """Return for each entry the position of its quotation, and the quotations' numbers."""
    given = problem.quotations
    if not given:
        return np.zeros(0, np.int32), np.zeros((0, 2), np.int64), np.zeros(0)
    orders = {order.order_id: at for at, order in enumerate(problem.orders)}
    offers = {offer.offer_id: at for at, offer in enumerate(problem.offers)}
    width = len(offers)
    row = np.repeat(np.arange(len(rows) - 1), np.diff(rows))
    keys = row * width + entries.astype(np.int64)
    asked = np.array(
        [(steps[orders[q.order_id]] + q.step - 1) * width + offers[q.offer_id] for q in given]
    )
    sorting = np.argsort(asked)
    at = np.minimum(np.searchsorted(asked[sorting], keys), len(given) - 1)
    hit = asked[sorting][at] == keys
    quotes = np.where(hit, sorting[at], -1).astype(np.int32)
    numbers = _table(((q.setup_minutes, q.minutes_total) for q in given), 2, np.int64)
    return quotes, numbers, np.array([float(q.price_fen) for q in given])


def _rates(problem: Problem, at: int) -> tuple[float, float]:
    offer = problem.offers[at]
    return (
        offer.rate_fen_per_hour / 60,
        float(offer.carbon_g_per_hour) / 60 * _fen_per_g(problem),
    )


def _order_numbers(problem: Problem, parks: dict[str, int]) -> Ints:
    at = {park.park_id: (park.lat, park.lon) for park in problem.parks}
    nearest: dict[tuple[float, float], int] = {}
    must = problem.rules.must_serve
    lines = []
    for order in problem.orders:
        buyer = order.buyer_lat, order.buyer_lon
        if buyer not in nearest:
            nearest[buyer] = parks[nearest_park(buyer, at)] if at else -1
        latest = order.due_week + order.max_tardy_weeks
        lots = min(order.max_lots, order.quantity)
        numbers = order.quantity, order.release_week, order.due_week, latest, lots
        lines.append((*numbers, nearest[buyer], int(order.order_id in must)))
    return _table(lines, 7, np.int64)


def _money(problem: Problem) -> Floats:
    keep = problem.rules.keep
    penalty = 0 if keep is None else keep.penalty_fen
    given = {line.order_id for line in problem.rules.given} if penalty else set()
    lines = (
        (*_order_money(problem, order), float(penalty if order.order_id in given else 0))
        for order in problem.orders
    )
    return _table(lines, 6, np.float64)


def _bonus(problem: Problem) -> float:
    first = problem.rules.local_first
    return 0.0 if first is None else first.bonus_fen_per_hour / 60


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


def _table(lines: Iterable[tuple[float, ...]], width: int, kind: type) -> NDArray[Any]:
    return np.array(list(lines), kind).reshape(-1, width)


def _ways(km: Ints) -> Ints:
    """Return distances and the weeks they take, side by side."""
    distances, places = np.unique(km, return_inverse=True)
    lags = np.array([lag_weeks(number) for number in distances.tolist()], np.int64)
    return np.stack((km, lags[places].reshape(km.shape)), axis=-1)


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
