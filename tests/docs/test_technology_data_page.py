"""The page of demands and providers as data and its code cannot drift apart."""

from __future__ import annotations

import json
import re
from pathlib import Path

from data.importers.technology_lines import demands_of, providers_of
from data.reference import technology as words
from data.samples import SAMPLE_PARK
from matching.technology.problem_plain import to_plain

PAGE = (Path(__file__).parents[2] / "docs" / "spec" / "technology-data.md").read_text("utf-8")


def example(name: str) -> str:
    found = re.search(rf"<!-- example: {name} -->\n```json\n(.*?)\n```", PAGE, re.DOTALL)
    assert found, name
    return found[1]


def test_the_examples_are_read_and_written_as_they_stand():
    """The importer takes them, and the plain form gives them back."""
    demand = demands_of(example("demand").encode(), "demands.jsonl").required()[0]
    provider = providers_of(example("provider").encode(), "providers.jsonl").required()[0]

    assert to_plain(demand) == json.loads(example("demand"))
    assert to_plain(provider) == json.loads(example("provider"))


def test_the_lists_hold_what_the_page_says():
    """62 disciplines, 20 sections, 97 divisions, nine levels."""
    sections = [code for code in words.industries() if code.isalpha()]

    assert len(words.disciplines()) == 62
    assert (len(sections), len(words.industries()) - len(sections)) == (20, 97)
    assert list(words.readiness_levels()) == [str(n) for n in range(1, 10)]
    assert set(words.schemes()) == set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE))


def test_the_sample_holds_what_the_page_says():
    """38 demands, 86 teams, six twins."""
    folder = SAMPLE_PARK / "technology"
    demands = demands_of((folder / "demands.jsonl").read_bytes(), "demands.jsonl").required()
    providers = providers_of((folder / "providers.jsonl").read_bytes(), "p.jsonl").required()

    assert (len(demands), len(providers)) == (38, 86)
    assert sum(one.demand_id.endswith(("-zh", "-en")) for one in demands) == 6
