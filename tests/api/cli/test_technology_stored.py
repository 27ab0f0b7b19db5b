"""`technology assign` and `explain` from stored demands, the same on both databases."""

from __future__ import annotations

import csv
import io
import json
from operator import itemgetter
from pathlib import Path

import pytest

from data.samples import SAMPLE_PARK
from tests.support.cli import only_json
from tests.support.installations import ORIGIN, installation

SAMPLE = SAMPLE_PARK / "technology"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def stored(run, request, tmp_path, monkeypatch):
    """Return the runner in a folder whose installation holds the sample's demands and teams."""
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgresql_url")
    monkeypatch.setenv("PARKLOOM_ORIGIN", ORIGIN)
    if url:
        monkeypatch.setenv("PARKLOOM_DATABASE_URL", url)
    installation(tmp_path, url).close()
    done = run("technology", "import", SAMPLE)
    assert done.exit_code == 0, done.stderr
    return run


def as_stored(folder: Path) -> tuple[object, ...]:
    """Return the options that name files of what is stored for matching: agreed, and by id."""
    for noun, key in (("demands", "demand_id"), ("providers", "provider_id")):
        rows = map(json.loads, (SAMPLE / f"{noun}.jsonl").read_text("utf-8").splitlines())
        kept = [row for row in rows if noun == "demands" or row.get("consent")]
        lines = (json.dumps(row) for row in sorted(kept, key=itemgetter(key)))
        (folder / f"{noun}.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    return ("--demands", folder / "demands.jsonl", "--providers", folder / "providers.jsonl")


def test_stored_demands_are_assigned_as_the_same_files_are(stored, tmp_path):
    """Row by row; the plan names stored ids, and the digest what it was made from."""
    limits = ("--work", 50, "--json")
    here = only_json(stored("technology", "assign", "--out", "stored.tsv", *limits))
    files = as_stored(tmp_path)
    there = only_json(stored("technology", "assign", *files, "--out", "files.tsv", *limits))
    rows = list(csv.DictReader(io.StringIO((tmp_path / "stored.tsv").read_text()), delimiter="\t"))

    assert here["answered"] > 0
    assert (tmp_path / "stored.tsv").read_text() == (tmp_path / "files.tsv").read_text()
    assert {row["demand_id"] for row in rows} == {one["demand_id"] for one in here["plan"]}
    assert (here["plan"], here["bound"]) == (there["plan"], there["bound"])


def test_a_stored_demand_is_explained_as_the_same_files_are(stored, tmp_path):
    """The same teams, sentences, quotations and counter-arguments."""
    asked = ("--demand", "TN-BAT-1", "--top", 3, "--today", "2026-11-22", "--json")
    here = only_json(stored("technology", "explain", *asked))
    files = as_stored(tmp_path)
    there = only_json(stored("technology", "explain", *files, *asked))

    assert [one["rank"] for one in here["matches"]] == [1, 2, 3]
    assert here == there


def test_a_kept_list_is_judged_and_learning_says_what_is_missing(stored):
    """The same judgement again is harmless; three are too few to learn from."""
    listed = only_json(stored("technology", "recommend", "TN-BAT-1", "--top", 3, "--json"))
    matches = [one["match_id"] for one in listed["matches"]]
    for number, match in enumerate(matches):
        said = ("technology", "judge", match, 4 - number, "--id", f"F-{number}", "--json")
        first, again = only_json(stored(*said)), only_json(stored(*said))
        assert (first["judgement"], first["feedback_id"]) == (str(4 - number), f"F-{number}")
        assert again["match_id"] == match
    taught = only_json(stored("technology", "learning", "--json"))
    shown = stored("technology", "learning")
    wrong = stored("technology", "judge", matches[0], 5)

    assert [one["rank"] for one in listed["matches"]] == [1, 2, 3]
    assert (taught["outcome"], taught["pairs"], taught["demands"]) == ("too_few_pairs", 3, 1)
    assert taught["weights"]["lexical"] == 1.0
    assert "it takes 300 judged matches" in " ".join(shown.stdout.split())
    assert wrong.exit_code == 2
    assert "1 (none) to 4 (strong)" in " ".join(wrong.stderr.split())


def test_nothing_stored_says_what_is_missing(run, tmp_path, monkeypatch):
    """No open demand is bad input, with the way out."""
    monkeypatch.setenv("PARKLOOM_ORIGIN", ORIGIN)
    installation(tmp_path).close()
    assigned = run("technology", "assign", "--out", "A.tsv")
    explained = run("technology", "explain", "--demand", "TN-BAT-1")

    assert assigned.exit_code == explained.exit_code == 2
    assert "import or open one first" in " ".join(assigned.stderr.split())
    assert "there is no such demand" in " ".join(explained.stderr.split())
