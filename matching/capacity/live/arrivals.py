"""Arrivals: a new order goes into the plan with as little change as possible."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from matching.capacity.booking import Lots
from matching.capacity.columns import VALUE
from matching.capacity.live.changes import Change, place, settle, take_back
from matching.capacity.live.moves import rearrange, usual_penalty
from matching.capacity.live.plan import LivePlan
from matching.capacity.live.quotes import Alternative, Quoter, QuoteStatus
from matching.capacity.problem import Order, Quotation

MOVES = 32
RUSH_MOVES = 200
RUSH_VALUE = 1000  # times the value of the most valuable order: worth any displacement


def commit(
    plan: LivePlan,
    order: Order,
    alternative: Alternative | None = None,
    *,
    quotations: Sequence[Quotation] = (),
    frozen_weeks: int = 0,
    keep_penalty_fen: int | None = None,
) -> Change:
    """Add an order to the problem and serve it, if that pays, with minimal change.

    Parameters
    ----------
    alternative
        One of a quote for this order: it is served so. None: as it is best; when it fits beside the
        plan nobody else changes, else a few dozen moves around it look for room.
    frozen_weeks
        The first weeks in which nothing changes; weeks that were frozen before stay so.
    keep_penalty_fen
        What it must be worth to change another order, for each; by default a twentieth of what an
        order earns on the mean.

    Returns
    -------
    Change
        `served` is False when no plan with the order is better than the plan without it; the order
        is then one of the refused orders of the problem.

    Raises
    ------
    ValueError
        When the plan has an order of this id, a quotation is not for it, or the alternative does
        not fit any more: then nothing has changed, and a new quote says what fits now.
    """
    plan.freeze(frozen_weeks)
    quoter = Quoter(plan, order, quotations)
    lots: Lots = ()
    if alternative is not None:
        judged = quoter.judged(alternative.lots)
        if judged.violations:
            raise ValueError(
                f"order {order.order_id}: the alternative breaks {', '.join(judged.violations)} in "
                f"version {plan.version.number} of the plan; ask for a new quote"
            )
        lots = alternative.lots
    else:
        quote = quoter.quote()
        if quote.status is QuoteStatus.FITS:
            lots = quote.alternatives[0].lots
    at = plan.append(order, quotations)
    if lots and place(plan, at, lots):
        change = settle(plan, arrived=at, alone=True)
        if change is not None:
            return change
    penalty = usual_penalty(plan) if keep_penalty_fen is None else keep_penalty_fen
    if all(len(offers) for offers in quoter.eligible):
        rearrange(plan, np.array([at], np.int64), moves=MOVES, penalty_fen=penalty)
    return _settled(plan, at)


def rush(
    plan: LivePlan,
    order: Order,
    *,
    quotations: Sequence[Quotation] = (),
    frozen_weeks: int = 0,
    keep_penalty_fen: int | None = None,
) -> Change:
    """Add an order that comes before all others: it is served if it can be, whatever it displaces.

    Parameters
    ----------
    frozen_weeks, keep_penalty_fen
        As for `commit`.

    Returns
    -------
    Change
        `served` is False when no room was found for it even so.

    Raises
    ------
    ValueError
        When the plan has an order of this id, or a quotation is not for it.
    """
    plan.freeze(frozen_weeks)
    quoter = Quoter(plan, order, quotations)
    quote = quoter.quote()
    at = plan.append(order, quotations)
    if quote.status is QuoteStatus.FITS and place(plan, at, quote.alternatives[0].lots):
        change = settle(plan, arrived=at, alone=True)
        if change is not None:
            return change
    penalty = usual_penalty(plan) if keep_penalty_fen is None else keep_penalty_fen
    if all(len(offers) for offers in quoter.eligible):
        money = plan.columns.values.money
        money[at, VALUE] = order.value_fen + RUSH_VALUE * money[: at + 1, VALUE].max()
        rearrange(plan, np.array([at], np.int64), moves=RUSH_MOVES, penalty_fen=penalty)
        money[at, VALUE] = order.value_fen
    return _settled(plan, at)


def _settled(plan: LivePlan, order: int) -> Change:
    """Return the change; nobody else changes for an order that is refused after all."""
    if plan.book.values.lots[order]:
        change = settle(plan, arrived=order)
        if change is not None:
            return change
    take_back(plan)
    change = settle(plan, arrived=order, alone=True)
    if change is None:
        raise AssertionError(f"order number {order}: to refuse it breaks a rule")
    return change
