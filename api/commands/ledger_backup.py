"""`parkloom ledger backup` and `restore-test`: copies that are known to be restorable."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.commands.frame import JsonFlag, opened, reporting
from api.services import backups
from data.exporters.files import write_bytes


def backup(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.")],
    *,
    as_json: JsonFlag = False,
) -> None:
    """Copy the published log and the SQLite database to FOLDER, with a signed manifest.

    The secrets of private fields and the keys are not part of it: keep those apart, and shortly.
    With PostgreSQL the database is copied by its own tools, without the rows of order_keys.
    """
    with reporting(as_json=as_json) as report, opened() as workspace:
        manifest = backups.back_up(workspace, folder)
        key = backups.operator_signer(workspace).verifier.vkey
        report.line(f"Backed up {manifest.size} entries in {len(manifest.files)} files to {folder}")
        report.line(f"The manifest is signed by {key}")
        report.result(
            {
                "folder": str(folder),
                "size": manifest.size,
                "root": manifest.root.hex(),
                "files": len(manifest.files),
                "key": key,
            }
        )


def restore_test(
    folder: Annotated[Path, typer.Argument(help="A backup.")],
    out: Annotated[Path | None, typer.Option(help="File for the signed report.")] = None,
    latest: Annotated[
        str, typer.Option(help="Address or folder with the newest checkpoint; else this log's.")
    ] = "",
    *,
    as_json: JsonFlag = False,
) -> None:
    """Test that a backup can be restored, and sign the report.

    Compares every file with the manifest, recomputes the log, checks that it is the beginning of
    the newest checkpoint, and replays every entry with every rule.
    """
    with reporting(as_json=as_json) as report, opened() as workspace:
        signed = backups.try_restore(workspace, folder, latest=latest)
        if out is not None:
            write_bytes(out, signed)
        text = signed.decode("utf-8")
        report.line(text.rstrip("\n"))
        report.result({"report": text, "file": None if out is None else str(out)})
