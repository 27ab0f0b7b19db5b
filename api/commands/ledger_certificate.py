"""`parkloom ledger certificate`: what the log holds of an order, or that it holds none."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.commands.frame import BadInput, JsonFlag, opened, reporting
from api.services import certificates
from api.services.workspace import log_vkey, registrar_vkey


def certificate(
    out: Annotated[Path, typer.Option(help="File to write.")],
    handle: Annotated[str, typer.Argument(help="Handle of the order.")] = "",
    buyer: Annotated[str, typer.Option(help="Buyer's organisation, instead of a handle.")] = "",
    seller: Annotated[str, typer.Option(help="Seller's organisation.")] = "",
    number: Annotated[str, typer.Option(help="Number of the purchase order.")] = "",
    *,
    as_json: JsonFlag = False,
) -> None:
    """Write an order certificate for a stranger to verify: of an order, or that it is not there.

    By handle, the order's whole history with its proofs. By parties and number, the same; or,
    when the record holds no such purchase order, the proof of that.
    """
    by_number = (buyer, seller, number)
    with reporting(as_json=as_json) as report, opened() as workspace:
        if bool(handle) == any(by_number) or (not handle and not all(by_number)):
            raise BadInput("Name the order: HANDLE, or --buyer, --seller and --number together.")
        if handle:
            found: str | None = handle
            data = certificates.build(workspace, handle)
        else:
            found, data = certificates.by_number(
                workspace, buyer=buyer, seller=seller, number=number
            )
        out.write_bytes(data)
        key, root = log_vkey(workspace), registrar_vkey(workspace)
        what = f"order {found}" if found else f"no order with number {number} is in the record"
        report.line(f"Wrote {out}: {what}. Anyone can verify it without this installation:")
        report.line(f"  python -m ledger.verification {out} --key '{key}' --registrar '{root}'")
        report.result({"order": found, "file": str(out), "vkey": key, "registrar": root})
