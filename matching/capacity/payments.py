"""Who is paid what for a plan: one amount for each order and enterprise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from matching.capacity.geography import road_km
from matching.capacity.plan import PlanLine
from matching.capacity.problem import Offer, Order, Problem
from matching.capacity.tariff import leg_fen, processing_fen


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """What one order pays to one enterprise.

    Parameters
    ----------
    fen
        processing + transport, rounded up to a fen once.
    processing
        The work of its lots and operations, exactly.
    transport
        The legs that start at its sites, to the next site or to the buyer, exactly.
    """

    fen: int
    processing: Fraction
    transport: Fraction


def payments(problem: Problem, plan: Iterable[PlanLine]) -> Mapping[tuple[str, str], Payment]:
    """Return the payments of a valid plan by (order, enterprise), sorted.

    Raises
    ------
    ValueError
        When the plan names an order or an offer that the problem does not have, or leaves out an
        operation of a lot: run `check` first.
    """
    orders = {order.order_id: order for order in problem.orders}
    offers = {offer.offer_id: offer for offer in problem.offers}
    lots: dict[tuple[str, int], dict[int, list[PlanLine]]] = defaultdict(dict)
    for line in plan:
        if line.order_id not in orders or line.offer_id not in offers:
            raise ValueError(f"{line}: the problem has no such order or offer; run check first")
        lots[line.order_id, line.lot].setdefault(line.step, []).append(line)
    payer = _Payer(problem)
    for (order_id, _), steps in sorted(lots.items()):
        order = orders[order_id]
        if sorted(steps) != list(range(1, len(order.operations) + 1)):
            raise ValueError(f"order {order_id}: a lot lacks an operation; run check first")
        visits = [(offers[steps[s][0].offer_id], steps[s]) for s in sorted(steps)]
        payer.pay_lot(order, visits)
    return payer.total()


class _Payer:
    """Adds up what each enterprise gets from each order."""

    def __init__(self, problem: Problem) -> None:
        self._settings = problem.settings
        self._at = {park.park_id: (park.lat, park.lon) for park in problem.parks}
        self._quotations = {(q.order_id, q.step, q.offer_id): q for q in problem.quotations}
        self._work: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
        self._legs: dict[tuple[str, str], Fraction] = defaultdict(Fraction)

    def pay_lot(self, order: Order, visits: list[tuple[Offer, list[PlanLine]]]) -> None:
        """Pay for the operations of one lot and for the legs that start after each."""
        following = [offer.park_id for offer, _ in visits[1:]] + [None]
        for (offer, lines), next_park in zip(visits, following, strict=True):
            key = order.order_id, offer.enterprise_id
            quantity = lines[0].lot_quantity
            minutes = sum(line.minutes for line in lines)
            quoted = self._quotations.get((order.order_id, lines[0].step, offer.offer_id))
            self._work[key] += processing_fen(
                order, offer, quoted, minutes=minutes, quantity=quantity
            )
            km = self._km(order, offer.park_id, next_park)
            if km is not None:
                self._legs[key] += leg_fen(self._settings, order, km=km, quantity=quantity)

    def _km(self, order: Order, park: str, next_park: str | None) -> int | None:
        """Return the length of a leg; None when the lot stays in the park."""
        if next_park is None:
            return road_km(self._at[park], (order.buyer_lat, order.buyer_lon))
        return None if next_park == park else road_km(self._at[park], self._at[next_park])

    def total(self) -> dict[tuple[str, str], Payment]:
        """Return the sums, each rounded up once."""
        return {
            key: Payment(
                fen=ceil(self._work[key] + self._legs[key]),
                processing=self._work[key],
                transport=self._legs[key],
            )
            for key in sorted(self._work)
        }
