"""Group the terms of a demand into the phrases that a person reads, with what each adds.

Terms that stand side by side in the demand, occur in the provider's best texts and add to the score
become one phrase: 固态, 态电, 电解, 解质 and their characters are shown as 固态电解质. Every term
belongs to exactly one phrase, so the phrases sum to the lexical part as the terms do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from matching.technology.problem import Demand, Span
from matching.technology.relevance.analyser import Token, tokens
from matching.technology.relevance.contributions import Split
from matching.technology.relevance.reading import demand_fields
from matching.technology.relevance.vocabulary import Vocabulary

_TITLE_CUT = re.compile(r"[，,、。；;：:（）()的与和及]|\b(?:and|of|the|for|in|with)\b")
LEAST_SHARE = 0.002  # of the score: below, a term does not hold a phrase together


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Phrase:
    """A phrase of the demand.

    Parameters
    ----------
    text, span
        As it stands in the demand, and where first.
    columns
        Its terms in the vocabulary of the index.
    value
        What it adds to the lexical score.
    shared
        Whether the provider's best texts use it; else it only occurs in similar company.
    """

    text: str
    span: Span
    columns: tuple[int, ...]
    value: float
    shared: bool


def phrases(demand: Demand, vocabulary: Vocabulary, split: Split) -> tuple[Phrase, ...]:
    """Return the phrases of a demand by falling value; they sum to the lexical score."""
    values = dict(zip(split.columns.tolist(), split.values.tolist(), strict=True))
    shared = set(split.columns[split.shared].tolist())
    least = LEAST_SHARE * abs(split.score)
    joins = {column for column in shared if values[column] > least}
    runs = [
        run
        for field, text in (("title", demand.title), *demand_fields(demand))
        for run in _runs(field, text, vocabulary, values, joins)
    ]
    free = dict(values)
    made = []
    # the longest run takes its terms first; what is left of a shorter one stands for the rest
    for run in sorted(runs, key=lambda one: -len(one.columns)):
        mine = tuple(column for column in dict.fromkeys(run.columns) if column in free)
        if mine:
            value = sum(free.pop(column) for column in mine)
            made.append(
                Phrase(
                    text=run.text,
                    span=run.span,
                    columns=mine,
                    value=value,
                    shared=run.columns[0] in joins,
                )
            )
    return tuple(sorted(made, key=lambda one: -one.value))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    text: str
    span: Span
    columns: tuple[int, ...]


def _runs(
    field: str,
    text: str,
    vocabulary: Vocabulary,
    values: Mapping[int, float],
    joins: set[int],
) -> Iterator[_Run]:
    """Yield the runs of one field: neighbours that join, and every other term alone."""
    current: list[tuple[Token, int]] = []
    for token, column in located(text, vocabulary):
        if column not in values:
            continue
        together = column in joins and bool(current) and current[-1][1] in joins
        if current and not (together and _beside(text, current[-1][0], token)):
            yield _run(field, text, current)
            current = []
        current.append((token, column))
    if current:
        yield _run(field, text, current)


def located(text: str, vocabulary: Vocabulary) -> list[tuple[Token, int]]:
    """Return the terms of a text that the vocabulary has, with their columns, in reading order."""
    found = tokens(text, vocabulary.lexicon)
    columns = vocabulary.columns(np.array([token.key for token in found], dtype=np.int64))
    return [
        (token, column)
        for token, column in zip(found, columns.tolist(), strict=True)
        if column >= 0
    ]


def _beside(text: str, first: Token, second: Token) -> bool:
    """Return whether two terms overlap or touch, at most a space or a hyphen between them."""
    return second.start <= first.end or text[first.end : second.start] in {" ", "-"}


def _run(field: str, text: str, terms: Sequence[tuple[Token, int]]) -> _Run:
    start = min(token.start for token, _ in terms)
    end = max(token.end for token, _ in terms)
    return _Run(
        text=text[start:end],
        span=Span(field=field, start=start, end=end),
        columns=tuple(column for _, column in terms),
    )


def silent(demand: Demand, vocabulary: Vocabulary, split: Split) -> tuple[str, ...]:
    """Return the keywords of a demand of which the provider's best texts use no term.

    A demand without keywords is asked for the runs of its title between function words.
    """
    shared = set(split.columns[split.shared].tolist())
    named = demand.keywords or tuple(_TITLE_CUT.split(demand.title))
    return tuple(
        text
        for text in dict.fromkeys(part.strip() for part in named)
        if len(text) > 1 and not shared & _words_of(text, vocabulary)
    )


def _words_of(text: str, vocabulary: Vocabulary) -> set[int]:
    """Return the columns of a text's terms of two signs or more: one character is no word."""
    return {column for token, column in located(text, vocabulary) if token.end - token.start > 1}


def shown(found: Sequence[Phrase], total: float, *, least: int = 5, share: float = 0.6) -> int:
    """Return how many phrases to show: at least five, and enough for 60 % of the score."""
    reached, count = 0.0, 0
    for phrase in found:
        if phrase.value <= 0 or (count >= least and reached >= share * total):
            break
        reached += phrase.value
        count += 1
    return count
