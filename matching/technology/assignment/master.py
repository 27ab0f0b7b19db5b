"""The program over consortia: prices by its linear relaxation, a plan by its integer form.

Every demand takes at most one of its consortia; providers share places and person-months out; no
provider serves two competitors. Consortia are priced in as they are needed (column generation): a
column stays out as long as it earns no more than its demand already gets.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import networkx as nx
import numpy as np

from matching.technology.assignment.columns import (
    NOBODY,
    Columns,
    columns_of,
    first_pool,
    joined,
    some,
)
from matching.technology.assignment.fitting import OPEN
from matching.technology.assignment.ground import Ground
from matching.technology.assignment.linear import Floats, Program, solve_program
from matching.technology.assignment.matrix import Bools, Ints
from matching.technology.assignment.team_prices import (
    Goal,
    RivalPrice,
    TeamPrices,
    best_worth,
    plan_bound,
    rival_prices,
    zero_prices,
)

NANO = 1_000_000_000
FIRST = 12  # columns of each demand in the first program
FRESH = 6  # columns of each demand that a round adds
ROUNDS_MAX = 60
SEARCHES_MAX = 8  # rounds that look beyond the listed consortia
CLOSE = 1e-7  # score that a column must earn to come in
CLIQUES_MAX = 64  # of one provider; beyond it, rivals exclude each other by pairs


@dataclass(frozen=True, kw_only=True, eq=False)
class Rows:
    """The shared rows of some columns: what is shared, by whom, and how much there is.

    Parameters
    ----------
    providers
        Of the rows of places, then of those of person-months.
    rights
        Per row of rivals: the provider and the demands of which it may serve one.
    """

    place_of: tuple[int, ...]
    month_of: tuple[int, ...]
    rights: tuple[tuple[int, tuple[int, ...]], ...]


class Master:
    """The consortia that are listed so far, with what they earn under a goal."""

    def __init__(self, ground: Ground, *, seed: int) -> None:
        self.ground = ground
        self.seed = seed
        self.pools = [set(first_pool(view)) for view in ground.views]
        parts = [
            columns_of(ground, view, pool)
            for view, pool in zip(ground.views, self.pools, strict=True)
        ]
        self._parts = parts
        self._cliques: dict[tuple[int, ...], list[tuple[int, ...]]] = {}
        self.columns = joined(parts)

    def gains(self, goal: Goal) -> Ints:
        """Return what each listed consortium adds to the objective, rewards included."""
        charge = self.ground.request.rules.member_nano
        gain = self.columns.score - charge * (self.columns.size - 1)
        required = np.zeros(len(self.ground.demands), np.bool_)
        required[sorted(goal.required)] = True
        reached = required[self.columns.demand]
        if goal.floor is not None:
            reached &= self.columns.score >= goal.floor
        return gain + np.where(reached, goal.reward, 0)

    def extend(self, at: int, members: Sequence[int]) -> None:
        """List the consortia of a demand that some more candidates make."""
        view = self.ground.views[at]
        place = {provider: number for number, provider in enumerate(view.providers.tolist())}
        self.pools[at] |= {place[provider] for provider in members}
        self._parts[at] = columns_of(self.ground, view, self.pools[at])

    def settle(self) -> None:
        """Put the extended lists together; places of columns change."""
        self.columns = joined(self._parts)

    def cliques(self, demands: Sequence[int]) -> list[tuple[int, ...]]:
        """Return the sets of competing demands of which a provider of all may serve one."""
        key = tuple(demands)
        if key not in self._cliques:
            self._cliques[key] = self._find_cliques(key)
        return self._cliques[key]

    def _find_cliques(self, demands: tuple[int, ...]) -> list[tuple[int, ...]]:
        rivals = self.ground.rivals
        inside = set(demands)
        graph = nx.Graph()
        for demand in demands:
            graph.add_edges_from(
                (demand, other) for other in rivals[demand].tolist() if other in inside
            )
        found = []
        for clique in nx.find_cliques(graph):
            found.append(tuple(sorted(clique)))
            if len(found) > CLIQUES_MAX:
                return sorted(tuple(sorted(edge)) for edge in graph.edges())
        return sorted(found)

    def rows(self, columns: Columns) -> Rows:
        """Return the shared rows that some columns could fill."""
        ground = self.ground
        who = columns.members
        there = who != NOBODY
        demand = np.broadcast_to(columns.demand[:, np.newaxis], who.shape)[there]
        pairs = np.unique(np.column_stack([who[there], demand]), axis=0)
        served: dict[int, list[int]] = defaultdict(list)
        for provider, asking in pairs.tolist():
            served[provider].append(asking)
        place_of, month_of, rights = [], [], []
        for provider, asking in sorted(served.items()):
            most = int(ground.places[provider])
            if ground.small[provider]:
                most = min(most, ground.request.rules.small_projects)
            if len(asking) > most:
                place_of.append(provider)
            if ground.months[provider] < OPEN:
                largest = sum(max(ground.views[at].months[1:]) for at in asking)
                if largest > ground.months[provider]:
                    month_of.append(provider)
            if any(len(ground.rivals[at]) for at in asking):
                rights += [(provider, one) for one in self.cliques(asking)]
        return Rows(place_of=tuple(place_of), month_of=tuple(month_of), rights=tuple(rights))

    def program(self, columns: Columns, gain: Ints, rows: Rows, *, whole: bool) -> Program:
        """Return the program over some columns; one more column per overload of a small team."""
        ground, rules = self.ground, self.ground.request.rules
        demands, count = len(ground.demands), len(columns)
        first_month = demands + len(rows.place_of)
        first_right = first_month + len(rows.month_of)
        entries = [(columns.demand, np.arange(count), np.ones(count))]
        who, number = columns.members, np.arange(count)
        place_row = np.full(len(ground.providers) + 1, -1)
        place_row[list(rows.place_of)] = demands + np.arange(len(rows.place_of))
        month_row = np.full(len(ground.providers) + 1, -1)
        month_row[list(rows.month_of)] = first_month + np.arange(len(rows.month_of))
        for slot in range(who.shape[1]):  # NOBODY is the last, empty entry
            for table, weight in (
                (place_row, np.ones(count)),
                (month_row, columns.months.astype(np.float64)),
            ):
                row = table[who[:, slot]]
                there = (row >= 0) & (weight > 0)
                entries.append((row[there], number[there], weight[there]))
        entries += _right_entries(columns, rows, first_right)
        small = [p for p in rows.place_of if ground.small[p]]
        free = np.array([rules.small_projects], np.float64)
        extra = np.array([ground.places[p] for p in small], np.float64)
        most = np.maximum(0.0, extra - free) if small else extra
        entries.append((place_row[small], count + np.arange(len(small)), -np.ones(len(small))))
        high = [1.0] * demands
        high += [
            float(
                min(ground.places[p], rules.small_projects) if ground.small[p] else ground.places[p]
            )
            for p in rows.place_of
        ]
        high += [float(ground.months[p]) for p in rows.month_of]
        high += [1.0] * len(rows.rights)
        return Program(
            gain=np.concatenate([gain / NANO, np.full(len(small), -rules.overload_nano / NANO)]),
            least=np.zeros(count + len(small)),
            most=np.concatenate([np.ones(count), most]),
            low=np.full(len(high), -np.inf),
            high=np.array(high),
            row=np.concatenate([row for row, _, _ in entries]),
            column=np.concatenate([column for _, column, _ in entries]),
            coefficient=np.concatenate([value for _, _, value in entries]),
            whole=whole,
        )


def _right_entries(columns: Columns, rows: Rows, first: int) -> list[tuple[Ints, Ints, Floats]]:
    """Return the entries of the rows of rivals."""
    found = []
    by_provider: dict[int, Ints] = {}
    for provider in {provider for provider, _ in rows.rights}:
        by_provider[provider] = np.flatnonzero((columns.members == provider).any(axis=1))
    for number, (provider, demands) in enumerate(rows.rights):
        mine = by_provider[provider]
        mine = mine[np.isin(columns.demand[mine], demands)]
        found.append((np.full(len(mine), first + number), mine, np.ones(len(mine))))
    return found


@dataclass(frozen=True, kw_only=True, eq=False)
class Relaxed:
    """What the linear relaxation says.

    Parameters
    ----------
    prices
        Of places, person-months and rights.
    bound
        No plan is worth more, rewards included, billionths; recomputed from the prices.
    kept
        The columns that were in the last program.
    share
        Of each of these in the relaxation's own solution.
    """

    prices: TeamPrices
    bound: int
    kept: Columns
    share: Floats


def relax(master: Master, goal: Goal, *, late: Callable[[], bool]) -> Relaxed:
    """Solve the linear relaxation over all consortia, listed or not, and return its prices.

    Parameters
    ----------
    late
        When it says yes, nothing beyond the list is looked for; the bound holds all the same.
    """
    chosen: Bools = _first(master, goal)
    for _ in range(SEARCHES_MAX):
        prices, kept, share = _converge(master, goal, chosen)
        _, worth = losses(master, goal, prices)
        rivals = rival_prices(prices.rivals)
        fresh = {}
        if not late():
            for view in master.ground.views:
                above = max(0, int(worth[view.at])) + round(CLOSE * NANO)
                _, team = best_worth(master.ground, view, prices, rivals, goal, above=above)
                if team is not None:
                    fresh[view.at] = team.members
        if not fresh:
            break
        for at, members in fresh.items():
            master.extend(at, members)
        master.settle()
        chosen = _first(master, goal)
        chosen[places_of(master.columns, kept)] = True
    bound = plan_bound(master.ground, prices, goal)
    return Relaxed(prices=prices, bound=bound, kept=kept, share=share)


def _first(master: Master, goal: Goal) -> Bools:
    """Return the columns of each demand that earn most."""
    return _best_by_demand(master.columns.demand, master.gains(goal), FIRST)


def _best_by_demand(demand: Ints, value: Ints, count: int) -> Bools:
    order = np.lexsort((-value, demand))
    sorted_demand = demand[order]
    first = np.searchsorted(sorted_demand, sorted_demand)
    chosen = np.zeros(len(demand), np.bool_)
    chosen[order[np.arange(len(order)) - first < count]] = True
    return chosen


def places_of(columns: Columns, kept: Columns) -> Ints:
    """Return where some kept columns, all of them listed, stand."""
    place = {key: at for at, key in enumerate(_keys(columns))}
    return np.array([place[key] for key in _keys(kept)], np.int64)


def _keys(columns: Columns) -> list[tuple[int, ...]]:
    return list(map(tuple, np.column_stack([columns.demand, columns.members]).tolist()))


def _converge(master: Master, goal: Goal, chosen: Bools) -> tuple[TeamPrices, Columns, Floats]:
    """Add listed columns until none earns more than its demand already gets."""
    gain = master.gains(goal)
    while True:
        active = np.flatnonzero(chosen)
        columns = some(master.columns, active)
        if not len(columns):
            return zero_prices(master.ground), columns, np.zeros(0)
        rows = master.rows(columns)
        answer = solve_program(
            master.program(columns, gain[active], rows, whole=False), seed=master.seed
        )
        if answer.duals is None or answer.values is None:
            raise RuntimeError(f"the relaxation ended as {answer.ended}: it always has a solution")
        prices = _prices(master.ground, rows, answer.duals)
        earned = gain - _paid(master, prices)
        worth = np.maximum(0, answer.duals[: len(master.ground.demands)] * NANO)
        better = earned > worth[master.columns.demand] + CLOSE * NANO
        better &= ~chosen
        if not better.any():
            return prices, columns, answer.values[: len(active)]
        mine = np.flatnonzero(better)
        best = _best_by_demand(master.columns.demand[mine], earned[mine], FRESH)
        chosen[mine[best]] = True


def _prices(ground: Ground, rows: Rows, duals: Floats) -> TeamPrices:
    units = np.maximum(0, np.rint(duals * NANO)).astype(np.int64)
    places = np.zeros(len(ground.providers), np.int64)
    months = np.zeros(len(ground.providers), np.int64)
    at = len(ground.demands)
    places[list(rows.place_of)] = units[at : at + len(rows.place_of)]
    at += len(rows.place_of)
    months[list(rows.month_of)] = units[at : at + len(rows.month_of)]
    at += len(rows.month_of)
    rivals = tuple(
        RivalPrice(provider=provider, demands=demands, price=int(price))
        for (provider, demands), price in zip(rows.rights, units[at:], strict=True)
        if price > 0
    )
    return TeamPrices(places=places, months=months, rivals=rivals)


def _paid(master: Master, prices: TeamPrices) -> Ints:
    """Return what each listed consortium pays."""
    columns = master.columns
    places = np.append(prices.places, 0)  # NOBODY pays nothing
    months = np.append(prices.months, 0)
    paid = np.zeros(len(columns), np.int64)
    for slot in range(columns.members.shape[1]):
        who = columns.members[:, slot]
        paid += places[who] + months[who] * columns.months
    for one in prices.rivals:
        inside = np.isin(columns.demand, one.demands)
        inside &= (columns.members == one.provider).any(axis=1)
        paid[inside] += one.price
    return paid


def losses(master: Master, goal: Goal, prices: TeamPrices) -> tuple[Ints, Ints]:
    """Return the loss of each listed column, and what each demand gets among them at most.

    The loss is how far below the bound every plan with this column stays.
    """
    earned = master.gains(goal) - _paid(master, prices)
    worth = np.zeros(len(master.ground.demands), np.int64)
    np.maximum.at(worth, master.columns.demand, earned)
    return worth[master.columns.demand] - earned, worth
