"""A match between a demand and a provider as it is recorded, and what people said about it.

Scores are integers in billionths (`nano`), so that the parts of a recorded match sum to its score
exactly; a scorer works in floating point and rounds each contribution once.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique

from matching.explain import Reason
from matching.technology.problem_fields import (
    COUNT_MAX,
    TEXT_LENGTH_MAX,
    be_few,
    be_hash,
    be_short,
    be_text,
    be_unique,
    be_whole,
)

NANO_MAX = 10**15
TIME_MS_MAX = 2**53


@unique
class Judgement(StrEnum):
    """How well a broker finds that a provider answers a demand, 1 to 4."""

    NONE = "1"
    WEAK = "2"
    FAIR = "3"
    STRONG = "4"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Characters `start`..`end` - 1 of a text field, counted in code points, start < end."""

    field: str
    start: int
    end: int

    def __post_init__(self) -> None:
        be_text("span", "field", self.field)
        be_whole("span", "start", self.start, most=TEXT_LENGTH_MAX)
        be_whole("span", "end", self.end, least=self.start + 1, most=TEXT_LENGTH_MAX)

    def cut(self, text: str) -> str:
        """Return the cited characters of the field's text.

        Raises
        ------
        ValueError
            When the span ends after the text does: it was not taken from this text.
        """
        if self.end > len(text):
            raise ValueError(
                f"span {self.field} {self.start}..{self.end}: the text has {len(text)} characters"
            )
        return text[self.start : self.end]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a part of a score rests on: a span of the demand, and of a document or a record's id."""

    part: str
    demand_span: Span | None = None
    document_id: str | None = None
    document_span: Span | None = None
    record_id: str | None = None

    def __post_init__(self) -> None:
        be_text("evidence", "part", self.part)
        if self.document_span is not None and self.document_id is None:
            raise ValueError(f"evidence of {self.part}: a document span needs its document_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class PartScore:
    """What one part contributes to the score, weight included, in billionths; may be negative."""

    part: str
    score_nano: int

    def __post_init__(self) -> None:
        be_text("part", "part", self.part)
        value = self.score_nano
        be_whole(f"part {self.part}", "score_nano", value, least=-NANO_MAX, most=NANO_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorerIdentity:
    """Which scorer made a match: name, version, weights, and the hash of its model if it has one.

    `weights` are (part, weight in millionths), so that the identity is exact.
    """

    name: str
    version: str
    weights: tuple[tuple[str, int], ...] = ()
    model_sha256: str | None = None

    def __post_init__(self) -> None:
        be_text("scorer", "name", self.name)
        be_text("scorer", "version", self.version)
        be_unique("scorer: weight of", (part for part, _ in self.weights))
        for part, weight in self.weights:
            be_whole(f"scorer: weight of {part}", "weight", weight, least=-NANO_MAX, most=NANO_MAX)
        if self.model_sha256 is not None:
            be_hash("scorer", "model_sha256", self.model_sha256)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One line of a ranking, with everything that it takes to check it again.

    Parameters
    ----------
    score_nano
        The exact sum of the parts, billionths.
    gaps, counterfactuals
        What the provider lacks, and which change would move it; codes with parameters.
    rank
        1 for the best of its demand.
    created_at_ms
        UTC milliseconds, given by the caller.
    """

    match_id: str
    demand_id: str
    demand_version: int
    provider_id: str
    provider_version: int
    scorer: ScorerIdentity
    score_nano: int
    parts: tuple[PartScore, ...]
    evidence: tuple[Evidence, ...]
    gaps: tuple[Reason, ...]
    counterfactuals: tuple[Reason, ...]
    rank: int
    created_at_ms: int

    def __post_init__(self) -> None:
        be_text("match", "match_id", self.match_id)
        where = f"match {self.match_id}"
        be_text(where, "demand_id", self.demand_id)
        be_text(where, "provider_id", self.provider_id)
        be_whole(where, "demand_version", self.demand_version, least=1, most=COUNT_MAX)
        be_whole(where, "provider_version", self.provider_version, least=1, most=COUNT_MAX)
        be_whole(where, "rank", self.rank, least=1, most=10**9)
        be_whole(where, "created_at_ms", self.created_at_ms, most=TIME_MS_MAX)
        be_few(where, "evidence", self.evidence)
        parts = be_unique(f"{where}: part", (part.part for part in self.parts))
        total = sum(part.score_nano for part in self.parts)
        if total != self.score_nano:
            raise ValueError(f"{where}: the parts sum to {total}, the score is {self.score_nano}")
        strange = {item.part for item in self.evidence} - parts
        if strange:
            raise ValueError(f"{where}: evidence for parts that the score lacks: {sorted(strange)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What somebody said about a match."""

    feedback_id: str
    match_id: str
    actor_role: str
    judgement: Judgement
    reason: str
    given_at_ms: int

    def __post_init__(self) -> None:
        be_text("feedback", "feedback_id", self.feedback_id)
        where = f"feedback {self.feedback_id}"
        be_text(where, "match_id", self.match_id)
        be_text(where, "actor_role", self.actor_role)
        be_short(where, "reason", self.reason)
        be_whole(where, "given_at_ms", self.given_at_ms, most=TIME_MS_MAX)
