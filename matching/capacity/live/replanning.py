"""Re-planning: a machine is down or an offer is withdrawn, and few orders change."""

from __future__ import annotations

import numpy as np

from matching.capacity.columns import Ints
from matching.capacity.kernels.search import MANY
from matching.capacity.live.changes import Change, settle, take_out
from matching.capacity.live.moves import rearrange, usual_penalty
from matching.capacity.live.plan import LivePlan

MOVES_PER_ORDER = 40
MOVES_MAX = 4000


def machine_down(
    plan: LivePlan,
    offer_id: str,
    from_week: int,
    minutes: int = 0,
    *,
    frozen_weeks: int = 0,
    keep_penalty_fen: int | None = None,
) -> Change:
    """Leave an offer fewer minutes from a week on, and find other ways for those who used them.

    Parameters
    ----------
    minutes
        What is left of it in each week.
    frozen_weeks, keep_penalty_fen
        As for `arrivals.commit`. An order that used the lost minutes is planned anew even when it
        was frozen.

    Returns
    -------
    Change
        `forced` are the orders that used minutes which are gone.

    Raises
    ------
    ValueError
        When there is no such offer or week, or an agreed order needs the minutes.
    """
    offer = _offer(plan, offer_id)
    weeks = plan.problem.settings.weeks
    if not 0 <= from_week < weeks:
        raise ValueError(f"week {from_week}: expected 0..{weeks - 1}")
    if minutes < 0:
        raise ValueError(f"minutes {minutes}: expected 0 or more")
    plan.freeze(frozen_weeks)
    forced = _users_of_more(plan, offer, from_week, minutes)
    agreed = {plan.index[one.order_id] for one in plan.problem.rules.agreed} & set(forced)
    if agreed:
        name = plan.orders[min(agreed)].order_id
        raise ValueError(
            f"offer {offer_id}: the agreed order {name} needs its minutes; end the agreement first"
        )
    plan.free_orders(forced)
    take_out(plan, forced)
    plan.reduce(offer, from_week, minutes)
    wanted = np.array(forced, np.int64)
    penalty = usual_penalty(plan) if keep_penalty_fen is None else keep_penalty_fen
    if len(wanted):
        _reinsert(plan, wanted, penalty)
    change = settle(plan, forced=forced)
    if change is None:
        raise AssertionError(f"offer {offer_id}: the plan without its minutes breaks a rule")
    return change


def withdraw(
    plan: LivePlan, offer_id: str, *, frozen_weeks: int = 0, keep_penalty_fen: int | None = None
) -> Change:
    """Take an offer away altogether: `machine_down` from the first week that is not frozen."""
    return machine_down(
        plan,
        offer_id,
        max(plan.frozen_weeks, min(frozen_weeks, plan.problem.settings.weeks - 1)),
        frozen_weeks=frozen_weeks,
        keep_penalty_fen=keep_penalty_fen,
    )


def _offer(plan: LivePlan, offer_id: str) -> int:
    if offer_id not in plan.catalogue.positions:
        raise ValueError(f"offer {offer_id}: the plan's problem has no such offer")
    return plan.catalogue.positions[offer_id]


def _users_of_more(plan: LivePlan, offer: int, from_week: int, minutes: int) -> list[int]:
    """Return the orders in the weeks in which more minutes are used than will be left."""
    found: set[int] = set()
    for week in range(from_week, plan.problem.settings.weeks):
        held = plan.held.get((offer, week), {})
        if sum(held.values()) > minutes:
            found |= held.keys()
    return sorted(found)


def _reinsert(plan: LivePlan, wanted: Ints, penalty_fen: int) -> None:
    """Put the orders back where there is room, then move others for those that are worth it."""
    profit = plan.given.profit[wanted]
    sequence = np.ascontiguousarray(wanted[np.argsort(-profit, kind="stable")])
    searcher = plan.searcher()
    searcher.insert_all(plan.book, sequence, plan.prices, theta=1.0, effort=MANY)
    moves = min(MOVES_MAX, MOVES_PER_ORDER * len(wanted))
    rearrange(plan, wanted, moves=moves, penalty_fen=penalty_fen)
