"""Score providers for demands in parts that sum exactly: the scorer of stored demands.

score = lexical + weight · semantic + weight · codes + weight · indicators + weight · (record - 1/2)
        - weight · levels of readiness that are missing

The lexical part is in -1..1 and mostly 0..0.5. The weights of the other parts are small until the
park's own feedback has taught better ones (`learning`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from matching.technology.problem import Demand, Provider, ScorerIdentity
from matching.technology.relevance.codes import (
    Agreement,
    CodeTable,
    agreements,
    code_score,
    code_table,
)
from matching.technology.relevance.contributions import (
    Question,
    Split,
    question,
    scores,
    split,
)
from matching.technology.relevance.embedding import Embedder
from matching.technology.relevance.indicators import Finding, findings, indicator_score
from matching.technology.relevance.lexical import (
    CANDIDATES,
    LexicalIndex,
    Queries,
    fit_index,
)
from matching.technology.relevance.meaning import Meaning, fit_meaning
from matching.technology.relevance.reading import all_entries, demand_written, entries
from matching.technology.relevance.standing import Record, record_of, too_far, trl_gap

VERSION = "3"
PARTS = ("lexical", "semantic", "codes", "indicators", "trl", "record")
NANO = 10**9
WEIGHT_MAX = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What a unit of each part adds to the score; `trl` is taken off for each missing level."""

    lexical: float = 1.0
    semantic: float = 1.0
    codes: float = 0.1
    indicators: float = 0.1
    trl: float = 0.1
    record: float = 0.1

    def __post_init__(self) -> None:
        for part in PARTS:
            value = getattr(self, part)
            if not 0 <= value <= WEIGHT_MAX:
                raise ValueError(f"weights: {part} must be in 0..{WEIGHT_MAX}, got {value}")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidate:
    """A provider for a demand, with everything that its score rests on.

    Parameters
    ----------
    parts
        Part → what it adds, weight included; missing parts add nothing. They sum to the score.
    gap
        Missing levels of readiness; None when one side did not state its levels.
    question, place
        The demand and the provider as the index has them.
    """

    demand: Demand
    provider: Provider
    parts: Mapping[str, float]
    codes: tuple[Agreement, ...]
    indicators: tuple[Finding, ...]
    gap: int | None
    record: Record
    question: Question
    place: int

    @property
    def score(self) -> float:
        """The sum of the parts."""
        return sum(self.parts.values())

    @property
    def score_nano(self) -> int:
        """The score in billionths: the sum of the parts, each rounded once."""
        return sum(self.parts_nano.values())

    @property
    def parts_nano(self) -> dict[str, int]:
        """The parts in billionths."""
        return {part: round(value * NANO) for part, value in self.parts.items()}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scorer:
    """Providers ready to be scored. A value: adding a provider makes a new scorer.

    Terms are weighed as of the fit, and languages counted: a provider that is added later does not
    change what is rare.
    """

    today: date
    weights: Weights
    providers: Mapping[str, Provider]
    index: LexicalIndex
    table: CodeTable
    languages: Mapping[str, int]
    meaning: Meaning | None

    def best(self, demands: Sequence[Demand], top: int) -> list[tuple[Candidate, ...]]:
        """Return the `top` best providers of each demand, the best first.

        Those without consent, or more than three levels of readiness off, are not among them.
        """
        if not demands:
            return []
        asked = self.ask(demands)
        hits = self.index.best(asked.queries, max(CANDIDATES, 4 * top))
        found = []
        for one, hit in enumerate(hits):
            pool = hit.targets
            if self.meaning is not None:
                pool = np.union1d(pool, self.meaning.closest(asked.near[one], self.index.alive))
            found.append(tuple(self._scored(asked, one, pool)[:top]))
        return found

    def candidate(self, demand: Demand, provider_id: str) -> Candidate:
        """Return one provider for one demand, whether or not it may match.

        Raises
        ------
        KeyError
            When the provider is unknown.
        """
        if provider_id not in self.providers:
            raise KeyError(f"no provider {provider_id!r}: the scorer has {len(self.providers)}")
        asked, place = self.ask([demand]), self.place(provider_id)
        lexical = scores(self.index, asked.questions[0], np.array([place]))
        return self._candidate(asked, 0, place, float(lexical[0]))

    def everyone(self, demand: Demand) -> tuple[Candidate, ...]:
        """Return all providers that may match a demand, the best first."""
        return tuple(self._scored(self.ask([demand]), 0, np.flatnonzero(self.index.alive)))

    def split(self, candidate: Candidate) -> Split:
        """Return the lexical part of a candidate by terms of the demand, before its weight."""
        return split(self.index, candidate.question, candidate.place)

    def may_match(self, demand: Demand, provider: Provider) -> bool:
        """Return whether a provider may be matched at all: consent, and readiness near enough."""
        return provider.consent and not too_far(demand, provider)

    def with_provider(self, provider: Provider) -> Scorer:
        """Return the scorer with a provider added, or replaced, without fitting again."""
        return replace(
            self,
            providers={**self.providers, provider.provider_id: provider},
            index=self.index.with_target(provider.provider_id, entries(provider)),
            meaning=None if self.meaning is None else self.meaning.with_provider(provider),
        )

    def ask(self, demands: Sequence[Demand]) -> Asked:
        """Return demands as the index sees them."""
        written = [demand_written(demand) for demand in demands]
        queries = self.index.read(written)
        near = () if self.meaning is None else tuple(self.meaning.scores(written))
        count = len(demands)
        return Asked(
            demands=tuple(demands),
            queries=queries,
            questions=tuple(question(self.index, queries, one) for one in range(count)),
            near=near,
            meant=tuple(
                self.meaning.values(row, demand.lang.value)
                for row, demand in zip(near, demands, strict=True)
            )
            if self.meaning is not None
            else (),
        )

    @property
    def identity(self) -> ScorerIdentity:
        """Which scorer this is, as a recorded match names it; weights in millionths."""
        embedder = None if self.meaning is None else self.meaning.embedder
        return ScorerIdentity(
            name="parkloom" if embedder is None else f"parkloom+{embedder.name}",
            version=VERSION,
            weights=tuple((part, round(getattr(self.weights, part) * 10**6)) for part in PARTS),
            model_sha256=None if embedder is None else embedder.sha256,
        )

    def place(self, provider_id: str) -> int:
        """Return where a provider stands in the index: its last place, if it was replaced."""
        last = len(self.index.targets) - 1
        return last - self.index.targets[::-1].index(provider_id)

    def _scored(self, asked: Asked, row: int, pool: NDArray[np.int64]) -> list[Candidate]:
        """Return those of a pool of places that may match, the best first."""
        demand = asked.demands[row]
        may = [
            place
            for place in pool
            if self.may_match(demand, self.providers[self.index.targets[place]])
        ]
        lexical = scores(self.index, asked.questions[row], np.array(may, dtype=np.int64))
        made = [
            self._candidate(asked, row, int(place), float(value))
            for place, value in zip(may, lexical, strict=True)
        ]
        return sorted(made, key=_order)

    def _candidate(self, asked: Asked, row: int, place: int, lexical: float) -> Candidate:
        demand, provider = asked.demands[row], self.providers[self.index.targets[place]]
        close = agreements(demand, provider, self.table)
        checked = findings(demand, provider)
        gap = trl_gap(demand, provider)
        record = record_of(provider, self.today)
        parts = {
            "lexical": self.weights.lexical * lexical,
            "codes": self.weights.codes * code_score(demand, close),
            "indicators": self.weights.indicators * indicator_score(checked),
            "trl": -self.weights.trl * (gap or 0),
            "record": self.weights.record * (record.rate - 0.5),
        }
        if self.meaning is not None:
            meant = float(asked.meant[row][place])
            parts["semantic"] = self.weights.semantic * meant
        return Candidate(
            demand=demand,
            provider=provider,
            parts=parts,
            codes=close,
            indicators=checked,
            gap=gap,
            record=record,
            question=asked.questions[row],
            place=place,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Asked:
    """Demands as an index sees them: for the search, for exact sums, and by meaning.

    `near` are cosines of all places, `meant` what they are worth on the scale of the lexical part.
    """

    demands: tuple[Demand, ...]
    queries: Queries
    questions: tuple[Question, ...]
    near: Sequence[NDArray[np.float32]]
    meant: Sequence[NDArray[np.float32]]


def fit(
    providers: Sequence[Provider],
    *,
    today: date,
    embedder: Embedder | None = None,
    weights: Weights | None = None,
) -> Scorer:
    """Return a scorer of some providers.

    Parameters
    ----------
    today
        From which the age of projects counts.
    embedder
        None: the part by meaning is unavailable.

    Raises
    ------
    ValueError
        When no provider has a text.
    """
    texts = all_entries(providers)
    index = fit_index(texts)
    return Scorer(
        today=today,
        weights=weights or Weights(),
        providers={provider.provider_id: provider for provider in providers},
        index=index,
        table=code_table(providers),
        languages=Counter(
            document.lang.value for provider in providers for document in provider.documents
        ),
        meaning=None if embedder is None else fit_meaning(texts, index, embedder),
    )


def _order(candidate: Candidate) -> tuple[int, str]:
    return -candidate.score_nano, candidate.provider.provider_id
