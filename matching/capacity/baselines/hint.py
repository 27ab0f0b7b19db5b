"""The values that a plan gives to the variables of the model: a start for a general solver."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil

from matching.capacity.baselines.variables import Formulation, Lot, Served, Visit
from matching.capacity.check import check
from matching.capacity.plan import PlanLine
from matching.capacity.problem import Problem

Values = dict[int, int]


def hint_values(
    formulation: Formulation, problem: Problem, plan: Sequence[PlanLine]
) -> dict[int, int]:
    """Return a value for every variable: what the plan says, and 0 for orders that it refuses.

    Raises
    ------
    ValueError
        When the plan breaks a rule of the problem, or serves an order that no plan can serve.
    """
    report = check(problem, plan)
    if not report.valid:
        raise ValueError(f"the plan to start from is not valid: {report.violations[0]}")
    values: Values = dict.fromkeys(range(len(formulation.model.lower)), 0)
    orders = {one.order.order_id: one for one in formulation.orders}
    lots: dict[str, dict[int, list[PlanLine]]] = {}
    for line in plan:
        lots.setdefault(line.order_id, {}).setdefault(line.lot, []).append(line)
    for order_id, mine in lots.items():
        if order_id not in orders:
            raise ValueError(f"the model has no plan for order {order_id}, the one given has")
        one, tardy = orders[order_id], report.costs[order_id].tardy_weeks
        values[one.served] = 1
        values.update(dict.fromkeys(one.tardy[:tardy], 1))
        # the model numbers lots by falling pieces
        ordered = sorted(mine.values(), key=lambda lines: -lines[0].lot_quantity)
        for lot, lines in zip(one.lots, ordered, strict=False):
            _fill_lot(one, lot, lines, values)
    return values


def _fill_lot(one: Served, lot: Lot, lines: list[PlanLine], values: Values) -> None:
    values[lot.present] = 1
    if lot.pieces is not None:
        values[lot.pieces] = lines[0].lot_quantity
    parks = []
    for step, visit in enumerate(lot.visits, 1):
        parks.append(_fill_visit(visit, [line for line in lines if line.step == step], values))
    for arcs, before, after in zip(lot.arcs, parks, parks[1:], strict=False):
        values[arcs[before, after]] = 1
    for split in lot.splits:
        for group, pieces in zip(split.groups, split.pieces, strict=True):
            if any(values[choice] for choice in group):
                values[pieces] = lines[0].lot_quantity
    for share, pieces, total in lot.worked:
        values[share] = ceil(Fraction(total * values[pieces], one.order.quantity))


def _fill_visit(visit: Visit, lines: list[PlanLine], values: Values) -> str:
    """Set the variables of one operation and return the park it is made in."""
    offers = [candidate.offer.offer_id for candidate in visit.candidates]
    at = offers.index(lines[0].offer_id)
    values[visit.chosen[at]] = 1
    weeks = [line.week for line in lines]
    for line in lines:
        values[visit.minutes[at, line.week]] = line.minutes
        values[visit.works[line.week]] = 1
    for week, begun in visit.begun.items():
        values[begun] = int(week >= min(weeks))
    for week, ended in visit.ended.items():
        values[ended] = int(week > max(weeks))
    return visit.candidates[at].park
