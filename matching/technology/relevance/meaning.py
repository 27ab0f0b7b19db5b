"""The part by meaning of stored demands: closeness of points, on the scale of the lexical part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from matching.technology.problem import Provider
from matching.technology.relevance.embedding import Embedder, Kind
from matching.technology.relevance.languages import Tongues, tongues
from matching.technology.relevance.lexical import Entry, LexicalIndex
from matching.technology.relevance.ranking import DENSE_CANDIDATES, Balance, balance
from matching.technology.relevance.reading import entries
from matching.technology.relevance.semantic import (
    Piece,
    SemanticIndex,
    fit_semantic,
    pieces,
    query_pieces,
)
from matching.technology.relevance.vocabulary import Written

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClosestPair:
    """The two sentences whose meanings are closest; `document_id` is empty for a team's own words.

    `cosine` is in -1..1.
    """

    demand: Piece
    document_id: str
    document: Piece
    cosine: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Meaning:
    """The points of all providers' texts, in the places that the lexical index gives them."""

    embedder: Embedder
    indexes: tuple[SemanticIndex, ...]
    balance: Balance
    tongues: Tongues

    def scores(self, written: Sequence[Written]) -> list[Floats]:
        """Return for each demand the closeness of every place of the index, a cosine."""
        parts = [index.all_scores(written) for index in self.indexes]
        return list(np.concatenate(parts, axis=1))

    def values(self, row: Floats, language: str) -> Floats:
        """Return closenesses on the scale of the lexical part, by place; 0 for an average one.

        They count up to twice for those who have no text in the demand's language.
        """
        weights = self.balance.weight * self.tongues.weights_of_meaning(language)
        made: Floats = weights * (row - self.balance.mean)
        return made

    def closest(self, row: Floats, alive: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return the places of the hundred closest providers."""
        order = np.argsort(np.where(alive, -row, np.inf), kind="stable")[:DENSE_CANDIDATES]
        return order[alive[order]]

    def with_provider(self, provider: Provider) -> Meaning:
        """Return the points with those of a provider behind them."""
        texts = entries(provider)
        return replace(
            self,
            indexes=(*self.indexes, fit_semantic(texts, self.embedder)),
            tongues=self.tongues.joined(_tongues(texts)),
        )

    def closest_pair(self, written: Written, provider: Provider) -> ClosestPair:
        """Return the closest sentences of a demand and of a provider's texts."""
        asked = query_pieces(written, self.embedder.reading)
        told = [
            (entry.name, piece)
            for entry in entries(provider)
            for piece in pieces(entry.written, self.embedder.reading)
        ]
        ours = self.embedder.encode([piece.text for piece in asked], Kind.QUERY)
        theirs = self.embedder.encode([piece.text for _, piece in told], Kind.PASSAGE)
        near = ours @ theirs.T
        row, column = np.unravel_index(int(near.argmax()), near.shape)
        name, piece = told[int(column)]
        return ClosestPair(
            demand=asked[int(row)],
            document_id=name,
            document=piece,
            cosine=float(near[row, column]),
        )


def fit_meaning(texts: Sequence[Entry], index: LexicalIndex, embedder: Embedder) -> Meaning:
    """Return the points of some texts, balanced with the lexical scores of the same texts."""
    points = fit_semantic(texts, embedder)
    return Meaning(
        embedder=embedder,
        indexes=(points,),
        balance=balance(texts, index, points),
        tongues=_tongues(texts),
    )


def _tongues(texts: Sequence[Entry]) -> Tongues:
    return tongues([(entry.target, entry.written.whole) for entry in texts])
