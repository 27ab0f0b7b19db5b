"""Weights from judgements: taken when they order unseen demands better, else left alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.technology.relevance.agreement import kendall_loss, kendall_parts
from matching.technology.relevance.learning import Outcome, apply, learn, within
from matching.technology.relevance.scorer import WEIGHT_MAX, Weights

NAMES = ("lexical", "codes", "record")
FIXED = {"lexical": 1.0, "codes": 0.1, "record": 0.1}


def judged(demands: int, each: int, truth: tuple[float, float, float], seed: int = 3):
    """Return parts, judgements and demands in which the parts are worth `truth`, with noise."""
    draw = np.random.default_rng(seed)
    parts = draw.normal(size=(demands * each, 3)) * (0.1, 0.5, 0.2)
    worth = parts @ np.array(truth) + draw.normal(size=len(parts)) * 0.02
    levels = np.digitize(worth, np.quantile(worth, [0.5, 0.75, 0.9])) + 1.0
    return parts, levels, np.repeat(np.arange(demands), each)


def test_too_few_pairs_change_nothing():
    parts, levels, demands = judged(10, 29, (0, 1, 0))
    found = learn(parts, NAMES, levels, demands, fixed=FIXED)
    assert (found.outcome, found.pairs) == (Outcome.TOO_FEW_PAIRS, 290)
    assert found.weights == FIXED


def test_too_few_demands_change_nothing():
    parts, levels, demands = judged(4, 100, (0, 1, 0))
    found = learn(parts, NAMES, levels, demands, fixed=FIXED)
    assert found.outcome is Outcome.TOO_FEW_DEMANDS


def test_weights_that_are_right_already_stay():
    parts, levels, demands = judged(30, 20, (1.0, 0.1, 0.1))
    found = learn(parts, NAMES, levels, demands, fixed=FIXED)
    assert found.outcome is Outcome.NO_BETTER
    assert found.weights == FIXED
    assert found.learnt_loss > found.fixed_loss - 0.01


def test_what_brokers_value_is_learnt():
    parts, levels, demands = judged(30, 20, (1.0, 2.0, 0.0))
    found = learn(parts, NAMES, levels, demands, fixed=FIXED)
    assert found.outcome is Outcome.LEARNT
    assert found.learnt_loss <= found.fixed_loss - 0.01
    assert found.weights["codes"] == pytest.approx(2 * found.weights["lexical"], rel=0.25)
    made = apply(found, Weights())
    assert made.lexical == pytest.approx(1.0)
    assert made.codes == pytest.approx(2.0, rel=0.25)
    assert made.trl == Weights().trl


def test_a_lexical_part_that_is_worth_next_to_nothing_leaves_weights_in_their_range():
    parts, levels, demands = judged(30, 20, (1.0, 2.0, 0.0))
    found = learn(parts, NAMES, levels, demands, fixed=FIXED)
    tiny = replace(found, weights={**found.weights, "lexical": 1e-9})
    made = apply(tiny, Weights())
    assert made.codes == pytest.approx(WEIGHT_MAX)
    assert 0 < made.lexical < 1e-3


def test_no_part_counts_against_what_it_speaks_for():
    parts, levels, demands = judged(30, 20, (1.0, -3.0, 0.0))
    found = learn(parts, NAMES, levels, demands, fixed={**FIXED, "codes": 1.0})
    assert found.outcome is Outcome.LEARNT
    assert min(found.weights.values()) >= 0
    assert found.weights["codes"] == 0


def test_weights_that_were_not_learnt_leave_the_scorer_alone():
    parts, levels, demands = judged(2, 10, (1, 1, 1))
    weights = Weights(codes=0.07)
    assert apply(learn(parts, NAMES, levels, demands, fixed=FIXED), weights) is weights


def test_shapes_must_agree():
    with pytest.raises(ValueError, match="parts must be"):
        learn(np.zeros((3, 2)), NAMES, np.ones(3), np.zeros(3, dtype=np.int64), fixed=FIXED)


def test_the_loss_counts_wrong_pairs_by_their_difference():
    """Levels 4, 1, 2 scored 1, 2, 2: two pairs are wrong by 3 and 2, one of 1 is tied."""
    lost, could = kendall_parts(np.array([4.0, 1.0, 2.0]), np.array([1.0, 2.0, 2.0]))
    assert (lost, could) == (3 + 2 + 0.5, 3 + 2 + 1)


def test_a_list_without_differences_costs_nothing():
    assert kendall_loss(np.ones(4), np.arange(4.0), np.zeros(4, dtype=np.int64)) == 0.0


@settings(max_examples=50, deadline=None)
@given(
    levels=st.lists(st.integers(1, 4), min_size=2, max_size=8),
    seed=st.integers(0, 2**16),
)
def test_turning_the_scores_turns_the_loss(levels, seed):
    """With no tied scores, an order and its reverse lose everything between them."""
    truth, scores = (
        np.array(levels, dtype=float),
        np.random.default_rng(seed).normal(size=len(levels)),
    )
    forth, could = kendall_parts(truth, scores)
    back, _ = kendall_parts(truth, -scores)
    assert forth + back == pytest.approx(could)


@settings(max_examples=50, deadline=None)
@given(
    values=st.lists(st.floats(-100, 100), min_size=1, max_size=12),
    cut=st.integers(0, 12),
)
def test_values_within_a_group_have_mean_zero(values, cut):
    groups = (np.arange(len(values)) >= cut).astype(np.int64)
    made = within(np.array(values)[:, None], groups)
    for group in np.unique(groups):
        here = made[groups == group]
        assert here.mean() == pytest.approx(0.0, abs=1e-6)
        assert here.std() == pytest.approx(1.0, abs=1e-6) or here.std() == 0.0
