"""Rank texts against texts: what the command `rank` and the benchmarks of relevance call.

Three rankers with one face: by terms (`LexicalRanker`), by meaning (`SemanticRanker`), and by both
(`HybridRanker`), which adds the two after giving them the same spread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from matching.technology.relevance.embedding import Embedder
from matching.technology.relevance.languages import language_of, tongues
from matching.technology.relevance.lexical import CANDIDATES, Entry, LexicalIndex, fit_index
from matching.technology.relevance.semantic import SemanticIndex, fit_semantic
from matching.technology.relevance.vocabulary import Written

Scores = NDArray[np.float32]

DENSE_CANDIDATES = 100
SPREAD_SAMPLE = 300
STEP = 256  # queries scored at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A target with its score for a query, and its rank among those scored for it, from 1."""

    target: str
    score: float
    rank: int


Lists = list[tuple[Scored, ...]]


class Ranker(Protocol):
    """What ranks targets for queries."""

    def best(self, queries: Sequence[Written], top: int) -> Lists:
        """Return the `top` best targets of each query, the best first."""

    def among(self, queries: Sequence[Written], wanted: Sequence[Sequence[str]]) -> Lists:
        """Return given targets for each query, in the order given; KeyError for an unknown one."""

    def everything(self, queries: Sequence[Written]) -> Scores:
        """Return the score of every target in their order: shape (queries, targets)."""


class LexicalRanker:
    """The light scorer."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.index: LexicalIndex = fit_index(entries)

    def best(self, queries: Sequence[Written], top: int) -> Lists:
        """Return the `top` best targets of each query, the best first."""
        hits = self.index.best(self.index.read(queries), top)
        return [
            tuple(
                Scored(target=self.index.targets[target], score=float(score), rank=rank)
                for rank, (target, score) in enumerate(zip(hit.targets, hit.scores, strict=True), 1)
            )
            for hit in hits
        ]

    def among(self, queries: Sequence[Written], wanted: Sequence[Sequence[str]]) -> Lists:
        """Return given targets for each query, in the order given; KeyError for an unknown one."""
        place = {target: index for index, target in enumerate(self.index.targets)}
        read = self.index.read(queries)
        return [
            ranked(names, self.index.scores_of(read, query, _places(names, place)))
            for query, names in enumerate(wanted)
        ]

    def everything(self, queries: Sequence[Written]) -> Scores:
        """Return the score of every target in their order: shape (queries, targets)."""
        return self.index.all_scores(self.index.read(queries))


class SemanticRanker:
    """The scorer by meaning alone."""

    def __init__(self, entries: Sequence[Entry], embedder: Embedder) -> None:
        self.index = fit_semantic(entries, embedder)
        self.targets = tuple(dict.fromkeys(entry.target for entry in entries))

    def best(self, queries: Sequence[Written], top: int) -> Lists:
        """Return the `top` best targets of each query, the best first."""
        found: Lists = []
        for start in range(0, len(queries), STEP):
            scores = self.index.all_scores(queries[start : start + STEP])
            found += [cut(self.targets, row, np.arange(len(row)), top) for row in scores]
        return found

    def among(self, queries: Sequence[Written], wanted: Sequence[Sequence[str]]) -> Lists:
        """Return given targets for each query, in the order given; KeyError for an unknown one."""
        place = {target: index for index, target in enumerate(self.targets)}
        found: Lists = []
        for start in range(0, len(queries), STEP):
            scores = self.index.all_scores(queries[start : start + STEP])
            for row, names in zip(scores, wanted[start : start + STEP], strict=True):
                found.append(ranked(names, row[_places(names, place)]))
        return found

    def everything(self, queries: Sequence[Written]) -> Scores:
        """Return the score of every target in their order: shape (queries, targets)."""
        return self.index.all_scores(queries)


class HybridRanker:
    """Terms and meaning, one to one: score = lexical + w · (cos - mean), w equalising the spreads.

    Mean and w come from pairs of the index's own texts, so they are constants of the index. For a
    target that has no text in the query's language, w counts twice (`Tongues`).
    """

    def __init__(self, entries: Sequence[Entry], embedder: Embedder) -> None:
        self.lexical = LexicalRanker(entries)
        self.semantic = SemanticRanker(entries, embedder)
        self.balance = balance(entries, self.lexical.index, self.semantic.index)
        self.tongues = tongues([(entry.target, entry.written.whole) for entry in entries])

    def best(self, queries: Sequence[Written], top: int) -> Lists:
        """Return the `top` best targets among the best 200 by terms and the best 100 by meaning."""
        targets, found = self.lexical.index.targets, list[tuple[Scored, ...]]()
        for start in range(0, len(queries), STEP):
            part = queries[start : start + STEP]
            read = self.lexical.index.read(part)
            meant = self.semantic.index.all_scores(part)
            hits = self.lexical.index.best(read, max(top, CANDIDATES))
            for query, (hit, row) in enumerate(zip(hits, meant, strict=True)):
                closest = np.argsort(-row, kind="stable")[: max(top, DENSE_CANDIDATES)]
                both = np.union1d(hit.targets, closest)
                both = both[self.lexical.index.alive[both]]
                by_terms = self.lexical.index.scores_of(read, query, both)
                scores = self._mixed(by_terms, row[both], self._weights(part[query])[both])
                found.append(cut(targets, scores, both, top))
        return found

    def among(self, queries: Sequence[Written], wanted: Sequence[Sequence[str]]) -> Lists:
        """Return given targets for each query, in the order given; KeyError for an unknown one."""
        by_terms = self.lexical.among(queries, wanted)
        by_meaning = self.semantic.among(queries, wanted)
        place = {target: index for index, target in enumerate(self.lexical.index.targets)}
        return [
            ranked(
                [one.target for one in terms],
                self._mixed(
                    np.array([one.score for one in terms], dtype=np.float32),
                    np.array([one.score for one in meaning], dtype=np.float32),
                    self._weights(query)[_places([one.target for one in terms], place)],
                ),
            )
            for query, terms, meaning in zip(queries, by_terms, by_meaning, strict=True)
        ]

    def everything(self, queries: Sequence[Written]) -> Scores:
        """Return the score of every target in their order: shape (queries, targets)."""
        weights = np.array([self._weights(query) for query in queries], dtype=np.float32)
        return self._mixed(
            self.lexical.everything(queries),
            self.semantic.everything(queries),
            weights.reshape(len(queries), -1),
        )

    def _weights(self, query: Written) -> Scores:
        return self.tongues.weights_of_meaning(language_of(query.whole))

    def _mixed(self, lexical: Scores, semantic: Scores, weights: Scores) -> Scores:
        meant = self.balance.weight * (semantic - self.balance.mean)
        mixed: Scores = lexical + weights * meant
        return mixed


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What makes a cosine of meanings comparable with a lexical score."""

    mean: float
    weight: float


def balance(entries: Sequence[Entry], terms: LexicalIndex, meaning: SemanticIndex) -> Balance:
    """Return mean and weight by the spreads over an even sample of texts as queries.

    A text as a query is its title where it has one; its own target does not count.
    """
    places = np.unique(np.linspace(0, len(entries) - 1, SPREAD_SAMPLE).astype(np.int64))
    asked = [entries[one].written for one in places]
    owners = {target: index for index, target in enumerate(terms.targets)}
    own = np.array([owners[entries[one].target] for one in places])
    others = own[:, None] != np.arange(len(owners))[None, :]
    if not others.any():
        return Balance(mean=0.0, weight=1.0)
    by_terms = terms.all_scores(terms.read(asked))[others]
    by_meaning = meaning.all_scores(asked)[others]
    spread = float(by_meaning.std())
    weight = float(by_terms.std()) / spread if spread > 0 else 0.0
    return Balance(mean=float(by_meaning.mean()), weight=weight)


def cut(
    targets: Sequence[str], scores: Scores, places: NDArray[np.int64], top: int
) -> tuple[Scored, ...]:
    """Return the best of some targets, the best first; the earlier one wins a tie."""
    order = np.lexsort((places, -scores))[:top]
    return tuple(
        Scored(target=targets[places[one]], score=float(scores[one]), rank=rank)
        for rank, one in enumerate(order, 1)
    )


def ranked(names: Sequence[str], scores: Scores) -> tuple[Scored, ...]:
    """Return targets with ranks from 1 by falling score; the earlier one wins a tie."""
    order = sorted(range(len(names)), key=lambda one: (-scores[one], one))
    ranks: Mapping[int, int] = {one: rank for rank, one in enumerate(order, 1)}
    return tuple(
        Scored(target=name, score=float(scores[one]), rank=ranks[one])
        for one, name in enumerate(names)
    )


def _places(names: Sequence[str], place: Mapping[str, int]) -> NDArray[np.int64]:
    return np.array([place[name] for name in names], dtype=np.int64)
