"""Write the technology form: empty to fill in, or filled with demands and providers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from fractions import Fraction
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from data.exporters.files import write_bytes
from data.exporters.technology_rows import form_rows
from data.exporters.workbook_styles import (
    EXAMPLE_STYLE,
    HEADER_STYLE,
    INSTRUCTION_STYLE,
    OPTIONAL_STYLE,
    add_styles,
)
from data.exporters.xlsx import workbook_bytes
from data.importers.form import Field, Kind, Sheet
from data.importers.technology_sheets import INSTRUCTIONS, LISTS, TECHNOLOGY_SHEETS
from data.reference import technology as words
from data.reference.lists import Entry
from matching.technology.problem import Demand, Provider
from matching.technology.problem_plain import exact_text

FORM_ROWS = 500  # rows that get drop-down lists, whether filled or not
SIGNIFICANT_DIGITS = 15
COLUMNS: tuple[tuple[str, Callable[[], Mapping[str, Entry]]], ...] = (
    ("比较 Comparison", words.comparisons),
    ("合作方式 Cooperation", words.cooperation_modes),
    ("保密级别 Secrecy", words.secrecy_levels),
    ("单位类型 Kind", words.provider_kinds),
    ("成果类型 Document kind", words.document_kinds),
    ("语言 Language", words.languages),
    ("代码类别 Scheme", words.schemes),
    ("状态 Status", words.statuses),
    ("成熟度 TRL", words.readiness_levels),
    ("学科 Discipline", words.disciplines),
    ("行业 Industry", words.industries),
)


def write_technology_template(path: Path) -> None:
    """Write an empty form with drop-down lists, an example row on each sheet and instructions."""
    write_bytes(path, technology_form_bytes((), ()))


def technology_form_bytes(demands: Iterable[Demand], providers: Iterable[Provider]) -> bytes:
    """Return a filled form, which reads back as the same demands and providers.

    Hashes of persons, attachments and history have no column: they travel as JSON lines.

    Raises
    ------
    ValueError
        When a value cannot be said on the form; see `form_rows`.
    """
    rows = form_rows(demands, providers)
    book = Workbook()
    add_styles(book)
    first = book.active
    if not isinstance(first, Worksheet):
        raise TypeError("a new workbook has one worksheet")
    first.title = INSTRUCTIONS.title
    _write_instructions(first)
    for sheet in TECHNOLOGY_SHEETS:
        _write_sheet(book.create_sheet(sheet.title), sheet, rows[sheet.key])
    _write_lists(book.create_sheet(LISTS.title))
    return workbook_bytes(book)


def _write_sheet(page: Worksheet, sheet: Sheet, rows: Iterable[Mapping[str, object]]) -> None:
    last = 2
    for column, field in enumerate(sheet.fields, 1):
        head = _text_cell(page, 1, column, field.heading)
        head.style = HEADER_STYLE if field.required else OPTIONAL_STYLE
        _example(page, column, field)
        page.column_dimensions[get_column_letter(column)].width = field.width
    for last, values in enumerate(rows, 3):
        for column, field in enumerate(sheet.fields, 1):
            _write_cell(page, last, column, field, values[field.key])
    _add_choices(page, sheet, max(FORM_ROWS, last))
    page.row_dimensions[1].height = 48
    page.freeze_panes = "B2"


def _example(page: Worksheet, column: int, field: Field) -> None:
    example = field.example
    if field.choices is not None and field.kind is Kind.CHOICE and example != "":
        example = field.choices()[str(example)].label
    cell = page.cell(2, column, example if example != "" else None)
    if isinstance(example, str):
        cell.data_type = "s"
    cell.style = EXAMPLE_STYLE


def _write_cell(page: Worksheet, row: int, column: int, field: Field, value: object) -> None:
    shown = _shown(field, value)
    if shown is None or shown == "":
        return
    if isinstance(shown, str):
        _text_cell(page, row, column, shown)
        return
    cell = page.cell(row, column)
    cell.value = shown
    if isinstance(shown, date):
        cell.number_format = "yyyy-mm-dd"
    elif field.kind is Kind.MONEY:
        cell.number_format = "#,##0.00"


def _shown(  # noqa: PLR0911 (one return for each kind of cell)
    field: Field, value: object
) -> str | int | float | date | None:
    """Return what a cell shows for a value."""
    if value is None or value == "":
        return None
    if field.choices is not None:
        return field.choices()[str(value)].label
    if isinstance(value, bool):
        return "是 yes" if value else "否 no"
    if isinstance(value, tuple):
        return ("\n" if field.kind is Kind.LINES else "; ").join(map(str, value))
    if isinstance(value, Fraction):
        return _number(value)
    if field.kind in {Kind.MONEY, Kind.SHARE} and isinstance(value, int):
        return _number(Fraction(value, 100))
    return value if isinstance(value, str | int | date) else None


def _number(value: Fraction) -> int | float | str:
    """Return a number of the spreadsheet where it holds the value exactly, else its text."""
    text = exact_text(value)
    if "/" in text:
        raise ValueError(f"{text} has no decimal form: the form cannot say it")
    if len(text.lstrip("-").replace(".", "").lstrip("0")) > SIGNIFICANT_DIGITS:
        return text
    return int(value) if value.denominator == 1 else float(text)


def _add_choices(page: Worksheet, sheet: Sheet, last_row: int) -> None:
    """Give each column of one choice its drop-down list."""
    for column, field in enumerate(sheet.fields, 1):
        check = _check(field)
        if check is not None:
            letter = get_column_letter(column)
            check.add(f"{letter}2:{letter}{last_row}")
            page.add_data_validation(check)


def _check(field: Field) -> DataValidation | None:
    if field.choices is None:
        if field.kind is not Kind.FLAG:
            return None
        check = DataValidation(type="list", formula1='"是 yes,否 no"', allow_blank=True)
    else:
        column = next(n for n, (_, c) in enumerate(COLUMNS, 1) if c is field.choices)
        letter, last = get_column_letter(column), len(field.choices()) + 1
        check = DataValidation(
            type="list",
            formula1=f"'{LISTS.title}'!${letter}$2:${letter}${last}",
            allow_blank=True,
        )
    check.showErrorMessage = True
    check.errorTitle = "清单 Lists"
    check.error = "请从下拉清单中选择。Please choose from the list."
    return check


def _write_lists(page: Worksheet) -> None:
    for column, (heading, entries) in enumerate(COLUMNS, 1):
        page.cell(1, column, heading).style = HEADER_STYLE
        for row, entry in enumerate(entries().values(), 2):
            _text_cell(page, row, column, entry.label)
        page.column_dimensions[get_column_letter(column)].width = 34
    page.freeze_panes = "A2"


def _write_instructions(page: Worksheet) -> None:
    page.column_dimensions["A"].width = 62
    page.column_dimensions["B"].width = 78
    for row, texts in enumerate(words.instructions(), 1):
        for column, text in enumerate(texts, 1):
            cell = _text_cell(page, row, column, text)
            cell.style = HEADER_STYLE if row == 1 else INSTRUCTION_STYLE
    page.freeze_panes = "A2"


def _text_cell(page: Worksheet, row: int, column: int, text: str) -> Cell:
    """Write a text that stays a text, even where it starts like a formula."""
    cell = page.cell(row, column)
    if not isinstance(cell, Cell):
        raise TypeError("the form has no merged cells")
    cell.value = text
    cell.data_type = "s"
    return cell
