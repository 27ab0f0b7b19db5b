"""Money in integer minor units with its ISO 4217 currency. No floats, no rounding.

References
----------
ISO 4217:2015, list one (active codes and their minor units).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

MAX_AMOUNT_MINOR = 10**13
"""Largest single amount the record takes, in minor units of its currency."""

_MINOR_UNITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD "
        "CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP "
        "GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK "
        "LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO "
        "NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS "
        "SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST "
        "XAD XCD XCG YER ZAR ZMW ZWG"
    ),
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}

CURRENCIES: Mapping[str, int] = MappingProxyType(
    {code: exponent for exponent, codes in _MINOR_UNITS.items() for code in codes.split()}
)
"""Number of decimals of the minor unit by ISO 4217 code: CNY 2, JPY 0, KWD 3."""


class MoneyError(ValueError):
    """An amount or a currency that the record cannot hold. `code` names which."""

    code = "AMOUNT_MALFORMED"


class UnknownCurrency(MoneyError):
    """The code is not an active ISO 4217 currency."""

    code = "CURRENCY_UNKNOWN"


class MixedCurrencies(MoneyError):
    """Two amounts of different currencies were added, subtracted or compared."""

    code = "CURRENCY_MISMATCH"


class AmountMalformed(MoneyError):
    """The text is not a plain amount: digits, and a point with the currency's decimals."""

    code = "AMOUNT_MALFORMED"


class AmountOutOfRange(MoneyError):
    """The amount is zero where it must be positive, negative, or above 10^13 minor units."""

    code = "AMOUNT_RANGE"


def exponent_of(currency: str) -> int:
    """Return how many decimals the currency has.

    Raises
    ------
    UnknownCurrency
        When ISO 4217 has no such active code.
    """
    exponent = CURRENCIES.get(currency)
    if exponent is None:
        raise UnknownCurrency(
            f"currency {currency!r} is not an active ISO 4217 code; write one such as CNY"
        )
    return exponent


def parse_digits(text: object, *, zero: bool = False) -> int:
    """Return the minor units that a record's amount field states.

    Parameters
    ----------
    text
        Decimal digits without sign, leading zeros, separators or exponent: ``"9000000"``.
    zero
        Whether ``"0"`` is allowed.

    Raises
    ------
    AmountMalformed
        When it is anything else, a float or an integer literal included.
    AmountOutOfRange
        When it is 0 and `zero` is false, or above 10^13.
    """
    if not isinstance(text, str) or not text.isascii() or not text.isdigit():
        raise AmountMalformed(f"amount must be a string of digits in minor units, got {text!r}")
    if len(text) > 1 and text[0] == "0":
        raise AmountMalformed(f"amount {text!r} has leading zeros; write it without them")
    if len(text) > len(str(MAX_AMOUNT_MINOR)):
        raise AmountOutOfRange(
            f"amount of {len(text)} digits exceeds {MAX_AMOUNT_MINOR} minor units"
        )
    amount = int(text)
    if amount > MAX_AMOUNT_MINOR:
        raise AmountOutOfRange(f"amount {amount} exceeds {MAX_AMOUNT_MINOR} minor units")
    if amount == 0 and not zero:
        raise AmountOutOfRange("amount is 0; it must be above 0")
    return amount


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An exact amount: integer minor units (fen for CNY) of one currency. May be negative."""

    amount_minor: int
    currency: str

    def __post_init__(self) -> None:
        if isinstance(self.amount_minor, bool) or not isinstance(self.amount_minor, int):
            raise AmountMalformed(f"amount must be an integer, got {self.amount_minor!r}")
        exponent_of(self.currency)

    @classmethod
    def parse(cls, text: str, currency: str) -> "Money":
        """Return the amount that a decimal text states, never rounding.

        Parameters
        ----------
        text
            Digits with at most the currency's decimals: ``"1234.5"`` CNY is 123450 fen.

        Raises
        ------
        UnknownCurrency
            When the currency is not in ISO 4217.
        AmountMalformed
            On a sign, a separator, an exponent, NaN or too many decimals.
        AmountOutOfRange
            Above 10^13 minor units.
        """
        exponent = exponent_of(currency)
        whole, point, fraction = text.partition(".")
        plain = (whole + fraction).isascii() and whole.isdigit()
        if not plain or (point and not fraction.isdigit()):
            raise AmountMalformed(
                f"amount {text!r} is not plain digits with a decimal point, such as 1234.50"
            )
        if len(fraction) > exponent:
            raise AmountMalformed(
                f"amount {text!r} has {len(fraction)} decimals; {currency} has {exponent}"
            )
        if len(whole) > len(str(MAX_AMOUNT_MINOR)):
            raise AmountOutOfRange(f"amount {text!r} exceeds {MAX_AMOUNT_MINOR} minor units")
        amount = int(whole) * 10**exponent + int(fraction.ljust(exponent, "0") or "0")
        if amount > MAX_AMOUNT_MINOR:
            raise AmountOutOfRange(f"amount {text!r} exceeds {MAX_AMOUNT_MINOR} minor units")
        return cls(amount, currency)

    @classmethod
    def from_digits(cls, text: object, currency: str, *, zero: bool = False) -> "Money":
        """Return the amount of a record's field; see `parse_digits` for what it refuses."""
        return cls(parse_digits(text, zero=zero), currency)

    @property
    def digits(self) -> str:
        """The amount as the record writes it: minor units in decimal digits."""
        if self.amount_minor < 0:
            raise AmountOutOfRange(f"the record holds no negative amount, got {self}")
        return str(self.amount_minor)

    def __add__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.amount_minor + other.amount_minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.amount_minor - other.amount_minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        self._same(other)
        return self.amount_minor < other.amount_minor

    def __le__(self, other: "Money") -> bool:
        self._same(other)
        return self.amount_minor <= other.amount_minor

    def __str__(self) -> str:
        return format_minor(self.amount_minor, self.currency)

    def _same(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise MixedCurrencies(f"cannot combine {self} with {other}: two currencies")


def format_minor(amount_minor: int, currency: str) -> str:
    """Return the amount for people: ``CNY 900,000.00``, ``JPY 900,000``."""
    exponent = exponent_of(currency)
    sign = "-" if amount_minor < 0 else ""
    whole, fraction = divmod(abs(amount_minor), 10**exponent)
    tail = f".{fraction:0{exponent}d}" if exponent else ""
    return f"{currency} {sign}{whole:,}{tail}"
