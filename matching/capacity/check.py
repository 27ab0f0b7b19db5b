"""Check a plan from the problem alone, in exact arithmetic.

This module knows no optimiser: it reads a problem and a plan and applies the rules of
`docs/spec/capacity.md`, one by one, with rational numbers. An order with a wrong row or lot is not
examined further, so that one mistake gives few violations.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor

from matching.capacity.check_lots import Instance, Tally, follow_lot, lots_of, misfits
from matching.capacity.check_rules import changed_orders, check_orders, check_whole
from matching.capacity.plan import PlanLine
from matching.capacity.problem import Order, Problem
from matching.capacity.tariff import carbon_fen
from matching.capacity.violations import CODES, Found, Violation

__all__ = ["CODES", "CheckReport", "OrderCost", "Violation", "check", "misfits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCost:
    """What serving one order costs, exactly, in fen; `profit_fen` is rounded once.

    `bonus_fen` is what local work adds beside the profit, rounded down once; `carbon_g` is exact.
    """

    order_id: str
    processing: Fraction
    transport: Fraction
    carbon: Fraction
    tardy_weeks: int
    tardy_fen: int
    profit_fen: int
    arrival_week: int
    lots: int
    bonus_fen: int = 0
    carbon_g: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """What a plan is worth, or what is wrong with it.

    Parameters
    ----------
    objective_fen
        base + bonus - penalty; None when there is a violation: an invalid plan has no objective.
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
    base_fen
        The objective of the base model, without bonus and penalties; None as above.
    bonus_fen, penalty_fen
        What local work adds, and what changes to the given plan cost.
    changed
        Orders of the given plan that are served otherwise or not at all, in its order.
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
    base_fen: int | None = None
    bonus_fen: int = 0
    penalty_fen: int = 0
    changed: tuple[str, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether no rule is broken."""
        return not self.violations

    @property
    def counts(self) -> Mapping[str, int]:
        """Number of violations per code."""
        return dict(sorted(Counter(found.code for found in self.violations).items()))


def check(
    problem: Problem,
    plan: Iterable[PlanLine],
    *,
    objective_fen: int | None = None,
    bound_fen: int | None = None,
) -> CheckReport:
    """Check every rule of the base model and of the problem; recompute the objective exactly.

    Parameters
    ----------
    problem, plan
        An order without a line in the plan is refused. Lines may come in any order.
    objective_fen, bound_fen
        A claim to compare with the recomputed objective. The bound is only compared, not proven:
        `check_bound` proves it.
    """
    instance, found = Instance(problem), Found()
    lines, usage = _sound_lines(plan, instance, found=found)
    for (offer_id, week), used in sorted(usage.items()):
        idle = instance.offers[offer_id].idle_minutes[week]
        if used > idle:
            where = f"offer {offer_id} week {week}"
            found.add("capacity", where, f"{used} minutes used, {idle} idle")
    made: dict[str, list[PlanLine]] = {}
    costs: dict[str, OrderCost] = {}
    tallies: list[Tally] = []
    for order in problem.orders:
        if order.order_id in lines:
            made[order.order_id] = lines.pop(order.order_id)
        settled = _check_order(order, made.get(order.order_id), instance, found=found)
        if settled is not None:
            costs[order.order_id] = settled[0]
            tallies.append(settled[1])
    for order_id in sorted(lines):
        found.add("unknown-order", f"order {order_id}", CODES["unknown-order"])
    if problem.rules:
        check_orders(problem, made, found=found)
        if not found.orders:
            check_whole(problem, tallies, found=found)
    changed = changed_orders(problem, made) if problem.rules.given else ()
    report = _report(problem, costs, tallies, changed=changed, found=found)
    if report.objective_fen is not None:
        claim = _claim_errors(report.objective_fen, objective_fen, bound_fen)
        report = replace(report, violations=tuple(claim))
    return report


def _report(
    problem: Problem,
    costs: dict[str, OrderCost],
    tallies: list[Tally],
    *,
    changed: tuple[str, ...],
    found: Found,
) -> CheckReport:
    minutes = sum(tally.minutes for tally in tallies)
    idle = sum(sum(offer.idle_minutes) for offer in problem.offers)
    base = sum(cost.profit_fen for cost in costs.values())
    bonus = sum(cost.bonus_fen for cost in costs.values())
    keep = problem.rules.keep
    penalty = 0 if keep is None else keep.penalty_fen * len(changed)
    return CheckReport(
        objective_fen=None if found.violations else base + bonus - penalty,
        served=tuple(costs),
        violations=tuple(found.violations),
        costs=costs,
        local_minutes=sum(tally.local_minutes for tally in tallies),
        minutes=minutes,
        utilisation=minutes / idle if idle else 0.0,
        carbon_g=sum(round(tally.carbon_g) for tally in tallies),
        tardy_weeks=sum(cost.tardy_weeks for cost in costs.values()),
        base_fen=None if found.violations else base,
        bonus_fen=bonus,
        penalty_fen=penalty,
        changed=changed,
    )


def _claim_errors(objective: int, claimed: int | None, bound: int | None) -> Iterator[Violation]:
    if claimed is not None and claimed != objective:
        detail = f"claimed {claimed}, recomputed {objective}"
        yield Violation(code="claim-objective", where="claim", detail=detail)
    if bound is not None and objective > bound:
        detail = f"objective {objective}, claimed bound {bound}"
        yield Violation(code="claim-bound", where="claim", detail=detail)


def _sound_lines(
    plan: Iterable[PlanLine], instance: Instance, *, found: Found
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


def _line_error(line: PlanLine, instance: Instance) -> str | None:
    numbers = line.lot, line.lot_quantity, line.step, line.week, line.minutes
    if any(type(number) is not int for number in numbers):
        return "malformed-row"
    if line.offer_id not in instance.offers:
        return "unknown-offer"
    if not 0 <= line.week < instance.settings.weeks:
        return "week-outside-horizon"
    return "minutes-not-positive" if line.minutes < 1 else None


def _check_order(
    order: Order, lines: list[PlanLine] | None, instance: Instance, *, found: Found
) -> tuple[OrderCost, Tally] | None:
    """Check one order; None when it is refused or after any violation."""
    if lines is None or order.order_id in found.orders:
        return None
    where, lots = f"order {order.order_id}", lots_of(order, lines, found=found)
    if lots is None:
        return None
    tally = Tally()
    for number, lot in sorted(lots.items()):
        for code, detail in follow_lot(order, lot, instance, tally=tally):
            found.add(code, f"{where} lot {number}", detail, order_id=order.order_id)
    for code, detail in _delivery_errors(order, tally):
        found.add(code, where, detail, order_id=order.order_id)
    if order.order_id in found.orders:
        return None
    return _settle(order, tally, instance, lots=len(lots)), tally


def _delivery_errors(order: Order, tally: Tally) -> Iterator[tuple[str, str]]:
    tardy = max(0, tally.arrival - order.due_week)
    if tardy > order.max_tardy_weeks:
        detail = f"arrives in week {tally.arrival}, {tardy} late, {order.max_tardy_weeks} allowed"
        yield "tardiness", detail
    price = tally.processing + tally.transport
    if price > order.max_price_fen:
        yield "price-cap", f"price {float(price):.2f} fen, cap {order.max_price_fen}"


def _settle(order: Order, tally: Tally, instance: Instance, *, lots: int) -> OrderCost:
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
        bonus_fen=floor(tally.bonus),
        carbon_g=tally.carbon_g,
    )
