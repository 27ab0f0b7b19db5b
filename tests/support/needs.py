"""What a test needs of the machine: without it the test skips, or fails where a run promises it."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def promised(need: str) -> str:
    """Return the variable that is 1 where a run promises a need, such as `POSTGRESQL`."""
    return f"PARKLOOM_REQUIRE_{need}"


def lacking(need: str, reason: str) -> NoReturn:
    """Skip the test with a reason of one line, or fail it where the run promises the need."""
    if os.environ.get(promised(need)) == "1":
        pytest.fail(f"{promised(need)}=1, but there is {reason}", pytrace=False)
    pytest.skip(reason)
