"""A request as arrays: per demand its candidates and what their consortia must cover.

What a consortium must have among its members is one bit each: every skill that is a must, a lead of
the wanted kind, every pinned provider. A consortium is complete when the bits of its members
together are all of them.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum, unique
from functools import cached_property

import numpy as np

from matching.technology.assignment.conflicts import (
    DEMAND,
    PROVIDER,
    ConflictKind,
    Graph,
    conflict_graph,
    kinds_between,
    neighbours,
)
from matching.technology.assignment.fitting import (
    OPEN,
    Misfit,
    ProviderColumns,
    members_most,
    misfits,
    provider_columns,
)
from matching.technology.assignment.matrix import Bools, Ints
from matching.technology.assignment.request import MEMBERS_MAX, Request, by_demand
from matching.technology.problem import Demand, Provider, ProviderKind

LEAD, PIN = "lead", "pin "  # names of bits; the second is followed by a provider's id


@unique
class RuleClass(StrEnum):
    """Rules that belong together when one asks what stands in a demand's way."""

    SCORE = "score"
    CONSENT = "consent"
    CONFLICT = "conflict"
    TRL = "trl"
    DEADLINE = "deadline"
    WINDOW = "window"
    CAPACITY = "capacity"
    REGION = "region"
    BUDGET = "budget"
    BAN = "ban"
    SKILLS = "skills"
    LEAD = "lead"
    SIZE = "size"
    PARTNERS = "partners"
    PINS = "pins"
    FLOOR = "floor"
    LOADS = "loads"  # places and person-months that other demands hold
    COMPETITION = "competition"  # the provider already serves a competitor of the owner


BITS_OF: dict[RuleClass, Misfit] = {
    RuleClass.SCORE: Misfit.UNSCORED,
    RuleClass.CONSENT: Misfit.CONSENT,
    RuleClass.CONFLICT: Misfit.CONFLICT,
    RuleClass.TRL: Misfit.TRL,
    RuleClass.DEADLINE: Misfit.DEADLINE,
    RuleClass.WINDOW: Misfit.WINDOW,
    RuleClass.CAPACITY: Misfit.PLACES | Misfit.MONTHS,
    RuleClass.REGION: Misfit.REGION,
    RuleClass.BUDGET: Misfit.CURRENCY | Misfit.PRICE,
    RuleClass.BAN: Misfit.BAN,
}
NOTHING: frozenset[RuleClass] = frozenset()


@dataclass(frozen=True, kw_only=True, eq=False)
class View:
    """A demand with its candidates.

    Parameters
    ----------
    at
        The demand's position.
    providers
        Positions of the candidates, ascending.
    scores, prices, masks
        Per candidate: billionths, minor units it asks at least, bits that it brings.
    whole
        All bits that a consortium must have together.
    names
        What each bit stands for: a skill, "lead", or "pin " and a provider's id.
    least, most
        Members.
    budget
        Minor units for all members; `OPEN` when the owner did not say.
    months
        Per number of members 1..3, the person-months of each; index 0 is not used.
    apart
        Whether members that exclude each other are kept apart.
    """

    at: int
    providers: Ints
    scores: Ints
    prices: Ints
    masks: Ints
    whole: int
    names: tuple[str, ...]
    least: int
    most: int
    budget: int
    months: tuple[int, ...]
    apart: bool = True


class Ground:
    """A request with its graphs and arrays, each made once."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.demands: tuple[Demand, ...] = request.problem.demands
        self.providers: tuple[Provider, ...] = request.problem.providers
        self.columns: ProviderColumns = provider_columns(self.providers)
        self.position = {one.provider_id: at for at, one in enumerate(self.providers)}
        self.demand_position = {one.demand_id: at for at, one in enumerate(self.demands)}
        self.pins = by_demand(request.rules.pins)
        self._levels = _levels(self.providers)

    @cached_property
    def graph(self) -> Graph:
        """The conflict graph."""
        return conflict_graph(self.request.problem)

    @cached_property
    def broken(self) -> Ints:
        """Providers × demands: the bits of the rules that each pair breaks."""
        return misfits(self.request, self.columns, self.graph)

    @cached_property
    def quarrels(self) -> Ints:
        """Keys of the pairs of providers that cannot be in one consortium, ascending."""
        found = [
            self.pair_key(self.position[one[1]], self.position[other[1]])
            for one, other, data in self.graph.edges(data=True)
            if ConflictKind.PARTNERS.value in data["kinds"]
        ]
        return np.array(sorted(found), np.int64)

    @cached_property
    def rivals(self) -> tuple[Ints, ...]:
        """Per demand, the demands of competing owners: no provider serves both."""
        found = []
        for demand in self.demands:
            names = neighbours(self.graph, (DEMAND, demand.demand_id), side=DEMAND)
            found.append(np.array([self.demand_position[name] for name in names], np.int64))
        return tuple(found)

    @cached_property
    def views(self) -> tuple[View, ...]:
        """Every demand with all rules."""
        return tuple(self.view(at) for at in range(len(self.demands)))

    @cached_property
    def small(self) -> Bools:
        """Which providers are small teams."""
        small: Bools = self.columns.members <= self.request.rules.small_members
        return small

    @property
    def places(self) -> Ints:
        """How many projects each provider takes on."""
        return self.columns.places

    @property
    def months(self) -> Ints:
        """How many person-months each provider has; `OPEN` where it did not say."""
        return self.columns.months

    def pair_key(self, one: int, other: int) -> int:
        """Return the key of two providers, in any order."""
        return min(one, other) * len(self.providers) + max(one, other)

    def quarrel(self, one: Ints, other: Ints) -> Bools:
        """Tell, element by element, whether two providers cannot be in one consortium."""
        if not len(self.quarrels):
            return np.zeros(np.broadcast(one, other).shape, np.bool_)
        keys = np.minimum(one, other) * len(self.providers) + np.maximum(one, other)
        place = np.minimum(np.searchsorted(self.quarrels, keys), len(self.quarrels) - 1)
        same: Bools = self.quarrels[place] == keys
        return same

    def kinds(self, demand: int, provider: int) -> tuple[str, ...]:
        """Return the kinds of conflict between a demand and a provider."""
        one, other = self.demands[demand].demand_id, self.providers[provider].provider_id
        return kinds_between(self.graph, (DEMAND, one), (PROVIDER, other))

    def view(self, at: int, *, without: frozenset[RuleClass] = NOTHING) -> View:
        """Return a demand with its candidates, some classes of rules left out.

        A candidate without a score, where that rule is left out, counts with a score of 0.
        """
        demand = self.demands[at]
        kept = ~sum((int(BITS_OF[name]) for name in without if name in BITS_OF), 0)
        providers = np.flatnonzero((self.broken[:, at] & kept) == 0)
        names, masks = self._bits(demand, providers, without)
        most = MEMBERS_MAX if RuleClass.SIZE in without else members_most(demand)
        budget = OPEN
        if demand.budget is not None and RuleClass.BUDGET not in without:
            budget = demand.budget.max_minor
        return View(
            at=at,
            providers=providers,
            scores=self.request.scores[providers, at],
            prices=self.columns.price[providers],
            masks=masks,
            whole=(1 << len(names)) - 1,
            names=names,
            least=1 if RuleClass.SIZE in without else demand.consortium.min_members,
            most=most,
            budget=budget,
            months=tuple(-(-demand.person_months // max(1, n)) for n in range(MEMBERS_MAX + 1)),
            apart=RuleClass.PARTNERS not in without,
        )

    def _bits(
        self, demand: Demand, providers: Ints, without: frozenset[RuleClass]
    ) -> tuple[tuple[str, ...], Ints]:
        names: list[str] = []
        masks = np.zeros(len(providers), np.int64)

        def add(name: str, has: Bools) -> None:
            masks[has] |= 1 << len(names)
            names.append(name)

        if RuleClass.SKILLS not in without:
            for skill in demand.required_skills:
                if skill.must:
                    add(skill.skill, self.levels(skill.skill)[providers] >= skill.level)
        if demand.consortium.lead_kind is not None and RuleClass.LEAD not in without:
            kind = demand.consortium.lead_kind
            add(LEAD, self._of_kind[kind][providers])
        if RuleClass.PINS not in without:
            for name in self.pins.get(demand.demand_id, ()):
                add(f"{PIN}{name}", providers == self.position[name])
        return tuple(names), masks

    @cached_property
    def _of_kind(self) -> dict[ProviderKind, Bools]:
        return {
            kind: np.array([one.kind is kind for one in self.providers], np.bool_)
            for kind in ProviderKind
        }

    def levels(self, skill: str) -> Ints:
        """Return the level at which each provider has a skill; 0 where it has not."""
        found = np.zeros(len(self.providers), np.int64)
        for provider, level in self._levels.get(same_skill(skill), ()):
            found[provider] = max(level, found[provider])
        return found


def same_skill(name: str) -> str:
    """Return the form in which names of skills are compared: NFKC, without case, single blanks."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _levels(providers: tuple[Provider, ...]) -> dict[str, list[tuple[int, int]]]:
    """Return, per skill, the providers that have it and their levels."""
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for at, provider in enumerate(providers):
        for skill in provider.skills:
            found[same_skill(skill.skill)].append((at, skill.level))
    return found
