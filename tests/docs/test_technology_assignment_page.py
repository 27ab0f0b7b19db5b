"""The page on assignment names every code that the code can say."""

from __future__ import annotations

import re
from pathlib import Path

from matching.technology.assignment.ground import RuleClass
from matching.technology.assignment.texts import TEXTS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "spec" / "technology-assignment.md"
RESULTS = {"pin_dropped", "floor_unserved", "floor_missed", "floor_lowered", "not_worth"}
RESULTS |= {"places_empty", "least_missed", "not_all_found", "floor_open"}


def test_every_cause_stands_on_the_page():
    """And nothing that looks like a code stands there without being one."""
    text = PAGE.read_text(encoding="utf-8")
    listed = text.partition("## 3.")[2].partition("## 4.")[0]
    named = {word for part in re.findall(r"`([a-z_ ]+)`", listed) for word in part.split()}
    assert named - {"infeasible", "relaxed"} == set(TEXTS) - RESULTS


def test_every_rule_of_a_pair_stands_on_the_page():
    text = PAGE.read_text(encoding="utf-8")
    for one in (RuleClass.SCORE, RuleClass.CONSENT, RuleClass.CONFLICT, RuleClass.TRL):
        assert f"| {one.value} |" in text
    for violation in ("not-allowed", "demand-load", "provider-max", "provider-min", "floor"):
        assert f"`{violation}`" in text
