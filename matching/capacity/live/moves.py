"""Moves of the search around a few orders, with a penalty for every order that changes."""

from __future__ import annotations

import numpy as np

from matching.capacity.columns import Columns, Ints
from matching.capacity.kernels.search import Chain, Users, differing, make_state, take_over
from matching.capacity.live.plan import SEED, LivePlan

WARM, COLD = 0.01, 0.0001  # temperatures, in parts of the mean profit of an order
PENALTY = 0.05  # of the mean profit of an order, for each order that changes


def usual_penalty(plan: LivePlan) -> int:
    """Return what a change of an order costs where nothing else is asked for, in fen."""
    return int(mean_profit(plan) * PENALTY)


def mean_profit(plan: LivePlan) -> float:
    """Return what an order of the plan earns on the mean, fen, at least 1."""
    return max(1.0, plan.objective_fen / max(1, len(plan.worth)))


def rearrange(plan: LivePlan, wanted: Ints, *, moves: int, penalty_fen: int) -> None:
    """Look for a better plan by moves around some orders; the book is then the best one met.

    Parameters
    ----------
    wanted
        Orders that a move begins with, and that may be put in when they are refused.
    penalty_fen
        What it must be worth to change an order of the plan, for each.

    Notes
    -----
    The same plan and orders have the same result. Fixed orders are never moved.
    """
    book, c = plan.book.values, plan.columns.values
    plain = book.given_profit.copy()
    kept = book.given_lots > 0
    book.given_profit[kept] += penalty_fen
    book.profit[kept & (book.lots > 0)] += penalty_fen
    chain = Chain(
        plan.columns.shared,
        plan.book,
        np.ascontiguousarray(wanted),
        users_among(c, wanted),
        make_state(SEED, plan.version.number),
    )
    mean = mean_profit(plan)
    chain.improve(plan.prices, moves, warm=mean * WARM, cold=mean * COLD)
    best = chain.best.values
    take_over(plan.columns.shared, plan.book, chain.best, differing(best, book.copy, book.owner))
    book.given_profit[:] = plain


def users_among(c: Columns, wanted: Ints) -> Users:
    """Return which of the wanted orders each offer could work for."""
    pairs = [
        np.unique(c.entries[c.rows[c.steps[at]] : c.rows[c.steps[at + 1]]])
        for at in wanted.tolist()
    ]
    offers = np.concatenate([*pairs, np.zeros(0, np.int32)]).astype(np.int64)
    orders = np.repeat(wanted, [len(some) for some in pairs])
    sorting = np.argsort(offers, kind="stable")
    first = np.searchsorted(offers[sorting], np.arange(len(c.idle) + 1)).astype(np.int64)
    return Users(first, orders[sorting].astype(np.int32))
