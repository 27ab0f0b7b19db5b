"""The greatest floor that all demands reach with consortia, and what each floor costs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from matching.technology.assignment.team_check import team_figures
from matching.technology.assignment.teams import Desk, Solved

STEPS_MAX = 16
PART = 200  # the bisection ends when floor and bound differ by less than this part of the bound


@dataclass(frozen=True, kw_only=True, eq=False)
class TeamFloor:
    """The fairest plan that was found.

    Parameters
    ----------
    solved
        The plan and its bound, for the floor `reached`.
    demands
        Those that count: the required ones, or, where not all can be served at once, those that the
        fullest plan serves.
    reached, bound
        Billionths: every demand of the plan reaches the first, in no plan do all reach more than
        the second.
    binding
        The demand whose own best consortium is the bound; empty when prices or a search are.
    searched
        Whether the bound rests on searches that came back without a plan, which prove nothing.
    """

    solved: Solved
    demands: frozenset[int]
    reached: int
    bound: int
    binding: str
    searched: bool


def greatest_team_floor(desk: Desk, required: frozenset[int]) -> TeamFloor | None:
    """Return the plan in which the worst off of some demands has most, by bisection.

    Parameters
    ----------
    required
        Demands that are to be served, each of which some consortium may answer.

    Returns
    -------
    None when no demand is served at all.
    """
    start = desk.solve(desk.goal(required, None))
    required = start.reached
    if not required:
        return None
    best = {at: desk.alone[at] or 0 for at in required}
    top = min(best.values())
    names = [desk.ground.demands[at].demand_id for at in sorted(required) if best[at] == top]
    found = TeamFloor(
        solved=start,
        demands=required,
        reached=_least(desk, start, required),
        bound=top,
        binding=names[0],
        searched=False,
    )
    asked = top
    for _ in range(STEPS_MAX):
        if found.bound - found.reached <= abs(found.bound) // PART or desk.clock.over():
            break
        goal = desk.goal(required, asked)
        step = desk.solve(goal)
        if step.reached == required:
            found = replace(found, solved=step, reached=_least(desk, step, required))
        else:
            proved = step.bound < goal.reward * len(required)
            searched = found.searched or not proved
            found = replace(found, bound=asked - 1, binding="", searched=searched)
        asked = (found.reached + found.bound + 1) // 2
    return found


def _least(desk: Desk, solved: Solved, required: frozenset[int]) -> int:
    reached = team_figures(desk.request, solved.plan).per_demand
    return min(reached[desk.ground.demands[at].demand_id] for at in required)


@dataclass(frozen=True, kw_only=True, eq=False)
class TeamPoint:
    """One point of the frontier: every demand at least `floor`.

    Parameters
    ----------
    floor, objective, minimum, bound
        Billionths of score. No plan with this floor is worth more than `bound`.
    cost, cost_least
        What the floor costs, as a share of the plan without one: by this plan, and at least.
    solved
        The plan and its prices.
    """

    floor: int
    objective: int
    minimum: int
    bound: int
    cost: float
    cost_least: float
    solved: Solved


def team_frontier(
    desk: Desk, required: frozenset[int], floors: Iterable[int]
) -> tuple[TeamPoint, ...]:
    """Return what each floor costs; a floor that no found plan keeps is left out.

    The desk's limits count for each point. The costs are shares of the best plan without a
    floor, in which demands may stay unserved.
    """
    desk.clock.restart()
    free = desk.solve(desk.goal((), None))
    whole = max(1, abs(free.worth))
    points = []
    for floor in floors:
        desk.clock.restart()
        goal = desk.goal(required, floor)
        solved = desk.solve(goal)
        if solved.reached != required:
            continue
        rewards = goal.reward * len(required)
        objective, bound = solved.worth - rewards, solved.bound - rewards
        point = TeamPoint(
            floor=floor,
            objective=objective,
            minimum=_least(desk, solved, required),
            bound=bound,
            cost=(free.worth - objective) / whole,
            cost_least=max(0.0, (free.worth - bound) / whole),
            solved=solved,
        )
        points.append(point)
    return tuple(points)
