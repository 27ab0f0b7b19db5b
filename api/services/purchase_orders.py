"""Purchase orders, made from an accepted plan or read from a UBL document."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlmodel import Session

from api.services.drafting import table
from api.services.errors import BadRequest
from api.services.paging import every
from api.services.workspace import OPERATOR, Workspace, new_handle
from data.errors import WrongStatus
from data.importers.ubl import DocumentParty, OrderDocument, PartyIssueCode, assess_parties
from data.kinds import (
    OrganisationKind,
    OrganisationStatus,
    PartyRole,
    PurchaseOrderSource,
    PurchaseOrderStatus,
)
from data.stores import organisations
from data.stores import purchase_orders as store
from data.stores.organisations import Identifier, Organisation
from data.stores.purchase_orders import NamedParty, PurchaseOrder
from data.stores.purchase_orders import PurchaseOrderLine as StoredLine
from ledger.claims.drafts import Draft
from ledger.values.identifiers import IdentifierError, normalise_order_number

DUPLICATE_ORDER = "DUPLICATE_ORDER"
"""Refused: the same buyer ordered from the same seller under the same number before."""
PARTY_AMBIGUOUS = "PARTY_AMBIGUOUS"
"""Held: a party's identifiers lead to different organisations; a person says which one it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseOrderLine:
    """One line; amounts in minor units, quantity as decimal text, due date YYYY-MM-DD."""

    number: str
    item: str
    quantity: str
    unit: str
    amount_minor: int
    due_date: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseOrderView:
    """A purchase order.

    Parameters
    ----------
    status, code
        imported, held, refused, submitted or confirmed; the code says why it is held or refused.
    handle
        Its name in the record, once a submission was drafted.
    """

    id: str
    source: str
    number: str
    issue_date: str
    currency: str
    net_minor: int
    buyer_id: str | None
    seller_id: str | None
    buyer_name: str
    seller_name: str
    lines: tuple[PurchaseOrderLine, ...]
    order_id: str | None
    plan_id: str | None
    status: str
    code: str | None
    handle: str | None


def list_purchase_orders(
    workspace: Workspace,
    *,
    status: str | None = None,
    order_id: str | None = None,
    plan_id: str | None = None,
) -> tuple[PurchaseOrderView, ...]:
    """Return purchase orders, filtered, by id. Raises BadRequest on an unknown status."""
    try:
        wanted = None if status is None else PurchaseOrderStatus(status)
    except ValueError:
        known = ", ".join(PurchaseOrderStatus)
        raise BadRequest(
            f"status {status!r}: expected one of {known}.", status=str(status)
        ) from None
    with workspace.snapshot() as session:
        found = every(
            lambda after: store.listing(
                session, workspace.viewer, status=wanted, plan_id=plan_id, after=after
            )
        )
        return tuple(_view(one) for one in found if order_id in {None, one.order_id})


def get(workspace: Workspace, purchase_order_id: str) -> PurchaseOrderView:
    """Return one purchase order. Raises NotFound."""
    with workspace.snapshot() as session:
        return _view(store.get(session, workspace.viewer, purchase_order_id))


def link_party(
    workspace: Workspace,
    purchase_order_id: str,
    *,
    side: str,
    organisation_id: str,
    linked_by: str = OPERATOR,
) -> PurchaseOrderView:
    """Say which onboarded organisation a document's party is; frees a held order.

    Raises
    ------
    NotFound
        When there is no such purchase order or organisation.
    BadRequest
        When the side is unknown, or the organisation is the other side already.
    WrongStatus
        When the organisation is not onboarded, or the order is no longer held.
    Conflict
        When the party is linked to another organisation.
    """
    try:
        role = PartyRole(side)
    except ValueError:
        raise BadRequest(f"side {side!r}: expected buyer or seller.", side=side) from None
    with workspace.transaction() as session:
        _require_linkable(workspace, session, purchase_order_id, role, organisation_id)
        order = store.link_party(
            session,
            workspace.operator_id,
            purchase_order_id,
            role,
            organisation_id=organisation_id,
            linked_by=linked_by,
            now_ms=workspace.clock_ms(),
        )
        return _view(_freed(workspace, session, order))


def draft_submission(
    workspace: Workspace,
    purchase_order_id: str,
    *,
    by: str = "seller",
    last_due: str | None = None,
) -> Draft:
    """Make the draft of order.submitted for a purchase order.

    Parameters
    ----------
    last_due
        YYYY-MM-DD; needed where the document states no delivery date.

    Raises
    ------
    WrongStatus
        When it is held, refused or in the record already.
    NotOnboarded
        When one of its parties is not in the record.
    """
    facts: Mapping[str, object] = {"purchase_order": purchase_order_id, "by": by}
    if last_due is not None:
        facts = {**facts, "last_due": last_due}
    return table.make_draft(workspace, "order.submitted", facts)


def of_document(
    workspace: Workspace, session: Session, document: OrderDocument, *, import_id: str
) -> PurchaseOrder:
    """Return the purchase order of a UBL document, yet to be added.

    Parties are found by their identifiers; one that nobody has seen before becomes a named
    organisation, still to be onboarded. A party without an identifier holds the order, two
    parties that share one refuse it.
    """
    issues = assess_parties(document)
    codes = [issue.code for issue in issues]
    self_trade = PartyIssueCode.SELF_TRADE in codes
    sides = {
        side: _named(workspace, session, party, known=not self_trade)
        for side, party in (("buyer", document.buyer), ("seller", document.seller))
    }
    status, code = PurchaseOrderStatus.IMPORTED, None
    if self_trade:
        status, code = PurchaseOrderStatus.REFUSED, PartyIssueCode.SELF_TRADE.value
    elif PartyIssueCode.PARTY_UNIDENTIFIED in codes:
        status, code = PurchaseOrderStatus.HELD, PartyIssueCode.PARTY_UNIDENTIFIED.value
    elif None in {party.organisation_id for party in sides.values()}:
        status, code = PurchaseOrderStatus.HELD, PARTY_AMBIGUOUS
    order = PurchaseOrder(
        id=_id(document.sha256),
        source=PurchaseOrderSource.UBL,
        status=status,
        code=code,
        number=document.id,
        issue_date=document.issue_date,
        currency=document.currency,
        net_minor=document.net_minor - document.allowance_minor + document.charge_minor,
        tax_minor=document.tax_minor,
        payable_minor=document.payable_minor,
        buyer=sides["buyer"],
        seller=sides["seller"],
        lines=tuple(
            StoredLine(
                number=line.id,
                item=line.item,
                unit=line.unit,
                quantity_milli=line.quantity_milli,
                amount_minor=line.line_minor,
                price_micro=line.price_micro,
                base_quantity_milli=line.base_quantity_milli,
                due_date=line.due_date,
            )
            for line in document.lines
        ),
        import_id=import_id,
        created_ms=workspace.clock_ms(),
    )
    if status is PurchaseOrderStatus.IMPORTED and _is_repeat(workspace, session, order):
        return replace(order, status=PurchaseOrderStatus.REFUSED, code=DUPLICATE_ORDER)
    return order


def _require_linkable(
    workspace: Workspace,
    session: Session,
    purchase_order_id: str,
    role: PartyRole,
    organisation_id: str,
) -> None:
    """Refuse an organisation that is not onboarded, or is the other side already."""
    organisation = organisations.get(session, workspace.viewer, organisation_id)
    if organisation.status is not OrganisationStatus.ONBOARDED:
        raise WrongStatus(
            "organisation",
            organisation_id,
            status=organisation.status.value,
            wanted=(OrganisationStatus.ONBOARDED.value,),
        )
    order = store.get(session, workspace.viewer, purchase_order_id)
    other = order.seller if role is PartyRole.BUYER else order.buyer
    if other.organisation_id == organisation_id:
        raise BadRequest(
            f"{organisation.name} is the other side of purchase order {order.number}: a party "
            "cannot order from itself.",
            organisation=organisation_id,
        )


def _freed(workspace: Workspace, session: Session, order: PurchaseOrder) -> PurchaseOrder:
    """Let a held order go on, or refuse it as a repeat, once both its sides are known."""
    known = order.buyer.organisation_id and order.seller.organisation_id
    if not known or order.status is not PurchaseOrderStatus.HELD:
        return order
    repeat = _is_repeat(workspace, session, order)
    return store.set_status(
        session,
        workspace.operator_id,
        order.id,
        PurchaseOrderStatus.REFUSED if repeat else PurchaseOrderStatus.IMPORTED,
        expected=(PurchaseOrderStatus.HELD,),
        code=DUPLICATE_ORDER if repeat else None,
    )


def _is_repeat(workspace: Workspace, session: Session, order: PurchaseOrder) -> bool:
    """Tell whether an order of the same parties has this number, compared as the record does.

    The record itself has the last word, with every order that ever entered it.
    """
    buyer, seller = order.buyer.organisation_id, order.seller.organisation_id
    number = _comparable(order.number)
    viewer = workspace.viewer_of(buyer)
    for other in every(lambda after: store.listing(session, viewer, after=after)):
        sides = (other.buyer.organisation_id, other.seller.organisation_id)
        same = sides == (buyer, seller) and _comparable(other.number) == number
        if same and other.id != order.id and other.status is not PurchaseOrderStatus.REFUSED:
            return True
    return False


def _comparable(number: str) -> str:
    try:
        return normalise_order_number(number)
    except IdentifierError:
        return number


def _named(
    workspace: Workspace, session: Session, party: DocumentParty, *, known: bool
) -> NamedParty:
    """Return a document's party with the organisation that its identifiers lead to, if one.

    Parameters
    ----------
    known
        Whether an organisation may be looked for, and made where there is none.
    """
    identifiers = tuple(
        Identifier(scheme=one.scheme, value=one.value)
        for one in sorted(party.identifiers, key=lambda one: (one.scheme, one.value))
    )
    found: str | None = None
    if known and identifiers:
        matches = {
            organisation.id
            for identifier in identifiers
            for organisation in organisations.find_by_identifier(
                session, workspace.viewer, identifier
            )
        }
        if len(matches) == 1:
            found = matches.pop()
        elif not matches:
            found = _add_named(workspace, session, party.name, identifiers)
    return NamedParty(name=party.name, identifiers=identifiers, organisation_id=found)


def _add_named(
    workspace: Workspace, session: Session, name: str, identifiers: tuple[Identifier, ...]
) -> str:
    made = Organisation(
        id=new_handle(),
        kind=OrganisationKind.ENTERPRISE,
        name=name,
        status=OrganisationStatus.NAMED,
        created_ms=workspace.clock_ms(),
        identifiers=identifiers,
    )
    return organisations.add(session, workspace.operator_id, made).id


def _id(sha256: str) -> str:
    """Return the same id each time the same document becomes a purchase order."""
    return hashlib.sha256(f"parkloom/purchase-order/v1\n{sha256}".encode()).hexdigest()[:32]


def _view(order: PurchaseOrder) -> PurchaseOrderView:
    return PurchaseOrderView(
        id=order.id,
        source=order.source.value,
        number=order.number,
        issue_date=order.issue_date.isoformat(),
        currency=order.currency,
        net_minor=order.net_minor,
        buyer_id=order.buyer.organisation_id,
        seller_id=order.seller.organisation_id,
        buyer_name=order.buyer.name,
        seller_name=order.seller.name,
        lines=tuple(_line(line) for line in order.lines),
        order_id=order.order_id,
        plan_id=order.plan_id,
        status=order.status.value,
        code=order.code,
        handle=order.ledger_handle,
    )


def _line(line: StoredLine) -> PurchaseOrderLine:
    return PurchaseOrderLine(
        number=line.number,
        item=line.item,
        quantity=decimal(line.quantity_milli),
        unit=line.unit,
        amount_minor=line.amount_minor,
        due_date=line.due_date.isoformat() if line.due_date else None,
    )


def decimal(milli: int) -> str:
    """Write thousandths as a decimal text without trailing zeros."""
    whole, rest = divmod(milli, 1000)
    return f"{whole}.{rest:03d}".rstrip("0") if rest else str(whole)
