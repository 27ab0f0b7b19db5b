"""Where capacity is scarce: what an hour is worth by process, park and week, and what to recruit.

The prices of a plan's bound say by how much the bound falls with each idle minute that is missing.
They guide, they do not promise: so the greatest are held against a plan that was searched again
with one more machine-day there, and the difference is printed beside the price.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from fractions import Fraction

from matching.capacity.explaining.resolving import Resolver
from matching.capacity.explaining.standing import Standing
from matching.capacity.problem import Problem

MACHINE_DAY_MINUTES = 480
MOVES = 2000  # of each of the two searches that are compared
TOP = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One process in one park and week.

    Parameters
    ----------
    fen_per_hour
        Σ price × idle minutes / Σ idle minutes of its offers, per hour, exactly.
    offer_id
        The offer whose minutes are dearest there.
    """

    process: str
    park_id: str
    week: int
    idle_minutes: int
    used_minutes: int
    fen_per_hour: Fraction
    offer_id: str
    dearest_fen_per_hour: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Recruit:
    """One more machine-day at a scarce place, priced and tried.

    Parameters
    ----------
    cell
        The day is given to its dearest offer.
    with_day_fen, without_fen
        What the plan is worth after the same search with the day and without it.
    """

    cell: Cell
    with_day_fen: int
    without_fen: int

    @property
    def fen_per_hour(self) -> Fraction:
        """What an hour of the day brought: the difference quotient."""
        return Fraction((self.with_day_fen - self.without_fen) * 60, MACHINE_DAY_MINUTES)


def scarce_cells(standing: Standing) -> tuple[Cell, ...]:
    """Return the process × park × week cells that have idle minutes, the dearest first."""
    groups: dict[tuple[str, str, int], list[int]] = defaultdict(list)
    for at, offer in enumerate(standing.problem.offers):
        for week, minutes in enumerate(offer.idle_minutes):
            if minutes:
                groups[offer.process, offer.park_id, week].append(at)
    cells = [_cell(standing, key, members) for key, members in groups.items()]
    return tuple(
        sorted(cells, key=lambda c: (-c.fen_per_hour, c.process, c.park_id, c.week)),
    )


def _cell(standing: Standing, key: tuple[str, str, int], members: list[int]) -> Cell:
    process, park_id, week = key
    idle = [int(standing.idle[at, week]) for at in members]
    price = [int(standing.millifen[at, week]) for at in members]
    worth = sum(minutes * fen for minutes, fen in zip(idle, price, strict=True))
    best = max(range(len(members)), key=lambda at: (price[at], -members[at]))
    return Cell(
        process=process,
        park_id=park_id,
        week=week,
        idle_minutes=sum(idle),
        used_minutes=sum(int(standing.used[at, week]) for at in members),
        fen_per_hour=Fraction(worth * 60, sum(idle) * 1000),
        offer_id=standing.problem.offers[members[best]].offer_id,
        dearest_fen_per_hour=Fraction(price[best] * 60, 1000),
    )


def recruits(
    standing: Standing, *, top: int = TOP, moves: int = MOVES, seed: int = 1
) -> tuple[Recruit, ...]:
    """Return what to recruit: the dearest cells, one for each process and park, each tried.

    Raises
    ------
    ValueError
        When the problem has rules about more than one order.

    Notes
    -----
    Two short searches from the plan for each cell, alike but for the machine-day: what both find
    is no merit of the day.
    """
    chosen: dict[tuple[str, str], Cell] = {}
    for cell in scarce_cells(standing):
        if cell.fen_per_hour > 0:
            chosen.setdefault((cell.process, cell.park_id), cell)
    if not chosen:
        return ()
    resolver, found = Resolver(standing), list[Recruit]()
    for cell in list(chosen.values())[:top]:
        near = frozenset({cell.offer_id})
        now = resolver.run(standing.problem, near, moves=moves, seed=seed)[0]
        more = one_more_day(standing.problem, cell.offer_id, cell.week)
        then = resolver.run(more, near, moves=moves, seed=seed)[0]
        # the plan found without the day is possible with it too
        found.append(Recruit(cell=cell, with_day_fen=max(then, now), without_fen=now))
    return tuple(found)


def one_more_day(problem: Problem, offer_id: str, week: int) -> Problem:
    """Return a problem in which an offer has one machine-day more in a week."""
    offers = []
    for offer in problem.offers:
        if offer.offer_id == offer_id:
            idle = list(offer.idle_minutes)
            idle[week] += MACHINE_DAY_MINUTES
            offers.append(replace(offer, idle_minutes=tuple(idle)))
        else:
            offers.append(offer)
    return replace(problem, offers=tuple(offers))
