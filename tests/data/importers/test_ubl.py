from __future__ import annotations

import csv
import hashlib
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.importers.codes import RejectCode
from data.importers.ubl import assess_parties, read_order
from data.importers.ubl_document import FindingCode, PartyIssueCode
from ledger.values.money import CURRENCIES
from tests.support.folders import shared_folder
from tests.support.ubl import ORDER, changed, read


def test_an_order_is_read_exactly():
    order = read(ORDER).required()

    assert (order.id, order.issue_date, order.currency) == ("PO-7", date(2026, 11, 20), "CNY")
    assert (order.net_minor, order.tax_minor, order.payable_minor) == (10000, 1300, 11300)
    assert (order.buyer.name, order.seller.name) == ("Buyer", "Seller Ltd")
    assert [(i.scheme, i.value) for i in order.buyer.identifiers] == [("gln", "2099999000007")]
    assert [(i.scheme, i.value) for i in order.seller.identifiers] == [("vat", "CN 12")]
    line = order.lines[0]
    assert (line.quantity_milli, line.quantity, line.unit) == (8000, "8", "C62")
    assert (line.price_micro, line.base_quantity_milli) == (12_500_000, 1000)
    assert (line.line_minor, line.item, line.due_date) == (10000, "bracket", None)
    assert order.findings == ()
    assert order.sha256 == hashlib.sha256(ORDER.encode()).hexdigest()
    assert order.profile == "ubl"
    assert assess_parties(order) == ()


AMOUNT = '"CNY">113.00<'
CASES = [
    ("<cbc:ID>PO-7</cbc:ID>", "", RejectCode.ELEMENT_MISSING),
    ("<cbc:ID>PO-7</cbc:ID>", "<cbc:ID> </cbc:ID>", RejectCode.ELEMENT_MISSING),
    ("<cbc:ID>PO-7</cbc:ID>", "<cbc:ID>1</cbc:ID><cbc:ID>2</cbc:ID>", RejectCode.ELEMENT_REPEATED),
    ("PO-7", "P" * 2001, RejectCode.TEXT_TOO_LONG),
    ("PO-7", "PO\u202e7", RejectCode.CONTROL_CHARACTER),
    ("PO-7", "PO<cbc:Note/>7", RejectCode.XML_MALFORMED),
    ("2026-11-20", "20.11.2026", RejectCode.NOT_A_DATE),
    ("2026-11-20", "2026-02-30", RejectCode.NOT_A_DATE),
    ("<cbc:IssueDate>2026-11-20</cbc:IssueDate>", "", RejectCode.ELEMENT_MISSING),
    (">2.1<", ">3.0<", RejectCode.UBL_VERSION_NOT_SUPPORTED),
    (">CNY<", ">XYZ<", RejectCode.CURRENCY_UNKNOWN),
    (">CNY<", ">cny<", RejectCode.CURRENCY_UNKNOWN),
    (AMOUNT, '"EUR">113.00<', RejectCode.CURRENCY_MISMATCH),
    (AMOUNT, '"QQQ">113.00<', RejectCode.CURRENCY_UNKNOWN),
    (AMOUNT, '"CNY">1.13e2<', RejectCode.FLOAT_AMOUNT),
    (AMOUNT, '"CNY">NaN<', RejectCode.FLOAT_AMOUNT),
    (AMOUNT, '"CNY">INF<', RejectCode.FLOAT_AMOUNT),
    (AMOUNT, '"CNY">113,00<', RejectCode.AMOUNT_MALFORMED),
    (AMOUNT, '"CNY">1 113.00<', RejectCode.AMOUNT_MALFORMED),
    (AMOUNT, '"CNY"><', RejectCode.AMOUNT_MALFORMED),
    (AMOUNT, '"CNY">１１３<', RejectCode.AMOUNT_MALFORMED),
    (AMOUNT, '"CNY">113.005<', RejectCode.AMOUNT_TOO_PRECISE),
    (AMOUNT, '"CNY">0.00<', RejectCode.OUT_OF_RANGE),
    (AMOUNT, '"CNY">-113.00<', RejectCode.OUT_OF_RANGE),
    (AMOUNT, '"CNY">100000000000.01<', RejectCode.OUT_OF_RANGE),
    ('"CNY">12.50<', '"CNY">12.5000001<', RejectCode.AMOUNT_TOO_PRECISE),
    ('"CNY">12.50<', '"CNY">-12.50<', RejectCode.OUT_OF_RANGE),
    ('"C62">8<', '"C62">8e0<', RejectCode.QUANTITY_MALFORMED),
    ('"C62">8<', '"C62">0<', RejectCode.OUT_OF_RANGE),
    ('"C62">8<', '"C62">-8<', RejectCode.OUT_OF_RANGE),
    ('"C62">8<', '"C62">8.0001<', RejectCode.QUANTITY_TOO_PRECISE),
    ("<cbc:Name>bracket</cbc:Name>", "", RejectCode.ELEMENT_MISSING),
    ("<cac:Item><cbc:Name>bracket</cbc:Name></cac:Item>", "", RejectCode.ELEMENT_MISSING),
    ('schemeID="0088">2099999000007', 'schemeID="USCC">91990000000100669X',
     RejectCode.IDENTIFIER_CHECK_DIGIT),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "code"), CASES)
def test_each_mistake_has_its_code(old, new, code):
    """One mistake in an otherwise good order gives one reject."""
    outcome = read(changed((old, new)))

    assert outcome.value is None
    assert [reject.code for reject in outcome.rejects] == [code]


def test_a_document_without_a_currency_takes_that_of_what_is_payable():
    order = read(
        changed(("<cbc:DocumentCurrencyCode>CNY</cbc:DocumentCurrencyCode>", ""))
    ).required()

    assert (order.stated_currency, order.currency) == ("", "CNY")


def test_a_document_without_any_currency_is_refused():
    text = changed(("<cbc:DocumentCurrencyCode>CNY</cbc:DocumentCurrencyCode>", ""))
    outcome = read(text.replace(' currencyID="CNY"', ""))

    assert [r.code for r in outcome.rejects] == [RejectCode.CURRENCY_MISSING]


@pytest.mark.parametrize(
    ("currency", "text", "minor"),
    [
        ("JPY", "11300", 11300),
        ("JPY", "11300.00", 11300),
        ("KWD", "11.3", 11300),
        ("CNY", "+113.", 11300),
    ],
)
def test_amounts_are_exact_in_every_exponent(currency, text, minor):
    document = ORDER.replace("CNY", currency).replace("113.00", text)
    if currency == "JPY":
        document = document.replace("12.50", "12.5")

    assert read(document).required().payable_minor == minor


def test_an_order_that_lacks_everything_names_every_missing_element():
    outcome = read('<Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2"/>')

    missing = {r.field.split("/")[-1] for r in outcome.rejects}
    assert {"cbc:ID", "cbc:IssueDate", "cac:Party", "cac:AnticipatedMonetaryTotal"} <= missing
    assert RejectCode.CURRENCY_MISSING in {r.code for r in outcome.rejects}
    assert len(outcome.rejects) == 7


@pytest.mark.parametrize(
    ("root", "named"),
    [
        ('<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"/>', "Invoice"),
        ('<Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-1.0"/>', "Order"),
        ("<Order/>", "Order"),
        ("<html/>", "html"),
    ],
)
def test_every_other_root_is_refused_by_name(root, named):
    (reject,) = read(root).rejects

    assert reject.code is RejectCode.UBL_ROOT_NOT_SUPPORTED
    assert reject.field == named
    assert reject.got.startswith(named)


def test_elements_of_a_foreign_namespace_do_not_count():
    """A name alone is not enough: the qualified name is."""
    text = changed(("<cbc:ID>PO-7</cbc:ID>", '<x:ID xmlns:x="urn:x">PO-7</x:ID>'))

    assert [r.code for r in read(text).rejects] == [RejectCode.ELEMENT_MISSING]


def test_a_peppol_order_must_be_an_order_of_version_3():
    peppol = "<cbc:CustomizationID>urn:fdc:peppol.eu:poacc:trns:{}</cbc:CustomizationID>"
    version = "<cbc:UBLVersionID>2.1</cbc:UBLVersionID>"

    assert read(changed((version, peppol.format("order:3")))).required().profile == "peppol-bis3"
    for other in ("order:4", "order:30", "order_agreement:3"):
        (reject,) = read(changed((version, peppol.format(other)))).rejects
        assert reject.code is RejectCode.UBL_VERSION_NOT_SUPPORTED


def line(number: int, *, amount: str = "0") -> str:
    return (
        f"<cac:OrderLine><cac:LineItem><cbc:ID>{number}</cbc:ID><cbc:Quantity>1</cbc:Quantity>"
        f"<cbc:LineExtensionAmount>{amount}</cbc:LineExtensionAmount>"
        "<cac:Item><cbc:Name>x</cbc:Name></cac:Item></cac:LineItem></cac:OrderLine>"
    )


def test_more_than_ten_thousand_lines_are_refused():
    lines = "".join(line(number) for number in range(2, 10_002))

    assert [r.code for r in read(changed(("</Order>", lines + "</Order>"))).rejects] == [
        RejectCode.TOO_MANY_LINES
    ]


def test_a_line_number_stands_once():
    outcome = read(changed(("</Order>", line(1) + "</Order>")))

    assert [r.code for r in outcome.rejects] == [RejectCode.DUPLICATE_ID]


def test_a_line_without_an_amount_gets_quantity_times_price_when_that_is_exact():
    stated = (
        '<cbc:LineExtensionAmount currencyID="CNY">100.00</cbc:LineExtensionAmount>\n    <cac:Pr'
    )
    exact = read(changed((stated, "<cac:Pr"))).required()
    assert exact.lines[0].line_minor == 10000

    outcome = read(changed((stated, "<cac:Pr"), ("12.50<", "12.5001<")))
    assert [r.code for r in outcome.rejects] == [RejectCode.ELEMENT_MISSING]


def test_what_does_not_add_up_is_a_finding_not_a_reject():
    price = read(changed(("12.50<", "13.50<"))).required()
    (finding,) = price.findings
    assert finding.code is FindingCode.LINE_AMOUNT_INCONSISTENT
    assert (finding.place, finding.expected_minor, finding.stated_minor) == ("line 1", 10800, 10000)

    total = read(changed(("113.00<", "112.00<"))).required()
    (finding,) = total.findings
    assert (finding.code, finding.place) == (FindingCode.TOTAL_MISMATCH, "payable")


def test_due_dates_come_from_the_line_and_else_from_the_order():
    period = (
        "<cac:Delivery><cac:RequestedDeliveryPeriod><cbc:StartDate>2027-01-01</cbc:StartDate>"
        "<cbc:EndDate>{}</cbc:EndDate></cac:RequestedDeliveryPeriod></cac:Delivery>"
    )
    whole = read(changed(("  <cac:TaxTotal>", period.format("2027-01-22") + "<cac:TaxTotal>")))
    assert whole.required().due_date == date(2027, 1, 22)
    assert whole.required().lines[0].due_date == date(2027, 1, 22)

    own = read(changed(("    <cac:Price>", period.format("2027-01-08Z") + "<cac:Price>")))
    assert own.required().due_date is None
    assert own.required().lines[0].due_date == date(2027, 1, 8)


def test_parties_that_share_an_identifier_trade_with_themselves():
    endpoint = '<cbc:EndpointID schemeID="GLN">2099999000007</cbc:EndpointID>'
    order = read(
        changed(("    <cac:PartyTaxScheme>", endpoint + "<cac:PartyTaxScheme>"))
    ).required()

    (issue,) = assess_parties(order)
    assert (issue.code, issue.side) == (PartyIssueCode.SELF_TRADE, "both")


def test_an_identifier_without_a_scheme_is_compared_with_all():
    endpoint = "<cbc:EndpointID>20 99999-000007</cbc:EndpointID>"
    order = read(
        changed(("    <cac:PartyTaxScheme>", endpoint + "<cac:PartyTaxScheme>"))
    ).required()

    assert [issue.code for issue in assess_parties(order)] == [PartyIssueCode.SELF_TRADE]


def test_a_party_without_an_identifier_is_held():
    endpoint = '<cbc:EndpointID schemeID="0088">2099999000007</cbc:EndpointID>'
    order = read(changed((endpoint, ""))).required()

    (issue,) = assess_parties(order)
    assert (issue.code, issue.side, issue.detail) == (
        PartyIssueCode.PARTY_UNIDENTIFIED,
        "buyer",
        "Buyer",
    )


@given(st.integers(1, 10**13), st.sampled_from(sorted(CURRENCIES)))
@settings(max_examples=40, deadline=None)
def test_every_amount_survives_the_document(minor, currency):
    exponent = CURRENCIES[currency]
    text = f"{Decimal(minor).scaleb(-exponent):f}"
    document = ORDER.replace("CNY", currency)
    for amount in ("113.00", "100.00", "13.00", "12.50"):
        document = document.replace(f">{amount}<", f">{text if amount == '113.00' else 0}<")

    order = read(document).required()

    assert (order.payable_minor, order.currency) == (minor, currency)


@given(st.data())
@settings(max_examples=80, deadline=None)
def test_no_edit_of_a_document_raises(data):
    """Whatever is sent: an order or rejects, never an exception."""
    raw = bytearray(ORDER.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=3))

    outcome = read(bytes(raw))

    assert outcome.accepted != bool(outcome.rejects)


def manifest() -> list[dict[str, str]]:
    with (shared_folder("SAMPLES") / "ubl" / "MANIFEST.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_published_orders_import_with_exactly_the_values_of_their_manifest():
    folder = shared_folder("SAMPLES") / "ubl"
    orders = [row for row in manifest() if row["doc_type"] == "Order"]
    for row in orders:
        order = read_order((folder / row["file"]).read_bytes(), row["file"]).required()
        read_values = {
            "id": order.id,
            "issue_date": order.issue_date.isoformat(),
            "currency": order.stated_currency,
            "buyer": order.buyer.name,
            "seller": order.seller.name,
            "line_count": str(len(order.lines)),
            "sha256": order.sha256,
        }
        assert read_values == {key: row[key] for key in read_values}
        payable = Decimal(order.payable_minor).scaleb(-CURRENCIES[order.currency])
        assert payable == Decimal(row["payable_amount"])
    assert len(orders) == 9


def test_published_documents_of_other_kinds_are_refused_by_name():
    folder = shared_folder("SAMPLES") / "ubl"
    others = [row for row in manifest() if row["doc_type"] != "Order"]
    for row in others:
        (reject,) = read_order((folder / row["file"]).read_bytes(), row["file"]).rejects
        assert (reject.code, reject.field) == (RejectCode.UBL_ROOT_NOT_SUPPORTED, row["doc_type"])
    assert len(others) == 41


def test_published_orders_show_what_their_notes_say():
    """Order 2.0 has a price that is not its line; Peppol UC2 trades with itself; see the README."""
    folder = shared_folder("SAMPLES") / "ubl"

    def one(name: str):
        return read_order((folder / name).read_bytes(), name).required()

    beeswax = one("oasis/UBL-Order-2.0-Example.xml")
    assert [f.code for f in beeswax.findings] == [FindingCode.LINE_AMOUNT_INCONSISTENT]
    assert beeswax.currency == "GBP"
    issues = assess_parties(one("oasis/UBL-Order-2.0-Example-International.xml"))
    assert [(i.code, i.side) for i in issues] == [
        (PartyIssueCode.PARTY_UNIDENTIFIED, "buyer"),
        (PartyIssueCode.PARTY_UNIDENTIFIED, "seller"),
    ]
    issues = assess_parties(one("peppol-bis3/Order_UC2.xml"))
    assert [i.code for i in issues] == [PartyIssueCode.SELF_TRADE]
    for name in ("peppol-bis3/Order_UC1.xml", "peppol-bis3/AdvOrder_sc1_1_Order.xml"):
        assert assess_parties(one(name)) == ()
        assert one(name).findings == ()
