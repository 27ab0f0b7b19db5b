"""Which provider may answer which demand: each rule of a single pair, by its code.

A pair that breaks rules has a set of bits, one per rule, so that "what if this rule were gone" is a
mask. Rules about whole consortia (skills together, lead, budget together, size) stand in `ground`.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import IntFlag, unique

import numpy as np
from numpy.typing import NDArray

from matching.technology.assignment.conflicts import (
    DEMAND,
    PROVIDER,
    ConflictKind,
    Graph,
    kinds_between,
    neighbours,
)
from matching.technology.assignment.matrix import Bools, Ints
from matching.technology.assignment.request import MEMBERS_MAX, Request
from matching.technology.problem import Demand, Provider

Names = NDArray[np.str_]

TRL_GAP_MAX = 3  # levels that a provider may lack to what a demand needs
FOREVER = date.max.toordinal()
OPEN = 2**62  # an amount that never binds


@unique
class Misfit(IntFlag):
    """The rules of a pair; a broken one is a bit."""

    UNSCORED = 1  # no score: the ranking did not propose the provider
    CONSENT = 2  # the provider did not agree to be matched
    CONFLICT = 4  # organisations, persons or competitors
    TRL = 8  # readiness levels do not meet
    DEADLINE = 16  # the work does not end before the demand's deadline, whoever does it
    WINDOW = 32  # the provider's free time does not hold the work
    PLACES = 64  # the provider takes on no project
    MONTHS = 128  # the provider has not the person-months of the least share
    REGION = 256  # the provider does not work there
    CURRENCY = 512  # price and budget are in two currencies
    PRICE = 1024  # the provider alone asks more than the budget
    BAN = 2048  # the broker's word


CONFLICTS = frozenset(
    {
        ConflictKind.OWN.value,
        ConflictKind.EXCLUDED.value,
        ConflictKind.ORGANISATION.value,
        ConflictKind.PERSON.value,
        ConflictKind.COMPETITOR.value,
    }
)


def add_months(day: date, months: int) -> date:
    """Return the same day some months later, or the last one of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year >= date.max.year:
        return date.max
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def share_of_months(demand: Demand, members: int) -> int:
    """Return the person-months of each of so many members: equal shares, rounded up."""
    return -(-demand.person_months // members)


def members_most(demand: Demand) -> int:
    """Return how many members a consortium for a demand may have here."""
    return min(demand.consortium.max_members, MEMBERS_MAX)


@dataclass(frozen=True, kw_only=True, eq=False)
class ProviderColumns:
    """Providers as arrays; what a provider did not state does not bind it.

    A provider without a stated capacity takes one project, at any time and of any size.
    """

    consent: Bools
    places: Ints
    months: Ints
    starts: Ints
    ends: Ints
    trl_min: Ints
    trl_max: Ints
    price: Ints
    currency: tuple[str, ...]
    members: Ints
    regions: tuple[tuple[str, ...], ...]

    def works_in(self, region: str) -> Bools:
        """Tell which providers work in a region; those that named none work everywhere."""
        return np.array([not named or region in named for named in self.regions], np.bool_)


def provider_columns(providers: tuple[Provider, ...]) -> ProviderColumns:
    """Return the columns of some providers."""
    capacity = [one.capacity for one in providers]
    return ProviderColumns(
        consent=np.array([one.consent for one in providers], np.bool_),
        places=_ints(1 if one is None else one.slots for one in capacity),
        months=_ints(OPEN if one is None else one.person_months for one in capacity),
        starts=_ints(0 if one is None else one.starts.toordinal() for one in capacity),
        ends=_ints(FOREVER if one is None else one.ends.toordinal() for one in capacity),
        trl_min=_ints(0 if p.trl_range is None else p.trl_range.min_level for p in providers),
        trl_max=_ints(99 if p.trl_range is None else p.trl_range.max_level for p in providers),
        price=_ints(0 if p.price_band is None else p.price_band.min_minor for p in providers),
        currency=tuple("" if p.price_band is None else p.price_band.currency for p in providers),
        members=_ints(one.members_count for one in providers),
        regions=tuple(one.regions for one in providers),
    )


def _ints(values: Iterable[int]) -> Ints:
    return np.fromiter(values, np.int64)


def misfits(request: Request, columns: ProviderColumns, graph: Graph) -> Ints:
    """Return, providers × demands, the bits of the rules that each pair breaks."""
    problem = request.problem
    position = {one.provider_id: at for at, one in enumerate(problem.providers)}
    found = np.where(request.scored, 0, int(Misfit.UNSCORED)).astype(np.int64)
    found[~columns.consent] |= int(Misfit.CONSENT)
    found[columns.places < 1] |= int(Misfit.PLACES)
    currency = np.array(columns.currency, np.str_)
    for at, demand in enumerate(problem.demands):
        node = (DEMAND, demand.demand_id)
        for name in neighbours(graph, node, side=PROVIDER):
            if CONFLICTS & set(kinds_between(graph, node, (PROVIDER, name))):
                found[position[name], at] |= int(Misfit.CONFLICT)
        for rule, broken in _of_demand(demand, problem.today, columns, currency):
            found[broken, at] |= int(rule)
        if demand.region:
            found[~columns.works_in(demand.region), at] |= int(Misfit.REGION)
    demands = {one.demand_id: at for at, one in enumerate(problem.demands)}
    for pair in request.rules.bans:
        found[position[pair.provider_id], demands[pair.demand_id]] |= int(Misfit.BAN)
    return found


def _of_demand(
    demand: Demand, today: date, columns: ProviderColumns, currency: Names
) -> list[tuple[Misfit, Bools]]:
    """Return what the numbers of a demand say about all providers."""
    deadline = FOREVER if demand.deadline is None else demand.deadline.toordinal()
    everybody = np.ones(len(columns.places), np.bool_)
    found = [
        (Misfit.WINDOW, _ends(demand, today, columns) > np.minimum(columns.ends, deadline)),
        (Misfit.MONTHS, columns.months < share_of_months(demand, members_most(demand))),
    ]
    if add_months(today, demand.duration_months).toordinal() > deadline:
        found[0] = (Misfit.WINDOW, _ends(demand, today, columns) > columns.ends)
        found.append((Misfit.DEADLINE, everybody))
    if demand.trl_target is not None:
        need = demand.trl_target
        low: Bools = need - columns.trl_max > TRL_GAP_MAX
        found.append((Misfit.TRL, low | (columns.trl_min > need)))
    if demand.budget is not None:
        other: Bools = (currency != "") & (currency != demand.budget.currency)
        found.append((Misfit.CURRENCY, other))
        found.append((Misfit.PRICE, ~other & (columns.price > demand.budget.max_minor)))
    return found


def _ends(demand: Demand, today: date, columns: ProviderColumns) -> Ints:
    """Return the day on which each provider would be done, started as soon as it is free."""
    starts = np.maximum(columns.starts, today.toordinal())
    days, place = np.unique(starts, return_inverse=True)
    ends = [
        add_months(date.fromordinal(int(day)), demand.duration_months).toordinal() for day in days
    ]
    return np.array(ends, np.int64)[place]
