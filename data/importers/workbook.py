"""Read the workbook form: enterprises, idle capacity by week, orders and their operations."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import cast

from python_calamine import CalamineError, CalamineWorkbook

from data.importers.cells import Cell, Weeks
from data.importers.codes import RejectCode
from data.importers.container import WORKBOOK_BYTES_MAX, check_workbook
from data.importers.files import read_bytes
from data.importers.form import Kind, Sheet, folded
from data.importers.form_sheets import CAPACITY, DATA_SHEETS, ENTERPRISE, OPERATIONS, ORDERS
from data.importers.report import Imported, RejectList
from data.importers.sheets import FormRow, FormSheet, WeekColumn
from data.reference.calendar import check_week0, week_index
from matching.capacity.problem import Offer, Operation, Order, Park, Problem, Settings

Table = list[list[Cell]]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterpriseCard:
    """What the form says about an enterprise; `uscc` may be empty, the position unknown."""

    enterprise_id: str
    name_zh: str
    name_en: str
    uscc: str
    park_id: str
    lat: float | None
    lon: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkbookContent:
    """What a workbook brings.

    Parameters
    ----------
    sha256
        Digest of the file.
    week0
        Monday of week 0: the one asked for, else the first week that the form names; None when it
        only numbers its weeks.
    weeks
        Number of weeks that the offers' idle minutes cover.
    """

    sha256: str
    week0: date | None
    weeks: int
    enterprises: tuple[EnterpriseCard, ...]
    offers: tuple[Offer, ...]
    orders: tuple[Order, ...]

    def fitted(self, weeks: int) -> WorkbookContent:
        """Return the same with idle minutes for exactly `weeks` weeks.

        Raises
        ------
        ValueError
            When an offer has hours in a later week: they would be lost.
        """
        offers = []
        for offer in self.offers:
            if any(offer.idle_minutes[weeks:]):
                raise ValueError(f"offer {offer.offer_id} has hours after week {weeks - 1}")
            idle = (offer.idle_minutes + (0,) * weeks)[:weeks]
            offers.append(replace(offer, idle_minutes=idle))
        return replace(self, weeks=weeks, offers=tuple(offers))

    def problem(self, settings: Settings, parks: Sequence[Park]) -> Problem:
        """Return the content alone as a matching problem.

        Raises
        ------
        ValueError
            When a park is unknown, or hours lie beyond the horizon.
        """
        fitted = self.fitted(settings.weeks)
        return Problem(
            settings=settings, parks=tuple(parks), offers=fitted.offers, orders=fitted.orders
        )


def read_workbook(
    path: Path, *, week0: date | None = None, weeks: int | None = None
) -> Imported[WorkbookContent]:
    """Read a filled-in form.

    Parameters
    ----------
    week0
        Monday of week 0 of the planning that the form is for; hours before it are refused.
    weeks
        Length of that planning; hours after it are refused. None: as far as the form goes.

    Raises
    ------
    ValueError
        When `week0` is not a Monday.
    """
    rejects = RejectList(path.name)
    data = read_bytes(path, rejects, most=WORKBOOK_BYTES_MAX)
    if data is None:
        return rejects.outcome(None)
    return read_workbook_bytes(data, path.name, week0=week0, weeks=weeks)


def read_workbook_bytes(
    data: bytes, name: str, *, week0: date | None = None, weeks: int | None = None
) -> Imported[WorkbookContent]:
    """Read a filled-in form from memory; see `read_workbook`."""
    if week0 is not None:
        check_week0(week0)
    rejects = RejectList(name)
    whole = check_workbook(data, rejects)
    tables = workbook_tables(data, rejects, sheets=DATA_SHEETS) if whole else None
    if tables is None:
        return rejects.outcome(None)
    sha256 = hashlib.sha256(data).hexdigest()
    return read_tables(tables, rejects, sha256=sha256, week0=week0, weeks=weeks)


def read_tables(
    tables: Mapping[str, Table],
    rejects: RejectList,
    *,
    sha256: str,
    week0: date | None = None,
    weeks: int | None = None,
) -> Imported[WorkbookContent]:
    """Read a filled-in form from the cells of its sheets by name; see `read_workbook`."""
    sheets = {}
    for sheet in DATA_SHEETS:
        found = [cells for title, cells in tables.items() if folded(title) in sheet.names()]
        if len(found) != 1:
            got = ", ".join(tables)
            rejects.add(RejectCode.SHEET_MISSING, expected=f"one sheet {sheet.title}", got=got)
        else:
            sheets[sheet.key] = FormSheet(sheet, found[0], rejects)
    if rejects:
        return rejects.outcome(None)
    content = _Form(sheets, rejects, week0=week0, weeks=weeks).content(sha256)
    return rejects.outcome(None if rejects else content)


def workbook_tables(
    data: bytes, rejects: RejectList, *, sheets: Sequence[Sheet]
) -> dict[str, Table] | None:
    """Return the cells of the sheets that a form has, by their titles; None after one reject."""
    try:
        with CalamineWorkbook.from_object(BytesIO(data)) as book:
            return {
                name: cast("Table", book.get_sheet_by_name(name).to_python(skip_empty_area=False))
                for name in book.sheet_names
                if any(folded(name) in sheet.names() for sheet in sheets)
            }
    except (CalamineError, ValueError, OSError) as error:
        got = str(error)
    except BaseException as error:
        # The reader is native code: where it meets what it never expected, it raises a panic
        # that is no Exception. For us that is one more way of not being a workbook.
        if type(error).__name__ != "PanicException":
            raise
        got = "contents that cannot be read"
    rejects.add(RejectCode.WORKBOOK_NOT_XLSX, expected="a readable .xlsx workbook", got=got)
    return None


class _Form:
    """Reads the sheets of one form, each against those before it."""

    def __init__(
        self,
        sheets: Mapping[str, FormSheet],
        rejects: RejectList,
        *,
        week0: date | None,
        weeks: int | None,
    ) -> None:
        self._sheets = sheets
        self._rejects = rejects
        columns = sheets[CAPACITY.key].weeks
        mondays = [column.monday for column in columns if column.monday is not None]
        self._week0 = week0 or min(mondays, default=None)
        self._weeks = Weeks(self._week0)
        self._index = {column.position: self._week_of(column) for column in columns}
        self._length = weeks or max((i + 1 for i in self._index.values()), default=0)

    def content(self, sha256: str) -> WorkbookContent | None:
        """Read all sheets; None when no sheet has a row."""
        enterprises = self._enterprises()
        offers = self._offers(enterprises)
        operations = self._operations()
        orders = self._orders(enterprises, operations)
        if not (enterprises or offers or orders or self._rejects):
            self._rejects.add(RejectCode.NO_ROWS, expected="at least one row that is no example")
        return WorkbookContent(
            sha256=sha256,
            week0=self._week0,
            weeks=self._length,
            enterprises=tuple(enterprises.values()),
            offers=tuple(offers),
            orders=tuple(orders),
        )

    def _week_of(self, column: WeekColumn) -> int:
        if column.monday is None or self._week0 is None:
            return column.number - 1
        return week_index(column.monday, self._week0)

    def _enterprises(self) -> dict[str, EnterpriseCard]:
        sheet = self._sheets[ENTERPRISE.key]
        cards: dict[str, EnterpriseCard] = {}
        for row, key in self._identified(sheet, "enterprise_id"):
            values = {name: row.values.get(name) for name in EnterpriseCard.__dataclass_fields__}
            if (values["lat"] is None) != (values["lon"] is None):
                expected = "both latitude and longitude, or neither"
                sheet.reject(RejectCode.VALUE_MISSING, row.number, expected=expected)
            cards[key] = EnterpriseCard(**values)  # type: ignore[arg-type]
        return cards

    def _offers(self, enterprises: Mapping[str, EnterpriseCard]) -> list[Offer]:
        sheet = self._sheets[CAPACITY.key]
        offers = []
        for row, key in self._identified(sheet, "offer_id"):
            before = self._rejects.total
            owner = self._enterprise(sheet, row, "enterprise_id", enterprises)
            idle = self._idle(sheet, row)
            if self._rejects.total > before or owner is None or not _whole_row(sheet, row):
                continue
            if not owner.park_id:  # rejected already
                continue
            values = {**row.values, "offer_id": key, "enterprise_id": owner.enterprise_id}
            values |= {"park_id": owner.park_id, "idle_minutes": idle}
            try:
                offers.append(Offer(**values))  # type: ignore[arg-type]
            except ValueError as error:
                sheet.reject(RejectCode.INCONSISTENT, row.number, got=str(error))
        if offers and not sheet.weeks:
            expected = "columns of weeks, such as 2026-W49 or Week 1"
            sheet.reject(RejectCode.COLUMN_MISSING, 1, expected=expected)
        return offers

    def _idle(self, sheet: FormSheet, row: FormRow) -> tuple[int, ...]:
        idle = [0] * self._length
        headings = {column.position: column.heading for column in sheet.weeks}
        for position, minutes in row.hours.items():
            index = self._index[position]
            if 0 <= index < self._length:
                idle[index] = minutes
            else:
                expected = f"hours in the {self._length} weeks from {self._week0 or 'week 1'}"
                sheet.reject(
                    RejectCode.OUT_OF_RANGE,
                    row.number,
                    field=headings[position],
                    expected=expected,
                    got=f"{minutes} minutes",
                )
        return tuple(idle)

    def _orders(
        self,
        enterprises: Mapping[str, EnterpriseCard],
        operations: Mapping[str, tuple[Operation, ...]],
    ) -> list[Order]:
        sheet = self._sheets[ORDERS.key]
        orders = []
        found: set[str] = set()
        for row, key in self._identified(sheet, "order_id"):
            found.add(key)
            before = self._rejects.total
            buyer = self._buyer(sheet, row, enterprises)
            if key not in operations:
                expected = f"rows on the sheet {OPERATIONS.title}"
                sheet.reject(
                    RejectCode.ORDER_WITHOUT_OPERATIONS, row.number, expected=expected, got=key
                )
            if self._rejects.total > before or buyer is None or not _whole_row(sheet, row):
                continue
            values = {**row.values, **buyer, "order_id": key, "operations": operations[key]}
            try:
                orders.append(Order(**values))  # type: ignore[arg-type]
            except ValueError as error:
                sheet.reject(RejectCode.INCONSISTENT, row.number, got=str(error))
        self._refuse_strays(found, operations)
        return orders

    def _refuse_strays(self, orders: set[str], operations: Mapping[str, object]) -> None:
        for key in operations:
            if key not in orders:
                expected = f"an order of the sheet {ORDERS.title}"
                place = f"sheet {OPERATIONS.title}"
                self._rejects.add(RejectCode.UNKNOWN_ORDER, place=place, expected=expected, got=key)

    def _operations(self) -> dict[str, tuple[Operation, ...]]:
        sheet = self._sheets[OPERATIONS.key]
        found: dict[str, dict[int, tuple[int, Operation | None]]] = {}
        for row in sheet.rows(self._weeks):
            order_id, step = row.values.get("order_id"), row.values.get("step")
            if not isinstance(order_id, str) or not isinstance(step, int):
                continue
            steps = found.setdefault(order_id, {})
            if step in steps:
                expected, got = "one row per order and step", f"{order_id} step {step}"
                sheet.reject(RejectCode.DUPLICATE_ROW, row.number, expected=expected, got=got)
            values = {k: v for k, v in row.values.items() if k not in {"order_id", "step"}}
            whole = len(values) == 3
            steps[step] = row.number, Operation(**values) if whole else None  # type: ignore[arg-type]
        for order_id, steps in found.items():
            if any(b - a != 1 for a, b in pairwise([0, *sorted(steps)])):
                expected, got = f"steps 1 to {len(steps)}", f"{order_id} steps {sorted(steps)}"
                number = max(number for number, _ in steps.values())
                sheet.reject(RejectCode.STEPS_NOT_CONSECUTIVE, number, expected=expected, got=got)
        return {
            order_id: tuple(made for _, (_, made) in sorted(steps.items()) if made is not None)
            for order_id, steps in found.items()
        }

    def _buyer(
        self, sheet: FormSheet, row: FormRow, enterprises: Mapping[str, EnterpriseCard]
    ) -> dict[str, object] | None:
        """Return who buys and where it is delivered: as stated, else where the enterprise is."""
        stated = cast("str", row.values.get("buyer_id", ""))
        only = next(iter(enterprises.values())) if len(enterprises) == 1 else None
        card = enterprises.get(stated) if stated else only
        buyer_id = stated or (card.enterprise_id if card else "")
        if not buyer_id:
            field, expected = sheet.heading("buyer_id"), "who buys"
            sheet.reject(RejectCode.VALUE_MISSING, row.number, field=field, expected=expected)
            return None
        lat, lon = row.values.get("buyer_lat"), row.values.get("buyer_lon")
        if lat is None and lon is None and card is not None:
            lat, lon = card.lat, card.lon
        if lat is None or lon is None:
            field = sheet.heading("buyer_lat")
            expected = "latitude and longitude, here or for the enterprise"
            sheet.reject(RejectCode.VALUE_MISSING, row.number, field=field, expected=expected)
            return None
        return {"buyer_id": buyer_id, "buyer_lat": lat, "buyer_lon": lon}

    def _enterprise(
        self,
        sheet: FormSheet,
        row: FormRow,
        key: str,
        enterprises: Mapping[str, EnterpriseCard],
    ) -> EnterpriseCard | None:
        """Return the enterprise that a row names; the only one of the form need not be named."""
        stated = row.values.get(key)
        if not isinstance(stated, str):  # rejected already
            return None
        if not stated and len(enterprises) == 1:
            return next(iter(enterprises.values()))
        if stated in enterprises:
            return enterprises[stated]
        code = RejectCode.UNKNOWN_ENTERPRISE if stated else RejectCode.VALUE_MISSING
        expected = f"an enterprise of the sheet {ENTERPRISE.title}"
        sheet.reject(code, row.number, field=sheet.heading(key), expected=expected, got=stated)
        return None

    def _identified(self, sheet: FormSheet, key: str) -> list[tuple[FormRow, str]]:
        """Return the rows whose identifier is there and new."""
        rows: dict[str, FormRow] = {}
        for row in sheet.rows(self._weeks):
            name = row.values.get(key)
            if not isinstance(name, str):
                continue
            if name in rows:
                field, expected = sheet.heading(key), "an identifier once"
                sheet.reject(
                    RejectCode.DUPLICATE_ID, row.number, field=field, expected=expected, got=name
                )
                continue
            rows[name] = row
        return [(row, name) for name, row in rows.items()]


def _whole_row(sheet: FormSheet, row: FormRow) -> bool:
    """Return whether no value of a row was rejected."""
    fields = (field for field in sheet.sheet.fields if field.kind is not Kind.NOTE)
    return all(field.key in row.values for field in fields)
