"""Documents that a test keeps equal to what the code says; `make golden` rewrites them."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def assert_golden(name: str, text: str) -> None:
    """Compare a document of the project with `text`, or rewrite it when asked to."""
    path = ROOT / name
    if os.environ.get("PARKLOOM_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    have = path.read_text(encoding="utf-8") if path.exists() else ""
    assert have == text, f"{name} does not say what the code does: run `make golden` and read it"
