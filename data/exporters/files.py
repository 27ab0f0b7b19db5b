"""Write whole files: the reader of a folder never meets half of one."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file beside its place and move it there, so that a crash leaves the old one."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        beside.write_bytes(data)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return a CSV file for programs: UTF-8, plain newlines, cells exactly as they are."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8")


def people_csv_bytes(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return a CSV file for people: with a byte order mark, and no cell that runs as a formula.

    Spreadsheets take the mark as the sign of UTF-8 and run a text that starts with = + - or @;
    such a text gets an apostrophe in front. Numbers are left alone: a minus sign is a sign.
    """
    safe = ([escaped(cell) for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + csv_bytes([str(escaped(cell)) for cell in header], safe)


def escaped(cell: object) -> object:
    """Return a cell that a spreadsheet shows and does not run."""
    if isinstance(cell, str) and cell.startswith(FORMULA_STARTS):
        return "'" + cell
    return cell
