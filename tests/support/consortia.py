"""Small demands, providers and requests for the tests of the assignment, and their oracle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import combinations, product
from typing import Any

from matching.technology.assignment.request import Request, Rules, request_of
from matching.technology.assignment.team_check import team_figures, team_violations
from matching.technology.assignment.team_plan import Consortium
from matching.technology.problem import (
    Capacity,
    ConsortiumRule,
    Demand,
    Language,
    Problem,
    Provider,
    ProviderKind,
    RequiredSkill,
    Skill,
)

TODAY = date(2026, 1, 5)
NANO = 10**9


def demand(name: str, *, skills: Sequence[str] = (), members: int = 1, **more: Any) -> Demand:
    """Return a demand; `skills` are musts at level 1, `members` is the most of a consortium."""
    given: dict[str, Any] = {
        "demand_id": name,
        "owner_org": f"owner of {name}",
        "title": name,
        "problem": "a problem",
        "lang": Language.ENGLISH,
        "required_skills": tuple(RequiredSkill(skill=skill) for skill in skills),
        "consortium": ConsortiumRule(min_members=1, max_members=members),
    }
    return Demand(**{**given, **more})


def provider(
    name: str, *, skills: Sequence[str] = (), places: int = 1, months: int = 100, **more: Any
) -> Provider:
    """Return a university team that agreed to be matched."""
    given: dict[str, Any] = {
        "provider_id": name,
        "org_id": f"home of {name}",
        "name": name,
        "kind": ProviderKind.UNIVERSITY,
        "updated_on": TODAY,
        "skills": tuple(Skill(skill=skill, level=3) for skill in skills),
        "capacity": capacity(places=places, months=months),
        "consent": True,
    }
    return Provider(**{**given, **more})


def capacity(*, places: int = 1, months: int = 100, ends: date = date(2030, 1, 1)) -> Capacity:
    """Return a capacity that starts today."""
    return Capacity(slots=places, person_months=months, starts=TODAY, ends=ends)


def request(
    demands: Sequence[Demand],
    providers: Sequence[Provider],
    scores: Mapping[str, float] | None = None,
    *,
    rules: Rules | None = None,
) -> Request:
    """Return a request; `scores` are by "demand provider", 0.5 for all pairs when left out."""
    problem = Problem(today=TODAY, demands=tuple(demands), providers=tuple(providers))
    if scores is None:
        pairs = product(demands, providers)
        scores = {f"{one.demand_id} {other.provider_id}": 0.5 for one, other in pairs}
    nano = {tuple(pair.split()): round(score * NANO) for pair, score in scores.items()}
    return request_of(problem, nano, rules=rules)  # type: ignore[arg-type]


def every_plan(asked: Request) -> Iterator[tuple[Consortium, ...]]:
    """Yield every plan that the independent check accepts: the oracle of tiny requests."""
    whole = tuple(_every_team(asked, one) for one in asked.problem.demands)
    for chosen in product(*whole):
        plan = tuple(team for team in chosen if team is not None)
        if not team_violations(asked, plan):
            yield plan


def _every_team(asked: Request, one: Demand) -> list[Consortium | None]:
    """Return no consortium, and all that are valid by themselves."""
    names = sorted(other.provider_id for other in asked.problem.providers)
    alone = replace(asked, rules=replace(asked.rules, pins=()))
    found: list[Consortium | None] = [None]
    for size in range(1, 4):
        for members in combinations(names, size):
            for lead in members:
                team = Consortium(demand_id=one.demand_id, members=members, lead=lead)
                if not team_violations(alone, (team,)):
                    found.append(team)
                    break
    return found


def best_objective(asked: Request) -> int:
    """Return the greatest objective of all plans, billionths."""
    return max(team_figures(asked, plan).objective for plan in every_plan(asked))
