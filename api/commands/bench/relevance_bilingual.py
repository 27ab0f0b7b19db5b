"""The same demand in two languages must find the same teams: the twins of the sample park.

The park's teams have documents in both languages, as real ones do. Each twin is ranked by the
scorer of stored demands, all its parts together.
"""

from __future__ import annotations

from datetime import date

from api.commands.bench.relevance_figures import CUT, Figure, overlap_figures
from data.importers.technology_lines import read_demands, read_providers
from data.samples import SAMPLE_PARK
from matching.technology.relevance.embedding import Embedder
from matching.technology.relevance.scorer import fit

FOLDER = SAMPLE_PARK / "technology"
TODAY = date(2026, 11, 22)  # ages of projects count from here
OTHER_LANGUAGE = ("-en", "-zh")  # how the id of a twin ends


def twin_figures(embedder: Embedder | None) -> tuple[Figure, ...]:
    """Return what the lists of ten teams of each demand and its twin have in common, as a share."""
    demands = {one.demand_id: one for one in read_demands(FOLDER / "demands.jsonl").required()}
    providers = read_providers(FOLDER / "providers.jsonl").required()
    scorer = fit(providers, today=TODAY, embedder=embedder)
    twins = [name for name in demands if name.endswith(OTHER_LANGUAGE)]
    lists = [
        [
            [one.provider.provider_id for one in found]
            for found in scorer.best([demands[name] for name in names], CUT)
        ]
        for names in (twins, [name[:-3] for name in twins])
    ]
    return overlap_figures(*lists)
