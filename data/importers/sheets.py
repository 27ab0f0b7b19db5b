"""Find the header of a sheet, whatever the order of its columns, and read its rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from data.importers.cells import (
    Cell,
    Weeks,
    blank_value,
    cell_text,
    hours_to_minutes,
    is_blank,
    read_cell,
)
from data.importers.codes import RejectCode
from data.importers.form import (
    EXAMPLE_STARTS,
    WEEKS_MAX,
    Field,
    Kind,
    Sheet,
    fields_by_heading,
    heading_key,
    week_heading,
)
from data.importers.report import RejectList
from data.importers.values import BadValue
from data.reference.calendar import IsoWeek
from matching.capacity.problem import MINUTES_MAX

HEADER_ROWS = 10  # the header stands in one of the first rows; a title may stand above it
HEADINGS_LEAST = 3
NOTE_STARTS = ("备注", "note", "remark")


@dataclass(frozen=True, slots=True)
class WeekColumn:
    """A column of hours: where it stands and which week it means.

    `monday` is set for headings such as 2026-W49, `number` (from 1) for `Week 1`.
    """

    position: int
    heading: str
    monday: date | None
    number: int


@dataclass(frozen=True, slots=True)
class FormRow:
    """One row of a sheet: its number and its values by field; a rejected value is missing."""

    number: int
    values: Mapping[str, object]
    hours: Mapping[int, int]  # position of a week column → minutes, where not zero


class FormSheet:
    """One sheet of a workbook with its header understood."""

    def __init__(self, sheet: Sheet, cells: Sequence[Sequence[Cell]], rejects: RejectList) -> None:
        self.sheet = sheet
        self.rejects = rejects
        self.fields: dict[int, Field] = {}
        self.weeks: list[WeekColumn] = []
        self._cells = cells
        self._header = self._find_header()
        if self._header is None:
            expected = ", ".join(field.zh for field in sheet.fields if field.required)
            self.reject(RejectCode.HEADER_WRONG, 1, expected=expected)
        else:
            self._read_header(self._header)

    def reject(
        self,
        code: RejectCode,
        row: int,
        *,
        field: str = "",
        expected: str = "",
        got: object = "",
    ) -> None:
        """Report a row of this sheet."""
        place = f"sheet {self.sheet.title}, row {row}"
        self.rejects.add(code, place=place, field=field, expected=expected, got=got)

    def heading(self, key: str) -> str:
        """Return the heading of a field, for a report."""
        return next(f"{f.zh} {f.en}" for f in self.sheet.fields if f.key == key)

    def rows(self, weeks: Weeks) -> Iterator[FormRow]:
        """Yield the rows that are filled in; blank rows and examples do not count.

        Every bad cell is reported. A row with a bad cell is yielded without that value, so that
        what refers to it is not reported as unknown.
        """
        if self._header is None:
            return
        for number, cells in enumerate(self._cells[self._header + 1 :], self._header + 2):
            if all(map(is_blank, cells)) or self._is_example(cells):
                continue
            yield FormRow(number, self._values(number, cells, weeks), self._hours(number, cells))

    def _find_header(self) -> int | None:
        known = fields_by_heading(self.sheet)
        least = min(HEADINGS_LEAST, len(self.sheet.fields))
        for row, cells in enumerate(self._cells[:HEADER_ROWS]):
            found = {f.key for cell in cells if (f := known.get(heading_key(cell_text(cell))))}
            if len(found) >= least:
                return row
        return None

    def _read_header(self, header: int) -> None:
        known = fields_by_heading(self.sheet)
        seen: set[str] = set()
        for position, cell in enumerate(self._cells[header]):
            text = cell_text(cell)
            if not text or text.casefold().startswith(NOTE_STARTS):
                continue
            field = known.get(heading_key(text))
            if field is not None:
                if field.key in seen:
                    self.reject(RejectCode.COLUMN_TWICE, header + 1, field=text, got=text)
                seen.add(field.key)
                self.fields[position] = field
            elif not (self.sheet.weeks and self._add_week(position, text, header)):
                expected = "a heading of the template"
                self.reject(RejectCode.COLUMN_UNKNOWN, header + 1, expected=expected, got=text)
        for field in self.sheet.fields:
            if field.required and field.key not in seen:
                heading = f"{field.zh} {field.en}"
                self.reject(RejectCode.COLUMN_MISSING, header + 1, field=heading, expected=heading)

    def _add_week(self, position: int, text: str, header: int) -> bool:
        named = week_heading(text)
        if named is None:
            return False
        kind, year, week = named
        monday = None
        try:
            monday = IsoWeek(year, week).monday if kind == "iso" else None
        except ValueError:
            week = 0
        if not 1 <= week <= WEEKS_MAX:
            expected = f"weeks 1 to {WEEKS_MAX}, or ISO weeks"
            self.reject(RejectCode.OUT_OF_RANGE, header + 1, expected=expected, got=text)
            return True
        column = WeekColumn(position, text, monday, week)
        if any((c.monday is None) != (monday is None) for c in self.weeks):
            expected = "one way of naming the weeks"
            self.reject(RejectCode.INCONSISTENT, header + 1, expected=expected, got=text)
        if any((c.monday, c.number) == (monday, week) for c in self.weeks):
            self.reject(RejectCode.COLUMN_TWICE, header + 1, field=text, got=text)
        self.weeks.append(column)
        return True

    def _is_example(self, cells: Sequence[Cell]) -> bool:
        name = self.sheet.fields[0].key  # the column of the row's own identifier
        own = next((p for p, field in self.fields.items() if field.key == name), None)
        return own is not None and cell_text(cells[own]).casefold().startswith(EXAMPLE_STARTS)

    def _values(self, number: int, cells: Sequence[Cell], weeks: Weeks) -> Mapping[str, object]:
        values = {f.key: blank_value(f) for f in self.sheet.fields if f.kind is not Kind.NOTE}
        for position, field in self.fields.items():
            if field.kind is Kind.NOTE:
                continue
            heading = f"{field.zh} {field.en}"
            if is_blank(cells[position]):
                if field.required:
                    values.pop(field.key)
                    expected = "a value"
                    self.reject(RejectCode.VALUE_MISSING, number, field=heading, expected=expected)
                continue
            try:
                values[field.key] = read_cell(field, cells[position], weeks)
            except BadValue as error:
                values.pop(field.key)
                self.reject(
                    error.code, number, field=heading, expected=error.expected, got=error.got
                )
        return values

    def _hours(self, number: int, cells: Sequence[Cell]) -> Mapping[int, int]:
        hours: dict[int, int] = {}
        for column in self.weeks:
            cell = cells[column.position]
            if is_blank(cell):
                continue
            try:
                minutes = hours_to_minutes(cell)
            except BadValue as error:
                self.reject(
                    error.code, number, field=column.heading, expected=error.expected, got=error.got
                )
                continue
            if minutes > MINUTES_MAX:
                code, expected = RejectCode.OUT_OF_RANGE, f"0 to {MINUTES_MAX // 60} hours"
                self.reject(code, number, field=column.heading, expected=expected, got=cell)
            elif minutes:
                hours[column.position] = minutes
        return hours
