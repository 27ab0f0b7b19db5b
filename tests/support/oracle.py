"""Tiny capacity problems and their true optimum, found by trying every plan."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import product
from typing import NamedTuple

from matching.capacity import Offer, Operation, Order, Park, PlanLine, Problem, Settings, check
from matching.capacity.check import misfits
from matching.capacity.tariff import work_minutes

Usage = tuple[tuple[str, int, int], ...]  # offer, week, minutes
PARKS = (
    Park(park_id="P1", lat=31.0, lon=121.0),
    Park(park_id="P2", lat=31.0, lon=121.5),  # the same week
    Park(park_id="P3", lat=31.0, lon=117.0),  # a week later
)


class Way(NamedTuple):
    """One way to serve one order: its profit and the minutes it uses."""

    profit: int
    usage: Usage
    lines: tuple[PlanLine, ...]


def tiny_problem(seed: int, *, lots: int = 2) -> Problem:
    """Return a random problem of two or three orders that has few possible plans."""
    draw = random.Random(seed)
    weeks = draw.choice((2, 3))
    settings = Settings(
        weeks=weeks,
        max_block_weeks=draw.choice((1, 2)),
        carbon_fen_per_kg=Fraction(draw.choice((0, 7))),
        transport_fixed_fen=Fraction(draw.choice((0, 15))),
        transport_fen_per_tonne_km=Fraction(draw.choice((0, 45))),
        transport_g_per_tonne_km=Fraction(100),
    )
    offers = tuple(_offer(draw, number, weeks) for number in range(draw.choice((2, 3))))
    orders = tuple(_order(draw, number, weeks, lots=lots) for number in range(draw.choice((2, 3))))
    return Problem(settings=settings, parks=PARKS, offers=offers, orders=orders)


def _offer(draw: random.Random, number: int, weeks: int) -> Offer:
    return Offer(
        offer_id=f"F{number}",
        enterprise_id=f"E{number % 2}",
        park_id=draw.choice(PARKS).park_id,
        process="cut" if number == 0 else draw.choice(("cut", "cut", "drill")),
        size_class=1,
        tolerance_it=7,
        materials=frozenset({"steel"}),
        certificates=frozenset(),
        rate_fen_per_hour=draw.randint(300, 1500),
        setup_minutes=draw.choice((0, 0, 1)),
        min_lot=draw.choice((1, 1, 2)),
        carbon_g_per_hour=Fraction(draw.choice((0, 500))),
        idle_minutes=tuple(draw.choice((0, 2, 3, 4)) for _ in range(weeks)),
    )


def _order(draw: random.Random, number: int, weeks: int, *, lots: int) -> Order:
    steps = draw.choice((1, 1, 2))
    value = draw.randint(60, 400)
    return Order(
        order_id=f"O{number}",
        buyer_id="B",
        buyer_lat=31.0,
        buyer_lon=121.2,
        quantity=draw.randint(1, 4),
        material="steel",
        size_class=1,
        certificates=frozenset(),
        release_week=draw.choice((0, 0, 1)),
        due_week=draw.randrange(weeks),
        max_tardy_weeks=draw.choice((0, 1)),
        value_fen=value,
        tardy_fen_per_week=draw.choice((0, 10)),
        max_price_fen=draw.choice((value, value * 2 // 3)),
        max_lots=draw.randint(1, lots),
        excluded_enterprises=frozenset({"E1"}) if draw.random() < 0.2 else frozenset(),
        weight_kg=Fraction(draw.choice((0, 20))),
        operations=tuple(
            Operation(process="cut", tolerance_it=9, minutes_total=draw.randint(1, 5))
            for _ in range(steps)
        ),
    )


def optimum(problem: Problem) -> int:
    """Return the greatest objective of all plans."""
    choices = [ways(problem, order) for order in problem.orders]
    free = {
        (offer.offer_id, week): minutes
        for offer in problem.offers
        for week, minutes in enumerate(offer.idle_minutes)
    }
    return _best(choices, free)


def _best(choices: list[list[Way]], free: dict[tuple[str, int], int]) -> int:
    if not choices:
        return 0
    best = _best(choices[1:], free)
    for way in choices[0]:
        if all(free[offer, week] >= minutes for offer, week, minutes in way.usage):
            left = dict(free)
            for offer, week, minutes in way.usage:
                left[offer, week] -= minutes
            best = max(best, way.profit + _best(choices[1:], left))
    return best


def ways(problem: Problem, order: Order) -> list[Way]:
    """Return every profitable way to serve one order; of equal usage only the best."""
    alone = replace(problem, orders=(order,), quotations=())
    found: dict[Usage, Way] = {}
    for quantities in _partitions(order.quantity, order.max_lots):
        lots = [
            list(_lot(problem, order, number, quantity))
            for number, quantity in enumerate(quantities, 1)
        ]
        for chosen in product(*lots):
            lines = tuple(line for lot in chosen for line in lot)
            report = check(alone, lines)
            if report.objective_fen is None or report.objective_fen <= 0:
                continue
            usage = _usage(lines)
            if usage not in found or found[usage].profit < report.objective_fen:
                found[usage] = Way(report.objective_fen, usage, lines)
    return list(found.values())


def _usage(lines: tuple[PlanLine, ...]) -> Usage:
    total: dict[tuple[str, int], int] = {}
    for line in lines:
        total[line.offer_id, line.week] = total.get((line.offer_id, line.week), 0) + line.minutes
    return tuple((offer, week, minutes) for (offer, week), minutes in sorted(total.items()))


def _partitions(quantity: int, lots: int, most: int | None = None) -> Iterator[tuple[int, ...]]:
    """Yield the ways to cut a quantity into at most `lots` lots, the largest first."""
    if quantity == 0:
        yield ()
    if quantity <= 0 or lots == 0:
        return
    for first in range(min(quantity, most or quantity), 0, -1):
        for rest in _partitions(quantity - first, lots - 1, first):
            yield (first, *rest)


def _lot(
    problem: Problem, order: Order, number: int, quantity: int
) -> Iterator[tuple[PlanLine, ...]]:
    """Yield the lines of a lot on every choice of offers and minutes, in time or not."""
    visits = [
        [
            visit
            for offer in problem.offers
            for visit in _visits(problem, order, step, offer, quantity)
        ]
        for step in range(1, len(order.operations) + 1)
    ]
    for chosen in product(*visits):
        yield tuple(
            PlanLine(
                order_id=order.order_id,
                lot=number,
                lot_quantity=quantity,
                step=step,
                offer_id=offer_id,
                week=week,
                minutes=minutes,
            )
            for step, (offer_id, spread) in enumerate(chosen, 1)
            for week, minutes in spread
        )


def _visits(
    problem: Problem, order: Order, step: int, offer: Offer, quantity: int
) -> Iterator[tuple[str, tuple[tuple[int, int], ...]]]:
    operation = order.operations[step - 1]
    if any(misfits(order, operation, offer, lot_quantity=quantity, quoted=False)):
        return
    need = work_minutes(order, operation, offer, None, quantity=quantity)
    for spread in product(*(range(idle + 1) for idle in offer.idle_minutes)):
        weeks = [week for week, minutes in enumerate(spread) if minutes]
        short = weeks and weeks[-1] - weeks[0] < problem.settings.max_block_weeks
        if sum(spread) == need and short:
            yield offer.offer_id, tuple((week, spread[week]) for week in weeks)
