"""Codes, readiness, record, and the scorer that adds all parts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest

from matching.technology.problem import (
    Comparison,
    Discipline,
    DomainCode,
    Indicator,
    TrackRecord,
    TrlRange,
)
from matching.technology.relevance.codes import agreements, code_score, code_table, levels
from matching.technology.relevance.languages import language_of, strangers, tongues
from matching.technology.relevance.scorer import PARTS, Weights, fit
from matching.technology.relevance.standing import recency, record_of, too_far, trl_gap
from tests.support.teams import TODAY, LetterEmbedder, demand, document, five_teams, team


@pytest.mark.parametrize(
    ("scheme", "code", "path"),
    [
        ("ipc", "H01M 10/0562", ("H", "H01", "H01M", "H01M10")),
        ("ipc", "H01", ("H", "H01")),
        ("ipc", "?", ()),
        ("gbt13745", "430.4510", ("430", "43045", "4304510")),
        ("gbt4754", "C3841", ("38", "384", "3841")),
        ("gbt4754", "C", ("C",)),
    ],
)
def test_codes_have_levels(scheme, code, path):
    assert levels(scheme, code) == path


def with_codes(name: str, *codes: str):
    """Return a team that states disciplines."""
    share = 10_000 // len(codes)
    stated = [Discipline(scheme="gbt13745", code=code, share_bps=share) for code in codes]
    return team(name, document(f"{name}-1", "固态"), disciplines=tuple(stated))


def test_a_deeper_agreement_of_codes_is_worth_more():
    asked = demand(domain_codes=(DomainCode(scheme="gbt13745", code="430.45"),))
    near, far, other = (with_codes(n, c) for n, c in (("N", "43045"), ("F", "430"), ("O", "510")))
    table = code_table([near, far, other, *five_teams()])
    worth = [code_score(asked, agreements(asked, one, table)) for one in (near, far, other)]
    assert worth[0] > worth[1] > worth[2] == 0


def test_a_rare_code_says_more_than_a_common_one():
    asked = demand(domain_codes=(DomainCode(scheme="gbt13745", code="430"),))
    rare = code_table([with_codes("A", "430"), *five_teams()])
    common = code_table([with_codes(f"A{n}", "430") for n in range(6)])
    mine = with_codes("A", "430")
    worth = [code_score(asked, agreements(asked, mine, table)) for table in (rare, common)]
    assert worth[0] > worth[1] == 0


def test_codes_of_documents_count_and_are_named():
    asked = demand(domain_codes=(DomainCode(scheme="ipc", code="H01M 10/0562"),))
    mine = team("A", document("A-1", "固态", codes=("ipc:H01M 4/36",)))
    (found,) = agreements(asked, mine, code_table([mine, *five_teams()]))
    assert (found.common, found.provider.document_id) == ("H01M", "A-1")


def test_the_gap_of_readiness_is_never_negative_and_unknown_without_both():
    asked = demand(trl_target=6)
    assert trl_gap(asked, team("A", trl_range=TrlRange(min_level=2, max_level=4))) == 2
    assert trl_gap(asked, team("A", trl_range=TrlRange(min_level=2, max_level=9))) == 0
    assert trl_gap(asked, team("A", trl_range=None)) is None
    assert trl_gap(demand(), team("A")) is None


@pytest.mark.parametrize(("highest", "out"), [(6, False), (5, True)])
def test_more_than_three_levels_exclude(highest, out):
    far = team("A", trl_range=TrlRange(min_level=1, max_level=highest))
    assert too_far(demand(trl_target=9), far) is out


def record(name: str, *, on_time: bool | None, age_days: int = 0) -> TrackRecord:
    """Return a project that ended some days ago."""
    ended = TODAY - timedelta(days=age_days)
    return TrackRecord(record_id=name, project="p", role="lead", on_time=on_time, finished=ended)


def test_the_record_is_shrunk_towards_one_half():
    none = record_of(team("A"), TODAY)
    one = record_of(team("A", track_record=(record("1", on_time=True),)), TODAY)
    assert none.rate == 0.5
    assert one.rate == pytest.approx((1 + 2) / (1 + 4))


def test_old_projects_count_half_after_five_years():
    old = record_of(team("A", track_record=(record("1", on_time=True, age_days=1826),)), TODAY)
    assert old.rate == pytest.approx((0.5 + 2) / (0.5 + 4), abs=1e-3)
    assert recency(None, TODAY) == 0.5
    assert recency(date(2030, 1, 1), TODAY) == 1.0


def test_projects_without_an_outcome_do_not_count():
    found = record_of(team("A", track_record=(record("1", on_time=None),)), TODAY)
    assert (found.rate, found.projects) == (0.5, 0)


def test_the_best_team_leads_and_parts_sum():
    scorer = fit(five_teams(), today=TODAY)
    found = scorer.best([demand()], 5)[0]
    assert [one.provider.provider_id for one in found][:2] == ["BAT", "CER"]
    for one in found:
        assert sum(one.parts.values()) == pytest.approx(one.score, abs=1e-12)
        assert sum(one.parts_nano.values()) == one.score_nano
        assert scorer.split(one).score == pytest.approx(one.parts["lexical"], abs=1e-9)
        assert "semantic" not in one.parts


def only(part: str) -> Weights:
    """Return weights in which a single part counts."""
    return Weights(**{name: 1.0 if name == part else 0.0 for name in PARTS})


def best_with(part: str, changed) -> str:
    """Return who leads when one part alone counts and CUT was changed."""
    teams = [changed(one) if one.provider_id == "CUT" else one for one in five_teams()]
    wanted = demand(
        trl_target=8,
        domain_codes=(DomainCode(scheme="gbt13745", code="460"),),
        indicators=(
            Indicator(name="粗糙度", op=Comparison.AT_MOST, value=Fraction(1), unit="微米"),
        ),
    )
    found = fit(teams, today=TODAY, weights=only(part)).best([wanted], 1)[0]
    return found[0].provider.provider_id


def test_codes_alone_decide():
    code = Discipline(scheme="gbt13745", code="460", share_bps=10_000)
    assert best_with("codes", lambda one: replace(one, disciplines=(code,))) == "CUT"


def test_indicators_alone_decide():
    assert best_with("indicators", lambda one: one) == "CUT"


def test_readiness_alone_decides():
    ready = TrlRange(min_level=3, max_level=8)
    assert best_with("trl", lambda one: replace(one, trl_range=ready)) == "CUT"


def test_the_record_alone_decides():
    kept = tuple(record(f"{n}", on_time=True) for n in range(3))
    assert best_with("record", lambda one: replace(one, track_record=kept)) == "CUT"


def test_words_alone_decide():
    assert best_with("lexical", lambda one: one) == "BAT"


def test_without_consent_a_team_is_not_matched():
    teams = [replace(one, consent=one.provider_id != "BAT") for one in five_teams()]
    scorer = fit(teams, today=TODAY)
    assert "BAT" not in {one.provider.provider_id for one in scorer.best([demand()], 5)[0]}
    assert "BAT" not in {one.provider.provider_id for one in scorer.everyone(demand())}
    assert scorer.candidate(demand(), "BAT").score > 0


def test_a_team_too_far_from_readiness_is_not_matched():
    teams = [
        replace(one, trl_range=TrlRange(min_level=1, max_level=4))
        if one.provider_id == "BAT"
        else one
        for one in five_teams()
    ]
    found = fit(teams, today=TODAY).best([demand(trl_target=8)], 5)[0]
    assert "BAT" not in {one.provider.provider_id for one in found}


def test_an_unknown_team_is_refused():
    with pytest.raises(KeyError, match="no provider 'X'"):
        fit(five_teams(), today=TODAY).candidate(demand(), "X")


def test_no_demands_no_lists():
    assert fit(five_teams(), today=TODAY).best([], 5) == []


def test_a_team_can_be_added_and_replaced():
    scorer = fit(five_teams(), today=TODAY)
    added = team("NEW", document("NEW-1", "固态电解质界面阻抗的降低", "界面阻抗与循环寿命。"))
    grown = scorer.with_provider(added)
    assert grown.best([demand()], 1)[0][0].provider.provider_id == "NEW"
    changed = grown.with_provider(replace(added, documents=(document("NEW-2", "注塑"),)))
    assert changed.best([demand()], 1)[0][0].provider.provider_id == "BAT"


def test_a_team_without_a_text_is_listed_last():
    scorer = fit([*five_teams(), team("MUTE")], today=TODAY)
    assert scorer.candidate(demand(), "MUTE").parts["lexical"] == 0.0


def test_the_identity_names_weights_and_model():
    light = fit(five_teams(), today=TODAY).identity
    assert light.model_sha256 is None
    assert dict(light.weights)["trl"] == 100_000
    both = fit(five_teams(), today=TODAY, embedder=LetterEmbedder()).identity
    assert (both.name, both.model_sha256) == ("parkloom+letters", "0" * 64)


@pytest.mark.parametrize("part", PARTS)
def test_each_weight_has_its_range(part):
    with pytest.raises(ValueError, match=part):
        Weights(**{part: -1.0})


def test_languages_are_told_apart():
    assert [language_of(text) for text in ("界面阻抗 SEM", "Interface 阻抗 of films", "42")] == [
        "zh",
        "en",
        "",
    ]


def test_meaning_counts_twice_where_no_word_can_be_shared():
    """By the share of a target's texts in the language that is asked in."""
    told = [
        ("A", "界面阻抗"),
        ("B", "interface"),
        ("A", "battery cells"),
        ("C", "42"),
        ("C", "电池"),
    ]
    found = tongues(told)

    assert found.weights_of_meaning("zh-CN").tolist() == [1.5, 2.0, 1.0]
    assert found.weights_of_meaning("en").tolist() == [1.5, 1.0, 1.5]
    assert found.weights_of_meaning("de").tolist() == [2.0, 2.0, 1.5]
    assert found.weights_of_meaning("").tolist() == [1.0, 1.0, 1.0]


def test_targets_that_are_added_bring_their_languages():
    """Behind those that were there."""
    both = tongues([("A", "界面")]).joined(tongues([("B", "film growth"), ("B", "薄膜")]))

    assert both.weights_of_meaning("zh").tolist() == [1.0, 1.5]
    assert both.weights_of_meaning("en").tolist() == [2.0, 1.5]


def test_a_language_that_no_document_has_is_noticed():
    documents = [("en", ""), ("", "an English text")]
    assert strangers([("zh", ""), ("", "中文需求"), ("en", "")], documents) == {"zh": 2}
    assert strangers([("zh-CN", "")], [("zh", "")]) == {}
