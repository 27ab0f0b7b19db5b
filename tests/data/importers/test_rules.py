"""Rules survive their file, and a wrong file is refused with the place of each mistake."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.exporters.plan import write_plan
from data.importers.codes import RejectCode
from data.importers.rules import KEYS, read_rules
from matching.capacity.rules import (
    Agreed,
    Approved,
    Ban,
    CarbonCap,
    EnterpriseShare,
    Frozen,
    Keep,
    LocalFirst,
    Pin,
    Rules,
    SmeMinimum,
    canonical_rules,
)
from tests.support.bundles import problems
from tests.support.capacity import GROUND, TURNED, order, three_plants
from tests.support.rules import rules_for
from tests.support.rules_file import write_rules

PROBLEM = three_plants(order(), order("O2"))
PLAN = (TURNED, GROUND)
WHOLE = {
    "pins": [{"order": "O1", "step": 2, "offer": "F3"}, {"order": "O2", "offer": "F1"}],
    "bans": [{"order": "O1", "offer": "F2"}, {"order": "O2", "enterprise": "E2"}],
    "approved": [{"order": "O1", "enterprises": ["E1", "E3"]}],
    "agreed": {"plan": "plan.csv", "orders": ["O1"]},
    "given": "plan.csv",
    "frozen_weeks": 2,
    "keep_penalty_fen": 500,
    "local_bonus_fen_per_hour": 1200,
    "enterprise_share_bps": 6000,
    "sme_minimum": {"minutes": 60, "enterprises": ["E1"]},
    "carbon_cap_g": "250000.5",
    "must_serve": ["O2"],
}


def read(folder: Path, text: object):
    data = text if isinstance(text, str) else json.dumps(text)
    (folder / "rules.json").write_text(data, "utf-8")
    write_plan(folder / "plan.csv", PLAN)
    return read_rules(folder / "rules.json", PROBLEM)


def test_every_key_becomes_its_rule(tmp_path):
    assert set(WHOLE) == set(KEYS)
    assert read(tmp_path, WHOLE).required() == Rules(
        pins=(Pin(order_id="O1", offer_id="F3", step=2), Pin(order_id="O2", offer_id="F1")),
        bans=(Ban(order_id="O1", offer_id="F2"), Ban(order_id="O2", enterprise_id="E2")),
        approved=(Approved(order_id="O1", enterprises=frozenset({"E1", "E3"})),),
        agreed=(Agreed(order_id="O1", lines=PLAN),),
        given=PLAN,
        frozen=Frozen(weeks=2),
        keep=Keep(penalty_fen=500),
        local_first=LocalFirst(bonus_fen_per_hour=1_200),
        enterprise_share=EnterpriseShare(most_bps=6_000),
        sme_minimum=SmeMinimum(minutes=60, enterprises=frozenset({"E1"})),
        carbon_cap=CarbonCap(grams=Fraction(500_001, 2)),
        must_serve=frozenset({"O2"}),
    )


def test_no_key_is_no_rule(tmp_path):
    assert read(tmp_path, {}).required() == Rules()


@pytest.mark.parametrize("number", [17, "17", 17.25, "17.25"])
def test_the_cap_is_exact_with_and_without_quotation_marks(tmp_path, number):
    found = read(tmp_path, {"carbon_cap_g": number}).required()

    assert found.carbon_cap == CarbonCap(grams=Fraction(str(number)))


C = RejectCode
WRONG = {
    "no JSON": ("{", C.JSON_MALFORMED, ""),
    "a list": ([], C.JSON_MALFORMED, ""),
    "a key twice": ('{"given": "plan.csv", "given": "plan.csv"}', C.JSON_MALFORMED, ""),
    "an exponent": ('{"frozen_weeks": 1e9}', C.JSON_MALFORMED, ""),
    "a constant": ('{"frozen_weeks": NaN}', C.JSON_MALFORMED, ""),
    "an unknown key": ({"pin": []}, C.SETTINGS_KEYS, ""),
    "pins": ({"pins": {}}, C.JSON_MALFORMED, "pins"),
    "a pin": ({"pins": [3]}, C.JSON_MALFORMED, "pins[1]"),
    "a key of a pin": (
        {"pins": [{"order": "O1", "offer": "F1", "week": 1}]},
        C.SETTINGS_KEYS,
        "pins[1]",
    ),
    "no offer": ({"pins": [{"order": "O1"}]}, C.JSON_MALFORMED, "pins[1].offer"),
    "unknown offer": (
        {"pins": [{"order": "O1", "offer": "F9"}]},
        C.UNKNOWN_OFFER,
        "pins[1].offer",
    ),
    "unknown order": (
        {"pins": [{"order": "O9", "offer": "F1"}]},
        C.UNKNOWN_ORDER,
        "pins[1].order",
    ),
    "step 0": (
        {"pins": [{"order": "O1", "offer": "F1", "step": 0}]},
        C.OUT_OF_RANGE,
        "pins[1].step",
    ),
    "step 1.5": (
        {"pins": [{"order": "O1", "offer": "F1", "step": 1.5}]},
        C.NOT_AN_INTEGER,
        "pins[1].step",
    ),
    "step 3": ({"pins": [{"order": "O1", "offer": "F1", "step": 3}]}, C.INCONSISTENT, ""),
    "ban nothing": ({"bans": [{"order": "O1"}]}, C.SETTINGS_KEYS, "bans[1]"),
    "ban both": (
        {"bans": [{"order": "O1", "offer": "F1", "enterprise": "E1"}]},
        C.SETTINGS_KEYS,
        "bans[1]",
    ),
    "ban enterprise": (
        {"bans": [{"order": "O1", "enterprise": "F1"}]},
        C.UNKNOWN_ENTERPRISE,
        "bans[1].enterprise",
    ),
    "approved nobody": (
        {"approved": [{"order": "O1", "enterprises": []}]},
        C.JSON_MALFORMED,
        "approved[1].enterprises",
    ),
    "agreed": ({"agreed": "plan.csv"}, C.JSON_MALFORMED, "agreed"),
    "agreed without lines": (
        {"agreed": {"plan": "plan.csv", "orders": ["O2"]}},
        C.UNKNOWN_ORDER,
        "agreed",
    ),
    "agreed twice": (
        {"agreed": {"plan": "plan.csv", "orders": ["O1", "O1"]}},
        C.DUPLICATE_ID,
        "agreed.orders",
    ),
    "no such plan": ({"given": "other.csv"}, C.FILE_MISSING, ""),
    "a plan elsewhere": ({"given": "../plan.csv"}, C.INCONSISTENT, "given"),
    "an absolute plan": ({"given": "/etc/hosts"}, C.INCONSISTENT, "given"),
    "a plan that is a number": ({"given": 3}, C.JSON_MALFORMED, "given"),
    "frozen alone": ({"frozen_weeks": 2}, C.INCONSISTENT, ""),
    "too many weeks": ({"frozen_weeks": 521}, C.OUT_OF_RANGE, "frozen_weeks"),
    "true weeks": ({"frozen_weeks": True}, C.NOT_AN_INTEGER, "frozen_weeks"),
    "penalty": ({"keep_penalty_fen": "5"}, C.NOT_AN_INTEGER, "keep_penalty_fen"),
    "share": ({"enterprise_share_bps": 0}, C.OUT_OF_RANGE, "enterprise_share_bps"),
    "minimum": ({"sme_minimum": 5}, C.JSON_MALFORMED, "sme_minimum"),
    "minimum minutes": (
        {"sme_minimum": {"minutes": 0, "enterprises": ["E1"]}},
        C.OUT_OF_RANGE,
        "sme_minimum.minutes",
    ),
    "cap": ({"carbon_cap_g": "much"}, C.NOT_A_DECIMAL, "carbon_cap_g"),
    "cap true": ({"carbon_cap_g": True}, C.NOT_A_DECIMAL, "carbon_cap_g"),
    "cap < 0": ({"carbon_cap_g": -0.5}, C.OUT_OF_RANGE, "carbon_cap_g"),
    "must serve": ({"must_serve": "O1"}, C.JSON_MALFORMED, "must_serve"),
    "must serve whom": ({"must_serve": ["O9"]}, C.UNKNOWN_ORDER, "must_serve[1]"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_is_refused_with_its_place(tmp_path, name):
    text, code, place = WRONG[name]
    found = read(tmp_path, text)

    assert [(one.code, one.place) for one in found.rejects] == [(code, place)]
    assert found.rejects[0].expected
    assert found.rejects[0].got or code is C.FILE_MISSING


def test_all_mistakes_are_named_at_once(tmp_path):
    found = read(tmp_path, {"pins": [{"order": "O9", "offer": "F9"}], "must_serve": ["O8"]})

    assert [one.got for one in found.rejects] == ["O9", "F9", "O8"]


def test_a_wrong_plan_is_named_with_its_file(tmp_path):
    (tmp_path / "bad.csv").write_text("order_id,lot\n", "utf-8")
    found = read(tmp_path, {"given": "bad.csv"})

    assert [(one.code, one.file) for one in found.rejects] == [(C.HEADER_WRONG, "bad.csv")]


def test_a_missing_file_is_a_reject(tmp_path):
    found = read_rules(tmp_path / "none.json", PROBLEM)

    assert [one.code for one in found.rejects] == [C.FILE_MISSING]


@given(st.data())
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_what_is_written_is_read_back(tmp_path, data):
    problem = data.draw(problems())
    rules = data.draw(rules_for(problem))
    write_rules(tmp_path / "rules.json", rules)
    found = read_rules(tmp_path / "rules.json", problem).required()

    assert canonical_rules(found) == canonical_rules(rules)
    assert replace(problem, rules=found).digest == replace(problem, rules=rules).digest
