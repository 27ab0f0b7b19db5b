"""Split a lexical score into the terms of the demand, exactly.

For a text d and a query q of length one, with basis V (terms × rank), latent point p of d and w the
latent weight of the index,

    score(d) = sum over terms t of q_t · (d_t + w · (V_t · p) / |V' q|) / (1 + w),

and a target's score is a weighted mean of this over its best texts: a sum over terms again.
Everything here is double precision over the stored single-precision numbers, so the sum holds to
rounding.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.technology.relevance.grouping import BEST, mean_of_best, weights
from matching.technology.relevance.latent import LENGTH_MIN
from matching.technology.relevance.lexical import Block, LexicalIndex, Queries

Doubles = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Question:
    """One query in double precision.

    Parameters
    ----------
    columns, weights
        Its terms and their TF-IDF, shape (terms,).
    pull
        Shape (terms, rank): what each term adds to the latent point, w / (|V'q| (1 + w)) · V_t.
    """

    columns: Indices
    weights: Doubles
    pull: Doubles
    own: float  # 1 / (1 + w)

    def without(self, columns: Indices) -> Question:
        """Return the query with some terms masked; lengths stay, so scores stay comparable."""
        return self.only(np.setdiff1d(self.columns, columns))

    def only(self, columns: Indices) -> Question:
        """Return the query with all but some terms masked."""
        kept = np.isin(self.columns, columns)
        return Question(
            columns=self.columns[kept],
            weights=self.weights[kept],
            pull=self.pull[kept],
            own=self.own,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Split:
    """A target's score by terms.

    Parameters
    ----------
    columns, values
        Terms of the query and what each adds; the score is the sum of `values`.
    shared
        Which of them stand in one of the best texts.
    texts
        Names of the best texts, the best first, and their scores.
    """

    columns: Indices
    values: Doubles
    shared: NDArray[np.bool_]
    texts: tuple[tuple[str, float], ...]

    @property
    def score(self) -> float:
        """The lexical score."""
        return float(self.values.sum())


def question(index: LexicalIndex, queries: Queries, query: int) -> Question:
    """Return one query in double precision."""
    row = queries.rows[query]
    columns, weights = row.indices.astype(np.int64), row.data.astype(np.float64)
    basis = index.latent.of_terms(columns)
    length = float(np.linalg.norm(weights @ basis)) if len(columns) else 0.0
    share = index.latent_weight / (1 + index.latent_weight)
    pull = basis * (share / length) if length > LENGTH_MIN else np.zeros_like(basis)
    return Question(columns=columns, weights=weights, pull=pull, own=1 / (1 + index.latent_weight))


def split(index: LexicalIndex, asked: Question, target: int) -> Split:
    """Return a target's score by terms; all zero for a target without a text."""
    block = _block_of(index, target)
    first, last = np.searchsorted(block.owners, [target - block.first, target - block.first + 1])
    if first == last:
        none = np.zeros(len(asked.columns))
        return Split(columns=asked.columns, values=none, shared=none > 0, texts=())
    rows = block.rows[first:last][:, asked.columns].toarray().astype(np.float64)
    points = block.points[first:last].astype(np.float64)
    parts = asked.weights * (rows * asked.own + points @ asked.pull.T)
    scores = parts.sum(axis=1)
    best = np.argsort(-scores, kind="stable")[:BEST]
    return Split(
        columns=asked.columns,
        values=weights(len(parts)) @ parts[best],
        shared=(rows[best] > 0).any(axis=0),
        texts=tuple((block.names[first + one], float(scores[one])) for one in best),
    )


def scores(index: LexicalIndex, asked: Question, targets: Indices) -> Doubles:
    """Return the scores of some targets in double precision, as `split` would."""
    terms = np.zeros(len(index.vocabulary))
    terms[asked.columns] = asked.weights * asked.own
    point = asked.weights @ asked.pull
    made = np.zeros(len(targets))
    for block in index.blocks:
        here = np.flatnonzero((targets >= block.first) & (targets < block.first + block.targets))
        wanted = targets[here] - block.first
        starts = np.searchsorted(block.owners, wanted)
        sizes = np.searchsorted(block.owners, wanted, side="right") - starts
        for size in np.unique(sizes[sizes > 0]):
            these = np.flatnonzero(sizes == size)
            texts = (starts[these][:, None] + np.arange(size)).ravel()
            own = block.rows[texts].astype(np.float64) @ terms
            both = own + block.points[texts].astype(np.float64) @ point
            made[here[these]] = mean_of_best(both.reshape(-1, size))
    return made


def _block_of(index: LexicalIndex, target: int) -> Block:
    for block in index.blocks:
        if block.first <= target < block.first + block.targets:
            return block
    raise IndexError(f"no target {target}: the index has {len(index.targets)}")
