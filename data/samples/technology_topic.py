"""What the sample demands and teams are about: the form of a topic.

Every phrase is a pair (Chinese, English). A team's documents are put together from the objects,
methods and results of its topic; a topic has two demands. Problems and phrases are invented.
"""

from __future__ import annotations

from dataclasses import dataclass

Pair = tuple[str, str]
Threshold = tuple[Pair, str, str, str]
"""Name, comparison, value, unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One demand of a topic."""

    title: Pair
    problem: Pair
    indicators: tuple[Threshold, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A field of technology with its codes and phrases."""

    key: str
    name: Pair
    discipline: str
    industry: str
    ipc: str
    skills: tuple[Pair, ...]
    objects: tuple[Pair, ...]
    methods: tuple[Pair, ...]
    results: tuple[Pair, ...]
    facility: Pair
    wanted: tuple[Wanted, ...]


def wanted(title: Pair, problem: Pair, *indicators: Threshold) -> Wanted:
    """Return a demand of a topic."""
    return Wanted(title=title, problem=problem, indicators=indicators)
