"""`parkloom import`: bring a document into the installation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from api.commands.frame import BadInput, JsonFlag, Report, monday, opened, reporting
from api.commands.rejects import as_json as reject_as_json
from api.commands.rejects import refuse, require_value
from api.services import imports
from api.services.directory import import_directory, is_directory
from api.services.imports import ImportReport, ImportStatus
from data.importers.directory import Directory

app = typer.Typer(add_completion=False)


@app.command(name="import")
def import_(
    path: Annotated[
        Path,
        typer.Argument(help="CSV bundle or directory (folder, .zip), .xlsx workbook, .xml order."),
    ],
    week0: Annotated[
        str, typer.Option(help="Monday of a bundle's week 0 (YYYY-MM-DD); else next Monday.")
    ] = "",
    *,
    as_json: JsonFlag = False,
) -> None:
    """Import PATH into the database; a document is taken whole or not at all."""
    with reporting(as_json=as_json) as report:
        if not path.exists():
            raise BadInput(f"There is no file or folder {path}.", path=str(path))
        with opened() as workspace:
            if is_directory(path):
                found = require_value(import_directory(workspace, path), report, document=str(path))
                show_directory(found, report, name=path.name)
                return
            done = imports.import_path(workspace, path, week0=monday(week0))
        if done.status is ImportStatus.REFUSED and done.rejects:
            refuse(done.rejects, report, document=done.name, total=done.total_rejects)
            raise typer.Exit(2)
        show(done, report)
        report.result(figures(done))
        if done.status is ImportStatus.REFUSED:
            raise typer.Exit(2)


def show_directory(found: Directory, report: Report, *, name: str) -> None:
    """Print what a directory brought."""
    counts = {
        "parks": len(found.parks),
        "organisations": len(found.organisations),
        "lenders": len(found.lenders),
    }
    brought = ", ".join(f"{count:,} {noun}" for noun, count in counts.items())
    report.line(f"{name}: imported: {brought}")
    report.result({"name": name, "status": "imported", "counts": counts})


def show(done: ImportReport, report: Report) -> None:
    """Print one line for people: what came in, or why not."""
    brought = ", ".join(f"{count:,} {noun}" for noun, count in done.counts.items() if count)
    code = f" ({done.code})" if done.code else ""
    report.show(f"{done.name}: {done.status.value}{code}{': ' if brought else ''}{brought}")


def figures(done: ImportReport) -> dict[str, Any]:
    """Return what `--json` prints of an import."""
    return {
        "id": done.id,
        "name": done.name,
        "kind": done.kind.value,
        "sha256": done.sha256,
        "status": done.status.value,
        "code": done.code,
        "counts": dict(done.counts),
        "rejects": [reject_as_json(reject) for reject in done.rejects],
        "total_rejects": done.total_rejects,
        "purchase_order_id": done.purchase_order_id,
    }
