"""Count terms of many texts at once and weigh them: sublinear TF-IDF rows of length one.

References
----------
Salton and Buckley (1988), Term-weighting approaches in automatic text retrieval, Information
Processing & Management 24(5): (1 + ln tf) · idf, cosine; idf = ln((1 + n) / (1 + df)) + 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from matching.technology.relevance.analyser import WORDS_FROM, Keys, Lexicon, analyse

QUERY_TITLE_WEIGHT = 2  # a demand's title says what is asked; a document's counts as its text
BATCH_CHARACTERS = 2_000_000
SMALL = 20_000  # texts; below this a rare term is evidence, above it is mostly a misprint
MIN_TEXTS_LARGE = 2
MAX_SHARE_SMALL = 0.5
MAX_SHARE_LARGE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A text with its title, as a demand, a paper or a project has one; either may be empty."""

    title: str
    text: str

    @property
    def whole(self) -> str:
        """Title and text."""
        return f"{self.title}\n{self.text}"

    @property
    def length(self) -> int:
        """Characters of both."""
        return len(self.title) + len(self.text)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Vocabulary:
    """The terms that an index knows, and how much each says.

    Parameters
    ----------
    keys
        Sorted, shape (terms,): the key of each column.
    idf
        float32, shape (terms,), ≥ 1.
    texts
        How many texts it was fitted on.
    """

    lexicon: Lexicon
    keys: Keys
    idf: NDArray[np.float32]
    texts: int

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def pairs(self) -> int:
        """How many of the first terms are pairs of words."""
        return int(np.searchsorted(self.keys, WORDS_FROM))

    def columns(self, keys: Keys) -> Keys:
        """Return the column of each key, -1 for keys that are unknown."""
        if not len(self.keys):
            return np.full(len(keys), -1, dtype=np.int64)
        found = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[found] == keys, found, -1)

    def word(self, column: int) -> str:
        """Return the term of a column, as text."""
        return self.lexicon.word(int(self.keys[column]))

    def weigh(self, written: Sequence[Written], *, title_weight: int = 1) -> sp.csr_matrix:
        """Return TF-IDF rows of texts: float32, shape (texts, terms), length one or all zero.

        Parameters
        ----------
        title_weight
            How often the terms of a title count.
        """
        found = []
        for one in _terms(written, self.lexicon, title_weight=title_weight, grow=False):
            columns = self.columns(one.keys)
            known = columns >= 0
            found.append(
                _Counted(
                    rows=one.rows[known],
                    columns=columns[known].astype(np.int32),
                    weights=one.weights[known],
                )
            )
        return self._scaled(_counts(found, (len(written), len(self))))

    def _scaled(self, counts: sp.csr_matrix) -> sp.csr_matrix:
        """Return counts as TF-IDF rows of length one; changes the counts in place."""
        np.log(counts.data, out=counts.data)
        counts.data += 1
        counts.data *= self.idf[counts.indices]
        lengths = np.sqrt(np.add.reduceat(np.append(counts.data**2, 0), counts.indptr[:-1]))
        per_row = np.diff(counts.indptr)
        counts.data /= np.repeat(lengths, per_row).astype(np.float32)
        return counts


def fit(written: Sequence[Written]) -> tuple[Vocabulary, sp.csr_matrix]:
    """Return the vocabulary of some texts, and their TF-IDF rows.

    Notes
    -----
    In up to `SMALL` texts every term counts that at most half of them share; in more, a term needs
    two texts and may stand in at most a tenth.
    """
    lexicon = Lexicon()
    # numbered within each batch first: sorting the keys of all texts at once takes a gigabyte
    found, known = list[_Counted](), [np.zeros(0, dtype=np.int64)]
    for one in _terms(written, lexicon, title_weight=1, grow=True):
        mine, columns = np.unique(one.keys, return_inverse=True)
        known.append(mine)
        found.append(_Counted(rows=one.rows, columns=columns.astype(np.int32), weights=one.weights))
    distinct = np.unique(np.concatenate(known))
    for batch, mine in zip(found, known[1:], strict=True):
        batch.columns[:] = np.searchsorted(distinct, mine).astype(np.int32)[batch.columns]
    counts = _counts(found, (len(written), len(distinct)))
    counts.sum_duplicates()
    texts_with = np.bincount(counts.indices, minlength=len(distinct))
    large = len(written) > SMALL
    least = MIN_TEXTS_LARGE if large else 1
    most = max(1.0, (MAX_SHARE_LARGE if large else MAX_SHARE_SMALL) * len(written))
    kept = np.flatnonzero((texts_with >= least) & (texts_with <= most))
    idf = np.log((1 + len(written)) / (1 + texts_with[kept])) + 1
    vocabulary = Vocabulary(
        lexicon=lexicon,
        keys=distinct[kept],
        idf=idf.astype(np.float32),
        texts=len(written),
    )
    return vocabulary, vocabulary._scaled(counts[:, kept])  # noqa: SLF001 - its own maker


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Found:
    """The terms of some texts, shape (terms,) each: row, key and weight."""

    rows: NDArray[np.int32]
    keys: Keys
    weights: NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Counted:
    """The same with a column for each key."""

    rows: NDArray[np.int32]
    columns: NDArray[np.int32]
    weights: NDArray[np.float32]


def _terms(
    written: Sequence[Written], lexicon: Lexicon, *, title_weight: int, grow: bool
) -> Iterator[_Found]:
    """Yield the terms of some texts, batch by batch."""
    for first, batch in _batches(written):
        parts = [part for one in batch for part in (one.title, one.text)]
        found = analyse(parts, lexicon, grow=grow)
        in_title = found.texts % 2 == 0
        yield _Found(
            rows=(first + found.texts // 2).astype(np.int32),
            keys=found.keys,
            weights=np.where(in_title, title_weight, 1).astype(np.float32),
        )


def _batches(written: Sequence[Written]) -> Iterator[tuple[int, Sequence[Written]]]:
    """Cut texts into batches of bounded length; yield each with the index of its first."""
    first, length = 0, 0
    for index, one in enumerate(written):
        length += one.length
        if length >= BATCH_CHARACTERS:
            yield first, written[first : index + 1]
            first, length = index + 1, 0
    if first < len(written):
        yield first, written[first:]


def _counts(found: Sequence[_Counted], shape: tuple[int, int]) -> sp.csr_matrix:
    """Return how often each term stands in each text, repeated terms added up."""
    none = np.zeros(0, dtype=np.int32)
    rows = np.concatenate([none, *(one.rows for one in found)])
    columns = np.concatenate([none, *(one.columns for one in found)])
    weights = np.concatenate([none.astype(np.float32), *(one.weights for one in found)])
    made = sp.coo_matrix((weights, (rows, columns)), shape=shape).tocsr()
    return sp.csr_matrix(made)
