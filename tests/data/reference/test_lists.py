from __future__ import annotations

import itertools
import re
from datetime import date

import pytest

from data.importers.cells import SEPARATORS
from data.importers.form import choice_names, folded
from data.reference import lists
from data.reference.lists import DayKind
from tests.support.references import sources_of

LISTS = [
    lists.processes,
    lists.materials,
    lists.certificates,
    lists.size_classes,
    lists.tolerances,
]
SOURCES = sources_of("sources.csv")


@pytest.mark.parametrize("entries", LISTS, ids=lambda f: f.__name__)
def test_every_entry_has_both_names_and_a_known_source(entries):
    for code, entry in entries().items():
        assert entry.code == code
        assert entry.zh
        assert entry.en
        assert set(entry.sources) <= set(SOURCES)


@pytest.mark.parametrize("entries", LISTS, ids=lambda f: f.__name__)
def test_no_two_entries_share_a_name_and_none_holds_a_separator(entries):
    """Choices are recognised by any of their names, several of them in one cell."""
    found = entries().values()
    for one, other in itertools.combinations(found, 2):
        names = [{folded(n) for n in (e.code, e.zh, e.en, e.label)} for e in (one, other)]
        assert not names[0] & names[1], (one.code, other.code)
    for entry in found:
        assert not SEPARATORS.search(entry.label), entry.label
        assert choice_names(entries)[folded(entry.label)] == entry.code


def test_processes_carry_their_main_groups():
    processes = lists.processes()

    assert len(processes) >= 40
    assert {entry.detail for entry in processes.values()} <= {
        "",
        "1",
        "2",
        "3",
        "4",
        "5",
        "6",
        "1|2",
        "2|3",
    }
    assert processes["cnc-turning"].detail == "3"
    assert processes["heat-treatment"].detail == "6"
    assert all(re.fullmatch(r"[a-z0-9-]+", code) for code in processes)


def test_tolerance_grades_grow_with_their_number():
    micrometres = [float(entry.detail) for entry in lists.tolerances().values()]

    assert list(lists.tolerances()) == [str(n) for n in range(1, 19)]
    assert micrometres == sorted(micrometres)
    assert (micrometres[6], micrometres[9]) == (25, 100)


def test_every_source_is_used_and_says_what_it_is():
    used = {s for entries in LISTS for e in entries().values() for s in e.sources}
    used |= {day.source for day in lists.special_days().values()}

    assert used == set(SOURCES)
    assert all(title and note for title, note in SOURCES.values())


@pytest.mark.parametrize(("year", "off", "worked"), [(2025, 28, 5), (2026, 33, 6), (2027, 13, 0)])
def test_holidays_are_those_of_the_notices(year, off, worked):
    """The years 2025 and 2026 as the notices say; of 2027 only the statutory days are known."""
    days = [day for day in lists.special_days().values() if day.day.year == year]

    assert sum(day.kind is DayKind.HOLIDAY for day in days) == off
    assert sum(day.kind is DayKind.MAKEUP for day in days) == worked


def test_make_up_days_are_saturdays_and_sundays():
    makeups = [d.day for d in lists.special_days().values() if d.kind is DayKind.MAKEUP]

    assert all(day.weekday() >= 5 for day in makeups)
    assert date(2026, 2, 14) in makeups


def test_the_instructions_are_bilingual():
    assert len(lists.instructions()) > 5
    assert all(zh and en for zh, en in lists.instructions())
