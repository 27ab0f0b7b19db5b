"""The goals of relevance: `docs/spec/technology.md`, the section on goals."""

from __future__ import annotations

from dataclasses import dataclass

LIGHT_REFERENCES = frozenset({"TF-IDF", "LSA-200", "BM25"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What a figure must reach on a set.

    Parameters
    ----------
    kind
        "light", "semantic" (ours with any model) or "learnt"; a semantic goal may name its model.
    slack
        By how much it may be worse than the best reference of its class.
    """

    set_name: str
    figure: str
    must: float
    kind: str = "light"
    model: str = ""
    slack: float = 0.01

    def is_of(self, scorer: str, ours: str) -> bool:
        """Return whether a scorer is one of ours that the goal is about."""
        learnt = scorer.endswith(", learnt")
        by_meaning = scorer.startswith("parkloom + ")
        if self.kind == "learnt":
            return learnt and by_meaning
        if self.kind == "light":
            return scorer == ours
        return by_meaning and not learnt and scorer.endswith(self.model)

    def is_reference(self, scorer: str, ours: str) -> bool:
        """Return whether a scorer is one that ours is held against: the same weight class."""
        if scorer == ours or scorer.startswith("parkloom"):
            return False
        return scorer in LIGHT_REFERENCES if self.kind == "light" else True


GOALS = (
    Goal(set_name="gs", figure="loss", must=0.255),
    Goal(set_name="gs", figure="easy pairs", must=0.85),
    Goal(set_name="gs", figure="loss", must=0.225, kind="semantic", model="minilm"),
    Goal(set_name="zh", figure="nDCG@10", must=0.64),
    Goal(set_name="zh", figure="loss", must=0.266),
    Goal(set_name="zh", figure="nDCG@10", must=0.655, kind="semantic"),
    Goal(set_name="zh", figure="loss", must=0.230, kind="semantic"),
    Goal(set_name="zh", figure="nDCG@10", must=0.67, kind="learnt"),
    Goal(set_name="zh", figure="loss", must=0.218, kind="learnt"),
    Goal(set_name="zh", figure="score, grouped", must=0.69, kind="learnt"),
    Goal(set_name="zh", figure="score, random", must=0.71, kind="learnt"),
    Goal(set_name="bilingual", figure="overlap@10", must=0.6, kind="semantic"),
    Goal(set_name="xling", figure="MRR@10", must=0.93, kind="semantic"),
    Goal(set_name="csl-title", figure="MRR@10", must=0.97),
    Goal(set_name="csl-keywords", figure="MRR@10", must=0.98),
    Goal(set_name="sbir", figure="MRR@10", must=0.49),
    Goal(set_name="sbir", figure="R@10", must=0.67),
)
