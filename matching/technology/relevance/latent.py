"""Latent semantic analysis: texts that share no term can still be close.

References
----------
Deerwester et al. (1990), Indexing by latent semantic analysis, JASIS 41(6). Larsen (1998), Lanczos
bidiagonalization with partial reorthogonalization (PROPACK), as SciPy has it. Halko, Martinsson
and Tropp (2011), Finding structure with randomness, SIAM Review 53(2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.linalg import svds
from threadpoolctl import threadpool_limits

Floats = NDArray[np.float32]

RANK = 200
TEXTS_PER_RANK = 3  # fewer texts than three for each dimension say nothing about it
LENGTH_MIN = 1e-5  # a shorter point is rounding: its text has no part in the directions
DENSE_TEXTS = 200  # up to here a dense decomposition is quick, and never fails to converge
PROPACK_TEXTS = 1_000  # above, power iterations are near enough and many times faster
POWER_ITERATIONS = 2
OVERSAMPLES = 10
BLOCK_TERMS = 10_000  # whose directions are turned at once
SAMPLE_MAX = 10_000  # texts that the dimensions are taken from, evenly spread


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Latent:
    """The directions along which the terms of a corpus vary together.

    Parameters
    ----------
    basis
        float32, shape (terms - pairs, rank), its columns orthonormal.
    pairs
        How many of the first terms have no part in them: pairs of words, which are many, and which
        say by themselves what occurs together.
    """

    basis: Floats
    pairs: int

    @property
    def rank(self) -> int:
        """How many directions; 0 when the corpus was too small."""
        return int(self.basis.shape[1])

    def project(self, rows: sp.csr_matrix) -> Floats:
        """Return texts as points of length one (or zero): float32, shape (texts, rank)."""
        points = np.asarray(rows[:, self.pairs :] @ self.basis, dtype=np.float32)
        lengths = np.linalg.norm(points, axis=1, keepdims=True)
        made: Floats = np.divide(
            points, lengths, out=np.zeros_like(points), where=lengths > LENGTH_MIN
        )
        return made

    def of_terms(self, columns: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return what some terms have of each direction: shape (terms, rank); 0 for pairs."""
        made = np.zeros((len(columns), self.rank))
        single = columns >= self.pairs
        made[single] = self.basis[columns[single] - self.pairs]
        return made


def fit_latent(rows: sp.csr_matrix, *, pairs: int) -> Latent:
    """Return the directions of a corpus of TF-IDF rows, shape (texts, terms).

    Parameters
    ----------
    pairs
        How many of the first columns are pairs of words.

    Notes
    -----
    A corpus of more than `SAMPLE_MAX` texts gives the directions by an even sample of it. One
    thread: the vectors are short, and on a busy machine threads that wait for each other took five
    times as long; and the result does not depend on how many cores there are.
    """
    texts, terms = rows.shape[0], rows.shape[1] - pairs
    step = -(-texts // SAMPLE_MAX) if texts else 1
    sample = rows[::step, pairs:]
    rank = min(RANK, sample.shape[0] // TEXTS_PER_RANK, terms - 1)
    if rank < 1:
        return Latent(basis=np.zeros((terms, 0), dtype=np.float32), pairs=pairs)
    with threadpool_limits(limits=1):
        directions = _directions(sample.astype(np.float64), rank)
    return Latent(basis=np.ascontiguousarray(directions.T, dtype=np.float32), pairs=pairs)


def _directions(rows: sp.csr_matrix, rank: int) -> NDArray[np.float64] | NDArray[np.float32]:
    """Return the first right singular vectors: shape (rank, terms)."""
    if rows.shape[0] <= DENSE_TEXTS:
        _, _, dense = np.linalg.svd(rows.toarray(), full_matrices=False)
        return np.asarray(dense[:rank])
    if rows.shape[0] > PROPACK_TEXTS:
        return _rough_directions(rows.astype(np.float32), rank)
    _, _, found = svds(
        rows,
        k=rank,
        solver="propack",
        return_singular_vectors="vh",
        rng=np.random.default_rng(0),
    )
    return np.asarray(found)


def _rough_directions(rows: sp.csr_matrix, rank: int) -> Floats:
    """Return the first right singular vectors, nearly: shape (rank, terms).

    The last, wide decomposition is one of inner products, some hundred by some hundred.
    """
    draw = np.random.default_rng(0)
    turned = rows.T.tocsr()
    width = rank + OVERSAMPLES
    seen = rows @ draw.standard_normal((rows.shape[1], width), dtype=np.float32)
    for _ in range(POWER_ITERATIONS):
        seen = rows @ (turned @ seen)
    span, _ = np.linalg.qr(seen)
    wide = turned @ span
    # by blocks: a double-precision copy of the whole would be most of the memory of an index
    blocks = [slice(start, start + BLOCK_TERMS) for start in range(0, len(wide), BLOCK_TERMS)]
    inner = np.zeros((width, width))
    for block in blocks:
        part = wide[block].astype(np.float64)
        inner += part.T @ part
    squares, turns = np.linalg.eigh(inner)
    first = slice(None, -rank - 1, -1)
    lengths = np.sqrt(np.maximum(squares[first], np.finfo(np.float32).tiny))
    turned_back = turns[:, first] / lengths
    made = np.empty((len(wide), rank), dtype=np.float32)
    for block in blocks:
        made[block] = wide[block].astype(np.float64) @ turned_back
    return made.T
