"""`parkloom technology rank`: bare texts ranked against bare texts, from files into a file."""

from __future__ import annotations

import time
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.frame import BadInput, JsonFlag, Report, facts, reporting
from api.commands.rejects import require_value
from data.exporters.files import write_bytes
from data.importers.texts import Text, read_documents, read_pairs, read_queries

if TYPE_CHECKING:
    from matching.technology.relevance.lexical import Entry
    from matching.technology.relevance.ranking import Ranker, Scored
    from matching.technology.relevance.vocabulary import Written

HEADER = "query_id\ttarget_id\tscore\trank\n"


class ScorerName(StrEnum):
    """Which scorer ranks."""

    LEXICAL = "lexical"
    SEMANTIC = "semantic"
    HYBRID = "hybrid"


def rank(
    queries: Annotated[Path, typer.Option(help="JSON lines of {id, title?, text, lang?}.")],
    documents: Annotated[
        Path, typer.Option(help="JSON lines of {id, provider_id?, title?, text}.")
    ],
    out: Annotated[Path, typer.Option(help="File for query_id, target_id, score, rank.")],
    pairs: Annotated[
        Path | None, typer.Option(help="Score just these: query_id, a tab, target_id.")
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="Targets for each query.")] = 50,
    scorer: Annotated[
        ScorerName, typer.Option(help="hybrid and semantic need the extra [semantic].")
    ] = ScorerName.LEXICAL,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Rank the documents, or the providers that wrote them, for each query.

    A provider has a weighted mean score of its best five documents.
    """
    with reporting(as_json=as_json) as report:
        asked = require_value(read_queries(queries), report, document=str(queries))
        texts = require_value(read_documents(documents), report, document=str(documents))
        wanted = _wanted(pairs, asked, texts, report)
        started = time.perf_counter()
        ranker, semantic = _ranker(scorer, asked, texts, report)
        report.note(f"index of {len(texts):,} texts: {time.perf_counter() - started:.1f} s")
        found = _found(ranker, asked, wanted, top)
        seconds = time.perf_counter() - started
        lines = [
            f"{query.name}\t{one.target}\t{one.score:.9f}\t{one.rank}\n"
            for query, scored in zip(asked, found, strict=True)
            for one in scored
        ]
        write_bytes(out, (HEADER + "".join(lines)).encode())
        _tell(report, scorer=scorer, semantic=semantic, lines=len(lines), seconds=seconds, out=out)


def _wanted(
    path: Path | None, asked: Sequence[Text], texts: Sequence[Text], report: Report
) -> dict[str, list[str]] | None:
    """Return the targets to score for each query; None for all of them."""
    if path is None:
        return None
    read = read_pairs(
        path,
        queries={query.name for query in asked},
        targets={text.target for text in texts},
    )
    wanted: dict[str, list[str]] = {query.name: [] for query in asked}
    for query, target in require_value(read, report, document=str(path)):
        wanted[query].append(target)
    return wanted


def _ranker(
    scorer: ScorerName, asked: Sequence[Text], texts: Sequence[Text], report: Report
) -> tuple[Ranker, str]:
    """Return the ranker, and how its semantic part stands: `off`, `unavailable` or the model."""
    # the optimisers and scikit-learn take a second to load, which --help need not pay
    from matching.technology.relevance.embedding import SemanticUnavailable  # noqa: PLC0415
    from matching.technology.relevance.models import load  # noqa: PLC0415
    from matching.technology.relevance.ranking import (  # noqa: PLC0415
        HybridRanker,
        LexicalRanker,
        SemanticRanker,
    )

    entries = _entries(texts)
    if scorer is ScorerName.LEXICAL:
        _warn_of_languages(asked, texts, report)
        return LexicalRanker(entries), "off"
    try:
        model = load()
    except SemanticUnavailable as absent:
        if scorer is ScorerName.SEMANTIC:
            raise BadInput(f"--scorer semantic: {absent}", scorer=scorer) from None
        report.note(f"semantic: unavailable: {absent}")
        _warn_of_languages(asked, texts, report)
        return LexicalRanker(entries), "unavailable"
    made = HybridRanker if scorer is ScorerName.HYBRID else SemanticRanker
    return made(entries, model), f"{model.name} {model.version}"


def _entries(texts: Sequence[Text]) -> list[Entry]:
    from matching.technology.relevance.lexical import Entry  # noqa: PLC0415

    return [Entry(name=text.name, target=text.target, written=_written(text)) for text in texts]


def _written(text: Text) -> Written:
    from matching.technology.relevance.vocabulary import Written  # noqa: PLC0415

    return Written(title=text.title, text=text.text)


def _found(
    ranker: Ranker, asked: Sequence[Text], wanted: dict[str, list[str]] | None, top: int
) -> list[tuple[Scored, ...]]:
    queries = [_written(text) for text in asked]
    if wanted is None:
        return ranker.best(queries, top)
    return ranker.among(queries, [wanted[text.name] for text in asked])


def _warn_of_languages(asked: Sequence[Text], texts: Sequence[Text], report: Report) -> None:
    """Say it when queries have a language that hardly a document has: terms cannot meet then."""
    from matching.technology.relevance.languages import strangers  # noqa: PLC0415

    alone = strangers(
        [(text.lang, f"{text.title} {text.text}") for text in asked],
        [(text.lang, f"{text.title} {text.text}") for text in texts],
    )
    for language, queries in alone.items():
        report.note(
            f"LANGUAGES_DIFFER: {queries:,} queries are in {language}, and hardly any document is: "
            "shared terms cannot find what is written in another language, so do not trust this "
            "ranking for them. Way out: --scorer hybrid, after pip install 'parkloom[semantic]'."
        )


def _tell(
    report: Report, *, scorer: ScorerName, semantic: str, lines: int, seconds: float, out: Path
) -> None:
    rows = [
        ("scorer", scorer.value),
        ("semantic", semantic),
        ("lines", f"{lines:,}"),
        ("seconds", f"{seconds:.1f}"),
        ("written", str(out)),
    ]
    report.show(facts(rows))
    report.result(
        {
            "scorer": scorer.value,
            "semantic": semantic,
            "lines": lines,
            "seconds": round(seconds, 3),
            "out": str(out),
        }
    )
