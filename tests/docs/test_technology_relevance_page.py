"""docs/spec/technology-relevance.md says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from api.commands.technology.words import LANGUAGES, REASONS
from matching.technology.relevance.analyser import Lexicon, analyse, tokens
from matching.technology.relevance.models import CARRIED
from matching.technology.relevance.scorer import PARTS, Weights

PAGE = Path(__file__).resolve().parents[2] / "docs" / "spec" / "technology-relevance.md"
TEXT = PAGE.read_text(encoding="utf-8")


def table(name: str) -> list[list[str]]:
    """Return the cells of the table behind a mark, without its heading."""
    lines = TEXT.split(f"<!-- {name} -->")[1].strip().splitlines()
    rows = [line for line in lines if line.startswith("|")][
        : lines.index("") if "" in lines else None
    ]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]


@pytest.mark.parametrize(("text", "terms"), table("example: terms"))
def test_examples_of_terms(text, terms):
    lexicon, written = Lexicon(), text.strip("`")
    analyse([written], lexicon, grow=True)
    found = [lexicon.word(token.key) for token in tokens(written, lexicon)]
    assert found == terms.split()


def codes(name: str) -> set[str]:
    """Return the codes in the first column of a table."""
    return {code for row in table(name) for code in re.findall(r"`(\w+)`", row[0])}


@pytest.mark.parametrize("prefix", ["against", "change"])
def test_codes_are_those_of_the_texts(prefix):
    name = "table: against" if prefix == "against" else "table: changes"
    for language in LANGUAGES:
        assert codes(name) == {one for one in REASONS[language] if one.startswith(f"{prefix}_")}


def test_both_languages_name_the_same_parameters():
    for code, english in REASONS["en"].items():
        assert set(re.findall(r"{(\w+)}", english)) == set(
            re.findall(r"{(\w+)}", REASONS["zh-CN"][code])
        )


def test_parts_and_weights_are_those_of_the_scorer():
    for part in PARTS:
        assert f"| `{part}` |" in TEXT
    assert Weights() == Weights(
        lexical=1.0, semantic=1.0, codes=0.1, indicators=0.1, trl=0.1, record=0.1
    )


def test_models_are_pinned_as_written():
    for name, carried in CARRIED.items():
        assert f"`{name}`" in TEXT
        assert f"{carried.package} {carried.version}" in TEXT
