"""Loose fingerprints of an order: what two registrations of one order still have in common.

The exact identity (buyer, seller, number) is never entered twice. Who wants to finance one order
twice alters the number, and perhaps the amount a little. So every order also has fingerprints
that survive such changes. Two orders that share one are no proof of anything: a person looks at
them. Like tags they are HMACs under the operator's key, so that the list of them tells nobody an
order number, an amount or an item, and auditors who hold the key can compute them again.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from decimal import Context, Decimal
from enum import StrEnum, unique

from ledger.claims.duplicates import keyed_tag
from ledger.log.canonical import JsonObject
from ledger.values.disclosures import Disclosure
from ledger.values.identifiers import normalise_order_number

LINES_MAX = 64
"""Of longer orders the lines of the largest amounts count."""
ENDING = 4
"""How many of the last digits of a number count."""
AMOUNTS_APART = Decimal("0.02")
"""Amounts that differ by at most this share are taken for one, and some that differ by twice it."""

_DIGITS = re.compile(r"[0-9]+")
_EXACT = Context(prec=28)  # the same on every machine


@unique
class Alike(StrEnum):
    """What two orders of the same buyer and seller have in common."""

    DATE_AND_AMOUNT = "SAME_DATE_AND_AMOUNT"
    """Issue date, currency and value without tax."""
    NUMBER_ENDING = "SAME_NUMBER_ENDING"
    """The last four digits of the number, and a value that differs by at most 2 %."""
    ITEMS = "SAME_ITEMS"
    """A line: item, unit and quantity, in the same month."""


def is_strict(alike: Collection[Alike]) -> bool:
    """Tell whether orders that are alike in these ways are held until a person has looked.

    Date and amount, or two ways at once. One of the others alone is a warning: among honest
    orders it is common.
    """
    return Alike.DATE_AND_AMOUNT in alike or len(alike) > 1


def fingerprints(
    key: bytes, origin: str, body: JsonObject, disclosed: Sequence[Disclosure]
) -> dict[str, Alike]:
    """Return the fingerprints of a submitted order, 64 hex digits each, with what they stand for.

    Parameters
    ----------
    key
        The operator's secret for tags.
    body
        Of `order.submitted`, its shape checked.
    disclosed
        The opened private fields of the entry: `number` and the lines.

    Raises
    ------
    IdentifierError
        When the number has neither letter nor digit.
    """
    values: Mapping[str, object] = {one.name: one.value for one in disclosed}
    sides = (str(body["buyer"]), str(body["seller"]))
    issued, currency, net = str(body["issued"]), str(body["currency"]), str(body["net"])
    ending = _ending(str(values["number"]))

    def tag(alike: Alike, *parts: str) -> str:
        return keyed_tag(key, origin, "alike", alike.value, *sides, *parts)

    found = {tag(Alike.DATE_AND_AMOUNT, issued, currency, net): Alike.DATE_AND_AMOUNT}
    for place in _amount_places(int(net)):
        found[tag(Alike.NUMBER_ENDING, ending, currency, place)] = Alike.NUMBER_ENDING
    for line in _largest(_lines(values)):
        parts = (_plain(line.get("item")), _plain(line.get("unit")), str(line.get("qty_milli")))
        found[tag(Alike.ITEMS, issued[:7], *parts)] = Alike.ITEMS
    return found


def _ending(number: str) -> str:
    """Return the end of an order number: of its last digits, else of its letters.

    Leading zeros go, so that it is the same wherever separators stand.
    """
    plain = unicodedata.normalize("NFKC", number)
    runs = _DIGITS.findall(plain)
    return runs[-1][-ENDING:].lstrip("0") if runs else normalise_order_number(plain)[-ENDING:]


def _amount_places(net: int) -> tuple[str, str]:
    """Return the cells of an amount in two grids of ratios, one half a cell beside the other.

    Two amounts that differ by at most half a cell share one of their cells.
    """
    step = 2 * _EXACT.ln(1 + AMOUNTS_APART)
    place = _EXACT.divide(_EXACT.ln(Decimal(net)), step)
    return f"a{int(place)}", f"b{int(place + Decimal('0.5'))}"


def _lines(values: Mapping[str, object]) -> list[Mapping[str, object]]:
    found: list[Mapping[str, object]] = []
    for name, value in values.items():
        if name.startswith("line/") and isinstance(value, dict):
            found.append(value)
        elif name.startswith("lines/") and isinstance(value, list):
            found.extend(one for one in value if isinstance(one, dict))
    return found


def _largest(lines: Sequence[Mapping[str, object]]) -> list[Mapping[str, object]]:
    counted = [line for line in lines if "qty_milli" in line]
    counted.sort(key=lambda line: (-int(str(line["amount"])), str(line.get("n"))))
    return counted[:LINES_MAX]


def _plain(text: object) -> str:
    """Return a text without case, width and spaces."""
    return "".join(unicodedata.normalize("NFKC", str(text)).casefold().split())
