"""Strict CSV: a fixed header, one parser per column, every bad row reported."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from data.importers.codes import RejectCode
from data.importers.report import RejectList
from data.importers.values import BadValue, Parser

FILE_BYTES_MAX = 128 * 1024 * 1024
ROWS_MAX = 2_000_000


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: its heading and what its cells must be."""

    name: str
    parse: Parser


class Row(NamedTuple):
    """One accepted row: the line it ends on and its values in the order of the columns."""

    line: int
    values: list[object]


class Table:
    """One CSV file of a document.

    Parameters
    ----------
    name
        File name for the report.
    data
        The file as it came: UTF-8, with or without a byte order mark, every line ended.
    columns
        What the header must be, in this order.
    optional
        A last column that may be missing.
    rows_max
        More rows are refused.

    Attributes
    ----------
    refused_keys
        First cells of the rows that were reported: what refers to them is not unknown as well.
    whole
        Whether the file was read to its end; known after `rows`.
    """

    def __init__(
        self,
        name: str,
        data: bytes,
        *,
        columns: Sequence[Column],
        rejects: RejectList,
        optional: Column | None = None,
        rows_max: int = ROWS_MAX,
    ) -> None:
        self.name = name
        self.rejects = rejects
        self.has_optional = False
        self.refused_keys: set[str] = set()
        self.whole = False
        self._data = data
        self._columns = list(columns)
        self._optional = optional
        self._rows_max = rows_max

    def reject(
        self, code: RejectCode, line: int, *, field: str = "", expected: str = "", got: object = ""
    ) -> None:
        """Report a row of this table."""
        place = f"line {line}" if line else ""
        self.rejects.add(code, file=self.name, place=place, field=field, expected=expected, got=got)

    def rows(self) -> Iterator[Row]:
        """Yield the rows whose every cell is right; report the others and go on."""
        text = self._text()
        if text is None:
            return
        unended = not text.endswith(("\n", "\r"))
        last = text.count("\n") + 1
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        try:
            if not self._read_header(next(reader, [])):
                return
            parsers = [column.parse for column in self._columns]
            for count, cells in enumerate(reader, 1):
                if count > self._rows_max:
                    expected = f"at most {self._rows_max} rows"
                    self.reject(RejectCode.TOO_MANY_ROWS, reader.line_num, expected=expected)
                    return
                if unended and reader.line_num >= last:
                    break
                try:
                    values = [parse(cell) for parse, cell in zip(parsers, cells, strict=True)]
                except BadValue:
                    self._report(cells, reader.line_num)
                    continue
                except ValueError:  # of zip: more or fewer cells than columns
                    self._miscounted(cells, reader.line_num)
                    continue
                yield Row(reader.line_num, values)
        except csv.Error as error:
            at_end = "unexpected end" in str(error)
            code = RejectCode.CSV_TRUNCATED if at_end else RejectCode.CSV_MALFORMED
            self.reject(code, reader.line_num, expected="a whole row", got=str(error))
            return
        self.whole = not unended
        if unended:
            self.reject(RejectCode.CSV_TRUNCATED, last, expected="a line break at the end")

    def _text(self) -> str | None:
        if len(self._data) > FILE_BYTES_MAX:
            expected, got = f"at most {FILE_BYTES_MAX} bytes", f"{len(self._data)} bytes"
            self.reject(RejectCode.FILE_TOO_LARGE, 0, expected=expected, got=got)
            return None
        try:
            text = self._data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = self._data.count(b"\n", 0, error.start) + 1
            self.reject(RejectCode.NOT_UTF8, line, expected="UTF-8", got=error.reason)
            return None
        if not text:
            self.reject(RejectCode.FILE_EMPTY, 0, expected="a header and rows")
            return None
        return text

    def _read_header(self, header: list[str]) -> bool:
        expected = [column.name for column in self._columns]
        if self._optional is not None and header == [*expected, self._optional.name]:
            self._columns.append(self._optional)
            self.has_optional = True
            return True
        if header != expected:
            self.reject(
                RejectCode.HEADER_WRONG, 1, expected=",".join(expected), got=",".join(header)
            )
        return header == expected

    def _miscounted(self, cells: list[str], line: int) -> None:
        expected, got = f"{len(self._columns)} cells", f"{len(cells)}"
        self.reject(RejectCode.COLUMN_COUNT, line, expected=expected, got=got)
        self.refused_keys.update(cells[:1])

    def _report(self, cells: list[str], line: int) -> None:
        """Parse a bad row once more, cell by cell, to report every bad cell."""
        if len(cells) != len(self._columns):
            self._miscounted(cells, line)
            return
        self.refused_keys.update(cells[:1])
        for column, cell in zip(self._columns, cells, strict=True):
            try:
                column.parse(cell)
            except BadValue as error:
                self.reject(
                    error.code, line, field=column.name, expected=error.expected, got=error.got
                )
