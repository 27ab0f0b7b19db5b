"""Judgements of earlier matches change the weights of later rankings, once there are enough."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api.services import technology, technology_learning, technology_matching
from api.services.workspace import Workspace
from data.samples import SAMPLE_PARK
from data.stores import technology_results as store
from matching.technology.problem import Feedback, Judgement, Match, PartScore
from matching.technology.relevance.learning import Outcome
from matching.technology.relevance.scorer import Weights, fit
from tests.support.installations import installation

OWN = Weights()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def workspace(request, tmp_path) -> Iterator[Workspace]:
    """Return an installation with the sample's demands and teams."""
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgresql_url")
    made = installation(tmp_path, url)
    technology.import_path(made, SAMPLE_PARK / "technology")
    yield made
    made.close()


def judge(workspace: Workspace, *, demands: int, by: str) -> int:
    """Keep ten matches of some demands, judged by one part of their score; return how many."""
    problem = technology.problem(workspace)
    asked = problem.demands[:demands]
    scorer = fit(problem.providers, today=problem.today)
    matches, said = [], []
    for found in scorer.best(asked, 10):
        for rank, one in enumerate(found, 1):
            name = f"{one.demand.demand_id}-{rank}"
            parts = tuple(PartScore(part=p, score_nano=v) for p, v in one.parts_nano.items())
            matches.append(
                Match(
                    match_id=name,
                    demand_id=one.demand.demand_id,
                    demand_version=one.demand.version,
                    provider_id=one.provider.provider_id,
                    provider_version=one.provider.version,
                    scorer=scorer.identity,
                    score_nano=one.score_nano,
                    parts=parts,
                    evidence=(),
                    gaps=(),
                    counterfactuals=(),
                    rank=rank,
                    created_at_ms=1,
                )
            )
            order = sorted(found, key=lambda other: other.parts[by])
            level = 1 + 4 * order.index(one) // len(found)
            said.append(
                Feedback(
                    feedback_id=f"F-{name}",
                    match_id=name,
                    actor_role="broker",
                    judgement=Judgement(str(level)),
                    reason="",
                    given_at_ms=1,
                )
            )
    with workspace.transaction() as session:
        store.add_matches(session, workspace.operator_id, matches)
        for one in said:
            store.add_feedback(session, workspace.operator_id, one)
    return len(said)


def test_a_broker_who_looks_at_records_moves_the_weights(workspace):
    """What was learnt is in the next ranking, whose lines name its weights."""
    count = judge(workspace, demands=38, by="record")
    found = technology_learning.learnt(workspace)
    changed = technology_learning.weights(workspace)
    (first, *_) = technology_matching.rank(workspace, "TN-CUT-1", top=1)

    assert (found.outcome, found.pairs) == (Outcome.LEARNT, count)
    assert found.learnt_loss < found.fixed_loss
    assert changed.record * OWN.lexical > OWN.record * changed.lexical
    assert dict(first.scorer.weights)["record"] == round(changed.record * 10**6)


def test_with_few_judgements_the_weights_stay(workspace):
    """Fewer than 300 judged pairs teach nothing."""
    judge(workspace, demands=3, by="record")

    assert technology_learning.learnt(workspace).outcome is Outcome.TOO_FEW_PAIRS
    assert technology_learning.weights(workspace) == OWN


def test_judgements_of_another_version_of_the_scorer_teach_nothing(workspace, monkeypatch):
    """Its parts meant something else."""
    judge(workspace, demands=38, by="record")
    monkeypatch.setattr(technology_learning, "VERSION", "other")

    assert technology_learning.learnt(workspace).outcome is Outcome.TOO_FEW_PAIRS
