"""Everything that is said about one match: a value, without any wording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from matching.explain import Reason
from matching.technology.explaining.against import against
from matching.technology.explaining.counterfactuals import Tried, counterfactuals
from matching.technology.explaining.evidence import Quote, quote, read
from matching.technology.explaining.phrases import Phrase, phrases, shown, silent
from matching.technology.problem import Demand, Evidence, Match, PartScore
from matching.technology.relevance.languages import SHARE_MIN
from matching.technology.relevance.meaning import ClosestPair
from matching.technology.relevance.reading import demand_written
from matching.technology.relevance.scorer import Candidate, Scorer

MEANING_FIRST = 0.5  # of the positive score; from here on "different words, close in meaning"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ShownPhrase:
    """A phrase that is shown: its share of the lexical part, and where a document uses it."""

    phrase: Phrase
    share: float
    quote: Quote | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Explanation:
    """Why a provider stands where it does for a demand.

    Parameters
    ----------
    shown
        The phrases that carry at least 60 % of the lexical part, at least five if there are so
        many that add to it.
    rest
        What all other phrases add: the values of `shown` and `rest` sum to the lexical part.
    reasons
        What speaks for the match beside words, as codes.
    against
        What speaks against it, the weightiest first; never empty.
    newest
        The date of the newest document of the provider's that is cited; None when none is dated.
    pair
        The closest sentences, when the part by meaning is there.
    warnings
        What makes the whole ranking doubtful.
    """

    candidate: Candidate
    rank: int | None
    shown: tuple[ShownPhrase, ...]
    rest: float
    reasons: tuple[Reason, ...]
    against: tuple[Reason, ...]
    newest: date | None
    pair: ClosestPair | None
    by_meaning: bool
    tried: Tried | None
    warnings: tuple[Reason, ...]


def explain(
    scorer: Scorer, demand: Demand, provider_id: str, *, top: int = 10, changes: bool = True
) -> Explanation:
    """Explain one provider for one demand; see `explain_candidate`.

    Raises
    ------
    KeyError
        When the provider is unknown.
    """
    return explain_candidate(
        scorer, scorer.candidate(demand, provider_id), top=top, changes=changes
    )


def explain_candidate(
    scorer: Scorer, candidate: Candidate, *, top: int = 10, changes: bool = True
) -> Explanation:
    """Explain a provider that a scorer has scored for a demand.

    Parameters
    ----------
    top
        The length of the list that counterfactuals are about.
    changes
        Whether to try what would move the provider; this scores every provider once.
    """
    demand = candidate.demand
    split = scorer.split(candidate)
    vocabulary = scorer.index.vocabulary
    found = phrases(demand, vocabulary, split)
    texts = read(candidate.provider, [name for name, _ in split.texts], vocabulary)
    count = shown(found, split.score)
    told = tuple(
        ShownPhrase(
            phrase=phrase,
            share=phrase.value / split.score if split.score else 0.0,
            quote=quote(phrase, texts),
        )
        for phrase in found[:count]
    )
    newest = _newest(candidate, told)
    missing = silent(demand, vocabulary, split)
    tried = counterfactuals(scorer, candidate, missing, top=top) if changes else None
    meant = candidate.parts.get("semantic", 0.0)
    return Explanation(
        candidate=candidate,
        rank=None if tried is None else tried.rank,
        shown=told,
        rest=split.score - sum(one.phrase.value for one in told),
        reasons=reasons(candidate),
        against=against(candidate, missing, newest, scorer.today),
        newest=newest,
        pair=_pair(scorer, demand, candidate),
        by_meaning=meant > MEANING_FIRST * max(candidate.score, 0.0) and meant > 0,
        tried=tried,
        warnings=language_warnings(scorer, [demand]),
    )


def reasons(candidate: Candidate) -> tuple[Reason, ...]:
    """Return what speaks for a match beside its words."""
    demand, provider, made = candidate.demand, candidate.provider, list[Reason]()
    for one in candidate.codes:
        params = {"scheme": one.demand.scheme, "code": one.provider.code, "common": one.common}
        made.append(Reason(code="for_code", params=params))
    for finding in candidate.indicators:
        if finding.verdict == "met" and finding.span is not None:
            document = next(
                part for part in provider.documents if part.document_id == finding.document_id
            )
            params = {
                "indicator": finding.indicator.name,
                "stated": finding.span.cut(document.text(finding.span.field)),
                "document": document.document_id,
            }
            made.append(Reason(code="for_indicator", params=params))
    if provider.trl_range is not None and demand.trl_target is not None:
        params_trl: dict[str, int | str | tuple[str, ...]] = {
            "low": provider.trl_range.min_level,
            "high": provider.trl_range.max_level,
            "need": demand.trl_target,
            "gap": candidate.gap or 0,
        }
        made.append(Reason(code="for_readiness", params=params_trl))
    if candidate.record.projects:
        counts = {"projects": candidate.record.projects, "on_time": candidate.record.on_time}
        made.append(Reason(code="for_record", params=counts))
    if provider.capacity is not None:
        made.append(Reason(code="for_capacity", params={"slots": provider.capacity.slots}))
    return tuple(made)


def language_warnings(scorer: Scorer, demands: Sequence[Demand]) -> tuple[Reason, ...]:
    """Return a warning for each language of a demand that hardly a document has.

    Terms cannot meet across languages. With the part by meaning there is nothing to warn of, as
    long as its model knows the language.
    """
    known = frozenset[str]() if scorer.meaning is None else scorer.meaning.embedder.languages
    total = sum(scorer.languages.values())
    return tuple(
        Reason(code="languages_differ", params={"language": language})
        for language in sorted({demand.lang.value for demand in demands})
        if language not in known and scorer.languages.get(language, 0) < SHARE_MIN * total
    )


def as_match(
    explanation: Explanation, scorer: Scorer, *, match_id: str, rank: int, created_at_ms: int
) -> Match:
    """Return an explained match as it is recorded; its parts sum to its score exactly."""
    candidate = explanation.candidate
    evidence = [
        Evidence(
            part="lexical",
            demand_span=one.phrase.span,
            document_id=one.quote.document_id if one.quote else None,
            document_span=one.quote.span if one.quote else None,
        )
        for one in explanation.shown
    ]
    evidence += [
        Evidence(part="indicators", document_id=one.document_id, document_span=one.span)
        for one in candidate.indicators
        if one.span is not None
    ]
    evidence += [Evidence(part="record", record_id=one) for one in candidate.record.record_ids]
    tried = explanation.tried
    return Match(
        match_id=match_id,
        demand_id=candidate.demand.demand_id,
        demand_version=candidate.demand.version,
        provider_id=candidate.provider.provider_id,
        provider_version=candidate.provider.version,
        scorer=scorer.identity,
        score_nano=candidate.score_nano,
        parts=tuple(
            PartScore(part=part, score_nano=value) for part, value in candidate.parts_nano.items()
        ),
        evidence=tuple(evidence),
        gaps=explanation.against,
        counterfactuals=_reasons(tried),
        rank=rank,
        created_at_ms=created_at_ms,
    )


def _reasons(tried: Tried | None) -> tuple[Reason, ...]:
    """Return what would move the provider: single changes, or the changes that do it together."""
    if tried is None:
        return ()
    return tuple(reason for one in tried.reached for reason in one.reasons)


def _newest(candidate: Candidate, told: Sequence[ShownPhrase]) -> date | None:
    """Return the date of the newest document that words or indicators cite."""
    cited = {one.quote.document_id for one in told if one.quote is not None}
    cited |= {one.document_id for one in candidate.indicators if one.document_id is not None}
    dates = [
        document.issued
        for document in candidate.provider.documents
        if document.document_id in cited and document.issued is not None
    ]
    return max(dates, default=None)


def _pair(scorer: Scorer, demand: Demand, candidate: Candidate) -> ClosestPair | None:
    if scorer.meaning is None:
        return None
    return scorer.meaning.closest_pair(demand_written(demand), candidate.provider)
