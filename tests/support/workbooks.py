"""Workbooks for the tests: filled forms, and ways to spoil them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from copy import deepcopy
from datetime import date
from fractions import Fraction
from functools import cache
from typing import Any

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet
from python_calamine import CalamineWorkbook

from data.exporters.workbook import content_bytes
from data.importers.report import Imported, RejectList
from data.importers.workbook import (
    EnterpriseCard,
    WorkbookContent,
    read_tables,
    read_workbook_bytes,
)
from matching.capacity.problem import Offer, Operation, Order

WEEK0 = date(2026, 11, 30)
ENTERPRISE, CAPACITY, ORDERS, OPERATIONS = (
    "企业 Enterprise",
    "产能 Capacity",
    "订单 Orders",
    "工序 Operations",
)
FIRST_ROW = 3  # after the heading and the example


def content(*, week0: date | None = WEEK0) -> WorkbookContent:
    """Return a form with one enterprise, one offer over three weeks, one order of two steps."""
    return WorkbookContent(
        sha256="",
        week0=week0,
        weeks=3,
        enterprises=(
            EnterpriseCard(
                enterprise_id="E1",
                name_zh="澄砺精密机械有限公司",
                name_en="",
                uscc="91990000000100669U",
                park_id="P1",
                lat=31.25,
                lon=121.5,
            ),
        ),
        offers=(
            Offer(
                offer_id="F1",
                enterprise_id="E1",
                park_id="P1",
                process="cnc-turning",
                size_class=2,
                tolerance_it=8,
                materials=frozenset({"steel", "pom"}),
                certificates=frozenset({"ISO9001"}),
                rate_fen_per_hour=11850,
                setup_minutes=30,
                min_lot=10,
                carbon_g_per_hour=Fraction(5400),
                idle_minutes=(960, 0, 440),
            ),
        ),
        orders=(
            Order(
                order_id="O1",
                buyer_id="E1",
                buyer_lat=31.25,
                buyer_lon=121.5,
                quantity=50,
                material="steel",
                size_class=1,
                certificates=frozenset(),
                release_week=0,
                due_week=2,
                max_tardy_weeks=1,
                value_fen=250000,
                tardy_fen_per_week=9000,
                max_price_fen=240050,
                max_lots=2,
                excluded_enterprises=frozenset({"E9"}),
                weight_kg=Fraction(151, 2),
                operations=(
                    Operation(process="cnc-turning", tolerance_it=9, minutes_total=2190),
                    Operation(process="grinding", tolerance_it=7, minutes_total=90),
                ),
            ),
        ),
    )


def column(page: Worksheet, heading: str) -> int:
    """Return the number of the column whose heading begins with a text."""
    return next(
        cell.column for cell in page[1] if cell.value and str(cell.value).startswith(heading)
    )


def edited(edit: Callable[[openpyxl.Workbook], None], *, week0: date | None = WEEK0) -> bytes:
    """Return the filled form after a change made with openpyxl."""
    book = openpyxl.load_workbook(io.BytesIO(content_bytes(content(week0=week0))))
    edit(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@cache
def _tables(week0: date | None) -> dict[str, list[list[Any]]]:
    with CalamineWorkbook.from_object(io.BytesIO(content_bytes(content(week0=week0)))) as book:
        return {
            name: book.get_sheet_by_name(name).to_python(skip_empty_area=False)
            for name in book.sheet_names
        }


def tables(*, week0: date | None = WEEK0) -> dict[str, list[list[Any]]]:
    """Return the cells of the filled form by sheet, to be changed at will."""
    return deepcopy(_tables(week0))


def with_cell(
    sheet: str, heading: str, value: object, *, row: int = FIRST_ROW, week0: date | None = WEEK0
) -> dict[str, list[list[Any]]]:
    """Return the cells of the filled form with one cell replaced."""
    changed = tables(week0=week0)
    cells = changed[sheet]
    position = next(n for n, text in enumerate(cells[0]) if str(text).startswith(heading))
    cells[row - 1][position] = value
    return changed


def read_cells(cells: dict[str, list[list[Any]]], **options: Any) -> Imported[WorkbookContent]:
    """Read a form given as the cells of its sheets."""
    return read_tables(cells, RejectList("form.xlsx"), sha256="", **options)


def read(data: bytes, **options: object) -> Imported[WorkbookContent]:
    """Read a workbook given as bytes."""
    return read_workbook_bytes(data, "form.xlsx", **options)  # type: ignore[arg-type]


def repacked(data: bytes, parts: dict[str, bytes]) -> bytes:
    """Return a zip with parts added or replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old:
        kept = {info.filename: old.read(info) for info in old.infolist()}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name, part in {**kept, **parts}.items():
            new.writestr(name, part)
    return out.getvalue()
