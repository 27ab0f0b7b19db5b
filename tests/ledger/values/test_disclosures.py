"""Disclosures: they open exactly what was committed to."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.values.disclosures import (
    DEPTH_MAX,
    DisclosureError,
    derived_salts,
    digest,
    disclose,
    open_all,
    open_disclosure,
)

SALT = bytes(range(16))
keys = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


@given(values)
def test_opening_inverts_disclosing(value: object) -> None:
    text = disclose("item", value, SALT)
    opened = open_disclosure(text)

    assert disclose("item", opened.value, SALT) == text
    assert opened.digest == digest(text)


def test_the_example_of_the_standard_has_its_digest() -> None:
    """RFC 9901 section 4.2.3 gives this disclosure of `family_name` and its digest."""
    text = "WyI2cU1RdlJMNWhhaiIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0"

    assert digest(text) == "uutlBuYeMDyjLLTpf6Jxi7yNkEF35jdyWMn9U7b_RYY"


def test_text_is_written_in_nfc() -> None:
    assert disclose("name", "A\u030angstro\u0308m", SALT) == disclose("name", "Ångström", SALT)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Name", "x"),
        ("line/0", "x"),
        ("", "x"),
        ("item", 1.5),
        ("item", {"price": 0.1}),
        ("item", {"Price": "1"}),
        ("item", b"bytes"),
        ("item", "\ud800"),
    ],
)
def test_what_the_record_cannot_hold_is_refused(name: str, value: object) -> None:
    with pytest.raises(DisclosureError):
        disclose(name, value, SALT)


def test_a_short_salt_is_refused() -> None:
    with pytest.raises(DisclosureError):
        disclose("item", "x", SALT[:15])


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "%%%",
        "é",
        encoded("not json"),
        encoded('["salt","item"]'),
        encoded('["salt",5,"x"]'),
        encoded('["salt","item",1.5]'),
        encoded('["salt","item",NaN]'),
        encoded('["salt","item",{"a":1,"a":2}]'),
        encoded('["salt","item",' + "[" * 5000 + "]" * 5000 + "]"),
        encoded(json.dumps(["salt", "item", "e\u0301"])),
        encoded('["salt","item",' + "9" * 5000 + "]"),
        encoded('["salt","item","x"]') + "=",
        "A" * 40_000,
    ],
)
def test_malformed_texts_are_refused(text: str) -> None:
    with pytest.raises(DisclosureError):
        open_disclosure(text)


def test_too_deep_values_are_refused() -> None:
    value: object = "x"
    for _ in range(DEPTH_MAX + 1):
        value = [value]
    with pytest.raises(DisclosureError):
        disclose("item", value, SALT)


def test_open_all_takes_what_is_committed_and_nothing_else() -> None:
    number, price = disclose("number", "PO-1", SALT), disclose("price", "5", SALT)
    sd = sorted([digest(number), digest(price), "decoy"])

    assert open_all([number], sd)["number"].value == "PO-1"
    with pytest.raises(DisclosureError, match="commits to"):
        open_all([disclose("price", "6", SALT)], sd)
    with pytest.raises(DisclosureError, match="twice"):
        open_all([number, number], sd)


def test_salts_differ_by_name_request_and_key() -> None:
    salts = derived_salts(b"k" * 16, "a" * 32)
    others = [
        salts("name"),
        salts("number"),
        derived_salts(b"k" * 16, "b" * 32)("name"),
        derived_salts(b"l" * 16, "a" * 32)("name"),
    ]

    assert len(set(others)) == 4
    assert all(len(salt) == 16 for salt in others)
    with pytest.raises(ValueError, match="order key"):
        derived_salts(b"short", "a" * 32)
