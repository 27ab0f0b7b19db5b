"""JSON from strangers: one object, or one reject that says what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from data.importers.codes import RejectCode
from data.importers.report import RejectList


def object_of(
    data: bytes | str,
    rejects: RejectList,
    *,
    number: Callable[[str], object] | None = None,
    file: str = "",
    place: str = "",
) -> dict[str, object] | None:
    """Return the object of a JSON text; None after one reject, JSON_MALFORMED.

    Parameters
    ----------
    number
        Makes a value of a number's text, `NaN` and `Infinity` included, or raises ValueError. With
        it a key may appear once only. Left out, numbers are what `json` makes of them.
    file, place
        Where the text stands, for the reject.
    """
    hooks: dict[str, Any] = {}
    if number is not None:
        hooks = dict.fromkeys(("parse_float", "parse_int", "parse_constant"), number)
        hooks["object_pairs_hook"] = _once
    try:
        # Decoded here: `json` would take UTF-16 too, and half characters.
        text = data.decode("utf-8") if isinstance(data, bytes) else data
        loaded = json.loads(text, **hooks)
        got = type(loaded).__name__
    except (ValueError, RecursionError) as error:
        loaded, got = None, str(error)
    if isinstance(loaded, dict):
        return loaded
    rejects.add(
        RejectCode.JSON_MALFORMED, file=file, place=place, expected="one JSON object", got=got
    )
    return None


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    loaded = dict(pairs)
    if len(loaded) != len(pairs):
        raise ValueError("a key appears twice")
    return loaded
