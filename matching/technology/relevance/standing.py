"""What a team has besides words: readiness levels and a record of kept dates.

References
----------
Levels: GB/T 22900. The on-time rate is the mean of a Beta(2, 2) prior after the team's projects,
(s + 2) / (n + 4), each project counted by 2^(-age / 5 years).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from matching.technology.problem import Demand, Provider

TRL_GAP_MAX = 3  # a team further off cannot be matched
HALF_LIFE_DAYS = 5 * 365.25
PRIOR_ON_TIME, PRIOR_PROJECTS = 2.0, 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A team's projects with a known outcome, weighed by age.

    `rate` is shrunk towards one half, `projects` and `on_time` are plain counts.
    """

    rate: float
    projects: int
    on_time: int
    record_ids: tuple[str, ...]


def trl_gap(demand: Demand, provider: Provider) -> int | None:
    """Return how many levels the provider's highest lies below the demand's target, ≥ 0.

    None when one of the two is not stated.
    """
    if demand.trl_target is None or provider.trl_range is None:
        return None
    return max(0, demand.trl_target - provider.trl_range.max_level)


def too_far(demand: Demand, provider: Provider) -> bool:
    """Return whether the gap of readiness excludes the provider."""
    gap = trl_gap(demand, provider)
    return gap is not None and gap > TRL_GAP_MAX


def recency(issued: date | None, today: date) -> float:
    """Return 2^(-age / 5 years), 0..1; a date that is unknown counts as five years old."""
    if issued is None:
        return 0.5
    return float(0.5 ** (max(0, (today - issued).days) / HALF_LIFE_DAYS))


def record_of(provider: Provider, today: date) -> Record:
    """Return what a provider's projects say; without any, the rate is one half."""
    known = [one for one in provider.track_record if one.on_time is not None]
    weights = [recency(one.finished, today) for one in known]
    kept = sum(weight for one, weight in zip(known, weights, strict=True) if one.on_time)
    rate = (kept + PRIOR_ON_TIME) / (sum(weights) + PRIOR_PROJECTS)
    return Record(
        rate=rate,
        projects=len(known),
        on_time=sum(1 for one in known if one.on_time),
        record_ids=tuple(one.record_id for one in known),
    )
