"""Solve again from a plan that stands: a short search around the orders that some offers fit."""

from __future__ import annotations

import numpy as np

from matching.capacity.booking import as_copy, as_lines
from matching.capacity.bounds import able_orders
from matching.capacity.check import check
from matching.capacity.columns import Ints, build_columns
from matching.capacity.explaining.standing import Standing
from matching.capacity.kernels.book import make_book
from matching.capacity.kernels.library import Shared
from matching.capacity.kernels.search import (
    THOROUGH,
    Chain,
    Searcher,
    find_users,
    make_state,
    take_over,
)
from matching.capacity.plan import PlanLine
from matching.capacity.problem import Problem

COLD = 0.002  # temperature, in parts of the mean worth of an order: the search stays near the plan


class Resolver:
    """Searches again from one plan, with other idle minutes, around some orders."""

    def __init__(self, standing: Standing) -> None:
        """Load the plan.

        Raises
        ------
        ValueError
            When the problem has rules, which this search does not know; or when the plan has
            lots that it cannot hold.
        """
        problem = standing.problem
        if problem.rules:
            raise ValueError(
                "solving again from a plan: expected a problem without rules; use solve()"
            )
        self._standing = standing
        self._columns = build_columns(problem)
        self._users = find_users(self._columns)
        self._worth = {name: standing.worth(name) for name in standing.lines}
        self._plan = Shared(as_copy(problem, self._columns, standing.plan, self._worth))
        kept = int(np.count_nonzero(self._plan.values.lots))
        if kept != len(standing.lines):
            raise ValueError(
                f"the search can hold {kept} of the plan's {len(standing.lines)} orders: some "
                "have more lots than it makes"
            )

    def run(
        self, problem: Problem, offers: frozenset[str], *, moves: int, seed: int
    ) -> tuple[int, tuple[PlanLine, ...]]:
        """Return what the plan becomes when the orders that some offers fit are searched again.

        Parameters
        ----------
        problem
            The standing problem with other idle minutes, at least those that the plan uses.
        offers
            The search looks at the orders that fit one of these, and at those in their way.
        moves
            Moves of the search.

        Returns
        -------
        tuple[int, tuple[PlanLine, ...]]
            The objective as `check` recomputes it, and the plan; never worth less than before.
        """
        idle = np.array([offer.idle_minutes for offer in problem.offers], np.int64)
        c = self._columns._replace(idle=idle.reshape(self._columns.idle.shape))
        columns, random = Shared(c), make_state(seed, 40)
        book = Shared(make_book(c))
        served = np.flatnonzero(self._plan.values.lots).astype(np.int64)
        take_over(columns, book, self._plan, served)
        wanted = self._fitting(offers)
        if len(wanted):
            heat = COLD * sum(self._worth.values()) / max(1, len(self._worth))
            chain = Chain(columns, book, wanted, self._users, random)
            prices = np.ascontiguousarray(self._standing.prices)
            chain.improve(prices, moves, warm=heat, cold=heat / 10)
            chain.restart(chain.best)
            refused = wanted[book.values.lots[wanted] == 0]
            nothing = np.zeros(c.idle.shape)
            searcher = Searcher(columns, random)
            searcher.insert_all(book, refused, nothing, theta=0.0, effort=THOROUGH)
        lines = as_lines(problem, c, book.values.copy)
        objective, before = check(problem, lines).objective_fen, self._standing.report.objective_fen
        if before is not None and (objective is None or objective < before):
            return before, self._standing.plan
        return objective or 0, lines

    def _fitting(self, offers: frozenset[str]) -> Ints:
        """Return the orders that fit some offers and have an offer for every operation."""
        users, positions = self._users, self._standing.offers
        fits = [
            users.orders[users.first[positions[name]] : users.first[positions[name] + 1]]
            for name in sorted(offers)
        ]
        found = np.unique(np.concatenate([np.empty(0, np.int64), *fits])).astype(np.int64)
        able: Ints = np.intersect1d(found, able_orders(self._columns))
        return able
