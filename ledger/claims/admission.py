"""What only the operator can check: the disclosed fields behind a new entry's digests.

Runs once, when an entry is made; a replay takes the tag from the entry. Whoever holds the tag key
and the disclosures can run it again.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ledger.claims import disclosures, duplicates
from ledger.claims.refusals import (
    DisclosureMissing,
    DisclosureRefused,
    IdentifierInvalid,
    LineSum,
    SelfTrade,
    UsccRequired,
)
from ledger.log.canonical import JsonObject
from ledger.values.consent import EventType
from ledger.values.disclosures import Disclosure, DisclosureError
from ledger.values.identifiers import (
    IdentifierError,
    canonical_identifier,
    canonical_scheme,
    is_handle,
)
from ledger.values.money import MoneyError, parse_digits

_COUNTRY = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A body with its disclosures opened, and the key for tags."""

    origin: str
    key: bytes
    body: JsonObject
    items: Mapping[str, Disclosure]

    def value(self, name: str) -> object:
        """Return a disclosed value.

        Raises
        ------
        DisclosureMissing
            When it was not disclosed.
        """
        item = self.items.get(name)
        if item is None:
            raise DisclosureMissing(
                f"{self.body['type']} needs the disclosure {name!r}: the operator must see it "
                "before the entry is made.",
                name=name,
            )
        return item.value

    def text(self, name: str) -> str:
        """Return a disclosed text that is not empty."""
        value = self.value(name)
        if not isinstance(value, str) or not value.strip():
            raise _invalid(name, "a text", value)
        return value

    def series(self, name: str) -> list[object]:
        """Return the values of `name/1`, `name/2`, … up to the first gap."""
        found: list[object] = []
        while (item := self.items.get(f"{name}/{len(found) + 1}")) is not None:
            found.append(item.value)
        return found


def admit(
    origin: str, key: bytes, event: EventType, body: JsonObject, texts: tuple[str, ...]
) -> str | None:
    """Return the tag of a new entry after the checks of its type, None where it has none.

    Raises
    ------
    DisclosureRefused, DisclosureMissing
        When a disclosure does not open, has a wrong form or is lacking.
    LineSum, SelfTrade, IdentifierInvalid, UsccRequired
        When what it says breaks a rule.
    """
    try:
        items = disclosures.check(body, texts)
    except DisclosureError as problem:
        raise DisclosureRefused(f"Disclosure refused: {problem}.") from None
    check = _CHECKS.get(event)
    if check is None:
        return None
    try:
        return check(Opened(origin=origin, key=key, body=body, items=items))
    except IdentifierError as problem:
        raise IdentifierInvalid(f"Identifier refused: {problem}.") from None


def _party(opened: Opened) -> str:
    opened.text("name")
    country = opened.text("country")
    if not _COUNTRY.fullmatch(country):
        raise _invalid("country", "two capitals (ISO 3166-1)", country)
    schemes = opened.body["schemes"]
    assert isinstance(schemes, list)
    if country == "CN" and "uscc" not in schemes:
        raise UsccRequired(
            "A party in China needs its unified social credit code: add a uscc identifier."
        )
    pairs = [_pair("identifier", value) for value in opened.series("identifier")]
    if [scheme for scheme, _ in pairs] != schemes:
        raise DisclosureMissing(
            f"The body names the identifier schemes {schemes}; disclosed are "
            f"{[scheme for scheme, _ in pairs]}.",
            name="identifier",
        )
    return duplicates.joined(
        duplicates.identifier_tag(opened.key, opened.origin, scheme=scheme, value=value)
        for scheme, value in pairs
    )


def _order(opened: Opened) -> str:
    number = opened.text("number")
    lines = opened.series("line")
    for group in opened.series("lines"):
        if not isinstance(group, list):
            raise _invalid("lines", "a list of lines", group)
        lines.extend(group)
    if not lines:
        raise DisclosureMissing("The order discloses no line; give line/1 at least.", name="line/1")
    total = sum(_amount("line", line) for line in lines)
    total += sum(_amount("charge", value) for value in opened.series("charge"))
    total -= sum(_amount("allowance", value) for value in opened.series("allowance"))
    net = int(str(opened.body["net"]))
    if total != net:
        raise LineSum(
            f"The order's {len(lines)} lines with charges and allowances add up to {total} minor "
            f"units; its total says {net}. Correct the lines or the total.",
            lines=total,
            net=net,
        )
    _check_documents_parties(opened)
    return duplicates.identity_tag(
        opened.key,
        opened.origin,
        buyer=str(opened.body["buyer"]),
        seller=str(opened.body["seller"]),
        number=number,
    )


def _check_documents_parties(opened: Opened) -> None:
    """Refuse a document whose two parties carry one identifier, whoever they are linked to."""
    sides = []
    for name in ("buyer_identifiers", "seller_identifiers"):
        value = opened.items[name].value if name in opened.items else []
        if not isinstance(value, list):
            raise _invalid(name, "a list of identifiers", value)
        sides.append({_pair(name, one) for one in value})
    shared = sorted(sides[0] & sides[1])
    if shared:
        raise SelfTrade(
            f"The order's buyer and seller both carry the identifier {shared[0][0]} "
            f"{shared[0][1]}: a party cannot order from itself.",
            scheme=shared[0][0],
        )


def _pledge(opened: Opened) -> str:
    opened.text("pay_account")
    return duplicates.reference_tag(
        opened.key, opened.origin, kind="reg_no", reference=opened.text("reg_no")
    )


def _payment(opened: Opened) -> str:
    return duplicates.reference_tag(
        opened.key, opened.origin, kind="bank_ref", reference=opened.text("bank_ref")
    )


def _release(opened: Opened) -> None:
    opened.text("discharge_no")


def _disclosure(opened: Opened) -> None:
    if not is_handle(recipient := opened.text("recipient")):
        raise _invalid("recipient", "the handle of a party", recipient)
    digests = opened.value("digests")
    if not isinstance(digests, list) or not digests:
        raise _invalid("digests", "a list of the digests that are disclosed", digests)


_CHECKS: Mapping[EventType, Callable[[Opened], str | None]] = MappingProxyType(
    {
        EventType.PARTY_ONBOARDED: _party,
        EventType.ORDER_SUBMITTED: _order,
        EventType.CLAIM_PLEDGED: _pledge,
        EventType.CLAIM_FUNDED: _payment,
        EventType.CLAIM_REPAID: _payment,
        EventType.CLAIM_RELEASED: _release,
        EventType.DISCLOSURE_MADE: _disclosure,
    }
)


def _pair(name: str, value: object) -> tuple[str, str]:
    if not isinstance(value, dict) or set(value) != {"scheme", "value"}:
        raise _invalid(name, "an object of scheme and value", value)
    scheme = canonical_scheme(str(value["scheme"]))
    return scheme, canonical_identifier(scheme, str(value["value"]))


def _amount(name: str, value: object) -> int:
    if not isinstance(value, dict):
        raise _invalid(name, "an object with an amount", value)
    try:
        return parse_digits(value.get("amount"), zero=True)
    except MoneyError as problem:
        raise _invalid(name, "an amount in digits", str(problem)) from None


def _invalid(name: str, expected: str, got: object) -> DisclosureRefused:
    shown = repr(got)[:80]
    return DisclosureRefused(
        f"Disclosure {name!r} refused: expected {expected}, got {shown}.", name=name
    )
