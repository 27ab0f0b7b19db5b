"""Orders of a scope, their operations and quotations. A party sees its own orders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Update, update
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from data.errors import WrongStatus
from data.kinds import OrderStatus
from data.stores.revisions import advance
from data.stores.sql import PAGE, affected, found, insert_all, next_position, only, page
from data.stores.viewer import Viewer
from data.tables.capacity import CapacityOfferRow
from data.tables.orders import OperationRow, OrderRow, QuotationRow
from matching.capacity import Operation, Order, Quotation


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredOrder:
    """An order, where it stands and in which scope.

    Parameters
    ----------
    number
        The buyer's own number for it; the id where none was given.
    agreed_plan_id
        The plan that both sides accepted; None before that.
    """

    scope_id: str
    status: OrderStatus
    number: str
    agreed_plan_id: str | None
    order: Order


def add(
    session: Session,
    operator_id: str,
    scope_id: str,
    orders: Iterable[Order],
    *,
    numbers: Mapping[str, str] | None = None,
) -> int:
    """Add orders behind those of the scope; return how many.

    Parameters
    ----------
    numbers
        The buyers' own numbers by order id; an order without one is known by its id.

    Raises
    ------
    Conflict
        When an order is there already or the operator has no such scope.
    """
    kept, known = tuple(orders), numbers or {}
    place = {"operator_id": operator_id, "scope_id": scope_id}
    start = next_position(
        session,
        col(OrderRow.position),
        col(OrderRow.operator_id) == operator_id,
        col(OrderRow.scope_id) == scope_id,
    )
    insert_all(
        session,
        OrderRow,
        (
            place | _values(order, start + n, known.get(order.order_id, order.order_id))
            for n, order in enumerate(kept)
        ),
    )
    insert_all(session, OperationRow, (place | values for values in _operation_values(kept)))
    return len(kept)


def add_quotations(
    session: Session, operator_id: str, scope_id: str, quotations: Iterable[Quotation]
) -> int:
    """Add quotations behind those of the scope; return how many.

    Raises
    ------
    Conflict
        When one is there already or names an operation or offer that the scope does not have.
    """
    start = next_position(
        session,
        col(QuotationRow.position),
        col(QuotationRow.operator_id) == operator_id,
        col(QuotationRow.scope_id) == scope_id,
    )
    place = {"operator_id": operator_id, "scope_id": scope_id}
    rows = (_quotation_values(q, start + n) for n, q in enumerate(quotations))
    return insert_all(session, QuotationRow, (place | row for row in rows))


def agree(
    session: Session, operator_id: str, scope_id: str, order_id: str, *, plan_id: str
) -> None:
    """Note that both sides accepted a plan for an order; noting it again is harmless.

    From then on the order is no longer matched and its minutes no longer count as idle.

    Raises
    ------
    NotFound
        When the operator has no such order.
    WrongStatus
        When it is withdrawn, or agreed in another plan.
    """
    statement = _update(operator_id, scope_id, order_id).where(
        col(OrderRow.status) == OrderStatus.OPEN.value
    )
    agreed = {"status": OrderStatus.AGREED.value, "agreed_plan_id": plan_id}
    if affected(session, statement.values(agreed)):
        return
    stored = get(session, Viewer.operator(operator_id), scope_id, order_id)
    if stored.agreed_plan_id != plan_id:
        raise WrongStatus(
            "order", order_id, status=stored.status.value, wanted=(OrderStatus.OPEN.value,)
        )


def withdraw(session: Session, viewer: Viewer, scope_id: str, order_id: str) -> None:
    """Take an open order out of the matching, for good; doing it again is harmless.

    Raises
    ------
    NotFound
        When there is no such order that the viewer may see.
    WrongStatus
        When it is agreed already.
    """
    if get(session, viewer, scope_id, order_id).status is OrderStatus.OPEN:
        advance(session, viewer.operator_id, scope_id)
        statement = _update(viewer.operator_id, scope_id, order_id).where(
            col(OrderRow.status) == OrderStatus.OPEN.value
        )
        affected(session, statement.values(status=OrderStatus.WITHDRAWN.value))
    # Read again: both sides may have agreed between the look and the change.
    stored = get(session, viewer, scope_id, order_id)
    if stored.status is not OrderStatus.WITHDRAWN:
        raise WrongStatus(
            "order", order_id, status=stored.status.value, wanted=(OrderStatus.OPEN.value,)
        )


def get(session: Session, viewer: Viewer, scope_id: str, order_id: str) -> StoredOrder:
    """Return an order.

    Raises
    ------
    NotFound
        When there is none that the viewer may see.
    """
    query = _visible(viewer, scope_id).where(col(OrderRow.order_id) == order_id)
    row = only(session, query, kind="order", key=order_id)
    return _stored(session, viewer, scope_id, [row])[0]


def listing(
    session: Session,
    viewer: Viewer,
    scope_id: str,
    *,
    status: OrderStatus | None = None,
    after: str | None = None,
    limit: int = PAGE,
) -> tuple[StoredOrder, ...]:
    """Return one page of the scope's orders that the viewer may see, by id."""
    query = _visible(viewer, scope_id)
    if status is not None:
        query = query.where(col(OrderRow.status) == status.value)
    rows = found(session, page(query, col(OrderRow.order_id), after=after, limit=limit))
    return _stored(session, viewer, scope_id, rows)


def in_order(
    session: Session, viewer: Viewer, scope_id: str, *, open_only: bool = False
) -> tuple[Order, ...]:
    """Return all orders of a scope that the viewer may see, in the order they were added."""
    query = _visible(viewer, scope_id).order_by(col(OrderRow.position))
    if open_only:
        query = query.where(col(OrderRow.status) == OrderStatus.OPEN.value)
    operations = _operations(session, viewer, scope_id, order_ids=None)
    return tuple(_order(row, operations[row.order_id]) for row in found(session, query))


def left(
    session: Session, viewer: Viewer, scope_id: str, plan_id: str
) -> Mapping[str, OrderStatus]:
    """Return the orders that are not to be made as a plan says, by id, with where they stand.

    They are withdrawn, or agreed in another plan.
    """
    query = _visible(viewer, scope_id).where(
        (col(OrderRow.status) == OrderStatus.WITHDRAWN.value)
        | (col(OrderRow.agreed_plan_id) != plan_id)
    )
    return {row.order_id: OrderStatus(row.status) for row in found(session, query)}


def quotations(session: Session, viewer: Viewer, scope_id: str) -> tuple[Quotation, ...]:
    """Return the scope's quotations in the order they were added.

    A party sees those on its own offers and those for its own orders: both have read them.
    """
    query = select(QuotationRow).where(
        col(QuotationRow.operator_id) == viewer.operator_id, col(QuotationRow.scope_id) == scope_id
    )
    if viewer.organisation_id is not None:
        own_orders = select(OrderRow.order_id).where(
            col(OrderRow.operator_id) == viewer.operator_id,
            col(OrderRow.scope_id) == scope_id,
            col(OrderRow.buyer_id) == viewer.organisation_id,
        )
        own_offers = select(CapacityOfferRow.offer_id).where(
            col(CapacityOfferRow.operator_id) == viewer.operator_id,
            col(CapacityOfferRow.scope_id) == scope_id,
            col(CapacityOfferRow.enterprise_id) == viewer.organisation_id,
        )
        query = query.where(
            col(QuotationRow.order_id).in_(own_orders) | col(QuotationRow.offer_id).in_(own_offers)
        )
    rows = found(session, query.order_by(col(QuotationRow.position)))
    return tuple(_quotation(row) for row in rows)


def _visible(viewer: Viewer, scope_id: str) -> SelectOfScalar[OrderRow]:
    query = select(OrderRow).where(
        col(OrderRow.operator_id) == viewer.operator_id, col(OrderRow.scope_id) == scope_id
    )
    if viewer.organisation_id is not None:
        query = query.where(col(OrderRow.buyer_id) == viewer.organisation_id)
    return query


def _update(operator_id: str, scope_id: str, order_id: str) -> Update:
    return update(OrderRow).where(
        col(OrderRow.operator_id) == operator_id,
        col(OrderRow.scope_id) == scope_id,
        col(OrderRow.order_id) == order_id,
    )


def _operations(
    session: Session, viewer: Viewer, scope_id: str, *, order_ids: Sequence[str] | None
) -> Mapping[str, list[Operation]]:
    query = (
        select(OperationRow)
        .where(
            col(OperationRow.operator_id) == viewer.operator_id,
            col(OperationRow.scope_id) == scope_id,
        )
        .order_by(col(OperationRow.order_id), col(OperationRow.step))
    )
    if order_ids is not None:
        query = query.where(col(OperationRow.order_id).in_(order_ids))
    operations: dict[str, list[Operation]] = defaultdict(list)
    for row in found(session, query):
        operation = Operation(
            process=row.process, tolerance_it=row.tolerance_it, minutes_total=row.minutes_total
        )
        operations[row.order_id].append(operation)
    return operations


def _stored(
    session: Session, viewer: Viewer, scope_id: str, rows: Sequence[OrderRow]
) -> tuple[StoredOrder, ...]:
    ids = [row.order_id for row in rows]
    operations = _operations(session, viewer, scope_id, order_ids=ids)
    return tuple(
        StoredOrder(
            scope_id=scope_id,
            status=OrderStatus(row.status),
            number=row.number,
            agreed_plan_id=row.agreed_plan_id,
            order=_order(row, operations[row.order_id]),
        )
        for row in rows
    )


def _values(order: Order, position: int, number: str) -> dict[str, object]:
    return {
        "order_id": order.order_id,
        "position": position,
        "status": OrderStatus.OPEN.value,
        "number": number,
        "buyer_id": order.buyer_id,
        "buyer_latitude": order.buyer_lat,
        "buyer_longitude": order.buyer_lon,
        "quantity": order.quantity,
        "material": order.material,
        "size_class": order.size_class,
        "certificates": order.certificates,
        "release_week": order.release_week,
        "due_week": order.due_week,
        "max_tardy_weeks": order.max_tardy_weeks,
        "value_fen": order.value_fen,
        "tardy_fen_per_week": order.tardy_fen_per_week,
        "max_price_fen": order.max_price_fen,
        "max_lots": order.max_lots,
        "excluded_enterprises": order.excluded_enterprises,
        "weight_kg": order.weight_kg,
        "quoted_only": order.quoted_only,
    }


def _operation_values(orders: Iterable[Order]) -> Iterator[dict[str, object]]:
    for order in orders:
        for step, operation in enumerate(order.operations, start=1):
            yield {
                "order_id": order.order_id,
                "step": step,
                "process": operation.process,
                "tolerance_it": operation.tolerance_it,
                "minutes_total": operation.minutes_total,
            }


def _quotation_values(quotation: Quotation, position: int) -> dict[str, object]:
    return {
        "order_id": quotation.order_id,
        "step": quotation.step,
        "offer_id": quotation.offer_id,
        "position": position,
        "setup_minutes": quotation.setup_minutes,
        "minutes_total": quotation.minutes_total,
        "price_fen": quotation.price_fen,
    }


def _order(row: OrderRow, operations: Sequence[Operation]) -> Order:
    return Order(
        order_id=row.order_id,
        buyer_id=row.buyer_id,
        buyer_lat=row.buyer_latitude,
        buyer_lon=row.buyer_longitude,
        quantity=row.quantity,
        material=row.material,
        size_class=row.size_class,
        certificates=row.certificates,
        release_week=row.release_week,
        due_week=row.due_week,
        max_tardy_weeks=row.max_tardy_weeks,
        value_fen=row.value_fen,
        tardy_fen_per_week=row.tardy_fen_per_week,
        max_price_fen=row.max_price_fen,
        max_lots=row.max_lots,
        excluded_enterprises=row.excluded_enterprises,
        weight_kg=row.weight_kg,
        operations=tuple(operations),
        quoted_only=row.quoted_only,
    )


def _quotation(row: QuotationRow) -> Quotation:
    return Quotation(
        order_id=row.order_id,
        step=row.step,
        offer_id=row.offer_id,
        setup_minutes=row.setup_minutes,
        minutes_total=row.minutes_total,
        price_fen=row.price_fen,
    )
