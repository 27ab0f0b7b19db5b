"""Demands and providers as the texts that are scored, with the way back to their own fields."""

from __future__ import annotations

from collections.abc import Iterable

from matching.technology.problem import Demand, Document, Provider
from matching.technology.relevance.lexical import Entry
from matching.technology.relevance.vocabulary import Written

# `tried_routes` are left out: who repeats what failed is no better for it
DEMAND_FIELDS = ("problem", "background", "current_state", "deliverables", "keywords")


def demand_written(demand: Demand) -> Written:
    """Return a demand as a title and a text; fields stand on lines of their own."""
    return Written(title=demand.title, text="\n".join(text for _, text in demand_fields(demand)))


def demand_fields(demand: Demand) -> tuple[tuple[str, str], ...]:
    """Return the names and texts of the fields behind the title that hold anything."""
    told = ((name, demand.text(name)) for name in DEMAND_FIELDS)
    return tuple((name, text) for name, text in told if text)


def document_written(document: Document) -> Written:
    """Return a document as a title and a text."""
    return Written(title=document.title, text=document.abstract)


def entries(provider: Provider) -> list[Entry]:
    """Return the texts of a provider.

    What it says of itself, its skills and its facilities, counts as one text more, without a
    document id: it can be matched but not quoted as evidence. A provider without any has it empty.
    """
    made = [
        Entry(
            name=document.document_id,
            target=provider.provider_id,
            written=document_written(document),
        )
        for document in provider.documents
    ]
    stated = "\n".join([*(skill.skill for skill in provider.skills), *provider.facilities])
    if stated or not made:
        made.append(Entry(name="", target=provider.provider_id, written=_stated(stated)))
    return made


def all_entries(providers: Iterable[Provider]) -> list[Entry]:
    """Return the texts of all providers, each provider's together."""
    return [entry for provider in providers for entry in entries(provider)]


def _stated(text: str) -> Written:
    return Written(title="", text=text)
