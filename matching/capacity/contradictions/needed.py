"""Orders that must be served: what each needs even alone, and what they need together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from matching.capacity.contradictions.case import Case, Contradiction, contradiction, listed
from matching.capacity.eligibility import RULES, Ints
from matching.capacity.order_bounds import lateness, least_cost
from matching.capacity.order_limits import KINDS
from matching.capacity.order_routes import PRICE, surely
from matching.explain import Reason

SETS_MAX = 400  # sets of offers that are looked at; any choice of them is a valid test


def needed_orders(case: Case) -> tuple[list[int], list[Contradiction]]:
    """Return the orders to serve that are possible alone, by position, and why others are not."""
    able, found = [], []
    for at, order in enumerate(case.problem.orders):
        if order.order_id in case.rules.must_serve and order.order_id not in case.decided:
            wrong = _no_offer(case, at) or impossible_alone(case, at)
            if wrong is None:
                able.append(at)
            else:
                found.append(wrong)
    return able, found


def _no_offer(case: Case, at: int) -> Contradiction | None:
    order_id, rows = case.problem.orders[at].order_id, case.rows_of(at)
    for step, row in enumerate(rows, 1):
        counts = case.eligibility.counts[row].tolist()
        if not counts[-1]:
            rule = RULES[counts[1:].index(0)]
            code = "must_serve_ruled_out" if rule in KINDS else "must_serve_no_offer"
            return contradiction(code, order=order_id, step=step, rule=rule)
    return None


def impossible_alone(case: Case, at: int) -> Contradiction | None:
    """Return why an order with offers cannot be made even alone beside what is decided."""
    order = case.problem.orders[at]
    late = lateness(case.problem, case.ground, at, idle=case.left)
    if late is not None:
        return _late(order.order_id, late)
    least = surely(least_cost(case.problem, case.ground, at, idle=case.ground.idle, weights=PRICE))
    if least <= order.max_price_fen:
        return None
    cap = order.max_price_fen
    return contradiction("must_serve_price_cap", order=order.order_id, price_fen=least, cap_fen=cap)


def _late(order_id: str, late: Reason) -> Contradiction:
    named = late.params
    if late.code == "no_weeks":
        return contradiction(
            "must_serve_no_weeks",
            order=order_id,
            step=named["step"],
            nearest=named["nearest"],
            minutes=named["minutes"],
            idle_minutes=named["idle_minutes"],
        )
    return contradiction(
        "must_serve_too_late",
        order=order_id,
        arrival_week=named["arrival_week"],
        latest_week=named["latest_week"],
    )


class _Need(NamedTuple):
    """The least work of one operation, the weeks it must lie in, and the offers that can do it."""

    order_id: str
    minutes: int
    first: int
    last: int
    offers: frozenset[int]


class _Excess(NamedTuple):
    """A set of offers and a window of weeks that more work must fit into than does."""

    minutes: int
    idle: int
    first: int
    last: int


def overbooked(case: Case, able: list[int]) -> Iterator[Contradiction]:
    """Yield, for each process, where the orders that must be served need too much together.

    Notes
    -----
    A necessary condition for any plan: the least minutes of all operations whose offers lie within
    a set, and whose weeks lie within a window, are at most the idle minutes of the set there. The
    sets tried are the offers of each operation and their union.
    """
    needs: dict[str, list[_Need]] = defaultdict(list)
    for at in able:
        for process, need in _needs(case, at):
            needs[process].append(need)
    for _, mine in sorted(needs.items()):
        sets = sorted({need.offers for need in mine}, key=lambda some: (len(some), sorted(some)))
        union = frozenset[int]().union(*sets)
        tried = [(some, _excess(case, mine, some)) for some in (*sets[:SETS_MAX], union)]
        some, worst = max(tried, key=lambda pair: pair[1].minutes - pair[1].idle)
        if worst.minutes <= worst.idle:
            continue
        inside = [
            need.order_id
            for need in mine
            if need.offers <= some and worst.first <= need.first and need.last <= worst.last
        ]
        yield contradiction(
            "must_serve_overbook",
            orders=listed(inside),
            offers=listed(case.problem.offers[at].offer_id for at in some),
            from_week=worst.first,
            last_week=worst.last,
            minutes=worst.minutes,
            idle_minutes=worst.idle,
        )


def _needs(case: Case, at: int) -> Iterator[tuple[str, _Need]]:
    order, ground = case.problem.orders[at], case.ground
    last = min(order.due_week + order.max_tardy_weeks, ground.weeks - 1)
    for row, operation in zip(case.rows_of(at), order.operations, strict=True):
        entries = case.entries_of(row)
        minutes = int((ground.setup[entries] + ground.total[entries]).min())
        offers = frozenset(ground.offer[entries].tolist())
        yield operation.process, _Need(order.order_id, minutes, order.release_week, last, offers)


def _excess(case: Case, needs: list[_Need], offers: frozenset[int]) -> _Excess:
    """Return the window in which a set of offers lacks most minutes, or has fewest to spare."""
    weeks = case.ground.weeks
    wanted: Ints = np.zeros((weeks, weeks), np.int64)
    for need in needs:
        if need.offers <= offers:
            wanted[need.first, need.last] += need.minutes
    inside = np.cumsum(np.cumsum(wanted[::-1], axis=0)[::-1], axis=1)
    idle = np.concatenate([[0], np.cumsum(case.left[sorted(offers)].sum(axis=0))])
    first, last = np.triu_indices(weeks)
    spare = idle[last + 1] - idle[first] - inside[first, last]
    at = int((spare * weeks + (last - first)).argmin())  # of equals the shortest window
    a, b = int(first[at]), int(last[at])
    return _Excess(int(inside[a, b]), int(idle[b + 1] - idle[a]), a, b)
