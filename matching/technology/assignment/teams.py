"""Assign consortia of providers to demands: plan, bound, prices; what cannot be is a result."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from matching.technology.assignment.choosing import choose, widen
from matching.technology.assignment.clock import Clock
from matching.technology.assignment.columns import NOBODY, Columns, some
from matching.technology.assignment.ground import Ground
from matching.technology.assignment.master import Master, Relaxed, relax
from matching.technology.assignment.matrix import Ints
from matching.technology.assignment.request import Request
from matching.technology.assignment.search import NEVER, best_team
from matching.technology.assignment.team_plan import Consortium
from matching.technology.assignment.team_prices import Goal, TeamPrices

CLOSE_ENOUGH = 0.001  # share of the bound: a smaller gap is not searched further


@dataclass(frozen=True, kw_only=True, eq=False)
class Solved:
    """A plan for a goal, with what bounds it.

    Parameters
    ----------
    plan
        One consortium per answered demand, by demand id.
    worth, bound
        What the plan is worth and what no plan exceeds, rewards included, billionths.
    searched
        Whether the bound rests on a tree search over all consortia, and not on prices alone.
    reached
        Positions of the required demands that reach the floor.
    """

    plan: tuple[Consortium, ...]
    worth: int
    bound: int
    price_bound: int
    prices: TeamPrices
    searched: bool
    reached: frozenset[int]


class Desk:
    """A request with everything that several solves of it share."""

    def __init__(self, request: Request, *, clock: Clock) -> None:
        self.request = request
        self.clock = clock
        self.ground = Ground(request)
        self.master = Master(self.ground, seed=clock.limits.seed)
        self.alone = [self._alone(at) for at in range(len(self.ground.demands))]

    @property
    def answerable(self) -> frozenset[int]:
        """The demands that some consortium may answer, with everything to itself."""
        return frozenset(at for at, best in enumerate(self.alone) if best is not None)

    def _alone(self, at: int) -> int | None:
        """Return the greatest sum of scores that a demand reaches with everything to itself."""
        view = self.ground.views[at]
        team = best_team(self.ground, view, (view.scores,) * 4, above=NEVER)
        return None if team is None else team.value

    def goal(self, required: Iterable[int], floor: int | None) -> Goal:
        """Return the goal in which each required demand counts for more than all scores."""
        chosen = frozenset(required)
        if not chosen:
            return Goal(floor=floor, required=chosen, reward=0)
        rules, demands = self.request.rules, len(self.ground.demands)
        best = sum(abs(score) for score in self.alone if score is not None)
        charges = demands * (2 * rules.member_nano + 3 * rules.overload_nano)
        return Goal(floor=floor, required=chosen, reward=1 + 2 * best + charges)

    def solve(self, goal: Goal) -> Solved:
        """Return the best plan that is found for a goal."""
        relaxed = relax(self.master, goal, late=self.clock.halfway())
        found = choose(self.master, goal, relaxed, reach=0, clock=self.clock)
        best = self._worth(found.columns, goal)
        picked = some(self.master.columns, found.columns)
        bound = relaxed.bound
        net = abs(best - goal.reward * len(self._reached(goal, picked)))
        if bound - best > CLOSE_ENOUGH * net and not self.clock.over():
            reach = bound - best
            whole = widen(self.master, goal, relaxed, reach=reach, clock=self.clock)
            found = choose(self.master, goal, relaxed, reach=reach, clock=self.clock)
            value = self._worth(found.columns, goal)
            if value > best:
                best, picked = value, some(self.master.columns, found.columns)
            if whole and found.proved:
                bound = min(bound, best)
        return self._solved(goal, relaxed, picked, best, bound)

    def _worth(self, picked: Ints, goal: Goal) -> int:
        """Return what a plan is worth, overload of small teams taken off."""
        gains = self.master.gains(goal)
        who = self.master.columns.members[picked]
        load = np.bincount(who[who != NOBODY], minlength=len(self.ground.providers))
        rules = self.request.rules
        beyond = np.maximum(0, load - rules.small_projects)[self.ground.small].sum()
        return int(gains[picked].sum()) - rules.overload_nano * int(beyond)

    def _reached(self, goal: Goal, columns: Columns) -> frozenset[int]:
        return frozenset(
            int(columns.demand[at])
            for at in range(len(columns))
            if int(columns.demand[at]) in goal.required
            and (goal.floor is None or columns.score[at] >= goal.floor)
        )

    def _solved(
        self, goal: Goal, relaxed: Relaxed, columns: Columns, worth: int, bound: int
    ) -> Solved:
        plan = [
            self.consortium(
                int(columns.demand[at]),
                [int(one) for one in columns.members[at] if one != NOBODY],
            )
            for at in range(len(columns))
        ]
        return Solved(
            plan=tuple(sorted(plan, key=lambda team: team.demand_id)),
            worth=worth,
            bound=bound,
            price_bound=relaxed.bound,
            prices=relaxed.prices,
            searched=bound < relaxed.bound,
            reached=self._reached(goal, columns),
        )

    def consortium(self, at: int, members: Iterable[int]) -> Consortium:
        """Return a consortium by ids; of the members that may lead, the best scored one leads."""
        ground, demand = self.ground, self.ground.demands[at]
        chosen = list(members)
        kind = demand.consortium.lead_kind
        able = [one for one in chosen if kind is None or ground.providers[one].kind is kind]
        scores = self.request.scores
        lead = min(able, key=lambda one: (-scores[one, at], ground.providers[one].provider_id))
        return Consortium(
            demand_id=demand.demand_id,
            members=tuple(sorted(ground.providers[one].provider_id for one in chosen)),
            lead=ground.providers[lead].provider_id,
        )
