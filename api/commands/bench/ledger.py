"""`parkloom bench ledger`: what the log costs, each figure beside what it is compared with."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

import typer

from api.commands.bench import ledger_offline, ledger_reads, ledger_writes
from api.commands.bench.ledger_parts import ROUNDS, Figures, Ratio, Setting, sync_ms
from api.commands.bench.runs import machine
from api.commands.frame import BadInput, JsonFlag, Report, reporting, table

GOALS: Mapping[str, Callable[[Setting], list[Ratio]]] = MappingProxyType(
    {
        "G1": ledger_writes.g1,
        "G2": ledger_writes.g2,
        "G3": ledger_writes.g3,
        "G4": ledger_reads.g4,
        "G5": ledger_writes.g5,
        "G6": ledger_offline.g6,
        "G7": ledger_reads.g7,
        "G8": ledger_writes.g8,
    }
)


def ledger(
    only: Annotated[str, typer.Option(help="Goals to measure, such as G1,G7; else all.")] = "",
    entries: Annotated[int, typer.Option(min=1_000, help="Entries of the large log.")] = 100_000,
    rounds: Annotated[int, typer.Option(min=1, help="Interleaved pairs of runs.")] = ROUNDS,
    postgresql: Annotated[
        str, typer.Option(help="Address of an empty PostgreSQL database; without it no G2.")
    ] = "",
    folder: Annotated[
        Path | None, typer.Option(help="Folder on the disk to measure; else a temporary one.")
    ] = None,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Measure the log: G1 to G8, both sides of every ratio, medians of runs that take turns."""
    with reporting(as_json=as_json) as report:
        names = [one.strip().upper() for one in only.split(",") if one.strip()] or list(GOALS)
        unknown = [one for one in names if one not in GOALS]
        if unknown:
            raise BadInput(f"--only {unknown[0]}: expected some of {', '.join(GOALS)}.")
        with tempfile.TemporaryDirectory(prefix="parkloom-bench-", dir=folder) as place:
            setting = Setting(
                folder=Path(place),
                entries=entries,
                rounds=rounds,
                postgresql=postgresql,
                say=report.note,
            )
            _measure(names, setting, report)


def _measure(names: list[str], setting: Setting, report: Report) -> None:
    before, disk = os.getloadavg()[0], sync_ms(setting.folder)
    found: list[Ratio] = []
    for name in names:
        found += GOALS[name](setting)
    if "G2" in names and not setting.postgresql:
        report.note("G2 left out: no --postgresql address was given.")
    figures: Figures = {
        "machine": dict(machine()),
        "load": [round(before, 2), round(os.getloadavg()[0], 2)],
        "fdatasync_p50_ms": round(disk, 3),
        "entries": setting.entries,
        "rounds": setting.rounds,
        "ratios": [one.figures() for one in found],
    }
    _show(found, figures, report)
    report.result(figures)


def _show(found: list[Ratio], figures: Figures, report: Report) -> None:
    columns = [("goal", "left"), ("what", "left")]
    columns += [(name, "right") for name in ("ours", "other", "ratio", "wanted")]
    made = table("Ledger", columns=columns)
    for one in found:
        sign = "≥" if one.least else "≤"
        mark = "" if one.reached else " *"
        made.add_row(
            one.goal,
            one.what,
            _number(one.ours, one.unit),
            _number(one.other, one.unit),
            f"{one.ratio:.2f}{mark}",
            f"{sign} {one.wanted:g}",
        )
    report.show(made)
    load = "-".join(map(str, figures["load"]))
    report.line(
        f"fdatasync median {figures['fdatasync_p50_ms']} ms; load {load} on "
        f"{figures['machine']['cores']} cores; medians of {figures['rounds']} pairs; * = missed"
    )


def _number(value: float, unit: str) -> str:
    shown = f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
    return f"{shown} {unit}"
