"""Rejected rows on the terminal: a readable table, and exit status 2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, TypeVar

import typer
from rich.markup import escape

from api.commands.frame import Report, table
from data.importers.report import Imported, Reject

T = TypeVar("T")

REJECTS_SHOWN = 20


def require_value(imported: Imported[T], report: Report, *, document: str) -> T:
    """Return the value of an import; show its rejects and end with status 2 when there are any."""
    if imported.value is None:
        refuse(imported.rejects, report, document=document, total=imported.total_rejects)
        raise typer.Exit(2)
    return imported.value


def refuse(rejects: Sequence[Reject], report: Report, *, document: str, total: int) -> None:
    """Say on standard error what is wrong with a document, or in JSON with `--json`."""
    if report.as_json:
        report.result(
            {
                "error": {
                    "code": "DOCUMENT_REFUSED",
                    "message": f"{document}: {total} rejected; nothing was taken.",
                    "total_rejects": total,
                    "rejects": [as_json(reject) for reject in rejects],
                }
            }
        )
        return
    made = table(
        f"{document} was not taken: {total} to correct",
        columns=[("where", "left"), ("what", "left")],
    )
    for reject in rejects[:REJECTS_SHOWN]:
        made.add_row(escape(_where(reject)), escape(_what(reject)))
    report.err.print(made)
    if total > REJECTS_SHOWN:
        report.note(f"... and {total - REJECTS_SHOWN} more; --json lists them.")


def as_json(reject: Reject) -> dict[str, Any]:
    """Return a reject as a JSON object."""
    return {**asdict(reject), "code": reject.code.value, "way_out": reject.way_out}


def _where(reject: Reject) -> str:
    return "\n".join(part for part in (reject.file, reject.place, reject.field) if part)


def _what(reject: Reject) -> str:
    told = [reject.code.value]
    if reject.expected:
        told.append(f"expected {reject.expected}")
    if reject.got:
        told.append(f"got {reject.got}")
    return "\n".join([*told, reject.way_out])
