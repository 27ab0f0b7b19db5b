"""explain, scarce, whatif: what the commands say, in 80 columns and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from data.exporters.bundle import write_bundle
from data.importers.results import read_plan
from matching.capacity import check
from tests.support.cli import fits, only_json, words
from tests.support.small_park import SMALL_PARK


@pytest.fixture
def park(run, tmp_path: Path) -> Path:
    """Return the small park as a bundle, with a plan in `out`."""
    folder = tmp_path / "park"
    folder.mkdir()
    write_bundle(folder, SMALL_PARK)
    done = run("match", folder, "--out", "out", "--work", "50")
    assert done.exit_code == 0, done.stderr
    return folder


def shown(run, *arguments: object) -> str:
    """Return what a command prints; it must work and fit."""
    result = run(*arguments)
    assert result.exit_code == 0, result.stderr
    assert fits(result.stdout)
    return words(result.stdout)


def test_a_served_order_shows_who_is_paid_and_the_other_ways(run, park: Path):
    """The JSON has the exact amounts."""
    text = shown(run, "explain", park, "--plan", "out", "--order", "SHAFT")
    assert "Who is paid" in text
    assert "the plan loses" in text
    told = only_json(run("explain", park, "--plan", "out", "--order", "SHAFT", "--json"))
    assert (told["order"], told["served"], told["reason"]["code"]) == ("SHAFT", True, "matched")
    assert told["worth_fen"] > 0
    assert {way["without"] for way in told["other_ways"]} == {
        one["enterprise"] for one in told["paid"]
    }


def test_a_refused_order_shows_what_would_help_or_what_was_tried(run, park: Path):
    """In both languages."""
    name = SMALL_PARK.orders[2].order_id
    told = only_json(run("explain", park, "--plan", "out", "--order", name, "--json"))
    assert told["served"] is False
    assert told["repairs"] or told["tried"]
    text = shown(run, "explain", park, "--plan", "out", "--order", name, "--lang", "zh-CN")
    assert "订单" in text
    text = shown(run, "explain", park, "--plan", "out")
    assert name in text
    summary = only_json(run("explain", park, "--plan", "out", "--json"))
    assert summary["refused"] == 1
    assert summary["explained"][0]["order"] == name


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_an_offer_shows_its_weeks(run, park: Path, language: str):
    """Every offer of the park."""
    for offer in SMALL_PARK.offers:
        asked = ("explain", park, "--plan", "out", "--offer", offer.offer_id, "--lang", language)
        assert offer.offer_id in shown(run, *asked)
        told = only_json(run(*asked, "--json"))
        assert 0 <= told["utilisation"] <= 1
        assert len(told["weeks"]) == sum(1 for minutes in offer.idle_minutes if minutes)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--order", "NOBODY"), "--order NOBODY: the bundle has no such order."),
        (("--offer", "NOTHING"), "--offer NOTHING: the bundle has no such offer."),
        (("--order", "SHAFT", "--offer", "X"), "give one of the two"),
        (("--lang", "fr"), "--lang fr: expected one of en, zh-CN."),
        (("--rules", "no.json"), "no.json"),
    ],
)
def test_what_cannot_be_explained_is_said(run, park: Path, arguments, told: str):
    """Exit status 2, and a message that names what was wrong."""
    result = run("explain", park, "--plan", "out", *arguments)
    assert result.exit_code == 2
    assert told in words(result.stderr)
    assert fits(result.stderr)


def test_a_plan_that_is_not_of_the_bundle_is_refused(run, park: Path, tmp_path: Path):
    """Broken by hand: minutes, prices, reasons, or no plan at all."""
    plan = tmp_path / "out" / "plan.csv"
    text = plan.read_text()
    plan.write_text("\n".join(text.splitlines()[:-1]) + "\n")
    result = run("explain", park, "--plan", "out")
    assert result.exit_code == 2
    assert "only a valid plan is explained" in words(result.stderr)
    plan.write_text(text)
    claim = tmp_path / "out" / "claim.json"
    before = claim.read_text()
    claim.write_text('{"objective_fen": 0, "upper_bound_fen": 0, "prices": [["X", 0, 1]]}')
    assert "price of offer X week 0" in words(run("scarce", park, "--plan", "out").stderr)
    claim.write_text(before)
    (tmp_path / "out" / "reasons.jsonl").write_text("")
    assert "reasons of other orders" in words(run("explain", park, "--plan", "out").stderr)
    assert run("explain", park, "--plan", "nowhere").exit_code == 2


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_scarce_capacity_is_priced_and_tried(run, park: Path, language: str):
    """With a price on every week of every offer there is something to recruit."""
    assert shown(run, "scarce", park, "--plan", "out", "--lang", language)
    claim = Path("out") / "claim.json"
    told = json.loads(claim.read_text())
    told["prices"] = [
        [offer.offer_id, week, 1500]
        for offer in SMALL_PARK.offers
        for week, minutes in enumerate(offer.idle_minutes)
        if minutes
    ]
    claim.write_text(json.dumps(told))
    assert "CNY 0.90" in shown(run, "scarce", park, "--plan", "out")
    found = only_json(run("scarce", park, "--plan", "out", "--top", "2", "--json"))
    assert {cell["fen_per_hour"] for cell in found["cells"]} == {90.0}
    assert 1 <= len(found["recruit"]) <= 2
    for one in found["recruit"]:
        assert one["with_day_fen"] >= one["without_fen"]


def scenario_file(folder: Path) -> Path:
    path = folder / "scenarios.json"
    first = SMALL_PARK.offers[0].offer_id
    scenarios = [
        {"name": "down", "machine_down": [{"offer": first, "from_week": 0, "weeks": 1}]},
        {"name": "carbon", "carbon_fen_per_kg": 800},
    ]
    path.write_text(json.dumps({"scenarios": scenarios}))
    return path


def test_scenarios_stand_side_by_side(run, park: Path, tmp_path: Path):
    """The table, the JSON and the plans say the same."""
    path = scenario_file(tmp_path)
    text = shown(run, "whatif", park, path, "--work", "20", "--out", "compared")
    assert "as it is" in text
    found = only_json(run("whatif", park, path, "--work", "20", "--keep", "0", "--json"))
    assert [one["name"] for one in found["scenarios"]] == ["as it is", "down", "carbon"]
    written = json.loads((tmp_path / "compared" / "comparison.json").read_text())
    assert len(written["scenarios"]) == 3
    base = read_plan(tmp_path / "compared" / "plan-0.csv").required()
    report = check(SMALL_PARK, base)
    assert report.objective_fen == written["scenarios"][0]["objective_fen"]
    for one in written["scenarios"]:
        assert one["objective_fen"] <= one["upper_bound_fen"]


@pytest.mark.parametrize("kind", ["local", "carbon", "fairness"])
def test_a_front_is_a_table_a_file_and_a_picture(run, park: Path, tmp_path: Path, kind: str):
    """Every point has its bound."""
    text = shown(run, "whatif", park, "--pareto", kind, "--work", "10", "--out", "front")
    assert "no plan above" in text
    found = json.loads((tmp_path / "front" / "front.json").read_text())
    assert found["against"] == kind
    assert all(point["value_fen"] <= point["bound_fen"] for point in found["points"])
    assert (tmp_path / "front" / "front.svg").read_text().startswith("<svg ")
    assert len(list((tmp_path / "front").glob("plan-*.csv"))) == len(found["points"])


def test_what_cannot_be_compared_is_refused(run, park: Path, tmp_path: Path):
    """Bad scenarios are a table of rejects; contradictory options a message."""
    path = tmp_path / "scenarios.json"
    path.write_text('{"scenarios": [{"name": "x", "withdrawn": ["NOTHING"]}]}')
    result = run("whatif", park, path)
    assert result.exit_code == 2
    assert "the problem has no offer NOTHING" in words(result.stderr)
    for arguments in ((), (path, "--pareto", "local")):
        result = run("whatif", park, *arguments)
        assert result.exit_code == 2
        assert "Give either a file of scenarios or --pareto" in words(result.stderr)
    (tmp_path / "taken").write_text("mine")
    result = run("whatif", park, scenario_file(tmp_path), "--out", "taken")
    assert result.exit_code == 2
    assert (tmp_path / "taken").read_text() == "mine"


def test_a_contradictory_scenario_stands_beside_the_others_with_its_cause(
    run, park: Path, tmp_path: Path
):
    """The others are solved all the same; a front needs a plan that meets the rules."""
    path = tmp_path / "scenarios.json"
    rush = {"like": "SHAFT", "order": "GLASS", "material": "glass", "must_serve": True}
    path.write_text(json.dumps({"scenarios": [{"name": "rush", "rush_orders": [rush]}]}))
    text = shown(run, "whatif", park, path, "--work", "10")
    assert "infeasible" in text
    assert "rush: " in text
    told = only_json(run("whatif", park, path, "--work", "10", "--json"))["scenarios"][1]
    assert told["status"] == "infeasible"
    assert told["causes"][0]["code"] == "must_serve_no_offer"
    assert told["objective_fen"] is None
    rules = tmp_path / "rules.json"
    refused = SMALL_PARK.orders[2].order_id
    rules.write_text(json.dumps({"must_serve": [refused]}))
    result = run("whatif", park, "--pareto", "carbon", "--work", "10", "--rules", rules)
    assert result.exit_code == 2
    assert "no plan that meets the rules was found" in words(result.stderr)
