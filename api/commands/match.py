"""`parkloom match`: match a CSV bundle, outside any installation."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from api.commands.frame import JsonFlag, Report, interruptible, make_out_folder, reporting
from api.commands.plans import plan_tables, solving_bar
from api.commands.rejects import require_value
from api.commands.standing import FolderArgument, read_problem
from api.services.solving import Solved, solve_checked
from data.exporters.certificate import write_certificate
from data.exporters.charts import gap_chart, load_chart
from data.exporters.plan import write_claim, write_plan, write_reasons
from data.importers.results import read_claim
from matching.capacity import Price, Problem
from matching.capacity.certificate import certify
from matching.capacity.rules import canonical_rules
from matching.certificate.rules import KNOWN as CERTIFIED
from matching.limits import Limits, Progress

app = typer.Typer(add_completion=False)


@app.command()
def match(
    folder: FolderArgument,
    out: Annotated[Path, typer.Option(help="Folder for plan.csv, claim.json, reasons.jsonl.")],
    seconds: Annotated[
        float | None, typer.Option(min=0.1, help="Seconds of solving; 60 without --work.")
    ] = None,
    work: Annotated[
        int | None, typer.Option(min=0, help="Units of work: same input and seed, same plan.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of all randomness.")] = 1,
    workers: Annotated[int, typer.Option(min=1, help="Threads to solve with.")] = 2,
    rules: Annotated[
        Path | None, typer.Option(help="JSON file of pins, bans, orders to serve and other rules.")
    ] = None,
    start: Annotated[
        Path | None, typer.Option(help="claim.json of an earlier run: begin with its prices.")
    ] = None,
    *,
    charts: Annotated[
        bool, typer.Option("--charts", help="Draw load.svg and gap.svg beside the plan.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Match the orders of FOLDER to its idle capacity and write the plan with its bound.

    Ctrl-C ends the solving and keeps the best plan so far.
    """
    with reporting(as_json=as_json) as report:
        problem = read_problem(folder, rules, report)
        limits = Limits(seconds=limit_seconds(seconds, work), work=work, seed=seed, workers=workers)
        prices: tuple[Price, ...] = ()
        if start is not None:
            prices = require_value(read_claim(start), report, document=str(start)).prices
        make_out_folder(out)
        history: list[Progress] = []
        solved = run(problem, limits, report, start=prices, watch=history.append)
        written = _write(out, solved)
        if charts:
            written += _draw(out, solved, history)
        report.show(*plan_tables(solved))
        report.line(f"Wrote {', '.join(written)} to {out}")
        report.result(figures(solved) | {"out": str(out), "files": written})


def _write(out: Path, solved: Solved) -> list[str]:
    """Write the plan and what is known of it; return the names of the files."""
    result = solved.result
    write_plan(out / "plan.csv", result.plan)
    write_claim(out / "claim.json", result)
    write_reasons(out / "reasons.jsonl", result.reasons)
    written = ["plan.csv", "claim.json", "reasons.jsonl"]
    if not set(canonical_rules(solved.problem.rules)) - set(CERTIFIED) and result.plan:
        write_certificate(out / "certificate.json", certify(solved.problem, result))
        written.append("certificate.json")
    return written


def _draw(out: Path, solved: Solved, history: list[Progress]) -> list[str]:
    """Draw the load of the weeks and the way of the gap; return the names of the files."""
    load = load_chart(solved.problem, solved.result.plan)
    (out / "load.svg").write_text(load, encoding="utf-8")
    (out / "gap.svg").write_text(gap_chart(history), encoding="utf-8")
    return ["load.svg", "gap.svg"]


def limit_seconds(seconds: float | None, work: int | None) -> float | None:
    """Return the clock's limit: the one asked for, else 60 s, else none beside `work`.

    A clock beside a limit on work would make the plan depend on the machine's load.
    """
    if seconds is None and work is None:
        return 60.0
    return seconds


def run(
    problem: Problem,
    limits: Limits,
    report: Report,
    *,
    start: Iterable[Price] = (),
    watch: Callable[[Progress], None] | None = None,
) -> Solved:
    """Solve with a progress bar on standard error; Ctrl-C keeps the best so far and says so.

    Parameters
    ----------
    start
        Prices of an earlier run to begin with.
    watch
        Sees every step of the progress too.
    """
    with solving_bar(report.err) as bar:

        def show(progress: Progress) -> None:
            bar(progress)
            if watch is not None:
                watch(progress)

        solved, interrupted = interruptible(
            lambda cancelled: solve_checked(
                problem, limits, start=start, on_progress=show, cancelled=cancelled
            )
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
        "certified_bound_fen": solved.certified_fen,
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
