"""Put orders into the plan in a given order: the greedy baselines and the start of the search."""

from __future__ import annotations

from matching.capacity.columns import Columns, Floats, Ints
from matching.capacity.kernels.book import Book, enter_order
from matching.capacity.kernels.compiled import inlined, kernel
from matching.capacity.kernels.lots import plan_order
from matching.capacity.kernels.rng import State
from matching.capacity.kernels.routes import load_order
from matching.capacity.kernels.workspace import Workspace


@inlined
def insert_order(
    c: Columns,
    w: Workspace,
    book: Book,
    order: int,
    prices: Floats,
    theta: float,
    effort: int,
    rng: State,
) -> float:
    """Put an order on the free minutes if it is worth it; return its profit, else 0."""
    load_order(c, w, order, book.free, prices, theta)
    lots = plan_order(c, w, order, effort, rng)
    if lots == 0:
        return 0.0
    enter_order(c, book, w, order, lots)
    return float(w.worth[0])


@kernel
def insert_all(
    c: Columns,
    w: Workspace,
    book: Book,
    sequence: Ints,
    prices: Floats,
    theta: float,
    effort: int,
    rng: State,
) -> float:
    """Insert the refused orders of a sequence one after the other; return the profit added."""
    added = 0.0
    for order in sequence:
        if book.lots[order] == 0:
            added += insert_order(c, w, book, order, prices, theta, effort, rng)
    return added
