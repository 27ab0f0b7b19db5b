"""What the variables of the model mean, and the plan that their values describe."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from matching.capacity.baselines.candidates import Candidate
from matching.capacity.baselines.model import LinearModel
from matching.capacity.plan import PlanLine
from matching.capacity.problem import Order

Terms = list[tuple[int, int]]  # variable, coefficient


@dataclass(slots=True, kw_only=True)
class Visit:
    """Variables of one operation of one lot."""

    candidates: tuple[Candidate, ...]
    chosen: list[int]
    minutes: dict[tuple[int, int], int]  # candidate, week
    works: dict[int, int]
    begun: dict[int, int]
    ended: dict[int, int]
    first: int
    last: int

    def at_park(self, parks: set[str]) -> list[int]:
        """Return the choices of offers in some parks."""
        pairs = zip(self.chosen, self.candidates, strict=True)
        return [chosen for chosen, one in pairs if one.park in parks]

    def has_ended(self, week: int) -> tuple[Terms, int]:
        """Return the flag "no minutes in `week` or later" as terms and a constant."""
        if week <= self.first:
            return [], 0
        return ([], 1) if week > self.last else ([(self.ended[week], 1)], 0)

    def has_begun(self, week: int) -> tuple[Terms, int]:
        """Return the flag "there may be minutes in `week` or before"."""
        if week < self.first:
            return [], 0
        return ([], 1) if week >= self.last else ([(self.begun[week], 1)], 0)


@dataclass(slots=True, kw_only=True)
class Split:
    """Pieces of a lot divided among groups of choices: one variable per group."""

    groups: list[list[int]]
    pieces: list[int]


@dataclass(slots=True, kw_only=True)
class Lot:
    """Variables of one lot; `pieces` is None when the lot is the whole order."""

    present: int
    pieces: int | None
    visits: list[Visit] = field(default_factory=list)
    arcs: list[dict[tuple[str, str], int]] = field(default_factory=list)
    splits: list[Split] = field(default_factory=list)
    worked: list[tuple[int, int, int]] = field(default_factory=list)  # minutes, pieces, total


@dataclass(slots=True, kw_only=True)
class Served:
    """Variables of one order that can be made at all."""

    order: Order
    served: int
    tardy: list[int]  # late by at least 1, 2, ... weeks
    lots: list[Lot]


@dataclass(slots=True, kw_only=True)
class Formulation:
    """The model, and what its variables mean."""

    model: LinearModel
    orders: list[Served]

    def lines(self, values: Sequence[int]) -> list[PlanLine]:
        """Return the plan that values of the variables describe."""
        return [
            line
            for one in self.orders
            if values[one.served]
            for line in self._order_lines(one, values)
        ]

    def _order_lines(self, one: Served, values: Sequence[int]) -> Iterable[PlanLine]:
        present = [lot for lot in one.lots if values[lot.present]]
        for number, lot in enumerate(present, 1):
            pieces = one.order.quantity if lot.pieces is None else values[lot.pieces]
            for step, visit in enumerate(lot.visits, 1):
                for (at, week), minutes in visit.minutes.items():
                    if values[minutes]:
                        yield PlanLine(
                            order_id=one.order.order_id,
                            lot=number,
                            lot_quantity=pieces,
                            step=step,
                            offer_id=visit.candidates[at].offer.offer_id,
                            week=week,
                            minutes=values[minutes],
                        )
