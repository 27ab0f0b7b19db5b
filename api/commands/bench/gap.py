"""`parkloom bench gap`: public instances of the generalized assignment problem."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import Annotated, Any

import typer

from api.commands.bench.runs import ENGINE, Job, machine, measure
from api.commands.bench.tables import loads
from api.commands.frame import BadInput, JsonFlag, Report, reporting, table
from api.commands.rejects import require_value
from data.exporters.files import write_bytes
from data.importers.gap import Known, read_assignment, read_best_known

TWENTY = (
    *(f"chu1997/{name}" for name in ("c05200", "c10100", "c20200")),
    *(f"chu1997/{name}" for name in ("d05100", "d05200", "d10100", "d20100", "d20200")),
    *(f"yagiura2004/{name}" for name in ("c10400", "c20400", "c40400", "c60900")),
    *(f"yagiura2004/{name}" for name in ("d10400", "d20400", "d30900", "d40400")),
    *(f"yagiura2004/{name}" for name in ("e10400", "e20400", "e30900", "e60900")),
)

Figures = dict[str, Any]


def gap(
    folder: Annotated[Path, typer.Argument(help="Folder of the set, with data.csv in it.")],
    only: Annotated[
        str, typer.Option(help="Instances, such as chu1997/d20200,e60900; else a fixed twenty.")
    ] = "",
    seconds: Annotated[float, typer.Option(min=0.1, help="Seconds of solving each.")] = 60.0,
    workers: Annotated[int, typer.Option(min=1, help="Threads to solve with.")] = 2,
    json_out: Annotated[
        Path | None, typer.Option(help="File for all figures; written after every run.")
    ] = None,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Solve public generalized assignment instances and compare with the best known costs.

    A job is an order that takes quoted offers only, an agent an offer of one week. Each run has a
    process of its own, and every plan and bound is re-checked. Ctrl-C keeps the runs that are done.
    """
    with reporting(as_json=as_json) as report:
        known = require_value(read_best_known(folder), report, document=str(folder / "data.csv"))
        names = choose(only, known)
        rows: list[Figures] = []
        about = {"seconds": seconds, "workers": workers, "machine": machine()}
        try:
            for number, name in enumerate(names, 1):
                report.note(f"{name} ({number} of {len(names)})")
                job = Job(
                    solver=ENGINE,
                    assignment=str((folder / name).resolve()),
                    seconds=seconds,
                    workers=workers,
                )
                rows.append(measure_one(job, name, known[name], report))
                if json_out is not None:
                    text = json.dumps({**about, "rows": rows, **summary(rows)}, indent=2)
                    write_bytes(json_out, f"{text}\n".encode())
        except KeyboardInterrupt:
            report.note(f"Stopped by Ctrl-C: {len(rows)} of {len(names)} instances are measured.")
        if rows:
            show(rows, report, title=f"Generalized assignment, {seconds:g} s each")
        report.result({**about, "rows": rows, **summary(rows)})


def choose(only: str, known: Mapping[str, Known]) -> list[str]:
    """Return the paths of the instances that are named, with or without their folder.

    Raises
    ------
    BadInput
        When a name is not in the set, or is in more than one of its folders.
    """
    wanted = [name.strip() for name in only.split(",") if name.strip()] or list(TWENTY)
    chosen = []
    for name in wanted:
        found = [path for path in known if path == name or path.endswith(f"/{name}")]
        if len(found) != 1:
            what = "is in several folders: " + ", ".join(found) if found else "is not in data.csv"
            raise BadInput(f"--only {name}: {what}; name instances as data.csv does.", name=name)
        chosen += found
    return chosen


def measure_one(job: Job, name: str, known: Known, report: Report) -> Figures:
    """Solve one instance and return its figures; the costs are None unless every job is served."""
    document = require_value(read_assignment(Path(job.assignment)), report, document=name)
    row = measure(job)
    cost = document.cost_of(row["objective_fen"]) if row["served"] == row["orders"] else None
    above = None
    if cost is not None and known.cost:
        above = (cost - known.cost) / known.cost
    return {
        "name": name,
        "agents": len(document.capacities),
        "jobs": document.jobs,
        "cost": cost,
        "lower_bound": document.least_cost(row["bound_fen"]),
        "best_known": known.cost,
        "above_best_known": above,
        **row,
    }


def summary(rows: Sequence[Figures]) -> Figures:
    """Return the mean gap to the best known costs of the instances that were solved whole."""
    gaps = [row["above_best_known"] for row in rows if row["above_best_known"] is not None]
    return {
        "mean_above_best_known": mean(gaps) if gaps else None,
        "worst_above_best_known": max(gaps, default=None),
        "not_whole": [row["name"] for row in rows if row["cost"] is None],
    }


def show(rows: Sequence[Figures], report: Report, *, title: str) -> None:
    """Print the table for people."""
    made = table(
        title,
        columns=[
            ("instance", "left"),
            *((name, "right") for name in ("cost", "bound", "known", "above", "s", "MB")),
            ("load", "right"),
        ],
    )
    for row in rows:
        made.add_row(
            row["name"].rpartition("/")[2],
            "-" if row["cost"] is None else f"{row['cost']:,}",
            f"{row['lower_bound']:,}",
            "-" if row["best_known"] is None else f"{row['best_known']:,}",
            per_cent(row["above_best_known"]),
            f"{row['seconds']:.0f}",
            f"{row['peak_mb']:,}",
            loads(row),
        )
    report.show(made)
    report.line("bound = our own lower bound; known = the best known cost;")
    report.line("above = (cost - best known) / best known;")
    report.line("MB = peak; load = average before-after.")
    told = summary(rows)
    mean_gap, worst = told["mean_above_best_known"], told["worst_above_best_known"]
    report.line(f"above the best known: mean {per_cent(mean_gap)}, worst {per_cent(worst)}")
    if told["not_whole"]:
        report.line(f"not every job was served: {', '.join(told['not_whole'])}")
    report.line(f"machine: {', '.join(str(value) for value in machine().values())}")


def per_cent(share: float | None) -> str:
    """Write a small share with three decimals: these gaps are thousandths."""
    return "-" if share is None else f"{100 * share:.3f} %"
