"""`parkloom bench relevance`: figures by hand, and the command on sets of our own."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from api.commands.bench.app import app
from api.commands.bench.relevance_figures import (
    Figure,
    found_figures,
    gain,
    judged_figures,
    ndcg_at,
    overlap_figures,
)
from api.commands.bench.relevance_levels import level_figures
from api.commands.bench.relevance_references import bm25, lsa, plain_terms, tfidf
from matching.technology.relevance.lexical import Entry
from matching.technology.relevance.vocabulary import Written
from tests.support.cli import only_json, words

TOPICS = ["固态电解质界面", "铣削颤振抑制", "注塑翘曲预测", "视觉缺陷检测", "陶瓷烧结致密"]


def test_ndcg_by_hand():
    """Gains 7, 0, 3 in the order of the scores 0, 7, 3 against 7, 3, 0."""
    found = ndcg_at(np.array([4.0, 1.0, 3.0]), np.array([0.5, 0.9, 0.1]))
    got = 0 + 7 / math.log2(3) + 3 / 2
    assert found == pytest.approx(got / (7 + 3 / math.log2(3)))


def test_a_query_without_a_good_item_has_no_ndcg():
    ndcg, loss, auc = judged_figures([np.ones(3)], [np.arange(3.0)])
    assert math.isnan(ndcg.value)
    assert math.isnan(auc.value)
    assert math.isnan(loss.value)


def test_auc_and_loss_by_hand():
    _, loss, auc = judged_figures([np.array([1.0, 3.0, 4.0])], [np.array([0.2, 0.2, 0.1])])
    assert auc.value == pytest.approx((0.5 + 0) / 2)
    assert loss.value == pytest.approx((0.5 * 2 + 3 + 1) / 6)


def test_known_items_by_hand():
    mrr, recall = found_figures([1, 4, None])
    assert mrr.value == pytest.approx((1 + 0.25) / 3)
    assert recall.value == pytest.approx(2 / 3)


def test_intervals_hold_the_value_and_gains_compare_on_the_same_units():
    draw = np.random.default_rng(2).random(200)
    ours = Figure(name="x", tops=draw, bottoms=np.ones(200))
    theirs = Figure(name="x", tops=draw - 0.01, bottoms=np.ones(200))
    low, high = ours.interval()
    assert low < ours.value < high
    assert gain(ours, theirs) == pytest.approx((0.01, 0.01, 0.01))


@pytest.mark.parametrize("reference", [tfidf, lsa, bm25])
def test_references_find_the_text_that_shares_words(reference):
    entries = [Entry(name=t, target=t, written=Written(title="", text=t)) for t in TOPICS]
    scores = reference([Written(title="", text=topic) for topic in TOPICS], entries)
    assert scores.argmax(axis=1).tolist() == list(range(5))


def test_plain_terms_of_both_languages():
    assert plain_terms("固态电池 of SEM x") == ["固态", "态电", "电池", "of", "sem"]


def test_lists_of_two_languages_overlap_by_what_they_share():
    """Ten of twelve count; of a shorter list all."""
    ten = [f"T{n}" for n in range(12)]
    (found,) = overlap_figures([ten, ["A", "B"]], [ten[5:], ["B", "C"]])
    assert found.value == pytest.approx((0.5 + 0.5) / 2)


def test_the_score_of_levels_is_one_over_one_and_the_error():
    """Levels that a part gives away are predicted; the interval is over demands."""
    draw = np.random.default_rng(7)
    levels = [draw.integers(1, 5, 60).astype(float) for _ in range(10)]
    strange = [np.eye(60)] * 10
    grouped, random = level_figures(levels, [levels], strange)
    blind, guessed = level_figures(levels, [[np.zeros(60)] * 10], strange)
    assert grouped.value > 0.95
    assert random.value > 0.95
    assert 0.4 < blind.value < 0.6
    assert 0.4 < guessed.value < 0.6


def test_levels_of_known_pairs_with_the_same_text_are_predicted():
    """Parts that say nothing, and texts of which each stands in six pairs of its demand."""
    draw = np.random.default_rng(8)
    levels = [np.repeat(draw.integers(1, 5, 10), 6).astype(float) for _ in range(10)]
    same = [np.kron(np.eye(10), np.ones((6, 6)))] * 10
    grouped, random = level_figures(levels, [[np.zeros(60)] * 10], same)
    assert random.value > 0.9
    assert grouped.value < 0.6


def write(path: Path, rows: list[dict[str, object]]) -> None:
    """Write JSON lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")


@pytest.fixture
def sets(tmp_path) -> Path:
    """Sets of our own in the formats of the public ones."""
    zh = tmp_path / "tech-demand-zh"
    write(
        zh / "demands.jsonl",
        [{"rid": f"r{n}", "title": topic, "content": topic} for n, topic in enumerate(TOPICS)],
    )
    pairs = ["rid\taid\tlevel\tachievement_title_tokens"]
    for n in range(5):
        pairs += [f"r{n}\ta{m}\t{4 if m == n else 1}\t{t}" for m, t in enumerate(TOPICS)]
    (zh / "pairs.tsv").write_text("\n".join(pairs), "utf-8")
    write(
        tmp_path / "csl-zh" / "csl_dev.jsonl",
        [
            {"id": f"c{n}", "title": topic, "abstract": f"研究{topic}", "keywords": [topic[:4]]}
            for n, topic in enumerate(TOPICS)
        ],
    )
    gold = tmp_path / "reviewer-goldstandard"
    write(
        gold / "papers.jsonl",
        [{"id": f"p{n}", "title": topic, "abstract": topic} for n, topic in enumerate(TOPICS)]
        + [{"id": f"o{n}", "title": topic, "abstract": ""} for n, topic in enumerate(TOPICS)],
    )
    (gold / "expertise.tsv").write_text(
        "reviewer\tpaper\texpertise\nA\tp0\t5\nA\tp1\t1\nB\tp2\t5\nB\tp3\t2\n", "utf-8"
    )
    write(
        gold / "profiles.jsonl",
        [
            {"set": 1, "reviewer": "A", "papers": ["o0"]},
            {"set": 1, "reviewer": "B", "papers": ["o2", "o4"]},
        ],
    )
    return tmp_path


def test_the_command_measures_what_is_there_and_says_what_is_not(sets):
    result = CliRunner().invoke(app, ["relevance", str(sets), "--json"])
    assert result.exit_code == 0, result.stderr
    assert "sbir: left out" in result.stderr
    told = only_json(result)
    figures = {(row["set"], row["scorer"]): row["figures"] for row in told["rows"]}
    for scorer in ("TF-IDF", "parkloom light"):
        assert figures["zh", scorer]["nDCG@10"]["value"] == pytest.approx(1.0)
        assert figures["gs", scorer]["loss"]["value"] == pytest.approx(0.0)
        assert figures["csl-title", scorer]["MRR@10"]["value"] == pytest.approx(1.0)
    assert ("zh", "parkloom light, learnt") in figures
    assert all(goal["holds"] for goal in told["goals"])


def test_the_table_names_goals_and_references(sets):
    result = CliRunner().invoke(
        app, ["relevance", str(sets), "--sets", "csl-title", "--no-references"]
    )
    assert result.exit_code == 0, result.stderr
    assert "csl-title MRR@10" in result.stdout.replace("\n", " ")


@pytest.mark.parametrize("more", [["--sets", "nothing"], ["--model", "nothing"]])
def test_what_cannot_be_measured_is_refused(sets, more):
    result = CliRunner().invoke(app, ["relevance", str(sets), *more])
    assert result.exit_code == 2


def test_an_empty_folder_is_refused(tmp_path):
    result = CliRunner().invoke(app, ["relevance", str(tmp_path)])
    assert result.exit_code == 2
    assert "none of the sets" in words(result.stderr)
