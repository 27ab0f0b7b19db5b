"""An id that is taken: say in which fields the two differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.errors import Refused, shown
from data.errors import Conflict


def with_difference(
    conflict: Conflict, *, stored: Mapping[str, Any] | None, asked: Mapping[str, Any]
) -> Exception:
    """Return the refusal of a conflict, naming each field that differs.

    Parameters
    ----------
    stored, asked
        The thing under that id, and the one that was asked for. None, or no field that differs,
        gives the conflict back as it is: it is about something else than the fields.
    """
    differing = [name for name in asked if stored and stored.get(name) != asked[name]]
    if stored is None or not differing:
        return conflict
    told = "; ".join(
        f"{name} is {shown(stored.get(name))}, asked for {shown(asked[name])}" for name in differing
    )
    return Refused(
        "CONFLICT",
        f"{conflict.kind} {conflict.key!r} exists and differs: {told}",
        params={"differs": ", ".join(differing)},
    )
