"""`parkloom ledger lapse`: the end of reservations whose 72 hours are over."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import Annotated

import typer

from api.commands.frame import JsonFlag, opened, reporting, table
from api.services import screening


def lapse(
    *,
    list_only: Annotated[
        bool, typer.Option("--list", help="List the reservations; end none.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """End the reservations whose 72 hours are over, so that their headroom is free again.

    Each end is an entry, signed by the operator. Run it by a timer, once an hour say.
    """
    with reporting(as_json=as_json) as report, opened() as workspace:
        ended = () if list_only else screening.lapse_due(workspace)
        held = screening.reservations(workspace)
        if not list_only:
            report.line(f"Reservations ended: {len(ended)}, still held: {len(held)}")
        shown = table(columns=[("claim", "left"), ("held until (UTC)", "left")])
        for one in held:
            until = dt.datetime.fromtimestamp(one.until_ms / 1000, tz=dt.UTC)
            shown.add_row(one.claim, f"{until:%Y-%m-%d %H:%M}")
        if held:
            report.show(shown)
        elif list_only:
            report.line("No claim is reserved.")
        report.result(
            {"ended": [asdict(one) for one in ended], "held": [asdict(one) for one in held]}
        )
