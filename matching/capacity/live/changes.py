"""A change of a live plan: what the kernels did, checked, noted, and given a version.

Whoever changes the book calls `settle` afterwards. It compares the book with the plan as it was,
re-checks by `check` every order that is made otherwise, on the minutes that all others leave it,
and only then lets the change stand.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from matching.capacity.booking import Lots, lines_of, read_lots, write_lots
from matching.capacity.check import CheckReport, check
from matching.capacity.columns import Ints
from matching.capacity.kernels.book import Copy
from matching.capacity.kernels.library import Shared
from matching.capacity.kernels.search import differing, take_over
from matching.capacity.live.parts import part
from matching.capacity.live.plan import LivePlan
from matching.capacity.live.versions import Version
from matching.capacity.plan import PlanLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a change did to a plan.

    Parameters
    ----------
    version
        The plan as it is now; it names the problem that it is for and the plan that it replaces.
    served
        Whether the order that arrived is in the plan; None where none arrived.
    forced
        Orders that could not stay as they were, because minutes they used are gone.
    changed
        All other orders that are made otherwise, or are in the plan and were not before.
    dropped
        Those of `forced` and `changed` that are refused now.
    before_fen, after_fen
        The objective of the plan, exactly.
    lines
        How every order that changed is made now; no lines: not at all.
    """

    version: Version
    served: bool | None
    forced: tuple[str, ...]
    changed: tuple[str, ...]
    dropped: tuple[str, ...]
    before_fen: int
    after_fen: int
    lines: dict[str, tuple[PlanLine, ...]]


def place(plan: LivePlan, order: int, lots: Lots) -> bool:
    """Put an order that is refused into the book with these lots, if their minutes are free."""
    write_lots(plan.columns.values, plan.given, order, lots)
    left_out = take_over(plan.columns.shared, plan.book, Shared(plan.given), _ints([order]))
    plan.given.lots[order] = 0  # the plan as it was does not serve it
    return not len(left_out)


def take_out(plan: LivePlan, orders: Iterable[int]) -> None:
    """Take orders out of the book; they are refused for the time being."""
    given = plan.given
    nobody = Copy(np.zeros(len(given.lots), np.int64), *given[1:])
    take_over(plan.columns.shared, plan.book, Shared(nobody), _ints(orders))


def take_back(plan: LivePlan) -> None:
    """Make the book again what the plan was before the change."""
    book = plan.book.values
    orders = differing(plan.given, book.copy, book.owner)
    left_out = take_over(plan.columns.shared, plan.book, Shared(plan.given), orders)
    if len(left_out):
        raise AssertionError(f"{len(left_out)} orders of the plan no longer fit into it")
    book.profit[:] = plan.given.profit


def settle(
    plan: LivePlan,
    *,
    arrived: int | None = None,
    forced: Iterable[int] = (),
    alone: bool = False,
) -> Change | None:
    """Check what has changed in the book and let it stand as a new version.

    Parameters
    ----------
    arrived
        The order that the change is for.
    forced
        Orders whose minutes are gone, so that the plan cannot stay as it was.
    alone
        Nobody else was touched, so that the book need not be searched for changes.

    Returns
    -------
    Change | None
        None, and the plan as it was, when an order breaks a rule now: the search reckons in
        floating point. Where orders were forced there is no way back: it is refused instead.
    """
    must = set(forced)
    known = must if arrived is None else must | {arrived}
    changed = sorted(known) if alone else _changed(plan, known)
    report = _checked(plan, changed)
    while not report.valid:
        broken = [plan.index[name] for name in _broken(plan, report, changed)]
        if not must:
            take_back(plan)
            return None
        if not broken:
            raise AssertionError(f"the search broke a rule: {report.violations[0]}")
        take_out(plan, broken)
        report = _checked(plan, changed)
    before = plan.objective_fen
    lines = {at: _note(plan, at, report) for at in changed}
    plan.next_version()
    others = [at for at in changed if at not in must and at != arrived]
    return Change(
        version=plan.version,
        served=None if arrived is None else bool(plan.book.values.lots[arrived]),
        forced=_names(plan, sorted(must)),
        changed=_names(plan, others),
        dropped=_names(plan, [at for at in changed if not lines[at] and at != arrived]),
        before_fen=before,
        after_fen=plan.objective_fen,
        lines={plan.orders[at].order_id: mine for at, mine in lines.items()},
    )


def _changed(plan: LivePlan, also: set[int]) -> list[int]:
    """Return the orders that are made otherwise than before, and some others, ascending.

    An order whose lots are the same in another sequence is put back in the old one.
    """
    c, book, given = plan.columns.values, plan.book.values, plan.given
    changed = set(also)
    same = []
    for at in differing(given, book.copy, book.owner).tolist():
        now, then = read_lots(c, book.copy, at), read_lots(c, given, at)
        if sorted(now) != sorted(then):
            changed.add(at)
        elif now != then:
            same.append(at)
    if same:
        take_over(plan.columns.shared, plan.book, Shared(given), _ints(same))
    return sorted(changed)


def _checked(plan: LivePlan, orders: Iterable[int]) -> CheckReport:
    problem, lines = part(plan, (at for at in orders if plan.book.values.lots[at]))
    return check(problem, lines)


def _broken(plan: LivePlan, report: CheckReport, orders: Iterable[int]) -> set[str]:
    names = [plan.orders[at].order_id for at in orders]
    return {
        name
        for name in names
        for found in report.violations
        if f"{found.where} lot ".startswith(f"order {name} lot ")
    }


def _note(plan: LivePlan, order: int, report: CheckReport) -> tuple[PlanLine, ...]:
    """Take note of how an order is made now; return its lines."""
    name = plan.orders[order].order_id
    lots = plan.lots(order)
    lines = lines_of(name, lots, plan.offer_ids)
    plan.note(order, lots, lines, report.costs.get(name))
    return lines


def _names(plan: LivePlan, orders: Iterable[int]) -> tuple[str, ...]:
    return tuple(plan.orders[at].order_id for at in orders)


def _ints(numbers: Iterable[int]) -> Ints:
    return np.array(sorted(numbers), np.int64)
