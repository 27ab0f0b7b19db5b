"""Predict the level that a person gives a pair, as a public competition asked for it.

Its score is 1 / (1 + mean absolute error). Boosted trees learn from the parts of the score; they
are measured on demands that they did not learn from (grouped), and as the leaderboard did, on pairs
whose demand they know (random): there the mean level of the demand's known pairs is a part too, and
their mean by how much their texts are like that of the pair.

References
----------
CCF BDCI 2019, DataFountain competition 359. Friedman (2001), Greedy function approximation: a
gradient boosting machine, Annals of Statistics 29(5), as scikit-learn has it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.model_selection import GroupKFold, KFold
from threadpoolctl import threadpool_limits

from api.commands.bench.relevance_figures import Figure
from matching.technology.relevance.learning import FOLDS, within

Doubles = NDArray[np.float64]
LEVELS = (1.0, 4.0)
SHRINK = 0.1


def level_figures(
    levels: Sequence[Doubles],
    parts: Sequence[Sequence[Doubles]],
    likeness: Sequence[Doubles],
) -> list[Figure]:
    """Return the competition's score, grouped by demand and over random pairs.

    Parameters
    ----------
    levels
        Per demand, shape (pairs,).
    parts
        Per part of the score and demand, shape (pairs,).
    likeness
        Per demand, how much the texts of its pairs are like one another: shape (pairs, pairs).
    """
    target = np.concatenate(levels)
    groups = np.repeat(np.arange(len(levels)), [len(one) for one in levels])
    features = _features(np.stack([np.concatenate(part) for part in parts], axis=1), groups)
    cuts = {
        "score, grouped": GroupKFold(n_splits=FOLDS).split(features, target, groups),
        "score, random": KFold(n_splits=FOLDS, shuffle=True, random_state=0).split(features),
    }
    figures = []
    for name, folds in cuts.items():
        error = np.zeros(len(target))
        for train, test in folds:
            seen = features
            if name.endswith("random"):
                known = _known(target, groups, train)
                alike = _alike(levels, known, train, likeness)
                seen = np.column_stack([features, known, alike])
            model = HistGradientBoostingRegressor(loss="absolute_error", random_state=0)
            with threadpool_limits(limits=1):
                model.fit(seen[train], target[train])
                told = np.clip(model.predict(seen[test]), *LEVELS)
            error[test] = np.abs(told - target[test])
        pairs = np.bincount(groups).astype(np.float64)
        lost = np.bincount(groups, weights=error)
        figures.append(Figure(name=name, tops=pairs, bottoms=pairs + lost))
    return figures


def _known(target: Doubles, groups: NDArray[np.int64], train: NDArray[np.int64]) -> Doubles:
    """Return the mean level of the other training pairs of each pair's demand; NaN without any."""
    own = np.zeros(len(target))
    own[train] = 1.0
    count = np.bincount(groups, weights=own)[groups] - own
    total = np.bincount(groups, weights=own * target)[groups] - own * target
    made: Doubles = np.divide(total, count, out=np.full(len(target), np.nan), where=count > 0)
    return made


def _alike(
    levels: Sequence[Doubles],
    known: Doubles,
    train: NDArray[np.int64],
    likeness: Sequence[Doubles],
) -> Doubles:
    """Return for each pair the mean level of its demand's other training pairs, by likeness.

    It is shrunk to their plain mean, `known`, with the weight of a likeness of 0.1.
    """
    ends = np.cumsum([len(one) for one in levels])
    own = np.zeros(len(known))
    own[train] = 1.0
    made = []
    for one, like, mean, mine in zip(
        levels, likeness, np.split(known, ends[:-1]), np.split(own, ends[:-1]), strict=True
    ):
        weight = np.maximum(like, 0.0) * mine
        np.fill_diagonal(weight, 0.0)
        made.append((weight @ one + SHRINK * mean) / (weight.sum(axis=1) + SHRINK))
    return np.concatenate(made)


def _features(parts: Doubles, groups: NDArray[np.int64]) -> Doubles:
    """Return the parts as they are, within their demand, and the demand's mean and greatest."""
    means, most = np.zeros_like(parts), np.zeros_like(parts)
    for group in np.unique(groups):
        here = groups == group
        means[here], most[here] = parts[here].mean(axis=0), parts[here].max(axis=0)
    return np.hstack([parts, within(parts, groups), means, most])
