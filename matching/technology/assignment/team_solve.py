"""Assign consortia to demands, with everything that is to be said about the result."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from matching.explain import Reason
from matching.limits import Limits
from matching.result import Status
from matching.technology.assignment.clock import Clock
from matching.technology.assignment.conflicts import collaboration_graph, worked_together
from matching.technology.assignment.ground import NOTHING
from matching.technology.assignment.request import Pair, Request
from matching.technology.assignment.team_causes import (
    decimal,
    floor_causes,
    rule_causes,
    sum_causes,
)
from matching.technology.assignment.team_check import (
    TeamFigures,
    team_figures,
    team_violations,
)
from matching.technology.assignment.team_plan import Consortium
from matching.technology.assignment.team_prices import Goal, TeamPrices
from matching.technology.assignment.team_reasons import Standing, unserved_reasons
from matching.technology.assignment.teams import Desk, Solved


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternate:
    """Who answers a demand, beside the rest of the plan, if one member drops out.

    Parameters
    ----------
    missing
        The member that drops out.
    instead
        The best consortium without it; None when there is none.
    score
        Its members' scores, billionths; 0 without one.
    """

    missing: str
    instead: Consortium | None
    score: int


@dataclass(frozen=True, kw_only=True, eq=False)
class TeamResult:
    """A plan of consortia with what is proved about it.

    Parameters
    ----------
    status
        Of the request as it was asked. When it is INFEASIBLE, the plan is the relaxed one.
    request
        What the plan keeps: the request as asked, or without the pins that were dropped.
    plan
        One consortium per answered demand, by demand id.
    bound
        No plan that keeps as many required demands at their floor has a greater objective,
        billionths.
    price_bound
        The same as the prices alone prove it; never below `bound`.
    goal, prices
        `team_prices.plan_bound` recomputes the price bound from them.
    searched
        Whether `bound` rests on a tree search.
    causes
        Why the request cannot be kept; empty when it is kept.
    relaxed
        What was given up to get a plan.
    unserved
        Per demand without an answer: causes and binding rules.
    alternates, partners
        Per answered demand: replacements by member, and members that worked together before.
    stopped_by
        What cut a search short: "seconds", "work" or "cancelled"; "end" when nothing did.
    """

    status: Status
    request: Request
    floor: int | None
    plan: tuple[Consortium, ...]
    bound: int
    price_bound: int
    goal: Goal
    prices: TeamPrices
    searched: bool
    causes: tuple[Reason, ...]
    relaxed: tuple[Reason, ...]
    unserved: Mapping[str, tuple[Reason, ...]]
    alternates: Mapping[str, tuple[Alternate, ...]]
    partners: Mapping[str, tuple[tuple[str, str], ...]]
    stopped_by: str
    seconds: float

    @property
    def figures(self) -> TeamFigures:
        """What the plan is worth, recomputed."""
        return team_figures(self.request, self.plan)

    @property
    def gap(self) -> float:
        """How far below the bound the objective is, as a share of the bound."""
        objective = self.figures.objective
        return (self.bound - objective) / abs(self.bound) if self.bound else float(objective != 0)


def assign_teams(
    request: Request,
    *,
    limits: Limits,
    alternates: bool = True,
    cancelled: Callable[[], bool] | None = None,
) -> TeamResult:
    """Return the best plan of consortia that is found, and what bounds it.

    Parameters
    ----------
    limits
        For all searches together; `work` counts the nodes of search trees. Reasons and alternates
        come on top.
    alternates
        Whether to look for replacements of each member.
    cancelled
        Asked now and then, from this thread: when it says yes, the best plan so far is returned.

    Notes
    -----
    A floor is asked of every demand that some consortium may answer. Where floors or pins cannot
    all be kept, as many demands as possible keep them; pins that cannot be kept are dropped.
    """
    desk = Desk(request, clock=Clock(limits, cancelled))
    causes = rule_causes(desk.ground)
    pinned = frozenset(desk.ground.demand_position[name] for name in desk.ground.pins)
    desk, relaxed, solved, goal = _solve(desk, pinned)
    floor = request.rules.floor_nano
    if floor is not None:
        causes += floor_causes(desk.ground, desk.alone, floor)
    missed = tuple(_missed(desk, solved))
    proved = bool(causes)
    if (missed or relaxed) and not proved:
        causes += sum_causes(desk.ground, goal.required)
        most = solved.bound // goal.reward
        if most < len(goal.required):
            found = {"demands": len(goal.required), "most": most}
            causes += (Reason(code="not_all_at_once", params=found),)
        proved = bool(causes)
        causes = causes or (Reason(code="not_all_found", params={"demands": len(missed)}),)
    net = goal.reward * len(solved.reached)
    if found_broken := team_violations(desk.request, solved.plan):
        raise RuntimeError(f"the plan breaks a rule, a fault of the program: {found_broken[0]}")
    result = TeamResult(
        status=Status.OPTIMAL,
        request=desk.request,
        floor=floor,
        plan=solved.plan,
        bound=solved.bound - net,
        price_bound=solved.price_bound - net,
        goal=goal,
        prices=solved.prices,
        searched=solved.searched,
        causes=causes,
        relaxed=(*relaxed, *missed),
        unserved={},
        alternates={},
        partners={},
        stopped_by=desk.clock.stopped_by,
        seconds=desk.clock.elapsed_seconds,
    )
    status = _status(result, proved=proved, kept=not (missed or relaxed or causes))
    return _explained(replace(result, status=status), desk, alternates=alternates)


def _status(result: TeamResult, *, proved: bool, kept: bool) -> Status:
    if not kept:
        return Status.INFEASIBLE if proved else Status.NO_SOLUTION_FOUND
    return Status.OPTIMAL if result.figures.objective >= result.bound else Status.FEASIBLE


def _solve(desk: Desk, pinned: frozenset[int]) -> tuple[Desk, tuple[Reason, ...], Solved, Goal]:
    """Solve; when pinned demands stay unanswered, drop their pins and solve again."""
    goal = _goal(desk, pinned)
    solved = desk.solve(goal)
    answered = {team.demand_id for team in solved.plan}
    lost = [at for at in sorted(pinned) if desk.ground.demands[at].demand_id not in answered]
    if not lost:
        return desk, (), solved, goal
    names = {desk.ground.demands[at].demand_id for at in lost}
    rules = desk.request.rules
    dropped = [pin for pin in rules.pins if pin.demand_id in names]
    kept = tuple(pin for pin in rules.pins if pin.demand_id not in names)
    second = Desk(replace(desk.request, rules=replace(rules, pins=kept)), clock=desk.clock)
    goal = _goal(second, pinned - frozenset(lost))
    relaxed = tuple(_dropped(pin) for pin in dropped)
    return second, relaxed, second.solve(goal), goal


def _goal(desk: Desk, pinned: frozenset[int]) -> Goal:
    """Return the goal: pinned demands are answered; with a floor, all reach it that can alone."""
    floor = desk.request.rules.floor_nano
    required = pinned & desk.answerable
    if floor is not None:
        able = (at for at in desk.answerable if (desk.alone[at] or 0) >= floor)
        required = frozenset(able)
    return desk.goal(required, floor)


def _dropped(pin: Pair) -> Reason:
    params = {"demand": pin.demand_id, "provider": pin.provider_id}
    return Reason(code="pin_dropped", params=params)


def _missed(desk: Desk, solved: Solved) -> Iterator[Reason]:
    """Yield the demands that were to reach a floor and do not."""
    floor = desk.request.rules.floor_nano
    if floor is None:
        return
    reached = team_figures(desk.request, solved.plan).per_demand
    for at in sorted(desk.answerable - solved.reached):
        name = desk.ground.demands[at].demand_id
        got = reached.get(name)
        if got is None:
            yield Reason(code="floor_unserved", params={"demand": name, "floor": decimal(floor)})
        else:
            params = {"demand": name, "floor": decimal(floor), "got": decimal(got)}
            yield Reason(code="floor_missed", params=params)


def _explained(result: TeamResult, desk: Desk, *, alternates: bool) -> TeamResult:
    """Add reasons, alternates and earlier collaborations."""
    ground = desk.ground
    standing = Standing(ground, result.plan, floor=None)
    answered = {team.demand_id: team for team in result.plan}
    together = collaboration_graph(ground.request.problem)
    return replace(
        result,
        unserved={
            demand.demand_id: unserved_reasons(standing, at)
            for at, demand in enumerate(ground.demands)
            if demand.demand_id not in answered
        },
        alternates={
            name: tuple(_alternates(desk, standing, team))
            for name, team in answered.items()
            if alternates
        },
        partners={
            name: pairs
            for name, team in answered.items()
            if (pairs := worked_together(together, team.members))
        },
    )


def _alternates(desk: Desk, standing: Standing, team: Consortium) -> Iterator[Alternate]:
    """Yield, per member, the best consortium without it beside the rest of the plan."""
    ground = desk.ground
    at = ground.demand_position[team.demand_id]
    beside = standing.without(team)
    pinned = ground.pins.get(team.demand_id, ())
    for member in team.members:
        if member in pinned:
            yield Alternate(missing=member, instead=None, score=0)
            continue
        found = beside.best(at, NOTHING, ban=frozenset({ground.position[member]}))
        if found is None:
            yield Alternate(missing=member, instead=None, score=0)
            continue
        score = int(ground.request.scores[list(found.members), at].sum())
        instead = desk.consortium(at, found.members)
        yield Alternate(missing=member, instead=instead, score=score)
