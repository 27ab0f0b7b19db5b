"""`parkloom bench relevance-speed`: index, batch, single demand and addition on drawn texts.

Texts are drawn: Chinese of the stated lengths, clauses of eight words of two characters, both with
Zipf frequencies, so that terms are about as many and as unequal as in real texts. Nothing about
quality follows.
"""

from __future__ import annotations

import os
import time
from datetime import date
from statistics import median
from typing import Annotated, Any

import numpy as np
import typer

from api.commands.bench.child import peak_memory_mb
from api.commands.frame import JsonFlag, facts, reporting
from matching.technology.explaining.explanation import explain_candidate
from matching.technology.problem import (
    Demand,
    Document,
    DocumentKind,
    Language,
    Provider,
    ProviderKind,
)
from matching.technology.relevance.reading import demand_written
from matching.technology.relevance.scorer import Scorer, fit

TODAY = date(2026, 1, 1)
CHARACTERS, WORDS, CLAUSES = 3_000, 5_000, 12_000  # some 80,000 different pairs
CLAUSE_WORDS = 8
COMMON = 60  # ranks by which the shares of characters are flattened: the 1,000th is in 1 % of texts
PROVIDER_CHARACTERS, DEMAND_CHARACTERS = 320, 110
SINGLE, SHOWN = 5, 10


def relevance_speed(
    providers: Annotated[int, typer.Option(min=10, help="Teams, one text of 320 characters.")] = (
        50_000
    ),
    demands: Annotated[int, typer.Option(min=1, help="Demands of 110 characters.")] = 10_000,
    top: Annotated[int, typer.Option(min=1, help="Teams for each demand.")] = 50,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the texts.")] = 1,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Measure how long the light scorer takes, and how much memory."""
    with reporting(as_json=as_json) as report:
        texts = Texts(seed)
        teams = [texts.team(number) for number in range(providers)]
        asked = [texts.demand(number) for number in range(demands)]
        report.note(f"{providers:,} teams and {demands:,} demands are drawn")
        before = os.getloadavg()[0]
        started, worked = time.perf_counter(), time.process_time()
        scorer = fit(teams, today=TODAY)
        indexed = time.perf_counter()
        report.note(f"index: {indexed - started:.1f} s")
        queries = scorer.index.read([demand_written(demand) for demand in asked])
        found = scorer.index.best(queries, top)
        ranked, spent = time.perf_counter(), time.process_time() - worked
        told = {
            "providers": providers,
            "demands": demands,
            "top": top,
            "terms": len(scorer.index.vocabulary),
            "index_seconds": round(indexed - started, 2),
            "batch_seconds": round(ranked - indexed, 2),
            "together_seconds": round(ranked - started, 2),
            "processor_seconds": round(spent, 2),
            "lists": len(found),
            "single_ms": _single(scorer, asked[:SINGLE]),
            "add_ms": _added(scorer, texts),
            "peak_mb": peak_memory_mb(),
            "load_before": round(before, 1),
            "load_after": round(os.getloadavg()[0], 1),
        }
        report.show(facts([(name, str(value)) for name, value in told.items()]))
        report.result(told)


class Texts:
    """Draws teams and demands, the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self._draw = np.random.default_rng(seed)
        signs = [chr(0x4E00 + int(code)) for code in self._draw.choice(20_000, CHARACTERS)]
        ranks = 1 / np.arange(COMMON, CHARACTERS + COMMON)
        pairs = self._draw.choice(CHARACTERS, size=(WORDS, 2), p=ranks / ranks.sum())
        words = np.array([signs[first] + signs[second] for first, second in pairs])
        shares = 1 / np.arange(10, WORDS + 10)
        spoken = self._draw.choice(WORDS, size=(CLAUSES, CLAUSE_WORDS), p=shares / shares.sum())
        self._clauses = ["".join(words[mine]) for mine in spoken]

    def text(self, characters: int) -> str:
        """Return a text of about so many characters, in clauses."""
        count = -(-characters // (2 * CLAUSE_WORDS + 1))
        drawn = self._draw.integers(0, CLAUSES, size=count)
        return "，".join(self._clauses[one] for one in drawn)[:characters]

    def team(self, number: int) -> Provider:
        """Return a team with one paper."""
        written = self.text(PROVIDER_CHARACTERS)
        paper = Document(
            document_id=f"D-{number}",
            kind=DocumentKind.PAPER,
            issued=TODAY,
            title=written[:20],
            abstract=written[20:],
            lang=Language.CHINESE,
        )
        return Provider(
            provider_id=f"T-{number}",
            org_id=f"O-{number}",
            name=f"T-{number}",
            kind=ProviderKind.UNIVERSITY,
            updated_on=TODAY,
            documents=(paper,),
            consent=True,
        )

    def demand(self, number: int) -> Demand:
        """Return a demand."""
        written = self.text(DEMAND_CHARACTERS)
        return Demand(
            demand_id=f"N-{number}",
            owner_org="OWNER",
            title=written[:20],
            problem=written[20:],
            lang=Language.CHINESE,
        )


def _single(scorer: Scorer, asked: list[Demand]) -> dict[str, Any]:
    """Return milliseconds of one demand: the list alone, and the list with its reasons.

    By the clock and, for the whole, by the processor, which a busy machine does not stretch.
    """
    lists, reasons, worked = [], [], []
    for demand in asked:
        started, before = time.perf_counter(), time.process_time()
        found = scorer.best([demand], SHOWN)[0]
        lists.append(time.perf_counter() - started)
        for one in found:
            explain_candidate(scorer, one, changes=False)
        reasons.append(time.perf_counter() - started)
        worked.append(time.process_time() - before)
    return {
        "list": round(1000 * median(lists), 1),
        f"list with reasons of {SHOWN}": round(1000 * median(reasons), 1),
        "processor": round(1000 * median(worked), 1),
    }


def _added(scorer: Scorer, texts: Texts) -> float:
    """Return milliseconds of adding a team, all its texts included."""
    spent = []
    for number in range(SINGLE):
        team = texts.team(10**6 + number)
        started = time.perf_counter()
        scorer.with_provider(team)
        spent.append(time.perf_counter() - started)
    return round(1000 * median(spent), 1)
