"""Explanations: exact, verbatim, with a counter-argument, and counterfactuals that work."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import data
from data.importers.technology_lines import read_demands, read_providers
from matching.technology.explaining.counterfactuals import statement, try_out
from matching.technology.explaining.explanation import as_match, explain, language_warnings
from matching.technology.explaining.phrases import phrases
from matching.technology.problem import (
    Capacity,
    Comparison,
    Indicator,
    Language,
    RequiredSkill,
    Skill,
    TrackRecord,
    TrlRange,
)
from matching.technology.relevance.contributions import question, split
from matching.technology.relevance.quantities import quantities, wanted
from matching.technology.relevance.scorer import fit
from tests.support.teams import TODAY, LetterEmbedder, demand, document, five_teams, team

RESISTANCE = Indicator(name="界面阻抗", op=Comparison.AT_MOST, value=Fraction(20), unit="Ω·cm²")


@pytest.fixture(scope="module")
def park():
    """The demands of the sample park, and a scorer of its teams."""
    folder = Path(data.__file__).parent / "samples" / "park" / "technology"
    demands = read_demands(folder / "demands.jsonl").required()
    providers = read_providers(folder / "providers.jsonl").required()
    return demands, fit(providers, today=TODAY)


def made(*, asked=None, teams=None, provider="BAT", top=10, changes=True):
    """Return an explanation of one of the five teams."""
    scorer = fit(teams or five_teams(), today=TODAY)
    return explain(scorer, asked or demand(), provider, top=top, changes=changes)


def test_shown_phrases_and_the_rest_are_the_lexical_part(park):
    demands, scorer = park
    for one in demands[::6]:
        for candidate in scorer.best([one], 1)[0]:
            found = explain(scorer, one, candidate.provider.provider_id, changes=False)
            total = sum(shown.phrase.value for shown in found.shown) + found.rest
            assert total == pytest.approx(candidate.parts["lexical"], abs=1e-9)
            assert sum(candidate.parts_nano.values()) == candidate.score_nano


def test_every_quotation_stands_in_its_document(park):
    """Demand spans and document spans cut out exactly what is shown."""
    demands, scorer = park
    for one in demands[::6]:
        for candidate in scorer.best([one], 1)[0]:
            found = explain(scorer, one, candidate.provider.provider_id, changes=False)
            documents = {part.document_id: part for part in candidate.provider.documents}
            for shown in found.shown:
                span = shown.phrase.span
                assert span.cut(one.text(span.field)) == shown.phrase.text
                if shown.quote is not None:
                    text = documents[shown.quote.document_id].text(shown.quote.span.field)
                    assert shown.quote.span.cut(text) == shown.quote.text
                    assert shown.quote.clause in text
            for finding in found.candidate.indicators:
                if finding.span is not None:
                    text = documents[finding.document_id].text(finding.span.field)
                    assert quantities(finding.span.cut(text))


def test_shown_phrases_carry_the_score(park):
    """Sufficiency: with all other words masked, at least 60 % of the lexical part stays."""
    demands, scorer = park
    for one in demands[::6]:
        candidate = scorer.best([one], 1)[0][0]
        found = explain(scorer, one, candidate.provider.provider_id, changes=False)
        asked = question(scorer.index, scorer.ask([one]).queries, 0)
        columns = np.array([c for shown in found.shown for c in shown.phrase.columns])
        place = scorer.place(candidate.provider.provider_id)
        kept = split(scorer.index, asked.only(columns), place)
        assert kept.score >= 0.6 * candidate.parts["lexical"] - 1e-9


def test_no_other_five_phrases_matter_more(park):
    """Comprehensiveness: masking the first five costs at least what any other five cost."""
    demands, scorer = park
    draw = np.random.default_rng(1)
    for one in demands[::9]:
        candidate = scorer.best([one], 1)[0][0]
        asked = question(scorer.index, scorer.ask([one]).queries, 0)
        place = scorer.place(candidate.provider.provider_id)
        whole = split(scorer.index, asked, place)
        found = phrases(one, scorer.index.vocabulary, whole)

        def left(chosen, asked=asked, place=place, found=found):
            columns = np.array([c for at in chosen for c in found[at].columns], dtype=np.int64)
            return split(scorer.index, asked.without(columns), place).score

        first = left(range(min(5, len(found))))
        for _ in range(5):
            other = draw.choice(len(found), size=min(5, len(found)), replace=False)
            assert first <= left(other) + 1e-9


@settings(max_examples=10, deadline=None)
@given(
    words=st.lists(
        st.sampled_from(["固态电解", "界面", "阻抗", "寿命", "铣削", "of", "the", "cell"]),
        max_size=9,
    )
)
def test_phrases_of_any_demand_sum_to_the_score(words):
    scorer = fit(five_teams(), today=TODAY)
    asked = demand(title="标题", problem=" ".join(words) or "无", keywords=())
    candidate = scorer.candidate(asked, "BAT")
    whole = scorer.split(candidate)
    found = phrases(asked, scorer.index.vocabulary, whole)
    assert sum(one.value for one in found) == pytest.approx(whole.score, abs=1e-9)
    columns = [column for one in found for column in one.columns]
    assert sorted(columns) == sorted(set(columns)) == sorted(whole.columns.tolist())


def test_neighbours_are_shown_as_one_phrase():
    shown = [one.phrase.text for one in made().shown]
    assert any("固态电解质" in text for text in shown)
    assert "态电" not in shown


def codes(explanation) -> list[str]:
    """Return the codes of the counter-arguments."""
    return [one.code for one in explanation.against]


def perfect(**fields):
    """Return a team against which nothing but the general caveat speaks."""
    given_ = {
        "capacity": Capacity(
            slots=2, person_months=24, starts=TODAY, ends=TODAY + timedelta(days=500)
        ),
        "track_record": (
            TrackRecord(record_id="R", project="p", role="lead", on_time=True, finished=TODAY),
        ),
        "trl_range": TrlRange(min_level=3, max_level=9),
    }
    return team(
        "BAT",
        document("BAT-1", "固态电解质界面阻抗的降低", "界面阻抗降至 15 Ω·cm²。"),
        **{**given_, **fields},
    )


def against(asked=None, **fields) -> list[str]:
    """Return the codes against the perfect team, changed by `fields`."""
    teams = (perfect(**fields), *five_teams()[1:])
    return codes(made(asked=asked or demand(), teams=teams, changes=False))


def test_against_a_perfect_team_speaks_that_nobody_tested_it():
    assert against() == ["against_untested"]


def test_a_missed_threshold_speaks_against_it_first():
    asked = demand(indicators=(replace(RESISTANCE, value=Fraction(5)),))
    assert against(asked)[0] == "against_unmet"


def test_a_threshold_without_a_value_speaks_against_it():
    asked = demand(indicators=(replace(RESISTANCE, name="循环寿命", unit="次"),))
    assert "against_unknown" in against(asked)


def test_missing_readiness_speaks_against_it():
    asked = demand(trl_target=5)
    low = TrlRange(min_level=1, max_level=4)
    assert "against_readiness" in against(asked, trl_range=low)


def test_a_missing_skill_speaks_against_it():
    asked = demand(required_skills=(RequiredSkill(skill="烧结", level=3),))
    assert "against_skill" in against(asked)
    assert "against_skill" in against(asked, skills=(Skill(skill="烧结", level=2),))
    assert "against_skill" not in against(asked, skills=(Skill(skill="烧结", level=3),))


@pytest.mark.parametrize(
    ("capacity", "code"),
    [
        (None, "against_capacity_unknown"),
        ((0, 0, 500), "against_no_capacity"),
        ((2, -500, -1), "against_no_capacity"),
        ((2, 300, 500), "against_capacity_late"),
    ],
)
def test_missing_room_speaks_against_it(capacity, code):
    given_ = None
    if capacity is not None:
        slots, first, last = capacity
        given_ = Capacity(
            slots=slots,
            person_months=1,
            starts=TODAY + timedelta(days=first),
            ends=TODAY + timedelta(days=last),
        )
    asked = demand(deadline=TODAY + timedelta(days=200))
    assert code in against(asked, capacity=given_)


def test_a_missing_pilot_line_speaks_against_it_where_one_is_needed():
    asked = demand(trl_target=6)
    assert "against_no_pilot" in against(asked)
    assert "against_no_pilot" not in against(asked, facilities=("中试线 1 条",))


def test_late_projects_speak_against_it():
    late = TrackRecord(record_id="L", project="p", role="lead", on_time=False)
    assert "against_late" in against(track_record=(late,))


def test_no_finished_project_speaks_against_it():
    assert "against_no_record" in against(track_record=())


def test_old_evidence_speaks_against_it():
    old = document("BAT-1", "固态电解质界面阻抗的降低", issued=date(2015, 1, 1))
    assert "against_old" in against(documents=(old,))


def test_a_keyword_that_no_document_uses_speaks_against_it():
    asked = demand(keywords=("固态电解质", "等静压"))
    assert "against_silent" in against(asked)


def test_the_newest_cited_document_is_dated():
    assert made(changes=False).newest == date(2025, 3, 1)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"trl_target": 7}, "change_readiness"),
        (
            {"indicators": (replace(RESISTANCE, name="致密度", unit="%", value=Fraction(3)),)},
            "change_indicator",
        ),
    ],
)
def test_each_change_that_is_named_reaches_the_goal(fields, code):
    """What is said to help was applied to the team and scored again."""
    teams = [
        replace(one, trl_range=TrlRange(min_level=1, max_level=5))
        if one.provider_id == "BAT"
        else one
        for one in five_teams()
    ]
    scorer = fit(teams, today=TODAY)
    asked = demand(**fields)
    for one in scorer.everyone(asked):
        name = one.provider.provider_id
        found = explain(scorer, asked, name, top=2).tried
        assert found is not None
        assert name != "BAT" or found.rank == 1 or code in found.tried
        others = [each for each in scorer.everyone(asked) if each.provider.provider_id != name]
        for change in found.reached:
            again = try_out(scorer, asked, change.reasons, change.provider, others)
            assert again is not None
            assert (again.rank, again.score_nano) == (change.rank, change.score_nano)
            assert again.rank <= found.goal
            grown = scorer.with_provider(change.provider)
            listed = [each.provider.provider_id for each in grown.best([asked], found.goal)[0]]
            assert name in listed


def test_counterfactuals_of_the_sample_park_hold(park):
    """For a team behind the list: with the changes made, it is in it."""
    demands, scorer = park
    reached = 0
    for one in demands[:2]:
        ranked = scorer.everyone(one)
        behind = ranked[6].provider.provider_id
        found = explain(scorer, one, behind, top=3).tried
        for change in found.reached:
            reached += 1
            grown = scorer.with_provider(change.provider)
            listed = [each.provider.provider_id for each in grown.best([one], 3)[0]]
            assert behind in listed
    assert reached > 0


def test_a_team_without_consent_is_brought_in_by_consent():
    teams = [replace(one, consent=one.provider_id != "BAT") for one in five_teams()]
    found = made(teams=teams, top=1)
    assert found.tried.rank is None
    assert found.tried.reached[0].reasons[0].code == "change_consent"


def test_the_leader_needs_no_change():
    found = made()
    assert (found.rank, found.tried.reached) == (1, ())


@pytest.mark.parametrize("op", list(Comparison))
def test_the_statement_of_an_indicator_meets_it(op):
    """What a report would have to say is read back as what is asked."""
    upper = Fraction(30) if op is Comparison.BETWEEN else None
    one = replace(RESISTANCE, op=op, value_to=upper)
    (found,) = quantities(statement(one))
    assert found.interval.within(wanted(one)[0])


def test_a_match_is_recorded_with_its_evidence():
    scorer = fit(five_teams(), today=TODAY)
    asked = demand(indicators=(RESISTANCE,))
    found = explain(scorer, asked, "BAT")
    match = as_match(found, scorer, match_id="M", rank=1, created_at_ms=5)
    assert match.score_nano == sum(part.score_nano for part in match.parts)
    assert {one.part for one in match.evidence} == {"lexical", "indicators"}
    assert match.gaps == found.against


def test_another_language_without_meaning_is_warned_of():
    teams = [one for one in five_teams() if one.provider_id == "VIS"]
    light, both = fit(teams, today=TODAY), fit(teams, today=TODAY, embedder=LetterEmbedder())
    (warning,) = language_warnings(light, [demand()])
    assert (warning.code, warning.params["language"]) == ("languages_differ", "zh")
    assert language_warnings(both, [demand()]) == ()
    assert language_warnings(light, [demand(lang=Language.ENGLISH)]) == ()


def test_a_match_by_meaning_shows_the_closest_sentences():
    scorer = fit(five_teams(), today=TODAY, embedder=LetterEmbedder())
    pair = explain(scorer, demand(), "BAT").pair
    assert pair.demand.text == demand().title
    documents = {one.document_id: one for one in scorer.providers["BAT"].documents}
    field = "abstract" if pair.document.field == "text" else "title"
    text = documents[pair.document_id].text(field)
    assert text[pair.document.start : pair.document.end] == pair.document.text
