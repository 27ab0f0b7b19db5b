"""Quotes against the newest stored plan of an installation, which is kept in memory.

The first quote after a new plan loads it, which takes seconds for ten thousand orders; then a quote
costs a look at which plan is the newest, and about a millisecond. What was withdrawn since the plan
was made, or has other idle minutes, loads it again.
"""

from __future__ import annotations

import gc
import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sqlmodel import Session

from api.services.errors import BadRequest
from api.services.workspace import Workspace
from data.errors import Conflict, NotFound
from data.stores import capacity, orders, plans, snapshots
from data.stores.plans import Plan
from matching.capacity import Offer, Order, PlanLine, Price, Problem, Quotation
from matching.capacity.live import LivePlan, Quote, quote

Loaded = tuple[str, int]  # id of the plan, and the revision of its scope


class QuoteDesk:
    """Answers quotes for one installation, from any thread."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._lock = threading.Lock()
        self._live: tuple[Loaded, LivePlan] | None = None

    def quote(self, order: Order, quotations: Sequence[Quotation] = ()) -> Quote:
        """Return how an order could be made beside the newest plan of the open book.

        Raises
        ------
        NotFound
            When nothing was imported, or there is no plan yet.
        Conflict
            When the plan's problem has an order of this id.
        BadRequest
            When a quotation is not for a step of the order, or names an offer that is not there.
        """
        newest, revision = self._newest()
        with self._lock:
            live = self._loaded(newest, revision)
            if order.order_id in live.index:
                raise Conflict(
                    "order", order.order_id, "the plan has an order of this id; quote a new one"
                )
            try:
                return quote(live, order, quotations)
            except ValueError as wrong:
                raise BadRequest(f"{wrong}.", order=order.order_id) from None

    def _newest(self) -> tuple[Plan, int]:
        viewer = self._workspace.viewer
        with self._workspace.snapshot() as session:
            scope = capacity.current_scope(session, viewer)
            newest = plans.latest(session, viewer, scope.id)
        if newest is None:
            raise NotFound("plan", "newest")
        return newest, scope.revision

    def _loaded(self, plan: Plan, revision: int) -> LivePlan:
        if self._live is None or self._live[0] != (plan.id, revision):
            with self._workspace.snapshot() as session:
                problem, lines, prices = self._in_force(session, plan)
            self._live = None  # the old one may go before the new one comes
            self._live = (plan.id, revision), LivePlan.from_result(problem, lines, prices)
            # A plan is a million objects that stay: the search for garbage need not visit them.
            gc.unfreeze()
            gc.collect()
            gc.freeze()
        return self._live[1]

    def _in_force(
        self, session: Session, plan: Plan
    ) -> tuple[Problem, tuple[PlanLine, ...], tuple[Price, ...]]:
        """Return what is left of a plan and its problem, and the prices of the offers left."""
        viewer = self._workspace.viewer
        gone = orders.left(session, viewer, plan.scope_id, plan.id)
        lines = tuple(
            line for line in plans.lines(session, viewer, plan.id) if line.order_id not in gone
        )
        problem = snapshots.load(session, viewer, plan.snapshot_digest)
        now = capacity.open_offers(session, viewer, plan.scope_id, besides=plan.id)
        left = what_is_left(problem, lines, gone=gone, now=now)
        offered = {offer.offer_id for offer in left.offers}
        prices = plans.prices(session, viewer, plan.run_id)
        return left, lines, tuple(price for price in prices if price.offer_id in offered)


def what_is_left(
    problem: Problem,
    lines: Iterable[PlanLine],
    *,
    gone: Mapping[str, object],
    now: Iterable[Offer],
) -> Problem:
    """Return the problem of a plan without what went since the plan was made.

    Parameters
    ----------
    lines
        The plan's, without those of orders that are gone.
    gone
        Orders that are withdrawn or agreed in another plan, by id.
    now
        The open offers, without the minutes that other plans' agreed orders hold.

    Notes
    -----
    An offer has the minutes that are idle now, and never less than the plan uses: whoever counts
    on them in the plan is not turned out, but nothing new fits there. A withdrawn offer that the
    plan does not use is not there at all.
    """
    idle = {offer.offer_id: offer.idle_minutes for offer in now}
    used: Counter[tuple[str, int]] = Counter()
    for line in lines:
        used[line.offer_id, line.week] += line.minutes
    needed = {offer_id for offer_id, _ in used}
    offers = []
    for offer in problem.offers:
        if offer.offer_id in idle or offer.offer_id in needed:
            today = idle.get(offer.offer_id, (0,) * len(offer.idle_minutes))
            kept = (max(left, used[offer.offer_id, week]) for week, left in enumerate(today))
            offers.append(replace(offer, idle_minutes=tuple(kept)))
    there = {offer.offer_id for offer in offers}
    return replace(
        problem,
        offers=tuple(offers),
        orders=tuple(order for order in problem.orders if order.order_id not in gone),
        quotations=tuple(
            one for one in problem.quotations if one.order_id not in gone and one.offer_id in there
        ),
    )
