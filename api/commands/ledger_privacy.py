"""`parkloom ledger view` and `kek`: a recipient's view, and the key-encryption key."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.commands.frame import BadInput, JsonFlag, opened, reporting
from api.services import disclosures, key_store
from api.services.workspace import log_vkey, registrar_vkey


def view(
    disclosure: Annotated[str, typer.Argument(help="Handle of an entered disclosure.made.")],
    out: Annotated[Path, typer.Option(help="File to write.")],
    *,
    as_json: JsonFlag = False,
) -> None:
    """Write what a recipient was shown: the private fields, with the proofs that they stand."""
    with reporting(as_json=as_json) as report, opened() as workspace:
        out.write_bytes(disclosures.make_view(workspace, disclosure))
        key, root = log_vkey(workspace), registrar_vkey(workspace)
        report.line(f"Wrote {out}. Its recipient verifies it without this installation:")
        report.line(
            f"  python -m ledger.verification.view {out} --key '{key}' --registrar '{root}' "
            "--recipient HANDLE"
        )
        report.result({"disclosure": disclosure, "file": str(out), "vkey": key, "registrar": root})


def kek(
    *,
    rotate: Annotated[
        bool, typer.Option("--rotate", help="Make a new KEK and wrap every key under it.")
    ] = False,
    drop_former: Annotated[
        bool,
        typer.Option("--drop-former", help="Destroy the former KEK: older backups open no more."),
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Show, rotate or drop the key that wraps the orders' keys (the KEK)."""
    with reporting(as_json=as_json) as report, opened() as workspace:
        if rotate and drop_former:
            raise BadInput(
                "--rotate and --drop-former: give one at a time. Rotate first, and drop the "
                "former KEK when every process has the new one."
            )
        count = 0
        if rotate:
            count = key_store.rotate(workspace)
            report.line(f"Wrapped {count} keys under the new KEK.")
        if drop_former:
            count = key_store.drop_former(workspace)
            report.line("Destroyed the former KEK.")
        ring = key_store.keyring(workspace.settings)
        former = "kept" if ring.former else "none"
        report.line(f"KEK {ring.name}, former {former}")
        report.result({"kek": ring.name, "former": bool(ring.former), "wrapped": count})
