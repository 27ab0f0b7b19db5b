"""Purchase orders between firms of the sample park, as UBL documents of our own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from xml.sax.saxutils import escape

from data.samples.firms import Firm

TAX_PERCENT = 13
PEPPOL = (
    "  <cbc:CustomizationID>urn:fdc:peppol.eu:poacc:trns:order:3</cbc:CustomizationID>\n"
    "  <cbc:ProfileID>urn:fdc:peppol.eu:poacc:bis:order_only:3</cbc:ProfileID>\n"
)
PLAIN = "  <cbc:UBLVersionID>2.1</cbc:UBLVersionID>\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A party of a document: name and identifiers (scheme, value), perhaps none."""

    name: str
    identifiers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line: item, pieces, price per piece in minor units."""

    item: str
    pieces: int
    price_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One order as it is written out."""

    number: str
    issue_date: str
    due_date: str
    currency: str
    buyer: Party
    seller: Party
    lines: tuple[Line, ...]
    head: str = PEPPOL
    note: str = ""


def ubl_files(firms: Sequence[Firm]) -> Mapping[str, bytes]:
    """Return five orders: two good ones, a repeat, one to be held and one to be refused."""
    by_id = {firm.firm_id: firm for firm in firms}
    buyer, seller = _party(by_id["BUY-03"]), _party(by_id["ENT-KS01"])
    good = Document(
        number="PO-2026-0117",
        issue_date="2026-11-20",
        due_date="2027-01-22",
        currency="CNY",
        buyer=buyer,
        seller=seller,
        lines=(
            Line(item="铝合金支架 aluminium bracket", pieces=240, price_minor=8_650),
            Line(item="不锈钢法兰 stainless flange", pieces=60, price_minor=21_240),
        ),
    )
    export = Document(
        number="4500098213",
        issue_date="2026-11-18",
        due_date="2027-01-15",
        currency="EUR",
        buyer=Party(name="Beispiel Antriebe GmbH", identifiers=(("0088", "2099999000007"),)),
        seller=_party(by_id["ENT-XS02"]),
        lines=(Line(item="gear shaft", pieces=120, price_minor=4_275),),
    )
    held = replace(
        good,
        number="PO-2026-0121",
        seller=Party(name=by_id["ENT-KS04"].zh, identifiers=()),
        lines=(Line(item="钣金机箱 sheet-metal enclosure", pieces=30, price_minor=46_000),),
    )
    shared = ("GLN", "2069999000017")
    self_trade = replace(
        good,
        number="PO-2026-0130",
        buyer=replace(buyer, identifiers=(shared, *buyer.identifiers)),
        seller=replace(seller, identifiers=(shared,)),
        lines=(Line(item="铝合金支架 aluminium bracket", pieces=1_000, price_minor=8_650),),
    )
    return {
        "order-good.xml": render(good),
        "order-good-eur.xml": render(export),
        "order-repeat.xml": render(replace(good, head=PLAIN, note="exported again 再次导出")),
        "order-unidentified.xml": render(held),
        "order-self-trade.xml": render(self_trade),
    }


def render(document: Document) -> bytes:
    """Return a document as UBL 2 XML."""
    net = sum(line.pieces * line.price_minor for line in document.lines)
    tax = (net * TAX_PERCENT + 50) // 100 if document.currency == "CNY" else 0
    currency = document.currency
    note = f"  <cbc:Note>{escape(document.note)}</cbc:Note>\n" if document.note else ""
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2"\n'
        '    xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"\n'
        '    xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">\n'
        f"{document.head}"
        f"  <cbc:ID>{escape(document.number)}</cbc:ID>\n"
        f"  <cbc:IssueDate>{document.issue_date}</cbc:IssueDate>\n"
        f"{note}"
        f"  <cbc:DocumentCurrencyCode>{currency}</cbc:DocumentCurrencyCode>\n"
        f"{_party_xml('BuyerCustomerParty', document.buyer)}"
        f"{_party_xml('SellerSupplierParty', document.seller)}"
        "  <cac:Delivery>\n    <cac:RequestedDeliveryPeriod>\n"
        f"      <cbc:EndDate>{document.due_date}</cbc:EndDate>\n"
        "    </cac:RequestedDeliveryPeriod>\n  </cac:Delivery>\n"
        f"  <cac:TaxTotal>\n    {_amount('TaxAmount', tax, currency)}  </cac:TaxTotal>\n"
        "  <cac:AnticipatedMonetaryTotal>\n"
        f"    {_amount('LineExtensionAmount', net, currency)}"
        f"    {_amount('TaxExclusiveAmount', net, currency)}"
        f"    {_amount('TaxInclusiveAmount', net + tax, currency)}"
        f"    {_amount('PayableAmount', net + tax, currency)}"
        "  </cac:AnticipatedMonetaryTotal>\n"
        f"{''.join(_line(n, line, currency) for n, line in enumerate(document.lines, 1))}"
        "</Order>\n"
    )
    return text.encode("utf-8")


def _party(firm: Firm) -> Party:
    return Party(name=firm.zh, identifiers=(("USCC", firm.uscc),))


def _party_xml(element: str, party: Party) -> str:
    identifiers = "".join(
        f'      <cac:PartyIdentification>\n        <cbc:ID schemeID="{scheme}">{value}</cbc:ID>\n'
        "      </cac:PartyIdentification>\n"
        for scheme, value in party.identifiers
    )
    return (
        f"  <cac:{element}>\n    <cac:Party>\n{identifiers}"
        f"      <cac:PartyName>\n        <cbc:Name>{escape(party.name)}</cbc:Name>\n"
        f"      </cac:PartyName>\n    </cac:Party>\n  </cac:{element}>\n"
    )


def _line(number: int, line: Line, currency: str) -> str:
    return (
        "  <cac:OrderLine>\n    <cac:LineItem>\n"
        f"      <cbc:ID>{number}</cbc:ID>\n"
        f'      <cbc:Quantity unitCode="C62">{line.pieces}</cbc:Quantity>\n'
        f"      {_amount('LineExtensionAmount', line.pieces * line.price_minor, currency)}"
        f"      <cac:Price>\n        {_amount('PriceAmount', line.price_minor, currency)}"
        "      </cac:Price>\n"
        f"      <cac:Item>\n        <cbc:Name>{escape(line.item)}</cbc:Name>\n      </cac:Item>\n"
        "    </cac:LineItem>\n  </cac:OrderLine>\n"
    )


def _amount(element: str, minor: int, currency: str) -> str:
    whole, rest = divmod(minor, 100)
    return f'<cbc:{element} currencyID="{currency}">{whole}.{rest:02d}</cbc:{element}>\n'
