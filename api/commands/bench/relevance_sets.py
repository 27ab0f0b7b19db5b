"""Public and park-owned sets that relevance is measured on, read from folders given from outside.

None of these texts is part of the product: some carry no licence to hand them on. A set whose files
are missing is left out of the measurement.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matching.technology.relevance.lexical import Entry
from matching.technology.relevance.vocabulary import Written


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Queries with judged texts: the judgements of a query are of its own candidates."""

    queries: tuple[Written, ...]
    entries: tuple[Entry, ...]
    candidates: tuple[tuple[str, ...], ...]
    levels: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownItem:
    """Queries of which each has one right target."""

    queries: tuple[Written, ...]
    entries: tuple[Entry, ...]
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewers:
    """Papers that reviewers rated, and samples of the reviewers' own papers.

    Parameters
    ----------
    profiles
        For each sample: reviewer → ids of own papers.
    ratings
        Reviewer → paper → expertise 1..5.
    """

    papers: dict[str, Written]
    profiles: tuple[dict[str, tuple[str, ...]], ...]
    ratings: dict[str, dict[str, float]]


def demands_zh(folder: Path) -> Judged | None:
    """Chinese demands with judged achievements; texts of achievements are titles cut to words."""
    demands = {row["rid"]: row for row in _jsonl(folder / "demands.jsonl")}
    pairs: dict[str, dict[str, tuple[float, str]]] = defaultdict(dict)
    for row in _tsv(folder / "pairs.tsv"):
        pairs[row["rid"]][row["aid"]] = float(row["level"]), row["achievement_title_tokens"]
    if not demands or not pairs:
        return None
    texts = {name: text for mine in pairs.values() for name, (_, text) in mine.items()}
    return Judged(
        queries=tuple(_demand(demands[name]) for name in pairs),
        entries=tuple(_entry(name, "", text) for name, text in texts.items()),
        candidates=tuple(tuple(mine) for mine in pairs.values()),
        levels=tuple(tuple(level for level, _ in mine.values()) for mine in pairs.values()),
    )


def crossing(folder: Path) -> KnownItem | None:
    """English titles whose Chinese demand is to be found among all demands."""
    demands = list(_jsonl(folder / "demands.jsonl"))
    queries = list(_tsv(folder / "xling_en_queries.tsv"))
    if not demands or not queries:
        return None
    return KnownItem(
        queries=tuple(Written(title=row["english_query"], text="") for row in queries),
        entries=tuple(_entry(row["rid"], row["title"], row["content"]) for row in demands),
        targets=tuple(row["rid"] for row in queries),
    )


def reviewers(folder: Path) -> Reviewers | None:
    """Reviewers with their own ratings of papers."""
    papers = {
        row["id"]: Written(title=row["title"] or "", text=row["abstract"] or "")
        for row in _jsonl(folder / "papers.jsonl")
    }
    ratings: dict[str, dict[str, float]] = defaultdict(dict)
    for row in _tsv(folder / "expertise.tsv"):
        ratings[row["reviewer"]][row["paper"]] = float(row["expertise"])
    samples: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
    for row in _jsonl(folder / "profiles.jsonl"):
        known = tuple(paper for paper in row["papers"] if paper in papers)
        samples[str(row["set"])][row["reviewer"]] = known
    if not papers or not ratings or not samples:
        return None
    return Reviewers(papers=papers, profiles=tuple(samples.values()), ratings=dict(ratings))


def abstracts_zh(folder: Path, *, by: str) -> KnownItem | None:
    """Chinese papers: find the abstract by its title, or by its keywords."""
    rows = list(_jsonl(folder / "csl_dev.jsonl"))
    if not rows:
        return None
    return KnownItem(
        queries=tuple(Written(title=_words(row[by]), text="") for row in rows),
        entries=tuple(_entry(row["id"], "", row["abstract"]) for row in rows),
        targets=tuple(row["id"] for row in rows),
    )


def firms(folder: Path) -> KnownItem | None:
    """Awards whose firm is to be found by its earlier awards."""
    documents, queries = list(_jsonl(folder / "docs.jsonl")), list(_jsonl(folder / "queries.jsonl"))
    if not documents or not queries:
        return None
    return KnownItem(
        queries=tuple(Written(title=row["title"], text=row["abstract"]) for row in queries),
        entries=tuple(
            Entry(
                name=row["id"],
                target=row["firm"],
                written=Written(title=row["title"], text=row["abstract"]),
            )
            for row in documents
        ),
        targets=tuple(row["firm"] for row in queries),
    )


def _demand(row: dict[str, Any]) -> Written:
    return Written(title=row["title"] or "", text=row["content"] or "")


def _entry(name: str, title: str, text: str) -> Entry:
    return Entry(name=name, target=name, written=Written(title=title or "", text=text or ""))


def _words(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _jsonl(path: Path) -> Iterator[dict[str, Any]]:
    if path.is_file():
        with path.open(encoding="utf-8") as file:
            for line in file:
                yield json.loads(line)


def _tsv(path: Path) -> Iterator[dict[str, str]]:
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
