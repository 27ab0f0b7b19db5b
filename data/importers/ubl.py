"""Read UBL 2.0 and 2.1 orders, Peppol BIS 3 orders among them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from lxml.etree import QName
from lxml.etree import _Element as Element

from data.importers import xml
from data.importers.codes import RejectCode
from data.importers.report import Imported, RejectList
from data.importers.ubl_amounts import Amounts, rounded_half_up
from data.importers.ubl_document import (
    DocumentParty,
    Finding,
    FindingCode,
    OrderDocument,
    OrderDocumentLine,
    PartyIssue,
    PartyIssueCode,
    assess_parties,
)
from data.importers.ubl_elements import Cursor, Dropped
from data.importers.ubl_parties import read_party

__all__ = [
    "DocumentParty",
    "OrderDocument",
    "OrderDocumentLine",
    "PartyIssue",
    "PartyIssueCode",
    "assess_parties",
    "read_order",
]

ORDER_NAMESPACE = "urn:oasis:names:specification:ubl:schema:xsd:Order-2"
LINES_MAX = 10_000
VERSIONS = ("2.0", "2.1", "2.2", "2.3", "2.4")  # one namespace; later minor versions only add
PEPPOL_ORDER = "urn:fdc:peppol.eu:poacc:trns:order:3"
PEPPOL = "urn:fdc:peppol.eu:"
TOLERANCE_MINOR = 1


def read_order(data: bytes, name: str) -> Imported[OrderDocument]:
    """Read one UBL order.

    Parameters
    ----------
    data
        The document as it came; the digest is taken over these bytes.
    name
        File name for the report.

    Returns
    -------
    Imported[OrderDocument]
        The order with exact amounts, or the rejects. Sums that do not add up are findings of the
        order, not rejects: what they mean is decided where documents are compared.
    """
    rejects = RejectList(name)
    root = xml.parse(data, rejects)
    if root is None or not _is_order(root, rejects):
        return rejects.outcome(None)
    try:
        order = _order(Cursor(root, rejects), name, hashlib.sha256(data).hexdigest())
    except Dropped:
        order = None
    return rejects.outcome(order)


def _is_order(root: Element, rejects: RejectList) -> bool:
    tag = QName(root)
    if tag.localname != "Order" or tag.namespace != ORDER_NAMESPACE:
        got = f"{tag.localname} of {tag.namespace or 'no namespace'}"
        expected = f"Order of {ORDER_NAMESPACE}"
        rejects.add(
            RejectCode.UBL_ROOT_NOT_SUPPORTED, field=tag.localname, expected=expected, got=got
        )
        return False
    return True


class _Totals(NamedTuple):
    """The sums that a document states, in minor units; `due` is what they come to."""

    net: int
    tax: int
    allowance: int
    charge: int
    prepaid: int
    payable: int
    due: int


def _order(top: Cursor, name: str, sha256: str) -> OrderDocument:
    """Read every part, so that all rejects are found, then put them together."""
    profile = _profile(top)
    number, issued = top.text("cbc:ID"), top.day("cbc:IssueDate")
    buyer = read_party(top.child("cac:BuyerCustomerParty/cac:Party"))
    seller = read_party(top.child("cac:SellerSupplierParty/cac:Party"))
    stated = top.text("cbc:DocumentCurrencyCode", required=False)
    monetary = top.child("cac:AnticipatedMonetaryTotal")
    amounts = Amounts.of(top, stated=stated, payable=monetary.child("cbc:PayableAmount"))
    due_date = _due_date(top)
    lines = _lines(top, amounts, order_due=due_date)
    line_sum = sum(line.line_minor for line in lines)
    totals = _totals(top, monetary, amounts, line_sum=line_sum)
    if top.rejects:
        raise Dropped
    return OrderDocument(
        name=name,
        sha256=sha256,
        profile=profile,
        id=number,
        issue_date=issued,
        stated_currency=stated,
        currency=amounts.currency,
        payable_minor=totals.payable,
        net_minor=totals.net,
        tax_minor=totals.tax,
        allowance_minor=totals.allowance,
        charge_minor=totals.charge,
        prepaid_minor=totals.prepaid,
        buyer=buyer,
        seller=seller,
        lines=lines,
        due_date=due_date,
        findings=(
            *_line_findings(lines, amounts),
            *_total_finding("sum of lines", line_sum, totals.net),
            *_total_finding("payable", totals.due, totals.payable),
        ),
    )


def _totals(top: Cursor, monetary: Cursor, amounts: Amounts, *, line_sum: int) -> _Totals:
    net = amounts.minor(monetary, "cbc:LineExtensionAmount", default=line_sum)
    tax = sum(amounts.minor(part, "cbc:TaxAmount") for part in top.children("cac:TaxTotal"))
    allowance = amounts.minor(monetary, "cbc:AllowanceTotalAmount", default=0)
    charge = amounts.minor(monetary, "cbc:ChargeTotalAmount", default=0)
    prepaid = amounts.minor(monetary, "cbc:PrepaidAmount", default=0)
    rounding = amounts.minor(monetary, "cbc:PayableRoundingAmount", default=0, least=None)
    return _Totals(
        net=net,
        tax=tax,
        allowance=allowance,
        charge=charge,
        prepaid=prepaid,
        payable=amounts.minor(monetary, "cbc:PayableAmount", least=1),
        due=net - allowance + charge + tax - prepaid + rounding,
    )


def _profile(top: Cursor) -> str:
    """Return `peppol-bis3` or `ubl`; refuse versions and Peppol documents of another kind."""
    version = top.text("cbc:UBLVersionID", required=False)
    customization = top.text("cbc:CustomizationID", required=False)
    if version and version not in VERSIONS:
        top.reject(
            RejectCode.UBL_VERSION_NOT_SUPPORTED, "cbc:UBLVersionID", ", ".join(VERSIONS), version
        )
    if not customization.startswith(PEPPOL):
        return "ubl"
    if customization.removeprefix(PEPPOL_ORDER)[:1] not in {"", ":", "#"} or not (
        customization.startswith(PEPPOL_ORDER)
    ):
        code = RejectCode.UBL_VERSION_NOT_SUPPORTED
        top.reject(code, "cbc:CustomizationID", PEPPOL_ORDER, customization)
    return "peppol-bis3"


def _due_date(at: Cursor) -> date | None:
    """Return the last requested delivery day stated directly at an order or a line."""
    days = [
        day
        for delivery in at.children("cac:Delivery")
        for path in (
            "cac:RequestedDeliveryPeriod/cbc:EndDate",
            "cac:RequestedDeliveryPeriod/cbc:StartDate",
            "cbc:LatestDeliveryDate",
        )
        if (day := delivery.optional_day(path)) is not None
    ]
    return max(days, default=None)


def _lines(
    top: Cursor, amounts: Amounts, *, order_due: date | None
) -> tuple[OrderDocumentLine, ...]:
    found = top.children("cac:OrderLine")
    if not found:
        top.reject(RejectCode.ELEMENT_MISSING, "cac:OrderLine", "at least one", "none")
    if len(found) > LINES_MAX:
        expected = f"at most {LINES_MAX}"
        top.reject(RejectCode.TOO_MANY_LINES, "cac:OrderLine", expected, str(len(found)))
        raise Dropped
    lines: list[OrderDocumentLine] = []
    seen: set[str] = set()
    for order_line in found:
        try:
            line = _line(order_line.child("cac:LineItem"), amounts, order_due=order_due)
        except Dropped:
            continue
        if line.id in seen:
            order_line.reject(RejectCode.DUPLICATE_ID, "cbc:ID", "a line number once", line.id)
        seen.add(line.id)
        lines.append(line)
    return tuple(lines)


def _line(at: Cursor, amounts: Amounts, *, order_due: date | None) -> OrderDocumentLine:
    number = at.text("cbc:ID")
    quantity, unit = at.quantity("cbc:Quantity"), at.attribute("cbc:Quantity", "unitCode")
    price, base = None, 1000
    if (priced := at.optional("cac:Price")) is not None:
        price = amounts.micro(priced, "cbc:PriceAmount")
        base = priced.quantity("cbc:BaseQuantity", default=1000)
    computed = None
    if price is not None and quantity:
        exact, rest = divmod(price * quantity * 10**amounts.exponent, base * 1_000_000)
        computed = None if rest else exact
    line_minor = amounts.minor(at, "cbc:LineExtensionAmount", default=computed, least=0)
    item = at.child("cac:Item")
    description = " ".join(part.own_text() for part in item.children("cbc:Description"))
    name = item.text("cbc:Name", required=not description) or description
    return OrderDocumentLine(
        id=number,
        item=name,
        description=description,
        item_ids=tuple(
            (side.lower(), part.text("cbc:ID"))
            for side in ("Buyer", "Seller", "Standard")
            for part in item.children(
                f"cac:{side}{'' if side == 'Standard' else 's'}ItemIdentification"
            )
        ),
        quantity_milli=quantity,
        unit=unit,
        price_micro=price,
        base_quantity_milli=base,
        line_minor=line_minor,
        due_date=_due_date(at) or order_due,
    )


def _line_findings(lines: Sequence[OrderDocumentLine], amounts: Amounts) -> list[Finding]:
    """Compare quantity × price with the amount of each line, within one minor unit."""
    findings = []
    for line in lines:
        if line.price_micro is None:
            continue
        expected = rounded_half_up(
            line.price_micro * line.quantity_milli * 10**amounts.exponent,
            line.base_quantity_milli * 1_000_000,
        )
        if abs(expected - line.line_minor) > TOLERANCE_MINOR:
            findings.append(
                Finding(
                    code=FindingCode.LINE_AMOUNT_INCONSISTENT,
                    place=f"line {line.id}",
                    expected_minor=expected,
                    stated_minor=line.line_minor,
                )
            )
    return findings


def _total_finding(place: str, expected: int, stated: int) -> list[Finding]:
    if expected == stated:
        return []
    code = FindingCode.TOTAL_MISMATCH
    return [Finding(code=code, place=place, expected_minor=expected, stated_minor=stated)]
