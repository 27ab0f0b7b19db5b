"""`parkloom quote`: how orders could be made beside a plan, outside any installation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import RenderableType

from api.commands.frame import (
    BadInput,
    JsonFlag,
    Report,
    facts,
    percent,
    read_input,
    reporting,
    table,
)
from api.commands.rejects import require_value
from api.commands.standing import FolderArgument, read_bundle_folder
from api.schemas.quotes import Quote as QuoteView
from api.schemas.quotes import QuoteRequest
from data.importers import bundle_files
from data.importers.bundle import read_files
from data.importers.report import RejectList
from data.importers.results import read_claim, read_plan
from ledger.values.money import format_minor
from matching.capacity import Order, Problem, Quotation
from matching.capacity.live import Kind, LivePlan, Quote, QuoteStatus, quote
from matching.explain import render

app = typer.Typer(add_completion=False)

ORDER_FILES = (bundle_files.ORDERS, bundle_files.OPERATIONS, bundle_files.QUOTATIONS)
ORDER_BYTES_MAX = 16 * 1024 * 1024
SHOWN_CHARACTERS_MAX = 80
Asked = tuple[Order, tuple[Quotation, ...]]

TITLES: Mapping[Kind, str] = {
    Kind.BEST_VALUE: "best value",
    Kind.CHEAPEST: "cheapest",
    Kind.EARLIEST: "earliest",
    Kind.MOST_LOCAL: "most local",
    Kind.OTHER_ENTERPRISE: "other enterprise",
}


@app.command(name="quote")
def quote_orders(
    folder: FolderArgument,
    plan: Annotated[Path, typer.Option(help="Its plan.csv, or the folder that has it.")],
    order: Annotated[
        Path,
        typer.Option(
            help="A JSON file, as POST /v1/quotes takes it (docs/openapi.json), or a folder with "
            "orders.csv and operations.csv."
        ),
    ],
    claim: Annotated[
        Path | None, typer.Option(help="Its claim.json; beside the plan when left out.")
    ] = None,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Say how new orders could be made beside a plan: price, week, value; or why they do not fit.

    The plan stays as it is, and each order is quoted as if it came alone.
    """
    with reporting(as_json=as_json) as report:
        problem = read_bundle_folder(folder, report)
        asked = _asked(order, folder, report)
        live = _live(problem, plan, claim, report)
        quotes = [_quoted(live, *one) for one in asked]
        for found in quotes if len(quotes) == 1 else ():
            report.show(*_one(found))
        if len(quotes) != 1:
            report.show(_many(quotes))
        report.result({"quotes": [QuoteView.of(one).model_dump(mode="json") for one in quotes]})


def _live(problem: Problem, plan: Path, claim: Path | None, report: Report) -> LivePlan:
    """Return the plan of the files, in force."""
    lines_file = plan / "plan.csv" if plan.is_dir() else plan
    claim_file = lines_file.parent / "claim.json" if claim is None else claim
    lines = require_value(read_plan(lines_file), report, document=str(lines_file))
    claimed = require_value(read_claim(claim_file), report, document=str(claim_file))
    try:
        return LivePlan.from_result(problem, lines, claimed.prices)
    except ValueError as wrong:
        raise BadInput(f"{lines_file}: {wrong}.", plan=str(lines_file)) from None


def _quoted(live: LivePlan, order: Order, quotations: tuple[Quotation, ...]) -> Quote:
    try:
        return quote(live, order, quotations)
    except ValueError as wrong:
        raise BadInput(f"{wrong}.", order=order.order_id) from None


def _asked(path: Path, folder: Path, report: Report) -> list[Asked]:
    """Return the orders of a JSON file or of a folder, each with its quotations."""
    if path.is_dir():
        return _asked_in_folder(path, folder, report)
    data = read_input(path, most=ORDER_BYTES_MAX)
    try:
        loaded = json.loads(data)
        body = loaded if isinstance(loaded, dict) and "order" in loaded else {"order": loaded}
        order, quotations = QuoteRequest.model_validate(body).values()
    except ValidationError as wrong:
        raise BadInput(f"{path}: {_first(wrong)}", order=str(path)) from None
    except (ValueError, RecursionError) as wrong:
        raise BadInput(
            f"{path}: expected an order as JSON, got: {wrong}.", order=str(path)
        ) from None
    return [(order, quotations)]


def _first(wrong: ValidationError) -> str:
    """Return the first mistake of a request and the number of others."""
    found = wrong.errors()
    where = ".".join(str(part) for part in found[0]["loc"])
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return f"{where}: {found[0]['msg']}, got {_shown(found[0].get('input'))}{more}."


def _shown(value: object) -> str:
    text = ascii(value)
    return text if len(text) <= SHOWN_CHARACTERS_MAX else f"{text[: SHOWN_CHARACTERS_MAX - 1]}…"


def _asked_in_folder(path: Path, folder: Path, report: Report) -> list[Asked]:
    """Return the orders of a folder; offers and parks are those of the bundle."""
    rejects = RejectList(path.name)
    files = dict(bundle_files.from_folder(folder, rejects))
    theirs = bundle_files.from_folder(path, rejects)
    for name in ORDER_FILES:
        files.pop(name, None)
        if name in theirs:
            files[name] = theirs[name]
    asked = require_value(read_files(files, rejects), report, document=str(path))
    if not asked.orders:
        raise BadInput(f"{path}: orders.csv has no orders.", order=str(path))
    mine: dict[str, list[Quotation]] = {}
    for one in asked.quotations:
        mine.setdefault(one.order_id, []).append(one)
    return [(order, tuple(mine.get(order.order_id, ()))) for order in asked.orders]


def _one(found: Quote) -> list[RenderableType]:
    """Return everything about one order, in 80 columns."""
    rows = [("status", _status(found))]
    if found.reason is not None:
        rows.append(("reason", render(found.reason)))
    parts: list[RenderableType] = [facts(rows, title=f"Quote for {found.order_id}")]
    if not found.alternatives:
        return parts
    made = table(
        "Alternatives, amounts in CNY",
        columns=[
            ("best at", "left"),
            ("offers", "left"),
            ("price", "right"),
            ("week", "right"),
            ("local", "right"),
            ("profit", "right"),
            ("displaces", "right"),
        ],
    )
    for one in found.alternatives:
        late = f" ({one.tardy_weeks} late)" if one.tardy_weeks else ""
        made.add_row(
            "\n".join(TITLES[kind] for kind in one.kinds),
            "\n".join(one.offers),
            _yuan(one.price_fen),
            f"{one.delivery_week}{late}",
            percent(one.local_minutes / one.minutes),
            _yuan(one.profit_fen),
            _yuan(one.displaced_fen),
        )
    return [*parts, made]


def _many(quotes: list[Quote]) -> RenderableType:
    """Return one line for each order."""
    made = table(
        f"{len(quotes)} orders, each quoted alone, amounts in CNY",
        columns=[
            ("order", "left"),
            ("price", "right"),
            ("week", "right"),
            ("profit", "right"),
            ("ways", "right"),
            ("status", "left"),
        ],
    )
    for found in quotes:
        first = found.alternatives[0] if found.alternatives else None
        made.add_row(
            found.order_id,
            "-" if first is None else _yuan(first.price_fen),
            "-" if first is None else str(first.delivery_week),
            "-" if first is None else _yuan(first.profit_fen),
            str(len(found.alternatives)),
            found.status.value if found.reason is None else f"{found.status}: {found.reason.code}",
        )
    return made


def _status(found: Quote) -> str:
    if found.status is QuoteStatus.FITS:
        return "fits beside the plan; nobody else changes"
    if found.status is QuoteStatus.REARRANGE:
        worth = _yuan(found.reduced_fen or 0)
        return f"not beside the plan; to make room would pay (about CNY {worth})"
    return "refused"


def _yuan(fen: int) -> str:
    return format_minor(fen, "CNY").removeprefix("CNY ")
