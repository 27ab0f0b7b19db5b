"""Put an explanation of a match into words: the broker's sentence, and its parts as JSON."""

from __future__ import annotations

from typing import Any

from api.commands.technology.words import REASONS, WORDS
from data.reference.technology import disciplines, industries, schemes
from matching.explain import Reason
from matching.technology.explaining.evidence import Quote
from matching.technology.explaining.explanation import Explanation, ShownPhrase
from matching.technology.relevance.scorer import NANO, PARTS

SENTENCE_PHRASES = 3  # named in the sentence; the table has all
SENTENCE_AGAINST = 1


def told(reason: Reason, language: str) -> str:
    """Return a reason in words, without a full stop."""
    words = WORDS[language]
    params = {
        name: words["comma"].join(words["phrase"].format(text=text) for text in value)
        if isinstance(value, tuple)
        else str(value)
        for name, value in reason.params.items()
    }
    if reason.code == "for_code":
        params["path"] = _path(params["scheme"], params["common"], params["code"], language)
    return REASONS[language][reason.code].format_map(params)


def sentence(explanation: Explanation, language: str) -> str:
    """Return the broker's sentence: why, what against, and how old the evidence is."""
    words = WORDS[language]
    parts = [meaning(explanation, language)] if explanation.by_meaning else []
    parts.append(_common_words(explanation, language))
    parts += [told(reason, language) for reason in explanation.reasons]
    against = [told(one, language) for one in explanation.against[:SENTENCE_AGAINST]]
    if explanation.newest is None:
        newest = words["undated"]
    else:
        newest = words["newest"].format(date=explanation.newest.isoformat())
    join, stop = words["join"], words["stop"]
    return (
        f"{words['because']}{join.join(parts)}{stop}"
        f"{words['however']}{join.join(against)}{stop}{newest}"
    )


def meaning(explanation: Explanation, language: str) -> str:
    """Return the closest sentences of both sides; empty without a part by meaning."""
    pair = explanation.pair
    if pair is None:
        return ""
    name = f" ({pair.document_id})" if pair.document_id else ""
    return REASONS[language]["for_meaning"].format(
        cosine=f"{pair.cosine:.2f}",
        demand=pair.demand.text.strip(),
        document=pair.document.text.strip(),
        name=name,
    )


def quoted(quote: Quote, language: str) -> str:
    """Return a quotation with its document and date."""
    if quote.issued is None:
        return WORDS[language]["quote_undated"].format(document=quote.document_id, text=quote.text)
    return WORDS[language]["quote"].format(
        document=quote.document_id, date=quote.issued.isoformat(), text=quote.text
    )


def _common_words(explanation: Explanation, language: str) -> str:
    words = WORDS[language]
    shared = (one for one in explanation.shown if one.phrase.shared and len(one.phrase.text) > 1)
    common = list(shared)[:SENTENCE_PHRASES]  # a single character in common is no wording
    if not common:
        return REASONS[language]["for_no_words"]
    named = [words["phrase"].format(text=one.phrase.text) for one in common]
    quotes = list(
        dict.fromkeys(quoted(one.quote, language) for one in common if one.quote is not None)
    )
    evidence = words["evidence"].format(quotes=words["join"].join(quotes)) if quotes else ""
    return REASONS[language]["for_words"].format(
        phrases=words["comma"].join(named), evidence=evidence
    )


def _path(scheme: str, common: str, code: str, language: str) -> str:
    """Return a code in words: the name of what both have in common, then the code."""
    lists = {"gbt13745": disciplines, "gbt4754": industries}
    found = (
        lists[scheme]().get(common[: 3 if scheme == "gbt13745" else 2]) if scheme in lists else None
    )
    listed = schemes().get(scheme)
    chinese = language == "zh-CN"
    told = scheme if listed is None else listed.zh if chinese else listed.en
    if found is None:
        return f"{told} {common}"
    name = found.zh if chinese else found.en
    return f"{name}（{told} {code}）" if chinese else f"{name} ({told} {code})"


def where(one: ShownPhrase, language: str) -> str:
    """Return where a team uses a phrase: a quotation, its own words, or nowhere."""
    if one.quote is not None:
        return quoted(one.quote, language)
    return WORDS[language]["own" if one.phrase.shared else "related"]


def as_json(explanation: Explanation, language: str) -> dict[str, Any]:
    """Return everything about an explanation for programs; every quotation with its place."""
    candidate, tried = explanation.candidate, explanation.tried
    return {
        "demand_id": candidate.demand.demand_id,
        "demand_version": candidate.demand.version,
        "provider_id": candidate.provider.provider_id,
        "provider_version": candidate.provider.version,
        "rank": explanation.rank,
        "score_nano": candidate.score_nano,
        "parts_nano": candidate.parts_nano,
        "semantic": "unavailable" if "semantic" not in candidate.parts else "available",
        "sentence": sentence(explanation, language),
        "phrases": [_phrase_json(one) for one in explanation.shown],
        "rest_nano": round(explanation.rest * NANO),
        "reasons": [_reason_json(one, language) for one in explanation.reasons],
        "against": [_reason_json(one, language) for one in explanation.against],
        "newest_evidence": None if explanation.newest is None else explanation.newest.isoformat(),
        "closest_pair": _pair_json(explanation),
        "goal": None if tried is None else tried.goal,
        "tried": [] if tried is None else list(tried.tried),
        "counterfactuals": []
        if tried is None
        else [
            {
                "changes": [_reason_json(reason, language) for reason in one.reasons],
                "rank": one.rank,
                "score_nano": one.score_nano,
            }
            for one in tried.reached
        ],
        "warnings": [_reason_json(one, language) for one in explanation.warnings],
    }


def part_names(explanation: Explanation) -> tuple[str, ...]:
    """Return the parts in their order, the one by meaning also when it is missing."""
    return tuple(
        part for part in PARTS if part in explanation.candidate.parts or part == "semantic"
    )


def _reason_json(reason: Reason, language: str) -> dict[str, Any]:
    return {"code": reason.code, "params": dict(reason.params), "text": told(reason, language)}


def _phrase_json(one: ShownPhrase) -> dict[str, Any]:
    span = one.phrase.span
    quote = one.quote
    return {
        "text": one.phrase.text,
        "demand_span": {"field": span.field, "start": span.start, "end": span.end},
        "adds_nano": round(one.phrase.value * NANO),
        "share": one.share,
        "shared": one.phrase.shared,
        "quote": None
        if quote is None
        else {
            "document_id": quote.document_id,
            "field": quote.span.field,
            "start": quote.span.start,
            "end": quote.span.end,
            "text": quote.text,
        },
    }


def _pair_json(explanation: Explanation) -> dict[str, Any] | None:
    pair = explanation.pair
    if pair is None:
        return None
    return {
        "cosine": pair.cosine,
        "demand": pair.demand.text,
        "document_id": pair.document_id,
        "document": pair.document.text,
    }
