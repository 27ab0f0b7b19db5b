"""Snapshots: the problem that a plan was made from, kept so that anyone may check the plan again.

The body is compressed JSON, read back exactly; the digest is the problem's own, so the same
problem is kept once.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import fields
from fractions import Fraction
from typing import Any, TypeVar

from sqlmodel import Session, col, select

from data.errors import DatabaseDamaged, NotFound
from data.stores.sql import insert_new, only
from data.stores.viewer import Viewer
from data.tables.matching_runs import SnapshotRow
from matching.capacity import Offer, Operation, Order, Park, Problem, Quotation, Settings
from matching.capacity.rules import NO_RULES

_FORMAT = "parkloom/capacity-problem/v1"
_SETS = frozenset({"materials", "certificates", "excluded_enterprises"})
_FRACTIONS = frozenset(
    {
        "carbon_fen_per_kg",
        "transport_fixed_fen",
        "transport_fen_per_tonne_km",
        "transport_g_per_tonne_km",
        "carbon_g_per_hour",
        "weight_kg",
    }
)

ValueT = TypeVar("ValueT", Settings, Park, Offer, Operation, Order, Quotation)


def save(session: Session, operator_id: str, problem: Problem) -> str:
    """Keep a problem; return its digest. Keeping it again changes nothing."""
    digest = problem.digest
    body = zlib.compress(encode(problem), level=6)
    insert_new(session, SnapshotRow, {"operator_id": operator_id, "digest": digest, "body": body})
    return digest


def load(session: Session, viewer: Viewer, digest: str) -> Problem:
    """Return the problem of a digest.

    Raises
    ------
    NotFound
        When there is none, or the viewer is not the operator.
    DatabaseDamaged
        When what is stored has another digest.
    """
    if not viewer.is_operator:  # the whole problem is everybody's data
        raise NotFound("snapshot", digest)
    query = select(SnapshotRow).where(
        col(SnapshotRow.operator_id) == viewer.operator_id, col(SnapshotRow.digest) == digest
    )
    row = only(session, query, kind="snapshot", key=digest)
    problem = decode(zlib.decompress(row.body))
    if problem.digest != digest:
        raise DatabaseDamaged(
            f"the snapshot {digest} was changed: its content has the digest {problem.digest}; "
            "no plan made from it can be checked"
        )
    return problem


def encode(problem: Problem) -> bytes:
    """Return a problem as JSON, every field in its place and nothing rounded.

    Raises
    ------
    ValueError
        When the problem has rules of its own (`rules.json`): this format has no place for them,
        and without them the problem read back would be another.
    """
    if problem.rules != NO_RULES:
        raise ValueError(f"{_FORMAT} has no place for rules; expected a problem without any")
    document = {
        "format": _FORMAT,
        "settings": _plain(problem.settings),
        "parks": [_plain(park) for park in problem.parks],
        "offers": [_plain(offer) for offer in problem.offers],
        "orders": [_plain(order) for order in problem.orders],
        "quotations": [_plain(quotation) for quotation in problem.quotations],
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def decode(data: bytes) -> Problem:
    """Return the problem of `encode`'s JSON.

    Raises
    ------
    ValueError
        When the data are of another format.
    """
    document = json.loads(data)
    if document.get("format") != _FORMAT:
        raise ValueError(f"expected the format {_FORMAT}, got {document.get('format')!r}")
    return Problem(
        settings=_value(Settings, document["settings"]),
        parks=tuple(_value(Park, part) for part in document["parks"]),
        offers=tuple(_value(Offer, part) for part in document["offers"]),
        orders=tuple(_value(Order, part) for part in document["orders"]),
        quotations=tuple(_value(Quotation, part) for part in document["quotations"]),
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Settings | Park | Offer | Operation | Order | Quotation):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return value


def _value(kind: type[ValueT], part: dict[str, Any]) -> ValueT:
    values = {name: _field(name, value) for name, value in part.items()}
    return kind(**values)


def _field(name: str, value: Any) -> Any:
    if name in _SETS:
        return frozenset(value)
    if name in _FRACTIONS:
        return Fraction(value)
    if name == "idle_minutes":
        return tuple(value)
    if name == "operations":
        return tuple(_value(Operation, part) for part in value)
    return value
