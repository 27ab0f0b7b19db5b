"""The optional scorer by meaning: different words, different languages, one point cloud.

A text is several points: its title and its key sentences, or, for a model that reads passages, the
title with what follows. A query is its title (its first sentences when it has none). A text scores
the mean over the query's points of its own closest point; a target a mean of its best five.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.technology.relevance.embedding import Embedder, Floats, Kind, Reading
from matching.technology.relevance.grouping import Group, best_mean, groups
from matching.technology.relevance.lexical import Entry
from matching.technology.relevance.sentences import sentences
from matching.technology.relevance.vocabulary import Written

Indices = NDArray[np.int64]

KEY_SENTENCES = 8
QUERY_SENTENCES = 3
PASSAGE_CHARACTERS = 1_200
CELLS = 4_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a text that has a point of its own: which field, from where to where."""

    field: str
    start: int
    end: int
    text: str


def pieces(written: Written, reading: Reading) -> tuple[Piece, ...]:
    """Return the parts of a document that get points."""
    if reading is Reading.PASSAGES:
        return _whole(written)
    return (*_title(written), *_sentences(written, KEY_SENTENCES)) or _passage(written)


def query_pieces(written: Written, reading: Reading) -> tuple[Piece, ...]:
    """Return the parts of a demand that get points."""
    if reading is Reading.PASSAGES:
        return _whole(written)
    return _title(written) or _sentences(written, QUERY_SENTENCES) or _passage(written)


def _title(written: Written) -> tuple[Piece, ...]:
    title = written.title
    return (Piece(field="title", start=0, end=len(title), text=title),) if title.strip() else ()


def _passage(written: Written) -> tuple[Piece, ...]:
    text = written.text[:PASSAGE_CHARACTERS]
    return (Piece(field="text", start=0, end=len(text), text=text),)


def _whole(written: Written) -> tuple[Piece, ...]:
    """Return title and text as one piece, cited by the text, or by the title without one."""
    told = " ".join(part for part in (written.title, written.text) if part)[:PASSAGE_CHARACTERS]
    field = "text" if written.text else "title"
    end = min(len(getattr(written, field)), PASSAGE_CHARACTERS)
    return (Piece(field=field, start=0, end=end, text=told),)


def _sentences(written: Written, most: int) -> tuple[Piece, ...]:
    """Return the longest sentences of a text in reading order: short ones say little."""
    found = sentences(written.text)
    longest = sorted(range(len(found)), key=lambda one: (-len(found[one].text), one))[:most]
    return tuple(
        Piece(field="text", start=found[one].start, end=found[one].end, text=found[one].text)
        for one in sorted(longest)
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SemanticIndex:
    """The points of texts.

    Parameters
    ----------
    points
        float32, shape (pieces, dim), length one.
    texts
        The text of each point, ascending, shape (pieces,).
    parts
        Texts by target, as the lexical index has them.
    """

    embedder: Embedder
    points: Floats
    texts: Indices
    starts: Indices
    parts: tuple[Group, ...]
    targets: int

    def text_scores(self, queries: Sequence[Written]) -> Floats:
        """Return the score of every text: float32, shape (queries, texts)."""
        asked = [query_pieces(query, self.embedder.reading) for query in queries]
        told = self.embedder.encode([piece.text for parts in asked for piece in parts], Kind.QUERY)
        made = np.zeros((len(queries), len(self.starts)), dtype=np.float32)
        step = max(1, CELLS // max(1, len(self.points)))
        owners = np.repeat(np.arange(len(asked)), [len(parts) for parts in asked])
        for first in range(0, len(told), step):
            near = told[first : first + step] @ self.points.T
            closest = np.maximum.reduceat(near, self.starts, axis=1)
            np.add.at(made, owners[first : first + step], closest)
        counts = np.array([len(parts) for parts in asked], dtype=np.float32)
        made /= counts[:, None]
        return made

    def all_scores(self, queries: Sequence[Written]) -> Floats:
        """Return the score of every target: float32, shape (queries, targets)."""
        return best_mean(self.text_scores(queries), self.parts, targets=self.targets)


def fit_semantic(entries: Sequence[Entry], embedder: Embedder) -> SemanticIndex:
    """Return the points of some texts, in the order of targets that the lexical index keeps."""
    place = {
        target: index for index, target in enumerate(dict.fromkeys(one.target for one in entries))
    }
    ordered = sorted(entries, key=lambda entry: place[entry.target])
    parts = [pieces(entry.written, embedder.reading) for entry in ordered]
    points = embedder.encode([piece.text for mine in parts for piece in mine], Kind.PASSAGE)
    counts = np.array([len(mine) for mine in parts], dtype=np.int64)
    owners = np.array([place[entry.target] for entry in ordered], dtype=np.int64)
    return SemanticIndex(
        embedder=embedder,
        points=points,
        texts=np.repeat(np.arange(len(parts)), counts),
        starts=np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64),
        parts=groups(owners),
        targets=len(place),
    )
