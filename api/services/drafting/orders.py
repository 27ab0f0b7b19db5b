"""Drafts about orders: submission, the buyer's answer, answers to proposals."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session

from api.services.drafting.facts import Facts
from api.services.drafting.frames import frame, head, order_state, party_of, salts
from api.services.errors import BadRequest
from api.services.workspace import Workspace, new_handle
from data.errors import NotFound, WrongStatus
from data.kinds import PurchaseOrderSource, PurchaseOrderStatus
from data.stores import imports, purchase_orders
from data.stores.organisations import Identifier
from data.stores.purchase_orders import PurchaseOrder, PurchaseOrderLine
from ledger.claims import events
from ledger.claims.drafts import Draft
from ledger.claims.events import Adjustment, OrderLine
from ledger.values.identifiers import IdentifierError, canonical_identifier, canonical_scheme
from ledger.values.money import Money, exponent_of
from ledger.values.transitions import OrderStatus

TERMS_DAYS = 60


def order_submitted(workspace: Workspace, facts: Facts) -> Draft:
    """Draft the submission of a purchase order by one of its sides."""
    framed = frame(workspace)
    with workspace.transaction() as session:
        order = _submittable(workspace, session, facts.text("purchase_order"))
        handle = order.ledger_handle or new_handle()
        version, seen = _continuation(workspace, handle)
        purchase_orders.set_status(
            session,
            workspace.operator_id,
            order.id,
            PurchaseOrderStatus.IMPORTED,
            expected=(PurchaseOrderStatus.IMPORTED, PurchaseOrderStatus.REFUSED),
            ledger_handle=handle,
        )
        stated = _document(workspace, session, order)
        return events.order_submitted(
            framed,
            order=handle,
            by=facts.side(),
            buyer=party_of(session, workspace.viewer, str(order.buyer.organisation_id)),
            seller=party_of(session, workspace.viewer, str(order.seller.organisation_id)),
            number=order.number,
            net=Money(order.net_minor, order.currency),
            lines=[_line(line, order.currency) for line in order.lines],
            charges=_adjustments(stated, "charge_minor"),
            allowances=_adjustments(stated, "allowance_minor"),
            issued=order.issue_date.isoformat(),
            last_due=_last_due(order, facts),
            prepaid_minor=facts.number("prepaid", int(stated.get("prepaid_minor", 0))),
            retention_bps=facts.number("retention_bps", 0),
            assignable=facts.flag("assignable", default=True),
            terms_days=facts.number("terms_days", TERMS_DAYS),
            version=version,
            osp=seen,
            plan=order.plan_id,
            buyer_identifiers=checked(order.buyer.identifiers),
            seller_identifiers=checked(order.seller.identifiers),
            salts=salts(workspace, session, handle, framed.idem),
        )


def order_confirmed(workspace: Workspace, facts: Facts) -> Draft:
    """Draft the buyer's confirmation of what was submitted."""
    handle = facts.text("order")
    order = order_state(workspace, handle)
    return events.order_confirmed(
        frame(workspace),
        order=handle,
        buyer=order.buyer,
        version=order.version,
        net=Money(order.net, order.currency),
        osp=head(workspace, handle),
    )


def order_rejected(workspace: Workspace, facts: Facts) -> Draft:
    """Draft the buyer's rejection."""
    handle = facts.text("order")
    order = order_state(workspace, handle)
    return events.order_rejected(
        frame(workspace),
        order=handle,
        buyer=order.buyer,
        version=order.version,
        reason=facts.text("reason"),
        osp=head(workspace, handle),
    )


def checked(identifiers: tuple[Identifier, ...]) -> list[tuple[str, str]]:
    """Return the identifiers of a document that the record can compare.

    Documents carry identifiers with wrong check digits or no scheme; those stay in the document.
    """
    found = set()
    for one in identifiers:
        try:
            scheme = canonical_scheme(one.scheme)
            canonical_identifier(scheme, one.value)
        except IdentifierError:
            continue
        found.add((scheme, one.value))
    return sorted(found)


def _submittable(workspace: Workspace, session: Session, purchase_order_id: str) -> PurchaseOrder:
    order = purchase_orders.get(session, workspace.viewer, purchase_order_id)
    refused_before = order.status is PurchaseOrderStatus.REFUSED and order.ledger_handle
    if order.status is not PurchaseOrderStatus.IMPORTED and not refused_before:
        status = f"{order.status} ({order.code})" if order.code else order.status.value
        wanted = (PurchaseOrderStatus.IMPORTED.value,)
        raise WrongStatus("purchase order", order.id, status=status, wanted=wanted)
    return order


def _continuation(workspace: Workspace, handle: str) -> tuple[int, str | None]:
    """Return version and order head: 1 and None at first, the next ones after a rejection."""
    try:
        known = order_state(workspace, handle)
    except NotFound:
        return 1, None
    if known.status is not OrderStatus.REJECTED:
        wanted = (OrderStatus.REJECTED.value,)
        raise WrongStatus("order", handle, status=known.status.value, wanted=wanted)
    return known.version + 1, head(workspace, handle)


def _document(workspace: Workspace, session: Session, order: PurchaseOrder) -> dict[str, Any]:
    """Return what the imported document states beside its lines."""
    if order.source is not PurchaseOrderSource.UBL or order.import_id is None:
        return {}
    return dict(imports.get(session, workspace.viewer, order.import_id).report.get("document", {}))


def _adjustments(stated: dict[str, Any], name: str) -> list[Adjustment]:
    amount = int(stated.get(name, 0))
    return [Adjustment(reason="document", amount_minor=amount)] if amount else []


def _line(line: PurchaseOrderLine, currency: str) -> OrderLine:
    return OrderLine(
        n=line.number,
        item=line.item,
        unit=line.unit,
        amount_minor=line.amount_minor,
        qty_milli=line.quantity_milli,
        price_micro=_price_micro(line, currency),
        due=line.due_date.isoformat() if line.due_date else None,
    )


def _price_micro(line: PurchaseOrderLine, currency: str) -> int | None:
    """Return millionths of the minor unit for one unit of quantity; None where not exact."""
    if line.price_micro is None:
        return None
    exact, rest = divmod(
        line.price_micro * 10 ** exponent_of(currency) * 1000, line.base_quantity_milli
    )
    return None if rest else exact


def _last_due(order: PurchaseOrder, facts: Facts) -> str:
    dates = [line.due_date for line in order.lines if line.due_date is not None]
    if not dates and not facts.has("last_due"):
        raise BadRequest(
            f"Purchase order {order.number} states no delivery date; give last_due (YYYY-MM-DD).",
            fact="last_due",
        )
    return facts.date("last_due", max(dates, default=None)).isoformat()
