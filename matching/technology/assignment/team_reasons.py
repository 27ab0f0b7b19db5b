"""Why a demand is not answered in a plan: which class of rules, once gone, would let it in.

The classes are taken away one at a time. A demand that nobody may answer even alone is tried with
everything to itself; one that somebody could answer is tried beside the plan. When no single class
is enough, a smallest set is named from which none can be spared.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from matching.explain import Param, Reason
from matching.technology.assignment.ground import NOTHING, Ground, RuleClass, View
from matching.technology.assignment.matrix import Bools, Ints
from matching.technology.assignment.request import MEMBERS_MAX
from matching.technology.assignment.search import BARRED, Team, best_team
from matching.technology.assignment.team_causes import decimal, demand_causes
from matching.technology.assignment.team_plan import Consortium

OWN = (  # classes of a demand by itself, in the order in which they are taken away
    RuleClass.SKILLS,
    RuleClass.LEAD,
    RuleClass.SIZE,
    RuleClass.BUDGET,
    RuleClass.DEADLINE,
    RuleClass.WINDOW,
    RuleClass.TRL,
    RuleClass.CAPACITY,
    RuleClass.REGION,
    RuleClass.CONFLICT,
    RuleClass.PARTNERS,
    RuleClass.CONSENT,
    RuleClass.BAN,
    RuleClass.PINS,
    RuleClass.SCORE,
)
SHARED = (RuleClass.LOADS, RuleClass.COMPETITION)
LISTED_MAX = 5


class Standing:
    """A plan with what it leaves to demands that are not answered."""

    def __init__(self, ground: Ground, plan: Sequence[Consortium], *, floor: int | None) -> None:
        self.ground = ground
        self.floor = floor
        self.load = np.zeros(len(ground.providers), np.int64)
        self.months = np.zeros(len(ground.providers), np.int64)
        self.serves: dict[int, list[int]] = defaultdict(list)
        for team in plan:
            at = ground.demand_position[team.demand_id]
            share = -(-ground.demands[at].person_months // len(team.members))
            for name in team.members:
                provider = ground.position[name]
                self.load[provider] += 1
                self.months[provider] += share
                self.serves[provider].append(at)

    def without(self, team: Consortium) -> Standing:
        """Return the plan without one consortium."""
        other = Standing(self.ground, (), floor=self.floor)
        other.load, other.months = self.load.copy(), self.months.copy()
        other.serves = defaultdict(list, {name: list(held) for name, held in self.serves.items()})
        at = self.ground.demand_position[team.demand_id]
        share = -(-self.ground.demands[at].person_months // len(team.members))
        for name in team.members:
            provider = self.ground.position[name]
            other.load[provider] -= 1
            other.months[provider] -= share
            other.serves[provider].remove(at)
        return other

    def best(
        self, at: int, without: frozenset[RuleClass], *, ban: frozenset[int] = frozenset()
    ) -> Team | None:
        """Return the best consortium for a demand beside the plan, some classes left out.

        `ban` are providers that must not be in it.
        """
        dropped = without - frozenset(SHARED)
        view = self.ground.view(at, without=dropped) if dropped else self.ground.views[at]
        keep = ~np.isin(view.providers, sorted(ban))
        if RuleClass.LOADS not in without:
            keep &= self.load[view.providers] < self.ground.places[view.providers]
        if RuleClass.COMPETITION not in without:
            rivals = set(self.ground.rivals[at].tolist())
            busy = [
                provider
                for provider, demands in self.serves.items()
                if rivals and rivals & set(demands)
            ]
            keep &= ~np.isin(view.providers, busy)
        floor = None if RuleClass.FLOOR in without else self.floor
        worth = self._worth(view, whatever_load=RuleClass.LOADS in without)
        return best_team(
            self.ground,
            part(view, keep),
            tuple(values[keep] for values in worth),
            above=BARRED // 2,
            floor=floor,
        )

    def _worth(self, view: View, *, whatever_load: bool) -> tuple[Ints, ...]:
        """Return the scores; one that lacks the person-months of a size is out of every team."""
        if whatever_load:
            return (view.scores,) * (MEMBERS_MAX + 1)
        left = self.ground.months[view.providers] - self.months[view.providers]
        return tuple(np.where(left >= share, view.scores, BARRED) for share in view.months)


def part(view: View, keep: Bools) -> View:
    """Return a view with some of its candidates."""
    return replace(
        view,
        providers=view.providers[keep],
        scores=view.scores[keep],
        prices=view.prices[keep],
        masks=view.masks[keep],
    )


def unserved_reasons(standing: Standing, at: int) -> tuple[Reason, ...]:
    """Return why a demand is not answered, the causes first, then what would let it in."""
    ground = standing.ground
    causes = demand_causes(ground, at)
    everything = frozenset(SHARED)
    if causes:
        return (*causes, *_binding(standing, at, everything))
    if standing.best(at, NOTHING) is not None:
        return (_reason("not_worth", demand=ground.demands[at].demand_id),)
    return (*_binding(standing, at, NOTHING), *_holders(standing, at))


def _binding(standing: Standing, at: int, gone: frozenset[RuleClass]) -> tuple[Reason, ...]:
    """Return each class that alone keeps the demand out, or a smallest set of classes that does."""
    demand = standing.ground.demands[at].demand_id
    classes = [*OWN, RuleClass.FLOOR] if gone else [*SHARED, *OWN, RuleClass.FLOOR]
    found = []
    for one in classes:
        team = standing.best(at, gone | {one})
        if team is not None:
            found.append(
                _reason(
                    "binding",
                    demand=demand,
                    rule=one.value,
                    score=decimal(_score(standing.ground, at, team)),
                    members=tuple(standing.ground.providers[p].provider_id for p in team.members),
                )
            )
    if found:
        return tuple(found)
    needed = _smallest(standing, at, gone, classes)
    if not needed:
        return ()
    names = tuple(one.value for one in needed)
    return (_reason("binding_together", demand=demand, rules=names),)


def _smallest(
    standing: Standing, at: int, gone: frozenset[RuleClass], classes: Sequence[RuleClass]
) -> tuple[RuleClass, ...]:
    """Return a set of classes from which none can be spared, by leaving out one after the other."""
    chosen = list(classes)
    if standing.best(at, gone | set(chosen)) is None:
        return ()
    for one in classes:
        fewer = [other for other in chosen if other is not one]
        if standing.best(at, gone | set(fewer)) is not None:
            chosen = fewer
    return tuple(chosen)


def _holders(standing: Standing, at: int) -> tuple[Reason, ...]:
    """Return which demands hold the places that the best consortium would take."""
    ground = standing.ground
    team = standing.best(at, frozenset(SHARED))
    if team is None:
        return ()
    held = sorted({other for one in team.members for other in standing.serves.get(one, [])})
    if not held:
        return ()
    params: dict[str, Param] = {
        "demand": ground.demands[at].demand_id,
        "members": tuple(ground.providers[one].provider_id for one in team.members),
        "holders": tuple(ground.demands[other].demand_id for other in held)[:LISTED_MAX],
    }
    return (Reason(code="places_held", params=params),)


def _score(ground: Ground, at: int, team: Team) -> int:
    return int(ground.request.scores[list(team.members), at].sum())


def _reason(code: str, **params: Param) -> Reason:
    return Reason(code=code, params=params)
