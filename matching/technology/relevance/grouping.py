"""From the scores of texts to the score of who wrote them: a mean of the best five.

Each text counts half as much as the next better one. On reviewers and on firms this order of
importance did better than the plain mean of five, than the best alone, and than the mean of two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

BEST = 5
DECAY = 0.5

Floats = NDArray[np.float32]
Indices = NDArray[np.int64]
Real = TypeVar("Real", np.float32, np.float64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Group:
    """Targets with the same number of texts: their indices, and their texts as a rectangle."""

    targets: Indices  # shape (targets,)
    texts: Indices  # shape (targets, texts each)


def groups(owners: Indices) -> tuple[Group, ...]:
    """Return the targets 0..max of some texts, by how many texts each has.

    Parameters
    ----------
    owners
        The target of each text, ascending, shape (texts,).
    """
    if not len(owners):
        return ()
    targets, first, sizes = np.unique(owners, return_index=True, return_counts=True)
    return tuple(
        Group(
            targets=targets[sizes == size],
            texts=first[sizes == size][:, None] + np.arange(size),
        )
        for size in np.unique(sizes)
    )


def best_mean(scores: Floats, parts: tuple[Group, ...], *, targets: int) -> Floats:
    """Return the weighted mean of the best min(5, n) of each target's n texts.

    Parameters
    ----------
    scores
        Shape (queries, texts).
    targets
        How many targets there are; one without a text gets 0.

    Returns
    -------
    Shape (queries, targets).
    """
    made = np.zeros((scores.shape[0], targets), dtype=scores.dtype)
    for part in parts:
        made[:, part.targets] = mean_of_best(scores[:, part.texts])
    return made


def weights(texts: int) -> NDArray[np.float64]:
    """Return how much each of the best min(5, n) texts counts, the best first; they sum to 1."""
    made = DECAY ** np.arange(min(BEST, texts), dtype=np.float64)
    return np.asarray(made / made.sum())


def mean_of_best(scores: NDArray[Real]) -> NDArray[Real]:
    """Return the weighted mean of the best min(5, n) along the last axis, of length n ≥ 1."""
    texts = scores.shape[-1]
    if texts > BEST:
        scores = -np.partition(-scores, BEST - 1, axis=-1)[..., :BEST]
    falling = -np.sort(-scores, axis=-1)
    made: NDArray[Real] = (falling * weights(texts).astype(scores.dtype)).sum(axis=-1)
    return made
