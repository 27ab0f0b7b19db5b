"""Who could make what, and when: offers of each operation with the weeks that are open to them.

Filters that lose no plan: the rules of eligibility, the weeks that transport before and after
leaves, and idle minutes that are too few for the smallest lot an offer takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from matching.capacity.check import misfits
from matching.capacity.geography import Point, lag_weeks, road_km
from matching.capacity.problem import Offer, Order, Problem, Quotation
from matching.capacity.tariff import work_minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An offer that could make an operation, in weeks `first`..`last`."""

    offer: Offer
    quoted: Quotation | None
    first: int
    last: int

    @property
    def park(self) -> str:
        """The park of the offer."""
        return self.offer.park_id


Steps = tuple[tuple[Candidate, ...], ...]


class Finder:
    """Finds the candidates of orders of one problem."""

    def __init__(self, problem: Problem) -> None:
        self.settings = problem.settings
        self._at: dict[str, Point] = {p.park_id: (p.lat, p.lon) for p in problem.parks}
        self._makers: dict[str, list[Offer]] = {}
        for offer in problem.offers:
            self._makers.setdefault(offer.process, []).append(offer)
        self._quoted = {(q.order_id, q.step, q.offer_id): q for q in problem.quotations}
        self._km: dict[tuple[str, str], int] = {}

    def km(self, a: str, b: str) -> int:
        """Return the road distance of two parks."""
        if (a, b) not in self._km:
            self._km[a, b] = 0 if a == b else road_km(self._at[a], self._at[b])
        return self._km[a, b]

    def km_to_buyer(self, park: str, order: Order) -> int:
        """Return the road distance of a park from the buyer."""
        return road_km(self._at[park], (order.buyer_lat, order.buyer_lon))

    def candidates(self, order: Order) -> Steps:
        """Return the candidates of each operation; none at all when any operation has none."""
        steps: Steps = tuple(
            tuple(self._eligible(order, step)) for step in range(1, len(order.operations) + 1)
        )
        while all(steps):
            kept = self._timed(order, steps)
            if list(map(len, kept)) == list(map(len, steps)):
                return kept
            steps = kept
        return ()

    def _eligible(self, order: Order, step: int) -> list[Candidate]:
        """Return the offers that may make the whole order, or a lot of it, at any time."""
        operation, found = order.operations[step - 1], []
        for offer in self._makers.get(operation.process, ()):
            quoted = self._quoted.get((order.order_id, step, offer.offer_id))
            if not any(
                misfits(
                    order,
                    operation,
                    offer,
                    lot_quantity=order.quantity,
                    quoted=quoted is not None,
                )
            ):
                last = self.settings.weeks - 1
                found.append(Candidate(offer=offer, quoted=quoted, first=0, last=last))
        return found

    def _timed(self, order: Order, steps: Steps) -> Steps:
        """Narrow the weeks of the candidates by those before and after; drop who has none left."""
        ready: dict[str, int] = {}
        narrowed: list[tuple[Candidate, ...]] = []
        for candidates in steps:
            parks = {candidate.park for candidate in candidates}
            came = {park: self._earliest(ready, park, order.release_week) for park in parks}
            ready = {}
            now = [replace(c, first=max(c.first, came[c.park])) for c in candidates]
            for one in now:
                ready[one.park] = min(ready.get(one.park, one.first), one.first)
            narrowed.append(tuple(now))
        final = order.due_week + order.max_tardy_weeks
        must: dict[str, int] = {}
        for at in reversed(range(len(steps))):
            now = []
            for one in narrowed[at]:
                if at + 1 == len(steps):
                    limit = final - lag_weeks(self.km_to_buyer(one.park, order))
                else:
                    limit = max(last - lag_weeks(self.km(one.park, p)) for p, last in must.items())
                now.append(replace(one, last=min(one.last, limit)))
            must = {}
            for one in now:
                must[one.park] = max(must.get(one.park, one.last), one.last)
            narrowed[at] = tuple(one for one in now if self._has_room(order, at + 1, one))
            if not narrowed[at]:
                return ()
        return tuple(narrowed)

    def _earliest(self, ready: dict[str, int], park: str, release: int) -> int:
        """Return the first week in which a lot can be in a park; `ready` is empty at the start."""
        if not ready:
            return release
        return min(week + lag_weeks(self.km(before, park)) for before, week in ready.items())

    def _has_room(self, order: Order, step: int, one: Candidate) -> bool:
        """Return whether some block of open weeks holds the smallest lot that can come."""
        pieces = order.quantity if order.max_lots == 1 else max(1, one.offer.min_lot)
        need = work_minutes(
            order, order.operations[step - 1], one.offer, one.quoted, quantity=pieces
        )
        idle: Sequence[int] = one.offer.idle_minutes[one.first : max(one.first, one.last + 1)]
        block = self.settings.max_block_weeks
        return any(sum(idle[at : at + block]) >= need for at in range(len(idle)))
