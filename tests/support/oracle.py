"""Tiny capacity problems and their true optimum, found by trying every plan."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import product
from typing import NamedTuple

from matching.capacity import Offer, Operation, Order, Park, PlanLine, Problem, Settings, check
from matching.capacity.check import misfits
from matching.capacity.check_rules import able_enterprises
from matching.capacity.rules import Rules, arrangement, by_order, frozen_orders
from matching.capacity.tariff import work_minutes

Usage = tuple[tuple[str, int, int], ...]  # offer, week, minutes
PARKS = (
    Park(park_id="P1", lat=31.0, lon=121.0),
    Park(park_id="P2", lat=31.0, lon=121.5),  # the same week
    Park(park_id="P3", lat=31.0, lon=117.0),  # a week later
)


class Way(NamedTuple):
    """One way to serve one order, or to refuse it: what it adds, and the minutes it uses."""

    profit: int  # with bonus, less penalty
    usage: Usage
    lines: tuple[PlanLine, ...]
    carbon_g: Fraction = Fraction(0)


class Best(NamedTuple):
    """A best plan."""

    objective: int
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
    """Return the greatest objective of all plans of a problem that has one."""
    best = best_plan(problem)
    assert best is not None, "no plan meets the rules"
    return best.objective


def best_plan(problem: Problem) -> Best | None:
    """Return a best plan that meets every rule of a problem; None when there is none."""
    choices = [_choices(problem, order) for order in problem.orders]
    if not all(choices):
        return None
    search = _Search(problem, choices)
    search.go(0, 0, ())
    if search.best is not None:
        report = check(problem, search.best.lines)
        assert report.objective_fen == search.best.objective, report
    return search.best


class _Search:
    """Tries every combination of ways that fits, apart from those that cannot be better."""

    def __init__(self, problem: Problem, choices: list[list[Way]]) -> None:
        self._rules, self._choices = problem.rules, choices
        self._owner = {offer.offer_id: offer.enterprise_id for offer in problem.offers}
        minimum = problem.rules.sme_minimum
        names = () if minimum is None else able_enterprises(problem, minimum.enterprises)
        self._least = {name: minimum.minutes for name in names if minimum is not None}
        self._free = {
            (offer.offer_id, week): minutes
            for offer in problem.offers
            for week, minutes in enumerate(offer.idle_minutes)
        }
        most = [max(way.profit for way in mine) for mine in choices]
        self._more = [sum(most[at:]) for at in range(len(most) + 1)]
        self.best: Best | None = None

    def go(self, at: int, worth: int, chosen: tuple[Way, ...]) -> None:
        """Choose a way for order number `at` and for all that follow."""
        if self.best is not None and worth + self._more[at] <= self.best.objective:
            return
        if at == len(self._choices):
            if self._whole(chosen):
                self.best = Best(worth, tuple(line for way in chosen for line in way.lines))
            return
        for way in self._choices[at]:
            if all(self._free[offer, week] >= minutes for offer, week, minutes in way.usage):
                self._take(way, 1)
                self.go(at + 1, worth + way.profit, (*chosen, way))
                self._take(way, -1)

    def _take(self, way: Way, sign: int) -> None:
        for offer, week, minutes in way.usage:
            self._free[offer, week] -= sign * minutes

    def _whole(self, chosen: tuple[Way, ...]) -> bool:
        """Return whether the rules about the whole plan hold."""
        rules, minutes = self._rules, Counter[str]()
        for way in chosen:
            for offer, _, worked in way.usage:
                minutes[self._owner[offer]] += worked
        share, cap = rules.enterprise_share, rules.carbon_cap
        grams = sum((way.carbon_g for way in chosen), Fraction(0))
        return (
            all(minutes[name] >= least for name, least in self._least.items())
            and (cap is None or grams <= cap.grams)
            and (
                share is None
                or max(minutes.values(), default=0) * 10_000 <= share.most_bps * minutes.total()
            )
        )


def _choices(problem: Problem, order: Order) -> list[Way]:
    """Return the ways to serve or refuse one order that its own rules allow, the best first."""
    rules, name = problem.rules, order.order_id
    given = by_order(rules.given).get(name, ())
    penalty = rules.keep.penalty_fen if rules.keep is not None and given else 0
    fixed = [one.lines for one in rules.agreed if one.order_id == name]
    fixed += [frozen_orders(rules)[name]] if name in frozen_orders(rules) else []
    found = [Way(-penalty, (), ())] if not fixed and name not in rules.must_serve else []
    weeks = 0 if rules.frozen is None else rules.frozen.weeks
    for way in ways(problem, order):
        shape = arrangement(way.lines)
        changed = bool(given) and shape != arrangement(given)
        early = min(line.week for line in way.lines) < weeks and name not in frozen_orders(rules)
        if not early and all(shape == arrangement(lines) for lines in fixed):
            found.append(way._replace(profit=way.profit - penalty * changed))
    return sorted(found, key=lambda way: -way.profit)


def ways(problem: Problem, order: Order) -> list[Way]:
    """Return the ways to serve one order within its pins, bans and approvals.

    Without rules only the profitable ones, and of equal usage only the best.
    """
    rules = problem.rules
    mine = Rules(
        pins=tuple(pin for pin in rules.pins if pin.order_id == order.order_id),
        bans=tuple(ban for ban in rules.bans if ban.order_id == order.order_id),
        approved=tuple(one for one in rules.approved if one.order_id == order.order_id),
        local_first=rules.local_first,
    )
    alone = replace(problem, orders=(order,), quotations=(), rules=mine)
    found: dict[object, Way] = {}
    for quantities in _partitions(order.quantity, order.max_lots):
        lots = [
            list(_lot(problem, order, number, quantity))
            for number, quantity in enumerate(quantities, 1)
        ]
        for chosen in product(*lots):
            lines = tuple(line for lot in chosen for line in lot)
            report = check(alone, lines)
            if report.objective_fen is None or (report.objective_fen <= 0 and not rules):
                continue
            usage, grams = _usage(lines), report.costs[order.order_id].carbon_g
            # with rules, another arrangement of the same minutes may be the one that is asked for
            key = (arrangement(lines), grams) if rules.given or rules.agreed else (usage, grams)
            if key not in found or found[key].profit < report.objective_fen:
                found[key] = Way(report.objective_fen, usage, lines, grams)
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
