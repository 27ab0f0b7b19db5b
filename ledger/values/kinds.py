"""The kinds of fields that bodies have: how a value is checked, and how it is written.

A body whose fields all have a form is read and checked in one step (`ledger.values.recognition`).
A form may leave out values that the check lets pass, and never takes one that it does not.
"""

import base64
import binascii
import datetime as dt
import functools
import re
from collections.abc import Callable
from typing import NamedTuple

from ledger.values.consent import Duty, EventType, Role
from ledger.values.money import exponent_of, parse_digits

BPS_MAX = 10_000
MILLIS_MAX = 253_402_300_799_999
"""The last millisecond of the year 9999, UTC."""

Check = Callable[[object], None]
"""Raises `ValueError` when a value is not of the kind."""
Read = Callable[[str], object]
"""Gives the value of a form's group; raises `ValueError` when it may not be of the kind."""


class Kind(NamedTuple):
    """A kind of field.

    Parameters
    ----------
    check
        What a value must be.
    form
        Regular expression of the canonical JSON of values that pass the check, with one group;
        None for a kind that is always read the long way.
    read
        Gives the value of the group; None where the group is the value.
    """

    check: Check
    form: str | None = None
    read: Read | None = None


def parse_date(value: object) -> dt.date:
    """Return the date of a field; raise `ValueError` unless it is written YYYY-MM-DD."""
    return _date_of(value) if isinstance(value, str) else _refuse_date(value)


@functools.lru_cache(maxsize=4_096)
def _date_of(text: str) -> dt.date:
    """Return the date of a text; the same days come again and again."""
    return dt.date.fromisoformat(text) if _DATE.fullmatch(text) else _refuse_date(text)


def _refuse_date(value: object) -> dt.date:
    raise ValueError(f"must be a date written YYYY-MM-DD, got {value!r}")


_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def parse_public_key(value: object) -> bytes:
    """Return the 32 bytes of a key field; raise `ValueError` unless strict base64 of 32 bytes."""
    return _key_bytes(str(value))


@functools.lru_cache(maxsize=1_024)
def _key_bytes(text: str) -> bytes:
    """Return the bytes of a key; the state hands out the same few for every signature."""
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error as problem:
        raise ValueError(f"must be base64: {problem}") from None
    if len(data) != 32 or base64.b64encode(data).decode() != text:
        raise ValueError(f"must be canonical base64 of 32 bytes, got {len(data)} bytes")
    return data


def _like(pattern: str, words: str) -> Kind:
    """Return the kind of texts that match a pattern, which has nothing that JSON escapes."""
    matches = re.compile(pattern).fullmatch

    def check(value: object) -> None:
        if not isinstance(value, str) or matches(value) is None:
            raise ValueError(f"must be {words}, got {value!r}")

    return Kind(check, f'"({pattern})"')


def integer(low: int, high: int) -> Kind:
    """Return the kind of a whole number from `low` to `high`."""

    def check(value: object) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"must be an integer from {low} to {high}, got {value!r}")

    def read(text: str) -> int:
        number = int(text)
        if not low <= number <= high:
            raise ValueError(f"must be an integer from {low} to {high}, got {number}")
        return number

    return Kind(check, rf"(0|[1-9][0-9]{{0,{len(str(high)) - 1}}})", read)


def one_of(*allowed: str) -> Kind:
    """Return the kind of a field that is one of these texts."""
    known = frozenset(allowed)

    def check(value: object) -> None:
        if not isinstance(value, str) or value not in known:
            raise ValueError(f"must be one of {', '.join(allowed)}, got {value!r}")

    return Kind(check, '"(' + "|".join(map(re.escape, allowed)) + ')"')


def _sorted_list(pattern: str, *, least: int, most: int) -> Kind:
    item = re.compile(pattern)

    def check(value: object) -> None:
        if not isinstance(value, list) or not least <= len(value) <= most:
            raise ValueError(f"must be a list of {least} to {most} texts, got {value!r}")
        if not all(isinstance(part, str) and item.fullmatch(part) for part in value):
            raise ValueError(f"must hold only texts like {pattern}, got {value!r}")
        if sorted(set(value)) != value:
            raise ValueError("must be sorted and free of repeats")

    def read(text: str) -> list[str]:
        parts = text[1:-1].split('","') if text else []
        if not least <= len(parts) <= most or sorted(set(parts)) != parts:
            raise ValueError("must be sorted and free of repeats")
        return parts

    one = f'"(?:{pattern})"'
    return Kind(check, rf"\[((?:{one}(?:,{one})*)?)\]", read)


def _check_schemes(value: object) -> None:
    if not isinstance(value, list) or not 1 <= len(value) <= 16:
        raise ValueError(f"must be a list of 1 to 16 identifier schemes, got {value!r}")
    if not all(isinstance(part, str) and _SCHEME.fullmatch(part) for part in value):
        raise ValueError(f"must hold only scheme names such as uscc, got {value!r}")


_SCHEME = re.compile(r"[a-z0-9][a-z0-9_.:-]{0,31}")


def _check_totals(value: object) -> None:
    if not isinstance(value, list):
        raise ValueError(  # noqa: TRY004 - what is wrong is the body, not our code
            f"must be a list of totals, one a currency, got {value!r}"
        )
    for total in value:
        if not isinstance(total, dict) or set(total) != {"currency", "orders", "value", "live"}:
            raise ValueError(f"must hold currency, orders, value and live each, got {total!r}")
        _check_currency(total["currency"])
        INDEX.check(total["orders"])
        for name in ("value", "live"):
            if not isinstance(total[name], str) or not _SUM.fullmatch(total[name]):
                raise ValueError(f"must hold sums in digits, got {name} {total[name]!r}")
    currencies = [total["currency"] for total in value]
    if sorted(set(currencies)) != currencies:
        raise ValueError("must be in the order of the currencies, each once")


_SUM = re.compile(r"0|[1-9][0-9]{0,29}")


def _check_origin(value: object) -> None:
    if not isinstance(value, str) or not _ORIGIN.fullmatch(value) or value.endswith("/"):
        raise ValueError(f"must be the origin of a log such as park.example/ledger, got {value!r}")


_ORIGIN = re.compile(r"[!-*,-~]{1,255}")  # printable ASCII without space and plus


def _check_text(value: object) -> None:
    if not isinstance(value, str) or not value:
        raise ValueError(f"must be text, got {value!r}")


def _check_flag(value: object) -> None:
    if value is not True and value is not False:
        raise ValueError(f"must be true or false, got {value!r}")


def _check_date(value: object) -> None:
    parse_date(value)


def _check_amount(value: object) -> None:
    parse_digits(value)


def _check_amount_or_zero(value: object) -> None:
    parse_digits(value, zero=True)


def _check_currency(value: object) -> None:
    exponent_of(str(value))


def _check_public_key(value: object) -> None:
    parse_public_key(value)


def _read_date(text: str) -> str:
    _date_of(text)
    return text


def _read_currency(text: str) -> str:
    exponent_of(text)
    return text


def _read_flag(text: str) -> bool:
    return text == "true"


HANDLE = _like(r"[0-9a-f]{32}", "a random handle of 32 lower-case hex digits")
HASH = _like(r"[0-9a-f]{64}", "64 lower-case hex digits")
WORD = _like(r"[a-z][a-z_]{0,31}", "a lower-case word such as start_review")
TEXT = Kind(_check_text, r'"([!#-\[\]-~]{1,255})"')
ORIGIN = Kind(_check_origin)
DIGESTS = _sorted_list(r"[A-Za-z0-9_-]{43}", least=0, most=400)
ROLES = _sorted_list("|".join(Role), least=1, most=len(Role))
CODES = _sorted_list(r"[A-Z][A-Z0-9_]{0,31}", least=0, most=64)
SCHEMES = Kind(_check_schemes)
TOTALS = Kind(_check_totals)
SIDE = one_of(Role.BUYER, Role.SELLER)
CALL_SIDE = one_of(Role.BUYER, Role.PROVIDER, Role.EXPERT, Role.CENTRE, Role.ARBITER)
DUTY = one_of(Duty.MAKER, Duty.CHECKER)
TYPE = one_of(*EventType)
FLAG = Kind(_check_flag, "(true|false)", _read_flag)
DATE = Kind(_check_date, '"([0-9]{4}-[0-9]{2}-[0-9]{2})"', _read_date)
AMOUNT = Kind(_check_amount, '"([1-9][0-9]{0,12})"')
AMOUNT_OR_ZERO = Kind(_check_amount_or_zero, '"(0|[1-9][0-9]{0,12})"')
CURRENCY = Kind(_check_currency, '"([A-Z]{3})"', _read_currency)
PUBLIC_KEY = Kind(_check_public_key, '"([A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)"')
BPS = integer(0, BPS_MAX)
MILLIS = integer(0, MILLIS_MAX)
COUNT = integer(1, 1_000_000_000)
INDEX = integer(0, 2**53 - 1)
