"""Fewer offers to look at, for the search alone: what a hundred thousand orders could use is more.

With ten times the orders and the offers each operation has ten times the eligible offers, and the
search would take a hundred times as long. It keeps the offers of each operation that would be the
cheapest, and draws a little beside, so that not all orders crowd on the same ones. A plan made of
them is a plan; the bound goes on looking at every eligible offer.
"""

from __future__ import annotations

import numpy as np

from matching.capacity.columns import (
    CARBON,
    KM,
    LEG_CARBON,
    LEG_PRICE,
    PARK,
    RATE,
    SETUP,
    Columns,
    Floats,
    Ints,
    Shorts,
    spans,
)

ENTRIES_MAX = 20_000_000  # eligible offers of all operations: with more, the search sees fewer
OFFERS_KEPT = 48  # of an operation
JITTER = 0.4  # the cost of an offer is drawn up to this share too high


def thinned(c: Columns, *, seed: int, kept: int = OFFERS_KEPT) -> Columns:
    """Return the columns with at most `kept` eligible offers of each operation.

    An offer is rated by what the whole operation would cost there: rate and carbon of its minutes,
    setup included, and the way from there to the buyer.
    """
    random = np.random.default_rng(seed)
    order_of = np.repeat(np.arange(len(c.orders)), np.diff(c.steps))
    mask = np.zeros(len(c.entries), np.bool_)
    sizes = np.minimum(np.diff(c.rows), kept)
    for first, end in spans(c.rows):
        low, high = int(c.rows[first]), int(c.rows[end])
        lengths = np.diff(c.rows[first : end + 1])
        row = np.repeat(np.arange(end - first), lengths)
        cost = _costs(c, order_of[first:end][row], first + row, c.entries[low:high])
        cost *= 1 + JITTER * random.random(len(cost))
        # one sort by row, then cost: the costs are brought below 1, so rows stay apart
        sorting = np.argsort(row + cost / (cost.max(initial=0.0) + 1.0))
        rank = np.arange(high - low) - np.repeat(c.rows[first:end] - low, lengths)
        mask[low + sorting[rank < kept]] = True
    rows = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    quotes = c.quotes[mask] if len(c.quotes) else c.quotes
    return c._replace(entries=c.entries[mask], rows=rows, quotes=quotes)


def _costs(c: Columns, order: Ints, row: Ints, offer: Shorts) -> Floats:
    """Return what operations of orders would cost at offers, fen, all ≥ 0."""
    rate = c.rates[offer, RATE] + c.rates[offer, CARBON]
    leg = c.money[order, LEG_PRICE] + c.money[order, LEG_CARBON]
    costs: Floats = rate * (c.work[row] + c.offers[offer, SETUP])
    costs += leg * c.to_buyer[order, c.offers[offer, PARK], KM]
    return costs
