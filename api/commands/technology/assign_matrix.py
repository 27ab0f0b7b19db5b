"""`parkloom technology assign --scores`: from a bare matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from api.commands.frame import BadInput, Report, facts, interruptible, table
from api.commands.technology.arrays import read_array
from api.services.technology_assignment import told
from data.exporters.files import write_bytes
from matching.explain import Reason
from matching.limits import Limits
from matching.result import Status
from matching.technology.assignment.clock import Clock
from matching.technology.assignment.fairness import FrontierPoint, frontier, greatest_floor
from matching.technology.assignment.matrix import Matrix, matrix_of
from matching.technology.assignment.matrix_solve import MatrixResult, assign_matrix
from matching.technology.assignment.texts import LANGUAGES, render_reason

REASONS_SHOWN = 12
STOPPED = "Stopped by Ctrl-C: what follows is the best plan so far."


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The arrays of a problem."""

    scores: Path
    provider_load: Path
    demand_load: Path
    provider_min: Path | None


def run(
    files: Files,
    out: Path,
    limits: Limits,
    report: Report,
    *,
    min_score: float | None,
    pairs: Path | None,
    fair: bool,
    points: int,
    lang: str,
) -> None:
    """Solve, write and show; raises BadInput for what makes no problem."""
    check_language(lang)
    matrix = read_matrix(files)
    floor = None if min_score is None else floor_units(matrix, min_score)
    (result, greatest, curve), stopped = interruptible(
        lambda cancelled: _solved(
            matrix, Clock(limits, cancelled), floor=floor, fair=fair, points=points
        )
    )
    if stopped:
        report.note(STOPPED)
    write_bytes(out, chosen_table(result))
    if pairs is not None:
        write_bytes(pairs, chosen_pairs(result))
    show(result, report, lang=lang)
    show_frontier(result.matrix, curve, report)
    report.line(f"Wrote {out}" if pairs is None else f"Wrote {out} and {pairs}")
    printed = figures(result, lang=lang) | greatest | {"out": str(out)}
    if points:
        printed["frontier"] = [point_figures(result.matrix, point) for point in curve]
    report.result(printed)


def _solved(
    matrix: Matrix, clock: Clock, *, floor: int | None, fair: bool, points: int
) -> tuple[MatrixResult, dict[str, Any], tuple[FrontierPoint, ...]]:
    """Return the plan, the greatest floor as `--json` prints it, and the frontier."""
    solve = partial(assign_matrix, limits=clock.limits, cancelled=clock.stopped)
    result = solve(matrix, floor=floor)
    if not fair and not points:
        return result, {}, ()
    found = greatest_floor(result.matrix, clock=clock, near=result.chosen)
    greatest = {
        "greatest_floor": result.matrix.as_score(found.reached),
        "greatest_floor_bound": result.matrix.as_score(found.bound),
    }
    if fair:
        best = solve(result.matrix, floor=found.reached)
        if best.figures.minimum < found.reached:  # stopped: the plan of the bisection is fairer
            best = replace(best, chosen=found.chosen, floor=found.reached, status=Status.FEASIBLE)
        result = replace(best, causes=result.causes, relaxed=result.relaxed)
    curve = _frontier(result.matrix, points, clock, greatest) if points else ()
    return result, greatest, curve


def _frontier(
    matrix: Matrix, points: int, clock: Clock, greatest: dict[str, Any]
) -> tuple[FrontierPoint, ...]:
    """Return points from the floor that costs nothing to the greatest one."""
    least = assign_matrix(matrix, limits=clock.limits).figures.minimum
    most = matrix.in_units(greatest["greatest_floor"])
    step = max(1, points - 1)
    floors = sorted({least + (most - least) * at // step for at in range(points)})
    return frontier(matrix, floors, clock=clock)


def check_language(lang: str) -> None:
    """Refuse a language without texts."""
    if lang not in LANGUAGES:
        raise BadInput(f"--lang {lang}: expected one of {', '.join(LANGUAGES)}.", lang=lang)


def read_matrix(files: Files) -> Matrix:
    """Return the problem of some files. Raises BadInput when they do not make one."""
    scores = read_array(files.scores, option="--scores")
    most = read_array(files.provider_load, option="--provider-load")
    wanted = read_array(files.demand_load, option="--demand-load")
    least = None
    if files.provider_min is not None:
        least = read_array(files.provider_min, option="--provider-min")
    try:
        return matrix_of(scores, demand_load=wanted, provider_load=most, provider_min=least)
    except ValueError as wrong:
        raise BadInput(f"The arrays make no problem: {wrong}.") from None


def floor_units(matrix: Matrix, floor: float) -> int:
    """Return a floor in units of score. Raises BadInput for what is no finite number."""
    if not np.isfinite(floor):
        raise BadInput(f"--min-score must be a finite number, got {floor}.")
    return matrix.in_units(floor)


def chosen_table(result: MatrixResult) -> bytes:
    """Return the plan as a table of 0 and 1: a line per provider, a column per demand."""
    lines = ("\t".join(row) for row in np.where(result.chosen, "1", "0").tolist())
    return "".join(f"{line}\n" for line in lines).encode()


def chosen_pairs(result: MatrixResult) -> bytes:
    """Return the chosen pairs with a header, by demand and provider, counted from 0."""
    matrix = result.matrix
    lines = ["demand\tprovider\tscore"]
    for demand, provider in np.argwhere(result.chosen.T).tolist():
        score = matrix.as_score(int(matrix.scores[provider, demand]))
        lines.append(f"{demand}\t{provider}\t{score!r}")
    return ("\n".join(lines) + "\n").encode()


def figures(result: MatrixResult, *, lang: str) -> dict[str, Any]:
    """Return what `--json` prints of an assignment."""
    matrix, found = result.matrix, result.figures
    per_demand, load = found.per_demand / matrix.unit, found.per_provider
    return {
        "status": result.status.value,
        "total": matrix.as_score(found.total),
        "minimum": matrix.as_score(found.minimum),
        "bound": matrix.as_score(result.bound),
        "gap": result.gap,
        "bound_by": "search" if result.searched else "prices",
        "price_bound": matrix.as_score(result.price_bound),
        "min_score": None if result.floor is None else matrix.as_score(result.floor),
        "demand_mean": float(per_demand.mean()),
        "demand_deviation": float(per_demand.std()),
        "load_min": int(load.min()),
        "load_max": int(load.max()),
        "load_deviation": float(load.std()),
        "pairs": int(result.chosen.sum()),
        "stopped_by": result.stopped_by,
        "causes": [told(one, lang) for one in result.causes],
        "relaxed": [told(one, lang) for one in result.relaxed],
        "seconds": round(result.seconds, 3),
    }


def point_figures(matrix: Matrix, point: FrontierPoint) -> dict[str, Any]:
    """Return what `--json` prints of a point of the frontier."""
    return {
        "floor": matrix.as_score(point.floor),
        "total": matrix.as_score(point.total),
        "minimum": matrix.as_score(point.minimum),
        "bound": matrix.as_score(point.bound),
        "price_bound": matrix.as_score(point.price_bound),
        "cost": point.cost,
        "cost_least": point.cost_least,
    }


def show(result: MatrixResult, report: Report, *, lang: str) -> None:
    """Print the figures for people, and what is impossible or relaxed."""
    matrix, found = result.matrix, result.figures
    by = "the tree search" if result.searched else "prices, recomputed"
    rows = [
        ("status", result.status.value),
        ("total", f"{matrix.as_score(found.total):.4f}"),
        ("minimum", f"{matrix.as_score(found.minimum):.4f}"),
        ("bound", f"{matrix.as_score(result.bound):.4f} (by {by})"),
        ("gap", f"{100 * result.gap:.4f} %"),
        ("seconds", f"{result.seconds:.2f}"),
    ]
    report.show(facts(rows))
    show_reasons([*result.causes, *result.relaxed], report, lang=lang)


def show_reasons(reasons: Sequence[Reason], report: Report, *, lang: str) -> None:
    """Print the first few reasons, and say how many more there are."""
    for reason in reasons[:REASONS_SHOWN]:
        report.show(f"- {render_reason(reason, lang)}")
    if len(reasons) > REASONS_SHOWN:
        report.show(f"... and {len(reasons) - REASONS_SHOWN} more; --json has them all.")


def show_frontier(matrix: Matrix, points: Sequence[FrontierPoint], report: Report) -> None:
    """Print what each floor costs; nothing without points."""
    if not points:
        return
    names = ("every demand at least", "total", "bound", "costs")
    made = table("Frontier", columns=[(name, "right") for name in names])
    for point in points:
        made.add_row(
            f"{matrix.as_score(point.floor):.4f}",
            f"{matrix.as_score(point.total):.4f}",
            f"{matrix.as_score(point.bound):.4f}",
            f"{100 * point.cost:.3f} %",
        )
    report.show(made)
    report.line("costs = (greatest total - total) / greatest total")
