"""`parkloom technology explain`: the sample park's demands and teams, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

import data
from api.commands.technology import app
from data.importers.technology_lines import read_demands, read_providers
from tests.support.cli import only_json, words

FOLDER = Path(data.__file__).parent / "samples" / "park" / "technology"
DEMAND = "TN-BAT-1"


@pytest.fixture
def explain(monkeypatch):
    """Return a function that explains from the sample park's files."""
    monkeypatch.setenv("COLUMNS", "80")

    def invoke(*more: object):
        files = ("--demands", FOLDER / "demands.jsonl", "--providers", FOLDER / "providers.jsonl")
        named = [str(one) for one in ("explain", *files, "--today", "2026-11-22", *more)]
        return CliRunner().invoke(app, named)

    return invoke


def test_the_list_names_reasons_and_a_counter_argument(explain):
    told = only_json(explain("--demand", DEMAND, "--top", 3, "--json"))
    assert [one["rank"] for one in told["matches"]] == [1, 2, 3]
    for one in told["matches"]:
        assert one["against"]
        assert one["semantic"] == "unavailable"
        assert one["score_nano"] == sum(one["parts_nano"].values())
        assert one["sentence"].startswith("Recommended because: ")


def test_quotations_are_in_the_files(explain):
    documents = {
        part.document_id: part
        for team in read_providers(FOLDER / "providers.jsonl").required()
        for part in team.documents
    }
    asked = next(
        one for one in read_demands(FOLDER / "demands.jsonl").required() if one.demand_id == DEMAND
    )
    told = only_json(explain("--demand", DEMAND, "--top", 2, "--json"))
    quoted = 0
    for phrase in (each for one in told["matches"] for each in one["phrases"]):
        span, quote = phrase["demand_span"], phrase["quote"]
        assert asked.text(span["field"])[span["start"] : span["end"]] == phrase["text"]
        if quote is not None:
            quoted += 1
            text = documents[quote["document_id"]].text(quote["field"])
            assert text[quote["start"] : quote["end"]] == quote["text"]
    assert quoted > 0


def test_one_team_in_chinese_with_what_would_change_it(explain):
    result = explain("--demand", DEMAND, "--provider", "TEAM-BAT-2", "--top", 1, "--lang", "zh-CN")
    assert result.exit_code == 0, result.stderr
    text = words(result.stdout)
    for part in ("推荐理由：", "不利因素：", "得分构成", "最新证据日期：", "怎样才能排到第一"):
        assert part in text


@pytest.mark.parametrize(
    "more",
    [
        ("--demand", "NO-SUCH"),
        ("--demand", DEMAND, "--provider", "NO-SUCH"),
        ("--demand", DEMAND, "--today", "soon"),
        ("--demand", DEMAND, "--scorer", "semantic"),
        ("--demand", DEMAND, "--lang", "fr"),
    ],
)
def test_what_cannot_be_explained_is_refused(explain, more):
    result = explain(*more)
    assert result.exit_code == 2
    assert result.stderr.startswith("BAD_INPUT")


def test_files_come_in_pairs(monkeypatch):
    result = CliRunner().invoke(
        app,
        ["explain", "--demand", DEMAND, "--demands", str(FOLDER / "demands.jsonl")],
    )
    assert result.exit_code == 2
    assert "give both files" in result.stderr
