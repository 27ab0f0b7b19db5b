"""Follow the lots of one order through its operations to the buyer, in exact arithmetic.

Part of `check`: the rules of the base model for a single order, and what its lots add up to.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from matching.capacity.geography import Point, lag_weeks, nearest_park, road_km
from matching.capacity.plan import PlanLine
from matching.capacity.problem import Offer, Operation, Order, Problem, Quotation
from matching.capacity.tariff import (
    bonus_per_minute,
    leg_carbon_g,
    leg_fen,
    processing_fen,
    work_minutes,
)
from matching.capacity.violations import Found

Lot = dict[int, list[PlanLine]]  # step → lines


@dataclass(slots=True)
class Tally:
    """What the lots of one order add up to."""

    processing: Fraction = Fraction(0)
    transport: Fraction = Fraction(0)
    carbon_g: Fraction = Fraction(0)
    minutes: int = 0
    local_minutes: int = 0
    bonus: Fraction = Fraction(0)
    arrival: int = 0
    by_enterprise: Counter[str] = field(default_factory=Counter)  # minutes


class Instance:
    """The problem, with ways to find things in it."""

    def __init__(self, problem: Problem) -> None:
        self.settings = problem.settings
        first = problem.rules.local_first
        self._bonus_fen_per_hour = 0 if first is None else first.bonus_fen_per_hour
        self.offers = {offer.offer_id: offer for offer in problem.offers}
        self.parks: dict[str, Point] = {p.park_id: (p.lat, p.lon) for p in problem.parks}
        self.quotations = {(q.order_id, q.step, q.offer_id): q for q in problem.quotations}
        self._km: dict[tuple[str, str], int] = {}
        self._nearest: dict[Point, str] = {}
        self._bonus: dict[str, Fraction] = {}

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

    def bonus(self, order: Order, offer: Offer, quoted: Quotation | None) -> Fraction:
        """Return what a local minute adds; without a quotation it depends on the offer alone."""
        if not self._bonus_fen_per_hour:
            return Fraction(0)
        if quoted is None and offer.offer_id in self._bonus:
            return self._bonus[offer.offer_id]
        hourly = self._bonus_fen_per_hour
        found = bonus_per_minute(self.settings, order, offer, quoted, bonus_fen_per_hour=hourly)
        if quoted is None:
            self._bonus[offer.offer_id] = found
        return found

    def quotation(self, order: Order, step: int, offer_id: str) -> Quotation | None:
        """Return the quotation of an offer for an operation, if there is one."""
        return self.quotations.get((order.order_id, step, offer_id))


def lots_of(order: Order, lines: list[PlanLine], *, found: Found) -> dict[int, Lot] | None:
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
    order: Order, lines: list[PlanLine], instance: Instance
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


def follow_lot(
    order: Order, lot: Lot, instance: Instance, *, tally: Tally
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


def _add_leg(order: Order, instance: Instance, tally: Tally, *, km: int, quantity: int) -> None:
    tally.transport += leg_fen(instance.settings, order, km=km, quantity=quantity)
    tally.carbon_g += leg_carbon_g(instance.settings, order, km=km, quantity=quantity)


def _add_work(order: Order, lines: list[PlanLine], instance: Instance, *, tally: Tally) -> None:
    offer, minutes = instance.offers[lines[0].offer_id], sum(line.minutes for line in lines)
    quoted = instance.quotation(order, lines[0].step, offer.offer_id)
    quantity = lines[0].lot_quantity
    tally.processing += processing_fen(order, offer, quoted, minutes=minutes, quantity=quantity)
    tally.carbon_g += minutes * offer.carbon_g_per_hour / 60
    tally.minutes += minutes
    tally.by_enterprise[offer.enterprise_id] += minutes
    if offer.park_id == instance.nearest(order):
        tally.local_minutes += minutes
        tally.bonus += minutes * instance.bonus(order, offer, quoted)
