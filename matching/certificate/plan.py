"""Apply the rules of section 2 to the rows of a plan, and recompute its objective exactly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from math import ceil, floor
from typing import Any, NamedTuple

from .bundle import Bundle, Offer, Operation, Order, Quotation
from .refusal import require
from .roads import half_chord_squared, lag_weeks, road_km
from .rules import Rules, arrangement, check_orders, check_whole


class Row(NamedTuple):
    """Minutes of one lot and operation on one offer in one week."""

    order_id: str
    lot: int
    lot_quantity: int
    step: int
    offer_id: str
    week: int
    minutes: int


def worth_fen(bundle: Bundle, rules: Rules, rows: Sequence[Any]) -> dict[str, int]:
    """Return what each order adds to the objective of a plan, in fen: profit + bonus - penalty.

    An order that is refused is there only when the given plan serves it.

    Raises
    ------
    NotProved
        With the code of section 4 of the first rule that is found broken.
    """
    orders: dict[str, list[Row]] = defaultdict(list)
    used: dict[tuple[str, int], int] = defaultdict(int)
    keys: set[tuple[str, int, int, str, int]] = set()
    for cells in rows:
        row = _row(bundle, cells)
        key = row.order_id, row.lot, row.step, row.offer_id, row.week
        _hold(key not in keys, "duplicate-row", row, "appears twice")
        keys.add(key)
        orders[row.order_id].append(row)
        used[row.offer_id, row.week] += row.minutes
    for (offer_id, week), minutes in sorted(used.items()):
        idle, at = bundle.offers[offer_id].idle_minutes[week], f"offer {offer_id} week {week}"
        _hold(minutes <= idle, "capacity", at, f"{minutes} minutes used, {idle} idle")
    worth, grams, worked = {}, Fraction(0), defaultdict[str, int](int)
    for name, mine in orders.items():
        profit, carbon_g = _profit(bundle, rules, bundle.orders[name], mine)
        worth[name] = profit + _bonus(bundle, rules, bundle.orders[name], mine)
        grams += carbon_g
        for row in mine:
            worked[bundle.offers[row.offer_id].enterprise_id] += row.minutes
    check_orders(rules, orders)
    check_whole(rules, worked, grams)
    if rules.sme_minimum is not None:
        _check_minimum(bundle, rules, worked)
    for name, given in rules.given.items():
        if arrangement(orders.get(name, [])) != arrangement(given):
            worth[name] = worth.get(name, 0) - rules.penalty_fen
    return worth


def _check_minimum(bundle: Bundle, rules: Rules, worked: Mapping[str, int]) -> None:
    """Hold the least minutes against those enterprises that have an offer for any order."""
    least, names = rules.sme_minimum or (0, frozenset())
    short = {name for name in names if worked.get(name, 0) < least}
    for offer in bundle.offers.values():
        if offer.enterprise_id not in short:
            continue
        for order in bundle.orders.values():
            for step, operation in enumerate(order.operations, 1):
                quoted = (order.order_id, step, offer.offer_id) in bundle.quotations
                wrong = any(misfits(order, operation, offer)) or offer.min_lot > order.quantity
                wrong = wrong or (order.quoted_only and not quoted)
                fits = not wrong and not any(rules.broken(order, step, offer))
                where = f"enterprise {offer.enterprise_id}"
                _hold(not fits, "sme-minimum", where, f"less than {least} minutes")


def _hold(holds: object, code: str, where: object, detail: str) -> None:
    require(holds, code, f"{where}: {detail}")


def _row(bundle: Bundle, cells: Any) -> Row:
    kinds = (str, int, int, int, str, int, int)
    right = isinstance(cells, list) and [type(cell) for cell in cells] == list(kinds)
    _hold(right, "malformed-row", cells, f"expected {', '.join(Row._fields)}")
    row = Row(*cells)
    _hold(row.order_id in bundle.orders, "unknown-order", row, "no such order")
    steps = len(bundle.orders[row.order_id].operations)
    _hold(1 <= row.step <= steps, "unknown-step", row, f"the order has {steps} operations")
    _hold(row.offer_id in bundle.offers, "unknown-offer", row, "no such offer")
    weeks = bundle.settings.weeks
    _hold(0 <= row.week < weeks, "week-outside-horizon", row, f"expected 0..{weeks - 1}")
    _hold(row.minutes > 0, "minutes-not-positive", row, "expected positive minutes")
    return row


def _profit(bundle: Bundle, rules: Rules, order: Order, rows: list[Row]) -> tuple[int, Fraction]:
    """Return value less cost of one order, the cost rounded up once, and its grams of carbon."""
    where = f"order {order.order_id}"
    lots: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        lots[row.lot].append(row)
    _hold(len(lots) <= order.max_lots, "too-many-lots", where, f"{len(lots)} lots")
    _hold(sorted(lots) == [*range(1, len(lots) + 1)], "lot-numbering", where, str(sorted(lots)))
    pieces = 0
    for lot in lots.values():
        quantity = lot[0].lot_quantity
        same = quantity >= 1 and all(row.lot_quantity == quantity for row in lot)
        _hold(same, "lot-quantity", lot[0], "expected one quantity ≥ 1 per lot")
        pieces += quantity
    _hold(pieces == order.quantity, "lots-sum", where, f"{pieces} of {order.quantity} pieces")
    for lot in lots.values():
        for step in range(1, len(order.operations) + 1):
            offers = {row.offer_id for row in lot if row.step == step}
            _hold(offers, "missing-step", where, f"lot {lot[0].lot} has no step {step}")
            _hold(len(offers) == 1, "several-offers", lot[0], f"step {step} on {sorted(offers)}")
    price, carbon_g, arrival = Fraction(0), Fraction(0), 0
    for lot in lots.values():
        for row in lot:
            for code in rules.broken(order, row.step, bundle.offers[row.offer_id]):
                _hold(None, code, row, "a rule of the problem forbids the offer")
        found = _follow(bundle, order, lot)
        price, carbon_g, arrival = price + found[0], carbon_g + found[1], max(arrival, found[2])
    tardy = max(0, arrival - order.due_week)
    _hold(tardy <= order.max_tardy_weeks, "tardiness", where, f"arrives in week {arrival}")
    cap = order.max_price_fen
    _hold(price <= cap, "price-cap", where, f"price {float(price):.2f} fen, cap {cap}")
    carbon = carbon_g * bundle.settings.carbon_fen_per_kg / 1000
    cost = price + carbon + tardy * order.tardy_fen_per_week
    return order.value_fen - ceil(cost), carbon_g


def _bonus(bundle: Bundle, rules: Rules, order: Order, rows: Sequence[Row]) -> int:
    """Return what the work in the park nearest to the buyer adds, rounded down once.

    A minute adds at most what it costs. Where it is quoted, that is the quoted price over the most
    minutes that the price can pay for: as many setups, and minutes of rounding, as there may be
    lots.
    """
    if not rules.bonus_fen_per_hour:
        return 0
    bonus, park = Fraction(0), nearest_park(bundle, order)
    for row in rows:
        offer = bundle.offers[row.offer_id]
        if offer.park_id != park:
            continue
        quoted = bundle.quotations.get((order.order_id, row.step, row.offer_id))
        paid = Fraction(offer.rate_fen_per_hour, 60)
        if quoted is not None:
            paid = Fraction(quoted.price_fen, quoted_minutes(order, quoted))
        carbon = offer.carbon_g_per_hour / 60 * bundle.settings.carbon_fen_per_kg / 1000
        bonus += row.minutes * min(Fraction(rules.bonus_fen_per_hour, 60), paid + carbon)
    return floor(bonus)


def quoted_minutes(order: Order, quoted: Quotation) -> int:
    """Return the most minutes that a quoted price can pay for."""
    lots = min(order.max_lots, order.quantity)
    return lots * (quoted.setup_minutes + 1) - 1 + quoted.minutes_total


def nearest_park(bundle: Bundle, order: Order) -> str:
    """Return the park nearest to the buyer by great circle; the smaller id wins a tie."""
    buyer = order.buyer_lat, order.buyer_lon
    parks = bundle.parks.values()
    return min((half_chord_squared(buyer, park[1:]), park.park_id) for park in parks)[1]


def _follow(bundle: Bundle, order: Order, lot: list[Row]) -> tuple[Fraction, Fraction, int]:
    """Return price, grams of carbon and week of arrival of one lot."""
    settings, share = bundle.settings, Fraction(lot[0].lot_quantity, order.quantity)
    price, carbon_g, ready, legs = Fraction(0), Fraction(0), order.release_week, []
    at = ""
    for step, operation in enumerate(order.operations, 1):
        rows = [row for row in lot if row.step == step]
        where = f"order {order.order_id} lot {lot[0].lot} step {step}"
        offer = bundle.offers[rows[0].offer_id]
        if at and at != offer.park_id:
            legs.append(_km(bundle, at, bundle.parks[offer.park_id][1:]))
            ready += lag_weeks(legs[-1])
        first, last = min(row.week for row in rows), max(row.week for row in rows)
        code = "release" if step == 1 else "sequence"
        _hold(first >= ready, code, where, f"starts in week {first}, ready in week {ready}")
        length = last - first + 1
        _hold(length <= settings.max_block_weeks, "block-length", where, f"{length} weeks")
        minutes = sum(row.minutes for row in rows)
        price += _work(bundle, order, operation, offer, rows[0], minutes)
        carbon_g += minutes * offer.carbon_g_per_hour / 60
        at, ready = offer.park_id, last
    legs.append(_km(bundle, at, (order.buyer_lat, order.buyer_lon)))
    for km in legs:
        tonne_km = order.weight_kg / 1000 * share * km
        price += settings.transport_fixed_fen + tonne_km * settings.transport_fen_per_tonne_km
        carbon_g += tonne_km * settings.transport_g_per_tonne_km
    return price, carbon_g, ready + lag_weeks(legs[-1])


def _km(bundle: Bundle, park_id: str, to: tuple[float, float]) -> int:
    return road_km(bundle.parks[park_id][1:], to)


def _work(
    bundle: Bundle, order: Order, operation: Operation, offer: Offer, row: Row, minutes: int
) -> Fraction:
    """Return what the work of one lot and operation costs, after its own rules."""
    quoted = bundle.quotations.get((order.order_id, row.step, offer.offer_id))
    for code in misfits(order, operation, offer):
        _hold(None, code, row, f"offer {offer.offer_id} cannot make it")
    _hold(row.lot_quantity >= offer.min_lot, "minimum-lot", row, f"at least {offer.min_lot}")
    _hold(quoted is not None or not order.quoted_only, "not-quoted", row, "no quotation")
    one = offer if quoted is None else quoted
    total = operation.minutes_total if quoted is None else quoted.minutes_total
    share = Fraction(row.lot_quantity, order.quantity)
    needed = one.setup_minutes + ceil(total * share)
    _hold(minutes == needed, "work-minutes", row, f"{minutes} minutes planned, {needed} needed")
    return share * quoted.price_fen if quoted else Fraction(minutes * offer.rate_fen_per_hour, 60)


def misfits(order: Order, operation: Operation, offer: Offer) -> Iterator[str]:
    """Yield the rules of eligibility that an offer breaks, whatever the lot."""
    if offer.process != operation.process:
        yield "process"
    if offer.size_class < order.size_class:
        yield "size"
    if offer.tolerance_it > operation.tolerance_it:
        yield "tolerance"
    if order.material not in offer.materials:
        yield "material"
    if not order.certificates <= offer.certificates:
        yield "certificate"
    if offer.enterprise_id in order.excluded_enterprises:
        yield "excluded"
