"""Calls that contradict themselves: each names its cause, alone, in both languages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from matching.explain import Reason
from matching.limits import Limits
from matching.result import Status
from matching.technology.assignment.request import Pair, Request, Rules
from matching.technology.assignment.team_check import team_violations
from matching.technology.assignment.team_solve import TeamResult, assign_teams
from matching.technology.assignment.texts import LANGUAGES, render_reason
from matching.technology.problem import (
    Budget,
    Conflicts,
    ConsortiumRule,
    ProviderKind,
    RequiredSkill,
    TrlRange,
)
from tests.support.consortia import NANO, capacity, demand, provider, request

PERSON = "ab" * 32


def solve(asked: Request) -> TeamResult:
    """Solve, and check what comes out."""
    result = assign_teams(asked, limits=Limits(seconds=60), alternates=False)
    assert team_violations(result.request, result.plan) == []
    return result


def expect(reasons: Sequence[Reason], code: str, **params: Any) -> None:
    """Assert that the first reason has a code and parameters, and that both texts say them."""
    assert reasons[0].code == code
    assert {name: reasons[0].params[name] for name in params} == params
    for language in LANGUAGES:
        text = render_reason(reasons[0], language)
        assert "?" not in text
        for value in params.values():
            if isinstance(value, int):
                assert str(value) in text or f"{value // 100:,}" in text


def unserved(asked: Request, name: str = "D1") -> tuple[Reason, ...]:
    """Return why a demand is not answered."""
    return solve(asked).unserved[name]


def yuan(amount: int) -> Budget:
    """Return an amount in fen, of yuan."""
    return Budget(min_minor=100 * amount, max_minor=100 * amount, currency="CNY")


def test_a_budget_below_the_cheapest_cover():
    asked = request(
        [demand("D1", skills=("a", "b"), members=2, budget=yuan(500))],
        [
            provider("P1", skills=("a",), price_band=yuan(400)),
            provider("P2", skills=("b",), price_band=yuan(300)),
            provider("P3", skills=("b",), price_band=yuan(200)),
        ],
    )
    reasons = unserved(asked)
    expect(reasons, "budget_low", cheapest_minor=60_000, budget_minor=50_000)
    assert reasons[0].params["members"] == ("P1", "P3")
    assert "budget" in [one.params.get("rule") for one in reasons]


def test_all_providers_in_conflict():
    """Own organisation, excluded, shunned, a person, a competitor: every kind is named."""
    one = demand(
        "D1",
        owner_org="firm",
        excluded_orgs=("far",),
        persons_hash=(PERSON,),
        competitor_groups=("steel",),
    )
    teams = [
        provider("P1", org_id="firm"),
        provider("P2", org_id="far"),
        provider("P3", conflicts=Conflicts(orgs=("firm",))),
        provider("P4", conflicts=Conflicts(persons_hash=(PERSON,))),
        provider("P5", conflicts=Conflicts(competitor_groups=("steel",))),
    ]
    reasons = unserved(request([one], teams))
    expect(reasons, "all_in_conflict", count=5)
    kinds = ("competitor", "excluded", "organisation", "own", "person")
    assert reasons[0].params["kinds"] == kinds


def test_a_deadline_before_the_work_can_end():
    asked = request([demand("D1", deadline=date(2026, 6, 1), duration_months=6)], [provider("P1")])
    expect(unserved(asked), "deadline_short", months=6, earliest="2026-07-05")


def test_a_pin_against_a_ban():
    pair = Pair(demand_id="D1", provider_id="P1")
    rules = Rules(pins=(pair,), bans=(pair,))
    result = solve(request([demand("D1")], [provider("P1"), provider("P2")], rules=rules))
    assert result.status is Status.INFEASIBLE
    expect(result.causes, "pin_banned", demand="D1", provider="P1")
    assert [one.code for one in result.relaxed] == ["pin_dropped"]
    assert [team.members for team in result.plan] == [("P2",)]


def test_a_pin_to_a_provider_that_does_not_fit():
    rules = Rules(pins=(Pair(demand_id="D1", provider_id="P1"),))
    teams = [provider("P1", consent=False), provider("P2")]
    result = solve(request([demand("D1")], teams, rules=rules))
    assert result.status is Status.INFEASIBLE
    expect(result.causes, "pin_unfit", rules=("consent",))


def test_a_skill_that_nobody_has():
    one = demand("D1", required_skills=(RequiredSkill(skill="optics", level=4),))
    expect(
        unserved(request([one], [provider("P1", skills=("optics",))])),
        "skill_missing",
        skill="optics",
        needed=4,
        found=3,
    )


def test_a_readiness_level_that_nobody_reaches():
    teams = [
        provider("P1", trl_range=TrlRange(min_level=1, max_level=4)),
        provider("P2", trl_range=TrlRange(min_level=9, max_level=9)),
    ]
    one = demand("D1", trl_now=3, trl_target=8)
    expect(unserved(request([one], teams)), "trl_unreached", needed=8, lowest=1, highest=9)


def test_a_lead_kind_that_nobody_is():
    rule = ConsortiumRule(min_members=1, max_members=2, lead_kind=ProviderKind.HOSPITAL)
    expect(
        unserved(request([demand("D1", consortium=rule)], [provider("P1")])),
        "lead_missing",
        kind="hospital",
    )


def test_skills_that_take_more_members_than_allowed():
    teams = [provider(f"P{skill}", skills=(skill,)) for skill in "abc"]
    asked = request([demand("D1", skills=("a", "b", "c"), members=2)], teams)
    expect(unserved(asked), "cover_too_large", needed=3, most=2)


def test_more_members_asked_for_than_there_are():
    rule = ConsortiumRule(min_members=2, max_members=3)
    asked = request([demand("D1", consortium=rule)], [provider("P1")])
    expect(unserved(asked), "members_few", needed=2, found=1)


def test_more_members_asked_for_than_a_consortium_has():
    rule = ConsortiumRule(min_members=4, max_members=5)
    asked = request([demand("D1", consortium=rule)], [provider(f"P{n}") for n in range(6)])
    expect(unserved(asked), "members_many", needed=4, found=3)


def test_members_that_all_exclude_each_other():
    teams = [
        provider("P1", skills=("a",), conflicts=Conflicts(orgs=("home of P2",))),
        provider("P2", skills=("b",)),
    ]
    asked = request([demand("D1", skills=("a", "b"), members=2)], teams)
    reasons = unserved(asked)
    expect(reasons, "partners_quarrel", demand="D1")
    assert "partners" in [one.params.get("rule") for one in reasons]


def test_nobody_ranked():
    asked = request([demand("D1")], [provider("P1")], {})
    expect(unserved(asked), "nobody_scored", demand="D1")


def test_nobody_consents():
    asked = request([demand("D1")], [provider("P1", consent=False)])
    expect(unserved(asked), "nobody_consents", count=1)


def test_nobody_is_free_in_time():
    asked = request(
        [demand("D1", duration_months=12)],
        [provider("P1", capacity=capacity(ends=date(2026, 6, 1)))],
    )
    expect(unserved(asked), "nobody_free", months=12)


def test_no_places_at_all():
    expect(unserved(request([demand("D1")], [provider("P1", places=0)])), "no_places", count=1)


def test_too_few_person_months_anywhere():
    one = demand("D1", members=2, person_months=20)
    asked = request([one], [provider("P1", months=9), provider("P2", months=5)])
    expect(unserved(asked), "months_short", needed=10, found=9)


def test_nobody_works_in_the_region():
    asked = request([demand("D1", region="north")], [provider("P1", regions=("south",))])
    expect(unserved(asked), "nobody_in_region", region="north")


def test_prices_in_another_currency():
    euro = Budget(min_minor=1, max_minor=2, currency="EUR")
    asked = request([demand("D1", budget=yuan(9))], [provider("P1", price_band=euro)])
    expect(unserved(asked), "currency_differs", count=1)


def test_everybody_is_banned():
    rules = Rules(bans=(Pair(demand_id="D1", provider_id="P1"),))
    expect(unserved(request([demand("D1")], [provider("P1")], rules=rules)), "all_banned", count=1)


def test_several_rules_that_each_keep_some_away():
    """No single rule is to blame: the counts say how many each one keeps away."""
    teams = [provider("P1", consent=False), provider("P2", places=0)]
    reasons = unserved(request([demand("D1")], teams))
    expect(reasons, "rules_together", scored=2, left=0)
    assert set(reasons[0].params["kept_away"]) == {"consent 1", "capacity 1"}


def pinned(*pairs: tuple[str, str]) -> Rules:
    """Return rules with pins."""
    return Rules(pins=tuple(Pair(demand_id=one, provider_id=other) for one, other in pairs))


def test_more_pins_than_members():
    rules = pinned(("D1", "P1"), ("D1", "P2"))
    result = solve(request([demand("D1")], [provider("P1"), provider("P2")], rules=rules))
    expect(result.causes, "pins_many", pins=2, most=1)
    assert len(result.relaxed) == 2


def test_pins_beyond_the_places_of_a_provider():
    rules = pinned(("D1", "P1"), ("D2", "P1"))
    asked = request([demand("D1"), demand("D2")], [provider("P1"), provider("P2")], rules=rules)
    result = solve(asked)
    assert result.status is Status.INFEASIBLE
    expect(result.causes, "pins_overbook", provider="P1", pins=2, places=1)
    assert len(result.plan) == 2


def test_pins_beyond_the_person_months_of_a_provider():
    rules = pinned(("D1", "P1"), ("D2", "P1"))
    demands = [demand(name, person_months=6) for name in ("D1", "D2")]
    asked = request(demands, [provider("P1", places=2, months=10)], rules=rules)
    expect(solve(asked).causes, "pins_months", needed=12, found=10)


def test_pins_to_two_competitors():
    rules = pinned(("D1", "P1"), ("D2", "P1"))
    demands = [demand(name, competitor_groups=("steel",)) for name in ("D1", "D2")]
    result = solve(request(demands, [provider("P1", places=2)], rules=rules))
    expect(result.causes, "pins_compete", provider="P1", demands=("D1", "D2"))


def test_pins_to_providers_that_exclude_each_other():
    rules = pinned(("D1", "P1"), ("D1", "P2"))
    teams = [provider("P1", conflicts=Conflicts(orgs=("home of P2",))), provider("P2")]
    result = solve(request([demand("D1", members=2)], teams, rules=rules))
    expect(result.causes, "pins_quarrel", demand="D1", providers=("P1", "P2"))


def test_a_floor_that_a_demand_cannot_reach():
    rules = Rules(floor_nano=NANO)
    result = solve(request([demand("D1")], [provider("P1")], rules=rules))
    assert result.status is Status.INFEASIBLE
    expect(result.causes, "floor_unreachable", demand="D1", floor="1", best="0.5")
    assert [one.code for one in result.relaxed] == ["floor_missed"]


def test_places_that_do_not_suffice_for_a_floor_everywhere():
    """Two demands, one place: one reaches the floor, the other is left, and both are said."""
    rules = Rules(floor_nano=NANO // 4)
    asked = request([demand("D1"), demand("D2")], [provider("P1")], rules=rules)
    result = solve(asked)
    assert result.status is Status.INFEASIBLE
    expect(result.causes, "places_short", demands=2, needed=2, found=1)
    assert [one.code for one in result.relaxed] == ["floor_unserved"]
    assert len(result.plan) == 1


def test_person_months_that_do_not_suffice_for_a_floor_everywhere():
    rules = Rules(floor_nano=NANO // 4)
    demands = [demand(name, person_months=8) for name in ("D1", "D2")]
    result = solve(request(demands, [provider("P1", places=2, months=10)], rules=rules))
    codes = [one.code for one in result.causes]
    assert codes == ["work_short", "not_all_at_once"]
    assert result.causes[1].params == {"demands": 2, "most": 1}


def test_demands_that_cannot_all_be_answered_at_once():
    """Sums suffice, but two demands share the one provider that has the skill."""
    rules = Rules(floor_nano=NANO // 4)
    demands = [demand(name, skills=("a",)) for name in ("D1", "D2")]
    scores = {"D1 P1": 0.5, "D2 P1": 0.5}
    teams = [provider("P1", skills=("a",), places=1), provider("P2", places=5)]
    result = solve(request(demands, teams, scores, rules=rules))
    assert result.causes[-1].code == "not_all_at_once"


def test_loads_bind_when_another_demand_holds_the_provider():
    """Each class is taken away alone: here only places held by others let the demand in."""
    scores = {"D1 P1": 0.9, "D2 P1": 0.3}
    asked = request([demand("D1"), demand("D2")], [provider("P1")], scores)
    reasons = unserved(asked, "D2")
    expect(reasons, "binding", rule="loads", score="0.3")
    assert reasons[1].code == "places_held"
    assert reasons[1].params["holders"] == ("D1",)


def test_competition_binds_when_the_provider_serves_a_rival():
    scores = {"D1 P1": 0.9, "D2 P1": 0.3}
    demands = [demand(name, competitor_groups=("steel",)) for name in ("D1", "D2")]
    reasons = unserved(request(demands, [provider("P1", places=2)], scores), "D2")
    expect(reasons, "binding", rule="competition")


def test_rules_that_bind_only_together_are_named_together():
    teams = [provider("P1", consent=False, places=0)]
    reasons = unserved(request([demand("D1")], teams))
    assert reasons[-1].code == "binding_together"
    assert set(reasons[-1].params["rules"]) == {"consent", "capacity"}


def test_a_score_that_charges_eat_up():
    rules = Rules(small_members=5, small_projects=0, overload_nano=NANO)
    teams = [provider("P1", members_count=2)]
    reasons = unserved(request([demand("D1")], teams, rules=rules))
    assert [one.code for one in reasons] == ["not_worth"]


def test_a_relaxed_plan_keeps_the_rules_that_were_not_dropped():
    rules = replace(
        pinned(("D1", "P1"), ("D1", "P2")), bans=(Pair(demand_id="D1", provider_id="P3"),)
    )
    teams = [provider(f"P{at}") for at in (1, 2, 3)]
    scores = {"D1 P1": 0.1, "D1 P2": 0.2, "D1 P3": 0.9}
    result = solve(request([demand("D1")], teams, scores, rules=rules))
    assert [team.members for team in result.plan] == [("P2",)]
