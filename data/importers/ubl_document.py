"""What a UBL order says, as values: parties with their identifiers, lines, exact amounts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

# What documents call a register, beside the names that `ledger.values.identifiers` knows.
SCHEMES = {
    "duns": "duns",
    "gln": "gln",
    "lei": "lei",
    "uscc": "uscc",
    "vat": "vat",
    "uk vat": "vat",
    "0007": "se:orgnr",
    "se:orgnr": "se:orgnr",
    "0184": "dk:cvr",
    "dk:cvr": "dk:cvr",
    "0192": "no:orgnr",
}
_SEPARATORS = re.compile(r"[\s.\-/]+")


class IdentifierKind(StrEnum):
    """Which element carried an identifier."""

    ENDPOINT = "endpoint"  # cbc:EndpointID
    PARTY = "party"  # cac:PartyIdentification
    LEGAL = "legal"  # cac:PartyLegalEntity/cbc:CompanyID
    TAX = "tax"  # cac:PartyTaxScheme/cbc:CompanyID


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyIdentifier:
    """One identifier of a party.

    Parameters
    ----------
    scheme
        The register in lower case, one name per register (`gln`, `uscc`, `vat`, `lei`, …); empty
        when the document names none.
    value
        As written, outer spaces removed.
    kind
        Which element it stood in.
    """

    scheme: str
    value: str
    kind: IdentifierKind

    @property
    def key(self) -> tuple[str, str]:
        """The identifier for comparison: scheme and value without separators, in capitals."""
        return self.scheme, _SEPARATORS.sub("", self.value).upper()

    def same_as(self, other: PartyIdentifier) -> bool:
        """Return whether both name the same thing; an unnamed scheme fits every scheme."""
        (scheme, value), (other_scheme, other_value) = self.key, other.key
        return value == other_value and (scheme == other_scheme or not (scheme and other_scheme))


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentParty:
    """A party as the document names it; not yet an organisation of ours."""

    name: str
    identifiers: tuple[PartyIdentifier, ...]
    country: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDocumentLine:
    """One order line.

    Parameters
    ----------
    id
        Line number of the document.
    item, description
        Name of the item, and the longer text (may be empty).
    item_ids
        Identifiers of the item: (`buyer` | `seller` | `standard`, value).
    quantity_milli
        Thousandths of `unit`, > 0.
    unit
        Unit code of UN/ECE Recommendation 20 as written (may be empty).
    price_micro
        Price in millionths of the currency's major unit per `base_quantity_milli`; None when the
        line states none.
    line_minor
        Amount of the line in minor units, without tax.
    due_date
        Last day of the requested delivery of this line, else of the order; None when neither.
    """

    id: str
    item: str
    description: str
    item_ids: tuple[tuple[str, str], ...]
    quantity_milli: int
    unit: str
    price_micro: int | None
    base_quantity_milli: int
    line_minor: int
    due_date: date | None

    @property
    def quantity(self) -> str:
        """The quantity as a decimal text without trailing zeros."""
        whole, rest = divmod(self.quantity_milli, 1000)
        return f"{whole}.{rest:03d}".rstrip("0").rstrip(".") if rest else str(whole)


class FindingCode(StrEnum):
    """What does not add up in a document that is still taken."""

    LINE_AMOUNT_INCONSISTENT = "LINE_AMOUNT_INCONSISTENT"  # quantity × price is not the amount
    TOTAL_MISMATCH = "TOTAL_MISMATCH"  # the totals do not follow from the lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that does not add up; amounts in minor units."""

    code: FindingCode
    place: str
    expected_minor: int
    stated_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDocument:
    """A UBL order, read exactly. Amounts are minor units of `currency`.

    Parameters
    ----------
    name, sha256
        File name and digest of the bytes that were read (lower-case hex).
    profile
        `peppol-bis3` or `ubl`.
    id, issue_date
        Number and date that the buyer gave.
    stated_currency
        DocumentCurrencyCode; empty when the document has none.
    currency
        The same, or where it is missing the currency of the payable amount.
    net_minor
        Sum of the lines as stated, without tax.
    tax_minor, allowance_minor, charge_minor, prepaid_minor
        As stated on the document, 0 where absent.
    payable_minor
        What the buyer is to pay, > 0.
    due_date
        Last day of the requested delivery of the order; None when it states none.
    findings
        What does not add up; never a reason to refuse the document here.
    """

    name: str
    sha256: str
    profile: str
    id: str
    issue_date: date
    stated_currency: str
    currency: str
    payable_minor: int
    net_minor: int
    tax_minor: int
    allowance_minor: int
    charge_minor: int
    prepaid_minor: int
    buyer: DocumentParty
    seller: DocumentParty
    lines: tuple[OrderDocumentLine, ...]
    due_date: date | None
    findings: tuple[Finding, ...]


class PartyIssueCode(StrEnum):
    """Why an order cannot go on to the record as it is."""

    PARTY_UNIDENTIFIED = "PARTY_UNIDENTIFIED"  # held until a person links the party
    SELF_TRADE = "SELF_TRADE"  # refused: buyer and seller share an identifier


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyIssue:
    """One issue with the parties; `side` is `buyer`, `seller` or `both`."""

    code: PartyIssueCode
    side: str
    detail: str


def assess_parties(order: OrderDocument) -> tuple[PartyIssue, ...]:
    """Return what stands in the way of entering an order, worst first.

    SELF_TRADE comes first: it refuses the order. PARTY_UNIDENTIFIED holds it, once per side whose
    party carries no identifier at all.
    """
    issues = [
        PartyIssue(
            code=PartyIssueCode.SELF_TRADE,
            side="both",
            detail=f"{ours.scheme or theirs.scheme or 'identifier'} {ours.value}",
        )
        for ours in order.buyer.identifiers
        for theirs in order.seller.identifiers
        if ours.same_as(theirs)
    ][:1]
    for side, party in (("buyer", order.buyer), ("seller", order.seller)):
        if not party.identifiers:
            code = PartyIssueCode.PARTY_UNIDENTIFIED
            issues.append(PartyIssue(code=code, side=side, detail=party.name))
    return tuple(issues)
