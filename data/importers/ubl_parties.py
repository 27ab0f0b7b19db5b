"""The parties of a UBL document: name, and every identifier with its scheme."""

from __future__ import annotations

from collections.abc import Iterator

from data.importers.codes import RejectCode
from data.importers.ubl_document import (
    SCHEMES,
    DocumentParty,
    IdentifierKind,
    PartyIdentifier,
)
from data.importers.ubl_elements import Cursor
from ledger.values.identifiers import IdentifierError, canonical_identifier, canonical_scheme

IDENTIFIERS_MAX = 20


def read_party(at: Cursor) -> DocumentParty:
    """Read a `cac:Party`.

    The name is the first of: PartyName, registered name, name in the tax register, first
    identifier. A unified social credit code must have its check character; other registers' check
    digits are judged when the party is onboarded, because published examples break them.
    """
    identifiers = tuple(dict.fromkeys(_identifiers(at)))
    if len(identifiers) > IDENTIFIERS_MAX:
        expected = f"at most {IDENTIFIERS_MAX} identifiers"
        at.reject(RejectCode.ELEMENT_REPEATED, "*", expected, str(len(identifiers)))
    for identifier in identifiers:
        _check(at, identifier)
    names = [
        part.own_text()
        for path in (
            "cac:PartyName/cbc:Name",
            "cac:PartyLegalEntity/cbc:RegistrationName",
            "cac:PartyTaxScheme/cbc:RegistrationName",
        )
        for part in at.children(path)
    ]
    names += [identifier.value for identifier in identifiers]
    return DocumentParty(
        name=next(filter(None, names), ""),
        identifiers=identifiers,
        country=_country(at),
    )


def _identifiers(at: Cursor) -> Iterator[PartyIdentifier]:
    for kind, path in (
        (IdentifierKind.ENDPOINT, "cbc:EndpointID"),
        (IdentifierKind.PARTY, "cac:PartyIdentification/cbc:ID"),
        (IdentifierKind.LEGAL, "cac:PartyLegalEntity/cbc:CompanyID"),
    ):
        for part in at.children(path):
            if value := part.own_text():
                scheme = scheme_name(part.attribute("", "schemeID"))
                yield PartyIdentifier(scheme=scheme, value=value, kind=kind)
    for tax in at.children("cac:PartyTaxScheme"):
        if value := tax.text("cbc:CompanyID", required=False):
            stated = tax.attribute("cbc:CompanyID", "schemeID")
            scheme = scheme_name(stated or tax.text("cac:TaxScheme/cbc:ID", required=False))
            yield PartyIdentifier(scheme=scheme, value=value, kind=IdentifierKind.TAX)


def scheme_name(stated: str) -> str:
    """Return one name per register for what a document calls it; empty stays empty."""
    plain = stated.strip().lower()
    if plain in SCHEMES or not plain:
        return SCHEMES.get(plain, "")
    try:
        return canonical_scheme(stated)
    except IdentifierError:  # a name with spaces or signs: kept, so that equal names stay equal
        return plain


def _check(at: Cursor, identifier: PartyIdentifier) -> None:
    if identifier.scheme != "uscc":
        return
    try:
        canonical_identifier(identifier.scheme, identifier.value)
    except IdentifierError as error:
        code = RejectCode.IDENTIFIER_CHECK_DIGIT
        at.reject(code, identifier.kind, str(error), identifier.value)


def _country(at: Cursor) -> str:
    for path in ("cac:PostalAddress", "cac:PartyLegalEntity/cac:RegistrationAddress"):
        for address in at.children(path):
            if code := address.text("cac:Country/cbc:IdentificationCode", required=False):
                return code
    return ""
