"""Who must not work for whom, and who has worked with whom: two graphs.

*Conflict graph.* Nodes are demands and providers; an edge carries its kind. Between a demand and a
provider it keeps the provider away. Between two demands it keeps one provider from serving both:
their owners compete. Between two providers it keeps them out of one consortium.

*Collaboration graph.* Nodes are providers; an edge carries the projects that both took part in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from enum import StrEnum, unique
from itertools import combinations
from typing import Any

import networkx as nx

from matching.technology.problem import Demand, Problem, Provider

Graph = Any  # networkx has no types of its own
Node = tuple[str, str]

DEMAND, PROVIDER = "demand", "provider"


@unique
class ConflictKind(StrEnum):
    """Why two nodes exclude each other, from the plainest to the least."""

    OWN = "own"  # the provider belongs to the demand's owner
    EXCLUDED = "excluded"  # the demand excludes the provider's organisation
    ORGANISATION = "organisation"  # the provider must not work for the owner
    PERSON = "person"  # a person has an interest on both sides
    COMPETITOR = "competitor"  # the provider is bound to a competitor of the owner
    OWNERS = "owners"  # two demands of owners that compete
    PARTNERS = "partners"  # two providers of which one must not work with the other


def conflict_graph(problem: Problem) -> Graph:
    """Return the conflict graph; nodes are ("demand", id) and ("provider", id).

    Each edge has `kinds`, the sorted tuple of its kinds. Cost: proportional to the conflicts, as
    everything is looked up by what both sides name.
    """
    graph = nx.Graph()
    graph.add_nodes_from((DEMAND, demand.demand_id) for demand in problem.demands)
    graph.add_nodes_from((PROVIDER, one.provider_id) for one in problem.providers)
    kinds: dict[tuple[Node, Node], set[str]] = defaultdict(set)
    for first, second, kind in (
        *_demand_with_provider(problem),
        *_demand_with_demand(problem),
        *_provider_with_provider(problem),
    ):
        kinds[first, second].add(kind.value)
    for (first, second), found in kinds.items():
        graph.add_edge(first, second, kinds=tuple(sorted(found)))
    return graph


def kinds_between(graph: Graph, first: Node, second: Node) -> tuple[str, ...]:
    """Return the kinds of the edge between two nodes; empty without one."""
    found = graph.get_edge_data(first, second)
    return () if found is None else tuple(found["kinds"])


def neighbours(graph: Graph, node: Node, *, side: str) -> list[str]:
    """Return the ids of a node's neighbours on one side, sorted."""
    return sorted(name for kind, name in graph.neighbors(node) if kind == side)


Edge = tuple[Node, Node, ConflictKind]


def _demand_with_provider(problem: Problem) -> Iterator[Edge]:
    by_org = _index(problem.providers, lambda one: (one.org_id,))
    by_shunned = _index(problem.providers, lambda one: one.conflicts.orgs)
    by_person = _index(
        problem.providers, lambda one: {*one.persons_hash, *one.conflicts.persons_hash}
    )
    by_group = _index(problem.providers, lambda one: one.conflicts.competitor_groups)
    for demand in problem.demands:
        looked_up: list[tuple[ConflictKind, dict[Hashable, list[str]], Iterable[str]]] = [
            (ConflictKind.OWN, by_org, (demand.owner_org,)),
            (ConflictKind.EXCLUDED, by_org, demand.excluded_orgs),
            (ConflictKind.ORGANISATION, by_shunned, (demand.owner_org,)),
            (ConflictKind.PERSON, by_person, demand.persons_hash),
            (ConflictKind.COMPETITOR, by_group, demand.competitor_groups),
        ]
        for kind, index, keys in looked_up:
            for key in keys:
                for name in index.get(key, ()):
                    yield (DEMAND, demand.demand_id), (PROVIDER, name), kind


def _demand_with_demand(problem: Problem) -> Iterator[Edge]:
    groups: dict[str, list[Demand]] = defaultdict(list)
    for demand in problem.demands:
        for group in demand.competitor_groups:
            groups[group].append(demand)
    for members in groups.values():
        for one, other in combinations(members, 2):
            if one.owner_org != other.owner_org:
                names = sorted((one.demand_id, other.demand_id))
                yield (DEMAND, names[0]), (DEMAND, names[1]), ConflictKind.OWNERS


def _provider_with_provider(problem: Problem) -> Iterator[Edge]:
    by_org = _index(problem.providers, lambda one: (one.org_id,))
    by_person = _index(problem.providers, lambda one: one.persons_hash)
    for provider in problem.providers:
        for shunned in provider.conflicts.orgs:
            for name in by_org.get(shunned, ()):
                if name != provider.provider_id:
                    pair = sorted((provider.provider_id, name))
                    yield (PROVIDER, pair[0]), (PROVIDER, pair[1]), ConflictKind.PARTNERS
        for person in provider.conflicts.persons_hash:
            for name in by_person.get(person, ()):
                if name != provider.provider_id:
                    pair = sorted((provider.provider_id, name))
                    yield (PROVIDER, pair[0]), (PROVIDER, pair[1]), ConflictKind.PARTNERS


def _index(providers: Iterable[Provider], keys: Any) -> dict[Hashable, list[str]]:
    found: dict[Hashable, list[str]] = defaultdict(list)
    for provider in providers:
        for key in keys(provider):
            found[key].append(provider.provider_id)
    return found


def collaboration_graph(problem: Problem) -> Graph:
    """Return the providers with an edge where two took part in the same recorded project.

    Each edge has `projects`, the sorted tuple of their names, compared without case and outer
    blanks.
    """
    graph = nx.Graph()
    graph.add_nodes_from(one.provider_id for one in problem.providers)
    took_part: dict[str, list[str]] = defaultdict(list)
    for provider in problem.providers:
        for project in sorted(
            {record.project.strip().casefold() for record in provider.track_record}
        ):
            took_part[project].append(provider.provider_id)
    for project, names in sorted(took_part.items()):
        for one, other in combinations(sorted(names), 2):
            before = graph.get_edge_data(one, other, default={"projects": ()})["projects"]
            graph.add_edge(one, other, projects=(*before, project))
    return graph


def worked_together(graph: Graph, names: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return the pairs among some providers that have worked together."""
    return tuple(pair for pair in combinations(sorted(names), 2) if graph.has_edge(*pair))
