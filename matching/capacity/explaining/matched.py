"""Why a served order is served so: its costs, who is paid, and what any other way would cost."""

from __future__ import annotations

from dataclasses import dataclass, replace

from matching.capacity.check import OrderCost
from matching.capacity.explaining.requests import Bench, Request
from matching.capacity.explaining.standing import Served, Standing
from matching.capacity.payments import Payment, payments
from matching.capacity.plan import PlanLine


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherWay:
    """The best way found to serve an order without one of its enterprises.

    Parameters
    ----------
    avoided
        The enterprise.
    lines, cost
        How the order is served then, beside everything else as it is; empty and None when no way
        was found that pays: then the order would be refused.
    enterprises
        Who works for it then, in the order of the work.
    loss_fen
        What the plan would be worth less, exactly. Below 0 the other way is better: the limit on
        time or work came before it.
    """

    avoided: str
    lines: tuple[PlanLine, ...]
    enterprises: tuple[str, ...]
    cost: OrderCost | None
    loss_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """What is known about an order of the plan.

    Parameters
    ----------
    worth_fen
        What it adds to the objective: profit and bonus.
    paid
        What the buyer pays to each enterprise.
    other_ways
        One for each of its enterprises, sorted by loss.
    """

    order_id: str
    value_fen: int
    cost: OrderCost
    worth_fen: int
    lines: tuple[PlanLine, ...]
    paid: tuple[tuple[str, Payment], ...]
    other_ways: tuple[OtherWay, ...]

    @property
    def runner_up(self) -> OtherWay | None:
        """The best other way; None when without any of its enterprises nothing was found."""
        return next((way for way in self.other_ways if way.lines), None)


def explain_matched(standing: Standing, order_id: str) -> Matched:
    """Return the costs, payments and other ways of an order of the plan.

    Raises
    ------
    ValueError
        When there is no such order, or the plan does not serve it.
    """
    if order_id not in standing.orders:
        raise ValueError(f"order {order_id}: the problem has no such order")
    if order_id not in standing.lines:
        raise ValueError(f"order {order_id}: the plan refuses it; ask for its repairs")
    lines, order = standing.lines[order_id], standing.orders[order_id]
    paid = payments(standing.problem, lines)
    return Matched(
        order_id=order_id,
        value_fen=order.value_fen,
        cost=standing.report.costs[order_id],
        worth_fen=standing.worth(order_id),
        lines=lines,
        paid=tuple((enterprise, payment) for (_, enterprise), payment in paid.items()),
        other_ways=_other_ways(standing, order_id),
    )


def _other_ways(standing: Standing, order_id: str) -> tuple[OtherWay, ...]:
    asked = standing.request(order_id)
    names = _enterprises(standing, standing.lines[order_id])
    requests = [_without(asked, name) for name in names]
    bench = Bench(standing.problem, requests)
    free = standing.left(order_id)
    found = []
    for at, (name, request) in enumerate(zip(names, requests, strict=True)):
        served = Served(request=request, lines=bench.plan(at, free))
        judged = standing.judge({order_id: served}) if served.lines else None
        lines = () if judged is None else served.lines
        found.append(
            OtherWay(
                avoided=name,
                lines=lines,
                enterprises=_enterprises(standing, lines),
                cost=None if judged is None else judged.costs[order_id],
                loss_fen=standing.worth(order_id) if judged is None else -judged.gain_fen,
            )
        )
    return tuple(sorted(found, key=lambda way: (way.loss_fen, way.avoided)))


def _without(request: Request, enterprise: str) -> Request:
    excluded = request.order.excluded_enterprises | {enterprise}
    return replace(request, order=replace(request.order, excluded_enterprises=excluded))


def _enterprises(standing: Standing, lines: tuple[PlanLine, ...]) -> tuple[str, ...]:
    offers = standing.problem.offers
    names = (offers[standing.offers[line.offer_id]].enterprise_id for line in lines)
    return tuple(dict.fromkeys(names))
