"""Purchase orders on their way to the ledger. A party sees those in which it buys or sells."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Update, update
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from data.errors import Conflict, WrongStatus
from data.kinds import PartyRole, PurchaseOrderStatus
from data.stores.purchase_order_values import (
    NamedParty,
    PurchaseOrder,
    PurchaseOrderLine,
    core,
    line_of,
    order_of,
    order_values,
    party_of,
    party_values,
)
from data.stores.sql import (
    PAGE,
    affected,
    change,
    found,
    insert_all,
    insert_new,
    only,
    page,
)
from data.stores.viewer import Viewer
from data.tables.purchase_orders import PartyLinkRow, PurchaseOrderLineRow, PurchaseOrderRow

__all__ = [
    "OPEN",
    "NamedParty",
    "PurchaseOrder",
    "PurchaseOrderLine",
    "add",
    "find_by_handle",
    "get",
    "link_party",
    "listing",
    "set_status",
]

OPEN = (PurchaseOrderStatus.IMPORTED, PurchaseOrderStatus.HELD)
"""Statuses in which the parties of a purchase order may still be linked."""


def add(session: Session, operator_id: str, order: PurchaseOrder) -> PurchaseOrder:
    """Add a purchase order; adding the same again returns it as it stands.

    Raises
    ------
    Conflict
        When the id is another's, when the plan's part is a purchase order already, or when it
        refers to an organisation, plan or import that is not there.
    """
    if not insert_new(session, PurchaseOrderRow, order_values(operator_id, order)):
        rows = found(session, _visible(Viewer.operator(operator_id), order.id))
        stored = _with_parts(session, operator_id, rows)
        if not stored or core(stored[0]) != core(order):
            raise Conflict(
                "purchase order",
                order.id,
                "the id is another's, or the same part of the plan is a purchase order already",
            )
        return stored[0]
    place = {"operator_id": operator_id, "purchase_order_id": order.id}
    names = PurchaseOrderLine.__dataclass_fields__
    insert_all(
        session,
        PurchaseOrderLineRow,
        (
            place | {"position": n} | {name: getattr(line, name) for name in names}
            for n, line in enumerate(order.lines)
        ),
    )
    sides = ((PartyRole.BUYER, order.buyer), (PartyRole.SELLER, order.seller))
    rows_of_parties = (place | party_values(role, party) for role, party in sides)
    insert_all(session, PartyLinkRow, rows_of_parties)
    return order


def link_party(
    session: Session,
    operator_id: str,
    purchase_order_id: str,
    role: PartyRole,
    *,
    organisation_id: str,
    linked_by: str,
    now_ms: int,
) -> PurchaseOrder:
    """Note which organisation a document's party is; linking it the same again is harmless.

    The status stays: what still holds the order is the caller's to judge.

    Raises
    ------
    NotFound
        When the operator has no such purchase order.
    WrongStatus
        When it is refused or has gone to the ledger.
    Conflict
        When the party is linked to another organisation, or the organisation is not there.
    """
    viewer = Viewer.operator(operator_id)
    order = get(session, viewer, purchase_order_id)
    party = order.buyer if role is PartyRole.BUYER else order.seller
    if party.organisation_id == organisation_id:
        return order
    if order.status not in OPEN:
        raise _wrong(order, OPEN)
    if party.organisation_id is not None:
        raise Conflict(
            "purchase order",
            purchase_order_id,
            f"its {role} is linked to {party.organisation_id} already",
        )
    statement = (
        update(PartyLinkRow)
        .where(
            col(PartyLinkRow.operator_id) == operator_id,
            col(PartyLinkRow.purchase_order_id) == purchase_order_id,
            col(PartyLinkRow.role) == role.value,
        )
        .values(organisation_id=organisation_id, linked_by=linked_by, linked_ms=now_ms)
    )
    change(session, statement, kind="purchase order", key=purchase_order_id)
    column = "buyer_org" if role is PartyRole.BUYER else "seller_org"
    _change(session, operator_id, purchase_order_id, **{column: organisation_id})
    return get(session, viewer, purchase_order_id)


def set_status(
    session: Session,
    operator_id: str,
    purchase_order_id: str,
    status: PurchaseOrderStatus,
    *,
    expected: Sequence[PurchaseOrderStatus],
    code: str | None = None,
    ledger_handle: str | None = None,
    request_id: str | None = None,
) -> PurchaseOrder:
    """Move a purchase order on; being there already is harmless.

    Parameters
    ----------
    expected
        The statuses it may come from.
    code
        Why, when it is held or refused; cleared otherwise.
    ledger_handle, request_id
        Noted when given.

    Raises
    ------
    NotFound
        When the operator has no such purchase order.
    WrongStatus
        When it stands elsewhere.
    """
    values: dict[str, object] = {"status": status.value, "code": code}
    if ledger_handle is not None:
        values["ledger_handle"] = ledger_handle
    if request_id is not None:
        values["request_id"] = request_id
    statement = _update(operator_id, purchase_order_id).where(
        col(PurchaseOrderRow.status).in_([one.value for one in expected])
    )
    moved = affected(session, statement.values(values))
    order = get(session, Viewer.operator(operator_id), purchase_order_id)
    if not moved and order.status is not status:
        raise _wrong(order, expected)
    return order


def get(session: Session, viewer: Viewer, purchase_order_id: str) -> PurchaseOrder:
    """Return a purchase order.

    Raises
    ------
    NotFound
        When there is none that the viewer may see.
    """
    query = _visible(viewer, purchase_order_id)
    row = only(session, query, kind="purchase order", key=purchase_order_id)
    return _with_parts(session, viewer.operator_id, [row])[0]


def find_by_handle(session: Session, viewer: Viewer, ledger_handle: str) -> PurchaseOrder:
    """Return the purchase order that has this name in the log.

    Raises
    ------
    NotFound
        When there is none that the viewer may see.
    """
    query = _visible(viewer).where(col(PurchaseOrderRow.ledger_handle) == ledger_handle)
    row = only(session, query, kind="purchase order", key=ledger_handle)
    return _with_parts(session, viewer.operator_id, [row])[0]


def listing(
    session: Session,
    viewer: Viewer,
    *,
    status: PurchaseOrderStatus | None = None,
    plan_id: str | None = None,
    after: str | None = None,
    limit: int = PAGE,
) -> tuple[PurchaseOrder, ...]:
    """Return one page of the purchase orders that the viewer may see, by id."""
    query = _visible(viewer)
    if status is not None:
        query = query.where(col(PurchaseOrderRow.status) == status.value)
    if plan_id is not None:
        query = query.where(col(PurchaseOrderRow.plan_id) == plan_id)
    rows = found(session, page(query, col(PurchaseOrderRow.id), after=after, limit=limit))
    return _with_parts(session, viewer.operator_id, rows)


def _visible(viewer: Viewer, key: str | None = None) -> SelectOfScalar[PurchaseOrderRow]:
    query = select(PurchaseOrderRow).where(col(PurchaseOrderRow.operator_id) == viewer.operator_id)
    if key is not None:
        query = query.where(col(PurchaseOrderRow.id) == key)
    if viewer.organisation_id is not None:
        query = query.where(
            (col(PurchaseOrderRow.buyer_org) == viewer.organisation_id)
            | (col(PurchaseOrderRow.seller_org) == viewer.organisation_id)
        )
    return query


def _update(operator_id: str, purchase_order_id: str) -> Update:
    return update(PurchaseOrderRow).where(
        col(PurchaseOrderRow.operator_id) == operator_id,
        col(PurchaseOrderRow.id) == purchase_order_id,
    )


def _change(session: Session, operator_id: str, purchase_order_id: str, **values: object) -> None:
    statement = _update(operator_id, purchase_order_id).values(**values)
    change(session, statement, kind="purchase order", key=purchase_order_id)


def _wrong(order: PurchaseOrder, wanted: Sequence[PurchaseOrderStatus]) -> WrongStatus:
    return WrongStatus(
        "purchase order",
        order.id,
        status=order.status.value,
        wanted=tuple(one.value for one in wanted),
    )


def _with_parts(
    session: Session, operator_id: str, rows: Sequence[PurchaseOrderRow]
) -> tuple[PurchaseOrder, ...]:
    ids = [row.id for row in rows]
    parties = select(PartyLinkRow).where(
        col(PartyLinkRow.operator_id) == operator_id,
        col(PartyLinkRow.purchase_order_id).in_(ids),
    )
    named = {(p.purchase_order_id, p.role): party_of(p) for p in found(session, parties)}
    query = (
        select(PurchaseOrderLineRow)
        .where(
            col(PurchaseOrderLineRow.operator_id) == operator_id,
            col(PurchaseOrderLineRow.purchase_order_id).in_(ids),
        )
        .order_by(col(PurchaseOrderLineRow.position))
    )
    lines: dict[str, list[PurchaseOrderLine]] = defaultdict(list)
    for line in found(session, query):
        lines[line.purchase_order_id].append(line_of(line))
    return tuple(order_of(row, named, lines[row.id]) for row in rows)
