"""Weeks of the horizon and dates: ISO weeks in a park's time zone, with holidays.

A plan counts weeks from 0. Which Monday week 0 begins on is given at import; from then on every
date that matters legally is computed here once and written out.

References
----------
ISO 8601-1:2019 (week dates); sources of the holidays in `data/reference/sources.csv`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from data.reference.lists import DayKind, special_days

DEFAULT_TIMEZONE = "Asia/Shanghai"
_ISO_WEEK = re.compile(r"(\d{4})-W(\d{2})", re.ASCII)
_SATURDAY = 5


@dataclass(frozen=True, slots=True, order=True)
class IsoWeek:
    """A week of ISO 8601: Monday to Sunday, numbered 1 to 52 or 53 within its year.

    Raises
    ------
    ValueError
        When the year has no such week.
    """

    year: int
    week: int

    def __post_init__(self) -> None:
        date.fromisocalendar(self.year, self.week, 1)

    @classmethod
    def of(cls, day: date) -> IsoWeek:
        """Return the week that holds a day."""
        year, week, _ = day.isocalendar()
        return cls(year, week)

    @classmethod
    def parse(cls, text: str) -> IsoWeek:
        """Return the week written as `2026-W49`."""
        match = _ISO_WEEK.fullmatch(text)
        if match is None:
            raise ValueError(f"expected an ISO week such as 2026-W49, got {text!r}")
        return cls(int(match[1]), int(match[2]))

    @property
    def monday(self) -> date:
        """The first day."""
        return date.fromisocalendar(self.year, self.week, 1)

    def plus(self, weeks: int) -> IsoWeek:
        """Return the week so many weeks later; negative is earlier."""
        return IsoWeek.of(self.monday + timedelta(weeks=weeks))

    def __str__(self) -> str:
        return f"{self.year:04d}-W{self.week:02d}"


def check_week0(week0: date) -> date:
    """Return the first day of week 0, which must be a Monday.

    Raises
    ------
    ValueError
        When it is another day: the message names the Monday of that week.
    """
    if week0.isoweekday() != 1:
        monday = IsoWeek.of(week0).monday
        raise ValueError(f"week 0 must begin on a Monday, got {week0}; did you mean {monday}?")
    return week0


def week_index(day: date, week0: date) -> int:
    """Return the number of the week that holds a day, counted from `week0`; may be negative."""
    return (day - check_week0(week0)).days // 7


def week_start(index: int, week0: date) -> date:
    """Return the Monday of week `index`."""
    return check_week0(week0) + timedelta(weeks=index)


def week_end(index: int, week0: date) -> date:
    """Return the Sunday of week `index`."""
    return week_start(index, week0) + timedelta(days=6)


def local_day(instant_ms: int, timezone: str = DEFAULT_TIMEZONE) -> date:
    """Return the date on the wall in a time zone at an instant (UTC milliseconds)."""
    instant = datetime.fromtimestamp(instant_ms // 1000, UTC)
    return instant.astimezone(ZoneInfo(timezone)).date()


def next_week0(instant_ms: int, timezone: str = DEFAULT_TIMEZONE) -> date:
    """Return the Monday after an instant: where planning starts unless somebody says otherwise."""
    return IsoWeek.of(local_day(instant_ms, timezone)).plus(1).monday


def is_working_day(day: date) -> bool:
    """Return whether a day is worked: Monday to Friday, holidays and make-up days considered.

    Years that the list of holidays does not cover count Monday to Friday.
    """
    special = special_days().get(day)
    if special is not None:
        return special.kind is DayKind.MAKEUP
    return day.weekday() < _SATURDAY


def working_days(monday: date) -> tuple[date, ...]:
    """Return the days worked in the week that begins on `monday`; empty in a holiday week."""
    days = (check_week0(monday) + timedelta(days=offset) for offset in range(7))
    return tuple(day for day in days if is_working_day(day))


def last_working_day(index: int, week0: date) -> date:
    """Return the last day worked in week `index`: what "due in that week" means on paper.

    A week without a working day gives its Sunday.
    """
    return (*working_days(week_start(index, week0))[-1:], week_end(index, week0))[0]
