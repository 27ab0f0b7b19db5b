"""`parkloom order`: take an order out of the open book."""

from __future__ import annotations

from typing import Annotated

import typer

from api.commands.frame import JsonFlag, opened, reporting
from api.services import capacity

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.callback()
def order() -> None:
    """Change an order of the open book; the next run and the next quote see it."""


@app.command()
def withdraw(
    order: Annotated[str, typer.Argument(help="Id of the order.")],
    buyer: Annotated[
        str, typer.Option(help="Only if it is this buyer's own; else the operator acts.")
    ] = "",
    *,
    as_json: JsonFlag = False,
) -> None:
    """Withdraw ORDER for good: no run and no quote sees it again. An agreed order is refused."""
    with reporting(as_json=as_json) as report, opened() as workspace:
        stored = capacity.withdraw_order(workspace, order, organisation_id=buyer or None)
        buyer_id = stored.order.buyer_id
        report.line(f"{order} of {buyer_id}: {stored.status.value}")
        report.result({"id": order, "buyer_id": buyer_id, "status": stored.status.value})
