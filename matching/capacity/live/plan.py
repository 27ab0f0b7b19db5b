"""A plan that is in force while orders arrive and machines fail.

It holds what the kernels need to answer in well under a millisecond: the columns of the problem
with room for more orders, the book of who uses which minutes, the prices of capacity, and for every
order the exact profit that `check` found. What is planned changes only through `apply`, which
re-checks every order that changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from matching.capacity.booking import Lots, lines_of, lots_in, read_lots, write_lots
from matching.capacity.certificate import price_table
from matching.capacity.check import OrderCost, check
from matching.capacity.columns import Floats, Ints
from matching.capacity.kernels.book import Book, Copy, make_book, make_copy
from matching.capacity.kernels.library import Shared
from matching.capacity.kernels.search import Searcher, State, make_state
from matching.capacity.kernels.workspace import SLOT_START
from matching.capacity.live.catalogue import Catalogue
from matching.capacity.live.columns import GrowingColumns
from matching.capacity.live.exact import Judge
from matching.capacity.live.slots import count_minutes, link_slots, used_slots
from matching.capacity.live.versions import Digests, Version
from matching.capacity.plan import PlanLine, Price
from matching.capacity.problem import Order, Problem, Quotation
from matching.capacity.rules import Rules, by_order, frozen_orders

SEED = 1
WHOLE_PLAN_RULES = ("enterprise_share", "sme_minimum", "carbon_cap")


class LivePlan:
    """A plan in force: what is served, what is free, and what a minute is worth.

    One thread at a time may use it. Quotes leave it as it is; `arrivals` and `replanning` change
    it, and every change is a new version.

    Attributes
    ----------
    problem
        The problem as it was loaded; what came since is in `orders`, `reduced` and `quotations`.
    orders
        All orders, those that arrived last at the end.
    prices
        Offers × weeks, fen per minute.
    """

    def __init__(
        self, problem: Problem, lines: Iterable[PlanLine], prices: Iterable[Price]
    ) -> None:
        _refuse_rules(problem.rules)
        made = by_order(lines)
        report = check(problem, [line for mine in made.values() for line in mine])
        if not report.valid:
            first = report.violations[0]
            raise ValueError(
                f"the plan breaks {len(report.violations)} rules of its problem, the first at "
                f"{first.where}: {first.code} ({first.detail}); load a plan that `check` accepts"
            )
        self.problem = problem
        self.orders: list[Order] = list(problem.orders)
        self.index = {order.order_id: at for at, order in enumerate(problem.orders)}
        self.offer_ids = [offer.offer_id for offer in problem.offers]
        self.quotations: dict[str, tuple[Quotation, ...]] = {}
        for one in problem.quotations:
            mine = self.quotations.get(one.order_id, ())
            self.quotations[one.order_id] = (*mine, one)
        self.catalogue, self.judge = Catalogue(problem), Judge(problem)
        self.worth: dict[str, int] = {
            name: cost.profit_fen + cost.bonus_fen for name, cost in report.costs.items()
        }
        self.reduced: set[int] = set()  # offers with fewer idle minutes than the problem says
        self._searchers: dict[str, tuple[Searcher, State]] = {}
        self._searchers_for, self._widest = 0, (0, 0)
        self.held: dict[tuple[int, int], dict[int, int]] = {}  # (offer, week) → order → minutes
        self._load(made)
        self.millifen: Ints = price_table(problem, self.columns.values, prices)
        self.prices: Floats = self.millifen / 1000
        self.no_prices: Floats = np.zeros(self.prices.shape)
        self.fixed = self._decided(problem.rules)
        self.frozen_weeks, self._linked = 0, False
        self.freeze(problem.rules.frozen.weeks if problem.rules.frozen else 0)
        self._digests = Digests(problem)
        for name, mine_lines in made.items():
            self._digests.put_lines(name, mine_lines)
        self.version = Version(
            number=1,
            snapshot_digest=self._digests.snapshot(),
            plan_digest=self._digests.plan(),
            replaces=None,
        )

    @classmethod
    def from_result(
        cls, problem: Problem, plan_lines: Iterable[PlanLine], prices: Iterable[Price]
    ) -> LivePlan:
        """Return a live plan that is exactly the plan given.

        Parameters
        ----------
        prices
            Those of the plan's bound; offer-weeks that are not listed have price 0.

        Raises
        ------
        ValueError
            When the plan breaks a rule, or the problem has a rule about the whole plan.

        Notes
        -----
        About three seconds for 10,000 orders × 2,000 offers, most of it the exact check.
        """
        return cls(problem, plan_lines, prices)

    def _load(self, made: Mapping[str, Sequence[PlanLine]]) -> None:
        """Fill the book with a valid plan."""
        most = max((line.lot for mine in made.values() for line in mine), default=1)
        self.columns = GrowingColumns(self.problem, self.judge.ways, lots_max=most)
        self.book = self._new_book(None)
        for name, lines in made.items():
            order, lots = self.index[name], lots_in(lines, self.catalogue.positions)
            write_lots(self.columns.values, self.book.values.copy, order, lots)
            self.book.values.profit[order] = self.worth[name]
            self._hold(order, lots)
        for mine, now in zip(self.given, self.book.values.copy, strict=True):
            mine[...] = now
        count_minutes(self.columns.values, self.book.values)

    def _new_book(self, old: Book | None) -> Shared[Book]:
        """Return a book as large as the columns are now, with the plan of the old one."""
        c = self.columns.values
        c = c._replace(steps=np.maximum.accumulate(c.steps))  # the scratch order ends before others
        book = make_book(c, given=make_copy(c))
        owner = np.zeros(len(book.slots), np.int32)
        owner[: len(book.owner)] = book.owner
        book = book._replace(owner=owner)
        for name in Book._fields if old is not None else ():
            mine, before = getattr(book, name), getattr(old, name)
            mine[: len(before)] = before
        self._grown = self.columns.grown
        return Shared(book)

    def _decided(self, rules: Rules) -> NDArray[np.bool_]:
        """Return the orders that no change touches: agreed, frozen in the given plan, or due."""
        names = {one.order_id for one in rules.agreed} | set(frozen_orders(rules))
        fixed = np.zeros(len(self.book.values.lots), np.bool_)
        fixed[[self.index[name] for name in names | rules.must_serve]] = True
        return fixed

    def _hold(self, order: int, lots: Lots) -> None:
        """Note who holds which minutes."""
        for visit in (visit for lot in lots for visit in lot.visits):
            for week, spent in enumerate(visit.minutes, visit.start):
                held = self.held.setdefault((visit.offer, week), {})
                if spent:
                    held[order] = held.get(order, 0) + spent

    def _release(self, order: int, lots: Lots) -> None:
        """Note that an order no longer holds its minutes."""
        for visit in (visit for lot in lots for visit in lot.visits):
            for week in range(visit.start, visit.start + len(visit.minutes)):
                self.held[visit.offer, week].pop(order, None)

    @property
    def given(self) -> Copy:
        """The plan as it was before the change that is under way, as numbers."""
        book = self.book.values
        return Copy(book.given_lots, book.given_quantities, book.given_slots, book.given_profit)

    @property
    def objective_fen(self) -> int:
        """What the plan is worth, exactly: profits and bonuses."""
        return sum(self.worth.values())

    def freeze(self, weeks: int) -> None:
        """Let nothing change in the first weeks from now on; frozen weeks stay frozen.

        An order with minutes there stays entirely as it is, and no other minutes are planned there.
        """
        weeks = min(weeks, self.problem.settings.weeks)
        if weeks > self.frozen_weeks or not self._linked:
            self.frozen_weeks = weeks
            self.columns.freeze(weeks)
            slots = used_slots(self.columns.values, self.book.values)
            started = self.book.values.slots[slots, SLOT_START] < weeks
            self.fixed[self.book.values.owner[slots[started]]] = True
            self.relink()
            self._linked = True

    def relink(self) -> None:
        """List anew which slots of each offer may be moved."""
        link_slots(self.columns.values, self.book.values, self.fixed)

    def write(self, order: Order, quotations: Sequence[Quotation] = ()) -> tuple[Ints, ...]:
        """Write an order behind the others, as scratch; return the offers that fit each step.

        Raises
        ------
        ValueError
            When an order of this id is there already, or a quotation is not for this order.
        """
        if order.order_id in self.index:
            raise ValueError(
                f"order {order.order_id}: the plan has an order of this id; quote a new one"
            )
        placed = [(one, self._position(one, order)) for one in quotations]
        eligible = tuple(self.catalogue.eligible(order, quotations))
        self.columns.write(order, eligible, placed)
        if self.columns.grown != self._grown:
            self.book = self._new_book(self.book.values)
            self.fixed = np.concatenate(
                [self.fixed, np.zeros(len(self.book.values.lots) - len(self.fixed), np.bool_)]
            )
        return eligible

    def _position(self, one: Quotation, order: Order) -> int:
        where = f"quotation for order {one.order_id} step {one.step} offer {one.offer_id}"
        if one.order_id != order.order_id:
            raise ValueError(f"{where}: expected one for order {order.order_id}")
        if one.step > len(order.operations):
            raise ValueError(f"{where}: the order has {len(order.operations)} operations")
        if one.offer_id not in self.catalogue.positions:
            raise ValueError(f"{where}: unknown offer {one.offer_id}")
        return self.catalogue.positions[one.offer_id]

    def append(self, order: Order, quotations: Sequence[Quotation] = ()) -> int:
        """Make the order that was written one of the orders, refused as yet; return its number."""
        at, c = self.columns.keep(), self.columns.values
        first, end = int(c.steps[at]) * c.lots_max, int(c.steps[at + 1]) * c.lots_max
        self.book.values.owner[first:end] = at
        self.orders.append(order)
        self.index[order.order_id] = at
        if quotations:
            self.quotations[order.order_id] = tuple(quotations)
        self._digests.put_order(order)
        for one in quotations:
            self._digests.put_quotation(one)
        return at

    def note(
        self, order: int, lots: Lots, lines: Sequence[PlanLine], cost: OrderCost | None
    ) -> None:
        """Let it stand how the book serves an order now.

        Parameters
        ----------
        cost
            What `check` found; None: it is refused.
        """
        c, name, book, given = (
            self.columns.values,
            self.orders[order].order_id,
            self.book,
            self.given,
        )
        self._release(order, read_lots(c, given, order))
        self._hold(order, lots)
        self.worth.pop(name, None)
        if cost is not None:
            self.worth[name] = cost.profit_fen + cost.bonus_fen
        book.values.profit[order] = self.worth.get(name, 0)
        first, end = int(c.steps[order]) * c.lots_max, int(c.steps[order + 1]) * c.lots_max
        given.lots[order] = book.values.lots[order]
        given.quantities[order] = book.values.quantities[order]
        given.slots[first:end] = book.values.slots[first:end]
        given.profit[order] = book.values.profit[order]
        self._digests.put_lines(name, lines)

    def next_version(self) -> None:
        """Give the plan as it stands a version of its own."""
        book = self.book.values
        book.profit[:] = book.given_profit  # without penalties, and exact
        self.version = Version(
            number=self.version.number + 1,
            snapshot_digest=self._digests.snapshot(),
            plan_digest=self._digests.plan(),
            replaces=self.version.plan_digest,
        )

    def free_orders(self, orders: Iterable[int]) -> None:
        """Let orders be moved again that were fixed."""
        chosen = [at for at in orders if self.fixed[at]]
        if chosen:
            self.fixed[chosen] = False
            self.relink()

    def searcher(self, kind: str = "shared") -> Searcher:
        """Return a kernel for single orders: "shared", "no_carbon" or "local" columns.

        Its random numbers begin anew, so that the same question has the same answer.
        """
        c, at = self.columns.values, self.columns.orders
        steps = int(c.steps[at + 1] - c.steps[at])
        entries = int(c.rows[c.steps[at + 1]] - c.rows[c.steps[at]])
        if self._searchers_for != self._grown or not (
            steps <= self._widest[0] and entries <= self._widest[1]
        ):
            self._make_searchers()
        searcher, state = self._searchers[kind]
        state[:] = make_state(SEED, 0)
        return searcher

    def _make_searchers(self) -> None:
        c = self.columns.values
        orders = slice(0, self.columns.orders + 2)
        self._searchers = {}
        for kind in ("shared", "no_carbon", "local"):
            state = make_state(SEED, 0)
            self._searchers[kind] = Searcher(getattr(self.columns, kind), state), state
        steps, entries = np.diff(c.steps[orders]), np.diff(c.rows[c.steps[orders]])
        self._widest = int(steps.max(initial=0)), int(entries.max(initial=0))
        self._searchers_for = self._grown

    def lots(self, order: int) -> Lots:
        """Return how an order is served; no lots: not at all."""
        return read_lots(self.columns.values, self.book.values.copy, order)

    def lines(self) -> tuple[PlanLine, ...]:
        """Return the plan, sorted."""
        return tuple(
            sorted(
                line
                for at in np.flatnonzero(self.book.values.lots).tolist()
                for line in lines_of(self.orders[at].order_id, self.lots(at), self.offer_ids)
            )
        )

    def snapshot(self) -> Problem:
        """Return the problem as it is now: with the orders that arrived, and the minutes left."""
        idle = self.columns.values.idle
        offers = tuple(
            replace(offer, idle_minutes=tuple(idle[at].tolist())) if at in self.reduced else offer
            for at, offer in enumerate(self.problem.offers)
        )
        quotations = tuple(one for mine in self.quotations.values() for one in mine)
        return replace(
            self.problem, offers=offers, orders=tuple(self.orders), quotations=quotations
        )

    def reduce(self, offer: int, from_week: int, minutes: int) -> None:
        """Leave an offer at most so many idle minutes a week from a week on.

        Orders that use more are taken out of the book before.
        """
        idle = self.columns.values.idle
        lost = np.maximum(0, idle[offer, from_week:] - minutes)
        idle[offer, from_week:] -= lost
        self.book.values.free[offer, from_week:] -= lost
        self.reduced.add(offer)
        left = tuple(idle[offer].tolist())
        self._digests.put_offer(replace(self.problem.offers[offer], idle_minutes=left))


def _refuse_rules(rules: Rules) -> None:
    named = [name for name in WHOLE_PLAN_RULES if getattr(rules, name) is not None]
    if named:
        raise ValueError(
            f"a live plan cannot hold rules about the whole plan while single orders change, "
            f"got {', '.join(named)}; solve again instead"
        )
