"""`parkloom technology explain`: why a team is recommended, what against, what would change it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.frame import BadInput, JsonFlag, Report, opened, reporting, table
from api.commands.rejects import require_value
from api.commands.standing import LanguageOption, check_language
from api.commands.technology.rank import ScorerName
from api.commands.technology.words import WORDS
from api.services import technology
from data.importers.technology_lines import read_demands, read_providers
from matching.technology.problem import Demand, Problem

if TYPE_CHECKING:
    from matching.technology.explaining.explanation import Explanation
    from matching.technology.relevance.scorer import Scorer, Weights


def explain(
    demand: Annotated[str, typer.Option(help="Explain the list of this demand.")],
    provider: Annotated[str, typer.Option(help="Explain this team alone, in full.")] = "",
    demands: Annotated[
        Path | None, typer.Option(help="demands.jsonl; without it, the installation's.")
    ] = None,
    providers: Annotated[
        Path | None, typer.Option(help="providers.jsonl; without it, the installation's.")
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="Length of the list.")] = 5,
    scorer: Annotated[
        ScorerName, typer.Option(help="hybrid needs an installed model.")
    ] = ScorerName.LEXICAL,
    today: Annotated[str, typer.Option(help="The day from which ages count; else today.")] = "",
    lang: LanguageOption = "en",
    *,
    as_json: JsonFlag = False,
) -> None:
    """Explain why teams are recommended for a demand, with evidence, and what speaks against it.

    Quotations stand in the cited document as they are; what would help was scored again.
    """
    with reporting(as_json=as_json) as report:
        check_language(lang)
        problem, weights = _problem(demands, providers, today, report)
        asked = next((one for one in problem.demands if one.demand_id == demand), None)
        if asked is None:
            raise BadInput(f"--demand {demand}: there is no such demand.", demand=demand)
        if not problem.providers:
            raise BadInput("there are no teams: import providers first.")
        made = _scorer(problem, weights, scorer, report)
        if provider:
            _one(made, asked, provider, top, lang, report)
        else:
            _list(made, asked, top, lang, report)


def _problem(
    demands: Path | None, providers: Path | None, today: str, report: Report
) -> tuple[Problem, Weights | None]:
    """Return demands and teams from files, or from the installation with the weights in force."""
    day = _day(today)
    if (demands is None) != (providers is None):
        raise BadInput("--demands and --providers: give both files, or neither.")
    if demands is None or providers is None:
        from api.services import technology_learning  # noqa: PLC0415 - scikit-learn is slow to load

        with opened() as workspace:
            return technology.problem(workspace, today=day), technology_learning.weights(workspace)
    problem = Problem(
        today=day or date.today(),  # noqa: DTZ011 - the reader's own day
        demands=require_value(read_demands(demands), report, document=str(demands)),
        providers=require_value(read_providers(providers), report, document=str(providers)),
    )
    return problem, None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise BadInput(f"--today {text}: expected a day such as 2026-11-22.", today=text) from None


def _scorer(problem: Problem, weights: Weights | None, name: ScorerName, report: Report) -> Scorer:
    from matching.technology.relevance.embedding import SemanticUnavailable  # noqa: PLC0415
    from matching.technology.relevance.models import load  # noqa: PLC0415
    from matching.technology.relevance.scorer import fit  # noqa: PLC0415

    embedder = None
    if name is ScorerName.SEMANTIC:
        raise BadInput("--scorer semantic: stored demands are scored lexical or hybrid.")
    if name is ScorerName.HYBRID:
        try:
            embedder = load()
        except SemanticUnavailable as absent:
            report.note(f"semantic: unavailable: {absent}")
    return fit(problem.providers, today=problem.today, embedder=embedder, weights=weights)


def _one(
    scorer: Scorer, demand: Demand, provider: str, top: int, lang: str, report: Report
) -> None:
    from api.commands.technology.telling import as_json, sentence, told  # noqa: PLC0415
    from matching.technology.explaining.explanation import explain as made  # noqa: PLC0415

    if provider not in scorer.providers:
        raise BadInput(f"--provider {provider}: there is no such team.", provider=provider)
    explanation, words = made(scorer, demand, provider, top=top), WORDS[lang]
    for warning in explanation.warnings:
        report.note(told(warning, lang))
    report.show(f"{scorer.providers[provider].name} ({provider})")
    report.show(sentence(explanation, lang))
    _show_parts(explanation, lang, report)
    _show_phrases(explanation, lang, report)
    report.show(words["all_against"], *(f"- {told(one, lang)}" for one in explanation.against))
    _show_changes(explanation, lang, report)
    report.result(as_json(explanation, lang))


def _list(scorer: Scorer, demand: Demand, top: int, lang: str, report: Report) -> None:
    from api.commands.technology.telling import as_json, sentence, told  # noqa: PLC0415
    from matching.technology.explaining import explanation as explaining  # noqa: PLC0415

    words = WORDS[lang]
    for warning in explaining.language_warnings(scorer, [demand]):
        report.note(told(warning, lang))
    found = scorer.best([demand], top)[0]
    explained = [explaining.explain_candidate(scorer, one, top=top, changes=False) for one in found]
    report.show(words["ranking"].format(name=demand.demand_id, title=demand.title))
    for rank, one in enumerate(explained, 1):
        team = one.candidate.provider
        report.show(
            "",
            f"{rank}. {team.name} ({team.provider_id}), {one.candidate.score:.3f}",
            sentence(one, lang),
        )
    listed = [{**as_json(one, lang), "rank": rank} for rank, one in enumerate(explained, 1)]
    report.result({"demand_id": demand.demand_id, "matches": listed})


def _show_parts(explanation: Explanation, lang: str, report: Report) -> None:
    from api.commands.technology.telling import part_names  # noqa: PLC0415

    words, candidate = WORDS[lang], explanation.candidate
    parts = table(words["parts"], columns=[(words["part"], "left"), (words["adds"], "right")])
    for part in part_names(explanation):
        value = candidate.parts.get(part)
        parts.add_row(words[part], words["unavailable"] if value is None else f"{value:+.4f}")
    parts.add_row(words["score"], f"{candidate.score:+.4f}")
    report.show(parts)


def _show_phrases(explanation: Explanation, lang: str, report: Report) -> None:
    from api.commands.technology.telling import meaning, where  # noqa: PLC0415

    words, total = WORDS[lang], explanation.candidate.parts["lexical"]
    sides = [("term", "left"), ("share", "right"), ("where", "left")]
    made = table(words["terms"], columns=[(words[name], side) for name, side in sides])
    for one in explanation.shown:
        made.add_row(one.phrase.text, f"{100 * one.share:.0f} %", where(one, lang))
    rest = explanation.rest / total if total else 0.0
    made.add_row(words["rest"], f"{100 * rest:.0f} %", "")
    report.show(made)
    if explanation.pair is not None:
        report.show(meaning(explanation, lang))


def _show_changes(explanation: Explanation, lang: str, report: Report) -> None:
    from api.commands.technology.telling import told  # noqa: PLC0415

    words, tried = WORDS[lang], explanation.tried
    if tried is None:
        return
    if tried.rank is None:
        report.show(words["not_allowed"])
    if tried.rank == 1:
        report.show(words["first"])
        return
    title = words["reach_head" if tried.goal == 1 else "reach_list"].format(goal=tried.goal)
    if not tried.reached:
        report.show(title, words["none"])
        return
    made = table(columns=[(words["change"], "left"), (words["rank"], "right")])
    for one in tried.reached:
        together = words["join"].join(told(reason, lang) for reason in one.reasons)
        made.add_row(together, str(one.rank))
    report.show(title, made)
