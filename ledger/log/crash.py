"""Named places between the steps of an append, where tests let the process die."""

from __future__ import annotations

from collections.abc import Callable

CrashPoint = Callable[[str], None]
"""Is called with the name of the step that was just done or is about to be."""


def no_crash(_step: str) -> None:
    """Go on: what every installation does."""
