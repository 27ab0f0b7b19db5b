"""`parkloom bench capacity`: random instances of the capacity problem."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from api.commands.bench.runs import ENGINE, Job, MeasurementFailed, machine, measure
from api.commands.bench.seeds import current_commit, drawn_seeds, parse_seeds
from api.commands.bench.tables import show_engine, show_general_solvers, summary
from api.commands.frame import BadInput, JsonFlag, Report, reporting
from data.exporters.files import write_bytes

SOLVERS = ("cpsat", "highs")

Figures = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Measured:
    """What is measured so far; `file`, when there is one, always holds all of it."""

    about: Figures
    file: Path | None
    rows: list[Figures] = field(default_factory=list)
    baselines: list[Figures] = field(default_factory=list)

    def figures(self) -> Figures:
        """Return everything as one JSON object."""
        rows = {"rows": self.rows, "baselines": self.baselines}
        return {**self.about, "machine": machine(), **rows, **summary(self.rows)}

    def keep(self) -> None:
        """Write the file."""
        if self.file is not None:
            write_bytes(self.file, (json.dumps(self.figures(), indent=2) + "\n").encode())


def capacity(
    orders: Annotated[int, typer.Option(min=1, help="Orders of each instance.")] = 200,
    offers: Annotated[int, typer.Option(min=1, help="Capacity offers of each.")] = 100,
    seeds: Annotated[str, typer.Option(help="Seeds of the instances: 1-5, or 1,4,9.")] = "1-5",
    seeds_from_commit: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=1000,
            help="Instead of --seeds: so many seeds drawn from the commit (git rev-parse HEAD) "
            "of these sources. Number i is SHA-256 of the text COMMIT:i, modulo 1,000,000.",
        ),
    ] = None,
    seconds: Annotated[float, typer.Option(min=0.1, help="Seconds of solving each.")] = 60.0,
    workers: Annotated[int, typer.Option(min=1, help="Threads to solve with.")] = 2,
    *,
    baselines: Annotated[
        str, typer.Option(help="General solvers to run on the same instances: cpsat,highs.")
    ] = "",
    from_plan: Annotated[
        bool, typer.Option("--from-plan", help="Let them start from the engine's plan.")
    ] = False,
    json_out: Annotated[
        Path | None, typer.Option(help="File for all figures; written after every run.")
    ] = None,
    charts: Annotated[
        Path | None, typer.Option(help="Folder for an SVG of each run and of each plan's load.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Solve random instances of the capacity problem; every plan and bound is re-checked.

    Each run has a process of its own. With PARKLOOM_TOOLS set, the referee there judges the files
    of each plan as well. Ctrl-C ends the measuring and keeps the runs that are done.
    """
    with reporting(as_json=as_json) as report:
        solvers = parse_solvers(baselines)
        commit = current_commit() if seeds_from_commit else None
        chosen = drawn_seeds(commit, seeds_from_commit or 0) if commit else parse_seeds(seeds)
        base = Job(
            solver=ENGINE,
            orders=orders,
            offers=offers,
            seconds=seconds,
            workers=workers,
            charts=str(charts.resolve()) if charts else "",
        )
        about = {"orders": orders, "offers": offers, "seconds": seconds, "workers": workers}
        found = Measured(
            about={**about, "seeds_from_commit": commit, "from_plan": from_plan}, file=json_out
        )
        try:
            with tempfile.TemporaryDirectory(prefix="parkloom-bench-") as folder:
                plan = str(Path(folder) / "plan.csv") if from_plan else ""
                run_all(replace(base, plan=plan), chosen, solvers, found, report)
        except KeyboardInterrupt:
            report.note(f"Stopped by Ctrl-C: {len(found.rows)} of {len(chosen)} seeds measured.")
        _show(found, report)
        report.result(found.figures())


def _show(found: Measured, report: Report) -> None:
    """Print the tables for people."""
    about = found.about
    seconds = f"{about['seconds']:g} s each"
    if found.rows:
        size = f"{about['orders']} orders x {about['offers']} offers"
        title = f"{size}, {seconds}, workers: {about['workers']}"
        show_engine(found.rows, report, title=title)
    start = "the engine's plan" if about["from_plan"] else "nothing"
    title = f"General solvers on the whole model, {seconds}, from {start}"
    show_general_solvers(found.baselines, found.rows, report, title=title)
    report.line(f"machine: {', '.join(str(value) for value in machine().values())}")


def parse_solvers(text: str) -> list[str]:
    """Return the general solvers that a list names. Raises BadInput for an unknown name."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in SOLVERS:
            raise BadInput(f"--baselines {text}: expected {' or '.join(SOLVERS)}, got {name}")
    return names


def run_all(
    base: Job, seeds: Sequence[int], solvers: Sequence[str], found: Measured, report: Report
) -> None:
    """Measure every seed, the engine first, one run after the other.

    A general solver that dies on an instance is a row that says so; the engine must not die.
    """
    for number, seed in enumerate(seeds, 1):
        for solver in (ENGINE, *solvers):
            report.note(f"seed {seed} ({number} of {len(seeds)}): {solver}")
            charts = base.charts if solver == ENGINE else ""
            job = replace(base, solver=solver, seed=seed, charts=charts)
            if solver == ENGINE:
                row = {"seed": seed, **measure(job)}
                greedy = row["greedy_fen"]
                gain = (row["objective_fen"] - greedy) / greedy if greedy else 0.0
                found.rows.append({**row, "over_greedy": gain})
            else:
                found.baselines.append({"seed": seed, **_measure_or_say(job)})
            found.keep()


def _measure_or_say(job: Job) -> Mapping[str, Any]:
    try:
        return measure(job)
    except MeasurementFailed as failed:
        return {
            "solver": job.solver,
            "objective_fen": None,
            "bound_fen": None,
            "gap": None,
            "status": "died",
            "note": failed.message,
            "seconds": None,
            "peak_mb": None,
            "variables": None,
        }
