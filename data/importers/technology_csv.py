"""Read the technology form from a folder of CSV files, one for each sheet, named by its key."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from data.importers.cells import Cell
from data.importers.codes import RejectCode
from data.importers.files import read_bytes
from data.importers.form import Sheet
from data.importers.report import Imported, RejectList
from data.importers.sheets import FormSheet
from data.importers.technology_form import read_form
from data.importers.technology_sheets import DEMANDS, PROVIDERS, TECHNOLOGY_SHEETS
from matching.technology.problem import Demand, Provider

FILE_BYTES_MAX = 64 * 1024 * 1024
ROWS_MAX = 200_000
COLUMNS_MAX = 400


class _CsvSheet(FormSheet):
    """A sheet in a file of its own: rejects name the file and the line."""

    def __init__(
        self,
        sheet: Sheet,
        cells: Sequence[Sequence[Cell]],
        rejects: RejectList,
        *,
        file: str,
        lines: Sequence[int],
    ) -> None:
        self._file = file
        self._lines = lines
        super().__init__(sheet, cells, rejects)

    def reject(
        self,
        code: RejectCode,
        row: int,
        *,
        field: str = "",
        expected: str = "",
        got: object = "",
    ) -> None:
        """Report a row by the line on which it ends."""
        line = self._lines[row - 1] if 0 < row <= len(self._lines) else row
        self.rejects.add(
            code, file=self._file, place=f"line {line}", field=field, expected=expected, got=got
        )


def read_csv_folder(
    folder: Path,
) -> Imported[tuple[tuple[Demand, ...], tuple[Provider, ...]]]:
    """Return the demands and providers of a folder, all or nothing.

    Files: `demands.csv`, `indicators.csv`, `required_skills.csv`, `codes.csv`, `milestones.csv`,
    `criteria.csv`, `providers.csv`, `disciplines.csv`, `skills.csv`, `documents.csv`,
    `records.csv`; those without rows may be left out. Headings as on the form, or the names of the
    fields, in any order.
    """
    rejects = RejectList(folder.name)
    known = {f"{sheet.key}.csv": sheet for sheet in TECHNOLOGY_SHEETS}
    present = sorted(path.name for path in folder.glob("*.csv"))
    for name in present:
        if name not in known:
            expected = ", ".join(known)
            rejects.add(RejectCode.FILE_UNREADABLE, file=name, expected=expected, got=name)
    if not {f"{DEMANDS.key}.csv", f"{PROVIDERS.key}.csv"} & set(present):
        rejects.add(RejectCode.FILE_MISSING, expected="demands.csv or providers.csv")
    sheets: dict[str, FormSheet] = {}
    for name, sheet in known.items():
        if name in present and (found := _sheet(folder / name, sheet, rejects)) is not None:
            sheets[sheet.key] = found
    if rejects:
        return rejects.outcome(None)
    demands, providers = read_form(sheets)
    if not (demands or providers or rejects):
        rejects.add(RejectCode.NO_ROWS, expected="at least one row that is no example")
    return rejects.outcome(None if rejects else (demands, providers))


def _sheet(path: Path, sheet: Sheet, rejects: RejectList) -> FormSheet | None:
    own = RejectList(path.name)
    data = read_bytes(path, own, most=FILE_BYTES_MAX)
    rows = None if data is None else _rows(data, own)
    rejects.include(own)
    if rows is None:
        return None
    width = max((len(cells) for _, cells in rows), default=0)
    cells = [[*found, *[""] * (width - len(found))] for _, found in rows]
    lines = [line for line, _ in rows]
    return _CsvSheet(sheet, cells, rejects, file=path.name, lines=lines)


def _rows(data: bytes, rejects: RejectList) -> list[tuple[int, list[str]]] | None:
    """Return the rows of a file, each with the line on which it ends; None after a reject."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = f"line {data[: error.start].count(10) + 1}"
        rejects.add(RejectCode.NOT_UTF8, place=place, expected="UTF-8", got=error.reason)
        return None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[tuple[int, list[str]]] = []
    header: int | None = None
    try:
        for cells in reader:
            place = f"line {reader.line_num}"
            if len(rows) > ROWS_MAX or len(cells) > COLUMNS_MAX:
                expected = f"at most {ROWS_MAX} rows and {COLUMNS_MAX} columns"
                rejects.add(RejectCode.TOO_MANY_ROWS, place=place, expected=expected)
                return None
            header = len(cells) if header is None else header
            if cells and len(cells) != header:
                expected, got = f"{header} cells as in the header", f"{len(cells)} cells"
                rejects.add(RejectCode.COLUMN_COUNT, place=place, expected=expected, got=got)
            rows.append((reader.line_num, [_unguarded(cell) for cell in cells]))
    except csv.Error as error:
        truncated = "unexpected end" in str(error)
        code = RejectCode.CSV_TRUNCATED if truncated else RejectCode.CSV_MALFORMED
        place = f"line {reader.line_num}"
        rejects.add(code, place=place, expected="a whole row", got=str(error))
        return None
    return None if rejects else rows


def _unguarded(cell: str) -> str:
    """Take off the apostrophe that guards a text from being run by a spreadsheet."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in {"=", "+", "-", "@"} else cell
