"""Small demands and teams of technology matching."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np

from matching.technology.problem import (
    Demand,
    Document,
    DocumentKind,
    Language,
    Provider,
    ProviderKind,
    TrlRange,
)
from matching.technology.relevance.embedding import Floats, Kind, Reading

TODAY = date(2026, 11, 22)


def demand(demand_id: str = "D-1", **fields: Any) -> Demand:
    """Return a Chinese demand for a solid electrolyte."""
    given = {
        "owner_org": "ORG-1",
        "title": "固态电解质界面阻抗的降低",
        "problem": "正极与固态电解质之间的界面阻抗过高，循环寿命不足。",
        "lang": Language.CHINESE,
        "keywords": ("固态电解质", "界面阻抗"),
    }
    return Demand(demand_id=demand_id, **{**given, **fields})


def document(document_id: str, title: str, abstract: str = "", **fields: Any) -> Document:
    """Return a paper of 2025."""
    given = {
        "kind": DocumentKind.PAPER,
        "issued": date(2025, 3, 1),
        "lang": Language.CHINESE,
    }
    return Document(document_id=document_id, title=title, abstract=abstract, **{**given, **fields})


def team(provider_id: str, *documents: Document, **fields: Any) -> Provider:
    """Return a consenting university team with room and levels 3 to 7."""
    given = {
        "org_id": f"ORG-{provider_id}",
        "name": f"team {provider_id}",
        "kind": ProviderKind.UNIVERSITY,
        "updated_on": TODAY,
        "documents": documents,
        "trl_range": TrlRange(min_level=3, max_level=7),
        "consent": True,
    }
    return Provider(provider_id=provider_id, **{**given, **fields})


def five_teams() -> tuple[Provider, ...]:
    """Return teams of batteries, ceramics, milling, moulding and vision; BAT suits `demand`."""
    return (
        team(
            "BAT",
            document(
                "BAT-1",
                "硫化物固态电解质的界面阻抗研究",
                "在正极表面包覆后，界面阻抗降至 15 Ω·cm²，循环寿命达到 1000 次。",
            ),
            document("BAT-2", "固态电池失效分析", "循环寿命与枝晶生长。"),
        ),
        team("CER", document("CER-1", "氧化物固态电解质陶瓷的烧结", "致密度达到 98%。")),
        team("CUT", document("CUT-1", "钛合金铣削颤振抑制", "表面粗糙度不超过 0.8 微米。")),
        team("POL", document("POL-1", "注塑翘曲预测", "翘曲量低于 0.3 mm，寿命预测。")),
        team(
            "VIS",
            document(
                "VIS-1",
                "Surface defect detection by machine vision",
                "Detects scratches of 20 um at 60 parts per minute.",
                lang=Language.ENGLISH,
            ),
        ),
    )


class LetterEmbedder:
    """A model small enough to follow: a text's point counts its characters by code modulo 16.

    Two texts with the same characters in another order have the same point.
    """

    name, version, sha256, dim = "letters", "1", "0" * 64, 16
    reading = Reading.SENTENCES
    languages = frozenset({"zh", "en"})

    def __init__(self) -> None:
        self.encoded: list[str] = []

    def encode(self, texts: Sequence[str], _kind: Kind) -> Floats:
        """Return a point of length one for each text."""
        self.encoded += texts
        made = np.zeros((len(texts), self.dim), dtype=np.float32)
        for row, text in enumerate(texts):
            for char in text:
                made[row, ord(char) % self.dim] += 1
        lengths = np.linalg.norm(made, axis=1, keepdims=True)
        return np.divide(made, lengths, out=np.zeros_like(made), where=lengths > 0)
