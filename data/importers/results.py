"""Read back what a matching run wrote: the plan, the plan claim, and the reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

from data.importers.codes import RejectCode
from data.importers.files import read_bytes
from data.importers.json_object import object_of
from data.importers.report import Imported, RejectList
from data.importers.tables import FILE_BYTES_MAX, Column, Table
from data.importers.values import identifier, whole
from matching.capacity.plan import PlanLine, Price
from matching.capacity.problem import (
    LOTS_MAX,
    MINUTES_MAX,
    QUANTITY_MAX,
    SMALL_MAX,
    STEPS_MAX,
)
from matching.explain import Reason

MILLIFEN_MAX = 10**18
PLAN_COLUMNS = (
    Column("order_id", identifier),
    Column("lot", whole(least=1, most=LOTS_MAX)),
    Column("lot_quantity", whole(least=1, most=QUANTITY_MAX)),
    Column("step", whole(least=1, most=STEPS_MAX)),
    Column("offer_id", identifier),
    Column("week", whole(most=SMALL_MAX)),
    Column("minutes", whole(least=1, most=MINUTES_MAX)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A plan claim: what a plan is said to be worth, and the prices said to prove the bound."""

    objective_fen: int
    upper_bound_fen: int
    seed: int | None
    status: str
    prices: tuple[Price, ...]


def read_plan(path: Path) -> Imported[tuple[PlanLine, ...]]:
    """Read `plan.csv`. Whether the plan is any good is for `matching.capacity.check` to say."""
    rejects = RejectList(path.name)
    data = read_bytes(path, rejects, most=FILE_BYTES_MAX)
    if data is None:
        return rejects.outcome(None)
    table = Table(path.name, data, columns=PLAN_COLUMNS, rejects=rejects)
    names = [column.name for column in PLAN_COLUMNS]
    lines: dict[tuple[object, ...], PlanLine] = {}
    for row in table.rows():
        values = dict(zip(names, row.values, strict=True))
        key = tuple(values[name] for name in ("order_id", "lot", "step", "offer_id", "week"))
        if key in lines:
            expected = "one row per order, lot, step, offer and week"
            table.reject(RejectCode.DUPLICATE_ROW, row.line, expected=expected, got=key[0])
            continue
        lines[key] = PlanLine(**values)  # type: ignore[arg-type]
    return rejects.outcome(tuple(lines.values()))


def read_claim(path: Path) -> Imported[Claim]:
    """Read the plan claim `claim.json`; unknown keys are left alone, the others must be sound."""
    rejects = RejectList(path.name)
    data = read_bytes(path, rejects, most=FILE_BYTES_MAX)
    if data is None:
        return rejects.outcome(None)
    loaded = object_of(data, rejects, number=_number)
    if loaded is None:
        return rejects.outcome(None)
    for key in ("objective_fen", "upper_bound_fen"):
        if type(loaded.get(key)) is not int:
            expected = "an integer"
            rejects.add(
                RejectCode.NOT_AN_INTEGER, field=key, expected=expected, got=loaded.get(key)
            )
    prices = _prices(loaded.get("prices", []), rejects)
    if rejects:
        return rejects.outcome(None)
    seed = loaded.get("seed")
    return rejects.outcome(
        Claim(
            objective_fen=cast("int", loaded["objective_fen"]),
            upper_bound_fen=cast("int", loaded["upper_bound_fen"]),
            seed=seed if type(seed) is int else None,
            status=str(loaded.get("status", "")),
            prices=prices,
        )
    )


def read_reasons(path: Path) -> Imported[Mapping[str, Reason]]:
    """Read `reasons.jsonl` by order; the texts are left out: they follow from the codes."""
    rejects = RejectList(path.name)
    data = read_bytes(path, rejects, most=FILE_BYTES_MAX)
    if data is None:
        return rejects.outcome(None)
    reasons: dict[str, Reason] = {}
    for number, line in enumerate(data.splitlines(), 1):
        loaded = object_of(line, rejects, number=_number, place=f"line {number}")
        if loaded is None:
            continue
        order_id, code, params = (loaded.get(key) for key in ("order_id", "code", "params"))
        if (
            not isinstance(order_id, str)
            or not isinstance(code, str)
            or not isinstance(params, dict)
        ):
            rejects.add(
                RejectCode.JSON_MALFORMED,
                place=f"line {number}",
                expected="order_id, code and params",
                got=", ".join(loaded),
            )
            continue
        if order_id in reasons:
            expected, place = "an order once", f"line {number}"
            rejects.add(RejectCode.DUPLICATE_ID, place=place, expected=expected, got=order_id)
        reasons[order_id] = Reason(
            code=code,
            params={k: tuple(v) if isinstance(v, list) else v for k, v in params.items()},
        )
    return rejects.outcome(reasons)


def _prices(loaded: object, rejects: RejectList) -> tuple[Price, ...]:
    prices = []
    for number, entry in enumerate(loaded if isinstance(loaded, list) else [None], 1):
        match entry:
            case [str(offer), int(week), int(price)] if (
                week >= 0 and 0 <= price <= MILLIFEN_MAX and bool not in {type(week), type(price)}
            ):
                prices.append(Price(offer_id=offer, week=week, millifen_per_minute=price))
            case _:
                place, expected = f"prices[{number}]", "[offer_id, week, milli-fen per minute]"
                rejects.add(RejectCode.JSON_MALFORMED, place=place, expected=expected, got=entry)
    return tuple(prices)


def _number(text: str) -> int | Fraction | str:
    """Return a number exactly; one that is too long to be any of ours stays the text that it is."""
    if text.removeprefix("-").isdigit():
        return int(text)
    return Fraction(text) if len(text) <= 30 and "e" not in text.lower() else text
