"""Walk a UBL tree by qualified names, collecting what is missing, repeated or malformed."""

from __future__ import annotations

import re
from datetime import date

from lxml.etree import QName
from lxml.etree import _Element as Element

from data.importers.codes import RejectCode
from data.importers.report import RejectList, is_plain_text

NAMESPACES = {
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
}
TEXT_MAX = 2_000
QUANTITY_MILLI_MAX = 10**15
_DECIMAL = re.compile(r"[+-]?(?:\d{1,18}(?:\.\d{0,18})?|\.\d{1,18})", re.ASCII)
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:Z|[+-]\d{2}:\d{2})?", re.ASCII)


class Dropped(Exception):
    """A part was rejected; its rejects stand in the list already."""


class Cursor:
    """One element, or the absence of one whose lack has been reported already.

    Reading from an absent element gives empty values and adds no further rejects, so that one
    mistake is reported once.
    """

    def __init__(self, element: Element | None, rejects: RejectList, path: str = "Order") -> None:
        self.element = element
        self.rejects = rejects
        self.path = path

    def reject(self, code: RejectCode, field: str, expected: str, got: str) -> None:
        """Add a reject at this element."""
        line = self.element.sourceline if self.element is not None else None
        place = f"line {line}" if line else ""
        self.rejects.add(
            code, place=place, field=f"{self.path}/{field}", expected=expected, got=got
        )

    def children(self, path: str) -> list[Cursor]:
        """Return all elements at a path such as `cac:Delivery` or `cac:Item/cbc:Name`."""
        if self.element is None:
            return []
        found = self.element.findall(path, NAMESPACES)
        numbered = len(found) > 1
        return [
            Cursor(at, self.rejects, f"{self.path}/{path}{f'[{n}]' if numbered else ''}")
            for n, at in enumerate(found, 1)
        ]

    def optional(self, path: str) -> Cursor | None:
        """Return the element at a path, None when there is none; refuse a second one."""
        found = self.children(path)
        if len(found) > 1:
            self.reject(RejectCode.ELEMENT_REPEATED, path, "one element", f"{len(found)}")
        return found[0] if found else None

    def child(self, path: str) -> Cursor:
        """Return the element at a path; its absence is rejected once."""
        found = self.optional(path)
        if found is not None:
            return found
        if self.element is not None:
            self.reject(RejectCode.ELEMENT_MISSING, path, "one element", "none")
        return Cursor(None, self.rejects, f"{self.path}/{path}")

    def own_text(self) -> str:
        """Return the text of this element with white space collapsed, checked for length."""
        if self.element is None:
            return ""
        if len(self.element):
            got = QName(self.element[0]).localname
            self.rejects.add(
                RejectCode.XML_MALFORMED, field=self.path, expected="text alone", got=got
            )
        text = " ".join((self.element.text or "").split())
        if len(text) > TEXT_MAX:
            expected = f"at most {TEXT_MAX} characters"
            self.rejects.add(
                RejectCode.TEXT_TOO_LONG, field=self.path, expected=expected, got=str(len(text))
            )
            return text[:TEXT_MAX]
        if not is_plain_text(text):
            self.rejects.add(
                RejectCode.CONTROL_CHARACTER, field=self.path, expected="printable text", got=text
            )
        return text

    def text(self, path: str, *, required: bool = True) -> str:
        """Return the text at a path; empty text counts as missing."""
        found = self.optional(path)
        text = found.own_text() if found is not None else ""
        if not text and required and self.element is not None:
            self.reject(RejectCode.ELEMENT_MISSING, path, "a text", "none")
        return text

    def attribute(self, path: str, name: str) -> str:
        """Return an attribute of the element at a path, stripped; empty when there is none."""
        found = self.optional(path) if path else self
        if found is None or found.element is None:
            return ""
        return " ".join(str(found.element.get(name, "")).split())[:TEXT_MAX]

    def day(self, path: str) -> date:
        """Return the date at a path; `date.min` after a reject."""
        if self.element is not None and self.optional(path) is None:
            self.reject(RejectCode.ELEMENT_MISSING, path, "a date", "none")
        return self.optional_day(path) or date.min

    def optional_day(self, path: str) -> date | None:
        """Return the date at a path, None when there is none; a zone is cut off, not converted."""
        found = self.optional(path)
        if found is None:
            return None
        text = found.own_text()
        match = _DATE.fullmatch(text)
        try:
            return date.fromisoformat(match[1] if match else "")
        except ValueError:
            self.reject(RejectCode.NOT_A_DATE, path, "YYYY-MM-DD", text)
            return None

    def quantity(self, path: str, *, default: int | None = None) -> int:
        """Return a quantity > 0 in thousandths; `default` where there is none."""
        found = self.optional(path)
        if found is None:
            if default is None and self.element is not None:
                self.reject(RejectCode.ELEMENT_MISSING, path, "a quantity", "none")
            return default or 0
        text = found.own_text()
        fallback = default or 0
        if not _DECIMAL.fullmatch(text):
            self.reject(RejectCode.QUANTITY_MALFORMED, path, "plain digits", text)
            return fallback
        milli = scaled(text, 3)
        if milli is None:
            self.reject(RejectCode.QUANTITY_TOO_PRECISE, path, "at most 3 decimals", text)
            return fallback
        if not 0 < milli <= QUANTITY_MILLI_MAX:
            self.reject(RejectCode.OUT_OF_RANGE, path, "above 0, at most 10^12", text)
            return fallback
        return milli


def is_decimal(text: str) -> bool:
    """Return whether a text is a plain decimal number as XML Schema writes it."""
    return _DECIMAL.fullmatch(text) is not None


def scaled(text: str, decimals: int) -> int | None:
    """Return a plain decimal times 10^decimals when that is an integer, else None."""
    negative = text.startswith("-")
    whole, _, fraction = text.lstrip("+-").partition(".")
    kept, rest = fraction[:decimals], fraction[decimals:]
    if rest.strip("0"):
        return None
    number = int((whole or "0") + kept.ljust(decimals, "0"))
    return -number if negative else number
