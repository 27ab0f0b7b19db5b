"""Write demands and providers as JSON lines, which read back as the same values."""

from __future__ import annotations

import json
from collections.abc import Iterable

from matching.technology.problem import Demand, Provider
from matching.technology.problem_plain import to_plain


def lines_of(values: Iterable[Demand | Provider]) -> bytes:
    """Return one line of JSON for each value; the same values give the same bytes."""
    return b"".join(
        json.dumps(to_plain(value), ensure_ascii=False).encode() + b"\n" for value in values
    )
