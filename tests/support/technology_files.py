"""Demands and providers as a folder of CSV files, and what a form can say of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

from data.exporters.files import people_csv_bytes
from data.exporters.technology_rows import form_rows
from data.importers.form import Field, Kind
from data.importers.technology_sheets import TECHNOLOGY_SHEETS
from matching.technology.problem import Demand, Provider
from matching.technology.problem_plain import exact_text


def as_form(value: Demand | Provider) -> Demand | Provider:
    """Return what the form can say of a demand or provider.

    Hashes of persons, attachments and history have no column: they travel as JSON lines.
    """
    if isinstance(value, Demand):
        return replace(value, persons_hash=(), attachments=(), history=())
    return replace(value, persons_hash=(), conflicts=replace(value.conflicts, persons_hash=()))


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
            (folder / f"{sheet.key}.csv").write_bytes(people_csv_bytes(header, cells))


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
