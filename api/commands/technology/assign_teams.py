"""`parkloom technology assign` without `--scores`: consortia for demands."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from api.commands.frame import BadInput, Report, facts, interruptible, opened, table
from api.commands.rejects import require_value
from api.commands.technology.assign_matrix import STOPPED, check_language, show_reasons
from api.services import technology, technology_learning
from api.services.technology_assignment import assignment_body, request_from_ranking
from data.exporters.files import write_bytes
from data.importers.technology_lines import read_demands, read_providers
from matching.limits import Limits
from matching.technology.assignment.clock import Clock
from matching.technology.assignment.request import Pair, Request, Rules, request_of
from matching.technology.assignment.team_causes import decimal
from matching.technology.assignment.team_fairness import (
    TeamPoint,
    greatest_team_floor,
    team_frontier,
)
from matching.technology.assignment.team_solve import TeamResult, assign_teams
from matching.technology.assignment.teams import Desk
from matching.technology.problem import Problem
from matching.technology.relevance.scorer import Weights, fit

NANO = 10**9
UNSERVED_SHOWN = 5
PLAN_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The options of a call, as they were given."""

    demands: Path | None
    providers: Path | None
    ranking: Path | None
    candidates: int
    pins: tuple[str, ...]
    bans: tuple[str, ...]
    min_score: float | None
    small_members: int
    overload: float
    member_charge: float
    fair: bool
    frontier: int
    lang: str


def run(asked: Asked, out: Path, limits: Limits, report: Report) -> None:
    """Solve, write and show; raises BadInput for what makes no request."""
    check_language(asked.lang)
    request = _request(asked, *_problem(asked, report))
    if not request.problem.demands:
        raise BadInput("There is no open demand: import or open one first.")
    (result, fairest, points), stopped = interruptible(
        lambda cancelled: _solved(request, Clock(limits, cancelled), asked)
    )
    if stopped:
        report.note(STOPPED)
    write_bytes(out, plan_table(result))
    _show(result, report, lang=asked.lang)
    _show_frontier(points, report)
    report.line(f"Wrote {out}")
    body = assignment_body(result, lang=asked.lang) | fairest
    if points:
        body["frontier"] = [_point(point) for point in points]
    report.result(body | {"seconds": round(result.seconds, 3), "out": str(out)})


def _solved(
    request: Request, clock: Clock, asked: Asked
) -> tuple[TeamResult, dict[str, Any], tuple[TeamPoint, ...]]:
    """Return the plan, the greatest floor as `--json` prints it, and the frontier."""
    fairest: dict[str, Any] = {}
    points: tuple[TeamPoint, ...] = ()
    if asked.fair or asked.frontier:
        desk = Desk(request, clock=clock)
        found = greatest_team_floor(desk, desk.answerable)
        if found is not None:
            fairest = {
                "greatest_floor": decimal(found.reached),
                "greatest_floor_bound": decimal(found.bound),
                "greatest_floor_demands": len(found.demands),
            }
            points = _points(desk, found.demands, found.reached, asked.frontier)
        if found is not None and asked.fair:
            rules = replace(request.rules, floor_nano=found.reached)
            request = replace(request, rules=rules)
    result = assign_teams(request, limits=clock.limits, cancelled=clock.stopped)
    return result, fairest, points


def _problem(asked: Asked, report: Report) -> tuple[Problem, Weights | None]:
    """Return what the files hold, or what is stored with the weights in force."""
    if asked.demands is None and asked.providers is None:
        with opened() as workspace:
            return technology.problem(workspace), technology_learning.weights(workspace)
    if asked.demands is None or asked.providers is None:
        raise BadInput("--demands and --providers go together: give both or neither.")
    problem = Problem(
        today=datetime.now(tz=UTC).date(),
        demands=require_value(read_demands(asked.demands), report, document=str(asked.demands)),
        providers=require_value(
            read_providers(asked.providers), report, document=str(asked.providers)
        ),
    )
    return problem, None


def _request(asked: Asked, problem: Problem, weights: Weights | None) -> Request:
    try:
        rules = Rules(
            pins=tuple(_pair(text, "--pin") for text in asked.pins),
            bans=tuple(_pair(text, "--ban") for text in asked.bans),
            floor_nano=None if asked.min_score is None else round(asked.min_score * NANO),
            small_members=asked.small_members,
            overload_nano=round(asked.overload * NANO),
            member_nano=round(asked.member_charge * NANO),
        )
        if asked.ranking is not None:
            return request_of(problem, read_ranking(asked.ranking), rules=rules)
        scorer = (
            fit(problem.providers, today=problem.today, weights=weights)
            if problem.providers
            else None
        )
        return request_from_ranking(
            problem, rules=rules, candidates=asked.candidates, scorer=scorer
        )
    except (ValueError, OverflowError) as wrong:
        raise BadInput(f"The call makes no request: {wrong}.") from None


def _pair(text: str, option: str) -> Pair:
    demand, colon, provider = text.partition(":")
    if not (colon and demand and provider):
        raise BadInput(f"{option} {text}: expected DEMAND:PROVIDER, such as D1:P7.")
    return Pair(demand_id=demand, provider_id=provider)


def read_ranking(path: Path) -> dict[tuple[str, str], int]:
    """Return the scores of a ranking, billionths, by (demand, provider). Raises BadInput."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            wanted = {"query_id", "target_id", "score"}
            if not wanted <= set(rows.fieldnames or ()):
                raise BadInput(f"{path}: expected the columns query_id, target_id, score.")
            return {
                (row["query_id"], row["target_id"]): round(float(row["score"]) * NANO)
                for row in rows
            }
    except (OSError, UnicodeDecodeError, ValueError, TypeError, OverflowError) as wrong:
        raise BadInput(f"{path}: not a ranking as `technology rank` writes it ({wrong}).") from None


def _points(desk: Desk, demands: frozenset[int], most: int, count: int) -> tuple[TeamPoint, ...]:
    if not count:
        return ()
    floors = sorted({most * (at + 1) // count for at in range(count)})
    return team_frontier(Desk(desk.request, clock=desk.clock), demands, floors)


def plan_table(result: TeamResult) -> bytes:
    """Return the plan with a header: a line per member, its role and its score."""
    scores = result.request.scores
    row = {one.provider_id: at for at, one in enumerate(result.request.problem.providers)}
    column = {one.demand_id: at for at, one in enumerate(result.request.problem.demands)}
    lines = ["demand_id\tprovider_id\trole\tscore"]
    for team in result.plan:
        for name in team.members:
            role = "lead" if name == team.lead else "member"
            score = decimal(int(scores[row[name], column[team.demand_id]]))
            lines.append(f"{team.demand_id}\t{name}\t{role}\t{score}")
    return ("\n".join(lines) + "\n").encode()


def _short(nano: int) -> str:
    """Write billionths for people; files and --json have all digits."""
    return f"{nano / NANO:,.4f}"


def _show(result: TeamResult, report: Report, *, lang: str) -> None:
    found, demands = result.figures, len(result.request.problem.demands)
    by = "the tree search" if result.searched else "prices, recomputed"
    rows = [
        ("status", result.status.value),
        ("answered", f"{len(result.plan)} of {demands} demands"),
        ("total", _short(found.total)),
        ("objective", _short(found.objective)),
        ("minimum", _short(found.minimum)),
        ("bound", f"{_short(result.bound)} (by {by})"),
        ("gap", f"{100 * result.gap:.3f} %"),
        ("seconds", f"{result.seconds:.2f}"),
    ]
    report.show(facts(rows))
    made = table("Consortia", columns=[("demand", "left"), ("members", "left"), ("score", "right")])
    for team in result.plan[:PLAN_SHOWN]:
        names = [f"{name} (lead)" if name == team.lead else name for name in team.members]
        score = _short(found.per_demand[team.demand_id])
        made.add_row(team.demand_id, ", ".join(names), score)
    report.show(made)
    if len(result.plan) > PLAN_SHOWN:
        report.line(f"... and {len(result.plan) - PLAN_SHOWN} more in the file.")
    show_reasons([*result.causes, *result.relaxed], report, lang=lang)
    unserved = sorted(result.unserved.items())
    for _, reasons in unserved[:UNSERVED_SHOWN]:
        show_reasons(reasons, report, lang=lang)
    if len(unserved) > UNSERVED_SHOWN:
        report.line(f"... {len(unserved) - UNSERVED_SHOWN} more unserved demands; --json has all.")


def _point(point: TeamPoint) -> dict[str, Any]:
    return {
        "floor": decimal(point.floor),
        "objective": decimal(point.objective),
        "minimum": decimal(point.minimum),
        "bound": decimal(point.bound),
        "cost": point.cost,
        "cost_least": point.cost_least,
    }


def _show_frontier(points: Sequence[TeamPoint], report: Report) -> None:
    if not points:
        return
    names = ("every demand at least", "objective", "bound", "costs")
    made = table("Frontier", columns=[(name, "right") for name in names])
    for point in points:
        cost = f"{100 * point.cost:.3f} %"
        made.add_row(_short(point.floor), _short(point.objective), _short(point.bound), cost)
    report.show(made)
    report.line("costs = (objective without a floor - objective) / objective without a floor")
