"""Amounts of a document: exact integers in the minor unit of its one currency."""

from __future__ import annotations

import re
from dataclasses import dataclass

from data.importers.codes import RejectCode
from data.importers.ubl_elements import Cursor, is_decimal, scaled
from ledger.values.money import CURRENCIES, MAX_AMOUNT_MINOR

PRICE_DECIMALS = 6
_FLOAT = re.compile(r"[+-]?(?:[\d.]+[eE][+-]?\d+|nan|inf(?:inity)?)", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Amounts:
    """Reads amounts of one currency.

    Parameters
    ----------
    currency
        ISO 4217 code; empty when it could not be established (that reject exists already).
    exponent
        Decimals of its minor unit.
    """

    currency: str
    exponent: int

    @classmethod
    def of(cls, top: Cursor, *, stated: str, payable: Cursor) -> Amounts:
        """Return the reader for a document: its stated currency, else that of what is payable."""
        currency = stated or payable.attribute("", "currencyID")
        if not currency:
            code, expected = RejectCode.CURRENCY_MISSING, "a code of ISO 4217"
            top.reject(code, "cbc:DocumentCurrencyCode", expected, "none")
            return cls("", 2)
        if currency not in CURRENCIES:
            code, expected = RejectCode.CURRENCY_UNKNOWN, "a code of ISO 4217"
            top.reject(code, "cbc:DocumentCurrencyCode", expected, currency)
            return cls("", 2)
        return cls(currency, CURRENCIES[currency])

    def minor(
        self, at: Cursor, path: str, *, default: int | None = None, least: int | None = 0
    ) -> int:
        """Return the amount at a path in minor units.

        Parameters
        ----------
        default
            What an absent element means; None makes the element required.
        least
            Smallest amount allowed; None allows negative ones.
        """
        found = at.optional(path)
        if found is None:
            if default is None:
                at.child(path)
            return default or 0
        minor = self._exact(at, found, path, self.exponent)
        lowest = -MAX_AMOUNT_MINOR if least is None else least
        if minor is not None and not lowest <= minor <= MAX_AMOUNT_MINOR:
            expected = f"{lowest} to 10^13 minor units"
            at.reject(RejectCode.OUT_OF_RANGE, path, expected, found.own_text())
        return minor or 0

    def micro(self, at: Cursor, path: str) -> int:
        """Return a price ≥ 0 in millionths of the major unit."""
        found = at.child(path)
        micro = self._exact(at, found, path, PRICE_DECIMALS)
        if micro is not None and not 0 <= micro <= MAX_AMOUNT_MINOR * 10**PRICE_DECIMALS:
            at.reject(RejectCode.OUT_OF_RANGE, path, "at least 0", found.own_text())
        return micro or 0

    def _exact(self, at: Cursor, found: Cursor, path: str, decimals: int) -> int | None:
        """Return the amount times 10^decimals; None after a reject."""
        text = found.own_text()
        if not is_decimal(text):
            floating = _FLOAT.fullmatch(text) is not None
            code = RejectCode.FLOAT_AMOUNT if floating else RejectCode.AMOUNT_MALFORMED
            at.reject(code, path, "plain digits with a decimal point", text)
            return None
        currency = found.attribute("", "currencyID") or self.currency
        if currency not in CURRENCIES:
            if currency:
                expected = "a code of ISO 4217"
                at.reject(RejectCode.CURRENCY_UNKNOWN, f"{path}/@currencyID", expected, currency)
            return None
        if self.currency and currency != self.currency:
            code, field = RejectCode.CURRENCY_MISMATCH, f"{path}/@currencyID"
            at.reject(code, field, self.currency, currency)
            return None
        exact = scaled(text, decimals)
        if exact is None:
            expected = f"at most {decimals} decimals"
            at.reject(RejectCode.AMOUNT_TOO_PRECISE, path, expected, text)
        return exact


def rounded_half_up(numerator: int, denominator: int) -> int:
    """Return numerator / denominator to the nearest integer, halves up; both ≥ 0."""
    return (2 * numerator + denominator) // (2 * denominator)
