"""The sheet of lists, and the drop-down lists and number checks that the data sheets get."""

from __future__ import annotations

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from data.exporters.workbook_styles import HEADER_STYLE
from data.importers.form import Field, Kind, Sheet
from data.importers.form_sheets import LISTS
from data.reference import lists

COLUMNS = (
    ("工艺 Process", lists.processes),
    ("材料 Material", lists.materials),
    ("证书 Certificate", lists.certificates),
    ("尺寸等级 Size class", lists.size_classes),
    ("精度等级 Tolerance grade", lists.tolerances),
)
NUMBERS = {
    Kind.COUNT: "whole",
    Kind.MINUTES: "whole",
    Kind.HOURS: "decimal",
    Kind.MONEY: "decimal",
    Kind.DECIMAL: "decimal",
}


def write_lists(page: Worksheet) -> None:
    """Write every list in a column of its own: what the drop-down lists show."""
    for column, (heading, entries) in enumerate(COLUMNS, 1):
        head = page.cell(1, column, heading)
        head.style = HEADER_STYLE
        for row, entry in enumerate(entries().values(), 2):
            page.cell(row, column, entry.label)
        page.column_dimensions[get_column_letter(column)].width = 52 if column == 1 else 38
    page.freeze_panes = "A2"


def add_choices(page: Worksheet, sheet: Sheet, last_row: int) -> None:
    """Give the columns of a data sheet their drop-down lists and number checks."""
    for column, field in enumerate(sheet.fields, 1):
        check = _check(field)
        if check is not None:
            letter = get_column_letter(column)
            check.add(f"{letter}2:{letter}{last_row}")
            page.add_data_validation(check)
    if sheet.weeks:
        first = get_column_letter(len(sheet.fields) + 1)
        hours = _number("decimal", 0)
        hours.add(f"{first}2:{get_column_letter(page.max_column)}{last_row}")
        page.add_data_validation(hours)


def _check(field: Field) -> DataValidation | None:
    if field.choices is not None:
        column = next(n for n, (_, c) in enumerate(COLUMNS, 1) if c is field.choices)
        letter = get_column_letter(column)
        last = len(field.choices()) + 1
        check = DataValidation(
            type="list",
            formula1=f"'{LISTS.title}'!${letter}$2:${letter}${last}",
            allow_blank=True,
        )
        # Several values stand in one cell, separated by semicolons: there the list only helps.
        check.showErrorMessage = field.kind is Kind.CHOICE
        check.errorTitle = "清单 Lists"
        check.error = "请从下拉清单中选择。Please choose from the list."
        return check
    if field.kind in NUMBERS:
        return _number(NUMBERS[field.kind], 0 if field.kind is Kind.HOURS else field.least)
    return None


def _number(kind: str, least: int) -> DataValidation:
    check = DataValidation(
        type="whole" if kind == "whole" else "decimal",
        operator="greaterThanOrEqual",
        formula1=str(least),
        allow_blank=True,
    )
    check.showErrorMessage = True
    check.errorTitle = "数值 Number"
    check.error = f"请填写不小于 {least} 的数值。Please enter a number of at least {least}."
    check.errorStyle = "warning"
    return check
