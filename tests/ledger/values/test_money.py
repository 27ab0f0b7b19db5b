"""Money: exact, never rounded, refused when it is anything but plain digits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.values.money import (
    CURRENCIES,
    MAX_AMOUNT_MINOR,
    AmountMalformed,
    AmountOutOfRange,
    MixedCurrencies,
    Money,
    MoneyError,
    UnknownCurrency,
    format_minor,
    parse_digits,
)

amounts = st.integers(0, MAX_AMOUNT_MINOR)
currencies = st.sampled_from(sorted(CURRENCIES))


@given(amounts, currencies)
def test_parse_inverts_the_plain_decimal_text(amount: int, currency: str) -> None:
    exponent = CURRENCIES[currency]
    whole, fraction = divmod(amount, 10**exponent)
    text = f"{whole}.{fraction:0{exponent}d}" if exponent else str(whole)

    assert Money.parse(text, currency) == Money(amount, currency)


@given(amounts)
def test_digits_are_read_back(amount: int) -> None:
    assert parse_digits(Money(amount, "CNY").digits, zero=True) == amount


@given(amounts, amounts)
def test_sums_are_exact(one: int, other: int) -> None:
    total = Money(one, "CNY") + Money(other, "CNY")

    assert total - Money(other, "CNY") == Money(one, "CNY")


@pytest.mark.parametrize(
    "text",
    [
        "1e3",  # an exponent
        "NaN",
        "inf",
        "-1",
        "+1",
        "1,000",  # a separator
        "1.234",  # CNY has two decimals
        "1.",
        ".5",
        "",
        " 1",
        "１２",  # digits, but not ASCII
        "1.5.0",
    ],
)
def test_parse_refuses_what_is_not_plain_digits(text: str) -> None:
    with pytest.raises(AmountMalformed):
        Money.parse(text, "CNY")


@pytest.mark.parametrize("text", ["100000000000.01", "9" * 5000])
def test_parse_refuses_more_than_the_record_takes(text: str) -> None:
    with pytest.raises(AmountOutOfRange):
        Money.parse(text, "CNY")


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (1.0, "AMOUNT_MALFORMED"),
        (100, "AMOUNT_MALFORMED"),  # an integer literal: the record writes digits
        (True, "AMOUNT_MALFORMED"),
        (None, "AMOUNT_MALFORMED"),
        ("", "AMOUNT_MALFORMED"),
        ("01", "AMOUNT_MALFORMED"),
        ("1.0", "AMOUNT_MALFORMED"),
        ("1e3", "AMOUNT_MALFORMED"),
        ("-1", "AMOUNT_MALFORMED"),
        ("٣", "AMOUNT_MALFORMED"),  # a digit of another script
        ("0", "AMOUNT_RANGE"),
        (str(MAX_AMOUNT_MINOR + 1), "AMOUNT_RANGE"),
        ("9" * 400, "AMOUNT_RANGE"),
    ],
)
def test_a_records_amount_is_digits_above_zero(value: object, code: str) -> None:
    with pytest.raises(MoneyError) as caught:
        parse_digits(value)

    assert caught.value.code == code


def test_the_largest_amount_is_taken() -> None:
    assert parse_digits(str(MAX_AMOUNT_MINOR)) == MAX_AMOUNT_MINOR


@pytest.mark.parametrize("currency", ["", "cny", "RMB", "XTS", "DEM"])  # XTS: for tests only
def test_unknown_currencies_are_refused(currency: str) -> None:
    with pytest.raises(UnknownCurrency) as caught:
        Money(1, currency)

    assert caught.value.code == "CURRENCY_UNKNOWN"


def test_two_currencies_do_not_mix() -> None:
    with pytest.raises(MixedCurrencies):
        Money(1, "CNY") + Money(1, "EUR")
    with pytest.raises(MixedCurrencies):
        assert Money(1, "CNY") < Money(1, "EUR")


def test_floats_are_no_money() -> None:
    with pytest.raises(AmountMalformed):
        Money(1.5, "CNY")  # type: ignore[arg-type]  # what is tested


def test_amounts_are_written_for_people() -> None:
    assert str(Money(90_000_000, "CNY")) == "CNY 900,000.00"
    assert format_minor(-5, "CNY") == "CNY -0.05"
    assert format_minor(900_000, "JPY") == "JPY 900,000"
    assert format_minor(1_234_567, "KWD") == "KWD 1,234.567"


def test_a_negative_amount_has_no_digits_in_the_record() -> None:
    with pytest.raises(AmountOutOfRange):
        assert (Money(1, "CNY") - Money(2, "CNY")).digits
