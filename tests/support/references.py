"""What the reference lists say of their sources."""

from __future__ import annotations

import csv
from importlib.resources import files


def sources_of(name: str) -> dict[str, tuple[str, str]]:
    """Return the title and the note of each source in a file of `data.reference`, by its key."""
    text = files("data.reference").joinpath(name).read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines(), strict=True)
    return {row["source"]: (row["title"], row["note"]) for row in rows}
