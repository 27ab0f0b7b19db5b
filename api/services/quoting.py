"""Quotes against the newest stored plan of an installation, which is kept in memory.

The first quote after a new plan loads it, which takes seconds for ten thousand orders; then a quote
costs a look at which plan is the newest, and about a millisecond.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Sequence

from api.services.errors import BadRequest
from api.services.workspace import Workspace
from data.errors import Conflict, NotFound
from data.stores import capacity, plans, snapshots
from data.stores.plans import Plan
from matching.capacity import Order, Quotation
from matching.capacity.live import LivePlan, Quote, quote


class QuoteDesk:
    """Answers quotes for one installation, from any thread."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._lock = threading.Lock()
        self._live: tuple[str, LivePlan] | None = None  # id of the plan, and the plan

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
        newest = self._newest()
        with self._lock:
            live = self._loaded(newest)
            if order.order_id in live.index:
                raise Conflict(
                    "order", order.order_id, "the plan has an order of this id; quote a new one"
                )
            try:
                return quote(live, order, quotations)
            except ValueError as wrong:
                raise BadRequest(f"{wrong}.", order=order.order_id) from None

    def _newest(self) -> Plan:
        viewer = self._workspace.viewer
        with self._workspace.snapshot() as session:
            scope = capacity.current_scope(session, viewer)
            newest = plans.latest(session, viewer, scope.id)
        if newest is None:
            raise NotFound("plan", "newest")
        return newest

    def _loaded(self, plan: Plan) -> LivePlan:
        if self._live is None or self._live[0] != plan.id:
            viewer = self._workspace.viewer
            with self._workspace.snapshot() as session:
                problem = snapshots.load(session, viewer, plan.snapshot_digest)
                lines = plans.lines(session, viewer, plan.id)
                prices = plans.prices(session, viewer, plan.run_id)
            self._live = None  # the old one may go before the new one comes
            self._live = plan.id, LivePlan.from_result(problem, lines, prices)
            # A plan is a million objects that stay: the search for garbage need not visit them.
            gc.unfreeze()
            gc.collect()
            gc.freeze()
        return self._live[1]
