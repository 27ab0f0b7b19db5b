"""Scenario files: read exactly, or refused with the place, what was expected and what was there."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from data.importers.codes import RejectCode
from data.importers.report import Imported
from data.importers.scenarios import read_scenarios
from matching.capacity.problem import Operation
from matching.capacity.rules import Keep, LocalFirst
from matching.capacity.scenarios import (
    CarbonPrice,
    MachineDown,
    NewOffer,
    OtherRules,
    RateChange,
    RushOrder,
    Scenario,
    Withdrawn,
)
from tests.support.capacity import offer, order, three_plants

PROBLEM = three_plants()


def read(folder: Path, *scenarios: Any) -> Imported[tuple[Scenario, ...]]:
    path = folder / "scenarios.json"
    path.write_text(json.dumps({"scenarios": list(scenarios)}), encoding="utf-8")
    return read_scenarios(path, PROBLEM)


def test_every_change_is_read(tmp_path: Path):
    """Numbers with decimals are exact; what a new order or offer leaves out is as in its model."""
    (tmp_path / "rules.json").write_text('{"local_bonus_fen_per_hour": 5}')
    found = read(
        tmp_path,
        {
            "name": "all",
            "machine_down": [{"offer": "F1", "from_week": 1, "weeks": 2, "minutes_left": 3}],
            "withdrawn": ["F3", "F2"],
            "rates": [
                {"offer": "F1", "fen_per_hour": 7},
                {"enterprise": "E2", "percent": -2.5},
            ],
            "carbon_fen_per_kg": 80.25,
            "rush_orders": [
                {
                    "like": "O1",
                    "order": "O2",
                    "buyer": "B2",
                    "certificates": [],
                    "weight_kg": 0.5,
                    "operations": [{"process": "p", "tolerance_it": 1, "minutes_total": 2}],
                    "must_serve": True,
                }
            ],
            "new_offers": [
                {
                    "like": "F1",
                    "offer": "F9",
                    "enterprise": "E9",
                    "park": "P2",
                    "idle_minutes": [0, 0, 0, 0, 0, 9],
                    "materials": ["pom"],
                }
            ],
        },
        {"name": "ruled", "rules": "rules.json"},
    ).required()
    assert found[0].changes == (
        MachineDown(offer_id="F1", from_week=1, weeks=2, minutes_left=3),
        Withdrawn(offer_id="F2"),
        Withdrawn(offer_id="F3"),
        RateChange(offer_id="F1", fen_per_hour=7),
        RateChange(enterprise_id="E2", percent=Fraction(-5, 2)),
        CarbonPrice(fen_per_kg=Fraction(321, 4)),
        RushOrder(
            order=order(
                "O2",
                buyer_id="B2",
                certificates=frozenset(),
                weight_kg=Fraction(1, 2),
                operations=(Operation(process="p", tolerance_it=1, minutes_total=2),),
            ),
            must_serve=True,
        ),
        NewOffer(
            offer=offer(
                "F9",
                park_id="P2",
                idle_minutes=(0, 0, 0, 0, 0, 9),
                materials=frozenset({"pom"}),
            )
        ),
    )
    (change,) = found[1].changes
    assert isinstance(change, OtherRules)
    assert change.rules.local_first == LocalFirst(bonus_fen_per_hour=5)
    assert change.rules.keep != Keep(penalty_fen=5)


WRONG = {
    "no_change": ({}, RejectCode.JSON_MALFORMED, "scenarios[1]", "at least one change"),
    "unknown_key": ({"machine_dwn": []}, RejectCode.SETTINGS_KEYS, "scenarios[1]", "machine_down"),
    "no_list": ({"rates": {}}, RejectCode.JSON_MALFORMED, "scenarios[1].rates", "a list"),
    "no_object": ({"rates": [7]}, RejectCode.JSON_MALFORMED, "scenarios[1].rates[1]", "an object"),
    "unknown_offer": ({"withdrawn": ["F8"]}, RejectCode.INCONSISTENT, "scenarios[1]", "fits"),
    "no_names": ({"withdrawn": ["F1", "F1"]}, RejectCode.JSON_MALFORMED, "withdrawn", "once"),
    "formula": ({"withdrawn": ["=F1"]}, RejectCode.JSON_MALFORMED, "withdrawn", "names"),
    "missing": (
        {"machine_down": [{"offer": "F1", "weeks": 1}]},
        RejectCode.JSON_MALFORMED,
        "machine_down[1].from_week",
        "an integer",
    ),
    "float": (
        {"machine_down": [{"offer": "F1", "from_week": 1.5, "weeks": 1}]},
        RejectCode.JSON_MALFORMED,
        "machine_down[1].from_week",
        "an integer",
    ),
    "range": (
        {"machine_down": [{"offer": "F1", "from_week": 0, "weeks": 0}]},
        RejectCode.INCONSISTENT,
        "machine_down[1]",
        "a change that fits",
    ),
    "rates": ({"rates": [{"offer": "F1"}]}, RejectCode.INCONSISTENT, "rates[1]", "fits"),
    "carbon": ({"carbon_fen_per_kg": "8"}, RejectCode.JSON_MALFORMED, "carbon", "decimal"),
    "negative": ({"carbon_fen_per_kg": -1}, RejectCode.INCONSISTENT, "carbon", "fits"),
    "like_order": (
        {"rush_orders": [{"like": "O8", "order": "O2"}]},
        RejectCode.UNKNOWN_ORDER,
        "rush_orders[1].like",
        "one of the problem",
    ),
    "like_offer": (
        {"new_offers": [{"like": "F8", "offer": "F9"}]},
        RejectCode.UNKNOWN_OFFER,
        "new_offers[1].like",
        "one of the problem",
    ),
    "flag": (
        {"rush_orders": [{"like": "O1", "order": "O2", "must_serve": 1}]},
        RejectCode.JSON_MALFORMED,
        "must_serve",
        "true or false",
    ),
    "weeks": (
        {"new_offers": [{"like": "F1", "offer": "F9", "idle_minutes": [1]}]},
        RejectCode.INCONSISTENT,
        "scenarios[1]",
        "fits",
    ),
    "week": (
        {"new_offers": [{"like": "F1", "offer": "F9", "idle_minutes": ["1"]}]},
        RejectCode.JSON_MALFORMED,
        "idle_minutes",
        "integers",
    ),
    "operation": (
        {
            "rush_orders": [
                {"like": "O1", "order": "O2", "operations": [{"process": "p", "minutes_total": 1}]}
            ]
        },
        RejectCode.JSON_MALFORMED,
        "operations[1].tolerance_it",
        "an integer",
    ),
    "operations": (
        {"rush_orders": [{"like": "O1", "order": "O2", "operations": []}]},
        RejectCode.JSON_MALFORMED,
        "operations",
        "operations",
    ),
    "minutes": (
        {
            "rush_orders": [
                {
                    "like": "O1",
                    "order": "O2",
                    "operations": [{"process": "p", "tolerance_it": 1, "minutes_total": 0}],
                }
            ]
        },
        RejectCode.INCONSISTENT,
        "operations[1]",
        "fits",
    ),
    "order": (
        {"rush_orders": [{"like": "O1", "order": "O2", "quantity": 0}]},
        RejectCode.INCONSISTENT,
        "rush_orders[1]",
        "fits",
    ),
    "twice": (
        {"rush_orders": [{"like": "O1", "order": "O1"}]},
        RejectCode.INCONSISTENT,
        "scenarios[1]",
        "fits",
    ),
    "rules_outside": ({"rules": "../r.json"}, RejectCode.INCONSISTENT, "rules", "in the folder"),
    "rules_missing": ({"rules": "r.json"}, RejectCode.FILE_MISSING, "", "r.json"),
    "rules_name": ({"rules": 5}, RejectCode.JSON_MALFORMED, "rules", "a name"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, case: str):
    """One mistake, one reject."""
    changes, code, place, expected = WRONG[case]
    found = read(tmp_path, {"name": "wrong", **changes})
    assert found.total_rejects == 1
    (reject,) = found.rejects
    assert reject.code == code
    assert place in reject.place
    assert expected in reject.expected


def test_names_are_needed_and_differ(tmp_path: Path):
    """A scenario without a name has none to be shown by; two of one name cannot be told apart."""
    (reject,) = read(tmp_path, {"withdrawn": ["F1"]}).rejects
    assert (reject.place, reject.expected) == ("scenarios[1].name", "a name")
    (reject,) = read(tmp_path, *[{"name": "a", "withdrawn": ["F1"]}] * 2).rejects
    assert (reject.code, reject.got) == (RejectCode.DUPLICATE_ID, "a")
    (reject,) = read(tmp_path, {"name": "as it is", "withdrawn": ["F1"]}).rejects
    assert reject.code == RejectCode.INCONSISTENT


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", RejectCode.JSON_MALFORMED),
        ("[]", RejectCode.JSON_MALFORMED),
        ("{}", RejectCode.SETTINGS_KEYS),
        ('{"scenarios": []}', RejectCode.SETTINGS_KEYS),
        ('{"scenarios": [], "more": 1}', RejectCode.SETTINGS_KEYS),
        ('{"scenarios": [5]}', RejectCode.JSON_MALFORMED),
        (" " * 70_000, RejectCode.FILE_TOO_LARGE),
    ],
)
def test_a_file_that_is_no_list_of_scenarios_is_refused(tmp_path: Path, text: str, code: str):
    """The file is taken whole or not at all."""
    path = tmp_path / "scenarios.json"
    path.write_text(text)
    assert [one.code for one in read_scenarios(path, PROBLEM).rejects] == [code]


def test_a_file_that_is_missing_or_a_folder_is_refused(tmp_path: Path):
    """What the system says is passed on."""
    assert read_scenarios(tmp_path / "no.json", PROBLEM).rejects[0].code == RejectCode.FILE_MISSING
    assert read_scenarios(tmp_path, PROBLEM).rejects[0].code == RejectCode.FILE_UNREADABLE
