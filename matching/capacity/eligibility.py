"""Which offers can make which operation: named rules, one after the other, with what each leaves.

The first rule that leaves nothing is the reason why an order cannot be served: it is a fact about
the problem, not about a plan. Weeks and price cap depend on whole routes: see `alone`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.capacity.order_limits import KINDS, OrderLimits
from matching.capacity.problem import Offer, Operation, Order, Problem
from matching.explain import Known, Param, Reason

RULES = (
    "process",
    "size",
    "tolerance",
    "material",
    "certificate",
    "exclusion",
    "approval",
    "ban",
    "pin",
    "quotation",
    "minimum_lot",
)
CODES = {
    "process": "no_process",
    "size": "no_size",
    "tolerance": "no_tolerance",
    "material": "no_material",
    "certificate": "no_certificate",
    "exclusion": "all_excluded",
    "approval": "none_approved",
    "ban": "all_banned",
    "pin": "pinned_elsewhere",
    "quotation": "not_quoted",
    "minimum_lot": "lot_below_minimum",
}
PAIRS_PER_BLOCK = 4_000_000
THREADS = 2
LISTED_MAX = 5

Ints = NDArray[np.int64]
Shorts = NDArray[np.int32]
Flags = NDArray[np.bool_]


class Eligibility(NamedTuple):
    """What the rules leave. Operation `k` (0..) of order `i` is row `steps[i] + k`.

    Parameters
    ----------
    steps
        First row of each order, and the end.
    counts
        Rows × (1 + rules): all offers, then what is left after each rule of `RULES`.
    rows, offers
        Eligible offers (positions in `problem.offers`) of row `r`:
        `offers[rows[r] : rows[r + 1]]`, ascending.
    limits
        The pins, bans and approvals that were applied.
    """

    steps: Ints
    counts: Ints
    rows: Ints
    offers: Shorts
    limits: OrderLimits


def eligible_offers(problem: Problem) -> Eligibility:
    """Apply the rules to each operation and offer.

    Notes
    -----
    One pass of array operations per process; 10,000 orders × 2,000 offers take about a second.
    What is held beside the result is small: offers are 32-bit numbers from the start.
    """
    rows = _Rows(problem)
    counts = np.zeros((len(rows.order), 1 + len(RULES)), np.int64)
    counts[:, 0] = len(problem.offers)
    table = _Table(problem, rows)
    sizes = np.zeros(len(rows.order), np.int64)
    blocks = list(_blocks(table, rows))

    def apply(block: tuple[Ints, Ints]) -> Shorts:
        chosen, able = block
        keep = np.ones((len(chosen), len(able)), np.bool_)
        for number, kept in enumerate(table.rules(chosen, able, keep), 1):
            counts[chosen, number] = np.count_nonzero(kept, axis=1)
        sizes[chosen] = counts[chosen, -1]
        return able[np.nonzero(keep)[1]].astype(np.int32)

    if len(rows.order) * len(problem.offers) < PAIRS_PER_BLOCK:
        found = [apply(block) for block in blocks]
    else:
        with ThreadPoolExecutor(THREADS) as pool:  # array operations let other threads run
            found = list(pool.map(apply, blocks))
    ends = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    offers = np.empty(ends[-1], np.int32)
    for (chosen, _), mixed in zip(blocks, found, strict=True):
        first = np.cumsum(sizes[chosen]) - sizes[chosen]
        offers[np.arange(len(mixed)) + np.repeat(ends[chosen] - first, sizes[chosen])] = mixed
    return Eligibility(rows.steps, counts, ends, offers, table.limits)


def _blocks(table: _Table, rows: _Rows) -> Iterator[tuple[Ints, Ints]]:
    """Yield some rows of one process with all its offers, as many as fit into memory at a time.

    A row has one process, so it is whole in one block.
    """
    for process in range(table.processes):
        able = np.flatnonzero(table.process == process)
        mine = np.flatnonzero(rows.process == process)
        block = max(1, PAIRS_PER_BLOCK // max(1, len(able)))
        for start in range(0, len(mine), block):
            yield mine[start : start + block], able


class _Rows:
    """The operations of all orders as columns."""

    def __init__(self, problem: Problem) -> None:
        known = {name: at for at, name in enumerate(_processes(problem))}
        pairs = [(at, op) for at, order in enumerate(problem.orders) for op in order.operations]
        lengths = [len(order.operations) for order in problem.orders]
        self.steps = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        self.order = np.array([at for at, _ in pairs], np.int64)
        self.process = np.array([known.get(op.process, -1) for _, op in pairs], np.int64)
        self.tolerance = np.array([op.tolerance_it for _, op in pairs], np.int64)


class _Table:
    """The offers as columns, and the orders' needs where the rules look them up."""

    def __init__(self, problem: Problem, rows: _Rows) -> None:
        offers, orders = problem.offers, problem.orders
        processes = _processes(problem)
        known = {name: at for at, name in enumerate(processes)}
        self.processes = len(processes)
        self._offers, self._orders, self._rows = offers, orders, rows
        self.process = np.array([known[offer.process] for offer in offers], np.int64)
        self._size = np.array([offer.size_class for offer in offers], np.int64)
        self._tolerance = np.array([offer.tolerance_it for offer in offers], np.int64)
        self._min_lot = np.array([offer.min_lot for offer in offers], np.int64)
        self._order_size = np.array([order.size_class for order in orders], np.int64)
        self._quantity = np.array([order.quantity for order in orders], np.int64)
        self._material, self._works = _materials(problem)
        self._set_of, self._certified = _certificates(problem)
        self._enterprises: dict[str, list[int]] = {}
        for at, offer in enumerate(offers):
            self._enterprises.setdefault(offer.enterprise_id, []).append(at)
        position = {offer.offer_id: at for at, offer in enumerate(offers)}
        self._positions = position
        self.limits = OrderLimits(problem)
        self._quoted: dict[tuple[str, int], list[int]] = {}
        for one in problem.quotations:
            self._quoted.setdefault((one.order_id, one.step), []).append(position[one.offer_id])

    def rules(self, rows: Ints, able: Ints, keep: Flags) -> Iterator[Flags]:
        """Apply the rules to `keep` (rows × able) in their order; yield it after each."""
        order = self._rows.order[rows]
        yield keep  # the process: `able` has no other
        keep &= self._size[able] >= self._order_size[order][:, None]
        yield keep
        keep &= self._tolerance[able] <= self._rows.tolerance[rows][:, None]
        yield keep
        keep &= self._works[self._material[order]][:, able]
        yield keep
        keep &= self._certified[self._set_of[order]][:, able]
        yield keep
        at = np.full(len(self._offers), -1, np.int64)
        at[able] = np.arange(len(able))
        self._exclude(order, at, keep)
        yield keep
        self._require_approval(order, at, keep)
        yield keep
        self._ban(order, at, keep)
        yield keep
        self._pin(rows, at, keep)
        yield keep
        self._require_quotations(rows, able, keep)
        yield keep
        keep &= self._min_lot[able] <= self._quantity[order][:, None]
        yield keep

    def _exclude(self, order: Ints, at: Ints, keep: Flags) -> None:
        for row, index in enumerate(order.tolist()):
            for name in self._orders[index].excluded_enterprises:
                keep[row, _places(at, self._enterprises.get(name, []))] = False

    def _require_approval(self, order: Ints, at: Ints, keep: Flags) -> None:
        if not self.limits.approved:
            return
        for row, index in enumerate(order.tolist()):
            names = self.limits.approved.get(self._orders[index].order_id)
            if names is not None:
                offers = [one for name in names for one in self._enterprises.get(name, ())]
                left = np.zeros(keep.shape[1], np.bool_)
                left[_places(at, offers)] = True
                keep[row] &= left

    def _ban(self, order: Ints, at: Ints, keep: Flags) -> None:
        limits = self.limits
        if not limits.banned and not limits.shunned:
            return
        for row, index in enumerate(order.tolist()):
            order_id = self._orders[index].order_id
            offers = [self._positions[name] for name in limits.banned.get(order_id, ())]
            for name in limits.shunned.get(order_id, ()):
                offers += self._enterprises.get(name, [])
            if offers:
                keep[row, _places(at, offers)] = False

    def _pin(self, rows: Ints, at: Ints, keep: Flags) -> None:
        if not self.limits.pins:
            return
        for row, (index, order) in enumerate(
            zip(rows.tolist(), self._rows.order[rows].tolist(), strict=True)
        ):
            step = index - int(self._rows.steps[order]) + 1
            for name in self.limits.pins.get((self._orders[order].order_id, step), ()):
                left = np.zeros(keep.shape[1], np.bool_)
                left[_places(at, [self._positions[name]])] = True
                keep[row] &= left

    def _require_quotations(self, rows: Ints, able: Ints, keep: Flags) -> None:
        for row, (index, at) in enumerate(
            zip(rows.tolist(), self._rows.order[rows].tolist(), strict=True)
        ):
            order = self._orders[at]
            if order.quoted_only:
                step = index - int(self._rows.steps[at]) + 1
                quoted = self._quoted.get((order.order_id, step), [])
                keep[row] &= np.isin(able, quoted)


def _places(at: Ints, offers: list[int]) -> Ints:
    """Return the columns of offers, without those that have none."""
    places: Ints = at[offers] if offers else np.empty(0, np.int64)
    return places[places >= 0]


def _processes(problem: Problem) -> list[str]:
    return sorted({offer.process for offer in problem.offers})


def _materials(problem: Problem) -> tuple[Ints, Flags]:
    """Return the material of each order, and materials × offers: who works it."""
    names = sorted({order.material for order in problem.orders})
    known = {name: at for at, name in enumerate(names)}
    works = np.zeros((len(names), len(problem.offers)), np.bool_)
    for at, offer in enumerate(problem.offers):
        works[[known[name] for name in offer.materials if name in known], at] = True
    return np.array([known[order.material] for order in problem.orders], np.int64), works


def _certificates(problem: Problem) -> tuple[Ints, Flags]:
    """Return the set of certificates of each order, and sets × offers: who holds them all."""
    sets = {held: at for at, held in enumerate({order.certificates for order in problem.orders})}
    holds: dict[frozenset[str], list[int]] = {}
    for at, offer in enumerate(problem.offers):
        holds.setdefault(offer.certificates, []).append(at)
    certified = np.zeros((len(sets), len(problem.offers)), np.bool_)
    for needed, row in sets.items():
        for held, offers in holds.items():
            certified[row, offers] = needed <= held
    return np.array([sets[order.certificates] for order in problem.orders], np.int64), certified


def refusal(problem: Problem, eligibility: Eligibility, at: int) -> Reason | None:
    """Return why order number `at` has no eligible offer for an operation; None when it has.

    The first operation without an offer gives the code; the others are named in `also`.
    """
    order, first = problem.orders[at], int(eligibility.steps[at])
    counts = eligibility.counts[first : int(eligibility.steps[at + 1])]
    failing = [step for step, row in enumerate(counts, 1) if not row[-1]]
    if not failing:
        return None
    step = failing[0]
    row = counts[step - 1].tolist()
    rule = _emptied_by(row)
    names = ("all", *RULES)
    limits = eligibility.limits
    hidden = set(KINDS) - limits.kinds(order.order_id)
    shown = [at for at in range(names.index(rule) + 1) if names[at] not in hidden]
    params: dict[str, Param] = {
        "step": step,
        "process": order.operations[step - 1].process,
        "left": row[names.index(rule) - 1],
        "funnel": tuple(f"{names[number]} {row[number]}" for number in shown),
        "also": tuple(f"{s} {_emptied_by(counts[s - 1].tolist())}" for s in failing[1:]),
        "known": Known.FILTER.value,
    }
    left = list(_left_before(problem, order, step, rule, limits))
    if rule in KINDS:
        params |= _limit_detail(left, order, step, rule, limits)
    elif rule in _DETAILS:
        params |= _DETAILS[rule](left, order, order.operations[step - 1])
    return Reason(code=CODES[rule], params=params)


def _emptied_by(row: list[int]) -> str:
    return RULES[row[1:].index(0)]


def _size_detail(left: list[Offer], order: Order, _operation: Operation) -> dict[str, Param]:
    largest = max(offer.size_class for offer in left)
    return {"required_size": order.size_class, "largest_size": largest}


def _tolerance_detail(left: list[Offer], _order: Order, operation: Operation) -> dict[str, Param]:
    finest = min(offer.tolerance_it for offer in left)
    return {"required_it": operation.tolerance_it, "finest_it": finest}


def _material_detail(left: list[Offer], order: Order, _operation: Operation) -> dict[str, Param]:
    works = Counter(name for offer in left for name in offer.materials)
    common = sorted(works, key=lambda name: (-works[name], name))[:LISTED_MAX]
    return {"material": order.material, "offered": tuple(common)}


def _certificate_detail(left: list[Offer], order: Order, _operation: Operation) -> dict[str, Param]:
    lacking = [(sorted(order.certificates - offer.certificates), offer) for offer in left]
    missing, nearest = min(lacking, key=lambda pair: (len(pair[0]), pair[1].offer_id))
    required = tuple(sorted(order.certificates))
    return {"required": required, "missing": tuple(missing), "nearest": nearest.offer_id}


def _exclusion_detail(left: list[Offer], _order: Order, _operation: Operation) -> dict[str, Param]:
    return {"enterprises": tuple(sorted({offer.enterprise_id for offer in left}))}


def _quotation_detail(left: list[Offer], _order: Order, _operation: Operation) -> dict[str, Param]:
    return {"nearest": _cheapest(left).offer_id}


def _minimum_lot_detail(left: list[Offer], order: Order, _operation: Operation) -> dict[str, Param]:
    smallest = min(left, key=lambda offer: (offer.min_lot, offer.offer_id))
    return {
        "quantity": order.quantity,
        "minimum_lot": smallest.min_lot,
        "nearest": smallest.offer_id,
    }


# What a rule asked for and the nearest that was offered; a process that nobody has needs no more.
_DETAILS: dict[str, Callable[[list[Offer], Order, Operation], dict[str, Param]]] = {
    "size": _size_detail,
    "tolerance": _tolerance_detail,
    "material": _material_detail,
    "certificate": _certificate_detail,
    "exclusion": _exclusion_detail,
    "quotation": _quotation_detail,
    "minimum_lot": _minimum_lot_detail,
}


def _cheapest(left: list[Offer]) -> Offer:
    return min(left, key=lambda offer: (offer.rate_fen_per_hour, offer.offer_id))


def _limit_detail(
    left: list[Offer], order: Order, step: int, rule: str, limits: OrderLimits
) -> dict[str, Param]:
    """Return what a pin, a ban or an approval asked for, and what it left out."""
    if rule == "approval":
        able = sorted({offer.enterprise_id for offer in left})[:LISTED_MAX]
        approved = tuple(sorted(limits.approved[order.order_id]))
        return {"approved": approved, "enterprises": tuple(able)}
    if rule == "ban":
        return {"offers": tuple(sorted(offer.offer_id for offer in left)[:LISTED_MAX])}
    return {"pinned": limits.pins[order.order_id, step], "nearest": _cheapest(left).offer_id}


def _left_before(
    problem: Problem, order: Order, step: int, rule: str, limits: OrderLimits
) -> Iterator[Offer]:
    """Yield the offers that pass every rule before the given one."""
    operation, before = order.operations[step - 1], RULES[: RULES.index(rule)]
    quoted = {
        one.offer_id
        for one in problem.quotations
        if one.order_id == order.order_id and one.step == step
    }
    for offer in problem.offers:
        if before and offer.process != operation.process:
            continue  # by far the most frequent outcome, so it is looked at first
        limited = limits.passed(order.order_id, step, offer)
        quotes = offer.offer_id in quoted
        passed = _passed(order, operation, offer, limited, quoted=quotes)
        if all(passes for _, passes in zip(before, passed, strict=False)):
            yield offer


def _passed(
    order: Order, operation: Operation, offer: Offer, limited: Iterable[bool], *, quoted: bool
) -> Iterator[bool]:
    """Yield whether an offer passes each rule, in the order of `RULES`."""
    yield offer.process == operation.process
    yield offer.size_class >= order.size_class
    yield offer.tolerance_it <= operation.tolerance_it
    yield order.material in offer.materials
    yield order.certificates <= offer.certificates
    yield offer.enterprise_id not in order.excluded_enterprises
    yield from limited
    yield quoted or not order.quoted_only
    yield offer.min_lot <= order.quantity
