"""The operators."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session, col, select

from data.errors import Conflict
from data.stores.sql import insert_new, only
from data.stores.viewer import Viewer
from data.tables.operators import OperatorRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """An operator: who runs a log and several parks.

    Parameters
    ----------
    origin
        Name of its log, unique.
    created_ms
        UTC milliseconds.
    """

    id: str
    name: str
    origin: str
    created_ms: int


def ensure(session: Session, operator: Operator) -> Operator:
    """Add an operator, or return the stored one when it is there already.

    Raises
    ------
    Conflict
        When the stored one has another log, or another operator has this one's.
    """
    insert_new(
        session,
        OperatorRow,
        {
            "id": operator.id,
            "name": operator.name,
            "origin": operator.origin,
            "created_ms": operator.created_ms,
        },
    )
    query = select(OperatorRow).where(col(OperatorRow.id) == operator.id)
    row = session.exec(query).first()
    if row is None:
        raise Conflict(
            "operator", operator.id, f"the log {operator.origin!r} belongs to another operator"
        )
    if row.origin != operator.origin:
        raise Conflict(
            "operator",
            operator.id,
            f"its log is {row.origin!r}, not {operator.origin!r}; an operator keeps its log",
        )
    return _operator(row)


def get(session: Session, viewer: Viewer) -> Operator:
    """Return the viewer's operator.

    Raises
    ------
    NotFound
        When it was never added.
    """
    query = select(OperatorRow).where(col(OperatorRow.id) == viewer.operator_id)
    return _operator(only(session, query, kind="operator", key=viewer.operator_id))


def _operator(row: OperatorRow) -> Operator:
    return Operator(id=row.id, name=row.name, origin=row.origin, created_ms=row.created_ms)
