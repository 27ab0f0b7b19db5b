"""Write a matching problem as a bundle, byte for byte the same for the same problem."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path

from data.exporters.files import csv_bytes, write_bytes
from data.importers import bundle_files as format_
from data.importers.tables import Column
from matching.capacity.problem import Order, Problem

DIGITS_MAX = 18


def write_bundle(folder: Path, problem: Problem) -> None:
    """Write the files of a bundle into a folder, which is made when it is not there.

    A `quotations.csv` that was there before goes away when the problem has no quotations.

    Raises
    ------
    ValueError
        When a fraction has no finite decimal form of at most 18 digits, or a text holds the
        list separator: the format cannot carry them.
    """
    files = bundle_bytes(problem)
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        write_bytes(folder / name, data)
    if format_.QUOTATIONS not in files:
        (folder / format_.QUOTATIONS).unlink(missing_ok=True)


def bundle_bytes(problem: Problem) -> Mapping[str, bytes]:
    """Return the files of a bundle by name; see `write_bundle`."""
    files = {
        format_.SETTINGS: _settings(problem),
        format_.PARKS: _table(
            format_.PARK_COLUMNS, ((p.park_id, repr(p.lat), repr(p.lon)) for p in problem.parks)
        ),
        format_.OFFERS: _offers(problem),
        format_.OFFER_WEEKS: _table(
            format_.OFFER_WEEK_COLUMNS,
            (
                (offer.offer_id, week, minutes)
                for offer in problem.offers
                for week, minutes in enumerate(offer.idle_minutes)
                if minutes
            ),
        ),
        format_.ORDERS: _orders(problem.orders),
        format_.OPERATIONS: _table(
            format_.OPERATION_COLUMNS,
            (
                (order.order_id, step, made.process, made.tolerance_it, made.minutes_total)
                for order in problem.orders
                for step, made in enumerate(order.operations, 1)
            ),
        ),
    }
    if problem.quotations:
        files[format_.QUOTATIONS] = _table(
            format_.QUOTATION_COLUMNS,
            (
                (q.order_id, q.step, q.offer_id, q.setup_minutes, q.minutes_total, q.price_fen)
                for q in problem.quotations
            ),
        )
    return files


def _settings(problem: Problem) -> bytes:
    settings = problem.settings
    lines = [
        f'  "weeks": {settings.weeks}',
        f'  "max_block_weeks": {settings.max_block_weeks}',
        f'  "carbon_fen_per_kg": {decimal_text(settings.carbon_fen_per_kg)}',
        f'  "transport_fixed_fen": {decimal_text(settings.transport_fixed_fen)}',
        f'  "transport_fen_per_tonne_km": {decimal_text(settings.transport_fen_per_tonne_km)}',
        f'  "transport_g_per_tonne_km": {decimal_text(settings.transport_g_per_tonne_km)}',
    ]
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    json.loads(text)  # a number that JSON cannot write would make the bundle unreadable
    return text.encode("utf-8")


def _offers(problem: Problem) -> bytes:
    return _table(
        format_.OFFER_COLUMNS,
        (
            (
                offer.offer_id,
                offer.enterprise_id,
                offer.park_id,
                offer.process,
                offer.size_class,
                offer.tolerance_it,
                _joined(offer.materials),
                _joined(offer.certificates),
                offer.rate_fen_per_hour,
                offer.setup_minutes,
                offer.min_lot,
                decimal_text(offer.carbon_g_per_hour),
            )
            for offer in problem.offers
        ),
    )


def _orders(orders: Iterable[Order]) -> bytes:
    rows = [
        (
            order.order_id,
            order.buyer_id,
            repr(order.buyer_lat),
            repr(order.buyer_lon),
            order.quantity,
            order.material,
            order.size_class,
            _joined(order.certificates),
            order.release_week,
            order.due_week,
            order.max_tardy_weeks,
            order.value_fen,
            order.tardy_fen_per_week,
            order.max_price_fen,
            order.max_lots,
            _joined(order.excluded_enterprises),
            decimal_text(order.weight_kg),
            int(order.quoted_only),
        )
        for order in orders
    ]
    if any(row[-1] for row in rows):
        return _table((*format_.ORDER_COLUMNS, format_.QUOTED_ONLY), rows)
    return _table(format_.ORDER_COLUMNS, (row[:-1] for row in rows))


def _table(columns: Iterable[Column], rows: Iterable[tuple[object, ...]]) -> bytes:
    return csv_bytes([column.name for column in columns], rows)


def _joined(items: frozenset[str]) -> str:
    for item in items:
        if "|" in item or not item:
            raise ValueError(f"list item {item!r} is empty or holds the separator |")
    return "|".join(sorted(items))


def decimal_text(number: Fraction | int) -> str:
    """Return a number ≥ 0 as plain digits with at most one point, exactly.

    Raises
    ------
    ValueError
        When it has no such form of at most 18 digits.
    """
    whole, rest = divmod(Fraction(number), 1)
    text = str(int(whole))
    if rest:
        text += "."
    while rest and len(text) <= DIGITS_MAX + 1:
        digit, rest = divmod(rest * 10, 1)
        text += str(int(digit))
    if rest or number < 0 or len(text.replace(".", "")) > DIGITS_MAX:
        raise ValueError(f"{number} has no decimal form of at most {DIGITS_MAX} digits")
    return text
