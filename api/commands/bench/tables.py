"""What a measurement looks like on a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from api.commands.frame import Report, percent, table

Figures = Mapping[str, Any]
SHORT = 12  # digits of a hash that people compare


def summary(rows: Sequence[Figures]) -> dict[str, Any]:
    """Return median and worst of the ratios; empty without rows."""
    if not rows:
        return {}
    return {
        "median_gap": median(row["gap"] for row in rows),
        "worst_gap": max(row["gap"] for row in rows),
        "median_certified_gap": median(row["certified_gap"] for row in rows),
        "median_over_greedy": median(row["over_greedy"] for row in rows),
        "least_over_greedy": min(row["over_greedy"] for row in rows),
        "most_peak_mb": max(row["peak_mb"] for row in rows),
    }


def show_engine(rows: Sequence[Figures], report: Report, *, title: str) -> None:
    """Print one row per seed, then median and worst, stages and instances."""
    columns = ("seed", "served", "plan", "greedy", "ahead", "bound", "gap", "s", "MB")
    made = table(title, columns=[(name, "right") for name in columns])
    for row in rows:
        made.add_row(
            str(row["seed"]),
            f"{row['served']:,}",
            thousands(row["objective_fen"]),
            thousands(row["greedy_fen"]),
            percent(row["over_greedy"]),
            thousands(row["bound_fen"]),
            percent(row["gap"]),
            f"{row['seconds']:.0f}",
            f"{row['peak_mb']:,}",
        )
    report.show(made)
    report.line("plan, greedy and bound in CNY 1,000; ahead = (plan - greedy) / greedy;")
    report.line("gap = (bound - plan) / bound; MB = peak of the process.")
    told = summary(rows)
    report.line(
        f"gap: median {percent(told['median_gap'])}, worst {percent(told['worst_gap'])}; "
        f"ahead: median {percent(told['median_over_greedy'])}, "
        f"least {percent(told['least_over_greedy'])}"
    )
    stages = table("Stages", columns=[("stage", "left"), ("median s", "right")])
    for stage in rows[0]["timings"]:
        spent = median(row["timings"].get(stage, 0.0) for row in rows)
        stages.add_row(stage, f"{spent:.2f}")
    report.show(stages)
    told_of = ("instance SHA-256", "referee", "certificate", "its gap", "ended by", "load")
    checked = table(
        "Instances and plans", columns=[("seed", "right"), *((name, "left") for name in told_of)]
    )
    for row in rows:
        checked.add_row(
            str(row["seed"]),
            row["instance_sha256"][:SHORT],
            row["referee"],
            row["certificate"],
            percent(row["certified_gap"]),
            row["stopped_by"],
            loads(row),
        )
    report.show(checked)
    report.line("its gap = that of the certificate, which takes CP-SAT's word for no order;")
    report.line("load = average before-after.")


def show_general_solvers(
    others: Sequence[Figures], rows: Sequence[Figures], report: Report, *, title: str
) -> None:
    """Print what general solvers made of the same instances; nothing without any."""
    if not others:
        return
    engine = {row["seed"]: row["objective_fen"] for row in rows}
    columns = ("seed", "solver", "plan", "of ours", "bound", "gap", "s", "MB", "status")
    made = table(
        title,
        columns=[(name, "left" if name in {"solver", "status"} else "right") for name in columns],
    )
    for row in others:
        plan, ours = row["objective_fen"], engine.get(row["seed"])
        made.add_row(
            str(row["seed"]),
            row["solver"],
            thousands(plan),
            percent(plan / ours) if plan is not None and ours else "-",
            thousands(row["bound_fen"]),
            percent(row["gap"]),
            "-" if row["seconds"] is None else f"{row['seconds']:.0f}",
            "-" if row["peak_mb"] is None else f"{row['peak_mb']:,}",
            row["status"],
        )
    report.show(made)
    report.line("of ours = its plan / the engine's plan; its bound is what it states itself.")
    for row in others:
        if row["note"]:
            report.line(f"seed {row['seed']} {row['solver']}: {row['note']}")


def thousands(fen: int | None) -> str:
    """Write an amount in CNY 1,000, with a decimal while it is short."""
    if fen is None:
        return "-"
    value = fen / 100_000
    return f"{value:,.1f}" if abs(value) < 10_000 else f"{value:,.0f}"


def loads(row: Figures) -> str:
    """Write the load average before and after, short."""
    pair = (row["load_before"], row["load_after"])
    return "-".join(f"{load:.1f}" if load < 10 else f"{load:.0f}" for load in pair)
