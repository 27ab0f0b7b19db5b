"""`parkloom whatif`: scenarios side by side, or what local work, carbon and fairness cost."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import RenderableType

from api.commands.frame import (
    BadInput,
    JsonFlag,
    Report,
    facts,
    make_out_folder,
    percent,
    reporting,
    table,
)
from api.commands.match import limit_seconds
from api.commands.plans import solving_bar
from api.commands.rejects import require_value
from api.commands.standing import FolderArgument, RulesOption, read_problem
from data.exporters.files import write_bytes
from data.exporters.front_chart import front_chart
from data.exporters.plan import write_plan
from data.importers.scenarios import read_scenarios
from ledger.values.money import format_minor
from matching.capacity import CapacityResult, Problem, solve
from matching.capacity.pareto import Front, Point, front
from matching.capacity.scenarios import Outcome, Scenario, compare
from matching.explain import render
from matching.limits import Limits

app = typer.Typer(add_completion=False)

SECONDS = 20.0  # of each solve when nothing is said
OTHER = {
    Front.LOCAL: "local share",
    Front.CARBON: "carbon, t",
    Front.FAIRNESS: "largest share",
}
WEIGHT = {
    Front.LOCAL: "bonus, CNY/h",
    Front.CARBON: "CNY per kg",
    Front.FAIRNESS: "most allowed",
}


@app.command()
def whatif(
    folder: FolderArgument,
    scenarios: Annotated[
        Path | None, typer.Argument(help="JSON file of scenarios; not with --pareto.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for comparison.json or front.json, and plans.")
    ] = None,
    pareto: Annotated[
        Front | None, typer.Option(help="Trace value against this in place of scenarios.")
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(min=0.1, help="Seconds of each solve; 20 without --work.")
    ] = None,
    work: Annotated[
        int | None, typer.Option(min=0, help="Units of work of each solve: repeatable.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of all randomness.")] = 1,
    keep: Annotated[
        int | None, typer.Option(min=0, help="Fen that changing an order of the base plan costs.")
    ] = None,
    *,
    rules: RulesOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Solve FOLDER as it is and in every scenario, with the same limits and seed, side by side."""
    with reporting(as_json=as_json) as report:
        if (scenarios is None) == (pareto is None):
            raise BadInput("Give either a file of scenarios or --pareto.")
        problem = read_problem(folder, rules, report)
        limits = Limits(seconds=limit_seconds(seconds, work), work=work, seed=seed)
        if seconds is None and work is None:
            limits = replace(limits, seconds=SECONDS)
        asked: tuple[Scenario, ...] = ()
        if scenarios is not None:
            asked = require_value(
                read_scenarios(scenarios, problem), report, document=str(scenarios)
            )
        if out is not None:
            make_out_folder(out)
        if pareto is not None:
            _front(problem, pareto, limits, out, report)
        else:
            solver = _Solver(report)
            found = compare(problem, asked, limits, solver=solver, keep_penalty_fen=keep)
            _scenarios(found, out, report)


class _Solver:
    """Solves with a progress bar on standard error."""

    def __init__(self, report: Report) -> None:
        self._report = report

    def __call__(self, problem: Problem, limits: Limits) -> CapacityResult:
        with solving_bar(self._report.err) as show:
            return solve(problem, limits, on_progress=show)


def _scenarios(found: Sequence[Outcome], out: Path | None, report: Report) -> None:
    told = {"scenarios": [outcome_json(one) for one in found]}
    if out is not None:
        _write_json(out / "comparison.json", told)
        for number, one in enumerate(found):
            write_plan(out / f"plan-{number}.csv", one.result.plan)
    report.show(_money_table(found), _work_table(found), *_causes(found))
    if out is not None:
        report.line(f"Wrote comparison.json and a plan for each scenario to {out}")
    report.result(told)


def _money_table(found: Sequence[Outcome]) -> RenderableType:
    made = table(
        "Scenarios, in CNY",
        columns=[
            ("scenario", "left"),
            ("objective", "right"),
            ("change", "right"),
            ("value", "right"),
            ("bound", "right"),
            ("gap", "right"),
        ],
    )
    base = found[0].report.objective_fen or 0
    for one in found:
        objective = one.report.objective_fen
        if objective is None or one.result.bound_fen is None:
            made.add_row(one.name, one.result.status.value, "-", "-", "-", "-")
            continue
        change = "-" if one is found[0] else f"{(objective - base) / 100:+,.0f}"
        amounts = (f"{fen / 100:,.0f}" for fen in (one.value_fen, one.result.bound_fen))
        made.add_row(one.name, f"{objective / 100:,.0f}", change, *amounts, percent(one.result.gap))
    return made


def _work_table(found: Sequence[Outcome]) -> RenderableType:
    made = table(
        "What is made",
        columns=[
            ("scenario", "left"),
            ("served", "right"),
            ("changed", "right"),
            ("use", "right"),
            ("local", "right"),
            ("carbon, t", "right"),
            ("late weeks", "right"),
        ],
    )
    for one in found:
        local = one.local_share
        made.add_row(
            one.name,
            f"{len(one.report.served)} of {len(one.problem.orders)}",
            "-" if one is found[0] else str(len(one.changed)),
            percent(one.report.utilisation),
            percent(None if local is None else float(local)),
            f"{one.report.carbon_g / 1e6:,.2f}",
            f"{one.report.tardy_weeks:,}",
        )
    return made


def _causes(found: Sequence[Outcome]) -> list[str]:
    """Return why there is no plan, for each scenario without one."""
    return [f"{one.name}: {render(cause)}" for one in found for cause in one.result.causes]


def outcome_json(one: Outcome) -> dict[str, Any]:
    """Return what `--json` prints of a scenario."""
    result, report, local = one.result, one.report, one.local_share
    return {
        "name": one.name,
        "status": result.status.value,
        "causes": [{"code": cause.code, "params": dict(cause.params)} for cause in result.causes],
        "orders": len(one.problem.orders),
        "served": len(report.served),
        "changed": list(one.changed),
        "value_fen": one.value_fen,
        "objective_fen": report.objective_fen,
        "upper_bound_fen": result.bound_fen,
        "gap": None if result.objective_fen is None else result.gap,
        "utilisation": report.utilisation,
        "local_share": None if local is None else float(local),
        "carbon_g": report.carbon_g,
        "tardy_weeks": report.tardy_weeks,
        "seed": result.seed,
        "problem_sha256": one.problem.digest,
    }


def _front(problem: Problem, kind: Front, limits: Limits, out: Path | None, report: Report) -> None:
    points = front(problem, kind, limits, solver=_Solver(report))
    if not points:
        raise BadInput("--pareto: no plan that meets the rules was found; match them first.")
    told = {"against": kind.value, "points": [point_json(point) for point in points]}
    made = table(
        f"Value against {OTHER[kind]}, in CNY: points that no other beats",
        columns=[
            (WEIGHT[kind], "right"),
            ("value", "right"),
            (OTHER[kind], "right"),
            ("no plan above", "right"),
            ("served", "right"),
        ],
    )
    for point in points:
        made.add_row(
            _weight(point.weight, kind),
            format_minor(point.value_fen, "CNY").removeprefix("CNY "),
            f"{float(point.other) / 1e6:,.3f}"
            if kind is Front.CARBON
            else percent(float(point.other)),
            format_minor(point.bound_fen, "CNY").removeprefix("CNY "),
            str(point.served),
        )
    report.show(made, facts([("no plan above", MEANINGS[kind])]))
    if out is not None:
        _write_json(out / "front.json", told)
        scale = 1e-6 if kind is Front.CARBON else 100
        drawn = [(float(p.other) * scale, p.value_fen, p.bound_fen) for p in points]
        svg = front_chart(drawn, kind=kind.value)
        write_bytes(out / "front.svg", svg.encode("utf-8"))
        for number, point in enumerate(points):
            write_plan(out / f"plan-{number}.csv", point.plan)
        report.line(f"Wrote front.json, front.svg and a plan for each point to {out}")
    report.result(told)


MEANINGS = {
    Front.LOCAL: "of the plans with at least this point's local bonus at this rate",
    Front.CARBON: "of the plans that emit at most as much carbon",
    Front.FAIRNESS: "of the plans in which no enterprise has a greater share",
}


def _weight(weight: Fraction, kind: Front) -> str:
    if kind is Front.FAIRNESS:
        return percent(float(weight) / 10_000)
    return f"{float(weight) / 100:,.2f}"


def point_json(point: Point) -> dict[str, Any]:
    """Return what `--json` prints of a point of a front."""
    return {
        "weight": float(point.weight),
        "value_fen": point.value_fen,
        "other": float(point.other),
        "bound_fen": point.bound_fen,
        "bonus_fen": point.bonus_fen,
        "served": point.served,
    }


def _write_json(path: Path, value: dict[str, Any]) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=2) + "\n"
    write_bytes(path, text.encode("utf-8"))
