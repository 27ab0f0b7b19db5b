"""`parkloom instance`: random instances of the capacity problem."""

from __future__ import annotations

import typer

app = typer.Typer()
