"""Every reason has a text in both languages, and the texts say everything that the reason knows."""

from __future__ import annotations

import re

import pytest

from matching.explain import Known, Reason, money, names_in, parameters, render
from matching.explain_rule_texts import RULE_WORDS
from matching.explain_texts import KNOWN, LANGUAGES, RULES, TEXTS

VALUES = {
    "funnel": ("all 9", "process 3", "size 0"),
    "also": ("3 material",),
    "binding": ("F 1 3 2500",),
    "known": "filter",
}


def sample(code: str) -> Reason:
    """Return a reason whose parameters are all different."""
    params = {}
    for number, name in enumerate(sorted(parameters(code)), 71):
        params[name] = VALUES.get(name, number)
    return Reason(code=code, params=params)


@pytest.mark.parametrize("code", TEXTS)
def test_both_languages_say_the_same_parameters(code):
    texts = {
        language: {name for sentence in TEXTS[code][language] for name in names_in(sentence)}
        for language in LANGUAGES
    }

    assert set(TEXTS[code]) == set(LANGUAGES)
    assert texts["en"] == texts["zh-CN"] == parameters(code)
    assert "known" in parameters(code)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", TEXTS)
def test_every_parameter_is_shown(code, language):
    text = render(sample(code), language)

    assert "{" not in text
    assert "?" not in text
    assert KNOWN[language]["filter"] in text
    for name, value in sample(code).params.items():
        if isinstance(value, int):
            shown = money(value, language) if name.endswith("_fen") else str(value)
            assert shown in text, name


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refusal_ends_with_the_way_out(language):
    ways = {code: "".join(TEXTS[code][language]) for code in TEXTS if code != "matched"}

    assert [c for c, text in ways.items() if not re.search("Way out: |出路：", text)] == []


def test_lists_are_shown_in_words():
    reason = Reason(
        code="no_size",
        params={
            "step": 2,
            "process": "grinding",
            "left": 3,
            "required_size": 4,
            "largest_size": 2,
            "funnel": ("all 1200", "process 3", "size 0"),
            "also": ("3 minimum_lot",),
            "known": "filter",
        },
    )

    assert render(reason) == (
        "Step 2 (grinding): size class 4 is needed, the largest offered is 2 (offers: 3). "
        "Way out: recruit a larger machine, or divide the part. "
        "Offers left after each rule: all 1200, process 3, size 0. "
        "No offer fits these steps either: step 3 (minimum lot). "
        "Known by filter: every offer was tested."
    )
    assert "第 3 道工序（最小批量）" in render(reason, "zh-CN")


def test_a_sentence_about_an_empty_list_is_left_out():
    params = {**sample("no_size").params, "also": ()}

    assert "either" in render(sample("no_size"))
    assert "either" not in render(Reason(code="no_size", params=params))


def test_a_price_is_shown_per_hour():
    text = render(sample("capacity_taken"))

    assert "F 1 in week 3 (CNY 1.50 per hour)" in text


def test_a_missing_parameter_is_visible_and_no_reason_to_fail():
    assert render(Reason(code="not_worth")).startswith("Every way to make it costs at least ?")


def test_money_has_two_decimals_and_its_sign():
    assert money(-123_456_789, "en") == "CNY -1,234,567.89"
    assert money(5, "zh-CN") == "0.05 元"


def test_unknown_codes_and_languages_are_refused():
    with pytest.raises(ValueError, match="no text for the reason 'nonsense'"):
        render(Reason(code="nonsense"))
    with pytest.raises(ValueError, match="no texts in language 'fr'"):
        render(Reason(code="matched"), language="fr")


def test_every_way_of_knowing_and_every_rule_has_words():
    assert {*KNOWN["en"]} == {*KNOWN["zh-CN"]} == {known.value for known in Known}
    assert {*RULES["en"]} == {*RULES["zh-CN"]}
    assert {*RULE_WORDS["en"]} == {*RULE_WORDS["zh-CN"]}


def test_a_broken_rule_is_named_in_words():
    params = {"rule": "carbon-cap", "where": "plan", "detail": "5.0 g, at most 4.0 g"}
    broken = Reason(code="rule_not_kept", params={**params, "known": "search"})

    assert "the rule carbon cap (plan): 5.0 g, at most 4.0 g." in render(broken)
    assert "“碳上限”" in render(broken, "zh-CN")
