"""Disciplines, industries, readiness levels and words: complete, named twice, with sources."""

from __future__ import annotations

import pytest

from data.reference import technology as words
from matching.technology.problem import (
    Comparison,
    CooperationMode,
    DemandStatus,
    DocumentKind,
    Language,
    ProviderKind,
    SecrecyLevel,
)
from tests.support.references import sources_of

SOURCES = sources_of("technology_sources.csv")
LISTS = (words.disciplines, words.industries, words.readiness_levels)
WORDS = {
    words.comparisons: Comparison,
    words.cooperation_modes: CooperationMode,
    words.secrecy_levels: SecrecyLevel,
    words.provider_kinds: ProviderKind,
    words.document_kinds: DocumentKind,
    words.languages: Language,
    words.statuses: DemandStatus,
}


@pytest.mark.parametrize("entries", [*LISTS, *WORDS, words.schemes], ids=lambda f: f.__name__)
def test_every_entry_has_both_names_and_a_known_source(entries):
    """What people read stands there in Chinese and English."""
    for code, entry in entries().items():
        assert entry.code == code
        assert entry.zh
        assert entry.en
        assert set(entry.sources) <= SOURCES.keys()


@pytest.mark.parametrize("entries", WORDS, ids=lambda f: f.__name__)
def test_the_words_are_those_of_the_core(entries):
    """No choice of the form is unknown to the problem, and none is missing."""
    assert list(entries()) == [one.value for one in WORDS[entries]]


def test_divisions_belong_to_their_sections():
    """01 to 97 without a hole, in the order of the sections."""
    divisions = [e for e in words.industries().values() if e.family]

    assert [e.code for e in divisions] == [f"{n:02}" for n in range(1, 98)]
    assert [e.family for e in divisions] == sorted(e.family for e in divisions)
    assert words.industries()["38"].family == "C"


@pytest.mark.parametrize(
    ("scheme", "code"),
    [
        ("gbt13745", "430"),
        ("gbt13745", "43045"),
        ("gbt13745", "430.45"),
        ("gbt13745", "4304510"),
        ("gbt4754", "C"),
        ("gbt4754", "38"),
        ("gbt4754", "C38"),
        ("gbt4754", "3841"),
        ("ipc", "H01M"),
        ("ipc", "H01M 10/0562"),
        ("ipc", "H01M10/0562"),
    ],
)
def test_known_codes_are_taken(scheme, code):
    """Lower levels are known by the higher one that they begin with."""
    assert words.wrong_code(scheme, code) is None


@pytest.mark.parametrize(
    ("scheme", "code"),
    [
        ("gbt13745", "999"),
        ("gbt13745", "43"),
        ("gbt13745", "4304"),
        ("gbt4754", "00"),
        ("gbt4754", "98"),
        ("gbt4754", "Z"),
        ("gbt4754", "38411"),
        ("ipc", "I01M"),
        ("ipc", "H01M 10/"),
        ("isic", "1"),
    ],
)
def test_other_codes_are_refused_with_what_was_expected(scheme, code):
    """The expected form is said in words."""
    assert words.wrong_code(scheme, code)
