"""`parkloom technology`: research providers for technology demands."""

from __future__ import annotations

import typer

from api.commands.technology import call, feedback, importing
from api.commands.technology.assign import assign
from api.commands.technology.explain import explain
from api.commands.technology.rank import rank

app = typer.Typer(add_completion=False, no_args_is_help=True)
app.command()(rank)
app.command()(explain)
app.command()(assign)
feedback.register(app)
importing.register(app)
app.add_typer(call.app, name="call")


@app.callback()
def technology() -> None:
    """Rank, explain and assign research providers for technology demands."""
