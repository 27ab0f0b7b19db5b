"""`parkloom technology import | export | template | demands | providers`: data in and out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.commands.frame import BadInput, JsonFlag, Report, opened, reporting, table
from api.commands.rejects import refuse
from api.services import technology
from api.services.technology import TechnologyImport
from data.exporters.technology_workbook import write_technology_template
from data.importers.technology_lines import read_demands, read_providers
from matching.technology.problem import Demand, DemandStatus, Provider
from matching.technology.problem_plain import to_plain

Language = Annotated[str, typer.Option("--as", help="See it as this organisation does.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module to `parkloom technology`."""
    app.command(name="import")(import_)
    app.command()(export)
    app.command()(template)
    app.command()(demands)
    app.command()(providers)


def import_(
    path: Annotated[
        Path,
        typer.Argument(help="demands.jsonl, providers.jsonl, a form (.xlsx) or a folder of CSV."),
    ],
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Read JSON lines and say what is wrong; store nothing.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Import demands and providers; a document is taken whole or not at all."""
    with reporting(as_json=as_json) as report:
        if not path.exists():
            raise BadInput(f"There is no file or folder {path}.", path=str(path))
        if check:
            _check(path, report)
            return
        with opened() as workspace:
            done = technology.import_path(workspace, path)
        if not done.accepted:
            refuse(done.rejects, report, document=done.name, total=done.total_rejects)
            raise typer.Exit(2)
        show(done, report)


def _check(path: Path, report: Report) -> None:
    """Read a file of JSON lines without an installation."""
    if path.suffix.lower() != ".jsonl":
        raise BadInput(f"{path}: --check reads JSON lines (.jsonl).", path=str(path))
    read = read_demands if "demand" in path.name.lower() else read_providers
    found = read(path)
    if found.value is None:
        refuse(found.rejects, report, document=path.name, total=found.total_rejects)
        raise typer.Exit(2)
    report.line(f"{path.name}: {len(found.value):,} read, nothing wrong")
    report.result({"name": path.name, "read": len(found.value)})


def show(done: TechnologyImport, report: Report) -> None:
    """Print what a document brought."""
    counts = {
        noun: {"added": put.added, "changed": put.changed, "unchanged": put.unchanged}
        for noun, put in (("demands", done.demands), ("providers", done.providers))
    }
    told = [
        f"{sum(count.values()):,} {noun} ({', '.join(f'{n:,} {how}' for how, n in count.items())})"
        for noun, count in counts.items()
        if sum(count.values())
    ]
    report.line(f"{done.name}: imported {'; '.join(told)}")
    report.result({"name": done.name, "status": "imported", **counts})


def export(
    folder: Annotated[Path, typer.Argument(help="Folder to write into.")],
    *,
    as_json: JsonFlag = False,
) -> None:
    """Write all demands and providers as JSON lines, which import again unchanged."""
    with reporting(as_json=as_json) as report:
        with opened() as workspace:
            files = technology.export_lines(workspace)
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (folder / name).write_bytes(data)
        counts = {name: data.count(b"\n") for name, data in files.items()}
        report.line(", ".join(f"{folder / name}: {count:,}" for name, count in counts.items()))
        report.result({"folder": str(folder), "files": counts})


def template(
    file: Annotated[Path, typer.Argument(metavar="FILE.xlsx", help="The workbook to write.")],
    *,
    as_json: JsonFlag = False,
) -> None:
    """Write an empty form for demands and providers: drop-down lists, examples, instructions."""
    with reporting(as_json=as_json) as report:
        if file.suffix.lower() != ".xlsx":
            raise BadInput(f"{file}: expected a name that ends in .xlsx", file=str(file))
        if file.exists():
            raise BadInput(f"{file} exists and may be filled in; name another.", file=str(file))
        write_technology_template(file)
        report.line(f"Wrote {file}.")
        report.line(f"Fill it in, then: parkloom technology import {file}")
        report.result({"file": str(file)})


def demands(
    demand_id: Annotated[str, typer.Argument(help="Show this one whole.")] = "",
    status: Annotated[str, typer.Option(help="Only those of a status, such as open.")] = "",
    viewer: Language = "",
    *,
    as_json: JsonFlag = False,
) -> None:
    """List the stored demands, or show one."""
    with reporting(as_json=as_json) as report, opened() as workspace:
        if demand_id:
            _show_whole(
                technology.get_demand(workspace, demand_id, viewer_id=viewer or None), report
            )
            return
        wanted = _status(status)
        found: list[Demand] = []
        while page := technology.list_demands(
            workspace,
            viewer_id=viewer or None,
            status=wanted,
            after=found[-1].demand_id if found else None,
        ):
            found.extend(page)
        columns = [(name, "left") for name in ("demand", "title", "owner", "status", "deadline")]
        made = table(f"{len(found)} demands", columns=columns)
        for one in found:
            made.add_row(
                one.demand_id, one.title, one.owner_org, one.status.value, str(one.deadline or "-")
            )
        report.show(made)
        report.result({"demands": [to_plain(one) for one in found]})


def providers(
    provider_id: Annotated[str, typer.Argument(help="Show this one whole.")] = "",
    viewer: Language = "",
    *,
    as_json: JsonFlag = False,
) -> None:
    """List the stored providers, or show one."""
    with reporting(as_json=as_json) as report, opened() as workspace:
        if provider_id:
            _show_whole(
                technology.get_provider(workspace, provider_id, viewer_id=viewer or None), report
            )
            return
        found: list[Provider] = []
        while page := technology.list_providers(
            workspace,
            viewer_id=viewer or None,
            after=found[-1].provider_id if found else None,
        ):
            found.extend(page)
        columns = [(name, "left") for name in ("provider", "name", "kind", "documents", "consent")]
        made = table(f"{len(found)} providers", columns=columns)
        for one in found:
            made.add_row(
                one.provider_id,
                one.name,
                one.kind.value,
                str(len(one.documents)),
                "yes" if one.consent else "no",
            )
        report.show(made)
        report.result({"providers": [to_plain(one) for one in found]})


def _show_whole(one: Demand | Provider, report: Report) -> None:
    plain = to_plain(one)
    for name, value in plain.items():
        report.line(f"{name}: {value}")
    report.result(plain)


def _status(text: str) -> DemandStatus | None:
    if not text:
        return None
    try:
        return DemandStatus(text)
    except ValueError:
        expected = ", ".join(status.value for status in DemandStatus)
        raise BadInput(f"--status {text}: expected one of {expected}", status=text) from None
