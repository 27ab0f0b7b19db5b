"""What an assignment with consortia is asked for: the problem, the scores, the broker's rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from matching.technology.assignment.matrix import Bools, Ints
from matching.technology.problem import Problem

MEMBERS_MAX = 3  # of a consortium
SCORE_MAX = 10**12  # billionths: three members of 200,000 demands still fit 64 bits


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Pair:
    """A demand and a provider, by their ids."""

    demand_id: str
    provider_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the broker adds to the problem. Amounts of score are billionths.

    Parameters
    ----------
    pins
        The provider is a member of whatever answers the demand, and the demand is answered.
    bans
        The provider does not answer the demand.
    floor_nano
        What the members' scores of every demand must sum to; None: demands may stay unserved.
    small_members
        Teams of at most so many people count as small; 0: none does.
    small_projects
        What a small team takes on without overload.
    overload_nano
        What each further project of a small team costs the objective, ≥ 0.
    member_nano
        What each member beyond the first costs the objective, ≥ 0.

    Raises
    ------
    ValueError
        When an amount is out of range or a pin or ban stands twice.
    """

    pins: tuple[Pair, ...] = ()
    bans: tuple[Pair, ...] = ()
    floor_nano: int | None = None
    small_members: int = 0
    small_projects: int = 1
    overload_nano: int = 0
    member_nano: int = 0

    def __post_init__(self) -> None:
        for name in ("small_members", "small_projects", "overload_nano", "member_nano"):
            value = getattr(self, name)
            if not 0 <= value <= SCORE_MAX:
                raise ValueError(f"rules: {name} must be in 0..{SCORE_MAX}, got {value}")
        if self.floor_nano is not None and abs(self.floor_nano) > MEMBERS_MAX * SCORE_MAX:
            most = MEMBERS_MAX * SCORE_MAX
            raise ValueError(f"rules: floor_nano must be within ±{most}, got {self.floor_nano}")
        for name in ("pins", "bans"):
            pairs = getattr(self, name)
            if len(set(pairs)) != len(pairs):
                raise ValueError(f"rules: one of the {name} stands twice: give each once")


@dataclass(frozen=True, kw_only=True, eq=False)
class Request:
    """Demands and providers, what each pair is worth, and the rules.

    Parameters
    ----------
    problem
        Demands, providers and the day.
    scores
        Providers × demands, billionths, in the order of the problem.
    scored
        Providers × demands: which pairs have a score. The others are no candidates.

    Raises
    ------
    ValueError
        When a shape differs, a score is out of range, or a rule names an unknown id.
    """

    problem: Problem
    scores: Ints
    scored: Bools
    rules: Rules = Rules()

    def __post_init__(self) -> None:
        shape = (len(self.problem.providers), len(self.problem.demands))
        for name, array in (("scores", self.scores), ("scored", self.scored)):
            if array.shape != shape:
                raise ValueError(f"{name} must be providers × demands {shape}, got {array.shape}")
        largest = int(np.abs(self.scores).max(initial=0))
        if largest > SCORE_MAX:
            raise ValueError(f"a score must be within ±{SCORE_MAX} billionths, got {largest}")
        demands = {demand.demand_id for demand in self.problem.demands}
        providers = {provider.provider_id for provider in self.problem.providers}
        for pair in (*self.rules.pins, *self.rules.bans):
            if pair.demand_id not in demands:
                raise ValueError(f"a rule names the demand {pair.demand_id}, which is unknown")
            if pair.provider_id not in providers:
                raise ValueError(f"a rule names the provider {pair.provider_id}, which is unknown")


def request_of(
    problem: Problem, scores: Mapping[tuple[str, str], int], *, rules: Rules | None = None
) -> Request:
    """Return the request for scores given by (demand id, provider id), in billionths.

    Raises
    ------
    ValueError
        When a score names an id that the problem lacks.
    """
    demands = {one.demand_id: at for at, one in enumerate(problem.demands)}
    providers = {one.provider_id: at for at, one in enumerate(problem.providers)}
    table = np.zeros((len(providers), len(demands)), np.int64)
    scored = np.zeros(table.shape, np.bool_)
    for (demand_id, provider_id), score in scores.items():
        if demand_id not in demands:
            raise ValueError(f"a score names the demand {demand_id}, which is unknown")
        if provider_id not in providers:
            raise ValueError(f"a score names the provider {provider_id}, which is unknown")
        at = providers[provider_id], demands[demand_id]
        table[at], scored[at] = score, True
    return Request(problem=problem, scores=table, scored=scored, rules=rules or Rules())


def by_demand(pairs: Iterable[Pair]) -> dict[str, tuple[str, ...]]:
    """Return the providers of each demand that some pairs name, sorted."""
    found: dict[str, list[str]] = {}
    for pair in pairs:
        found.setdefault(pair.demand_id, []).append(pair.provider_id)
    return {demand: tuple(sorted(names)) for demand, names in found.items()}
