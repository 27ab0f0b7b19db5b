"""`parkloom bench`: measurements, each ratio with both its sides."""

from __future__ import annotations

import typer

from api.commands.bench.arrivals import arrivals
from api.commands.bench.capacity import capacity
from api.commands.bench.gap import gap
from api.commands.bench.ledger import ledger
from api.commands.bench.pricing import pricing
from api.commands.bench.relevance import relevance
from api.commands.bench.relevance_speed import relevance_speed
from api.commands.bench.reviewer import reviewer

app = typer.Typer(add_completion=False, no_args_is_help=True)
app.command()(capacity)
app.command()(gap)
app.command()(arrivals)
app.command()(pricing)
app.command()(ledger)
app.command()(relevance)
app.command()(relevance_speed)
app.command()(reviewer)


@app.callback()
def bench() -> None:
    """Measure, and print both sides of every ratio."""
