"""The waterfall: outputs sum to the payment, interest before principal before surplus."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.claims.waterfall import interest, repayment

fen = st.integers(0, 10**13)
days = st.dates(dt.date(2020, 1, 1), dt.date(2040, 1, 1))


@given(fen, fen, st.integers(1, 10**13))
def test_the_parts_sum_to_the_payment(outstanding, due, amount) -> None:
    split = repayment(outstanding=outstanding, interest_due=due, amount=amount)

    assert split.total == amount
    assert 0 <= split.interest <= due
    assert 0 <= split.principal <= outstanding
    assert split.principal == 0 or split.interest == due
    assert split.surplus == 0 or split.principal == outstanding


@given(fen, st.integers(0, 10_000), days, days, days)
def test_no_day_is_counted_twice(principal, rate, one, two, three) -> None:
    first, second, third = sorted((one, two, three))
    whole = interest(principal, rate, first, third)
    parts = interest(principal, rate, first, second) + interest(principal, rate, second, third)

    assert whole - 1 <= parts <= whole


def test_interest_is_actual_days_over_360_rounded_down() -> None:
    start = dt.date(2026, 1, 1)
    assert interest(40_000_000, 360, start, dt.date(2026, 1, 31)) == 120_000
    assert interest(40_000_000, 360, start, dt.date(2027, 1, 1)) == 1_460_000
    assert interest(1, 1, start, dt.date(2026, 1, 2)) == 0
    assert interest(10**13, 10_000, start, start) == 0


def test_a_period_does_not_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="before it starts"):
        interest(1, 1, dt.date(2026, 1, 2), dt.date(2026, 1, 1))
