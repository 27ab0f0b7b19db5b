"""Triage of a demand before it is called: what it lacks, and which others ask for the same."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from matching.technology.opencall.payloads import TriageReport
from matching.technology.problem import Demand

SHINGLE = 3
DUPLICATE_LEAST = 0.6  # share of common shingles from which two demands are shown as duplicates


def triage(demand: Demand, others: Iterable[Demand]) -> TriageReport:
    """Return what is missing in a demand and which others ask for the same.

    Two demands count as duplicates when their titles and problems share at least 60 % of their
    runs of three signs (Jaccard index). Demands in two languages are not compared.

    Notes
    -----
    A person decides about duplicates: publishing in spite of them takes a reason.
    """
    own = _shingles(demand)
    duplicates = tuple(
        other.demand_id
        for other in others
        if other.demand_id != demand.demand_id
        and _jaccard(own, _shingles(other)) >= DUPLICATE_LEAST
    )
    return TriageReport(
        demand_digest=demand.digest, duplicates=duplicates, missing=missing_of(demand)
    )


def missing_of(demand: Demand) -> tuple[str, ...]:
    """Return the fields that a call needs and the demand lacks."""
    needed = {
        "indicators": any(one.must for one in demand.indicators),
        "deliverables": bool(demand.deliverables),
        "budget": demand.budget is not None,
        "deadline": demand.deadline is not None,
        "duration_months": demand.duration_months > 0,
        "milestones": bool(demand.milestones),
    }
    return tuple(name for name, there in needed.items() if not there)


def _shingles(demand: Demand) -> frozenset[str]:
    text = unicodedata.normalize("NFKC", f"{demand.title} {demand.problem}").casefold()
    signs = "".join(sign for sign in text if sign.isalnum())
    return frozenset(signs[at : at + SHINGLE] for at in range(max(1, len(signs) - SHINGLE + 1)))


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other)
