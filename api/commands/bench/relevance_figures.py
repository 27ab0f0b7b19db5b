"""Figures of rankings with their uncertainty: every figure is a ratio of sums over units.

A unit is what was sampled: a demand, a reviewer, a query. Resampling units with replacement
(Efron, 1979) gives intervals; two scorers are compared on the same resamples.

References
----------
Järvelin and Kekäläinen (2002), Cumulated gain-based evaluation of IR techniques, ACM TOIS 20(4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.technology.relevance.agreement import kendall_parts

Doubles = NDArray[np.float64]

RESAMPLES = 1_000
SEED = 1
CUT = 10


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Figure:
    """A figure over units: the sum of `tops` over the sum of `bottoms`; `lower`: less is better."""

    name: str
    tops: Doubles
    bottoms: Doubles
    lower: bool = False

    @property
    def value(self) -> float:
        """The figure itself; NaN without a unit."""
        bottom = float(self.bottoms.sum())
        return float(self.tops.sum()) / bottom if bottom else float("nan")

    def resampled(self) -> Doubles:
        """Return the figure on resamples of its units, the same ones for every figure."""
        units = len(self.tops)
        chosen = np.random.default_rng(SEED).integers(0, units, size=(RESAMPLES, units))
        bottoms = self.bottoms[chosen].sum(axis=1)
        found: Doubles = np.divide(
            self.tops[chosen].sum(axis=1),
            bottoms,
            out=np.full(RESAMPLES, np.nan),
            where=bottoms > 0,
        )
        return found

    def interval(self) -> tuple[float, float]:
        """Return the 95 % interval."""
        low, high = np.nanpercentile(self.resampled(), [2.5, 97.5])
        return float(low), float(high)


def gain(ours: Figure, theirs: Figure) -> tuple[float, float, float]:
    """Return by how much ours is better, and the 95 % interval of that; > 0 is better."""
    sign = -1.0 if ours.lower else 1.0
    low, high = np.nanpercentile(sign * (ours.resampled() - theirs.resampled()), [2.5, 97.5])
    return sign * (ours.value - theirs.value), float(low), float(high)


def judged_figures(levels: Sequence[Doubles], scores: Sequence[Doubles]) -> tuple[Figure, ...]:
    """Return nDCG@10, weighted Kendall loss and AUC of level ≥ 3 over queries with judgements."""
    ndcg = [ndcg_at(level, score) for level, score in zip(levels, scores, strict=True)]
    loss = [kendall_parts(level, score) for level, score in zip(levels, scores, strict=True)]
    auc = [_auc(level, score) for level, score in zip(levels, scores, strict=True)]
    lost, could = np.array(loss).T
    return (
        _mean("nDCG@10", ndcg),
        Figure(name="loss", tops=lost, bottoms=could, lower=True),
        _mean("AUC>=3", auc),
    )


def found_figures(ranks: Sequence[int | None]) -> tuple[Figure, ...]:
    """Return MRR@10 and recall@10 of known items; None is a rank beyond ten."""
    return (
        _mean("MRR@10", [1 / rank if rank else 0.0 for rank in ranks]),
        _mean("R@10", [1.0 if rank else 0.0 for rank in ranks]),
    )


def overlap_figures(
    first: Sequence[Sequence[str]], second: Sequence[Sequence[str]]
) -> tuple[Figure, ...]:
    """Return what the first ten of two lists have in common, over what is asked in two ways."""
    shares = [
        len(set(one[:CUT]) & set(other[:CUT])) / max(1, min(CUT, len(one)))
        for one, other in zip(first, second, strict=True)
    ]
    return (_mean("overlap@10", shares),)


def ndcg_at(levels: Doubles, scores: Doubles) -> float:
    """Return nDCG@10 with gains 2^(level - 1) - 1; NaN when no level is above 1."""
    gains = 2.0 ** (levels - 1) - 1
    ideal = _dcg(np.sort(gains)[::-1])
    return _dcg(gains[np.argsort(-scores, kind="stable")]) / ideal if ideal else float("nan")


def _dcg(gains: Doubles) -> float:
    first = gains[:CUT]
    return float((first / np.log2(np.arange(2, len(first) + 2))).sum())


def _auc(levels: Doubles, scores: Doubles) -> float:
    good, bad = scores[levels >= 3], scores[levels < 3]
    if not len(good) or not len(bad):
        return float("nan")
    above = (good[:, None] > bad[None, :]).mean()
    return float(above + 0.5 * (good[:, None] == bad[None, :]).mean())


def _mean(name: str, values: Sequence[float]) -> Figure:
    """Return a mean over the units that have a value."""
    made = np.array(values, dtype=np.float64)
    known = ~np.isnan(made)
    return Figure(name=name, tops=np.where(known, made, 0.0), bottoms=known.astype(np.float64))
