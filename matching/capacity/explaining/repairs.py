"""Why an order is refused, and the smallest single changes with which it would be served.

Nothing is guessed: a change counts as a repair only when the order, so changed, was planned again
and `check` accepts the plan with it, beside the others or where others make room and lose less
than it brings. That a change is not listed proves nothing: the search did not find it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil

from matching.capacity.explaining.changes import (
    Change,
    higher_cap,
    higher_value,
    smaller_quantity,
    step_changes,
)
from matching.capacity.explaining.displacing import Found, Rooms
from matching.capacity.explaining.requests import Bench, Request
from matching.capacity.explaining.standing import Served, Standing
from matching.capacity.fields import FEN_MAX
from matching.explain import Reason

PARTS, ROUNDS = 16, 2  # quantities are tried in sixteenths, then in sixteenths of one of these
FEW_WEEKS = 3
TIMES = ("due_later", "release_earlier")
RICH_FEN = 10**12  # more value than any order needs to be worth it


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """A change with which the order is served, and the plan that serves it.

    Parameters
    ----------
    moved
        Orders that make room: served otherwise or, where they have no lines, not at all.
    """

    change: Change
    found: Found
    moved: tuple[str, ...]

    @property
    def gain_fen(self) -> int:
        """What the plan is worth more with the repair, ≥ 1."""
        return self.found.judged.gain_fen


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """What is known about an order that is not in the plan.

    Parameters
    ----------
    reason
        As the plan's reasons give it.
    as_it_is
        A better plan that serves the order without any change, when one was found: the limit on
        time or work came before it. Then no repairs are looked for.
    repairs
        One of each kind that helps, the smallest change first.
    tried
        The kinds of change that were tried.
    """

    order_id: str
    reason: Reason
    as_it_is: Found | None
    repairs: tuple[Repair, ...]
    tried: tuple[str, ...]


class Repairer:
    """Finds repairs for the refused orders of one plan."""

    def __init__(self, standing: Standing) -> None:
        self._standing = standing
        self._rooms = Rooms(standing)

    def explain(self, order_id: str, reason: Reason) -> Refused:
        """Return the smallest repairs of one refused order.

        Raises
        ------
        ValueError
            When there is no such order, or the plan serves it.

        Notes
        -----
        A few hundred searches of one order; about 20 ms at 2,000 orders × 500 offers, more where
        rules about several orders make each proposal a check of the whole plan.
        """
        if order_id not in self._standing.orders:
            raise ValueError(f"order {order_id}: the problem has no such order")
        if order_id in self._standing.lines:
            raise ValueError(f"order {order_id}: the plan serves it; ask for explain_matched")
        request, problem = self._standing.request(order_id), self._standing.problem
        by_kind = step_changes(problem, request)
        steps = [change for changes in by_kind.values() for change in changes]
        bench = Bench(problem, [request, *(change.request for change in steps)])
        as_it_is = self._room(bench, 0, request)
        tried = (*by_kind, "price_cap_higher", "value_higher", "quantity_smaller")
        if as_it_is is not None:
            return Refused(
                order_id=order_id, reason=reason, as_it_is=as_it_is, repairs=(), tried=()
            )
        repairs = [
            repair for kind in by_kind if (repair := self._smallest(bench, kind, steps)) is not None
        ]
        if bench.able(0):
            amounts = [self._cap(bench, request), self._value(request), self._quantity(request)]
            repairs += [one for one in amounts if one is not None]
        repairs.sort(key=lambda one: (one.change.size_ppm, one.change.code))
        return Refused(
            order_id=order_id, reason=reason, as_it_is=None, repairs=tuple(repairs), tried=tried
        )

    def _room(
        self, bench: Bench, at: int, request: Request, *, cap_fen: int | None = None
    ) -> Found | None:
        """Return a plan that serves a request and is worth more than the plan that stands."""
        for search in (self._rooms.beside, self._rooms.displacing):
            found = search(bench, at, request, cap_fen=cap_fen)
            if found is not None and found.judged.gain_fen >= 1:
                return found
        return None

    def _smallest(self, bench: Bench, kind: str, steps: Sequence[Change]) -> Repair | None:
        """Return the first change of a kind that helps; the bench has them behind the request."""
        mine = [at for at, change in enumerate(steps, 1) if change.code == kind and bench.able(at)]
        if kind in TIMES:
            # what a week allows, more weeks allow: where the most does not help, little will
            if not mine or self._room(bench, mine[-1], steps[mine[-1] - 1].request) is None:
                mine = mine[:FEW_WEEKS]
        elif kind != "one_more_lot":
            before = bench.eligible(0)
            mine = [at for at in mine if bench.eligible(at) != before]  # else it admits nobody
        for at in mine:
            change = steps[at - 1]
            found = self._room(bench, at, change.request)
            if found is not None:
                return _repair(change, found)
        return None

    def _cap(self, bench: Bench, request: Request) -> Repair | None:
        """Return the least price cap, by bisection, with which the order fits beside the plan.

        Where it does not fit at any price, the price at which others make room for it.
        """
        name, order = request.order.order_id, request.order
        left, cap = self._standing.left(name), order.max_price_fen
        free = replace(request, order=replace(order, max_price_fen=FEN_MAX))
        if bench.plan(0, left, cap_fen=FEN_MAX):
            low, high = cap, max(order.value_fen, cap + 1)  # a price above the value never pays
            while high - low > 1:
                middle = (low + high) // 2
                if bench.plan(0, left, cap_fen=middle):
                    high = middle
                else:
                    low = middle
            change = higher_cap(request, high)
            found = self._rooms.beside(bench, 0, change.request, cap_fen=high)
            if found is not None and found.judged.gain_fen >= 1:
                return _repair(change, found)
        found = self._rooms.displacing(bench, 0, free, cap_fen=FEN_MAX)
        if found is None or found.judged.gain_fen < 1:
            return None
        cost = found.judged.costs[name]
        return self._confirmed(higher_cap(request, ceil(cost.processing + cost.transport)), found)

    def _value(self, request: Request) -> Repair | None:
        """Return the least value at which the order pays for itself and for those it displaces."""
        name, value = request.order.order_id, request.order.value_fen
        rich_fen = min(FEN_MAX, value + RICH_FEN)
        rich = replace(request, order=replace(request.order, value_fen=rich_fen))
        bench = Bench(self._standing.problem, [rich])
        found = [
            one
            for search in (self._rooms.beside, self._rooms.displacing)
            if (one := search(bench, 0, rich)) is not None
        ]
        if not found:
            return None
        best = max(found, key=lambda one: one.judged.gain_fen)
        needed = rich_fen - best.judged.gain_fen + 1
        if not value < needed < rich_fen or name not in best.served:
            return None
        return self._confirmed(higher_value(request, needed), best)

    def _quantity(self, request: Request) -> Repair | None:
        """Return the largest quantity that was found to be served, in rounds of sixteenths."""
        low, high = 0, request.order.quantity
        best: Repair | None = None
        for _ in range(ROUNDS):
            tried = {low + (high - low) * part // PARTS for part in range(1, PARTS)} - {low}
            changes = [smaller_quantity(request, pieces) for pieces in sorted(tried)]
            bench = Bench(self._standing.problem, [change.request for change in changes])
            for at in reversed(range(len(changes))):
                found = self._room(bench, at, changes[at].request)
                if found is not None:
                    best = _repair(changes[at], found)
                    low = changes[at].request.order.quantity
                    break
                high = changes[at].request.order.quantity
            else:
                return best
        return best

    def _confirmed(self, change: Change, found: Found) -> Repair | None:
        """Return a repair whose plan was found for another amount, judged anew with its own."""
        name = change.request.order.order_id
        lines = found.served[name].lines
        served = {**found.served, name: Served(request=change.request, lines=lines)}
        judged = self._standing.judge(served)
        if judged is None or judged.gain_fen < 1:
            return None
        return _repair(change, Found(served=served, judged=judged))


def _repair(change: Change, found: Found) -> Repair:
    name = change.request.order.order_id
    moved = tuple(other for other in found.served if other != name)
    return Repair(change=change, found=found, moved=moved)


def kinds_left(refused: Refused) -> Iterator[str]:
    """Yield the kinds of change that were tried and did not help."""
    helped = {repair.change.code for repair in refused.repairs}
    yield from (kind for kind in refused.tried if kind not in helped)
