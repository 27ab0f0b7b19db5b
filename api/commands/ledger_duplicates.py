"""`parkloom ledger duplicates`: orders that look alike, and what a person found about them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from api.commands.frame import BadInput, JsonFlag, opened, reporting, table
from api.services import duplicates as service
from api.services import screening
from api.services.duplicates import AlertView


def duplicates(
    order: Annotated[str, typer.Option(help="Decide: handle of the later order.")] = "",
    other: Annotated[str, typer.Option(help="Decide: handle of the other order.")] = "",
    verdict: Annotated[str, typer.Option(help="Decide: distinct or duplicate.")] = "",
    reason: Annotated[str, typer.Option(help="Decide: why, in words.")] = "",
    by: Annotated[str, typer.Option(help="Decide: who looked.")] = "",
    *,
    open_only: Annotated[
        bool, typer.Option("--open", help="List only those that wait for a person.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """List orders that look like another one; with a verdict, say what a person found.

    While an order is held no claim on it is screened. "distinct" lets it go on.
    """
    with reporting(as_json=as_json) as report:
        given = (order, other, verdict, reason, by)
        if any(given) and not all(given):
            raise BadInput(
                "A decision needs --order, --other, --verdict, --reason and --by; without any of "
                "them the alerts are listed."
            )
        with opened() as workspace:
            if verdict:
                decided = screening.decide_duplicate(
                    workspace, order, other, verdict=verdict, by=by, reason=reason
                )
                report.line(f"{decided.order} and {decided.other}: {decided.verdict}")
                report.result(asdict(decided))
                return
            found = service.listing(workspace, open_only=open_only)
        shown = table(columns=[(name, "left") for name in ("order", "other", "alike in", "state")])
        for one in found:
            shown.add_row(one.order, one.other, "\n".join(one.codes), _state(one))
        if found:
            report.show(shown)
        else:
            report.line("No orders look alike.")
        report.result({"alerts": [asdict(one) for one in found]})


def _state(alert: AlertView) -> str:
    said = alert.verdict or "open"
    return f"{said}, held" if alert.held else said
