"""`parkloom bench relevance`: the goals of relevance on whatever sets are present.

Every figure has its 95 % interval, and stands beside public scorers that were run on the same
files. Texts of the sets are read from the folder given and never leave it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from api.commands.bench.relevance_bilingual import twin_figures
from api.commands.bench.relevance_figures import (
    Figure,
    found_figures,
    gain,
    judged_figures,
)
from api.commands.bench.relevance_goals import GOALS, Goal
from api.commands.bench.relevance_levels import level_figures
from api.commands.bench.relevance_references import LIGHT
from api.commands.bench.relevance_sets import (
    Judged,
    KnownItem,
    Reviewers,
    abstracts_zh,
    crossing,
    demands_zh,
    firms,
    reviewers,
)
from api.commands.frame import BadInput, JsonFlag, Report, reporting, table
from data.vector_cache import VectorCache
from matching.technology.relevance.agreement import kendall_parts
from matching.technology.relevance.embedding import Cached, Embedder, SemanticUnavailable
from matching.technology.relevance.grouping import mean_of_best
from matching.technology.relevance.learning import cross_validated, within
from matching.technology.relevance.lexical import Entry
from matching.technology.relevance.models import load
from matching.technology.relevance.ranking import HybridRanker, LexicalRanker, SemanticRanker
from matching.technology.relevance.vocabulary import Written

Doubles = NDArray[np.float64]
Scorer = Callable[[Sequence[Written], Sequence[Entry]], Doubles]

OURS = "parkloom light"
TWINS = "bilingual"
SETS = ("zh", "xling", TWINS, "gs", "csl-title", "csl-keywords", "sbir")
FOLDERS = {
    "zh": "tech-demand-zh",
    "xling": "tech-demand-zh",
    "gs": "reviewer-goldstandard",
    "csl-title": "csl-zh",
    "csl-keywords": "csl-zh",
    "sbir": "sbir-en",
}
REFERENCE_FIRM_TEXTS = 2  # the published figures of firms take the mean of the two best


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The figures of one scorer on one set."""

    set_name: str
    scorer: str
    figures: tuple[Figure, ...]


def relevance(
    folder: Annotated[Path, typer.Argument(help="Folder that holds the sets.")],
    sets: Annotated[str, typer.Option(help="Some of: " + ", ".join(SETS) + ".")] = "",
    model: Annotated[
        str, typer.Option(help="Also by meaning: use, e5, or a folder with an ONNX model.")
    ] = "",
    cache: Annotated[
        Path | None, typer.Option(help="File that keeps the points of texts between runs.")
    ] = None,
    *,
    references: Annotated[bool, typer.Option(help="Also run TF-IDF, LSA-200 and BM25.")] = True,
    as_json: JsonFlag = False,
) -> None:
    """Measure relevance on public sets, beside public scorers on the same files."""
    with reporting(as_json=as_json) as report:
        wanted = [name.strip() for name in sets.split(",") if name.strip()] or list(SETS)
        unknown = [name for name in wanted if name not in SETS]
        if unknown:
            raise BadInput(f"--sets {unknown[0]}: expected some of {', '.join(SETS)}.")
        if wanted != [TWINS] and not any((folder / one).is_dir() for one in FOLDERS.values()):
            raise BadInput(f"{folder}: none of the sets is there.", folder=str(folder))
        store: Any = VectorCache(cache) if cache is not None else {}
        try:
            embedder = _embedder(model, store)
            scorers = _scorers(embedder, references=references)
            rows = [
                row
                for name in wanted
                for row in (
                    _twins(embedder, report)
                    if name == TWINS
                    else _measure(name, folder, scorers, report)
                )
            ]
        finally:
            if cache is not None:
                closing(store).__exit__(None, None, None)
        _show(rows, report)
        report.result({"rows": [_row_json(row) for row in rows], "goals": _goals_json(rows)})


def _embedder(model: str, store: Any) -> Embedder | None:
    if not model:
        return None
    try:
        return Cached(load(model), store)
    except SemanticUnavailable as absent:
        raise BadInput(f"--model {model}: {absent}", model=model) from None


def _twins(embedder: Embedder | None, report: Report) -> list[Measured]:
    """Return how far demands in two languages find the same teams, without and with a model."""
    asked: dict[str, Embedder | None] = {OURS: None}
    if embedder is not None:
        asked[f"parkloom + {embedder.name}"] = embedder
    made = []
    for name, model in asked.items():
        report.note(f"{TWINS}: {name}")
        made.append(Measured(set_name=TWINS, scorer=name, figures=twin_figures(model)))
    return made


def _scorers(embedder: Embedder | None, *, references: bool) -> dict[str, Scorer]:
    made: dict[str, Scorer] = dict(LIGHT) if references else {}
    made[OURS] = _light
    if embedder is not None:
        made[embedder.name] = _by_meaning(embedder)
        made[f"parkloom + {embedder.name}"] = _by_both(embedder)
    return made


def _apart(entries: Sequence[Entry]) -> list[Entry]:
    """Return texts as targets of their own: who wrote them is counted by the measurement."""
    return [replace(entry, target=entry.name) for entry in entries]


def _light(queries: Sequence[Written], entries: Sequence[Entry]) -> Doubles:
    return np.asarray(LexicalRanker(_apart(entries)).everything(queries), dtype=np.float64)


def _by_meaning(embedder: Embedder) -> Scorer:
    def run(queries: Sequence[Written], entries: Sequence[Entry]) -> Doubles:
        return np.asarray(
            SemanticRanker(_apart(entries), embedder).everything(queries), dtype=np.float64
        )

    return run


def _by_both(embedder: Embedder) -> Scorer:
    def run(queries: Sequence[Written], entries: Sequence[Entry]) -> Doubles:
        return np.asarray(
            HybridRanker(_apart(entries), embedder).everything(queries), dtype=np.float64
        )

    return run


def _measure(name: str, folder: Path, scorers: dict[str, Scorer], report: Report) -> list[Measured]:
    """Return the figures of all scorers on one set; none when its files are not there."""
    place = folder / FOLDERS[name]
    read: dict[str, Callable[[], Judged | KnownItem | Reviewers | None]] = {
        "zh": lambda: demands_zh(place),
        "xling": lambda: crossing(place),
        "gs": lambda: reviewers(place),
        "csl-title": lambda: abstracts_zh(place, by="title"),
        "csl-keywords": lambda: abstracts_zh(place, by="keywords"),
        "sbir": lambda: firms(place),
    }
    found = read[name]()
    if found is None:
        report.note(f"{name}: left out, {place} lacks its files")
        return []
    made, kept = [], dict[str, Doubles]()
    for scorer, run in scorers.items():
        report.note(f"{name}: {scorer}")
        if isinstance(found, Reviewers):
            figures = _reviewer_figures(found, run)
        elif isinstance(found, Judged):
            kept[scorer] = run(found.queries, found.entries)
            figures = judged_figures(*_on_candidates(found, kept[scorer]))
        else:
            figures = _found_figures(found, run, ours=scorer not in LIGHT)
        made.append(Measured(set_name=name, scorer=scorer, figures=figures))
    if isinstance(found, Judged):
        made += _learnt(name, found, kept, scorers)
    return made


def _on_candidates(found: Judged, scores: Doubles) -> tuple[list[Doubles], list[Doubles]]:
    """Return levels and scores of each query's own candidates."""
    place = {entry.name: column for column, entry in enumerate(found.entries)}
    mine = [
        scores[row, [place[name] for name in names]] for row, names in enumerate(found.candidates)
    ]
    return [np.array(levels) for levels in found.levels], mine


def _learnt(
    name: str, found: Judged, kept: dict[str, Doubles], scorers: dict[str, Scorer]
) -> list[Measured]:
    """Return what learning from judgements gives on demands that were not learnt from."""
    titles = [Written(title=query.title, text="") for query in found.queries]
    parts = {OURS: [kept[OURS], scorers[OURS](titles, found.entries)]}
    for scorer, scores in kept.items():
        if scorer not in LIGHT and scorer != OURS and not scorer.startswith("parkloom"):
            parts[f"parkloom + {scorer}"] = [*parts[OURS], scores]
    made, likeness = [], _likeness(found)
    for scorer, matrices in parts.items():
        levels = _on_candidates(found, matrices[0])[0]
        columns = [np.concatenate(_on_candidates(found, matrix)[1]) for matrix in matrices]
        sizes = [len(level) for level in levels]
        groups = np.repeat(np.arange(len(levels)), sizes)
        features = within(np.stack(columns, axis=1), groups)
        target = within(np.concatenate(levels)[:, None], groups)[:, 0]
        predicted = cross_validated(features, target, groups)
        cut = np.split(predicted, np.cumsum(sizes)[:-1])
        split = [_on_candidates(found, matrix)[1] for matrix in matrices]
        figures = (*judged_figures(levels, cut), *level_figures(levels, split, likeness))
        made.append(Measured(set_name=name, scorer=f"{scorer}, learnt", figures=figures))
    return made


def _likeness(found: Judged) -> list[Doubles]:
    """Return for each query the cosines of its candidates' terms with one another."""
    place = {entry.name: row for row, entry in enumerate(found.entries)}
    (block,) = LexicalRanker(_apart(found.entries)).index.blocks
    mine = (block.rows[[place[name] for name in names]] for names in found.candidates)
    return [(rows @ rows.T).toarray().astype(np.float64) for rows in mine]


def _found_figures(found: KnownItem, run: Scorer, *, ours: bool) -> tuple[Figure, ...]:
    scores = run(found.queries, found.entries)
    owners = list(dict.fromkeys(entry.target for entry in found.entries))
    texts = (
        [
            [column for column, entry in enumerate(found.entries) if entry.target == owner]
            for owner in owners
        ]
        if len(owners) < len(found.entries)
        else [[column] for column in range(len(owners))]
    )
    made = np.stack([_of_target(scores[:, columns], ours=ours) for columns in texts], axis=1)
    place = {owner: column for column, owner in enumerate(owners)}
    ranks: list[int | None] = []
    for row, target in zip(made, found.targets, strict=True):
        before = int((row > row[place[target]]).sum()) + int(
            (row[: place[target]] == row[place[target]]).sum()
        )
        ranks.append(before + 1 if before < 10 else None)
    return found_figures(ranks)


def _of_target(scores: Doubles, *, ours: bool) -> Doubles:
    if ours:
        return mean_of_best(scores)
    best: Doubles = np.sort(scores, axis=1)[:, -REFERENCE_FIRM_TEXTS:].mean(axis=1)
    return best


def _reviewer_figures(found: Reviewers, run: Scorer) -> tuple[Figure, ...]:
    """Return the loss, and the accuracy on easy pairs: one paper rated ≥ 4, the other ≤ 2."""
    own = sorted({paper for sample in found.profiles for mine in sample.values() for paper in mine})
    rated = sorted({paper for mine in found.ratings.values() for paper in mine})
    entries = [Entry(name=paper, target=paper, written=found.papers[paper]) for paper in own]
    scores = run([found.papers[paper] for paper in rated], entries)
    row, column = ({paper: at for at, paper in enumerate(names)} for names in (rated, own))
    parts = []
    for reviewer, ratings in found.ratings.items():
        papers, levels = list(ratings), np.array(list(ratings.values()))
        lost = could = right = easy = 0.0
        for sample in found.profiles:
            mine = [column[paper] for paper in sample[reviewer]]
            scored = mean_of_best(scores[np.ix_([row[paper] for paper in papers], mine)])
            here = kendall_parts(levels, scored)
            lost, could = lost + here[0], could + here[1]
            good, bad = scored[levels >= 4], scored[levels <= 2]
            above = good[:, None] - bad[None, :]
            right += float((above > 0).sum() + 0.5 * (above == 0).sum())
            easy += above.size
        parts.append((lost, could, right, easy))
    lost_, could_, right_, easy_ = np.array(parts).T
    return (
        Figure(name="loss", tops=lost_, bottoms=could_, lower=True),
        Figure(name="easy pairs", tops=right_, bottoms=easy_),
    )


def _show(rows: Sequence[Measured], report: Report) -> None:
    for name in dict.fromkeys(row.set_name for row in rows):
        mine = [row for row in rows if row.set_name == name]
        columns = list(dict.fromkeys(figure.name for row in mine for figure in row.figures))
        made = table(name, columns=[("scorer", "left"), *((one, "right") for one in columns)])
        for row in mine:
            told = {figure.name: _told(figure) for figure in row.figures}
            made.add_row(row.scorer, *(told.get(name, "-") for name in columns))
        report.show(made)
    goals = table(
        "Goals",
        columns=[
            ("goal", "left"),
            ("must", "right"),
            ("measured", "right"),
            ("best reference", "left"),
            ("gain", "right"),
            ("holds", "left"),
        ],
    )
    for one in _goals_json(rows):
        best = one["reference"]
        goals.add_row(
            one["goal"],
            one["must"],
            f"{one['value']:.3f}",
            "-" if best is None else f"{best['scorer']} {best['value']:.3f}",
            "-"
            if best is None
            else f"{best['gain']:+.3f} ({best['low']:+.3f}..{best['high']:+.3f})",
            "yes" if one["holds"] else "no",
        )
    report.show(goals)
    report.line("gain = by how much ours is better than the reference, with its 95 % interval;")
    report.line("holds = the goal, and no worse than the reference by more than 0.01.")


def _told(figure: Figure) -> str:
    low, high = figure.interval()
    return f"{figure.value:.3f} ({low:.3f}..{high:.3f})"


def _row_json(row: Measured) -> dict[str, Any]:
    figures = {}
    for figure in row.figures:
        low, high = figure.interval()
        figures[figure.name] = {"value": figure.value, "low": low, "high": high}
    return {"set": row.set_name, "scorer": row.scorer, "figures": figures}


def _goals_json(rows: Sequence[Measured]) -> list[dict[str, Any]]:
    return [
        _goal_json(goal, row, rows)
        for goal in GOALS
        for row in rows
        if row.set_name == goal.set_name and goal.is_of(row.scorer, OURS)
    ]


def _goal_json(goal: Goal, row: Measured, rows: Sequence[Measured]) -> dict[str, Any]:
    ours = next(figure for figure in row.figures if figure.name == goal.figure)
    others = [
        (other.scorer, figure)
        for other in rows
        if other.set_name == goal.set_name and goal.is_reference(other.scorer, OURS)
        for figure in other.figures
        if figure.name == goal.figure
    ]
    sign = 1 if ours.lower else -1
    best = min(others, key=lambda one: sign * one[1].value, default=None)
    held = ours.value <= goal.must if ours.lower else ours.value >= goal.must
    told: dict[str, Any] | None = None
    if best is not None:
        by, low, high = gain(ours, best[1])
        held = held and by >= -goal.slack
        told = {"scorer": best[0], "value": best[1].value, "gain": by, "low": low, "high": high}
    return {
        "goal": f"{goal.set_name} {goal.figure}, {row.scorer}",
        "must": f"{'<=' if ours.lower else '>='} {goal.must}",
        "value": ours.value,
        "reference": told,
        "holds": held,
    }
