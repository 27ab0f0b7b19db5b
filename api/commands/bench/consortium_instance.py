"""Random demands, providers and scores, a pure function of sizes and a seed.

Everything that can bind does bind somewhere: rare skills, lead kinds, small budgets, busy teams,
conflicts of organisations, persons and competitors, readiness levels, time, regions.
"""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from random import Random

import numpy as np

from matching.technology.assignment.request import Request, Rules
from matching.technology.problem import (
    Budget,
    Capacity,
    Conflicts,
    ConsortiumRule,
    Demand,
    DemandStatus,
    Language,
    Problem,
    Provider,
    ProviderKind,
    RequiredSkill,
    Skill,
    TrlRange,
)

TODAY = date(2026, 1, 5)
SKILLS = 60
TOPICS = 24
GROUPS = 12
REGIONS = ("east", "north", "south", "west")
KINDS = tuple(ProviderKind)


def random_request(
    demands: int, providers: int, *, seed: int, rules: Rules | None = None
) -> Request:
    """Return a request; a pair's score lies in 0..1 and follows from shared topics.

    Parameters
    ----------
    demands, providers
        ≥ 1.
    seed
        The same sizes and seed give the same request.
    """
    dice = Random(seed)  # noqa: S311 - repeatable draws, no secrets
    asked = tuple(_demand(dice, number) for number in range(demands))
    teams = tuple(_provider(dice, number) for number in range(providers))
    draw = np.random.default_rng(seed)
    wanted = draw.dirichlet(np.full(TOPICS, 0.15), demands)
    offered = draw.dirichlet(np.full(TOPICS, 0.2), providers)
    lengths = np.linalg.norm(offered, axis=1)[:, np.newaxis] * np.linalg.norm(wanted, axis=1)
    near = (offered @ wanted.T) / lengths
    score = np.clip(0.9 * near + draw.normal(0.0, 0.05, near.shape), 0.0, 1.0)
    return Request(
        problem=Problem(today=TODAY, demands=asked, providers=teams),
        scores=np.rint(score * 10**9).astype(np.int64),
        scored=score > 0.05,
        rules=rules or Rules(),
    )


def _demand(dice: Random, number: int) -> Demand:
    now = dice.randint(1, 5)
    most = dice.choice((1, 2, 2, 3, 3, 3))
    skills = dice.sample(range(SKILLS), dice.randint(1, 1 + most))
    months = dice.choice((6, 9, 12, 18, 24))
    lead = dice.choice(KINDS) if dice.random() < 0.3 else None
    return Demand(
        demand_id=f"D{number:05}",
        owner_org=f"firm{dice.randrange(max(1, 3 * number // 4 + 1))}",
        title=f"demand {number}",
        problem="a problem of the random instance",
        lang=Language.ENGLISH,
        trl_now=now,
        trl_target=min(9, now + dice.randint(1, 4)),
        budget=_amount(dice, 400_000, 4_000_000) if dice.random() < 0.8 else None,
        deadline=TODAY + timedelta(days=30 * (months + dice.randint(1, 18))),
        duration_months=months,
        person_months=dice.choice((0, 6, 12, 24)),
        region=dice.choice(REGIONS) if dice.random() < 0.2 else "",
        required_skills=tuple(
            RequiredSkill(skill=f"skill {skill}", level=dice.randint(1, 3)) for skill in skills
        ),
        consortium=ConsortiumRule(min_members=1, max_members=most, lead_kind=lead),
        excluded_orgs=(f"institute{dice.randrange(400)}",) if dice.random() < 0.1 else (),
        competitor_groups=(f"market{dice.randrange(GROUPS)}",) if dice.random() < 0.5 else (),
        persons_hash=(_person(dice),) if dice.random() < 0.3 else (),
        status=DemandStatus.OPEN,
    )


def _provider(dice: Random, number: int) -> Provider:
    low = dice.randint(1, 6)
    skills = dice.sample(range(SKILLS), dice.randint(3, 9))
    starts = TODAY + timedelta(days=dice.choice((0, 0, 0, 60, 150)))
    return Provider(
        provider_id=f"P{number:05}",
        org_id=f"institute{dice.randrange(400)}",
        name=f"team {number}",
        kind=dice.choice(KINDS),
        updated_on=TODAY,
        members_count=dice.choice((2, 3, 5, 8, 15, 40)),
        skills=tuple(Skill(skill=f"skill {one}", level=dice.randint(1, 5)) for one in skills),
        trl_range=TrlRange(min_level=low, max_level=min(9, low + dice.randint(1, 5))),
        capacity=Capacity(
            slots=dice.choice((1, 1, 2, 3)),
            person_months=dice.choice((6, 12, 18, 24, 36)),
            starts=starts,
            ends=starts + timedelta(days=dice.choice((300, 700, 1_500))),
        ),
        price_band=_amount(dice, 100_000, 1_500_000),
        regions=tuple(dice.sample(REGIONS, 2)) if dice.random() < 0.3 else (),
        conflicts=Conflicts(
            orgs=(f"firm{dice.randrange(150)}",) if dice.random() < 0.1 else (),
            persons_hash=(_person(dice),) if dice.random() < 0.1 else (),
            competitor_groups=(f"market{dice.randrange(GROUPS)}",) if dice.random() < 0.05 else (),
        ),
        consent=dice.random() < 0.97,
    )


def _amount(dice: Random, least: int, most: int) -> Budget:
    low = dice.randint(least, most)
    return Budget(min_minor=100 * low, max_minor=100 * 2 * low, currency="CNY")


def _person(dice: Random) -> str:
    return hashlib.sha256(f"person {dice.randrange(200)}".encode()).hexdigest()
