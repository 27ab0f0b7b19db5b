"""`parkloom template`: an empty workbook to fill in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.commands.frame import BadInput, JsonFlag, reporting
from data.exporters.workbook import write_template

app = typer.Typer()


@app.command()
def template(
    file: Annotated[Path, typer.Argument(metavar="FILE.xlsx", help="The workbook to write.")],
    as_json: JsonFlag = False,
) -> None:
    """Write an empty workbook: sheets for offers and orders, drop-down lists, instructions."""
    with reporting(as_json=as_json) as report:
        if file.suffix.lower() != ".xlsx":
            raise BadInput(f"{file}: expected a name that ends in .xlsx", file=str(file))
        if file.exists():
            raise BadInput(f"{file} exists; it may be filled in. Name another file.", file=str(file))
        write_template(file)
        report.line(f"Wrote {file}. Fill it in, then: parkloom import {file}")
        report.result({"file": str(file)})
