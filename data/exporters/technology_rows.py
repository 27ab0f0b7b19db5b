"""Demands and providers as the rows of the technology form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields

from data.importers.form import Kind, Sheet
from data.importers.technology_sheets import (
    CODES,
    CRITERIA,
    DEMANDS,
    DISCIPLINES,
    DOCUMENTS,
    INDICATORS,
    MILESTONES,
    PROVIDERS,
    RECORDS,
    REQUIRED_SKILLS,
    SKILLS,
    TECHNOLOGY_SHEETS,
)
from matching.technology.problem import Demand, Provider
from matching.technology.problem_plain import to_plain

Row = Mapping[str, object]
CURRENCY = "CNY"


def form_rows(demands: Iterable[Demand], providers: Iterable[Provider]) -> Mapping[str, list[Row]]:
    """Return the rows of every sheet by its key.

    Raises
    ------
    ValueError
        When an amount is in another currency than the form's, or a part of a list holds the sign
        that separates parts.
    """
    rows: dict[str, list[Row]] = {sheet.key: [] for sheet in TECHNOLOGY_SHEETS}
    for demand in demands:
        rows[DEMANDS.key].append(_demand(demand))
        own = {"demand_id": demand.demand_id}
        for sheet, parts in (
            (INDICATORS, demand.indicators),
            (REQUIRED_SKILLS, demand.required_skills),
            (CODES, demand.domain_codes),
            (MILESTONES, demand.milestones),
            (CRITERIA, demand.evaluation.criteria),
        ):
            rows[sheet.key] += [{**own, **_values(part)} for part in parts]
    for provider in providers:
        rows[PROVIDERS.key].append(_provider(provider))
        of = {"provider_id": provider.provider_id}
        for sheet, shown in (
            (DISCIPLINES, provider.disciplines),
            (SKILLS, provider.skills),
            (DOCUMENTS, provider.documents),
            (RECORDS, provider.track_record),
        ):
            rows[sheet.key] += [{**of, **_values(part)} for part in shown]
    for sheet in TECHNOLOGY_SHEETS:
        for row in rows[sheet.key]:
            _check_lists(sheet, row)
    return rows


def _demand(demand: Demand) -> Row:
    budget, rule = demand.budget, demand.consortium
    return {
        **_values(demand),
        "budget_min": _minor(budget.min_minor, budget.currency) if budget else None,
        "budget_max": _minor(budget.max_minor, budget.currency) if budget else None,
        "min_members": rule.min_members,
        "max_members": rule.max_members,
        "lead_kind": rule.lead_kind.value if rule.lead_kind else "",
        "blind": demand.evaluation.blind,
    }


def _provider(provider: Provider) -> Row:
    price, capacity, levels = provider.price_band, provider.capacity, provider.trl_range
    return {
        **_values(provider),
        "trl_min": levels.min_level if levels else None,
        "trl_max": levels.max_level if levels else None,
        "slots": capacity.slots if capacity else 0,
        "capacity_person_months": capacity.person_months if capacity else 0,
        "starts": capacity.starts if capacity else None,
        "ends": capacity.ends if capacity else None,
        "price_min": _minor(price.min_minor, price.currency) if price else None,
        "price_max": _minor(price.max_minor, price.currency) if price else None,
        "conflict_orgs": provider.conflicts.orgs,
        "conflict_groups": provider.conflicts.competitor_groups,
    }


def _values(value: object) -> dict[str, object]:
    """Return the fields of a value; words as their codes."""
    return {
        field.name: _word(getattr(value, field.name))
        for field in fields(value)  # type: ignore[arg-type]
    }


def _word(value: object) -> object:
    return to_plain(value) if isinstance(value, str) else value


def _minor(amount: int, currency: str) -> int:
    if currency != CURRENCY:
        raise ValueError(f"the form has amounts in {CURRENCY}, not in {currency}: use JSON lines")
    return amount


def _check_lists(sheet: Sheet, row: Row) -> None:
    for field in sheet.fields:
        value = row[field.key]
        signs = {Kind.TEXTS: (";", "；", "\n"), Kind.LINES: ("\n",)}.get(field.kind, ())
        for part in value if isinstance(value, tuple) else ():
            if any(sign in part for sign in signs) or part != part.strip():
                raise ValueError(
                    f"{field.key} {part!r} holds a sign that separates parts: use JSON lines"
                )
