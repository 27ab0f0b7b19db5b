"""The independent check of consortia: a valid plan passes, each broken rule is named alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from matching.technology.assignment.request import Pair, Request, Rules, request_of
from matching.technology.assignment.team_check import team_violations
from matching.technology.assignment.team_plan import Consortium
from matching.technology.problem import (
    Budget,
    Conflicts,
    ConsortiumRule,
    Demand,
    Provider,
    ProviderKind,
    RequiredSkill,
    TrlRange,
)
from tests.support.consortia import capacity, demand, provider, request

PLAN = (
    Consortium(demand_id="D1", members=("P1", "P2"), lead="P1"),
    Consortium(demand_id="D2", members=("P1",), lead="P1"),
)
PERSON = "cd" * 32
TEN = Budget(min_minor=10, max_minor=10, currency="CNY")


def good() -> Request:
    """Return a request that the plan keeps."""
    return request(
        [
            demand("D1", skills=("a",), members=2, person_months=4, budget=TEN),
            demand("D2", person_months=2),
        ],
        [provider("P1", skills=("a",), places=2, months=4), provider("P2")],
    )


def with_first(asked: Request, **changes: object) -> Request:
    """Return the request with the first demand changed."""
    first, *rest = asked.problem.demands
    changed: Demand = replace(first, **changes)
    return replace(asked, problem=replace(asked.problem, demands=(changed, *rest)))


def with_team(asked: Request, **changes: object) -> Request:
    """Return the request with the first provider changed."""
    first, *rest = asked.problem.providers
    changed: Provider = replace(first, **changes)
    return replace(asked, problem=replace(asked.problem, providers=(changed, *rest)))


def rivals(asked: Request) -> Request:
    """Return the request with two owners that compete."""
    demands = tuple(replace(one, competitor_groups=("m",)) for one in asked.problem.demands)
    return replace(asked, problem=replace(asked.problem, demands=demands))


BROKEN: list[tuple[str, Callable[[Request], Request]]] = [
    ("size", lambda r: with_first(r, consortium=ConsortiumRule(max_members=1))),
    (
        "lead",
        lambda r: with_first(
            r, consortium=ConsortiumRule(max_members=2, lead_kind=ProviderKind.HOSPITAL)
        ),
    ),
    ("skill", lambda r: with_first(r, required_skills=(RequiredSkill(skill="a", level=5),))),
    ("budget", lambda r: with_team(r, price_band=replace(TEN, min_minor=11, max_minor=11))),
    (
        "currency",
        lambda r: with_team(r, price_band=Budget(min_minor=0, max_minor=0, currency="EUR")),
    ),
    ("partners", lambda r: with_team(r, conflicts=Conflicts(orgs=("home of P2",)))),
    ("consent", lambda r: with_team(r, consent=False)),
    ("own-organisation", lambda r: with_first(r, owner_org="home of P1")),
    ("excluded-organisation", lambda r: with_first(r, excluded_orgs=("home of P2",))),
    ("conflict-organisation", lambda r: with_team(r, conflicts=Conflicts(orgs=("owner of D1",)))),
    (
        "conflict-person",
        lambda r: with_team(with_first(r, persons_hash=(PERSON,)), persons_hash=(PERSON,)),
    ),
    (
        "conflict-competitor",
        lambda r: with_team(
            with_first(r, competitor_groups=("m",)), conflicts=Conflicts(competitor_groups=("m",))
        ),
    ),
    (
        "trl",
        lambda r: with_team(
            with_first(r, trl_target=8), trl_range=TrlRange(min_level=1, max_level=4)
        ),
    ),
    ("deadline", lambda r: with_first(r, deadline=date(2026, 1, 31), duration_months=1)),
    (
        "window",
        lambda r: with_team(
            with_first(r, duration_months=12),
            capacity=capacity(places=2, months=4, ends=date(2026, 12, 31)),
        ),
    ),
    ("places-together", lambda r: with_team(r, capacity=capacity(places=1, months=4))),
    ("months-together", lambda r: with_team(r, capacity=capacity(places=2, months=3))),
    ("region", lambda r: with_team(with_first(r, region="north"), regions=("south",))),
    ("competitors", rivals),
    ("ban", lambda r: replace(r, rules=Rules(bans=(Pair(demand_id="D2", provider_id="P1"),)))),
    ("pin", lambda r: replace(r, rules=Rules(pins=(Pair(demand_id="D2", provider_id="P2"),)))),
    (
        "score",
        lambda r: request_of(
            r.problem, {("D1", "P1"): 1, ("D2", "P1"): 1, ("D2", "P2"): 1}, rules=r.rules
        ),
    ),
]


def test_a_good_plan_breaks_nothing():
    assert team_violations(good(), PLAN) == []


@pytest.mark.parametrize(("code", "change"), BROKEN, ids=[code for code, _ in BROKEN])
def test_each_rule_is_checked_alone(code: str, change: Callable[[Request], Request]):
    """Only the named rule is broken, and it is found."""
    assert {one.code for one in team_violations(change(good()), PLAN)} == {code}


def test_a_provider_without_places_or_months_is_found():
    """Rules of one pair beside those of all its projects."""
    none = with_team(good(), capacity=capacity(places=0, months=4))
    assert {one.code for one in team_violations(none, PLAN)} == {"places", "places-together"}
    few = with_team(good(), capacity=capacity(places=2, months=1))
    assert {one.code for one in team_violations(few, PLAN)} == {"months", "months-together"}


def test_a_floor_is_checked():
    found = team_violations(good(), PLAN, floor=600_000_000)
    assert [(one.code, one.demand_id, one.got) for one in found] == [("floor", "D2", "500000000")]


def test_unknown_and_double_names_are_found():
    strange = Consortium(demand_id="D9", members=("P9",), lead="P9")
    codes = [one.code for one in team_violations(good(), (*PLAN, PLAN[1], strange))]
    assert codes == ["twice", "unknown-demand", "unknown-provider"]


@pytest.mark.parametrize(
    ("members", "lead"), [((), "P1"), (("P1", "P1"), "P1"), (("P2", "P1"), "P1"), (("P1",), "P2")]
)
def test_a_consortium_is_made_of_different_members_with_one_lead(members, lead):
    with pytest.raises(ValueError, match="consortium for D1"):
        Consortium(demand_id="D1", members=members, lead=lead)


def test_rules_are_checked_when_they_are_made():
    pair = Pair(demand_id="D1", provider_id="P1")
    with pytest.raises(ValueError, match="twice"):
        Rules(pins=(pair, pair))
    with pytest.raises(ValueError, match="overload_nano"):
        Rules(overload_nano=-1)
    with pytest.raises(ValueError, match="floor_nano"):
        Rules(floor_nano=10**15)
    with pytest.raises(ValueError, match="unknown"):
        replace(good(), rules=Rules(bans=(Pair(demand_id="D7", provider_id="P1"),)))
    with pytest.raises(ValueError, match="unknown"):
        replace(good(), rules=Rules(bans=(Pair(demand_id="D1", provider_id="P7"),)))
    with pytest.raises(ValueError, match="unknown"):
        request_of(good().problem, {("D7", "P1"): 1})
    with pytest.raises(ValueError, match="billionths"):
        request_of(good().problem, {("D1", "P1"): 10**15})
