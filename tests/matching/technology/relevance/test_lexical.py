"""The lexical index: its scores, its search, its additions, and their split into terms."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.technology.relevance import lexical
from matching.technology.relevance import vocabulary as vocabulary_module
from matching.technology.relevance.analyser import Lexicon, analyse
from matching.technology.relevance.contributions import question, scores, split
from matching.technology.relevance.grouping import best_mean, groups, mean_of_best
from matching.technology.relevance.lexical import Entry, LexicalIndex, fit_index, merged
from matching.technology.relevance.vocabulary import Written, fit

SYLLABLES = "固态电解质界面阻抗循环寿命铣削颤振注塑翘曲视觉缺陷"
TEXTS = st.text(alphabet=SYLLABLES + " ,ab", min_size=1, max_size=30)


def entry(name: str, text: str, *, target: str = "", title: str = "") -> Entry:
    """Return a text of a target."""
    return Entry(name=name, target=target or name, written=Written(title=title, text=text))


def asked(text: str, title: str = "") -> list[Written]:
    """Return one query."""
    return [Written(title=title, text=text)]


@pytest.fixture(scope="module")
def many() -> LexicalIndex:
    """An index of 60 targets with one to three texts each."""
    draw = np.random.default_rng(5)
    texts = [
        entry(f"T{one}-{part}", "".join(draw.choice(list(SYLLABLES), 24)), target=f"T{one}")
        for one in range(60)
        for part in range(1 + one % 3)
    ]
    return fit_index(texts)


def test_rows_are_sublinear_tfidf_of_length_one():
    """Weights recomputed by hand from counts."""
    written = [
        Written(title="solid", text="solid; strain"),
        Written(title="", text="strain"),
        Written(title="", text="cycle"),
        Written(title="", text="milling"),
    ]
    vocabulary, rows = fit(written)
    asked = vocabulary.weigh(written[:1], title_weight=2)
    # solid: in the title and the text; in one text of four. strain: in two of four
    for row, count in ((rows[0], 2), (asked[0], 3)):
        found = {vocabulary.word(int(c)): v for c, v in zip(row.indices, row.data, strict=True)}
        raw = {
            "solid": (1 + math.log(count)) * (math.log(5 / 2) + 1),
            "strain": 1 * (math.log(5 / 3) + 1),
        }
        length = math.hypot(*raw.values())
        assert found == pytest.approx({term: value / length for term, value in raw.items()})


def test_a_text_without_known_terms_is_a_row_of_zeros():
    vocabulary, _ = fit([Written(title="", text="固态"), Written(title="", text="阻抗")])
    assert vocabulary.weigh([Written(title="", text="xyz")]).nnz == 0


def test_in_many_texts_rare_and_common_terms_go(monkeypatch):
    monkeypatch.setattr(vocabulary_module, "SMALL", 3)
    texts = [*("alpha beta" for _ in range(2)), *(f"gamma {chr(97 + n) * 3}" for n in range(20))]
    texts += [f"{chr(97 + n) * 4}" for n in range(8)]
    vocabulary, _ = fit([Written(title="", text=text) for text in texts])
    assert {vocabulary.word(column) for column in range(len(vocabulary))} == {
        "alpha",
        "alpha_beta",
        "beta",
    }


def test_an_index_needs_a_text():
    with pytest.raises(ValueError, match="at least one text"):
        fit_index([])


def test_a_shared_term_scores_and_a_strange_text_does_not():
    index = fit_index([entry("A", "固态电解质"), entry("B", "铣削颤振"), entry("C", "注塑翘曲")])
    hits = index.best(index.read(asked("固态电解质")), 3)[0]
    assert index.targets[hits.targets[0]] == "A"
    assert hits.scores[0] > 0.5 > hits.scores[1]


def test_a_target_has_a_weighted_mean_of_its_best_five_texts():
    made = mean_of_best(np.array([[9.0, 1.0, 2.0, 3.0, 4.0, 5.0]]))
    counts = [0.5**place for place in range(5)]
    worth = sum(value * count for value, count in zip((9, 5, 4, 3, 2), counts, strict=True))
    assert made == pytest.approx([worth / sum(counts)])
    assert mean_of_best(np.array([[1.0, 3.0]])) == pytest.approx([(3 + 0.5) / 1.5])


def test_targets_of_every_size_are_grouped():
    owners = np.array([0, 0, 1, 3, 3, 3])
    found = best_mean(np.array([[1, 3, 5, 1, 2, 3]], dtype=np.float32), groups(owners), targets=4)
    three = (3 + 2 * 0.5 + 0.5**2) / (1 + 0.5 + 0.5**2)
    assert found[0] == pytest.approx([(3 + 0.5) / 1.5, 5.0, 0.0, three])


def test_ties_go_to_the_earlier_target():
    index = fit_index([entry("B", "固态"), entry("A", "固态"), entry("C", "阻抗")])
    hits = index.best(index.read(asked("固态")), 2)[0]
    assert [index.targets[target] for target in hits.targets] == ["B", "A"]


def test_candidates_by_shared_terms_give_the_same_list(many, monkeypatch):
    """Above the exact size the best are searched for; with few targets nothing is lost."""
    queries = many.read([*asked("固态电解质界面阻抗"), *asked("铣削颤振", "注塑")])
    exact = many.best(queries, 10)
    monkeypatch.setattr(lexical, "EXACT_TEXTS", 0)
    for ours, theirs in zip(many.best(queries, 10), exact, strict=True):
        assert ours.targets.tolist() == theirs.targets.tolist()
        assert ours.scores == pytest.approx(theirs.scores, abs=1e-6)


def test_bounds_are_never_below_the_shared_terms(many):
    """The search by candidates rests on this."""
    queries = many.read(asked("固态电解质界面阻抗循环"))
    (block,) = many.blocks
    terms = (queries.rows @ block.postings).toarray()
    exact = best_mean(terms, block.parts, targets=block.targets)
    assert ((queries.rows @ block.bounds).toarray() >= exact - 1e-6).all()


def test_scores_of_some_are_the_scores_of_all(many):
    queries = many.read(asked("固态电解质界面阻抗循环"))
    some = np.array([3, 59, 17, 0])
    everyone = many.all_scores(queries)[0]
    assert many.scores_of(queries, 0, some) == pytest.approx(everyone[some], abs=1e-6)


def test_an_added_target_is_found_and_others_keep_their_scores(many):
    queries = many.read(asked("固态电解质界面阻抗"))
    grown = many.with_target("NEW", [entry("N-1", "固态电解质界面阻抗", target="NEW")])
    assert grown.targets[-1] == "NEW"
    assert grown.all_scores(queries)[0, :-1] == pytest.approx(many.all_scores(queries)[0])
    best = grown.best(queries, 1)[0]
    assert grown.targets[best.targets[0]] == "NEW"
    assert "NEW" not in many.targets


def test_a_replaced_target_scores_by_its_new_texts_alone(many):
    queries = many.read(asked("固态电解质界面阻抗"))
    changed = many.with_target("T0", [entry("N-1", "固态电解质界面阻抗", target="T0")])
    named = [changed.targets[one] for one in changed.best(queries, 100)[0].targets]
    assert named[0] == "T0"
    assert named.count("T0") == 1


def test_a_removed_target_is_not_found(many):
    queries = many.read(asked("固态电解质界面阻抗"))
    first = many.targets[many.best(queries, 1)[0].targets[0]]
    left = many.without(first)
    assert first not in {left.targets[one] for one in left.best(queries, 100)[0].targets}
    assert many.without("nobody") is many


def test_merging_additions_changes_no_score(many):
    grown = many
    for one in range(5):
        grown = grown.with_target(f"N{one}", [entry(f"N{one}-1", SYLLABLES[one : one + 9])])
    queries = grown.read(asked("固态电解质界面阻抗循环"))
    together = merged(grown)
    assert len(together.blocks) == 2 < len(grown.blocks)
    assert together.all_scores(queries) == pytest.approx(grown.all_scores(queries), abs=1e-6)


def test_additions_are_merged_when_there_are_many(many, monkeypatch):
    monkeypatch.setattr(lexical, "BLOCKS_MAX", 3)
    grown = many
    for one in range(4):
        grown = grown.with_target(f"N{one}", [entry(f"N{one}-1", "固态电解质")])
    assert len(grown.blocks) <= 3
    assert grown.targets[-1] == "N3"


@settings(max_examples=40, deadline=None)
@given(texts=st.lists(TEXTS, min_size=1, max_size=8), query=TEXTS)
def test_the_terms_of_a_score_sum_to_it(texts, query):
    """Additivity, to rounding; and the exact sums agree with the search."""
    index = fit_index([entry(f"{n}", text, target=f"T{n // 3}") for n, text in enumerate(texts)])
    queries = index.read(asked(query))
    one = question(index, queries, 0)
    targets = np.arange(len(index.targets))
    exact = scores(index, one, targets)
    for target in targets:
        made = split(index, one, int(target))
        assert made.values.sum() == pytest.approx(exact[target], abs=1e-12)
        assert made.score == pytest.approx(index.all_scores(queries)[0, target], abs=1e-5)


def test_masking_a_term_takes_off_what_it_adds():
    index = fit_index([entry("A", "固态电解质 阻抗"), entry("B", "铣削"), entry("C", "注塑")])
    one = question(index, index.read(asked("固态电解质 铣削")), 0)
    whole = split(index, one, 0)
    for column, value in zip(whole.columns, whole.values, strict=True):
        left = split(index, one.without(np.array([column])), 0)
        assert left.score == pytest.approx(whole.score - value, abs=1e-12)
        kept = split(index, one.only(np.array([column])), 0)
        assert kept.score == pytest.approx(value, abs=1e-12)


def test_a_place_that_is_not_in_the_index_is_refused():
    index = fit_index([entry("A", "固态")])
    with pytest.raises(IndexError, match="no target 7"):
        split(index, question(index, index.read(asked("固态")), 0), 7)


@settings(deadline=None)
@given(text=TEXTS)
def test_counts_are_the_counts_of_terms(text):
    lexicon = Lexicon()
    found = Counter(analyse([text], lexicon, grow=True).keys.tolist())
    vocabulary, rows = fit([Written(title="", text=text), Written(title="", text="其他")])
    for column, value in zip(rows[0].indices, rows[0].data, strict=True):
        assert value > 0
        assert vocabulary.word(int(column)) in {lexicon.word(key) for key in found}
