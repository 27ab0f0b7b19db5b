"""What speaks against a match, the weightiest first. There is always something.

Codes with parameters; the edge has the texts. The last one holds for everybody: what a team's
documents say was not tested by this system.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from matching.explain import Reason
from matching.technology.problem import Demand, Provider
from matching.technology.relevance.indicators import Verdict
from matching.technology.relevance.scorer import Candidate

OLD_YEARS = 5
PILOT_LEVEL = 6  # GB/T 22900: from here on a prototype runs in its environment
PILOT_WORDS = ("中试", "pilot", "产线", "生产线", "line", "示范", "demonstration")


def against(
    candidate: Candidate, silent: Sequence[str], newest: date | None, today: date
) -> tuple[Reason, ...]:
    """Return the counter-arguments to a match, the weightiest first; never empty.

    Parameters
    ----------
    silent
        Keywords of the demand that the provider's texts do not use.
    newest
        The date of the newest document that is quoted.
    """
    return tuple(_all(candidate, silent, newest, today))


def _all(
    candidate: Candidate, silent: Sequence[str], newest: date | None, today: date
) -> Iterator[Reason]:
    demand, provider = candidate.demand, candidate.provider
    yield from _indicators(candidate, Verdict.UNMET)
    if candidate.gap:
        params = {"need": demand.trl_target or 0, "have": _highest(provider), "gap": candidate.gap}
        yield Reason(code="against_readiness", params=params)
    yield from _skills(demand, provider)
    yield from _capacity(demand, provider, today)
    yield from _indicators(candidate, Verdict.UNKNOWN)
    if (demand.trl_target or 0) >= PILOT_LEVEL and not _has_pilot(provider):
        yield Reason(code="against_no_pilot", params={})
    late = candidate.record.projects - candidate.record.on_time
    if late:
        params = {"late": late, "projects": candidate.record.projects}
        yield Reason(code="against_late", params=params)
    if newest is not None and (today - newest).days > OLD_YEARS * 365.25:
        yield Reason(code="against_old", params={"date": newest.isoformat()})
    if silent:
        yield Reason(code="against_silent", params={"phrases": tuple(silent[:3])})
    if not candidate.record.projects:
        yield Reason(code="against_no_record", params={})
    yield Reason(code="against_untested", params={})


def _indicators(candidate: Candidate, verdict: Verdict) -> Iterator[Reason]:
    found = [one for one in candidate.indicators if one.verdict is verdict]
    for one in sorted(found, key=lambda finding: not finding.indicator.must):
        name = one.indicator.name
        if verdict is Verdict.UNMET and one.span is not None and one.document_id is not None:
            document = next(
                part for part in candidate.provider.documents if part.document_id == one.document_id
            )
            stated = one.span.cut(document.text(one.span.field))
            params = {"indicator": name, "stated": stated, "document": one.document_id}
            yield Reason(code="against_unmet", params=params)
        else:
            yield Reason(code="against_unknown", params={"indicator": name})


def _skills(demand: Demand, provider: Provider) -> Iterator[Reason]:
    have = {skill.skill: skill.level for skill in provider.skills}
    for wanted in demand.required_skills:
        if wanted.must and have.get(wanted.skill, 0) < wanted.level:
            yield Reason(code="against_skill", params={"skill": wanted.skill})


def _capacity(demand: Demand, provider: Provider, today: date) -> Iterator[Reason]:
    capacity = provider.capacity
    if capacity is None:
        yield Reason(code="against_capacity_unknown", params={})
    elif not capacity.slots or capacity.ends < today:
        yield Reason(code="against_no_capacity", params={})
    elif demand.deadline is not None and capacity.starts > demand.deadline:
        params = {"date": capacity.starts.isoformat()}
        yield Reason(code="against_capacity_late", params=params)


def _highest(provider: Provider) -> int:
    return 0 if provider.trl_range is None else provider.trl_range.max_level


def _has_pilot(provider: Provider) -> bool:
    told = " ".join(provider.facilities).lower()
    return any(word in told for word in PILOT_WORDS)
