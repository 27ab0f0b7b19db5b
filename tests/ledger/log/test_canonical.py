"""Canonical JSON: one form for each value, everything else refused by name."""

from __future__ import annotations

import json
import math
import unicodedata

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import NotCanonical, Refusal
from ledger.log import canonical

keys = st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20).map(
    lambda text: unicodedata.normalize("NFC", text)
)
integers = st.integers(-canonical.INTEGER_MAX, canonical.INTEGER_MAX)
values = st.recursive(
    st.none() | st.booleans() | integers | texts,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=20,
)


@given(values)
def test_encode_equals_an_independent_rfc_8785(value):
    assert canonical.encode(value) == rfc8785.dumps(value)


@given(values)
def test_decode_inverts_encode(value):
    assert canonical.decode(canonical.encode(value)) == value


@given(st.binary(max_size=60))
def test_decode_answers_any_bytes_with_a_value_or_a_refusal(data):
    try:
        value = canonical.decode(data)
    except NotCanonical:
        return
    assert canonical.encode(value) == data


REFUSED_BYTES = (
    (b"", canonical.NOT_JSON),
    (b"{", canonical.NOT_JSON),
    (b'{"a":1}{', canonical.NOT_JSON),
    (b"\xef\xbb\xbf{}", canonical.NOT_JSON),  # byte order mark
    (b'{"a":"\n"}', canonical.NOT_JSON),  # a raw control character
    (b'"\xff"', canonical.NOT_UTF8),
    (b'"\xed\xa0\x80"', canonical.NOT_UTF8),  # a surrogate as three bytes
    (b'"\xc0\xaf"', canonical.NOT_UTF8),  # overlong
    (b'{"a": 1}', canonical.NOT_MINIMAL),
    (b'{"b":1,"a":2}', canonical.NOT_MINIMAL),
    (b'"\\u0041"', canonical.NOT_MINIMAL),
    (b'"\\/"', canonical.NOT_MINIMAL),
    (b'"\\u000A"', canonical.NOT_MINIMAL),
    (b"[1]\n", canonical.NOT_MINIMAL),
    (b"-0", canonical.NOT_MINIMAL),
    (b"1.0", canonical.FLOAT),
    (b'{"amount":12.50}', canonical.FLOAT),
    (b"1e2", canonical.FLOAT),
    (b"NaN", canonical.FLOAT),
    (b"-Infinity", canonical.FLOAT),
    (b"9007199254740992", canonical.INTEGER_RANGE),
    (b"-9007199254740992", canonical.INTEGER_RANGE),
    (b"1" * 5000, canonical.INTEGER_RANGE),
    (b'{"a":1,"a":1}', canonical.DUPLICATE_KEY),
    (b'{"a":{"b":1,"b":2}}', canonical.DUPLICATE_KEY),
    (b'{"Amount":1}', canonical.KEY_FORM),
    (b'{"":1}', canonical.KEY_FORM),
    (b'{"1a":1}', canonical.KEY_FORM),
    ('{"péché":1}'.encode(), canonical.KEY_FORM),
    ('"A\u030a"'.encode(), canonical.NOT_NFC),
    (b'"\\ud800"', canonical.LONE_SURROGATE),
    (b'"\\udc00\\ud800"', canonical.LONE_SURROGATE),
    (b"[" * 33 + b"]" * 33, canonical.TOO_DEEP),
    (b"[" * 100_000, canonical.TOO_DEEP),
)


@pytest.mark.parametrize(("data", "reason"), REFUSED_BYTES)
def test_decode_refuses_by_name(data, reason):
    with pytest.raises(NotCanonical) as caught:
        canonical.decode(data)
    assert caught.value.params["reason"] == reason
    assert caught.value.code == "NOT_CANONICAL"


REFUSED_VALUES = (
    (1.5, canonical.FLOAT),
    (2.0, canonical.FLOAT),
    (math.nan, canonical.FLOAT),
    (math.inf, canonical.FLOAT),
    (2**53, canonical.INTEGER_RANGE),
    ({"a": [1, {"b": 0.5}]}, canonical.FLOAT),
    ({1: 2}, canonical.KEY_FORM),
    ({"a-b": 2}, canonical.KEY_FORM),
    ("\ud83d", canonical.LONE_SURROGATE),
    ("e\u0301", canonical.NOT_NFC),
    (b"bytes", canonical.TYPE),
    ((1, 2), canonical.TYPE),
    ({1, 2}, canonical.TYPE),
)


@pytest.mark.parametrize(("value", "reason"), REFUSED_VALUES)
def test_encode_refuses_by_name(value, reason):
    with pytest.raises(NotCanonical) as caught:
        canonical.encode(value)
    assert caught.value.params["reason"] == reason


def test_encode_refuses_a_subclass_that_could_print_otherwise():
    class Shouting(str):
        __slots__ = ()

    with pytest.raises(NotCanonical):
        canonical.encode(Shouting("a"))


def test_refusal_names_the_place():
    with pytest.raises(NotCanonical) as caught:
        canonical.encode({"lines": [{"n": 1}, {"n": 0.5}]})
    assert caught.value.params["where"] == "lines[1].n"
    assert "lines[1].n" in caught.value.message


def test_decode_object_wants_an_object():
    assert canonical.decode_object(b'{"a":1}') == {"a": 1}
    with pytest.raises(NotCanonical) as caught:
        canonical.decode_object(b"[]")
    assert caught.value.params["reason"] == canonical.NOT_AN_OBJECT


def test_thirty_two_levels_are_enough_and_allowed():
    data = b"[" * 32 + b"]" * 32
    assert canonical.encode(canonical.decode(data)) == data


@given(values, st.randoms(use_true_random=False))
def test_a_changed_byte_is_refused_or_another_value(value, random):
    """No two byte strings stand for one value: signatures and idempotency rest on that."""
    data = bytearray(canonical.encode(value))
    place = random.randrange(len(data))
    data[place] ^= 1 << random.randrange(8)
    try:
        changed = canonical.decode(bytes(data))
    except Refusal:
        return
    assert json.dumps(changed, sort_keys=True) != json.dumps(value, sort_keys=True)
