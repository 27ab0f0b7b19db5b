"""Check a plan from the problem alone, in exact arithmetic.

This module knows no optimiser: it reads a problem and a plan and applies the rules of
`docs/spec/capacity.md`, one by one, with rational numbers. An order with a wrong row or lot is not
examined further, so that one mistake gives few violations.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil

from matching.capacity.geography import Point, lag_weeks, nearest_park, road_km
from matching.capacity.plan import PlanLine
from matching.capacity.problem import Offer, Operation, Order, Problem, Quotation
from matching.capacity.tariff import (
    carbon_fen,
    leg_carbon_g,
    leg_fen,
    processing_fen,
    work_minutes,
)

CODES: Mapping[str, str] = {
    "malformed-row": "a column of the plan is not an integer",
    "unknown-order": "no such order",
    "unknown-step": "the order has no such operation",
    "unknown-offer": "no such offer",
    "duplicate-row": "two rows for the same order, lot, step, offer and week",
    "week-outside-horizon": "the week is not in 0..weeks-1",
    "minutes-not-positive": "minutes are positive integers",
    "too-many-lots": "more lots than max_lots",
    "lot-numbering": "lots are numbered 1, 2, ... without holes",
    "lot-quantity": "one integer quantity ≥ 1 per lot",
    "lots-sum": "lot quantities sum to the quantity of the order",
    "missing-step": "every lot passes every operation",
    "several-offers": "one offer per lot and operation",
    "process": "the offer has another process",
    "size": "the offer cannot make the size class",
    "tolerance": "the offer cannot hold the tolerance grade",
    "material": "the offer does not work the material",
    "certificate": "the enterprise lacks a required certificate",
    "excluded": "the order excludes the enterprise",
    "not-quoted": "the order takes only offers with a quotation",
    "minimum-lot": "the lot is smaller than the offer's minimum lot",
    "work-minutes": "minutes = setup + ceil(minutes_total × lot_quantity / quantity)",
    "block-length": "at most max_block_weeks consecutive weeks",
    "capacity": "minutes of all lots ≤ idle minutes",
    "release": "the first operation starts in or after the release week",
    "sequence": "an operation starts no earlier than the end of the one before, plus lag",
    "tardiness": "the arrival is later than allowed",
    "price-cap": "the price is above the cap",
    "claim-objective": "the claimed objective is not the recomputed one",
    "claim-bound": "the objective exceeds the claimed upper bound",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A broken rule: its code (a key of `CODES`), where, and what was found."""

    code: str
    where: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCost:
    """What serving one order costs, exactly, in fen; `profit_fen` is rounded once."""

    order_id: str
    processing: Fraction
    transport: Fraction
    carbon: Fraction
    tardy_weeks: int
    tardy_fen: int
    profit_fen: int
    arrival_week: int
    lots: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """What a plan is worth, or what is wrong with it.

    Parameters
    ----------
    objective_fen
        None when there is a violation: an invalid plan has no objective.
    served
        Orders made, in the order of the problem.
    costs
        The cost split of each order served.
    local_minutes, minutes
        Minutes worked in the park nearest to the buyer, and all minutes worked.
    utilisation
        Minutes worked per idle minute, 0 when nothing is idle.
    carbon_g
        Grams of machines and transport, rounded per order.
    """

    objective_fen: int | None
    served: tuple[str, ...]
    violations: tuple[Violation, ...]
    costs: Mapping[str, OrderCost]
    local_minutes: int
    minutes: int
    utilisation: float
    carbon_g: int
    tardy_weeks: int

    @property
    def valid(self) -> bool:
        """Whether no rule is broken."""
        return not self.violations

    @property
    def counts(self) -> Mapping[str, int]:
        """Number of violations per code."""
        return dict(sorted(Counter(found.code for found in self.violations).items()))


Lot = dict[int, list[PlanLine]]  # step → lines


@dataclass(slots=True)
class _Found:
    """The violations so far and the orders that have any."""

    violations: list[Violation] = field(default_factory=list)
    orders: set[str] = field(default_factory=set)

    def add(self, code: str, where: str, detail: str, *, order_id: str | None = None) -> None:
        self.violations.append(Violation(code=code, where=where, detail=detail))
        if order_id is not None:
            self.orders.add(order_id)


@dataclass(slots=True)
class _Tally:
    """What the lots of one order add up to."""

    processing: Fraction = Fraction(0)
    transport: Fraction = Fraction(0)
    carbon_g: Fraction = Fraction(0)
    minutes: int = 0
    local_minutes: int = 0
    arrival: int = 0


class _Instance:
    """The problem, with ways to find things in it."""

    def __init__(self, problem: Problem) -> None:
        self.settings = problem.settings
        self.offers = {offer.offer_id: offer for offer in problem.offers}
        self.parks: dict[str, Point] = {p.park_id: (p.lat, p.lon) for p in problem.parks}
        self.quotations = {(q.order_id, q.step, q.offer_id): q for q in problem.quotations}
        self._km: dict[tuple[str, str], int] = {}
        self._nearest: dict[Point, str] = {}

    def km_between(self, a: str, b: str) -> int:
        """Return the distance of two parks; 0 inside one park."""
        if (a, b) not in self._km:
            self._km[a, b] = 0 if a == b else road_km(self.parks[a], self.parks[b])
        return self._km[a, b]

    def nearest(self, order: Order) -> str:
        """Return the park nearest to the buyer."""
        at = order.buyer_lat, order.buyer_lon
        if at not in self._nearest:
            self._nearest[at] = nearest_park(at, self.parks)
        return self._nearest[at]

    def quotation(self, order: Order, step: int, offer_id: str) -> Quotation | None:
        """Return the quotation of an offer for an operation, if there is one."""
        return self.quotations.get((order.order_id, step, offer_id))


def check(
    problem: Problem,
    plan: Iterable[PlanLine],
    *,
    objective_fen: int | None = None,
    bound_fen: int | None = None,
) -> CheckReport:
    """Check every rule of the base model and recompute the objective exactly.

    Parameters
    ----------
    problem, plan
        An order without a line in the plan is refused. Lines may come in any order.
    objective_fen, bound_fen
        A claim to compare with the recomputed objective. The bound is only compared, not proven:
        `check_bound` proves it.
    """
    instance, found = _Instance(problem), _Found()
    lines, usage = _sound_lines(plan, instance, found=found)
    for (offer_id, week), used in sorted(usage.items()):
        idle = instance.offers[offer_id].idle_minutes[week]
        if used > idle:
            where = f"offer {offer_id} week {week}"
            found.add("capacity", where, f"{used} minutes used, {idle} idle")
    costs: dict[str, OrderCost] = {}
    tallies: list[_Tally] = []
    for order in problem.orders:
        settled = _check_order(order, lines.pop(order.order_id, None), instance, found=found)
        if settled is not None:
            costs[order.order_id] = settled[0]
            tallies.append(settled[1])
    for order_id in sorted(lines):
        found.add("unknown-order", f"order {order_id}", CODES["unknown-order"])
    objective = None if found.violations else sum(cost.profit_fen for cost in costs.values())
    if objective is not None:
        _judge_claim(objective, objective_fen, bound_fen, found=found)
    return _report(problem, costs, tallies, objective=objective, found=found)


def _report(
    problem: Problem,
    costs: dict[str, OrderCost],
    tallies: list[_Tally],
    *,
    objective: int | None,
    found: _Found,
) -> CheckReport:
    minutes = sum(tally.minutes for tally in tallies)
    idle = sum(sum(offer.idle_minutes) for offer in problem.offers)
    return CheckReport(
        objective_fen=objective,
        served=tuple(costs),
        violations=tuple(found.violations),
        costs=costs,
        local_minutes=sum(tally.local_minutes for tally in tallies),
        minutes=minutes,
        utilisation=minutes / idle if idle else 0.0,
        carbon_g=sum(round(tally.carbon_g) for tally in tallies),
        tardy_weeks=sum(cost.tardy_weeks for cost in costs.values()),
    )


def _judge_claim(objective: int, claimed: int | None, bound: int | None, *, found: _Found) -> None:
    if claimed is not None and claimed != objective:
        found.add("claim-objective", "claim", f"claimed {claimed}, recomputed {objective}")
    if bound is not None and objective > bound:
        found.add("claim-bound", "claim", f"objective {objective}, claimed bound {bound}")


def _sound_lines(
    plan: Iterable[PlanLine], instance: _Instance, *, found: _Found
) -> tuple[dict[str, list[PlanLine]], dict[tuple[str, int], int]]:
    """Return the lines that are right by themselves, per order, and the minutes they use."""
    lines: dict[str, list[PlanLine]] = defaultdict(list)
    usage: dict[tuple[str, int], int] = defaultdict(int)
    for line in plan:
        mine = lines[line.order_id]  # an order with wrong lines only is still named
        code = _line_error(line, instance)
        if code is None:
            mine.append(line)
            usage[line.offer_id, line.week] += line.minutes
        else:
            where = f"order {line.order_id} lot {line.lot} step {line.step}"
            found.add(code, where, f"{line}: {CODES[code]}", order_id=line.order_id)
    return lines, usage


def _line_error(line: PlanLine, instance: _Instance) -> str | None:
    numbers = line.lot, line.lot_quantity, line.step, line.week, line.minutes
    if any(type(number) is not int for number in numbers):
        return "malformed-row"
    if line.offer_id not in instance.offers:
        return "unknown-offer"
    if not 0 <= line.week < instance.settings.weeks:
        return "week-outside-horizon"
    return "minutes-not-positive" if line.minutes < 1 else None


def _check_order(
    order: Order, lines: list[PlanLine] | None, instance: _Instance, *, found: _Found
) -> tuple[OrderCost, _Tally] | None:
    """Check one order; None when it is refused or after any violation."""
    if lines is None or order.order_id in found.orders:
        return None
    where, lots = f"order {order.order_id}", _lots_of(order, lines, found=found)
    if lots is None:
        return None
    tally = _Tally()
    for number, lot in sorted(lots.items()):
        for code, detail in _follow_lot(order, lot, instance, tally=tally):
            found.add(code, f"{where} lot {number}", detail, order_id=order.order_id)
    for code, detail in _delivery_errors(order, tally):
        found.add(code, where, detail, order_id=order.order_id)
    if order.order_id in found.orders:
        return None
    return _settle(order, tally, instance, lots=len(lots)), tally


def _delivery_errors(order: Order, tally: _Tally) -> Iterator[tuple[str, str]]:
    tardy = max(0, tally.arrival - order.due_week)
    if tardy > order.max_tardy_weeks:
        detail = f"arrives in week {tally.arrival}, {tardy} late, {order.max_tardy_weeks} allowed"
        yield "tardiness", detail
    price = tally.processing + tally.transport
    if price > order.max_price_fen:
        yield "price-cap", f"price {float(price):.2f} fen, cap {order.max_price_fen}"


def _settle(order: Order, tally: _Tally, instance: _Instance, *, lots: int) -> OrderCost:
    """Return the cost split; the sum is rounded up to a fen once."""
    carbon = carbon_fen(instance.settings, tally.carbon_g)
    tardy = max(0, tally.arrival - order.due_week)
    tardy_fen = tardy * order.tardy_fen_per_week
    cost = tally.processing + tally.transport + carbon + tardy_fen
    return OrderCost(
        order_id=order.order_id,
        processing=tally.processing,
        transport=tally.transport,
        carbon=carbon,
        tardy_weeks=tardy,
        tardy_fen=tardy_fen,
        profit_fen=order.value_fen - ceil(cost),
        arrival_week=tally.arrival,
        lots=lots,
    )


def _lots_of(order: Order, lines: list[PlanLine], *, found: _Found) -> dict[int, Lot] | None:
    """Group the lines by lot and step; None after any violation of the rules about lots."""
    lots: dict[int, Lot] = defaultdict(lambda: defaultdict(list))
    keys: set[tuple[int, int, str, int]] = set()
    wrong: list[tuple[str, str]] = []
    for line in lines:
        key = line.lot, line.step, line.offer_id, line.week
        if key in keys:
            wrong.append(("duplicate-row", str(line)))
        keys.add(key)
        if not 1 <= line.step <= len(order.operations):
            wrong.append(("unknown-step", f"step {line.step}"))
        lots[line.lot][line.step].append(line)
    if not wrong:
        wrong = list(_lot_errors(order, lots))
    for code, detail in wrong:
        found.add(code, f"order {order.order_id}", detail, order_id=order.order_id)
    return None if wrong else lots


def _lot_errors(order: Order, lots: dict[int, Lot]) -> Iterator[tuple[str, str]]:
    if len(lots) > order.max_lots:
        yield "too-many-lots", f"{len(lots)} lots, at most {order.max_lots}"
    if sorted(lots) != list(range(1, len(lots) + 1)):
        yield "lot-numbering", f"lots {sorted(lots)}"
    total: int | None = 0
    for number, lot in lots.items():
        quantities = {line.lot_quantity for lines in lot.values() for line in lines}
        if len(quantities) > 1 or min(quantities) < 1:
            yield "lot-quantity", f"lot {number} has quantities {sorted(quantities)}"
            total = None
        elif total is not None:
            total += quantities.pop()
        for step in range(1, len(order.operations) + 1):
            offers = {line.offer_id for line in lot.get(step, [])}
            if not offers:
                yield "missing-step", f"lot {number} has no step {step}"
            elif len(offers) > 1:
                yield "several-offers", f"lot {number} step {step} uses {sorted(offers)}"
    if total is not None and total != order.quantity:
        yield "lots-sum", f"lots sum to {total}, the order has {order.quantity}"


def misfits(
    order: Order,
    operation: Operation,
    offer: Offer,
    *,
    lot_quantity: int,
    quoted: bool,
) -> Iterator[tuple[str, str]]:
    """Yield each reason why an offer cannot make a lot of an operation: code and detail."""
    if offer.process != operation.process:
        yield "process", f"offers {offer.process}, needs {operation.process}"
    if offer.size_class < order.size_class:
        yield "size", f"offers class {offer.size_class}, needs {order.size_class}"
    if offer.tolerance_it > operation.tolerance_it:
        yield "tolerance", f"offers IT{offer.tolerance_it}, needs IT{operation.tolerance_it}"
    if order.material not in offer.materials:
        yield "material", f"does not work {order.material}"
    if not order.certificates <= offer.certificates:
        yield "certificate", f"lacks {sorted(order.certificates - offer.certificates)}"
    if offer.enterprise_id in order.excluded_enterprises:
        yield "excluded", f"enterprise {offer.enterprise_id} is excluded"
    if lot_quantity < offer.min_lot:
        yield "minimum-lot", f"lot of {lot_quantity}, at least {offer.min_lot}"
    if order.quoted_only and not quoted:
        yield "not-quoted", "no quotation for this operation"


def _visit_errors(
    order: Order, lines: list[PlanLine], instance: _Instance
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with one operation of one lot, apart from its place in time."""
    step, quantity, offer_id = lines[0].step, lines[0].lot_quantity, lines[0].offer_id
    operation, offer = order.operations[step - 1], instance.offers[offer_id]
    quoted = instance.quotation(order, step, offer_id)
    for code, detail in misfits(
        order, operation, offer, lot_quantity=quantity, quoted=quoted is not None
    ):
        yield code, f"offer {offer_id}: {detail}"
    planned = sum(line.minutes for line in lines)
    needed = work_minutes(order, operation, offer, quoted, quantity=quantity)
    if planned != needed:
        yield "work-minutes", f"{planned} minutes planned, {needed} needed"
    weeks = [line.week for line in lines]
    length = max(weeks) - min(weeks) + 1
    if length > instance.settings.max_block_weeks:
        yield "block-length", f"{length} weeks, at most {instance.settings.max_block_weeks}"


def _follow_lot(
    order: Order, lot: Lot, instance: _Instance, *, tally: _Tally
) -> Iterator[tuple[str, str]]:
    """Follow a lot to the buyer, add to the tally, and yield violations: code and detail."""
    park, ready = "", order.release_week
    for step in range(1, len(order.operations) + 1):
        lines = lot[step]
        offer, quantity = instance.offers[lines[0].offer_id], lines[0].lot_quantity
        for code, detail in _visit_errors(order, lines, instance):
            yield code, f"step {step}: {detail}"
        if step > 1 and offer.park_id != park:
            km = instance.km_between(park, offer.park_id)
            _add_leg(order, instance, tally, km=km, quantity=quantity)
            ready += lag_weeks(km)
        start = min(line.week for line in lines)
        if start < ready:
            code = "release" if step == 1 else "sequence"
            yield code, f"step {step}: starts in week {start}, ready in week {ready}"
        _add_work(order, lines, instance, tally=tally)
        park, ready = offer.park_id, max(line.week for line in lines)
    km = road_km(instance.parks[park], (order.buyer_lat, order.buyer_lon))
    _add_leg(order, instance, tally, km=km, quantity=quantity)
    tally.arrival = max(tally.arrival, ready + lag_weeks(km))


def _add_leg(order: Order, instance: _Instance, tally: _Tally, *, km: int, quantity: int) -> None:
    tally.transport += leg_fen(instance.settings, order, km=km, quantity=quantity)
    tally.carbon_g += leg_carbon_g(instance.settings, order, km=km, quantity=quantity)


def _add_work(order: Order, lines: list[PlanLine], instance: _Instance, *, tally: _Tally) -> None:
    offer, minutes = instance.offers[lines[0].offer_id], sum(line.minutes for line in lines)
    quoted, quantity = (
        instance.quotation(order, lines[0].step, offer.offer_id),
        lines[0].lot_quantity,
    )
    tally.processing += processing_fen(order, offer, quoted, minutes=minutes, quantity=quantity)
    tally.carbon_g += minutes * offer.carbon_g_per_hour / 60
    tally.minutes += minutes
    tally.local_minutes += minutes if offer.park_id == instance.nearest(order) else 0
