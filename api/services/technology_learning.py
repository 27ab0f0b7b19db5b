"""Weights of the ranking, learnt from what was said about earlier matches."""

from __future__ import annotations

import numpy as np

from api.services.workspace import Workspace
from data.stores import technology_results as store
from matching.technology.problem import Match
from matching.technology.relevance.learning import Learnt, apply, learn
from matching.technology.relevance.scorer import NANO, VERSION, Weights

PARTS = ("lexical", "codes", "indicators", "trl", "record")  # of a ranking without a model
MILLION = 10**6


def learnt(workspace: Workspace) -> Learnt:
    """Return what the judgements of this version's matches teach, and whether it is taken.

    Weights stay as they are until 300 matches of at least five demands are judged, and as long as
    the learnt ones do not order demands better that they were not learnt from.
    """
    with workspace.snapshot() as session:
        said = store.judged(session, workspace.viewer)
    known = [(match, told) for match, told in said if match.scorer.version == VERSION]
    demands = {name: at for at, name in enumerate(sorted({m.demand_id for m, _ in known}))}
    fixed = Weights()
    return learn(
        np.array([_raw(match) for match, _ in known]).reshape(-1, len(PARTS)),
        PARTS,
        np.array([float(told.judgement) for _, told in known]),
        np.array([demands[match.demand_id] for match, _ in known], dtype=np.int64),
        fixed={part: getattr(fixed, part) for part in PARTS},
    )


def weights(workspace: Workspace) -> Weights:
    """Return the weights in force: the learnt ones once there are enough judgements."""
    return apply(learnt(workspace), Weights())


def _raw(match: Match) -> list[float]:
    """Return what a match had of each part before its weight; 0 for a part without one."""
    share = {one.part: one.score_nano / NANO for one in match.parts}
    weight = {part: millionths / MILLION for part, millionths in match.scorer.weights}
    return [share.get(part, 0.0) / weight[part] if weight.get(part) else 0.0 for part in PARTS]
