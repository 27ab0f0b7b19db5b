"""Write the workbook form: empty for a factory to fill in, or filled with what we hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from data.exporters.bundle import decimal_text
from data.exporters.files import write_bytes
from data.exporters.workbook_lists import add_choices, write_lists
from data.exporters.workbook_styles import (
    EXAMPLE_STYLE,
    HEADER_STYLE,
    INSTRUCTION_STYLE,
    OPTIONAL_STYLE,
    WEEK_STYLE,
    add_styles,
)
from data.exporters.xlsx import workbook_bytes
from data.importers.form import WEEKS_MAX, Field, Kind, Sheet
from data.importers.form_sheets import CAPACITY, ENTERPRISE, INSTRUCTIONS, LISTS, OPERATIONS, ORDERS
from data.importers.workbook import EnterpriseCard, WorkbookContent
from data.reference import lists
from data.reference.calendar import IsoWeek, check_week0, last_working_day, week_start

TEMPLATE_WEEKS = 12
FORM_ROWS = 500  # rows that get drop-down lists, whether filled or not
SIGNIFICANT_DIGITS = 15
FORMATS = {Kind.MONEY: "#,##0.00", Kind.IDENTIFIER: "@", Kind.USCC: "@"}


def write_template(path: Path, *, week0: date | None = None, weeks: int = TEMPLATE_WEEKS) -> None:
    """Write an empty form.

    Parameters
    ----------
    week0
        Monday of the first column of hours; the columns then carry ISO weeks with their dates.
        None: the columns are numbered, and dates cannot be used on the sheet of orders.
    weeks
        Number of columns of hours, 1 to 104.
    """
    write_bytes(path, template_bytes(week0=week0, weeks=weeks))


def template_bytes(*, week0: date | None = None, weeks: int = TEMPLATE_WEEKS) -> bytes:
    """Return the bytes of an empty form; see `write_template`."""
    empty = WorkbookContent(
        sha256="", week0=week0, weeks=weeks, enterprises=(), offers=(), orders=()
    )
    return content_bytes(empty)


def content_bytes(content: WorkbookContent) -> bytes:
    """Return the bytes of a form filled with content, which reads back as the same content.

    The same content gives the same bytes.

    Raises
    ------
    ValueError
        When a process, material, certificate, size class or tolerance grade is not in the
        reference lists, or a fraction has no decimal form: the form cannot say it.
    """
    if not 1 <= content.weeks <= WEEKS_MAX:
        raise ValueError(f"a form has 1 to {WEEKS_MAX} weeks, got {content.weeks}")
    if content.week0 is not None:
        check_week0(content.week0)
    book = Workbook()
    add_styles(book)
    first = book.active
    if not isinstance(first, Worksheet):
        raise TypeError("a new workbook has one worksheet")
    first.title = INSTRUCTIONS.title
    _write_instructions(first)
    form = _Form(book, content)
    form.write(ENTERPRISE, map(_enterprise_values, content.enterprises))
    form.write(
        CAPACITY, ({**_values(o, CAPACITY), "weeks": o.idle_minutes} for o in content.offers)
    )
    form.write(ORDERS, (_values(order, ORDERS) for order in content.orders))
    form.write(
        OPERATIONS,
        (
            {**_values(made, OPERATIONS), "order_id": order.order_id, "step": step}
            for order in content.orders
            for step, made in enumerate(order.operations, 1)
        ),
    )
    write_lists(book.create_sheet(LISTS.title))
    return workbook_bytes(book)


def _enterprise_values(card: EnterpriseCard) -> dict[str, object]:
    return _values(card, ENTERPRISE)


def _values(value: object, sheet: Sheet) -> dict[str, object]:
    return {field.key: getattr(value, field.key, None) for field in sheet.fields}


@dataclass(frozen=True, slots=True)
class _Form:
    """Writes data sheets: header, example row, then one row for each value."""

    book: Workbook
    content: WorkbookContent

    def write(self, sheet: Sheet, rows: Iterable[Mapping[str, object]]) -> None:
        """Add one sheet."""
        page = self.book.create_sheet(sheet.title)
        headings = [field.heading for field in sheet.fields]
        weeks = self._week_headings() if sheet.weeks else []
        for column, heading in enumerate([*headings, *weeks], 1):
            cell = _text_cell(page, 1, column, heading)
            required = column <= len(headings) and sheet.fields[column - 1].required
            if column > len(headings):
                cell.style = WEEK_STYLE
            else:
                cell.style = HEADER_STYLE if required else OPTIONAL_STYLE
        self._example(page, sheet, len(weeks))
        last = 2
        for last, values in enumerate(rows, 3):
            for column, field in enumerate(sheet.fields, 1):
                self._cell(page, last, column, field, values[field.key])
            idle = values.get("weeks", ())
            for column, minutes in enumerate(idle if isinstance(idle, tuple) else (), 1):
                if minutes:
                    page.cell(last, len(headings) + column, hours(minutes))
        add_choices(page, sheet, max(FORM_ROWS, last))
        _lay_out(page, sheet, len(weeks))

    def _week_headings(self) -> list[str]:
        week0, weeks = self.content.week0, self.content.weeks
        if week0 is None:
            return [f"第{n}周 Week {n}\n(小时 h)" for n in range(1, weeks + 1)]
        mondays = (week_start(index, week0) for index in range(weeks))
        return [f"{IsoWeek.of(monday)}\n{monday:%m-%d}\n(小时 h)" for monday in mondays]

    def _example(self, page: Worksheet, sheet: Sheet, weeks: int) -> None:
        for column, field in enumerate(sheet.fields, 1):
            example = field.example
            if field.choices is not None and field.kind is Kind.CHOICE:
                example = field.choices()[str(example)].label
            cell = page.cell(2, column, example if example != "" else None)
            if isinstance(example, str):
                cell.data_type = "s"
            cell.style = EXAMPLE_STYLE
        for column in range(weeks):
            cell = page.cell(2, len(sheet.fields) + column + 1, (16, 24, 7.5)[column % 3])
            cell.style = EXAMPLE_STYLE

    def _cell(self, page: Worksheet, row: int, column: int, field: Field, value: object) -> None:
        shown = self._shown(field, value)
        if shown is None or shown == "":
            return
        cell = page.cell(row, column)
        if isinstance(shown, str):
            cell = _text_cell(page, row, column, shown)
        else:
            cell.value = shown
        if isinstance(shown, date):
            cell.number_format = "yyyy-mm-dd"
        elif field.kind in FORMATS:
            cell.number_format = FORMATS[field.kind]

    def _shown(self, field: Field, value: object) -> str | int | float | date | None:
        """Return what a cell shows for a value."""
        if field.choices is not None or isinstance(value, frozenset):
            codes = sorted(value) if isinstance(value, frozenset) else [str(value)]
            return "; ".join(_label(field, code) for code in codes)
        if isinstance(value, Fraction):
            return _decimal(value)
        if isinstance(value, int) and field.kind in {Kind.MONEY, Kind.HOURS}:
            parts = 100 if field.kind is Kind.MONEY else 60
            return value // parts if value % parts == 0 else value / parts
        if isinstance(value, int) and field.kind is Kind.WEEK:
            return self._week(field, value)
        if isinstance(value, float) and float(format(value, ".15g")) != value:
            return repr(value)  # more digits than a number of a spreadsheet keeps
        return value if isinstance(value, str | int | float) else None

    def _week(self, field: Field, index: int) -> int | date:
        """Return a date where the form has dates: start of the week, or its last working day."""
        if self.content.week0 is None:
            return index + 1
        if field.key == "release_week":
            return week_start(index, self.content.week0)
        return last_working_day(index, self.content.week0)


def hours(minutes: int) -> int | float:
    """Return minutes in hours as a spreadsheet holds them."""
    return minutes // 60 if minutes % 60 == 0 else minutes / 60


def _label(field: Field, code: str) -> str:
    if field.choices is None:
        return code
    entries = field.choices()
    if code not in entries:
        raise ValueError(f"{field.key} {code} is not in the reference list: the form cannot say it")
    return entries[code].label if field.kind is Kind.CHOICE else code


def _decimal(value: Fraction) -> int | float | str:
    text = decimal_text(value)
    if len(text.replace(".", "")) > SIGNIFICANT_DIGITS:
        return text
    return int(value) if value.denominator == 1 else float(text)


def _text_cell(page: Worksheet, row: int, column: int, text: str) -> Cell:
    """Write a text that stays a text, even where it starts like a formula."""
    cell = page.cell(row, column)
    if not isinstance(cell, Cell):
        raise TypeError("the form has no merged cells")
    cell.value = text
    cell.data_type = "s"
    return cell


def _lay_out(page: Worksheet, sheet: Sheet, weeks: int) -> None:
    for column, field in enumerate(sheet.fields, 1):
        page.column_dimensions[get_column_letter(column)].width = field.width
    for column in range(len(sheet.fields) + 1, len(sheet.fields) + weeks + 1):
        page.column_dimensions[get_column_letter(column)].width = 11
    page.row_dimensions[1].height = 48
    page.freeze_panes = "B2"
    page.page_setup.orientation = "landscape"
    page.page_setup.fitToWidth = 1
    page.page_setup.fitToHeight = 0
    page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _write_instructions(page: Worksheet) -> None:
    page.column_dimensions["A"].width = 62
    page.column_dimensions["B"].width = 78
    for row, (zh, en) in enumerate(lists.instructions(), 1):
        for column, text in ((1, zh), (2, en)):
            cell = _text_cell(page, row, column, text)
            cell.style = HEADER_STYLE if row == 1 else INSTRUCTION_STYLE
    page.freeze_panes = "A2"
