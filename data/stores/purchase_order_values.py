"""Purchase orders as values, and their mapping to rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from data.kinds import PartyRole, PurchaseOrderSource, PurchaseOrderStatus
from data.stores.organisations import Identifier
from data.tables.purchase_orders import PartyLinkRow, PurchaseOrderLineRow, PurchaseOrderRow


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseOrderLine:
    """A line of a purchase order.

    Parameters
    ----------
    quantity_milli, base_quantity_milli
        Thousandths of `unit`; the price is for the base quantity.
    price_micro
        Millionths of the currency's major unit; None where the document states none.
    amount_minor
        Without tax, minor units.
    """

    number: str
    item: str
    unit: str
    quantity_milli: int
    amount_minor: int
    price_micro: int | None = None
    base_quantity_milli: int = 1000
    due_date: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedParty:
    """A party as the document names it, and the organisation it was found or linked to be.

    Parameters
    ----------
    organisation_id
        None until the party is known.
    linked_by, linked_ms
        The person who linked it and when (UTC milliseconds); None where an identifier did.
    """

    name: str
    identifiers: tuple[Identifier, ...] = ()
    organisation_id: str | None = None
    linked_by: str | None = None
    linked_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseOrder:
    """An order between one buyer and one seller. Amounts are minor units of `currency`.

    Parameters
    ----------
    scope_id, order_id, plan_id
        What it comes from, when `source` is a plan.
    import_id
        The document it comes from, when `source` is a document.
    code
        Why it is held or refused.
    ledger_handle
        Its random name in the log, chosen before it is submitted.
    request_id
        Of the append request that submits it.
    created_ms
        UTC milliseconds.
    """

    id: str
    source: PurchaseOrderSource
    status: PurchaseOrderStatus
    number: str
    issue_date: date
    currency: str
    net_minor: int
    payable_minor: int
    buyer: NamedParty
    seller: NamedParty
    created_ms: int
    lines: tuple[PurchaseOrderLine, ...] = ()
    tax_minor: int = 0
    code: str | None = None
    scope_id: str | None = None
    order_id: str | None = None
    plan_id: str | None = None
    import_id: str | None = None
    ledger_handle: str | None = None
    request_id: str | None = None

    def __post_init__(self) -> None:
        explained = {PurchaseOrderStatus.HELD, PurchaseOrderStatus.REFUSED}
        if self.status in explained and not self.code:
            raise ValueError(f"purchase order {self.id}: {self.status} needs a code that says why")
        if self.source is PurchaseOrderSource.PLAN and not (
            self.plan_id and self.scope_id and self.order_id
        ):
            raise ValueError(f"purchase order {self.id}: from a plan, it names plan and order")


def core(order: PurchaseOrder) -> PurchaseOrder:
    """Return what a purchase order was made with, without what happened to it since."""
    return replace(
        order,
        status=PurchaseOrderStatus.IMPORTED,
        code=None,
        ledger_handle=None,
        request_id=None,
        created_ms=0,
        buyer=replace(order.buyer, organisation_id=None, linked_by=None, linked_ms=None),
        seller=replace(order.seller, organisation_id=None, linked_by=None, linked_ms=None),
    )


def order_values(operator_id: str, order: PurchaseOrder) -> dict[str, object]:
    """Return the columns of a purchase order, without its lines and parties."""
    return {
        "operator_id": operator_id,
        "id": order.id,
        "source": order.source.value,
        "status": order.status.value,
        "code": order.code,
        "scope_id": order.scope_id,
        "order_id": order.order_id,
        "plan_id": order.plan_id,
        "import_id": order.import_id,
        "buyer_org": order.buyer.organisation_id,
        "seller_org": order.seller.organisation_id,
        "number": order.number,
        "issue_date": order.issue_date,
        "currency": order.currency,
        "net_minor": order.net_minor,
        "tax_minor": order.tax_minor,
        "payable_minor": order.payable_minor,
        "ledger_handle": order.ledger_handle,
        "request_id": order.request_id,
        "created_ms": order.created_ms,
    }


def party_values(role: PartyRole, party: NamedParty) -> dict[str, object]:
    """Return the columns of a party that say who it is."""
    return {
        "role": role.value,
        "name": party.name,
        "identifiers": [[one.scheme, one.value] for one in party.identifiers],
        "organisation_id": party.organisation_id,
        "linked_by": party.linked_by,
        "linked_ms": party.linked_ms,
    }


def party_of(row: PartyLinkRow) -> NamedParty:
    """Return the party of a row."""
    return NamedParty(
        name=row.name,
        identifiers=tuple(
            Identifier(scheme=scheme, value=value) for scheme, value in row.identifiers
        ),
        organisation_id=row.organisation_id,
        linked_by=row.linked_by,
        linked_ms=row.linked_ms,
    )


def line_of(row: PurchaseOrderLineRow) -> PurchaseOrderLine:
    """Return the line of a row."""
    return PurchaseOrderLine(
        number=row.number,
        item=row.item,
        unit=row.unit,
        quantity_milli=row.quantity_milli,
        amount_minor=row.amount_minor,
        price_micro=row.price_micro,
        base_quantity_milli=row.base_quantity_milli,
        due_date=row.due_date,
    )


def order_of(
    row: PurchaseOrderRow,
    named: Mapping[tuple[str, str], NamedParty],
    lines: Sequence[PurchaseOrderLine],
) -> PurchaseOrder:
    """Return the purchase order of a row, with its parties by (id, role) and its lines."""
    return PurchaseOrder(
        id=row.id,
        source=PurchaseOrderSource(row.source),
        status=PurchaseOrderStatus(row.status),
        code=row.code,
        scope_id=row.scope_id,
        order_id=row.order_id,
        plan_id=row.plan_id,
        import_id=row.import_id,
        buyer=named[row.id, PartyRole.BUYER.value],
        seller=named[row.id, PartyRole.SELLER.value],
        number=row.number,
        issue_date=row.issue_date,
        currency=row.currency,
        net_minor=row.net_minor,
        tax_minor=row.tax_minor,
        payable_minor=row.payable_minor,
        ledger_handle=row.ledger_handle,
        request_id=row.request_id,
        created_ms=row.created_ms,
        lines=tuple(lines),
    )
