"""`parkloom bench`: measurements, each ratio with both its sides."""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import typer

from api.commands.frame import BadInput, JsonFlag, Report, percent, reporting, table
from api.commands.match import run
from api.commands.rejects import require_value
from api.services.solving import Solved
from data.importers.bundle import read_bundle
from data.samples.random_instance import write_instance
from matching.limits import Limits

app = typer.Typer(add_completion=False, no_args_is_help=True)

SEEDS_MAX = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One instance, measured. Money in fen, times in seconds, `load` the load average."""

    seed: int
    orders: int
    served: int
    objective_fen: int
    greedy_fen: int
    bound_fen: int
    gap: float
    over_greedy: float
    seconds: float
    load_before: float
    load_after: float
    timings: dict[str, float]


@app.callback()
def bench() -> None:
    """Measure, and print both sides of every ratio."""


@app.command()
def capacity(
    orders: Annotated[int, typer.Option(min=1)] = 200,
    offers: Annotated[int, typer.Option(min=1)] = 100,
    seeds: Annotated[str, typer.Option(help="Seeds of the instances: 1-5, or 1,4,9.")] = "1-5",
    seconds: Annotated[float, typer.Option(min=0.1, help="Seconds of solving each.")] = 60.0,
    workers: Annotated[int, typer.Option(min=1)] = 2,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Solve random instances of the capacity problem; every plan and bound is re-checked."""
    with reporting(as_json=as_json) as report:
        chosen = parse_seeds(seeds)
        rows = []
        for seed in chosen:
            limits = Limits(seconds=seconds, seed=1, workers=workers)
            rows.append(measure(orders, offers, seed, limits, report))
        show(rows, report, title=f"{orders} orders x {offers} offers, {seconds:g} s each")
        report.result(
            {
                "orders": orders,
                "offers": offers,
                "seconds": seconds,
                "workers": workers,
                "machine": machine(),
                "rows": [asdict(row) for row in rows],
                "median_gap": median(row.gap for row in rows),
                "worst_gap": max(row.gap for row in rows),
                "median_over_greedy": median(row.over_greedy for row in rows),
            }
        )


def parse_seeds(text: str) -> list[int]:
    """Return the seeds of `1-5` or `1,4,9-11`. Raises BadInput when there are none or too many."""
    seeds: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise BadInput(f"--seeds {text}: expected numbers such as 1-5 or 1,4,9", seeds=text)
        seeds.extend(range(int(first), int(last if dash else first) + 1))
        if len(seeds) > SEEDS_MAX:
            raise BadInput(f"--seeds {text}: at most {SEEDS_MAX} seeds", seeds=text)
    if not seeds:
        raise BadInput(f"--seeds {text}: names no seed", seeds=text)
    return seeds


def measure(orders: int, offers: int, seed: int, limits: Limits, report: Report) -> Row:
    """Make one instance, solve it and return what came out."""
    with tempfile.TemporaryDirectory(prefix="parkloom-bench-") as folder:
        write_instance(Path(folder), orders=orders, offers=offers, seed=seed)
        problem = require_value(read_bundle(Path(folder)), report, document=f"seed {seed}")
    report.note(f"seed {seed}")
    before = os.getloadavg()[0]
    solved: Solved = run(problem, limits, report)
    greedy = solved.result.greedy_fen or 0
    return Row(
        seed=seed,
        orders=len(problem.orders),
        served=len(solved.report.served),
        objective_fen=solved.objective_fen,
        greedy_fen=greedy,
        bound_fen=solved.bound_fen,
        gap=solved.gap,
        over_greedy=(solved.objective_fen - greedy) / greedy if greedy else 0.0,
        seconds=round(solved.seconds, 2),
        load_before=round(before, 2),
        load_after=round(os.getloadavg()[0], 2),
        timings={stage: round(spent, 3) for stage, spent in solved.result.timings.items()},
    )


def show(rows: Sequence[Row], report: Report, *, title: str) -> None:
    """Print the table for people; money in units of CNY 1,000."""
    made = table(
        title,
        columns=[
            (name, "right")
            for name in ("seed", "served", "plan", "greedy", "ahead", "bound", "gap", "s", "load")
        ],
    )
    for row in rows:
        made.add_row(
            str(row.seed),
            f"{row.served}/{row.orders}",
            f"{row.objective_fen / 100_000:,.1f}",
            f"{row.greedy_fen / 100_000:,.1f}",
            percent(row.over_greedy),
            f"{row.bound_fen / 100_000:,.1f}",
            percent(row.gap),
            f"{row.seconds:.1f}",
            f"{row.load_before:.1f}-{row.load_after:.1f}",
        )
    report.show(made)
    report.line("plan, greedy and bound in CNY 1,000; ahead = (plan - greedy) / greedy;")
    report.line("gap = (bound - plan) / bound; load = load average before and after.")
    gaps = [row.gap for row in rows]
    report.line(f"gap: median {percent(median(gaps))}, worst {percent(max(gaps))}")
    ahead = [row.over_greedy for row in rows]
    report.line(f"ahead of greedy: median {percent(median(ahead))}, least {percent(min(ahead))}")
    report.line(f"machine: {', '.join(str(value) for value in machine().values())}")


def machine() -> dict[str, Any]:
    """Return what the figures were measured on."""
    return {
        "processor": platform.machine(),
        "cores": os.cpu_count() or 0,
        "system": platform.system(),
        "python": platform.python_version(),
    }
