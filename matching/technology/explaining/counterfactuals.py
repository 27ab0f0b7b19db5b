"""What would bring a provider into the list, tried out: each change is made and scored again.

References
----------
Golzadeh, Golab and Szlichta (2024), arXiv 2405.12881: counterfactual explanations of expert search.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from matching.explain import Reason
from matching.technology.problem import (
    Demand,
    Discipline,
    Document,
    DocumentKind,
    Indicator,
    Provider,
    TrackRecord,
    TrlRange,
)
from matching.technology.relevance.indicators import Verdict
from matching.technology.relevance.scorer import Candidate, Scorer

PROJECTS_TRIED = (1, 2, 4, 8)
PHRASES_TRIED = 3
STEPS_MAX = 4  # changes made together
ADDED = "added"  # id of what a change adds


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change of a provider: its text as a reason, and the provider as it would be."""

    reason: Reason
    provider: Provider


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterfactual:
    """Changes that were made together and scored again.

    `rank` is the rank after them, `score_nano` the score.
    """

    reasons: tuple[Reason, ...]
    provider: Provider
    rank: int
    score_nano: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of all changes.

    Parameters
    ----------
    rank
        The provider's rank now; None when it may not be matched at all.
    goal
        The rank that a change had to reach: the list's length for who is outside, 1 for who is in.
    reached
        The changes that reach it alone, the smallest of each kind; when none does, the changes
        that reach it together; empty when these do not either.
    tried
        Codes of all changes that were tried.
    """

    rank: int | None
    goal: int
    reached: tuple[Counterfactual, ...]
    tried: tuple[str, ...]


def counterfactuals(scorer: Scorer, now: Candidate, silent: Sequence[str], *, top: int) -> Tried:
    """Return what would bring a provider into the list, or to its head.

    Parameters
    ----------
    silent
        Keywords of the demand that the provider's texts do not use.
    top
        The length of the list.
    """
    demand, provider_id = now.demand, now.provider.provider_id
    everyone = scorer.everyone(demand)
    rank = next(
        (n for n, one in enumerate(everyone, 1) if one.provider.provider_id == provider_id), None
    )
    others = [one for one in everyone if one.provider.provider_id != provider_id]
    goal = 1 if rank is not None and rank <= top else top
    if rank == 1 or len(others) < goal:
        return Tried(rank=rank, goal=goal, reached=(), tried=())
    made = list(changes(now, silent, scorer.today))
    found = [try_out(scorer, demand, [change.reason], change.provider, others) for change in made]
    kept: dict[str, Counterfactual] = {}
    for one in found:  # of one kind the smallest that suffices
        if one is not None and one.rank <= goal:
            kept.setdefault(_kind(one.reasons[0]), one)
    together = None if kept else _together(scorer, now, silent, others, goal)
    return Tried(
        rank=rank,
        goal=goal,
        reached=tuple(kept.values()) if together is None else (together,),
        tried=tuple(dict.fromkeys(change.reason.code for change in made)),
    )


def try_out(
    scorer: Scorer,
    demand: Demand,
    reasons: Sequence[Reason],
    provider: Provider,
    others: Sequence[Candidate],
) -> Counterfactual | None:
    """Return where a changed provider would stand; None when it still may not be matched."""
    if not scorer.may_match(demand, provider):
        return None
    found = scorer.with_provider(provider).candidate(demand, provider.provider_id)
    mine = (-found.score_nano, provider.provider_id)
    before = sum(1 for one in others if (-one.score_nano, one.provider.provider_id) < mine)
    return Counterfactual(
        reasons=tuple(reasons), provider=provider, rank=before + 1, score_nano=found.score_nano
    )


def _together(
    scorer: Scorer, now: Candidate, silent: Sequence[str], others: Sequence[Candidate], goal: int
) -> Counterfactual | None:
    """Return changes that reach the goal together: the one that helps most, again and again."""
    best: Counterfactual | None = None
    for _ in range(STEPS_MAX):
        done = () if best is None else best.reasons
        kinds = {_kind(reason) for reason in done}
        found = [
            made
            for change in changes(now, silent, scorer.today)
            if _kind(change.reason) not in kinds
            and (
                made := try_out(scorer, now.demand, [*done, change.reason], change.provider, others)
            )
        ]
        step = max(found, key=lambda one: one.score_nano, default=None)
        if step is None or (best is not None and step.score_nano <= best.score_nano):
            return None
        best = step
        if best.rank <= goal:
            return best
        now = scorer.with_provider(best.provider).candidate(now.demand, best.provider.provider_id)
    return None


def changes(now: Candidate, silent: Sequence[str], today: date) -> Iterator[Change]:
    """Yield the changes to try, within each kind the smallest first."""
    demand, provider = now.demand, now.provider
    if not provider.consent:
        yield Change(
            reason=Reason(code="change_consent", params={}),
            provider=replace(provider, consent=True),
        )
        provider = replace(provider, consent=True)
    yield from _readiness(now, provider)
    for finding in now.indicators:
        if finding.verdict is not Verdict.MET:
            yield _report(demand, provider, finding.indicator, today)
    yield from _documents(demand, provider, silent, today)
    yield from _projects(provider, today)
    yield from _codes(demand, provider)


def _readiness(now: Candidate, provider: Provider) -> Iterator[Change]:
    have = provider.trl_range
    if have is None:
        return
    for step in range(1, (now.gap or 0) + 1):
        level = have.max_level + step
        yield Change(
            reason=Reason(code="change_readiness", params={"level": level}),
            provider=replace(
                provider, trl_range=TrlRange(min_level=have.min_level, max_level=level)
            ),
        )


def _report(demand: Demand, provider: Provider, indicator: Indicator, today: date) -> Change:
    told = statement(indicator)
    document = _document(provider, demand, title=indicator.name, abstract=told, today=today)
    return Change(
        reason=Reason(code="change_indicator", params={"indicator": told}),
        provider=replace(provider, documents=(*provider.documents, document)),
    )


def statement(indicator: Indicator) -> str:
    """Return an indicator as a sentence that the extraction of quantities reads."""
    if indicator.value_to is not None:
        span = f"{plain(indicator.value)}-{plain(indicator.value_to)}"
        return f"{indicator.name} {span} {indicator.unit}".strip()
    sign = indicator.op.value.replace("=", "", 1) if indicator.op.value == "=" else indicator.op
    return f"{indicator.name} {sign} {plain(indicator.value)} {indicator.unit}".replace("  ", " ")


def plain(value: Fraction) -> str:
    """Return an exact number in decimals where it has few, else as a fraction's float."""
    if value.denominator == 1:
        return str(value.numerator)
    return f"{float(value):g}"


def _documents(
    demand: Demand, provider: Provider, silent: Sequence[str], today: date
) -> Iterator[Change]:
    for count in range(1, min(PHRASES_TRIED, len(silent)) + 1):
        named = tuple(silent[:count])
        document = _document(provider, demand, title=" ".join(named), abstract="", today=today)
        yield Change(
            reason=Reason(code="change_document", params={"phrases": named}),
            provider=replace(provider, documents=(*provider.documents, document)),
        )


def _document(
    provider: Provider, demand: Demand, *, title: str, abstract: str, today: date
) -> Document:
    return Document(
        document_id=f"{ADDED}-{len(provider.documents)}",
        kind=DocumentKind.PROJECT,
        issued=today,
        title=title,
        abstract=abstract,
        lang=demand.lang,
    )


def _projects(provider: Provider, today: date) -> Iterator[Change]:
    for count in PROJECTS_TRIED:
        added = tuple(
            TrackRecord(
                record_id=f"{ADDED}-{len(provider.track_record) + number}",
                project=ADDED,
                role=ADDED,
                on_time=True,
                accepted=True,
                finished=today,
            )
            for number in range(count)
        )
        yield Change(
            reason=Reason(code="change_projects", params={"projects": count}),
            provider=replace(provider, track_record=(*provider.track_record, *added)),
        )


def _codes(demand: Demand, provider: Provider) -> Iterator[Change]:
    have = {(one.scheme, one.code) for one in provider.disciplines}
    for code in demand.domain_codes:
        if code.scheme == "ipc" or (code.scheme, code.code) in have:
            continue
        shifted = Discipline(scheme=code.scheme, code=code.code, share_bps=10_000)
        yield Change(
            reason=Reason(code="change_code", params={"code": f"{code.scheme} {code.code}"}),
            provider=replace(provider, disciplines=(shifted,)),
        )


def _kind(reason: Reason) -> str:
    """Return what two changes share when one is a larger dose of the other."""
    return f"{reason.code} {reason.params.get('indicator', '')}"
