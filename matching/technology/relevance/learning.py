"""Learn the weights of the parts from what brokers said about matches, or leave them alone.

Parts and judgements are taken within each demand (mean 0, spread 1): a broker orders the teams of
one demand, and how generous she is differs from demand to demand. Ridge regression with
coefficients ≥ 0, as no part may count against a match that it speaks for. The learnt weights are
taken only when they order demands that were not learnt from better than the fixed weights do.

References
----------
Hoerl and Kennard (1970), Ridge regression, Technometrics 12(1), as scikit-learn has it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum, unique

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import Ridge
from sklearn.model_selection import GroupKFold

from matching.technology.relevance.agreement import kendall_loss
from matching.technology.relevance.scorer import WEIGHT_MAX, Weights

Doubles = NDArray[np.float64]
Groups = NDArray[np.int64]

PAIRS_MIN = 300
FOLDS = 5
ALPHA = 1.0
GAIN_MIN = 0.01  # of the loss, out of 1


@unique
class Outcome(StrEnum):
    """What came of the learning."""

    LEARNT = "learnt"
    TOO_FEW_PAIRS = "too_few_pairs"
    TOO_FEW_DEMANDS = "too_few_demands"
    NO_BETTER = "no_better"


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """The outcome, with both sides of the comparison on demands that were not learnt from.

    Parameters
    ----------
    weights
        What a unit of each part is worth, in units of the lexical part where it has a weight; the
        fixed weights unless `outcome` is LEARNT.
    fixed_loss, learnt_loss
        Weighted Kendall losses, None when nothing was compared.
    """

    outcome: Outcome
    weights: Mapping[str, float]
    pairs: int
    demands: int
    fixed_loss: float | None = None
    learnt_loss: float | None = None


def learn(
    parts: Doubles,
    names: Sequence[str],
    judged: Doubles,
    demands: Groups,
    *,
    fixed: Mapping[str, float],
) -> Learnt:
    """Return weights learnt from judged pairs, or the fixed ones and why.

    Parameters
    ----------
    parts
        What each pair has of each part, before any weight: shape (pairs, parts).
    names
        The parts' names.
    judged
        1 (none) .. 4 (strong), shape (pairs,).
    demands
        The demand of each pair, shape (pairs,).
    fixed
        Part → weight in force.

    Raises
    ------
    ValueError
        When the shapes differ.
    """
    pairs, groups = len(judged), len(np.unique(demands))
    if parts.shape != (pairs, len(names)) or len(demands) != pairs:
        raise ValueError(
            f"parts must be ({pairs}, {len(names)}) for {pairs} judgements, got {parts.shape} "
            f"and {len(demands)} demands"
        )
    about = {"weights": dict(fixed), "pairs": pairs, "demands": groups}
    if pairs < PAIRS_MIN:
        return Learnt(outcome=Outcome.TOO_FEW_PAIRS, **about)  # type: ignore[arg-type]
    if groups < FOLDS:
        return Learnt(outcome=Outcome.TOO_FEW_DEMANDS, **about)  # type: ignore[arg-type]
    features, target = within(parts, demands), within(judged[:, None], demands)[:, 0]
    held_out = cross_validated(features, target, demands)
    learnt_loss = kendall_loss(judged, held_out, demands)
    weights = np.array([fixed[name] for name in names])
    fixed_loss = kendall_loss(judged, parts @ weights, demands)
    losses = {"fixed_loss": fixed_loss, "learnt_loss": learnt_loss}
    if learnt_loss > fixed_loss - GAIN_MIN:
        return Learnt(outcome=Outcome.NO_BETTER, **about, **losses)  # type: ignore[arg-type]
    found = _raw_weights(features, target, parts, demands, names)
    return Learnt(
        outcome=Outcome.LEARNT,
        weights=found,
        pairs=pairs,
        demands=groups,
        fixed_loss=fixed_loss,
        learnt_loss=learnt_loss,
    )


def within(values: Doubles, groups: Groups) -> Doubles:
    """Return values with mean 0 and spread 1 in each group; 0 where a group does not vary."""
    made = np.zeros_like(values, dtype=np.float64)
    for group in np.unique(groups):
        here = groups == group
        centred = values[here] - values[here].mean(axis=0)
        spread = centred.std(axis=0)
        made[here] = np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 1e-12)
    return made


def cross_validated(features: Doubles, target: Doubles, groups: Groups) -> Doubles:
    """Return for each pair what was learnt from the demands of the other folds."""
    made = np.zeros(len(target))
    for train, test in GroupKFold(n_splits=FOLDS).split(features, target, groups):
        model = Ridge(alpha=ALPHA, positive=True, fit_intercept=False)
        model.fit(features[train], target[train])
        made[test] = model.predict(features[test])
    return made


def apply(learnt: Learnt, weights: Weights) -> Weights:
    """Return weights for the scorer: the learnt parts scaled so that `lexical` keeps its weight.

    Parts that were not learnt keep theirs. When the lexical part was learnt to be worth nothing,
    the learnt weights are taken as they are. No weight becomes greater than weights may be.
    """
    if learnt.outcome is not Outcome.LEARNT:
        return weights
    own = learnt.weights.get("lexical", 0.0)
    scale = weights.lexical / own if own > 0 else 1.0
    scale = min(scale, WEIGHT_MAX / max(*learnt.weights.values(), 1e-9))
    return replace(weights, **{name: value * scale for name, value in learnt.weights.items()})


def _raw_weights(
    features: Doubles, target: Doubles, parts: Doubles, demands: Groups, names: Sequence[str]
) -> dict[str, float]:
    """Return coefficients for parts as they are: those of the spread ones over the mean spread."""
    model = Ridge(alpha=ALPHA, positive=True, fit_intercept=False).fit(features, target)
    spreads = np.array(
        [
            np.mean([parts[demands == group, column].std() for group in np.unique(demands)])
            for column in range(parts.shape[1])
        ]
    )
    return {
        name: float(coefficient / spread) if spread > 1e-12 else 0.0
        for name, coefficient, spread in zip(names, model.coef_, spreads, strict=True)
    }
