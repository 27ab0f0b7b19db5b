"""The default scorer of texts: shared terms, and terms that occur in the same company.

score(query, text) = (cos_terms + w · cos_latent) / (1 + w). Both cosines are linear in the terms of
the query once its length is known, so that every score splits into its terms exactly. The weight w
makes the spread of the latent cosine an eighth of the spread of the other one over the index: a
constant of the index, never of one query, so that scores of different queries can be compared.

A target (a team, or a single text) gets a weighted mean of the scores of its best five texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sparse_dot_topn import sp_matmul_topn

from matching.technology.relevance.grouping import (
    Group,
    best_mean,
    groups,
    mean_of_best,
    weights,
)
from matching.technology.relevance.latent import Latent, fit_latent
from matching.technology.relevance.vocabulary import QUERY_TITLE_WEIGHT, Vocabulary, Written, fit

Floats = NDArray[np.float32]
Indices = NDArray[np.int64]

LATENT_SHARE = 0.125
SPREAD_SAMPLE = 300
EXACT_TEXTS = 5_000  # up to here every text is scored; above, the best by shared terms are
CANDIDATES = 200
CELLS = 4_000_000  # numbers of one dense block, 16 MB
THREADS = 2
BLOCKS_MAX = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A text of a target: `name` is its own id, `target` who is scored by it."""

    name: str
    target: str
    written: Written


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Block:
    """Texts that entered an index together, sorted by target.

    Parameters
    ----------
    names
        The texts' own ids.
    owners
        Target of each text, counted from `first`, ascending.
    rows
        TF-IDF, shape (texts, terms).
    postings
        The same, turned: shape (terms, texts).
    points
        Latent, shape (texts, rank).
    bounds
        Shape (terms, targets): no target scores more than this by shared terms.
    flat
        Whether each target has one text: then the bounds are the scores.
    """

    first: int
    names: tuple[str, ...]
    owners: Indices
    rows: sp.csr_matrix
    postings: sp.csr_matrix
    points: Floats
    bounds: sp.csr_matrix
    flat: bool
    parts: tuple[Group, ...]
    targets: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Queries:
    """Demands as the index sees them: TF-IDF rows and latent points of length one."""

    rows: sp.csr_matrix
    points: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Hits:
    """The best targets of one query, the best first; indices into `LexicalIndex.targets`."""

    targets: Indices
    scores: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LexicalIndex:
    """Texts of targets, ready to be scored against queries. A value: additions make a new one."""

    vocabulary: Vocabulary
    latent: Latent
    latent_weight: float
    blocks: tuple[Block, ...]
    targets: tuple[str, ...]
    alive: NDArray[np.bool_]

    @property
    def texts(self) -> int:
        """How many texts it holds."""
        return sum(len(block.names) for block in self.blocks)

    def read(self, written: Sequence[Written]) -> Queries:
        """Return queries as the index sees them."""
        rows = self.vocabulary.weigh(written, title_weight=QUERY_TITLE_WEIGHT)
        return Queries(rows=rows, points=self.latent.project(rows))

    def best(self, queries: Queries, top: int) -> list[Hits]:
        """Return the `top` best targets of each query.

        Notes
        -----
        Up to `EXACT_TEXTS` texts, every one is scored. Above, the max(200, 2 · top) targets that
        share most terms with the query are.
        """
        if self.texts <= EXACT_TEXTS:
            return self._best_of_all(queries, top)
        return self._best_of_candidates(queries, top)

    def all_scores(self, queries: Queries) -> Floats:
        """Return the score of every target: float32, shape (queries, targets)."""
        return np.concatenate(
            [
                best_mean(self._text_scores(queries, block), block.parts, targets=block.targets)
                for block in self.blocks
            ],
            axis=1,
        )

    def scores_of(self, queries: Queries, query: int, targets: Indices) -> Floats:
        """Return the scores of some targets for one query, in their order."""
        made = np.zeros(len(targets), dtype=np.float32)
        for block in self.blocks:
            here = (targets >= block.first) & (targets < block.first + block.targets)
            if here.any():
                made[here] = self._gathered(queries, query, block, targets[here] - block.first)
        return made

    def with_target(self, target: str, entries: Sequence[Entry]) -> LexicalIndex:
        """Return the index with a target added, or replaced; weights of terms stay as they are."""
        kept = self.without(target)
        added = [replace(entry, target=target) for entry in entries]
        block = _block(added, self.vocabulary, self.latent, first=len(kept.targets))
        grown = replace(
            kept,
            blocks=(*kept.blocks, block),
            targets=(*kept.targets, target),
            alive=np.append(kept.alive, True),
        )
        return merged(grown) if len(grown.blocks) > BLOCKS_MAX else grown

    def without(self, target: str) -> LexicalIndex:
        """Return the index without a target; unchanged when it has none of this name."""
        if target not in self.targets:
            return self
        alive = self.alive & (np.array(self.targets, dtype=object) != target)
        return replace(self, alive=alive)

    def _text_scores(self, queries: Queries, block: Block) -> Floats:
        terms = (queries.rows @ block.postings).toarray()
        return self._mixed(terms, np.asarray(queries.points @ block.points.T, dtype=np.float32))

    def _mixed(self, terms: Floats, latent: Floats) -> Floats:
        weight = np.float32(self.latent_weight)
        made: Floats = ((terms + weight * latent) / (1 + weight)).astype(np.float32, copy=False)
        return made

    def _best_of_all(self, queries: Queries, top: int) -> list[Hits]:
        count, found = queries.rows.shape[0], list[Hits]()
        step = max(1, CELLS // max(1, self.texts))
        everything = np.arange(len(self.targets))
        for start in range(0, count, step):
            part = Queries(
                rows=queries.rows[start : start + step], points=queries.points[start : start + step]
            )
            found += [self._cut(everything, row, top) for row in self.all_scores(part)]
        return found

    def _best_of_candidates(self, queries: Queries, top: int) -> list[Hits]:
        wanted = max(CANDIDATES, 2 * top)
        found: list[list[tuple[Indices, Floats]]] = [[] for _ in range(queries.rows.shape[0])]
        for block in self.blocks:
            best = sp_matmul_topn(
                queries.rows,
                block.bounds,
                top_n=min(wanted, block.targets),
                n_threads=THREADS,
            )
            for query, mine in enumerate(found):
                cut = slice(best.indptr[query], best.indptr[query + 1])
                places = best.indices[cut].astype(np.int64)
                if block.flat:  # one text each: the bound is the score by terms itself
                    latent = block.points[places] @ queries.points[query]
                    scores = self._mixed(best.data[cut], latent)
                else:
                    scores = self._gathered(queries, query, block, places)
                mine.append((places + block.first, scores))
        return [
            self._cut(
                np.concatenate([places for places, _ in parts]),
                np.concatenate([scores for _, scores in parts]),
                top,
            )
            for parts in found
        ]

    def _cut(self, targets: Indices, scores: Floats, top: int) -> Hits:
        """Return the best of some targets; the earlier one wins a tie."""
        alive = self.alive[targets]
        targets, scores = targets[alive], scores[alive]
        order = np.lexsort((targets, -scores))[:top]
        return Hits(targets=targets[order], scores=scores[order])

    def _gathered(self, queries: Queries, query: int, block: Block, wanted: Indices) -> Floats:
        """Return the scores of a block's targets for one query by visiting their texts alone."""
        row = queries.rows[query]
        dense = np.zeros(len(self.vocabulary), dtype=np.float32)
        dense[row.indices] = row.data
        starts = np.searchsorted(block.owners, wanted)
        ends = np.searchsorted(block.owners, wanted, side="right")
        sizes = ends - starts
        made = np.zeros(len(wanted), dtype=np.float32)
        for size in np.unique(sizes[sizes > 0]):
            these = np.flatnonzero(sizes == size)
            texts = (starts[these][:, None] + np.arange(size)).ravel()
            terms = block.rows[texts] @ dense
            latent = block.points[texts] @ queries.points[query]
            made[these] = mean_of_best(self._mixed(terms, latent).reshape(-1, size))
        return made


def fit_index(entries: Sequence[Entry]) -> LexicalIndex:
    """Return the index of some texts.

    Parameters
    ----------
    entries
        In any order; the targets keep the order in which they appear first.

    Raises
    ------
    ValueError
        When there is no text.
    """
    if not entries:
        raise ValueError("an index needs at least one text, got none")
    targets = tuple(dict.fromkeys(entry.target for entry in entries))
    place = {target: index for index, target in enumerate(targets)}
    ordered = sorted(entries, key=lambda entry: place[entry.target])
    vocabulary, rows = fit([entry.written for entry in ordered])
    latent = fit_latent(rows, pairs=vocabulary.pairs)
    points = latent.project(rows)
    owners = np.array([place[entry.target] for entry in ordered], dtype=np.int64)
    names = tuple(entry.name for entry in ordered)
    return LexicalIndex(
        vocabulary=vocabulary,
        latent=latent,
        latent_weight=_latent_weight(rows, points),
        blocks=(_made(names, owners, rows, points, first=0),),
        targets=targets,
        alive=np.ones(len(targets), dtype=bool),
    )


def merged(index: LexicalIndex) -> LexicalIndex:
    """Return the index with its later blocks made one; the first, large one is left alone."""
    return replace(index, blocks=(index.blocks[0], _joined(index.blocks[1:])))


def _block(
    entries: Sequence[Entry], vocabulary: Vocabulary, latent: Latent, *, first: int
) -> Block:
    """Return a block of one target."""
    rows = vocabulary.weigh([entry.written for entry in entries])
    owners = np.zeros(len(entries), dtype=np.int64)
    names = tuple(entry.name for entry in entries)
    return _made(names, owners, rows, latent.project(rows), first=first)


def _made(
    names: tuple[str, ...], owners: Indices, rows: sp.csr_matrix, points: Floats, *, first: int
) -> Block:
    targets = int(owners[-1]) + 1 if len(owners) else 1
    sizes = np.bincount(owners, minlength=targets)
    # no text counts more than the best one does, so the sum over all texts is never less
    most = {size: weights(size)[0] for size in set(sizes.tolist()) if size}
    shares = np.array([most[sizes[owner]] for owner in owners], dtype=np.float32)
    sums = sp.csr_matrix(
        (shares, (owners, np.arange(len(owners)))), shape=(targets, len(owners)), dtype=np.float32
    )
    flat = bool((sizes == 1).all())
    postings = rows.T.tocsr()
    return Block(
        first=first,
        names=names,
        owners=owners,
        rows=rows,
        postings=postings,
        points=points,
        bounds=postings if flat else (sums @ rows).T.tocsr(),
        flat=flat,
        parts=groups(owners),
        targets=targets,
    )


def _joined(blocks: Sequence[Block]) -> Block:
    first = blocks[0].first
    return _made(
        tuple(name for block in blocks for name in block.names),
        np.concatenate([block.owners + (block.first - first) for block in blocks]),
        sp.vstack([block.rows for block in blocks], format="csr"),
        np.concatenate([block.points for block in blocks]),
        first=first,
    )


def _latent_weight(rows: sp.csr_matrix, points: Floats) -> float:
    """Return the weight that gives the latent cosine an eighth of the other one's spread.

    The spreads are standard deviations over pairs of an even sample of texts with all texts but
    themselves.
    """
    if not points.shape[1] or rows.shape[0] < 2:
        return 0.0
    sample = np.unique(np.linspace(0, rows.shape[0] - 1, SPREAD_SAMPLE).astype(np.int64))
    others = np.unique(np.linspace(0, rows.shape[0] - 1, EXACT_TEXTS).astype(np.int64))
    different = sample[:, None] != others[None, :]
    terms = (rows[sample] @ rows[others].T).toarray()[different].std()
    latent = (points[sample] @ points[others].T)[different].std()
    return float(LATENT_SHARE * terms / latent) if latent > 0 else 0.0
