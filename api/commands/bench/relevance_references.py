"""The scorers that ours is compared with, made of public parts: TF-IDF, LSA-200 and BM25.

Each reads Chinese as pairs of characters and English as plain words, title and text once each,
without anything of our own analysis.

References
----------
Robertson and Zaragoza (2009), The probabilistic relevance framework; k1 = 1.2, b = 0.75.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.preprocessing import normalize
from threadpoolctl import threadpool_limits

from matching.technology.relevance.lexical import Entry
from matching.technology.relevance.vocabulary import Written

Doubles = NDArray[np.float64]
Reference = Callable[[Sequence[Written], Sequence[Entry]], Doubles]

K1, B = 1.2, 0.75
RANK = 200
_PART = re.compile(r"[\u4e00-\u9fff]+|[a-z]{2,}")


def plain_terms(text: str) -> list[str]:
    """Return pairs of Chinese characters and lower-case words of two letters or more."""
    found = []
    for part in _PART.findall(text.lower()):
        if part[0] >= "\u4e00" and len(part) > 1:
            found += [part[at : at + 2] for at in range(len(part) - 1)]
        else:
            found.append(part)
    return found


def tfidf(queries: Sequence[Written], entries: Sequence[Entry]) -> Doubles:
    """Return cosines of sublinear TF-IDF: shape (queries, entries)."""
    asked, rows = _weighed(queries, entries)
    return np.asarray((asked @ rows.T).toarray())


def lsa(queries: Sequence[Written], entries: Sequence[Entry]) -> Doubles:
    """Return cosines in the first 200 latent directions: shape (queries, entries)."""
    asked, rows = _weighed(queries, entries)
    with threadpool_limits(limits=1):
        rank = min(RANK, min(rows.shape) - 1)
        model = TruncatedSVD(rank, random_state=0).fit(rows)
        made = normalize(model.transform(asked)) @ normalize(model.transform(rows)).T
    return np.asarray(made)


def bm25(queries: Sequence[Written], entries: Sequence[Entry]) -> Doubles:
    """Return BM25 scores: shape (queries, entries)."""
    counter = CountVectorizer(analyzer=plain_terms)
    rows = sp.csr_matrix(counter.fit_transform([_text(one.written) for one in entries]))
    asked = sp.csr_matrix(counter.transform([_text(one) for one in queries]))
    texts_with = np.bincount(rows.indices, minlength=rows.shape[1])
    idf = np.log(1 + (rows.shape[0] - texts_with + 0.5) / (texts_with + 0.5))
    lengths = np.asarray(rows.sum(axis=1)).ravel()
    norm = K1 * (1 - B + B * lengths / max(lengths.mean(), 1e-12))
    counts = rows.data.astype(np.float64)
    per_text = np.repeat(norm, np.diff(rows.indptr))
    rows = sp.csr_matrix(
        (counts * (K1 + 1) / (counts + per_text) * idf[rows.indices], rows.indices, rows.indptr),
        shape=rows.shape,
    )
    return np.asarray((asked.astype(np.float64) @ rows.T).toarray())


LIGHT: dict[str, Reference] = {"TF-IDF": tfidf, "LSA-200": lsa, "BM25": bm25}


def _weighed(
    queries: Sequence[Written], entries: Sequence[Entry]
) -> tuple[sp.csr_matrix, sp.csr_matrix]:
    model = TfidfVectorizer(analyzer=plain_terms, sublinear_tf=True)
    rows = model.fit_transform([_text(one.written) for one in entries])
    return sp.csr_matrix(model.transform([_text(one) for one in queries])), sp.csr_matrix(rows)


def _text(written: Written) -> str:
    return f"{written.title} {written.text}"
