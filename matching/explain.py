"""Reasons: a code with parameters; the texts are templates, filled in at the edge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Param = int | str | tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why an order is in a plan or not."""

    code: str
    params: Mapping[str, Param] = field(default_factory=dict)
