"""The secret of each order, from which the salts of its disclosures come.

Destroying it makes the order's salted fields unguessable for good, while every proof stays valid.
"""

from __future__ import annotations

from sqlalchemy import delete
from sqlmodel import Session, col, select

from data.errors import NotFound
from data.stores.sql import affected, insert_new, only
from data.stores.viewer import Viewer
from data.tables.drafts import OrderKeyRow

SECRET_BYTES = 32


def ensure(
    session: Session, operator_id: str, order_handle: str, *, secret: bytes, now_ms: int
) -> bytes:
    """Return the order's secret; `secret`, fresh random bytes, becomes it when there is none.

    Raises
    ------
    ValueError
        When `secret` is not 32 bytes long.
    """
    if len(secret) != SECRET_BYTES:
        raise ValueError(f"an order's secret has {SECRET_BYTES} bytes, got {len(secret)}")
    values = {
        "operator_id": operator_id,
        "order_handle": order_handle,
        "secret": secret,
        "created_ms": now_ms,
    }
    insert_new(session, OrderKeyRow, values)
    return get(session, Viewer.operator(operator_id), order_handle)


def get(session: Session, viewer: Viewer, order_handle: str) -> bytes:
    """Return the order's secret.

    Raises
    ------
    NotFound
        When there is none (any more), or the viewer is not the operator.
    """
    if not viewer.is_operator:
        raise NotFound("order secret", order_handle)
    query = select(OrderKeyRow).where(
        col(OrderKeyRow.operator_id) == viewer.operator_id,
        col(OrderKeyRow.order_handle) == order_handle,
    )
    return only(session, query, kind="order secret", key=order_handle).secret


def destroy(session: Session, operator_id: str, order_handle: str) -> bool:
    """Remove the order's secret; return whether there was one. Backups are not reached."""
    statement = delete(OrderKeyRow).where(
        col(OrderKeyRow.operator_id) == operator_id, col(OrderKeyRow.order_handle) == order_handle
    )
    return affected(session, statement) == 1
