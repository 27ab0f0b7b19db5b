"""Demands and providers: each broken rule is refused, and the plain form is exact."""

from __future__ import annotations

import json
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matching.explain import Reason
from matching.technology.problem import (
    Attachment,
    Budget,
    Capacity,
    Comparison,
    Conflicts,
    ConsortiumRule,
    Criterion,
    Demand,
    Discipline,
    DomainCode,
    Evaluation,
    Evidence,
    Feedback,
    Indicator,
    Judgement,
    Match,
    Milestone,
    PartScore,
    Problem,
    Provider,
    RequiredSkill,
    Revision,
    ScorerIdentity,
    Skill,
    Span,
    TrackRecord,
    TrlRange,
)
from matching.technology.problem_plain import (
    Misread,
    canonical_json,
    exact_text,
    from_plain,
    to_plain,
)
from matching.technology.problem_schema import schema_of
from tests.support.technology import demands, full_demand, full_provider

DAY = date(2027, 1, 1)
STAGE = {"title": "a", "due": DAY, "evidence": "r"}


def a_match(**changes):
    values = {
        "match_id": "M",
        "demand_id": "D",
        "demand_version": 1,
        "provider_id": "P",
        "provider_version": 1,
        "scorer": ScorerIdentity(name="s", version="1", weights=(("lexical", 10**6),)),
        "score_nano": 5,
        "parts": (PartScore(part="lexical", score_nano=7), PartScore(part="trl", score_nano=-2)),
        "evidence": (
            Evidence(
                part="lexical",
                demand_span=Span(field="title", start=0, end=2),
                document_id="DOC",
                document_span=Span(field="abstract", start=3, end=4),
            ),
        ),
        "gaps": (Reason(code="x", params={"n": 1, "names": ("a", "b")}),),
        "counterfactuals": (),
        "rank": 1,
        "created_at_ms": 1,
    }
    return Match(**{**values, **changes})


REFUSED = [
    (lambda: full_demand(demand_id=" "), "demand_id is empty"),
    (lambda: full_demand(title="x" * 301), "at most 300 characters"),
    (lambda: full_demand(problem="x" * 20_001), "at most 20000 characters"),
    (lambda: full_demand(version=0), "version must be in 1"),
    (lambda: full_demand(version=True), "version must be an integer"),
    (lambda: full_demand(keywords=("a", "a")), "appears twice"),
    (lambda: full_demand(persons_hash=("abc",)), "64 lower-case hex digits"),
    (lambda: full_demand(trl_now=10), "trl_now must be in 1..9"),
    (lambda: full_demand(trl_target=2), "trl_target must be in 3..9"),
    (lambda: full_demand(milestones=full_demand().milestones[:1]), "must sum to 10000"),
    (lambda: full_demand(milestones=full_demand().milestones[::-1]), "order of their dates"),
    (
        lambda: full_demand(required_skills=(RequiredSkill(skill="a"),) * 2),
        "required skill a appears twice",
    ),
    (lambda: full_demand(domain_codes=full_demand().domain_codes * 2), "appears twice"),
    (lambda: full_demand(tried_routes=("x",) * 2_001), "at most 2000 parts"),
    (lambda: full_provider(org_id=""), "org_id is empty"),
    (lambda: full_provider(members_count=0), "members_count must be in 1"),
    (lambda: full_provider(documents=()), "cites document DOC-1, which it lacks"),
    (
        lambda: full_provider(documents=full_provider().documents * 2),
        "document DOC-1 appears twice",
    ),
    (
        lambda: full_provider(track_record=full_provider().track_record * 2),
        "record R-1 appears twice",
    ),
    (lambda: full_provider(persons_hash=("x",)), "64 lower-case hex digits"),
    (
        lambda: full_provider(
            disciplines=(Discipline(scheme="gbt13745", code="430", share_bps=9_000),)
        ),
        "discipline shares must sum to 10000",
    ),
    (lambda: Indicator(name="a", op=Comparison.AT_LEAST, value=1.5), "must be a Fraction"),
    (
        lambda: Indicator(name="a", op=Comparison.BETWEEN, value=Fraction(1)),
        "value_to belongs to the comparison",
    ),
    (
        lambda: Indicator(name="a", op=Comparison.BETWEEN, value=Fraction(2), value_to=Fraction(1)),
        "value_to must be at least 2",
    ),
    (
        lambda: Indicator(name="a", op=Comparison.EQUAL, value=Fraction(10**19)),
        r"-10\^18..10\^18",
    ),
    (lambda: RequiredSkill(skill="a", level=6), "level must be in 1..5"),
    (lambda: DomainCode(scheme="ipc", code="X", weight_bps=0), "weight_bps must be in 1"),
    (lambda: Budget(min_minor=2, max_minor=1, currency="CNY"), "must not come before"),
    (lambda: Budget(min_minor=0, max_minor=1, currency="yuan"), "ISO 4217"),
    (lambda: ConsortiumRule(min_members=2, max_members=1), "must not come before"),
    (lambda: Criterion(name="a", weight_bps=10_001), "weight_bps must be in 1"),
    (
        lambda: Evaluation(criteria=(Criterion(name="a", weight_bps=5_000),)),
        "weights must sum to 10000",
    ),
    (lambda: Milestone(share_bps=10_001, **STAGE), "share_bps must be in 0"),
    (lambda: Attachment(name="a", sha256="A" * 64, size_bytes=1), "lower-case hex"),
    (lambda: Revision(version=1, changed_on=DAY, actor_role="", reason="x"), "actor_role is empty"),
    (lambda: Skill(skill="a", level=0), "level must be in 1..5"),
    (lambda: TrlRange(min_level=5, max_level=4), "must not come before"),
    (
        lambda: Capacity(slots=1, person_months=1, starts=DAY, ends=date(2026, 1, 1)),
        "ends must not come before starts",
    ),
    (lambda: TrackRecord(record_id="r", project="p", role="x", score=101), "score must be in 0"),
    (lambda: Conflicts(orgs=("a", "a")), "appears twice"),
    (lambda: Span(field="title", start=2, end=2), "end must be in 3"),
    (lambda: Span(field="title", start=0, end=9).cut("short"), "the text has 5 characters"),
    (
        lambda: Evidence(part="a", document_span=Span(field="title", start=0, end=1)),
        "needs its document_id",
    ),
    (lambda: a_match(score_nano=6), "the parts sum to 5, the score is 6"),
    (lambda: a_match(parts=(PartScore(part="trl", score_nano=5),)), "parts that the score lacks"),
    (lambda: a_match(rank=0), "rank must be in 1"),
    (lambda: ScorerIdentity(name="s", version="1", weights=(("a", 1), ("a", 2))), "appears twice"),
    (lambda: ScorerIdentity(name="s", version="1", model_sha256="x"), "64 lower-case hex"),
    (
        lambda: Feedback(
            feedback_id="",
            match_id="m",
            actor_role="broker",
            judgement=Judgement.FAIR,
            reason="",
            given_at_ms=1,
        ),
        "feedback_id is empty",
    ),
    (
        lambda: Problem(today=DAY, demands=(full_demand(),) * 2, providers=()),
        "demand D-1 appears twice",
    ),
    (
        lambda: Problem(today=DAY, demands=(), providers=(full_provider(),) * 2),
        "provider P-1 appears twice",
    ),
]


@pytest.mark.parametrize(("make", "message"), REFUSED, ids=[m for _, m in REFUSED])
def test_each_broken_rule_is_refused(make, message):
    """The message says what was expected against what was got."""
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("value", [full_demand(), full_provider(), a_match()], ids=type)
def test_every_field_survives_the_plain_form(value):
    """JSON text in between changes nothing, nor does the hash."""
    again = from_plain(type(value), json.loads(canonical_json(value)))

    assert again == value
    assert canonical_json(again) == canonical_json(value)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(demand=demands())
def test_random_demands_survive_the_plain_form(demand):
    """Exact numbers stay exact."""
    assert from_plain(Demand, json.loads(canonical_json(demand))) == demand


@given(value=st.fractions(max_denominator=10**6))
def test_exact_numbers_are_decimals_where_they_can_be(value):
    """The text gives the number back, and is a decimal when one is exact."""
    text = exact_text(value)

    assert Fraction(text) == value
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    assert ("/" in text) == (rest != 1)


def test_defaults_are_left_out_so_that_new_fields_keep_old_hashes():
    """Only what was said is hashed."""
    plain = to_plain(full_demand(region="", keywords=()))

    assert "region" not in plain
    assert "keywords" not in plain
    assert full_demand().digest != full_demand(region="").digest


@pytest.mark.parametrize(
    ("plain", "field", "expected"),
    [
        ([], "", "an object"),
        ({"colour": "red"}, "colour", "one of demand_id"),
        ({"demand_id": 1}, "demand_id", "a text"),
        ({}, "demand_id", "a text"),
        ({"version": True}, "version", "an integer"),
        ({"version": "1"}, "version", "an integer"),
        ({"lang": "fr"}, "lang", "one of zh, en"),
        ({"deadline": "soon"}, "deadline", "YYYY-MM-DD"),
        ({"keywords": "a"}, "keywords", "a list"),
        ({"budget": []}, "budget", "an object"),
        ({"indicators": [{"name": "a", "op": "~"}]}, "indicators[0].op", "one of >="),
        (
            {"indicators": [{"name": "a", "op": "=", "value": "1e9"}]},
            "indicators[0].value",
            "a number",
        ),
        (
            {"indicators": [{"name": "a", "op": "=", "value": "1/0"}]},
            "indicators[0].value",
            "a number",
        ),
        ({"persons_hash": ["x"]}, "", "its rules allow"),
    ],
)
def test_what_cannot_be_read_names_its_field(plain, field, expected):
    """The first fault is reported with its path."""
    if isinstance(plain, dict) and field != "demand_id":
        plain = {**to_plain(full_demand()), **plain}
    with pytest.raises(Misread) as caught:
        from_plain(Demand, plain)

    assert caught.value.field == field
    assert expected in caught.value.expected


def test_spans_count_in_the_text_that_is_stored():
    """Lists stand on lines; a field without text has no span."""
    demand = full_demand()

    assert Span(field="keywords", start=6, end=10).cut(demand.text("keywords")) == "a, b"
    assert full_provider().documents[0].text("title") == "一种复合固态电解质"
    with pytest.raises(KeyError, match="no text field 'budget'"):
        demand.text("budget")


def test_the_digest_of_a_problem_ignores_the_order_of_its_parts():
    """Another day or another demand is another problem."""
    one, two = full_demand(), full_demand(demand_id="D-2")
    base = Problem(today=DAY, demands=(one, two), providers=(full_provider(),))

    assert base.digest == Problem(today=DAY, demands=(two, one), providers=base.providers).digest
    assert base.digest != Problem(today=DAY, demands=(one,), providers=base.providers).digest


def test_the_schema_names_every_field_and_what_must_be_there():
    """What the wire publishes is what the reader takes."""
    schema = schema_of(Provider)

    assert set(schema["properties"]) == set(Provider.__dataclass_fields__)
    assert schema["required"] == ["provider_id", "org_id", "name", "kind", "updated_on"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["consent"] == {"type": "boolean"}
