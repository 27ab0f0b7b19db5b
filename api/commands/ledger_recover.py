"""`parkloom ledger recover` and `cite`: after a loss, or an old backup that was restored."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.commands.drafts import write_draft
from api.commands.frame import JsonFlag, opened, reporting
from api.services import recovery

Source = Annotated[
    str,
    typer.Argument(help="Address or folder with checkpoint and tile/: a mirror, an export."),
]


def recover(source: Source, *, as_json: JsonFlag = False) -> None:
    """Bring back the entries that SOURCE has and the database has lost, all verified.

    The checkpoint's signature, every hash and every rule are checked before an entry is kept.
    Private fields were never public and come back from the database's own backup alone.
    """
    with reporting(as_json=as_json) as report, opened() as workspace:
        done = recovery.recover(workspace, source)
        back = done.size - done.before
        report.line(f"Brought {back} entries back: the log has {done.size} and goes on.")
        report.result(
            {"before": done.before, "recovered": back, "size": done.size, "root": done.root}
        )


def cite(
    source: Source,
    key: Annotated[str, typer.Option(help="vkey of the other log, known from before.")],
    reason: Annotated[str, typer.Option(help="compromised, lost or moved.")],
    out: Annotated[Path | None, typer.Option(help="File for the draft.")] = None,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Draft the entry by which this new log says that it follows the one at SOURCE.

    For a log that cannot go on: its key was stolen, or nobody has its last entries. The new log
    has another origin, and its parties sign anew what still stands.
    """
    with reporting(as_json=as_json) as report, opened() as workspace:
        write_draft(recovery.cite(workspace, source, log_vkey=key, reason=reason), out, report)
