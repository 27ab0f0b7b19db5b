"""`parkloom ledger sm3`: the day's root of the log in commercial cryptography."""

from __future__ import annotations

from typing import Annotated

import typer

from api.commands.frame import JsonFlag, opened, reporting
from api.services import sm3_roots


def sm3(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Compute all stated roots again instead.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Enter the day's SM3 root over the log's entries, signed by the operator; once a day."""
    with reporting(as_json=as_json) as report, opened() as workspace:
        if check:
            count = sm3_roots.check(workspace)
            report.line(f"{count} SM3 roots hold.")
            report.result({"checked": count})
            return
        receipt = sm3_roots.state(workspace)
        report.line(f"Entered at index {receipt.index}, leaf {receipt.leaf_hash}")
        report.result({"index": receipt.index, "leaf_hash": receipt.leaf_hash})
