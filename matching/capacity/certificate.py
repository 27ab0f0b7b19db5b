"""The upper bound that prices of capacity prove, recomputed exactly from the problem alone.

For any prices ≥ 0 no plan earns more than Σ price × idle minutes + Σ over orders of the most that
the order alone could earn when it pays these prices for its minutes. The second part is bounded
in whole numbers; `docs/spec/capacity.md` has the proof. Nothing here knows the optimiser.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from matching.capacity.columns import MILLIFEN_MAX, Columns, Ints, build_columns
from matching.capacity.plan import Price
from matching.capacity.problem import Problem


def check_bound(problem: Problem, prices: Iterable[Price]) -> int:
    """Return the upper bound that the prices prove, in fen.

    Parameters
    ----------
    prices
        Offer-weeks that are not listed have price 0.

    Raises
    ------
    ValueError
        When a price is negative or too large, names no offer or week, or appears twice; or when
        the amounts of the problem are too large to be added up in 64 bits.
    """
    from matching.capacity.bounds import Bounder, full_effort  # noqa: PLC0415  (loads numba)

    columns = build_columns(problem)
    millifen = price_table(problem, columns, prices)
    bounder = Bounder(problem, columns)
    earned = bounder.earned(millifen, full_effort(len(problem.orders)))
    return bounder.bound_fen(millifen, earned)


def price_table(problem: Problem, columns: Columns, prices: Iterable[Price]) -> Ints:
    """Return prices as a table of offers × weeks, in thousandths of a fen per minute."""
    offers = {offer.offer_id: at for at, offer in enumerate(problem.offers)}
    table = np.zeros(columns.idle.shape, np.int64)
    seen: set[tuple[str, int]] = set()
    for price in prices:
        where = f"price of offer {price.offer_id} week {price.week}"
        if price.offer_id not in offers or not 0 <= price.week < columns.weeks:
            raise ValueError(f"{where}: no such offer or week")
        if not 0 <= price.millifen_per_minute <= MILLIFEN_MAX:
            raise ValueError(
                f"{where}: must be in 0..{MILLIFEN_MAX}, got {price.millifen_per_minute}"
            )
        if (price.offer_id, price.week) in seen:
            raise ValueError(f"{where}: appears twice")
        seen.add((price.offer_id, price.week))
        table[offers[price.offer_id], price.week] = price.millifen_per_minute
    return table


def price_list(problem: Problem, millifen: Ints) -> tuple[Price, ...]:
    """Return a table of prices as values, sorted by offer and week, without the zeros."""
    found = zip(*np.nonzero(millifen), strict=True)
    return tuple(
        sorted(
            Price(
                offer_id=problem.offers[offer].offer_id,
                week=int(week),
                millifen_per_minute=int(millifen[offer, week]),
            )
            for offer, week in found
        )
    )
