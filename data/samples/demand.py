"""The orders of the sample park: products on their routes, some of them impossible to place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from data.samples.draw import Draw
from data.samples.firms import Firm
from data.samples.vocabulary import PRODUCTS, RARE_PRODUCTS, RATES, Product
from matching.capacity.problem import Operation, Order

ORDERS = 200
SUBCONTRACT_SHARE = 0.24  # orders of makers that pass work on


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """An order with the words that people use for what it makes."""

    order: Order
    zh: str
    en: str


def make_orders(draw: Draw, firms: Sequence[Firm], *, weeks: int) -> list[Wish]:
    """Return the orders, numbered by their place."""
    buyers = [firm for firm in firms if firm.trade is None]
    makers = [firm for firm in firms if firm.trade is not None]
    wishes = []
    for number in range(1, ORDERS + 1):
        product = draw.weighted({n: p.share for n, p in enumerate(PRODUCTS)})
        buyer = draw.one(makers if draw.chance(SUBCONTRACT_SHARE) else buyers)
        order_id = f"SO-{number:04d}"
        if draw.chance(0.04):
            wishes.append(_rare(draw, order_id, buyer, weeks))
        else:
            wishes.append(_usual(draw, order_id, buyer, PRODUCTS[product], makers, weeks))
    return wishes


def _usual(
    draw: Draw, order_id: str, buyer: Firm, product: Product, makers: Sequence[Firm], weeks: int
) -> Wish:
    steps = len(product.route)
    if product.optional_last and draw.chance(0.5):
        steps -= 1
    quantity = _quantity(draw, product)
    operations = tuple(
        Operation(
            process=process,
            tolerance_it=max(5, draw.one(product.tolerances) - (2 if draw.chance(0.03) else 0)),
            minutes_total=max(15, round(quantity * each * draw.between(1.0, 2.5))),
        )
        for process, each in zip(product.route[:steps], product.minutes[:steps], strict=True)
    )
    size = 4 if draw.chance(0.03) else draw.one(product.sizes)
    certificates = frozenset(c for c, share in product.certificates.items() if draw.chance(share))
    if draw.chance(0.02):
        certificates |= {"AS9100", "IATF16949"}
    return Wish(
        order=_order(
            draw,
            order_id,
            buyer,
            quantity=quantity,
            material=draw.one(product.materials),
            size=size,
            certificates=certificates,
            excluded=_excluded(draw, buyer, makers),
            weight_kg=Fraction(quantity * product.gram, 1000),
            operations=operations,
            weeks=weeks,
        ),
        zh=product.zh,
        en=product.en,
    )


def _rare(draw: Draw, order_id: str, buyer: Firm, weeks: int) -> Wish:
    """Return an order with a step that nobody here offers."""
    zh, en, route, material = draw.one(RARE_PRODUCTS)
    quantity = draw.whole(5, 60)
    operations = tuple(
        Operation(process=p, tolerance_it=8, minutes_total=quantity * draw.whole(10, 30))
        for p in route
    )
    order = _order(
        draw,
        order_id,
        buyer,
        quantity=quantity,
        material=material,
        size=2,
        certificates=frozenset(),
        excluded=frozenset({buyer.firm_id} if buyer.trade is not None else ()),
        weight_kg=Fraction(quantity * 900, 1000),
        operations=operations,
        weeks=weeks,
    )
    return Wish(order=order, zh=zh, en=en)


def _order(
    draw: Draw,
    order_id: str,
    buyer: Firm,
    *,
    quantity: int,
    material: str,
    size: int,
    certificates: frozenset[str],
    excluded: frozenset[str],
    weight_kg: Fraction,
    operations: tuple[Operation, ...],
    weeks: int,
) -> Order:
    cost = sum(made.minutes_total * _yuan(made.process) for made in operations) / 60
    cost += 60 * len(operations) + float(weight_kg) * 0.1
    value = round(cost * draw.between(1.2, 2.1) / 10) * 10
    cap = round(value * draw.weighted({0.55: 0.04, 0.92: 0.26, 0.98: 0.4, 1.05: 0.3}) / 10) * 10
    release = draw.whole(0, weeks * 2 // 3)
    slack = draw.weighted({0: 0.05, 1: 0.15, 2: 0.3, 3: 0.3, 4: 0.2})
    return Order(
        order_id=order_id,
        buyer_id=buyer.firm_id,
        buyer_lat=buyer.lat,
        buyer_lon=buyer.lon,
        quantity=quantity,
        material=material,
        size_class=size,
        certificates=certificates,
        release_week=release,
        due_week=min(release + len(operations) + slack, weeks) - 1,
        max_tardy_weeks=0 if draw.chance(0.35) else draw.whole(1, 2),
        value_fen=value * 100,
        tardy_fen_per_week=round(value * 0.04) * 100,
        max_price_fen=cap * 100,
        max_lots=min(quantity, draw.weighted({1: 0.45, 2: 0.35, 3: 0.2})),
        excluded_enterprises=excluded,
        weight_kg=weight_kg,
        operations=operations,
    )


def _yuan(process: str) -> int:
    return RATES.get(process, (120, 10))[0]


def _quantity(draw: Draw, product: Product) -> int:
    """Return pieces between the product's limits, small numbers more often, in round figures."""
    least, most = product.pieces
    quantity = least + (most - least) * float(draw.unit() ** 1.4)
    step = 1 if most <= 100 else 5 if most <= 800 else 50
    return max(least, round(quantity / step) * step)


def _excluded(draw: Draw, buyer: Firm, makers: Sequence[Firm]) -> frozenset[str]:
    """Return whom the buyer will not have: now and then a competitor; never paid to itself."""
    own = {buyer.firm_id} if buyer.trade is not None else set()
    count = draw.weighted({0: 0.7, 1: 0.2, 2: 0.1})
    return frozenset({maker.firm_id for maker in draw.some(makers, count)} | own)
