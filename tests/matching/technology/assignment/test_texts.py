"""Every reason of an assignment has both texts, and these say the same."""

from __future__ import annotations

import pytest

from matching.explain import Reason, names_in
from matching.technology.assignment.ground import RuleClass
from matching.technology.assignment.team_texts import WORDS
from matching.technology.assignment.texts import LANGUAGES, TEXTS, render_reason

RELAXED = ("places_empty", "least_missed", "floor_lowered")
GIVEN_UP = ("pin_dropped", "floor_unserved", "floor_missed")


@pytest.mark.parametrize("code", TEXTS)
def test_both_languages_say_the_same_parameters(code: str):
    named = {
        language: {name for text in TEXTS[code][language] for name in names_in(text)}
        for language in LANGUAGES
    }
    assert named["en"] == named["zh-CN"]
    for language, way in (("en", "Way out: "), ("zh-CN", "出路：")):
        text = "".join(TEXTS[code][language])
        assert (way in text) == (code not in RELAXED + GIVEN_UP)


def test_every_class_of_rules_has_a_word():
    for language in LANGUAGES:
        assert {one.value for one in RuleClass} <= set(WORDS[language])


def test_lists_amounts_and_rules_are_shown_in_words():
    kept = Reason(
        code="rules_together",
        params={"demand": "D1", "scored": 3, "left": 0, "kept_away": ("trl 2", "ban 1")},
    )
    assert "readiness level 2, ban 1" in render_reason(kept)
    assert "成熟度 2、禁用 1" in render_reason(kept, "zh-CN")
    dear = {"demand": "D", "budget_minor": 150, "cheapest_minor": 123_456, "currency": "CNY"}
    text = render_reason(Reason(code="budget_low", params={**dear, "members": ("P1", "P2")}))
    assert "1,234.56 CNY" in text
    assert "P1, P2" in text


def test_a_missing_parameter_is_a_question_mark_and_unknown_codes_are_refused():
    assert "?" in render_reason(Reason(code="few_places", params={}))
    with pytest.raises(ValueError, match="no text"):
        render_reason(Reason(code="nothing", params={}))
    with pytest.raises(ValueError, match="language"):
        render_reason(Reason(code="few_places", params={}), "fr")
