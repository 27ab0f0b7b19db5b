"""`parkloom template`: an empty workbook to fill in."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from api.commands.frame import BadInput, JsonFlag, monday, reporting
from data.exporters.workbook import write_template
from data.importers.form import WEEKS_MAX
from data.reference.calendar import next_week0
from ledger.log.sequencer import clock_ms

app = typer.Typer(add_completion=False)


@app.command()
def template(
    file: Annotated[Path, typer.Argument(metavar="FILE.xlsx", help="The workbook to write.")],
    week0: Annotated[
        str, typer.Option(help="Monday of the first week of hours (YYYY-MM-DD); else next Monday.")
    ] = "",
    weeks: Annotated[int, typer.Option(min=1, max=WEEKS_MAX, help="Weeks of hours.")] = 12,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Write an empty workbook: sheets for offers and orders, drop-down lists, instructions."""
    with reporting(as_json=as_json) as report:
        if file.suffix.lower() != ".xlsx":
            raise BadInput(f"{file}: expected a name that ends in .xlsx", file=str(file))
        if file.exists():
            raise BadInput(f"{file} exists and may be filled in; name another.", file=str(file))
        first: date = monday(week0) or next_week0(clock_ms())
        write_template(file, week0=first, weeks=weeks)
        report.line(f"Wrote {file} for {weeks} weeks from Monday {first}.")
        report.line(f"Fill it in, then: parkloom import {file}")
        report.result({"file": str(file), "week0": first.isoformat(), "weeks": weeks})
