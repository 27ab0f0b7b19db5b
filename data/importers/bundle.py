"""Read a bundle: one JSON and five or six CSV files that make a matching problem.

The format is that of `docs/spec/capacity.md`. Beyond what the format needs, a bundle is refused
when its last line does not end (half a number reads like a number), when an operation or quotation
names an order that is not there, when a list has an empty part, and when an identifier starts
like a formula.
"""

from __future__ import annotations

import gc
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from data.importers import bundle_files as format_
from data.importers.bundle_settings import read_settings
from data.importers.codes import RejectCode
from data.importers.report import Imported, RejectList
from data.importers.tables import Column, Row, Table
from matching.capacity.problem import (
    STEPS_MAX,
    Offer,
    Operation,
    Order,
    Park,
    Problem,
    Quotation,
    Settings,
)

OFFERS_MAX = 200_000
ORDERS_MAX = 1_000_000
LARGE_BYTES = 1_000_000


def read_bundle(folder: Path) -> Imported[Problem]:
    """Read the bundle in a folder.

    Returns
    -------
    Imported[Problem]
        The problem, offers and orders in the order of the files; or every rejected row (the first
        200 in full), and then nothing of the bundle is taken.

    Notes
    -----
    Reads 100,000 orders and 20,000 offers in a few seconds; memory is that of the problem.
    """
    rejects = RejectList(folder.name)
    files = format_.from_folder(folder, rejects)
    with unhindered(sum(map(len, files.values()))):
        return read_files(files, rejects)


def read_bundle_zip(data: bytes, name: str) -> Imported[Problem]:
    """Read a bundle packed as a .zip; folders inside do not count."""
    rejects = RejectList(name)
    files = format_.from_zip(data, rejects)
    with unhindered(sum(map(len, files.values()))):
        return read_files(files, rejects)


@contextmanager
def unhindered(size: int) -> Iterator[None]:
    """Put off the search for cyclic garbage while a large bundle is read.

    A large bundle becomes millions of objects without a single cycle; searching them again and
    again costs a third of the time.
    """
    if size < LARGE_BYTES or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def read_files(files: Mapping[str, bytes], rejects: RejectList) -> Imported[Problem]:
    """Read a bundle from its files by name."""
    if rejects and not files:
        return rejects.outcome(None)
    if not files:
        expected = f"the files of a bundle: {', '.join(format_.REQUIRED)}"
        rejects.add(RejectCode.FILE_MISSING, expected=expected, got="none of them")
        return rejects.outcome(None)
    for name in format_.REQUIRED:
        if name not in files:
            rejects.add(RejectCode.FILE_MISSING, file=name, expected=name)
    settings = (
        read_settings(files[format_.SETTINGS], rejects) if format_.SETTINGS in files else None
    )
    reader = _Reader(files, rejects, weeks=settings.weeks if settings else None)
    parks = reader.parks()
    offers = reader.offers()
    orders = reader.orders()
    quotations = reader.quotations(orders)
    if rejects or settings is None:
        return rejects.outcome(None)
    return _problem(settings, parks, offers, orders, quotations, rejects)


def _problem(
    settings: Settings,
    parks: Sequence[Park],
    offers: Sequence[Offer],
    orders: Sequence[Order],
    quotations: Sequence[Quotation],
    rejects: RejectList,
) -> Imported[Problem]:
    """Put the parts together; what only the whole can contradict becomes a reject."""
    try:
        problem = Problem(
            settings=settings,
            parks=tuple(parks),
            offers=tuple(offers),
            orders=tuple(orders),
            quotations=tuple(quotations),
        )
    except ValueError as error:
        rejects.add(RejectCode.INCONSISTENT, expected="a consistent problem", got=str(error))
        return rejects.outcome(None)
    return rejects.outcome(problem)


class _Anything:
    """Stands for a list that could not be read: whatever refers to it may be right."""

    def __contains__(self, _name: object) -> bool:
        return True


class _Reader:
    """Reads the tables of one bundle, each against those before it.

    A row that was reported still counts as there, so that one mistake is reported once.
    """

    def __init__(
        self, files: Mapping[str, bytes], rejects: RejectList, *, weeks: int | None
    ) -> None:
        self._files = files
        self._rejects = rejects
        self._weeks = weeks
        self._known: dict[str, Container[str]] = {}

    def _know(self, kind: str, table: Table, found: Iterable[str]) -> None:
        """Keep what others may refer to: what was found, or anything after a broken file."""
        whole = table.whole and table.name in self._files
        self._known[kind] = {*found, *table.refused_keys} if whole else _Anything()

    def parks(self) -> list[Park]:
        """Read parks.csv; at least one park."""
        parks: dict[str, Park] = {}
        table = self._table(format_.PARKS, format_.PARK_COLUMNS)
        for row, key in _unique(table, parks, "park_id"):
            _, lat, lon = row.values
            parks[key] = Park(park_id=key, lat=cast("float", lat), lon=cast("float", lon))
        if not parks and not self._rejects:
            table.reject(RejectCode.NO_ROWS, 0, expected="at least one park")
        self._know("park", table, parks)
        return list(parks.values())

    def offers(self) -> list[Offer]:
        """Read offers.csv and offer_weeks.csv; a week without a row has no idle minutes."""
        table = self._table(format_.OFFERS, format_.OFFER_COLUMNS, rows_max=OFFERS_MAX)
        names = [column.name for column in format_.OFFER_COLUMNS]
        found: dict[str, tuple[int, dict[str, object]]] = {}
        for row, key in _unique(table, found, "offer_id"):
            values = dict(zip(names, row.values, strict=True))
            if values["park_id"] not in self._known["park"]:
                table.reject(
                    RejectCode.UNKNOWN_PARK,
                    row.line,
                    field="park_id",
                    expected="a park of parks.csv",
                    got=values["park_id"],
                )
            found[key] = row.line, values
        self._know("offer", table, found)
        idle = self._idle_minutes()
        weeks = self._weeks or 0
        offers = []
        for key, (line, values) in found.items():
            values["idle_minutes"] = tuple(idle.get(key, [0] * weeks))
            try:
                offers.append(Offer(**values))  # type: ignore[arg-type]
            except ValueError as error:
                table.reject(RejectCode.INCONSISTENT, line, got=str(error))
        return offers

    def _idle_minutes(self) -> dict[str, list[int]]:
        offers = self._known["offer"]
        table = self._table(format_.OFFER_WEEKS, format_.OFFER_WEEK_COLUMNS)
        weeks = self._weeks
        idle: dict[str, list[int]] = {}
        seen: set[tuple[object, object]] = set()
        for row in table.rows():
            offer_id, week, minutes = cast("tuple[str, int, int]", tuple(row.values))
            if offer_id not in offers:
                expected = "an offer of offers.csv"
                table.reject(
                    RejectCode.UNKNOWN_OFFER,
                    row.line,
                    field="offer_id",
                    expected=expected,
                    got=offer_id,
                )
            elif (offer_id, week) in seen:
                expected = "one row per offer and week"
                table.reject(RejectCode.DUPLICATE_ROW, row.line, expected=expected, got=offer_id)
            elif weeks is not None and week >= weeks:
                expected = f"0 to {weeks - 1}"
                table.reject(
                    RejectCode.OUT_OF_RANGE, row.line, field="week", expected=expected, got=week
                )
            elif weeks is not None:
                idle.setdefault(offer_id, [0] * weeks)[week] = minutes
            seen.add((offer_id, week))
        return idle

    def orders(self) -> list[Order]:
        """Read orders.csv and operations.csv; every order has operations 1, 2, ..."""
        table = self._table(
            format_.ORDERS,
            format_.ORDER_COLUMNS,
            optional=format_.QUOTED_ONLY,
            rows_max=ORDERS_MAX,
        )
        names = [column.name for column in format_.ORDER_COLUMNS]
        found: dict[str, tuple[int, list[object]]] = {}
        for row, key in _unique(table, found, "order_id"):
            found[key] = row.line, row.values
        if table.has_optional:
            names.append(format_.QUOTED_ONLY.name)
        self._know("order", table, found)
        operations, unclear = self._operations()
        self._known["unclear"] = unclear
        orders = []
        for key, (line, cells) in found.items():
            steps = operations.get(key)
            if steps is None and key in unclear:
                continue
            if steps is None:
                code, expected = RejectCode.ORDER_WITHOUT_OPERATIONS, "rows in operations.csv"
                table.reject(code, line, field="order_id", expected=expected, got=key)
                continue
            values = dict(zip(names, cells, strict=True))
            try:
                orders.append(Order(**values, operations=steps))  # type: ignore[arg-type]
            except ValueError as error:
                table.reject(RejectCode.INCONSISTENT, line, got=str(error))
        return orders

    def _operations(self) -> tuple[dict[str, tuple[Operation, ...]], Container[str]]:
        """Return operations by order, and the orders of which rows were reported or lost."""
        orders = self._known["order"]
        table = self._table(format_.OPERATIONS, format_.OPERATION_COLUMNS)
        found: dict[str, dict[int, tuple[int, Operation]]] = {}
        for row in table.rows():
            order_id, step, process, tolerance, minutes = cast(
                "tuple[str, int, str, int, int]", tuple(row.values)
            )
            if order_id not in orders:
                code, expected = RejectCode.UNKNOWN_ORDER, "an order of orders.csv"
                table.reject(code, row.line, field="order_id", expected=expected, got=order_id)
                continue
            steps = found.setdefault(order_id, {})
            if step in steps:
                code, expected = RejectCode.DUPLICATE_ROW, "one row per order and step"
                table.reject(code, row.line, expected=expected, got=f"{order_id} step {step}")
                continue
            steps[step] = (
                row.line,
                Operation(process=process, tolerance_it=tolerance, minutes_total=minutes),
            )
        for order_id, steps in found.items():
            if max(steps) != len(steps) and order_id not in table.refused_keys and table.whole:
                line = max(line for line, _ in steps.values())
                expected, got = f"1 to {len(steps)}", f"{order_id} steps {sorted(steps)}"
                code = RejectCode.STEPS_NOT_CONSECUTIVE
                table.reject(code, line, field="step", expected=expected, got=got)
        made = {
            order_id: tuple(steps[step][1] for step in sorted(steps))
            for order_id, steps in found.items()
        }
        return made, table.refused_keys if table.whole else _Anything()

    def quotations(self, orders: Sequence[Order]) -> list[Quotation]:
        """Read quotations.csv where there is one; one row per order, step and offer."""
        if format_.QUOTATIONS not in self._files:
            return []
        table = self._table(format_.QUOTATIONS, format_.QUOTATION_COLUMNS)
        steps = {order.order_id: len(order.operations) for order in orders}
        known, unclear = self._known["order"], self._known["unclear"]
        offers = self._known["offer"]
        found: dict[tuple[str, int, str], Quotation] = {}
        for row in table.rows():
            order_id, step, offer_id, setup, minutes, price = cast(
                "tuple[str, int, str, int, int, int]", tuple(row.values)
            )
            last = STEPS_MAX if order_id in unclear else steps.get(order_id, STEPS_MAX)
            if order_id not in known or step > last:
                code, expected = RejectCode.UNKNOWN_ORDER, "an order and step of the bundle"
                got = f"{order_id} step {step}"
                table.reject(code, row.line, field="order_id", expected=expected, got=got)
            elif offer_id not in offers:
                code, expected = RejectCode.UNKNOWN_OFFER, "an offer of offers.csv"
                table.reject(code, row.line, field="offer_id", expected=expected, got=offer_id)
            elif (order_id, step, offer_id) in found:
                code, expected = RejectCode.DUPLICATE_ROW, "one row per order, step and offer"
                table.reject(code, row.line, expected=expected, got=f"{order_id} {step} {offer_id}")
            else:
                found[order_id, step, offer_id] = Quotation(
                    order_id=order_id,
                    step=step,
                    offer_id=offer_id,
                    setup_minutes=setup,
                    minutes_total=minutes,
                    price_fen=price,
                )
        return list(found.values())

    def _table(
        self,
        name: str,
        columns: Sequence[Column],
        *,
        optional: Column | None = None,
        rows_max: int | None = None,
    ) -> Table:
        """Return a table; one that is missing has been reported and has no rows."""
        limits = {} if rows_max is None else {"rows_max": rows_max}
        header = ",".join(column.name for column in columns) + "\n"
        data = self._files.get(name, header.encode())
        return Table(
            name, data, columns=columns, rejects=self._rejects, optional=optional, **limits
        )


def _unique(table: Table, seen: Mapping[str, object], column: str) -> Iterator[tuple[Row, str]]:
    """Yield the rows whose first cell names something for the first time."""
    for row in table.rows():
        key = cast("str", row.values[0])
        if key in seen:
            expected = f"a {column} once"
            table.reject(
                RejectCode.DUPLICATE_ID, row.line, field=column, expected=expected, got=key
            )
            continue
        yield row, key
