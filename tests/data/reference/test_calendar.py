from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.reference.calendar import (
    IsoWeek,
    is_working_day,
    last_working_day,
    local_day,
    next_week0,
    week_end,
    week_index,
    week_start,
    working_days,
)

DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))
WEEK0 = date(2026, 11, 30)


def instant(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


@given(DAYS)
def test_an_iso_week_reads_back_as_it_is_written(day):
    week = IsoWeek.of(day)

    assert IsoWeek.parse(str(week)) == week
    assert week.monday <= day < week.plus(1).monday
    assert week.plus(1).monday - week.monday == timedelta(days=7)
    assert week.plus(60).plus(-60) == week


def test_a_year_may_have_53_weeks():
    assert str(IsoWeek.of(date(2026, 12, 31))) == "2026-W53"
    assert str(IsoWeek(2026, 53).plus(1)) == "2027-W01"
    with pytest.raises(ValueError, match="Invalid week"):
        IsoWeek(2025, 53)


@pytest.mark.parametrize("text", ["2026-49", "2026-W7", "W49", "2026-W49-1", "２０２６-W49"])
def test_other_ways_of_writing_a_week_are_refused(text):
    with pytest.raises(ValueError, match="ISO week such as"):
        IsoWeek.parse(text)


@given(st.integers(-500, 500), st.integers(0, 6))
def test_weeks_and_dates_are_each_others_inverse(index, offset):
    day = week_start(index, WEEK0) + timedelta(days=offset)

    assert week_index(day, WEEK0) == index
    assert week_end(index, WEEK0) - week_start(index, WEEK0) == timedelta(days=6)


def test_week_0_begins_on_a_monday():
    with pytest.raises(ValueError, match="did you mean 2026-11-30"):
        week_index(WEEK0, date(2026, 12, 2))


def test_the_day_is_that_of_the_park():
    """Half past midnight in Shanghai is still the day before in London."""
    moment = instant("2026-11-29T16:30:00+00:00")

    assert local_day(moment) == date(2026, 11, 30)
    assert local_day(moment, "Europe/London") == date(2026, 11, 29)
    assert next_week0(moment) == date(2026, 12, 7)
    assert next_week0(instant("2026-11-28T00:00:00+00:00")) == WEEK0


def test_milliseconds_before_the_epoch_are_days_too():
    assert local_day(-1, "UTC") == datetime(1969, 12, 31, tzinfo=UTC).date()


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2026, 11, 30), True),  # Monday
        (date(2026, 11, 28), False),  # Saturday
        (date(2026, 2, 16), False),  # Spring Festival, a Monday
        (date(2026, 2, 14), True),  # a Saturday worked in exchange
        (date(2026, 10, 1), False),
        (date(2031, 10, 1), True),  # a Wednesday of a year that the list does not cover
    ],
)
def test_holidays_and_make_up_days_count(day, worked):
    assert is_working_day(day) is worked


def test_a_week_may_have_six_working_days_or_none():
    assert len(working_days(date(2026, 2, 9))) == 6
    assert working_days(date(2026, 2, 16)) == ()


def test_due_in_a_week_means_its_last_working_day():
    assert last_working_day(0, WEEK0) == date(2026, 12, 4)
    assert last_working_day(0, date(2026, 2, 9)) == date(2026, 2, 14)
    assert last_working_day(0, date(2026, 2, 16)) == date(2026, 2, 22)


@given(DAYS)
def test_the_last_working_day_lies_in_its_week(day):
    monday = IsoWeek.of(day).monday

    assert week_index(last_working_day(3, monday), monday) == 3
