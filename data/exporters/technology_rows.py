"""Demands and providers as the rows of the technology form, and as a folder of CSV files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from datetime import date
from fractions import Fraction
from pathlib import Path

from data.exporters.files import people_csv_bytes, write_bytes
from data.importers.form import Field, Kind, Sheet
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
from matching.technology.problem_plain import exact_text, to_plain

Row = Mapping[str, object]
CURRENCY = "CNY"


def as_form(value: Demand | Provider) -> Demand | Provider:
    """Return what the form can say of a demand or provider.

    Hashes of persons, attachments and history have no column: they travel as JSON lines.
    """
    if isinstance(value, Demand):
        return replace(value, persons_hash=(), attachments=(), history=())
    return replace(value, persons_hash=(), conflicts=replace(value.conflicts, persons_hash=()))


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


def write_csv_folder(
    folder: Path, demands: Iterable[Demand], providers: Iterable[Provider]
) -> None:
    """Write one CSV file for each sheet of the form that has rows; see `form_rows`."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = form_rows(demands, providers)
    for sheet in TECHNOLOGY_SHEETS:
        if rows[sheet.key]:
            header = [field.key for field in sheet.fields]
            cells = (
                [_cell(field, row[field.key]) for field in sheet.fields] for row in rows[sheet.key]
            )
            write_bytes(folder / f"{sheet.key}.csv", people_csv_bytes(header, cells))


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


def _cell(field: Field, value: object) -> object:
    """Return what a CSV cell shows for a value."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ("\n" if field.kind is Kind.LINES else "; ").join(map(str, value))
    if field.kind in {Kind.MONEY, Kind.SHARE} and isinstance(value, int):
        return exact_text(Fraction(value, 100))
    if isinstance(value, Fraction):
        return exact_text(value)
    return value.isoformat() if isinstance(value, date) else value
