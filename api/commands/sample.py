"""`parkloom sample`: the files of the sample park."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.commands.frame import JsonFlag, reporting, require_new_folder
from api.demo.sample import write_sample
from ledger.log.sequencer import clock_ms

app = typer.Typer(add_completion=False)


@app.command()
def sample(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
    *,
    as_json: JsonFlag = False,
) -> None:
    """Write the sample park to DIR: forms, CSV bundles, UBL orders, lists to open and change."""
    with reporting(as_json=as_json) as report:
        require_new_folder(folder)
        written = write_sample(folder, now_ms=clock_ms())
        report.line(f"Wrote the sample park to {folder}; {folder / 'README.md'} explains it.")
        report.line(f"Match it:  parkloom match {folder / 'bundle'} --out plan --seconds 20")
        report.result({"folder": str(folder), "week0": written.week0.isoformat()})
