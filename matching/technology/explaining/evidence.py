"""Find where a provider's documents use a phrase of the demand, to be quoted as it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from matching.technology.explaining.phrases import Phrase, located
from matching.technology.problem import Document, Provider, Span
from matching.technology.relevance.analyser import Token
from matching.technology.relevance.indicators import clause_of
from matching.technology.relevance.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Characters of a document, cut out of it unchanged; `clause` is what stands around them."""

    document_id: str
    span: Span
    text: str
    clause: str
    issued: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A field of a document with the places of its terms."""

    document: Document
    field: str
    terms: tuple[tuple[Token, int], ...]


def read(provider: Provider, names: Sequence[str], vocabulary: Vocabulary) -> tuple[Read, ...]:
    """Return the fields of some documents, in the order of the names.

    Parameters
    ----------
    names
        Ids of documents, the best first; the empty id of a team's own words is passed over.
    """
    documents = {document.document_id: document for document in provider.documents}
    return tuple(
        Read(
            document=documents[name],
            field=field,
            terms=tuple(located(documents[name].text(field), vocabulary)),
        )
        for name in names
        if name in documents
        for field in ("title", "abstract")
    )


def quote(phrase: Phrase, texts: Sequence[Read]) -> Quote | None:
    """Return the longest place where the texts use a phrase's terms; the earlier text wins."""
    wanted = set(phrase.columns)
    best: tuple[int, Document, Span] | None = None
    for one in texts:
        span, terms = _longest(one, wanted)
        if span is not None and (best is None or terms > best[0]):
            best = terms, one.document, span
    if best is None:
        return None
    _, document, span = best
    text = document.text(span.field)
    return Quote(
        document_id=document.document_id,
        span=span,
        text=span.cut(text),
        clause=clause_of(text, span.start, span.end).strip(),
        issued=document.issued,
    )


def _longest(text: Read, wanted: set[int]) -> tuple[Span | None, int]:
    """Return the run of a text with most of the wanted terms, and how many it has."""
    best, most = None, 0
    start, end, terms = 0, -1, set[int]()
    for token, column in text.terms:
        if column not in wanted:
            continue
        if end < 0 or token.start > end + 1:
            start, terms = token.start, set()
        end = max(end, token.end)
        terms.add(column)
        if len(terms) > most:
            best, most = Span(field=text.field, start=start, end=end), len(terms)
    return best, most
