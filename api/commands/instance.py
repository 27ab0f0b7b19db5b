"""`parkloom instance`: random instances of the capacity problem."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.commands.frame import JsonFlag, facts, reporting

app = typer.Typer()
