"""The independent check of a plan of consortia: every rule, read anew from the problem itself.

Nothing here comes from the optimiser: neither its arrays nor its graphs nor its search. Two people
with the specification at hand would write the same.
"""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from unicodedata import normalize

from matching.technology.assignment.request import Pair, Request
from matching.technology.assignment.team_plan import Consortium
from matching.technology.problem import Demand, Provider

MEMBERS_MAX = 3
TRL_GAP_MAX = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamViolation:
    """One broken rule: its code, the demand and provider that it is about, and numbers if any."""

    code: str
    demand_id: str = ""
    provider_id: str = ""
    expected: str = ""
    got: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamFigures:
    """What a plan is worth, recomputed; amounts are billionths of score.

    Parameters
    ----------
    total
        Sum of all members' scores.
    objective
        The total less the charges for members and for overload.
    per_demand
        Sum of the members' scores, of the answered demands.
    minimum
        The least of these; 0 without any.
    overload
        Projects of small teams beyond what they take on without.
    loads
        Projects of each provider that has any.
    """

    total: int
    objective: int
    minimum: int
    overload: int
    per_demand: dict[str, int]
    loads: dict[str, int]


def team_figures(request: Request, plan: Sequence[Consortium]) -> TeamFigures:
    """Return what a plan is worth."""
    rules, problem = request.rules, request.problem
    row = {one.provider_id: at for at, one in enumerate(problem.providers)}
    column = {one.demand_id: at for at, one in enumerate(problem.demands)}
    loads: dict[str, int] = defaultdict(int)
    per_demand, beyond_first = {}, 0
    for team in plan:
        at = column[team.demand_id]
        per_demand[team.demand_id] = sum(int(request.scores[row[m], at]) for m in team.members)
        beyond_first += len(team.members) - 1
        for member in team.members:
            loads[member] += 1
    overload = sum(
        max(0, load - rules.small_projects)
        for name, load in loads.items()
        if problem.providers[row[name]].members_count <= rules.small_members
    )
    total = sum(per_demand.values())
    return TeamFigures(
        total=total,
        objective=total - rules.member_nano * beyond_first - rules.overload_nano * overload,
        minimum=min(per_demand.values(), default=0),
        overload=overload,
        per_demand=per_demand,
        loads=dict(loads),
    )


def team_violations(
    request: Request, plan: Sequence[Consortium], *, floor: int | None = None
) -> list[TeamViolation]:
    """Return every rule that a plan breaks; empty for a valid plan.

    Parameters
    ----------
    floor
        Billionths that the members' scores of every answered demand must sum to.
    """
    demands = {one.demand_id: one for one in request.problem.demands}
    providers = {one.provider_id: one for one in request.problem.providers}
    found = list(_unknown(demands, providers, plan))
    if found:
        return found
    bans = set(request.rules.bans)
    for team in plan:
        demand = demands[team.demand_id]
        members = [providers[name] for name in team.members]
        found += _of_team(demand, members, team)
        for member in members:
            for code in _of_pair(request.problem.today, demand, member, len(members)):
                found.append(_about(code, demand, member))
            if Pair(demand_id=demand.demand_id, provider_id=member.provider_id) in bans:
                found.append(_about("ban", demand, member))
    found += _scores(request, plan, floor)
    found += _pins(request, plan)
    found += _shared(demands, providers, plan)
    return found


def _unknown(
    demands: dict[str, Demand], providers: dict[str, Provider], plan: Sequence[Consortium]
) -> Iterator[TeamViolation]:
    answered: set[str] = set()
    for team in plan:
        if team.demand_id not in demands:
            yield TeamViolation(code="unknown-demand", demand_id=team.demand_id)
        if team.demand_id in answered:
            yield TeamViolation(code="twice", demand_id=team.demand_id)
        answered.add(team.demand_id)
        for name in team.members:
            if name not in providers:
                yield TeamViolation(code="unknown-provider", provider_id=name)


def _of_team(
    demand: Demand, members: Sequence[Provider], team: Consortium
) -> Iterator[TeamViolation]:
    """Yield what a consortium breaks as a whole."""
    rule, count = demand.consortium, len(members)
    most = min(rule.max_members, MEMBERS_MAX)
    if not rule.min_members <= count <= most:
        allowed = f"{rule.min_members}..{most}"
        yield TeamViolation(
            code="size", demand_id=demand.demand_id, expected=allowed, got=str(count)
        )
    lead = next(one for one in members if one.provider_id == team.lead)
    if rule.lead_kind is not None and lead.kind is not rule.lead_kind:
        yield _about("lead", demand, lead)
    for skill in demand.required_skills:
        level = max(_level(one, skill.skill) for one in members)
        if skill.must and level < skill.level:
            yield TeamViolation(
                code="skill",
                demand_id=demand.demand_id,
                expected=f"{skill.skill} {skill.level}",
                got=str(level),
            )
    if demand.budget is not None:
        asked = sum(one.price_band.min_minor for one in members if one.price_band is not None)
        if asked > demand.budget.max_minor:
            most_minor = str(demand.budget.max_minor)
            yield TeamViolation(
                code="budget", demand_id=demand.demand_id, expected=most_minor, got=str(asked)
            )
    for one, other in combinations(members, 2):
        if _shuns(one, other) or _shuns(other, one):
            yield TeamViolation(
                code="partners",
                demand_id=demand.demand_id,
                provider_id=one.provider_id,
                got=other.provider_id,
            )


def _of_pair(today: date, demand: Demand, one: Provider, count: int) -> Iterator[str]:
    """Yield the codes of what a member of a consortium of so many breaks by itself."""
    if not one.consent:
        yield "consent"
    yield from _conflicts(demand, one)
    if demand.trl_target is not None and one.trl_range is not None:
        lacks = demand.trl_target - one.trl_range.max_level
        if lacks > TRL_GAP_MAX or one.trl_range.min_level > demand.trl_target:
            yield "trl"
    yield from _time_and_work(today, demand, one, count)
    if demand.region and one.regions and demand.region not in one.regions:
        yield "region"
    pays, asks = demand.budget, one.price_band
    if pays is not None and asks is not None and pays.currency != asks.currency:
        yield "currency"


def _time_and_work(today: date, demand: Demand, one: Provider, count: int) -> Iterator[str]:
    starts = today if one.capacity is None else max(today, one.capacity.starts)
    ends = _months_later(starts, demand.duration_months)
    if demand.deadline is not None and ends > demand.deadline:
        yield "deadline"
    if one.capacity is None:
        return
    if ends > one.capacity.ends:
        yield "window"
    if one.capacity.slots < 1:
        yield "places"
    if -(-demand.person_months // count) > one.capacity.person_months:
        yield "months"


def _conflicts(demand: Demand, one: Provider) -> Iterator[str]:
    if one.org_id == demand.owner_org:
        yield "own-organisation"
    if one.org_id in demand.excluded_orgs:
        yield "excluded-organisation"
    if demand.owner_org in one.conflicts.orgs:
        yield "conflict-organisation"
    if set(demand.persons_hash) & {*one.persons_hash, *one.conflicts.persons_hash}:
        yield "conflict-person"
    if set(demand.competitor_groups) & set(one.conflicts.competitor_groups):
        yield "conflict-competitor"


def _scores(
    request: Request, plan: Sequence[Consortium], floor: int | None
) -> Iterator[TeamViolation]:
    problem = request.problem
    row = {one.provider_id: at for at, one in enumerate(problem.providers)}
    column = {one.demand_id: at for at, one in enumerate(problem.demands)}
    for team in plan:
        at = column[team.demand_id]
        for name in team.members:
            if not request.scored[row[name], at]:
                yield TeamViolation(code="score", demand_id=team.demand_id, provider_id=name)
        reached = sum(int(request.scores[row[name], at]) for name in team.members)
        if floor is not None and reached < floor:
            yield TeamViolation(
                code="floor", demand_id=team.demand_id, expected=str(floor), got=str(reached)
            )


def _pins(request: Request, plan: Sequence[Consortium]) -> Iterator[TeamViolation]:
    chosen = {Pair(demand_id=t.demand_id, provider_id=m) for t in plan for m in t.members}
    for pin in request.rules.pins:
        if pin not in chosen:
            yield TeamViolation(code="pin", demand_id=pin.demand_id, provider_id=pin.provider_id)


def _shared(
    demands: dict[str, Demand], providers: dict[str, Provider], plan: Sequence[Consortium]
) -> Iterator[TeamViolation]:
    """Yield what the projects of a provider break together."""
    projects: dict[str, list[Consortium]] = defaultdict(list)
    for team in plan:
        for name in team.members:
            projects[name].append(team)
    for name, teams in sorted(projects.items()):
        one = providers[name]
        places = 1 if one.capacity is None else one.capacity.slots
        if len(teams) > places:
            got = str(len(teams))
            yield TeamViolation(
                code="places-together", provider_id=name, expected=str(places), got=got
            )
        if one.capacity is not None:
            months = sum(-(-demands[t.demand_id].person_months // len(t.members)) for t in teams)
            if months > one.capacity.person_months:
                most = str(one.capacity.person_months)
                yield TeamViolation(
                    code="months-together", provider_id=name, expected=most, got=str(months)
                )
        for first, second in combinations(teams, 2):
            if _compete(demands[first.demand_id], demands[second.demand_id]):
                yield TeamViolation(
                    code="competitors",
                    demand_id=first.demand_id,
                    provider_id=name,
                    got=second.demand_id,
                )


def _compete(one: Demand, other: Demand) -> bool:
    shared = set(one.competitor_groups) & set(other.competitor_groups)
    return one.owner_org != other.owner_org and bool(shared)


def _shuns(one: Provider, other: Provider) -> bool:
    """Tell whether a provider must not work with another's organisation or people."""
    persons = set(one.conflicts.persons_hash) & set(other.persons_hash)
    return other.org_id in one.conflicts.orgs or bool(persons)


def _level(one: Provider, skill: str) -> int:
    wanted = _same(skill)
    return max((has.level for has in one.skills if _same(has.skill) == wanted), default=0)


def _same(name: str) -> str:
    return " ".join(normalize("NFKC", name).casefold().split())


def _months_later(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    if year >= date.max.year:
        return date.max
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _about(code: str, demand: Demand, one: Provider) -> TeamViolation:
    return TeamViolation(code=code, demand_id=demand.demand_id, provider_id=one.provider_id)
