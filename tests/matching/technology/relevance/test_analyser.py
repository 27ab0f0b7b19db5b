"""Terms of texts: what counts as one, and where it stands."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.technology.relevance.analyser import (
    Lexicon,
    analyse,
    fold,
    plain_terms,
    stem,
    tokens,
)

WRITING = st.text(
    alphabet=st.one_of(
        st.sampled_from("固态电解质界面0123456789.%°µΩﬁＡｂC ,，。\n-/"),
        st.characters(codec="utf-8"),
    ),
    max_size=60,
)


def words(text: str) -> list[str]:
    """Return the terms of a text in reading order."""
    lexicon = Lexicon()
    analyse([text], lexicon, grow=True)
    return [lexicon.word(token.key) for token in tokens(text, lexicon)]


def test_chinese_runs_give_overlapping_pairs_and_characters():
    assert words("固态电解") == ["固", "固态", "态", "态电", "电", "电解", "解"]


def test_a_function_character_is_a_term_as_any_other():
    """How often it stands in texts takes care of it, as of every frequent term."""
    assert words("铝的焊") == ["铝", "铝的", "的", "的焊", "焊"]


def test_a_single_chinese_character_is_a_term():
    assert words("a 铝 b") == ["铝", "b"]


def test_pairs_do_not_cross_other_signs():
    assert words("固态,电解") == ["固", "固态", "态", "电", "电解", "解"]


def test_full_width_compatibility_forms_accents_and_case_fold():
    assert words("Ｆｕｌｌ; ﬁlm, Café: MEMS") == ["full", "film", "cafe", "mem"]


@pytest.mark.parametrize(
    ("word", "stemmed"),
    [
        ("batteries", "battery"),
        ("processes", "process"),
        ("alloys", "alloy"),
        ("glass", "glass"),
        ("gas", "gas"),
        ("apparatus", "apparatus"),
    ],
)
def test_plural_endings_go(word, stemmed):
    assert stem(word) == stemmed


def test_numbers_stay_once_alone_and_once_with_their_unit():
    assert words("≥ 300 Wh/kg") == ["300", "300wh/kg", "wh", "kg"]


@pytest.mark.parametrize("joint", [" ", "-", "\n"])
def test_words_side_by_side_give_a_pair(joint):
    assert words(f"ionic{joint}conductors") == ["ionic", "ionic_conductor", "conductor"]


@pytest.mark.parametrize("text", ["ionic, conductor", "ionic of conductor", "ionic/conductor"])
def test_a_sign_or_an_empty_word_parts_a_pair(text):
    assert words(text) == ["ionic", "conductor"]


def test_a_pair_is_unknown_where_one_of_its_words_is():
    lexicon = Lexicon()
    analyse(["solid state"], lexicon, grow=True)
    found = tokens("solid state ionics", lexicon)
    assert [lexicon.word(token.key) for token in found] == ["solid", "solid_state", "state"]
    assert [(token.start, token.end) for token in found] == [(0, 5), (0, 11), (6, 11)]


def test_a_unit_ends_where_chinese_begins():
    assert "5μm" in words("厚度5µm的膜")


def test_empty_words_are_no_terms():
    assert words("the stability of films") == ["stability", "film"]


def test_long_and_foreign_words_are_kept_whole():
    assert words("electroencephalography, Übergröße") == ["electroencephalography", "ubergroße"]


def test_unknown_words_are_left_out_when_the_lexicon_stands_still():
    lexicon = Lexicon()
    analyse(["alpha beta"], lexicon, grow=True)
    assert [lexicon.word(token.key) for token in tokens("beta gamma", lexicon)] == ["beta"]
    assert len(lexicon) == 2


def test_texts_do_not_run_into_each_other():
    lexicon = Lexicon()
    found = analyse(["固", "态 wor", "d"], lexicon, grow=True)
    assert sorted(lexicon.word(int(key)) for key in found.keys) == ["d", "wor", "固", "态"]
    assert sorted(found.texts.tolist()) == [0, 1, 1, 2]


def test_a_nul_inside_a_text_is_a_space():
    lexicon = Lexicon()
    assert set(analyse(["a1\x00b2", "c3"], lexicon, grow=True).texts.tolist()) == {0, 1}


@settings(deadline=None)
@given(text=WRITING)
def test_places_lie_in_the_text_and_fold_to_the_term(text):
    """What a term was made from can be cut out of the stored text again."""
    lexicon = Lexicon()
    analyse([text], lexicon, grow=True)
    for token in tokens(text, lexicon):
        assert 0 <= token.start < token.end <= len(text)
        term, cut = lexicon.word(token.key), fold(text[token.start : token.end])
        pair = "_".join(stem(part) for part in re.split("[ \n-]", cut))
        joined = cut.replace(" ", "").replace("\n", "")
        assert term in {stem(cut), pair} or term in cut or term in joined


@settings(deadline=None)
@given(texts=st.lists(WRITING, max_size=4))
def test_terms_together_are_the_terms_of_each(texts):
    """Joining texts for speed changes nothing."""
    lexicon = Lexicon()
    together = analyse(texts, lexicon, grow=True)
    apart = [
        (number, lexicon.word(int(key)))
        for number, text in enumerate(texts)
        for key in analyse([text], lexicon, grow=False).keys
    ]
    joint = [
        (int(number), lexicon.word(int(key)))
        for number, key in zip(together.texts, together.keys, strict=True)
    ]
    assert Counter(joint) == Counter(apart)


def test_terms_of_a_short_text_need_no_index():
    assert plain_terms("界面 阻抗 of films") == {"界面", "阻抗", "film"}
