"""What a buyer could change about one order: single changes, kind by kind, the smallest first.

A change of one step (a week, a lot, a grade, a certificate, an enterprise, a rule) counts as a
tenth; a change of an amount counts as its share of the amount. That is a convention, so that
changes of different kinds can be put in one order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from matching.capacity.explaining.requests import Request
from matching.capacity.fields import LOTS_MAX
from matching.capacity.problem import Operation, Problem, Quotation
from matching.explain import Param

PPM = 1_000_000
STEP_PPM = 100_000  # what one step counts
WEEKS_LATER_MAX = 12  # changes of more weeks are not tried
LAG_MAX = 2  # weeks of the longest transport

KINDS = (
    "due_later",
    "release_earlier",
    "one_more_lot",
    "certificate_waived",
    "tolerance_wider",
    "enterprise_admitted",
    "enterprise_approved",
    "ban_lifted",
    "pin_lifted",
)
AMOUNTS = ("price_cap_higher", "value_higher", "quantity_smaller")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One order asked for in one other way.

    Parameters
    ----------
    code
        One of `KINDS` or `AMOUNTS`.
    params
        What its text names.
    size_ppm
        How great the change is, in millionths, by the convention above.
    """

    code: str
    params: Mapping[str, Param]
    size_ppm: int
    request: Request


def step_changes(problem: Problem, request: Request) -> dict[str, tuple[Change, ...]]:
    """Return the changes of one or more steps by kind, the smallest first; kinds without are left.

    Parameters
    ----------
    request
        The order as it is asked for.
    """
    found = {
        "due_later": _due_later(problem, request),
        "release_earlier": _release_earlier(request),
        "one_more_lot": _one_more_lot(request),
        "certificate_waived": _certificate_waived(request),
        "tolerance_wider": _tolerance_wider(problem, request),
        "enterprise_admitted": _enterprise_admitted(problem, request),
        "enterprise_approved": _enterprise_approved(problem, request),
        "ban_lifted": _ban_lifted(request),
        "pin_lifted": _pin_lifted(request),
    }
    made = {kind: tuple(changes) for kind, changes in found.items()}
    return {kind: changes for kind, changes in made.items() if changes}


def _step(
    code: str, request: Request, params: Mapping[str, Param], *, steps: int = 1, **order: object
) -> Change:
    """Return a change of fields of the order."""
    changed = replace(request, order=replace(request.order, **order))  # type: ignore[arg-type]
    return Change(code=code, params=params, size_ppm=steps * STEP_PPM, request=changed)


def _due_later(problem: Problem, request: Request) -> Iterator[Change]:
    order = request.order
    latest = problem.settings.weeks - 1 + LAG_MAX  # nothing arrives later
    for weeks in range(1, min(WEEKS_LATER_MAX, latest - order.due_week) + 1):
        due = order.due_week + weeks
        params: dict[str, Param] = {"weeks": weeks, "due_week": due}
        yield _step("due_later", request, params, steps=weeks, due_week=due)


def _release_earlier(request: Request) -> Iterator[Change]:
    release = request.order.release_week
    for weeks in range(1, min(WEEKS_LATER_MAX, release) + 1):
        params: dict[str, Param] = {"weeks": weeks, "release_week": release - weeks}
        yield _step("release_earlier", request, params, steps=weeks, release_week=release - weeks)


def _one_more_lot(request: Request) -> Iterator[Change]:
    lots = request.order.max_lots + 1
    if lots <= min(request.order.quantity, LOTS_MAX):
        yield _step("one_more_lot", request, {"lots": lots}, max_lots=lots)


def _certificate_waived(request: Request) -> Iterator[Change]:
    held = request.order.certificates
    for name in sorted(held):
        params = {"certificate": name}
        yield _step("certificate_waived", request, params, certificates=held - {name})


def _tolerance_wider(problem: Problem, request: Request) -> Iterator[Change]:
    """Yield, for each step, the grades that further offers of its process hold."""
    order, made = request.order, list[Change]()
    for step, operation in enumerate(order.operations, 1):
        now = operation.tolerance_it
        offered = {o.tolerance_it for o in problem.offers if o.process == operation.process}
        for grade in sorted(grade for grade in offered if grade > now):
            wider = replace(operation, tolerance_it=grade)
            operations = (*order.operations[: step - 1], wider, *order.operations[step:])
            params: dict[str, Param] = {"step": step, "from_it": now, "to_it": grade}
            made.append(
                _step("tolerance_wider", request, params, steps=grade - now, operations=operations)
            )
    yield from sorted(made, key=lambda change: change.size_ppm)


def _enterprise_admitted(problem: Problem, request: Request) -> Iterator[Change]:
    excluded = request.order.excluded_enterprises
    known = {offer.enterprise_id for offer in problem.offers} if excluded else set()
    for name in sorted(excluded & known):
        params = {"enterprise": name}
        yield _step("enterprise_admitted", request, params, excluded_enterprises=excluded - {name})


def _enterprise_approved(problem: Problem, request: Request) -> Iterator[Change]:
    for one in request.rules.approved:
        processes = {operation.process for operation in request.order.operations}
        able = {o.enterprise_id for o in problem.offers if o.process in processes}
        for name in sorted(able - one.enterprises - request.order.excluded_enterprises):
            wider = replace(one, enterprises=one.enterprises | {name})
            rules = replace(request.rules, approved=(wider,))
            yield _rule("enterprise_approved", {"enterprise": name}, replace(request, rules=rules))


def _ban_lifted(request: Request) -> Iterator[Change]:
    for ban in request.rules.bans:
        kept = tuple(one for one in request.rules.bans if one != ban)
        params: dict[str, Param] = {"banned": ban.offer_id or ban.enterprise_id or ""}
        rules = replace(request.rules, bans=kept)
        yield _rule("ban_lifted", params, replace(request, rules=rules))


def _pin_lifted(request: Request) -> Iterator[Change]:
    for pin in request.rules.pins:
        kept = tuple(one for one in request.rules.pins if one != pin)
        rules = replace(request.rules, pins=kept)
        yield _rule("pin_lifted", {"offer": pin.offer_id}, replace(request, rules=rules))


def _rule(code: str, params: Mapping[str, Param], request: Request) -> Change:
    return Change(code=code, params=params, size_ppm=STEP_PPM, request=request)


def higher_cap(request: Request, cap_fen: int) -> Change:
    """Return an order with a higher price cap, fen."""
    now = request.order.max_price_fen
    params: dict[str, Param] = {
        "cap_fen": cap_fen,
        "more_fen": cap_fen - now,
        "more_percent": _percent(cap_fen - now, now),
    }
    order = replace(request.order, max_price_fen=cap_fen)
    size = _share(cap_fen - now, now)
    return Change(
        code="price_cap_higher",
        params=params,
        size_ppm=size,
        request=replace(request, order=order),
    )


def higher_value(request: Request, value_fen: int) -> Change:
    """Return an order of a higher value, fen."""
    now = request.order.value_fen
    params: dict[str, Param] = {
        "worth_fen": value_fen,
        "more_fen": value_fen - now,
        "more_percent": _percent(value_fen - now, now),
    }
    order = replace(request.order, value_fen=value_fen)
    size = _share(value_fen - now, now)
    return Change(
        code="value_higher", params=params, size_ppm=size, request=replace(request, order=order)
    )


def smaller_quantity(request: Request, pieces: int) -> Change:
    """Return an order of fewer pieces: work, weight, value and price cap shrink with them."""
    order, whole = request.order, request.order.quantity
    smaller = replace(
        order,
        quantity=pieces,
        max_lots=min(order.max_lots, pieces),
        operations=tuple(
            Operation(
                process=operation.process,
                tolerance_it=operation.tolerance_it,
                minutes_total=-(-operation.minutes_total * pieces // whole),
            )
            for operation in order.operations
        ),
        value_fen=order.value_fen * pieces // whole,
        max_price_fen=order.max_price_fen * pieces // whole,
        weight_kg=order.weight_kg * pieces / whole,
    )
    params: dict[str, Param] = {"quantity": pieces, "fewer": whole - pieces, "whole": whole}
    return Change(
        code="quantity_smaller",
        params=params,
        size_ppm=_share(whole - pieces, whole),
        request=replace(
            request,
            order=smaller,
            quotations=tuple(_fewer(one, pieces, whole) for one in request.quotations),
        ),
    )


def _fewer(quotation: Quotation, pieces: int, whole: int) -> Quotation:
    return replace(
        quotation,
        minutes_total=-(-quotation.minutes_total * pieces // whole),
        price_fen=-(-quotation.price_fen * pieces // whole),
    )


def _share(more: int, now: int) -> int:
    """Return a change as its share of an amount, rounded up; of nothing, more than anything."""
    return -(-more * PPM // now) if now else PPM * PPM


def _percent(more: int, now: int) -> str:
    """Return a change in percent with one decimal, rounded up so that it is surely enough."""
    tenths = -(-more * 1000 // now) if now else 0
    return f"{tenths // 10}.{tenths % 10}"
