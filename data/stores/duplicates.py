"""Fingerprints of orders, and alerts about two orders that share some."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import delete, func, update
from sqlmodel import Session, col, select

from data.errors import NotFound, WrongStatus
from data.kinds import DuplicateVerdict
from data.stores.sql import affected, found, insert_new
from data.tables.duplicates import DuplicateAlertRow, OrderFingerprintRow
from data.tables.ledger import LedgerStateRow
from ledger.claims.state import OrderState


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateAlert:
    """Two orders that look alike.

    Parameters
    ----------
    order, other
        Handles; `order` was registered later.
    codes
        In which ways they are alike.
    verdict, decided_by, reason
        What a person found, who, and why; None until then.
    """

    order: str
    other: str
    codes: frozenset[str]
    created_ms: int
    verdict: DuplicateVerdict | None = None
    decided_by: str | None = None
    reason: str | None = None
    decided_ms: int | None = None


def keep(session: Session, operator_id: str, order: str, prints: Mapping[str, str]) -> None:
    """Keep the fingerprints of an order, with their codes, in the place of those it had."""
    forget(session, operator_id, order)
    for fingerprint, code in prints.items():
        values = {"operator_id": operator_id, "fingerprint": fingerprint, "order_handle": order}
        insert_new(session, OrderFingerprintRow, values | {"code": code})


def forget(session: Session, operator_id: str, order: str) -> None:
    """Remove the fingerprints of an order."""
    statement = delete(OrderFingerprintRow).where(
        col(OrderFingerprintRow.operator_id) == operator_id,
        col(OrderFingerprintRow.order_handle) == order,
    )
    affected(session, statement)


def prints_of(session: Session, operator_id: str, order: str) -> tuple[str, ...]:
    """Return the fingerprints of an order."""
    query = select(OrderFingerprintRow).where(
        col(OrderFingerprintRow.operator_id) == operator_id,
        col(OrderFingerprintRow.order_handle) == order,
    )
    return tuple(sorted(row.fingerprint for row in found(session, query)))


def without_prints(session: Session, operator_id: str, origin: str) -> tuple[str, ...]:
    """Return the orders in the record of a log that have no fingerprints, by handle."""
    prefix = f"{OrderState.prefix}/"
    handle = func.substr(col(LedgerStateRow.key), len(prefix) + 1)
    known = select(OrderFingerprintRow.order_handle).where(
        col(OrderFingerprintRow.operator_id) == operator_id,
        col(OrderFingerprintRow.order_handle) == handle,
    )
    query = select(LedgerStateRow.key).where(
        col(LedgerStateRow.log) == origin,
        col(LedgerStateRow.key).startswith(prefix),
        ~known.exists(),
    )
    keys = session.exec(query.order_by(col(LedgerStateRow.key))).all()
    return tuple(key.removeprefix(prefix) for key in keys)


def alike(
    session: Session, operator_id: str, order: str, prints: Collection[str]
) -> dict[str, frozenset[str]]:
    """Return other orders that have some of these fingerprints, with the codes of those."""
    if not prints:
        return {}
    query = select(OrderFingerprintRow).where(
        col(OrderFingerprintRow.operator_id) == operator_id,
        col(OrderFingerprintRow.fingerprint).in_(prints),
        col(OrderFingerprintRow.order_handle) != order,
    )
    shared: dict[str, set[str]] = defaultdict(set)
    for row in found(session, query):
        shared[row.order_handle].add(row.code)
    return {handle: frozenset(codes) for handle, codes in sorted(shared.items())}


def raise_alert(session: Session, operator_id: str, alert: DuplicateAlert) -> bool:
    """Add an alert unless there is one about these two orders; return whether it is new."""
    if _pair(session, operator_id, alert.other, alert.order) is not None:
        return False
    values = {
        "operator_id": operator_id,
        "order_handle": alert.order,
        "other_handle": alert.other,
        "codes": alert.codes,
        "created_ms": alert.created_ms,
    }
    return insert_new(session, DuplicateAlertRow, values)


def decide(
    session: Session,
    operator_id: str,
    order: str,
    other: str,
    verdict: DuplicateVerdict,
    *,
    decided_by: str,
    reason: str,
    now_ms: int,
) -> DuplicateAlert:
    """Note what a person found about a pair; the same again is harmless.

    Raises
    ------
    NotFound
        When there is no alert about these two orders.
    WrongStatus
        When it was decided otherwise before.
    """
    statement = (
        update(DuplicateAlertRow)
        .where(
            col(DuplicateAlertRow.operator_id) == operator_id,
            col(DuplicateAlertRow.order_handle) == order,
            col(DuplicateAlertRow.other_handle) == other,
            col(DuplicateAlertRow.verdict).is_(None),
        )
        .values(verdict=verdict.value, decided_by=decided_by, reason=reason, decided_ms=now_ms)
    )
    moved = affected(session, statement)
    row = _pair(session, operator_id, order, other)
    if row is None:
        raise NotFound("alert about two orders", f"{order} {other}")
    if not moved and row.verdict != verdict.value:
        raise WrongStatus(
            "alert about two orders", f"{order} {other}", status=str(row.verdict), wanted=("open",)
        )
    return _alert(row)


def alerts(
    session: Session, operator_id: str, *, order: str | None = None
) -> tuple[DuplicateAlert, ...]:
    """Return all alerts, or those about one order, the oldest first."""
    query = select(DuplicateAlertRow).where(col(DuplicateAlertRow.operator_id) == operator_id)
    if order is not None:
        query = query.where(
            (col(DuplicateAlertRow.order_handle) == order)
            | (col(DuplicateAlertRow.other_handle) == order)
        )
    query = query.order_by(
        col(DuplicateAlertRow.created_ms),
        col(DuplicateAlertRow.order_handle),
        col(DuplicateAlertRow.other_handle),
    )
    return tuple(_alert(row) for row in found(session, query))


def _pair(session: Session, operator_id: str, order: str, other: str) -> DuplicateAlertRow | None:
    query = select(DuplicateAlertRow).where(
        col(DuplicateAlertRow.operator_id) == operator_id,
        col(DuplicateAlertRow.order_handle) == order,
        col(DuplicateAlertRow.other_handle) == other,
    )
    rows = found(session, query)
    return rows[0] if rows else None


def _alert(row: DuplicateAlertRow) -> DuplicateAlert:
    return DuplicateAlert(
        order=row.order_handle,
        other=row.other_handle,
        codes=row.codes,
        created_ms=row.created_ms,
        verdict=None if row.verdict is None else DuplicateVerdict(row.verdict),
        decided_by=row.decided_by,
        reason=row.reason,
        decided_ms=row.decided_ms,
    )
