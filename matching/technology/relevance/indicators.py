"""Hold a demand's thresholds against what a provider's documents state: met, unmet or unknown.

A stated quantity speaks about an indicator when its dimension is the same and its clause shares a
term with the indicator's name. It meets the threshold when everything that it states lies in what
is asked, misses it when nothing does; a range that is partly in leaves it unknown. One document
that meets is enough.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique

from matching.technology.problem import Demand, Document, Indicator, Provider, Span
from matching.technology.relevance.analyser import plain_terms
from matching.technology.relevance.quantities import Quantity, quantities, wanted

_CLAUSE_END = re.compile(r"[，,。；;！!？?\n]|\.(?=\s|$)")
WORTH_MET, WORTH_UNMET, WORTH_UNMET_MUST = 1.0, -0.5, -1.0


@unique
class Verdict(StrEnum):
    """What the documents say about an indicator."""

    MET = "met"
    UNMET = "unmet"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The verdict on one indicator, with the statement that it rests on (none when unknown)."""

    indicator: Indicator
    verdict: Verdict
    document_id: str | None = None
    span: Span | None = None


def findings(demand: Demand, provider: Provider) -> tuple[Finding, ...]:
    """Return the verdict on each indicator of a demand, in the demand's order."""
    if not demand.indicators:
        return ()
    stated = [
        (document, field, text, found)
        for document in provider.documents
        for field in ("title", "abstract")
        if (text := document.text(field)) and (found := quantities(text))
    ]
    return tuple(_finding(indicator, stated) for indicator in demand.indicators)


def indicator_score(found: Sequence[Finding]) -> float:
    """Return the mean worth of the verdicts, -1..1: met 1, unknown 0, unmet -0.5, or -1 if must."""
    if not found:
        return 0.0
    return sum(_worth(one) for one in found) / len(found)


def _worth(finding: Finding) -> float:
    if finding.verdict is Verdict.MET:
        return WORTH_MET
    if finding.verdict is Verdict.UNKNOWN:
        return 0.0
    return WORTH_UNMET_MUST if finding.indicator.must else WORTH_UNMET


def _finding(
    indicator: Indicator, stated: Sequence[tuple[Document, str, str, tuple[Quantity, ...]]]
) -> Finding:
    asked = wanted(indicator)
    unmet: Finding | None = None
    if asked is None:
        return Finding(indicator=indicator, verdict=Verdict.UNKNOWN)
    interval, dimension = asked
    for document, field, text, found in stated:
        for quantity in found:
            if quantity.dimension != dimension or not _about(indicator, text, quantity):
                continue
            span = Span(field=field, start=quantity.start, end=quantity.end)
            made = {"indicator": indicator, "document_id": document.document_id, "span": span}
            if quantity.interval.within(interval):
                return Finding(verdict=Verdict.MET, **made)  # type: ignore[arg-type]
            if unmet is None and quantity.interval.apart_from(interval):
                unmet = Finding(verdict=Verdict.UNMET, **made)  # type: ignore[arg-type]
    return unmet or Finding(indicator=indicator, verdict=Verdict.UNKNOWN)


def _about(indicator: Indicator, text: str, quantity: Quantity) -> bool:
    """Return whether the clause of a quantity shares a term with the indicator's name."""
    clause = clause_of(text, quantity.start, quantity.end)
    return bool(plain_terms(indicator.name) & plain_terms(clause))


def clause_of(text: str, start: int, end: int) -> str:
    """Return the clause around some characters of a text."""
    first = max((match.end() for match in _ends(text, 0, start)), default=0)
    last = min((match.start() for match in _ends(text, end, len(text))), default=len(text))
    return text[first:last]


def _ends(text: str, start: int, end: int) -> Iterator[re.Match[str]]:
    return _CLAUSE_END.finditer(text, start, end)
