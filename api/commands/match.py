"""`parkloom match`: match a CSV bundle, outside any installation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from api.commands.frame import BadInput, JsonFlag, Report, interruptible, reporting
from api.commands.plans import plan_tables, solving_bar
from api.commands.rejects import require_value
from api.services.solving import Solved, solve_checked
from data.exporters.plan import write_claim, write_plan, write_reasons
from data.importers.bundle import read_bundle
from matching.capacity import Problem
from matching.limits import Limits

app = typer.Typer(add_completion=False)


@app.command()
def match(
    folder: Annotated[Path, typer.Argument(help="Folder with the files of the CSV bundle.")],
    out: Annotated[Path, typer.Option(help="Folder for plan.csv, claim.json, reasons.jsonl.")],
    seconds: Annotated[
        float | None, typer.Option(min=0.1, help="Seconds of solving; 60 without --work.")
    ] = None,
    work: Annotated[
        int | None, typer.Option(min=0, help="Units of work: same input and seed, same plan.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of all randomness.")] = 1,
    workers: Annotated[int, typer.Option(min=1, help="Threads to solve with.")] = 2,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Match the orders of FOLDER to its idle capacity and write the plan with its bound.

    Ctrl-C ends the solving and keeps the best plan so far.
    """
    with reporting(as_json=as_json) as report:
        if out.exists() and not out.is_dir():
            raise BadInput(f"{out} is a file; --out names a folder.", out=str(out))
        problem = require_value(read_bundle(folder), report, document=str(folder))
        limits = Limits(seconds=limit_seconds(seconds, work), work=work, seed=seed, workers=workers)
        solved = run(problem, limits, report)
        out.mkdir(parents=True, exist_ok=True)
        write_plan(out / "plan.csv", solved.result.plan)
        write_claim(out / "claim.json", solved.result)
        write_reasons(out / "reasons.jsonl", solved.result.reasons)
        report.show(*plan_tables(solved))
        report.line(f"Wrote plan.csv, claim.json and reasons.jsonl to {out}")
        report.result(figures(solved) | {"out": str(out)})


def limit_seconds(seconds: float | None, work: int | None) -> float | None:
    """Return the clock's limit: the one asked for, else 60 s, else none beside `work`.

    A clock beside a limit on work would make the plan depend on the machine's load.
    """
    if seconds is None and work is None:
        return 60.0
    return seconds


def run(problem: Problem, limits: Limits, report: Report) -> Solved:
    """Solve with a progress bar on standard error; Ctrl-C keeps the best so far and says so."""
    with solving_bar(report.err) as show:
        solved, interrupted = interruptible(
            lambda cancelled: solve_checked(problem, limits, on_progress=show, cancelled=cancelled)
        )
    if interrupted:
        report.note("Stopped by Ctrl-C: what follows is the best plan so far.")
    return solved


def figures(solved: Solved) -> dict[str, Any]:
    """Return what `--json` prints of a plan."""
    result, report = solved.result, solved.report
    return {
        "status": result.status.value,
        "orders": len(solved.problem.orders),
        "served": len(report.served),
        "value_fen": solved.value_fen,
        "objective_fen": solved.objective_fen,
        "upper_bound_fen": solved.bound_fen,
        "gap": solved.gap,
        "greedy_fen": result.greedy_fen,
        "local_share": solved.local_share,
        "utilisation": report.utilisation,
        "tardy_weeks": report.tardy_weeks,
        "carbon_g": report.carbon_g,
        "seed": result.seed,
        "work": result.work,
        "stopped_by": result.stopped_by,
        "seconds": round(solved.seconds, 3),
    }
