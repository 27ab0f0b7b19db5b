"""Identifiers: check digits, and when two order numbers are one."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ledger.values.identifiers import (
    IdentifierError,
    canonical_identifier,
    canonical_scheme,
    check_gln,
    check_lei,
    check_uscc,
    is_handle,
    normalise_order_number,
)

VALID = {
    check_uscc: "91350100M000100Y43",
    check_lei: "5493001KJTIIGC8Y1R12",
    check_gln: "9501101020016",
}


@pytest.mark.parametrize(("check", "code"), VALID.items())
def test_a_valid_code_passes(check, code) -> None:
    assert check(code) is None


@pytest.mark.parametrize(("check", "code"), VALID.items())
def test_every_single_wrong_digit_is_found(check, code) -> None:
    for place, char in enumerate(code):
        if char.isdigit():
            wrong = code[:place] + str((int(char) + 1) % 10) + code[place + 1 :]
            with pytest.raises(IdentifierError):
                check(wrong)


@pytest.mark.parametrize(
    ("scheme", "value"),
    [
        ("uscc", "91350100M000100Y4"),  # too short
        ("uscc", "91350100I000100Y43"),  # I is not in the alphabet
        ("lei", "5493001KJTIIGC8Y1R1"),
        ("lei", "5493001KJTIIGC8Y1RAB"),  # check digits must be digits
        ("gln", "950110102001"),
        ("duns", "12345678"),
        ("vat", " - "),  # nothing left
    ],
)
def test_wrong_forms_are_refused(scheme: str, value: str) -> None:
    with pytest.raises(IdentifierError):
        canonical_identifier(scheme, value)


def test_identifiers_have_one_written_form() -> None:
    assert canonical_identifier("uscc", "9135 0100-m000 100y43") == "91350100M000100Y43"
    assert canonical_identifier("vat", "de 123.456.789") == "DE123456789"


def test_schemes_have_one_name() -> None:
    assert canonical_scheme("0088") == canonical_scheme(" GLN ") == "gln"
    assert canonical_scheme("统一社会信用代码") == "uscc"
    with pytest.raises(IdentifierError):
        canonical_scheme("a scheme")


@pytest.mark.parametrize(
    "text", ["PO-0041", "po 41", "ＰＯ４１", "P.O./000041", "po_41", "Po–41", "PO41"]
)
def test_one_order_number_in_many_spellings(text: str) -> None:
    assert normalise_order_number(text) == "PO41"


def test_other_numbers_stay_other() -> None:
    numbers = ["PO-41", "PO-410", "PO-14", "PO41A", "OP-41", "41"]

    assert len({normalise_order_number(number) for number in numbers}) == len(numbers)


def test_zero_itself_stays() -> None:
    assert normalise_order_number("PO-000") == "PO0"


@given(st.text(max_size=30))
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    try:
        once = normalise_order_number(text)
    except IdentifierError:
        return
    # zeros that separators held apart may stand at the head of one run of digits now
    assume("0" not in once)
    assert normalise_order_number(once) == once or not once.isascii()


def test_a_number_without_letter_or_digit_is_refused() -> None:
    with pytest.raises(IdentifierError):
        normalise_order_number("--/ ")


def test_handles_are_random_hex() -> None:
    assert is_handle("0123456789abcdef" * 2)
    for wrong in ("0123456789ABCDEF" * 2, "seller-1", "", None, "a" * 33):
        assert not is_handle(wrong)
