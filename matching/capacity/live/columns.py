"""Columns with room for more orders: a new order is written behind the others, in place.

The order behind the last one is scratch: a quote writes the order there, lets the kernels plan it
and forgets it; `keep` makes it one of the orders. Nothing else is copied or built again, until the
room is used up and all tables are made half as large again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.capacity.columns import (
    CARBON,
    RELEASE,
    Columns,
    Ints,
    build_columns,
)
from matching.capacity.geography import lag_weeks
from matching.capacity.kernels.library import Shared
from matching.capacity.live.exact import Ways
from matching.capacity.problem import Order, Problem, Quotation

SPARE_ORDERS, SPARE_ROWS, SPARE_ENTRIES, SPARE_QUOTES = 256, 1024, 1 << 16, 1024
LOTS_USUAL = 3  # a new order gets no more lots than this, or than an order of the problem may have
LOCAL_BONUS = 1e15  # fen per minute: local work then costs nothing


class GrowingColumns:
    """The columns of a problem, with room behind its orders.

    Attributes
    ----------
    values
        All tables; those by order, row, entry and quotation are longer than what is in use.
    shared, no_carbon, local
        The same for the kernels; where carbon costs nothing; where local work costs nothing.
    orders
        Orders in use; this is also the number of the scratch order.
    grown
        How often the tables were made larger: who holds their addresses must take the new ones.
    """

    def __init__(self, problem: Problem, ways: Ways, *, lots_max: int = 1) -> None:
        """Take the problem over.

        Parameters
        ----------
        ways
            Where buyers lie, see `Judge.ways`.
        lots_max
            Most lots of an order in the plan that is to be held beside.
        """
        built = build_columns(problem)
        self._settings, self._ways = problem.settings, ways
        self._parks = {park.park_id: at for at, park in enumerate(problem.parks)}
        self._fen_per_g = float(problem.settings.carbon_fen_per_kg) / 1000
        self.orders, self._rows, self._entries = (
            len(built.orders),
            len(built.work),
            len(built.entries),
        )
        self._quoted = len(built.quoted)
        self._asked: tuple[tuple[Quotation, int], ...] = ()  # of the scratch order
        quotes = built.quotes if len(built.quotes) else np.full(self._entries, -1, np.int32)
        self.values = built._replace(
            lots_max=max(LOTS_USUAL, built.lots_max, lots_max), quotes=quotes
        )
        self.grown = 0
        self.first_week = 0
        self._enlarge(SPARE_ORDERS, SPARE_ROWS, SPARE_ENTRIES, SPARE_QUOTES)

    def _enlarge(self, orders: int, rows: int, entries: int, quotes: int) -> None:
        """Give the tables room for so many more of each."""
        c, n = self.values, self.orders

        def longer(table: NDArray[Any], used: int, more: int, fill: float = 0) -> NDArray[Any]:
            room = np.full((more, *table.shape[1:]), fill, table.dtype)
            return np.concatenate([table[:used], room])

        self.values = c._replace(
            orders=longer(c.orders, n, orders),
            money=longer(c.money, n, orders),
            steps=longer(c.steps, n + 1, orders, self._rows),
            rows=longer(c.rows, self._rows + 1, rows, self._entries),
            work=longer(c.work, self._rows, rows),
            entries=longer(c.entries, self._entries, entries),
            quotes=longer(c.quotes, self._entries, entries, -1),
            quoted=longer(c.quoted, self._quoted, quotes),
            quoted_fen=longer(c.quoted_fen, self._quoted, quotes),
            to_buyer=longer(c.to_buyer, n, orders),
        )
        clean = self.values.rates.copy()
        clean[:, CARBON] = 0.0
        self.shared: Shared[Columns] = Shared(self.values)
        self.no_carbon: Shared[Columns] = Shared(self.values._replace(rates=clean))
        self.local: Shared[Columns] = Shared(self.values._replace(bonus=LOCAL_BONUS))
        self.grown += 1

    def _make_room(self, steps: int, entries: int, quotes: int) -> None:
        c = self.values
        orders = len(c.orders) - self.orders
        enough = (
            orders >= 2  # the scratch order, and the end behind it
            and len(c.work) - self._rows >= steps
            and len(c.entries) - self._entries >= entries
            and len(c.quoted) - self._quoted >= quotes
        )
        if not enough:
            self._enlarge(
                max(SPARE_ORDERS, self.orders // 2),
                max(SPARE_ROWS, self._rows // 2) + steps,
                max(SPARE_ENTRIES, self._entries // 2) + entries,
                max(SPARE_QUOTES, self._quoted // 2) + quotes,
            )

    def write(
        self, order: Order, eligible: Sequence[Ints], quotations: Sequence[tuple[Quotation, int]]
    ) -> int:
        """Write an order as the scratch order; return its number.

        Parameters
        ----------
        eligible
            Positions of the offers that fit each operation, by park.
        quotations
            Those for this order, each with the position of its offer.
        """
        count = sum(map(len, eligible))
        self._make_room(len(eligible), count, len(quotations))
        c, at = self.values, self.orders
        buyer = order.buyer_lat, order.buyer_lon
        km, nearest = self._ways(buyer)
        release = max(order.release_week, self.first_week)
        latest = order.due_week + order.max_tardy_weeks
        lots = min(order.max_lots, order.quantity)
        c.orders[at] = (
            order.quantity,
            release,
            order.due_week,
            latest,
            lots,
            self._parks[nearest],
            0,
        )
        tonnes, settings = float(order.weight_kg) / 1000, self._settings
        c.money[at] = (
            order.value_fen,
            order.tardy_fen_per_week,
            order.max_price_fen,
            tonnes * float(settings.transport_fen_per_tonne_km),
            tonnes * float(settings.transport_g_per_tonne_km) * self._fen_per_g,
            0.0,
        )
        c.to_buyer[at] = [(number, lag_weeks(number)) for number in km.values()]
        c.steps[at + 1] = self._rows + len(eligible)
        for step, operation in enumerate(order.operations):
            c.work[self._rows + step] = operation.minutes_total
        for number, (quotation, _) in enumerate(quotations, self._quoted):
            c.quoted[number] = quotation.setup_minutes, quotation.minutes_total
            c.quoted_fen[number] = quotation.price_fen
        self._asked = tuple(quotations)
        self.narrow(eligible)
        return at

    def narrow(self, eligible: Sequence[Ints]) -> None:
        """Let the scratch order have these offers for its operations."""
        c, end = self.values, self._entries
        for step, offers in enumerate(eligible):
            c.entries[end : end + len(offers)] = offers
            end += len(offers)
            c.rows[self._rows + step + 1] = end
        c.quotes[self._entries : end] = -1
        for number, (quotation, offer) in enumerate(self._asked, self._quoted):
            row = self._rows + quotation.step - 1
            first, last = int(c.rows[row]), int(c.rows[row + 1])
            c.quotes[first:last][c.entries[first:last] == offer] = number

    def keep(self) -> int:
        """Make the scratch order one of the orders; return its number."""
        c, at = self.values, self.orders
        self._rows = int(c.steps[at + 1])
        self._entries = int(c.rows[self._rows])
        self._quoted += len(self._asked)
        self.orders += 1
        c.steps[self.orders + 1 :] = self._rows
        c.rows[self._rows + 1 :] = self._entries
        return at

    def freeze(self, weeks: int) -> None:
        """Let no order begin before a week from now on."""
        self.first_week = max(self.first_week, weeks)
        release = self.values.orders[:, RELEASE]
        np.maximum(release, self.first_week, out=release)
