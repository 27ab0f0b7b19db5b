"""`parkloom bench reviewer`: assignment with loads and fairness, beside what is published."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from api.commands.bench.consortium_instance import random_request
from api.commands.bench.runs import machine
from api.commands.frame import BadInput, JsonFlag, Report, reporting, table
from api.commands.technology.assign_matrix import Files, read_matrix
from matching.limits import Limits
from matching.technology.assignment.clock import Clock
from matching.technology.assignment.fairness import greatest_floor
from matching.technology.assignment.matrix import Matrix, matrix_of
from matching.technology.assignment.matrix_check import total_bound, violations
from matching.technology.assignment.matrix_solve import MatrixResult, assign_matrix
from matching.technology.assignment.team_check import team_figures, team_violations
from matching.technology.assignment.team_fairness import greatest_team_floor
from matching.technology.assignment.team_prices import plan_bound
from matching.technology.assignment.teams import Desk

Figures = dict[str, Any]

# Kobren, Saha, McCallum (2019), "Paper matching with local fairness constraints", table of MIDL:
# without and with least loads; total score, least score of a paper, seconds.
MIDL_PUBLISHED = {
    "up": (
        ("TPMS", 201.88, 0.90, 0.10),
        ("PR4A", 197.32, 0.92, 293.83),
        ("FairIR", 201.83, 0.93, 1.60),
        ("FairFlow", 197.67, 0.94, 1.15),
    ),
    "lo+up": (("TPMS", 150.04, 0.00, 0.17),),
}
MIDL_FLOORS = {"up": (0.9448,), "lo+up": (0.5, 0.9448)}
# Xu, Jecmen, Song, Fang (2023), "A one-size-fits-all approach to improving randomness in paper
# assignment": three reviews a paper, at most six papers a reviewer (twelve for AAMAS).
PERTURBED = (("preflib1", 6, 124.25), ("preflib3", 6, 454.25), ("aamas2015", 12, 1406.25))
REVIEWS = 3


def reviewer(
    folder: Annotated[
        Path | None, typer.Argument(help="Folder with midl/ and perturbed-max/, or one of them.")
    ] = None,
    seconds: Annotated[float, typer.Option(min=0.1, help="Seconds of each search.")] = 60.0,
    demands: Annotated[
        int, typer.Option(min=0, help="Demands of the random consortia; 0 leaves them out.")
    ] = 200,
    providers: Annotated[int, typer.Option(min=1, help="Providers of these.")] = 2_000,
    seeds: Annotated[int, typer.Option(min=1, max=20, help="Random instances, 1 to this.")] = 3,
    *,
    least_loads: Annotated[
        bool, typer.Option("--least-loads", help="Floors with least loads too: minutes.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Assign papers to reviewers, and random consortia to demands; every figure is re-checked.

    Sets that are not in the folder are left out, and said to be.
    """
    with reporting(as_json=as_json) as report:
        if folder is not None and not folder.is_dir():
            raise BadInput(f"{folder} is no folder.", folder=str(folder))
        limits = Limits(seconds=seconds)
        rows = list(_sets(folder, limits, report, least_loads=least_loads))
        _show(rows, report)
        teams = [
            measure_teams(demands, providers, seed, limits)
            for seed in range(1, seeds + 1)
            if demands
        ]
        _show_teams(teams, report, size=f"{demands} demands x {providers} providers")
        report.line(f"machine: {', '.join(str(value) for value in machine().values())}")
        report.result({"sets": rows, "consortia": teams, "machine": machine()})


def _sets(
    folder: Path | None, limits: Limits, report: Report, *, least_loads: bool
) -> Iterator[Figures]:
    """Yield the figures of the sets that are there."""
    if folder is None:
        report.note("No folder was given: only random consortia are measured.")
        return
    midl = folder / "midl"
    if midl.is_dir():
        yield from _midl(midl, limits, least_loads=least_loads)
    else:
        report.note(f"{midl} is not there: left out.")
    for name, load, best in PERTURBED:
        path = folder / "perturbed-max" / f"{name}.in"
        if path.is_file():
            matrix = read_similarities(path, load=load)
            published = [{"name": "flow", "total": best, "minimum": None, "seconds": None}]
            yield _row(name, "flow", assign_matrix(matrix, limits=limits), published)
        else:
            report.note(f"{path} is not there: left out.")


def _midl(folder: Path, limits: Limits, *, least_loads: bool) -> Iterator[Figures]:
    for kind, least in (("up", None), ("lo+up", folder / "loads-lb.npy")):
        files = Files(
            scores=folder / "scores.npy",
            provider_load=folder / "loads.npy",
            demand_load=folder / "covs.npy",
            provider_min=least,
        )
        matrix = read_matrix(files)
        published = [
            {"name": name, "total": total, "minimum": minimum, "seconds": spent}
            for name, total, minimum, spent in MIDL_PUBLISHED[kind]
        ]
        best = assign_matrix(matrix, limits=limits)
        yield _row(f"midl {kind}", "flow", best, published)
        if least is not None and not least_loads:
            continue
        for floor in MIDL_FLOORS[kind]:
            found = assign_matrix(matrix, limits=limits, floor=matrix.in_units(floor))
            yield _row(f"midl {kind}", f"≥ {floor}", found, published)
        began = time.perf_counter()
        fairest = greatest_floor(matrix, clock=Clock(limits), near=best.chosen)
        found = replace(
            assign_matrix(matrix, limits=limits, floor=fairest.reached),
            seconds=time.perf_counter() - began,
        )
        row = _row(f"midl {kind}", "fairest", found, published)
        yield row | {"floor_bound": matrix.as_score(fairest.bound)}


def read_similarities(path: Path, *, load: int) -> Matrix:
    """Return the problem of a text file: papers and reviewers, then a row per paper.

    Raises
    ------
    BadInput
        When the numbers do not make such a table.
    """
    try:
        with path.open(encoding="ascii") as file:
            papers, reviewers = (int(word) for word in file.readline().split())
            numbers = np.array(file.read().split(), np.float64)
        table_of = numbers.reshape(papers, reviewers).T
        return matrix_of(table_of, demand_load=REVIEWS, provider_load=load)
    except ValueError as wrong:
        raise BadInput(f"{path}: not a table of similarities ({wrong}).") from None


def _row(name: str, task: str, result: MatrixResult, published: list[Figures]) -> Figures:
    """Return the figures of one result, recomputed; a wrong plan would be said to be one."""
    matrix, found = result.matrix, result.figures
    bound = total_bound(matrix, result.prices, floor=result.floor)
    return {
        "set": name,
        "task": task,
        "status": result.status.value,
        "total": matrix.as_score(found.total),
        "minimum": matrix.as_score(found.minimum),
        "mean": float(found.per_demand.mean() / matrix.unit),
        "deviation": float(found.per_demand.std() / matrix.unit),
        "load_min": int(found.per_provider.min()),
        "load_max": int(found.per_provider.max()),
        "load_deviation": float(found.per_provider.std()),
        "bound": matrix.as_score(result.bound),
        "price_bound": matrix.as_score(bound),
        "valid": not violations(matrix, result.chosen, floor=result.floor),
        "seconds": round(result.seconds, 3),
        "published": published,
    }


def _show(rows: list[Figures], report: Report) -> None:
    if not rows:
        return
    names = ("total", "least", "bound", "load", "s")
    made = table(
        "Papers to reviewers",
        columns=[("set", "left"), ("by", "left"), *((name, "right") for name in names)],
    )
    for row in rows:
        made.add_row(
            row["set"],
            row["task"],
            f"{row['total']:.4f}",
            f"{row['minimum']:.4f}",
            f"{row['bound']:.4f}",
            f"{row['load_min']}-{row['load_max']}",
            f"{row['seconds']:.2f}",
        )
        if row["task"] == "flow":
            for other in row["published"]:
                least = "-" if other["minimum"] is None else f"{other['minimum']:.2f}"
                spent = "-" if other["seconds"] is None else f"{other['seconds']:.2f}"
                total = f"{other['total']:.2f}"
                made.add_row("", f"  {other['name']}", total, least, "", "", "", spent)
    report.show(made)
    report.line("indented: published; least = least sum of a paper; load = papers of a reviewer.")


def measure_teams(demands: int, providers: int, seed: int, limits: Limits) -> Figures:
    """Return the figures of one random instance: the greatest floor, then the best plan with it.

    Making the instance does not count; everything else does.
    """
    request = random_request(demands, providers, seed=seed)
    before = os.getloadavg()[0]
    began, spent = time.perf_counter(), time.process_time()
    desk = Desk(request, clock=Clock(limits))
    found = greatest_team_floor(desk, desk.answerable)
    if found is None:
        raise BadInput(f"seed {seed}: no demand can be served at all; take more providers.")
    desk.clock.restart()
    goal = desk.goal(found.demands, found.reached)
    solved = desk.solve(goal)
    seconds, work = time.perf_counter() - began, time.process_time() - spent
    rewards = goal.reward * len(found.demands)
    bound = solved.bound - rewards
    figures = team_figures(request, solved.plan)
    recomputed = plan_bound(desk.ground, solved.prices, goal) - rewards
    return {
        "seed": seed,
        "answered": len(solved.plan),
        "reached_floor": len(solved.reached),
        "asked": len(found.demands),
        "answerable": len(desk.answerable),
        "objective": figures.objective / 10**9,
        "minimum": figures.minimum / 10**9,
        "floor": found.reached / 10**9,
        "floor_bound": found.bound / 10**9,
        "bound": bound / 10**9,
        "price_bound": recomputed / 10**9,
        "gap": (bound - figures.objective) / bound if bound else 0.0,
        "valid": not team_violations(request, solved.plan),
        "consortia": len([team for team in solved.plan if len(team.members) > 1]),
        "seconds": round(seconds, 2),
        "cpu_seconds": round(work, 2),
        "load_before": before,
        "load_after": os.getloadavg()[0],
    }


def _show_teams(rows: list[Figures], report: Report, *, size: str) -> None:
    if not rows:
        return
    names = ("seed", "answered", "objective", "bound", "gap", "least", "at most", "s", "CPU s")
    made = table(
        f"Consortia with the greatest floor, {size}",
        columns=[(name, "right") for name in (*names, "load")],
    )
    for row in rows:
        made.add_row(
            str(row["seed"]),
            f"{row['answered']}/{row['answerable']}",
            f"{row['objective']:.3f}",
            f"{row['bound']:.3f}",
            f"{100 * row['gap']:.3f} %",
            f"{row['minimum']:.4f}",
            f"{row['floor_bound']:.4f}",
            f"{row['seconds']:.1f}",
            f"{row['cpu_seconds']:.1f}",
            f"{row['load_before']:.0f}-{row['load_after']:.0f}",
        )
    report.show(made)
    report.line("gap = (bound - objective) / bound; least = score of the worst off demand;")
    report.line("at most = what the worst off cannot exceed; load = average before-after.")
