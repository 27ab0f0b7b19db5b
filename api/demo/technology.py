"""The demo's technology demand: imported with the sample, ranked, and explained in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from api.commands.technology.telling import sentence
from api.services import technology
from api.services.workspace import Workspace
from matching.technology.explaining.explanation import explain_candidate
from matching.technology.relevance.scorer import fit

DEMAND = "TN-CUT-1"
LANGUAGE = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedDemand:
    """A demand, the team that is recommended first, and why, with what speaks against it."""

    demand_id: str
    title: str
    demands: int
    teams: int
    team: str
    why: str


def match_demand(workspace: Workspace, folder: Path, tell: Callable[[str], None]) -> MatchedDemand:
    """Import the sample's demands and teams, and rank the teams for one demand.

    Parameters
    ----------
    folder
        The sample's folder of demands and teams.
    tell
        Takes one line per step.
    """
    done = technology.import_path(workspace, folder)
    problem = technology.problem(workspace)
    demand = technology.get_demand(workspace, DEMAND)
    scorer = fit(problem.providers, today=problem.today)
    (best,) = scorer.best([demand], 1)
    found = explain_candidate(scorer, best[0], changes=False)
    tell(
        f"8  Imported {done.demands.total} technology demands and {done.providers.total} research "
        f"teams; ranked the teams for {DEMAND}"
    )
    return MatchedDemand(
        demand_id=demand.demand_id,
        title=demand.title,
        demands=done.demands.total,
        teams=done.providers.total,
        team=best[0].provider.name,
        why=sentence(found, LANGUAGE),
    )
