"""What tests of the command line look at."""

from __future__ import annotations

import json
from typing import Any

from click.testing import Result
from rich.cells import cell_len


def fits(text: str, *, columns: int = 80) -> bool:
    """Tell whether every line fits; East Asian characters count twice."""
    return all(cell_len(line) <= columns for line in text.splitlines())


def only_json(result: Result) -> Any:
    """Return the one JSON value that standard output holds."""
    return json.loads(result.stdout)


def words(text: str) -> str:
    """Return a text with its line breaks and runs of spaces made single spaces."""
    return " ".join(text.split())
