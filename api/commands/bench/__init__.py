"""`parkloom bench`: measurements, each ratio with both its sides."""

from __future__ import annotations

import typer

from api.commands.bench.arrivals import arrivals
from api.commands.bench.capacity import capacity
from api.commands.bench.gap import gap

app = typer.Typer(add_completion=False, no_args_is_help=True)
app.command()(capacity)
app.command()(gap)
app.command()(arrivals)


@app.callback()
def bench() -> None:
    """Measure, and print both sides of every ratio."""
