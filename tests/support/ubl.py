"""A small UBL order for the tests, with every part replaceable."""

from __future__ import annotations

from data.importers.report import Imported
from data.importers.ubl import OrderDocument, read_order

ORDER = """<?xml version="1.0" encoding="UTF-8"?>
<Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2"
  xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
  xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
  <cbc:UBLVersionID>2.1</cbc:UBLVersionID>
  <cbc:ID>PO-7</cbc:ID>
  <cbc:IssueDate>2026-11-20</cbc:IssueDate>
  <cbc:DocumentCurrencyCode>CNY</cbc:DocumentCurrencyCode>
  <cac:BuyerCustomerParty><cac:Party>
    <cbc:EndpointID schemeID="0088">2099999000007</cbc:EndpointID>
    <cac:PartyName><cbc:Name>Buyer</cbc:Name></cac:PartyName>
  </cac:Party></cac:BuyerCustomerParty>
  <cac:SellerSupplierParty><cac:Party>
    <cac:PartyTaxScheme><cbc:CompanyID>CN 12</cbc:CompanyID>
      <cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme>
    <cac:PartyLegalEntity><cbc:RegistrationName>Seller Ltd</cbc:RegistrationName>
      </cac:PartyLegalEntity>
  </cac:Party></cac:SellerSupplierParty>
  <cac:TaxTotal><cbc:TaxAmount currencyID="CNY">13.00</cbc:TaxAmount></cac:TaxTotal>
  <cac:AnticipatedMonetaryTotal>
    <cbc:LineExtensionAmount currencyID="CNY">100.00</cbc:LineExtensionAmount>
    <cbc:PayableAmount currencyID="CNY">113.00</cbc:PayableAmount>
  </cac:AnticipatedMonetaryTotal>
  <cac:OrderLine><cac:LineItem>
    <cbc:ID>1</cbc:ID>
    <cbc:Quantity unitCode="C62">8</cbc:Quantity>
    <cbc:LineExtensionAmount currencyID="CNY">100.00</cbc:LineExtensionAmount>
    <cac:Price><cbc:PriceAmount currencyID="CNY">12.50</cbc:PriceAmount></cac:Price>
    <cac:Item><cbc:Name>bracket</cbc:Name></cac:Item>
  </cac:LineItem></cac:OrderLine>
</Order>
"""


def changed(*changes: tuple[str, str]) -> str:
    """Return the order with texts replaced, each once."""
    text = ORDER
    for old, new in changes:
        assert old in text, f"{old!r} is not in the order"
        text = text.replace(old, new, 1)
    return text


def read(text: str | bytes) -> Imported[OrderDocument]:
    """Read an order given as text."""
    return read_order(text if isinstance(text, bytes) else text.encode(), "order.xml")
