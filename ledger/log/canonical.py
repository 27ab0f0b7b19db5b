"""Canonical JSON: the restricted RFC 8785 profile in which bodies, entries and state are written.

Objects with ASCII snake_case keys, arrays, strings in Unicode NFC, integers within ±(2^53 − 1),
`true`, `false` and `null`. No floats, no duplicate keys, no lone surrogates, at most 32 levels.
Within this profile compact JSON with sorted keys and unescaped non-ASCII text equals RFC 8785, so
the standard library writes it; a test compares with an independent implementation.
"""

from __future__ import annotations

import functools
import json
import re
import unicodedata
from typing import NoReturn

from ledger.errors import NotCanonical

JsonScalar = str | int | bool | None
JsonValue = JsonScalar | list["JsonValue"] | dict[str, "JsonValue"]
JsonObject = dict[str, JsonValue]

INTEGER_MAX = 2**53 - 1
"""The largest integer that every JSON reader holds exactly."""
INTEGER_BITS = INTEGER_MAX.bit_length()
DEPTH_MAX = 32

# The names of the broken rules, as `NotCanonical.params["reason"]`.
NOT_JSON = "NOT_JSON"
NOT_UTF8 = "NOT_UTF8"
NOT_MINIMAL = "NOT_MINIMAL"  # right values, other bytes: spaces, order, escapes, -0
FLOAT = "FLOAT"  # fractions, exponents, NaN, infinities
INTEGER_RANGE = "INTEGER_RANGE"
DUPLICATE_KEY = "DUPLICATE_KEY"
KEY_FORM = "KEY_FORM"  # not ASCII snake_case
NOT_NFC = "NOT_NFC"
LONE_SURROGATE = "LONE_SURROGATE"
TOO_DEEP = "TOO_DEEP"
TYPE = "TYPE"  # a Python value that JSON has no form for
NOT_AN_OBJECT = "NOT_AN_OBJECT"

_KEY = re.compile(r"[a-z][a-z0-9_]*\Z")
_ENCODER = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False, check_circular=False
)


def encode(value: JsonValue) -> bytes:
    """Return the canonical bytes of a value.

    Raises
    ------
    NotCanonical
        When the value lies outside the profile.
    """
    if not _is_plain(value, 0):
        _check(value, "", 0)
    return _ENCODER.encode(value).encode("utf-8")


def decode(data: bytes) -> JsonValue:
    """Return the value of canonical bytes; bytes in any other form are refused.

    Raises
    ------
    NotCanonical
        With the broken rule in `params["reason"]` and the place in `params["where"]`.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        _refuse(NOT_UTF8, "", f"byte {error.start} is not part of UTF-8 text")
    value = _loads(text)
    if not _is_plain(value, 0):
        _check(value, "", 0)
    if _ENCODER.encode(value) != text:
        _refuse_duplicates(text)
        _refuse(NOT_MINIMAL, "", "the values are fine, but the bytes are not their canonical form")
    return value


def encode_plain(value: JsonValue) -> bytes:
    """Return the canonical bytes of a value that came out of canonical bytes: it needs no check."""
    return _ENCODER.encode(value).encode("utf-8")


def decode_object(data: bytes) -> JsonObject:
    """Return the object of canonical bytes.

    Raises
    ------
    NotCanonical
        As `decode`, and when the value is no object.
    """
    value = decode(data)
    if not isinstance(value, dict):
        _refuse(NOT_AN_OBJECT, "", "an object is expected")
    return value


def _loads(text: str) -> JsonValue:
    try:
        value: JsonValue = _DECODER.decode(text)
    except RecursionError:
        _refuse(TOO_DEEP, "", f"more than {DEPTH_MAX} levels")
    except json.JSONDecodeError as error:
        _refuse(NOT_JSON, "", f"{error.msg} at character {error.pos}")
    except ValueError:  # int() refuses to read thousands of digits
        _refuse(INTEGER_RANGE, "", f"an integer lies outside ±{INTEGER_MAX}")
    return value


def _no_float(text: str) -> NoReturn:
    _refuse(FLOAT, "", f"the number {text[:40]} is not an integer; amounts are strings of digits")


_DECODER = json.JSONDecoder(parse_float=_no_float, parse_constant=_no_float)


def _is_plain(value: object, depth: int) -> bool:
    """Tell whether a value surely lies inside the profile: the quick way, for almost all values.

    Where this says no, `_check` decides, and names the place.
    """
    kind = type(value)
    if kind is str:
        return _is_text(value)  # type: ignore[arg-type]  # kind is str
    if kind is dict:
        return depth < DEPTH_MAX and _are_members_plain(value, depth + 1)  # type: ignore[arg-type]
    if kind is list:
        return depth < DEPTH_MAX and _are_items_plain(value, depth + 1)  # type: ignore[arg-type]
    if kind is int:
        return -INTEGER_MAX <= value <= INTEGER_MAX  # type: ignore[operator]  # kind is int
    return value is None or kind is bool


def _are_members_plain(members: dict[object, object], depth: int) -> bool:
    for key, value in members.items():
        if not _is_key(key):
            return False
        if type(value) is str and value.isascii():
            continue
        if not _is_plain(value, depth):
            return False
    return True


def _are_items_plain(items: list[object], depth: int) -> bool:
    for value in items:
        if type(value) is str and value.isascii():
            continue
        if not _is_plain(value, depth):
            return False
    return True


def _is_text(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return unicodedata.is_normalized("NFC", text)


@functools.lru_cache(maxsize=1_024)
def _is_key(key: object) -> bool:
    """Tell whether a key has the right form; the record has some hundred, asked for very often."""
    return type(key) is str and _KEY.match(key) is not None


def _check(value: object, where: str, depth: int) -> None:
    """Refuse what lies outside the profile. The exact type: a subclass may print otherwise."""
    kind = type(value)
    if kind in (dict, list):
        if depth >= DEPTH_MAX:
            _refuse(TOO_DEEP, where, f"more than {DEPTH_MAX} levels")
        _check_members(value, where, depth)
    elif kind is str:
        _check_text(value, where)  # type: ignore[arg-type]  # kind is str
    elif kind is int:
        if not -INTEGER_MAX <= value <= INTEGER_MAX:  # type: ignore[operator]  # kind is int
            _refuse(INTEGER_RANGE, where, f"an integer lies outside ±{INTEGER_MAX}")
    elif kind is float:
        _refuse(FLOAT, where, "floats are not allowed; amounts are strings of digits")
    elif value is not None and kind is not bool:
        _refuse(TYPE, where, f"{kind.__name__} has no JSON form")


def _check_members(value: object, where: str, depth: int) -> None:
    if isinstance(value, dict):
        for key, member in value.items():
            if type(key) is not str or not _KEY.match(key):
                _refuse(KEY_FORM, where, f"the key {key!r} is not ASCII snake_case")
            _check(member, f"{where}.{key}" if where else key, depth + 1)
    elif isinstance(value, list):
        for position, member in enumerate(value):
            _check(member, f"{where}[{position}]", depth + 1)


def _check_text(text: str, where: str) -> None:
    if text.isascii():
        return
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        _refuse(LONE_SURROGATE, where, "half of a surrogate pair stands alone")
    if not unicodedata.is_normalized("NFC", text):
        _refuse(NOT_NFC, where, "the text is not in Unicode form NFC")


def _refuse_duplicates(text: str) -> None:
    """Name a repeated key, which the plain reader has already dropped."""

    def pairs(members: list[tuple[str, object]]) -> dict[str, object]:
        seen = dict(members)
        if len(seen) < len(members):
            names = [name for name, _ in members]
            twice = next(name for name in names if names.count(name) > 1)
            _refuse(DUPLICATE_KEY, "", f"the key {twice!r} stands twice in one object")
        return seen

    json.loads(text, object_pairs_hook=pairs)


def _refuse(reason: str, where: str, detail: str) -> NoReturn:
    place = f"at {where}" if where else "in the whole value"
    raise NotCanonical(
        f"Not in canonical form ({reason}, {place}): {detail}.", reason=reason, where=where
    )
