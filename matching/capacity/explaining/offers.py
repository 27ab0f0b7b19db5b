"""What becomes of one offer: how full it is, what its weeks are worth, what it nearly won."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from matching.capacity.explaining.requests import Bench, Request
from matching.capacity.explaining.standing import Judged, Served, Standing
from matching.capacity.plan import PlanLine
from matching.capacity.problem import Offer

CONTENDERS = 4  # orders for which the winning rate is looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferWeek:
    """One week of an offer: minutes, and the price of an hour in fen, rounded to a fen."""

    week: int
    idle_minutes: int
    used_minutes: int
    fen_per_hour: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NearWin:
    """The order that the offer would win with the smallest cut of its rate.

    Parameters
    ----------
    rate_fen_per_hour
        The highest rate found at which the plan with the order on this offer is worth more than
        the plan that stands; both counted at that rate, all other orders as they are. The present
        rate when the order would come as it is: then the plan can still be improved.
    minutes
        Minutes that the order then takes of the offer.
    """

    order_id: str
    rate_fen_per_hour: int
    minutes: int
    lines: tuple[PlanLine, ...]
    judged: Judged


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferExplained:
    """What is known about an offer.

    Parameters
    ----------
    orders
        The orders that it works for, sorted.
    contenders
        How many orders fit it and are not made on it.
    nearly_won
        None when no order would come at any rate, or nothing is left to sell.
    """

    offer_id: str
    enterprise_id: str
    process: str
    rate_fen_per_hour: int
    utilisation: Fraction
    weeks: tuple[OfferWeek, ...]
    orders: tuple[str, ...]
    contenders: int
    nearly_won: NearWin | None


def explain_offer(standing: Standing, offer_id: str) -> OfferExplained:
    """Return how an offer is used, what its minutes are worth, and what it nearly won.

    Raises
    ------
    ValueError
        When there is no such offer.

    Notes
    -----
    One search for each order that fits, and about twenty for each of the nearest contenders.
    """
    if offer_id not in standing.offers:
        raise ValueError(f"offer {offer_id}: the problem has no such offer")
    at = standing.offers[offer_id]
    offer = standing.problem.offers[at]
    orders = {line.order_id for line in standing.plan if line.offer_id == offer_id}
    idle, used = standing.idle[at], standing.used[at]
    contenders = _contenders(standing, offer, orders)
    return OfferExplained(
        offer_id=offer_id,
        enterprise_id=offer.enterprise_id,
        process=offer.process,
        rate_fen_per_hour=offer.rate_fen_per_hour,
        utilisation=Fraction(int(used.sum()), int(idle.sum())) if idle.any() else Fraction(0),
        weeks=tuple(
            OfferWeek(
                week=week,
                idle_minutes=int(idle[week]),
                used_minutes=int(used[week]),
                fen_per_hour=round(int(standing.millifen[at, week]) * 60 / 1000),
            )
            for week in range(len(idle))
            if idle[week]
        ),
        orders=tuple(sorted(orders)),
        contenders=len(contenders),
        nearly_won=_nearly_won(standing, offer, contenders),
    )


def _contenders(standing: Standing, offer: Offer, has: set[str]) -> list[Request]:
    """Return the orders that fit an offer and are not made on it."""
    asked = [
        standing.request(order.order_id)
        for order in standing.problem.orders
        if order.order_id not in has
        and order.order_id not in standing.decided
        and any(operation.process == offer.process for operation in order.operations)
    ]
    bench = Bench(standing.problem, asked)
    return [
        request
        for at, request in enumerate(asked)
        if bench.able(at) and offer.offer_id in bench.eligible(at)
    ]


def _nearly_won(standing: Standing, offer: Offer, contenders: list[Request]) -> NearWin | None:
    """Return the contender that would come at the highest rate.

    At the rate 0 every contender shows what it would gain by the offer; shared over the minutes
    that it would take, this says at which rate it still comes. The nearest are solved again, with
    the rate found by bisection.
    """
    free = replace(offer, rate_fen_per_hour=0)
    bench = Bench(standing.problem, contenders, offers={offer.offer_id: free})
    reached: list[tuple[int, Request]] = []
    for at, request in enumerate(contenders):
        name = request.order.order_id
        lines = bench.plan(at, standing.left(name))
        minutes = sum(line.minutes for line in lines if line.offer_id == offer.offer_id)
        gain = int(bench.profit_fen) - standing.worth(name) if minutes else 0
        if gain >= 1:
            reached.append((gain * 60 // minutes, request))
    reached.sort(key=lambda one: (-one[0], one[1].order.order_id))
    best: NearWin | None = None
    for _, request in reached[:CONTENDERS]:
        won = _winning_rate(standing, offer, request)
        if won is not None and (best is None or won.rate_fen_per_hour > best.rate_fen_per_hour):
            best = won
    return best


def _winning_rate(standing: Standing, offer: Offer, request: Request) -> NearWin | None:
    """Return the highest rate up to the present one at which an order comes, by bisection."""
    low, high = -1, offer.rate_fen_per_hour
    best = _won_at(standing, offer, request, high)
    if best is not None:
        return best  # a better plan as it is: the limit on time or work came before it
    while high - low > 1:
        middle = (low + high) // 2
        won = _won_at(standing, offer, request, middle)
        if won is None:
            high = middle
        else:
            low, best = middle, won
    return best


def _won_at(standing: Standing, offer: Offer, request: Request, rate: int) -> NearWin | None:
    """Return how an order comes to an offer at a rate, when the plan is then worth more."""
    name = request.order.order_id
    offers = {offer.offer_id: replace(offer, rate_fen_per_hour=rate)}
    bench = Bench(standing.problem, [request], offers=offers)
    lines = bench.plan(0, standing.left(name))
    minutes = sum(line.minutes for line in lines if line.offer_id == offer.offer_id)
    if not minutes or bench.profit_fen < standing.worth(name):
        return None
    judged = standing.judge({name: Served(request=request, lines=lines)}, offers=offers)
    if judged is None or judged.gain_fen < 1:
        return None
    return NearWin(
        order_id=name, rate_fen_per_hour=rate, minutes=minutes, lines=lines, judged=judged
    )
