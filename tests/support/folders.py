"""Folders with measurement data that lie outside the project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def shared_folder(name: str) -> Path:
    """Return the folder that the variable `PARKLOOM_<name>` names.

    Skips the test when the variable is unset: such data do not ship with the project. When it is
    set, the folder must exist: a typing mistake would otherwise switch the tests off unseen.
    """
    variable = f"PARKLOOM_{name}"
    value = os.environ.get(variable)
    if not value:
        pytest.skip(f"{variable} is not set: the data do not ship with the project")
    folder = Path(value)
    if not folder.is_dir():
        pytest.fail(f"{variable} names no folder: {value}")
    return folder
