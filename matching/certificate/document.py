"""Read a capacity certificate: one JSON object with exactly the keys of section 7."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from .refusal import Unreadable, unreadable

FORMAT = "parkloom/capacity-certificate/v1"
BYTES_MAX = 256 * 1024 * 1024


class Document(NamedTuple):
    """A plan claim and everything that proves it, as it was read: nothing is checked."""

    problem_sha256: str
    rules: Any  # by name: what the problem has beside the base model
    objective_fen: int
    upper_bound_fen: int
    gap_ppm: int
    seed: int
    scale: int
    cells: int
    plan: Any  # rows of plan.csv
    prices: Any  # [offer, week, thousandths of a fen per minute]
    proofs: Any  # [order, [[lots, strain, own, nodes], ...]]


def read_document(path: Path) -> Document:
    """Return the certificate in a file.

    Raises
    ------
    Unreadable
        When it is missing, too large, not JSON, of another format, or has other keys; when a
        number has a decimal part; when a key appears twice.
    """
    try:
        if path.stat().st_size > BYTES_MAX:
            unreadable(f"more than {BYTES_MAX:,} bytes")
        text = path.read_bytes().decode("utf-8")
        found = json.loads(
            text, parse_float=_no_float, parse_constant=_no_float, object_pairs_hook=_once
        )
    except (OSError, ValueError, RecursionError) as error:
        raise Unreadable(f"{path.name}: {error}") from error
    if not isinstance(found, dict) or found.pop("format", None) != FORMAT:
        raise Unreadable(f"{path.name}: expected an object of the format {FORMAT}")
    if set(found) != set(Document._fields):
        differing = sorted(set(found) ^ set(Document._fields))
        raise Unreadable(f"{path.name}: keys missing or unknown: {', '.join(differing)}")
    document = Document(**found)
    for name in ("objective_fen", "upper_bound_fen", "gap_ppm", "seed", "scale", "cells"):
        if type(found[name]) is not int:
            raise Unreadable(f"{path.name}: {name} is not an integer: {found[name]!r}")
    kinds = {"rules": dict, "plan": list, "prices": list, "proofs": list}
    for name, kind in kinds.items():
        if not isinstance(found[name], kind):
            raise Unreadable(f"{path.name}: {name} is not a {kind.__name__}")
    return document


def _no_float(text: str) -> None:
    raise ValueError(f"{text} is not an integer")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key appears twice")
    return found
