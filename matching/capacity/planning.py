"""The optimiser: greedy plans, prices, and the search; each stage a method of one engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from matching.capacity.assignment import (
    Streams,
    Ways,
    as_plan,
    choose,
    find_ways,
    greedy_choice,
    is_assignment,
    price_ways,
)
from matching.capacity.balancing import (
    LARGE_ORDERS_MIN,
    RESUMED,
    SMALL_ORDERS_MAX,
    Polish,
    Schedule,
    balance,
    polishing,
    searching,
)
from matching.capacity.booking import as_copy, as_lines
from matching.capacity.bounds import Bounder, full_effort
from matching.capacity.candidates import Candidates
from matching.capacity.chains import Chains, copied
from matching.capacity.check import check
from matching.capacity.clock import Clock
from matching.capacity.columns import (
    KEEP,
    MUST,
    VALUE,
    Columns,
    Floats,
    Ints,
    build_columns,
    work_minutes,
)
from matching.capacity.kernels.book import Book, Copy, make_book
from matching.capacity.kernels.library import Shared
from matching.capacity.kernels.search import (
    MANY,
    THOROUGH,
    THOROUGH_ORDERS_MAX,
    Searcher,
    make_state,
    search_effort,
    take_over,
)
from matching.capacity.plan import Ceiling, PlanLine, Price
from matching.capacity.pricing import (
    Shard,
    bound_batches,
    in_millifen,
    search_batches,
    start_table,
)
from matching.capacity.problem import Problem
from matching.capacity.rules import Rules
from matching.capacity.sifting import Market, sift_prices
from matching.capacity.single_orders import Single, as_given, solve_singles, worth_looking

GREEDY_AGAIN = 8  # times that the baseline of a small problem is tried

Worth = Mapping[str, int]

FIRST_CHOICE = 0.8  # of the time for an assignment problem: ejection chains, then SCIP
CLOSER_SHARE, CLOSER_SECONDS = 0.08, 2.0  # of the time: for single orders, solved exactly; each
NO_CEILING = np.iinfo(np.int64).max
MILLI = 1000
MUST_WORTH = 4.0  # times the greatest value: what serving an order that must be served adds
HOPEFUL = 0.8  # orders that would not pay even so much of the prices are left out of the polish
GREEDY_CHUNK = 2000  # orders between two looks at whether the run is cancelled
WARM, COLD = 0.10, 0.003  # temperatures, in parts of the mean profit of an order


class Engine:
    """Everything that one run of the optimiser holds; the stages are called in order."""

    def __init__(self, problem: Problem, clock: Clock, start: Iterable[Price] = ()) -> None:
        self.problem = problem
        self.clock = clock
        self.columns: Columns = build_columns(problem)
        self.bounder = Bounder(problem, self.columns)
        self._effort = search_effort(len(problem.orders))
        self._is_large = len(problem.orders) >= LARGE_ORDERS_MIN
        self._raise_fen = MUST_WORTH * float(self.columns.money[:, VALUE].max(initial=1.0))
        self._keep_fen = float(self.columns.money[:, KEEP].sum())
        self._allowed: Ints | None = None
        self._given = self._given_plan()
        simple = is_assignment(self.columns) and not problem.rules
        self._ways = find_ways(self.columns) if simple else None
        self.no_prices: Floats = np.zeros(self.columns.idle.shape)
        self._start = start_table(problem, self.columns, start)
        self.prices: Floats = self.no_prices
        self.millifen: Ints = np.zeros(self.columns.idle.shape, np.int64)
        # the plans of one thread beside the prices and the bound: they share nothing, and are slow
        self.overlaps = len(problem.orders) > THOROUGH_ORDERS_MAX and self._ways is None
        self.bound_fen = 0
        self.certified_fen = 0  # the bound that the prices prove without ceilings
        self.ceilings: dict[int, int] = {}  # orders with one that the bound needs, thousandths
        self._ceilings: Ints = np.full(len(self.columns.orders), NO_CEILING)  # parts of a fen
        self.alone: Floats = np.zeros(len(self.columns.orders))  # profit on all capacity
        self.wanted: Ints = np.zeros(0, np.int64)
        self.greedy_fen = 0.0
        self._candidates: Candidates | None = None  # of very many orders: for the plans
        self.lead(self.columns)
        self.book: Shared[Book] = self._empty_book()

    def lead(self, columns: Columns) -> None:
        """Search with the costs of these columns from here on; the plan is not touched.

        Orders that must be served are worth so much more that no move gives one up for others.
        """
        money = columns.money.copy()
        money[:, VALUE] += self._raise_fen * columns.orders[:, MUST]
        self._search_in(Shared(columns._replace(money=money)))

    def _search_in(self, columns: Shared[Columns]) -> None:
        """Search these columns; plans made in others count their entries otherwise."""
        self._shared = columns
        seed = self.clock.limits.seed
        self._searcher = Searcher(self._shared, make_state(seed, 0))
        self._planner = Searcher(self._shared, make_state(seed, 1))  # may work beside the other

    def _given_plan(self) -> Copy | None:
        """Return the plan that is to be kept, each order worth the penalty more."""
        rules = self.problem.rules
        if rules.keep is None:
            return None
        report = check(
            replace(self.problem, rules=Rules(local_first=rules.local_first)), rules.given
        )
        known = tuple(line for line in rules.given if line.order_id in report.costs)
        worth = {
            name: cost.profit_fen + cost.bonus_fen + rules.keep.penalty_fen
            for name, cost in report.costs.items()
        }
        return as_copy(self.problem, self.columns, known, worth)

    def _empty_book(self) -> Shared[Book]:
        return Shared(make_book(self.columns, allowed=self._allowed, given=self._given))

    def _objective(self, plan: Book | Copy) -> float:
        """Return the objective of a plan: without what only leads the search."""
        musts = float((self.columns.orders[:, MUST] * (plan.lots > 0)).sum())
        return float(plan.profit.sum()) - self._raise_fen * musts - self._keep_fen

    def screen(self) -> None:
        """Find the orders that can be worth it at all, alone on all capacity."""
        able, searchers = self.bounder.able, (self._searcher, self._planner)

        def look(lane: int) -> None:
            mine = np.ascontiguousarray(able[lane :: len(searchers)])
            nothing = np.zeros(self.columns.idle.shape, np.int64)
            searchers[lane].demand_at(
                mine, self.no_prices, self._effort, use=nothing, earned=self.alone
            )

        self.beside(lambda: look(0), lambda: look(1))
        self.wanted = np.flatnonzero(self.alone > 0).astype(np.int64)

    def beside(self, *parts: Callable[[], None]) -> None:
        """Do parts that share nothing side by side; the caller's thread does the first."""
        if self.clock.limits.workers < 2:
            for part in parts:
                part()
            return
        with ThreadPoolExecutor(len(parts)) as pool:
            others = [pool.submit(part) for part in parts[1:]]
            parts[0]()
            for other in others:
                other.result()

    def greedy(self) -> None:
        """Make the baseline: the best of by value, by value per minute and by profit alone.

        Each order is made at its best on the rest, in lots that are drawn at random in part; a
        small problem is tried several times, a very large one by value per minute alone. Where a
        plan is to be kept, what still fits of it comes first, and it is no baseline.
        """
        value = self._shared.values.money[:, VALUE]
        density = value / np.maximum(1, work_minutes(self.columns))
        keys: tuple[Floats, ...] = (value, density, self.alone)
        again = GREEDY_AGAIN if len(self.problem.orders) <= SMALL_ORDERS_MAX else 1
        if self._is_large:
            keys = (density,)
        for key in keys * again:
            book = self._empty_book()
            if self._given is not None and self.problem.rules.keep is not None:
                given = np.flatnonzero(self._given.lots).astype(np.int64)
                take_over(self._shared, book, Shared(self._given), given)
            self._insert(book, self.wanted, key, self.no_prices, theta=0.0, effort=self._effort)
            profit = self._objective(book.values)
            if not self.book.values.lots.any() or profit > self.greedy_fen:
                self.greedy_fen, self.book = profit, book
            if self.clock.stopped():
                break
        self._greedy = copied(self.book.values.copy)

    def greedy_lines(self) -> tuple[PlanLine, ...]:
        """Return the baseline as values, sorted."""
        return as_lines(self.problem, self.columns, self._greedy)

    def _insert(
        self,
        book: Shared[Book],
        orders: Ints,
        key: Floats,
        prices: Floats,
        *,
        theta: float,
        effort: int,
    ) -> None:
        """Insert orders by decreasing key."""
        sequence = orders[np.argsort(-key[orders], kind="stable")]
        for at in range(0, len(sequence), GREEDY_CHUNK):
            if at and self.clock.stopped():
                return
            some = np.ascontiguousarray(sequence[at : at + GREEDY_CHUNK])
            self._planner.insert_all(book, some, prices, theta=theta, effort=effort)

    def tell_incumbent(self, plan: Copy | None = None) -> None:
        """Tell the caller what a plan is worth; default: the one in the book."""
        profit = int(self._objective(self.book.values if plan is None else plan))
        self.clock.incumbent_fen = max(self.clock.incumbent_fen or 0, profit)
        self.clock.tell()

    def _usual(self) -> float:
        """Return what a minute of work earns on the mean, fen."""
        raised = self._raise_fen * self.columns.orders[:, MUST]
        earned = np.maximum(0.0, self.alone - raised)[self.wanted].sum()
        return float(earned / work_minutes(self.columns)[self.wanted].sum())

    def price(self) -> None:
        """Find prices of capacity at which the wishes of all orders nearly fit.

        First with the wishes that the search finds, then with those of the relaxation that proves
        the bound, which few orders can afford at nearly the effort of the proof; the prices that
        prove most are kept, and the search goes on with the first.
        """
        if not len(self.wanted):
            return
        if self._ways is not None:
            self.prices = price_ways(self.columns, self._ways)
            self.millifen = in_millifen(self.prices)
            return
        if self._is_large:
            self._sift()
            return
        number, limits = len(self.problem.orders), self.clock.limits
        schedule = RESUMED if self._start.any() else searching(number)
        batches = search_batches(self._shared, self.wanted, seed=limits.seed)
        self.prices = self._balance(batches, self._start, schedule)
        self.millifen = in_millifen(self.prices)
        self._polish(polishing(number))

    def _sift(self) -> None:
        market = Market(
            problem=self.problem,
            columns=self._shared,
            wanted=self.wanted,
            bounder=self.bounder,
            usual=self._usual(),
            may_narrow=self._given is None,  # a plan that is to be kept may use any offer
        )
        found = sift_prices(market, self._start, self.clock)
        self.prices, self.millifen, self._candidates = found

    def _polish(self, stages: Sequence[Polish]) -> None:
        """Move the prices on with the wishes of the relaxation; keep those that prove most."""
        first, last = stages[0].effort, stages[-1].effort
        bounded = self.bounder.earned(self.millifen, first)
        self._look_closer(bounded)
        hopeful = self.bounder.earned(in_millifen(self.prices * HOPEFUL), first)
        paying = np.flatnonzero(self._capped(hopeful) > 0).astype(np.int64)
        if last != first:
            bounded = self.bounder.earned(self.millifen, last)
        best_fen, prices = self._bound_fen(self.millifen, bounded), self.prices
        for stage in stages:
            if self.clock.stopped() or not len(paying):
                return
            shards = bound_batches(self.bounder, paying, stage.effort, seed=self.clock.limits.seed)
            prices = self._balance(shards, prices, stage.schedule)
            millifen = in_millifen(prices)
            bound_fen = self._bound_fen(millifen, self.bounder.earned(millifen, last))
            if bound_fen < best_fen:
                best_fen, self.millifen = bound_fen, millifen

    def _capped(self, earned: Ints) -> Ints:
        """Return what orders can earn at most, with the ceilings that hold at any prices."""
        return np.minimum(earned, self._ceilings)

    def _bound_fen(self, millifen: Ints, earned: Ints) -> int:
        return self.bounder.bound_fen(millifen, self._capped(earned))

    def _balance(
        self, batches: Sequence[Sequence[Shard]], start: Floats, schedule: Schedule
    ) -> Floats:
        """Return mean prices after a share of the time."""
        idle, usual = self.columns.idle, self._usual()
        return balance(idle, batches, start, schedule, self.clock, usual=usual).prices

    def prove(self) -> None:
        """Set the upper bound: what the prices prove, less what single orders cannot earn.

        `certified_fen` is the part that needs no solver's word: what `check_bound` computes from
        the prices alone. With the `ceilings` it computes the bound that is returned.
        """
        earned = self.bounder.earned(self.millifen, full_effort(len(self.problem.orders)))
        self.certified_fen = self.bounder.bound_fen(self.millifen, earned)
        parts = self.bounder.charges.scale // MILLI
        capped = self._capped(earned)
        for single in self._singles(capped, self.millifen):
            capped[single.order] = min(capped[single.order], single.ceiling_millifen * parts)
        lower = np.flatnonzero(capped < earned)
        self.ceilings = {int(at): int(capped[at]) // parts for at in lower}
        self.bound_fen = self.bounder.bound_fen(self.millifen, capped)

    def named_ceilings(self) -> tuple[Ceiling, ...]:
        """Return the ceilings that the bound needs as values, sorted."""
        names = [order.order_id for order in self.problem.orders]
        return tuple(
            sorted(Ceiling(order_id=names[at], millifen=most) for at, most in self.ceilings.items())
        )

    def _look_closer(self, earned: Ints) -> None:
        """Solve the orders alone, exactly, that could earn much more than the search finds.

        Without prices, so that the ceilings hold at any prices and the plans serve the search.
        """
        parts = self.bounder.charges.scale // MILLI
        singles = self._singles(earned, self.millifen, free=True)
        for single in singles:
            self._ceilings[single.order] = single.ceiling_millifen * parts
        if any(single.lines for single in singles):
            self._given = as_given(self.problem, self.columns, singles)
            self.alone = np.maximum(self.alone, self._given.profit)
            self.wanted = np.flatnonzero(self.alone > 0).astype(np.int64)
            self._renew_book(Shared(self.book.values.copy))

    def _singles(self, earned: Ints, millifen: Ints, *, free: bool = False) -> list[Single]:
        """Return the orders that are overrated most at the prices, solved alone."""
        seconds = self.clock.limits.seconds
        small = len(self.problem.orders) <= THOROUGH_ORDERS_MAX and self._ways is None
        if seconds is None or not small or self.problem.rules:
            return []
        found = np.zeros(len(self.columns.orders))
        self._searcher.demand_at(
            self.bounder.able,
            millifen / 1000,
            THOROUGH,
            use=np.zeros(self.columns.idle.shape, np.int64),
            earned=found,
        )
        bound_fen = float(self.bounder.bound_fen(millifen, earned))
        missed = worth_looking(earned / self.bounder.charges.scale, found, bound_fen)
        until = self.clock.share_of_seconds() + CLOSER_SHARE

        def left() -> float:
            if self.clock.stopped():
                return 0.0
            return min(CLOSER_SECONDS, (until - self.clock.share_of_seconds()) * seconds)

        return solve_singles(
            self.problem,
            missed.tolist(),
            np.zeros_like(millifen) if free else millifen,
            seconds=left,
            seed=self.clock.limits.seed,
            workers=self.clock.limits.workers,
        )

    def construct(self) -> None:
        """Make a plan under the prices; keep it when it beats the greedy one."""
        if self.problem.rules.keep is not None:
            return
        every = self._shared
        if self._candidates is not None:
            self._search_in(self._candidates.columns)
        reduced = np.zeros(len(self.columns.orders))
        use = np.zeros(self.columns.idle.shape, np.int64)
        self._planner.demand_at(self.wanted, self.prices, self._effort, use=use, earned=reduced)
        book = self._empty_book()
        paying = np.flatnonzero(reduced > 0).astype(np.int64)
        effort = max(MANY, self._effort)
        self._insert(book, paying, reduced, self.prices, theta=1.0, effort=effort)
        self._insert(book, self.wanted, self.alone, self.prices, theta=1.0, effort=effort)
        if book.values.profit.sum() > self.book.values.profit.sum():
            self.book = book
        elif self._candidates is not None:
            self._candidates = None
            self._search_in(every)

    def search(self, until: float = 1.0) -> None:
        """Improve the plan until a share of the limit is spent."""
        clock = self.clock
        if not len(self.wanted):
            return
        if self._ways is not None:
            if len(self._ways.order):
                self._assign(self._ways)
            return
        chains = Chains(
            self._shared,
            self.book,
            self.wanted,
            self.prices,
            seed=clock.limits.seed,
            workers=clock.limits.workers,
        )
        served = max(1, int(np.count_nonzero(self.book.values.lots)))
        mean = max(1.0, self._objective(self.book.values) / served)
        start = clock.share_spent()
        while not clock.stopped() and (share := clock.share_spent()) < until:
            along = (share - start) / (until - start)
            heat = mean * WARM * (COLD / WARM) ** along
            clock.work += chains.round(heat, along, moves_max=clock.work_left())
            self.tell_incumbent(chains.best)
        self.book = chains.close()
        self.tell_incumbent()

    def _assign(self, ways: Ways) -> None:
        """Make the plan of a problem of one week whose orders have one operation and lot."""
        limits, idle = self.clock.limits, self.columns.idle[:, 0]
        hint = greedy_choice(ways, self.prices, idle)
        streams = Streams(
            ways, self.prices, idle, hint=hint, seed=limits.seed, workers=limits.workers
        )
        while not self.clock.stopped() and self.clock.share_spent() < 1.0:
            self.clock.work += streams.round(self.clock.work_left())
            self.clock.incumbent_fen = int(streams.profit)
            self.clock.tell()
            if self.clock.share_of_seconds() >= FIRST_CHOICE:
                break
        streams.close()
        chosen = streams.best
        if not self.clock.stopped():
            chosen = choose(
                ways,
                self.prices,
                idle,
                hint=chosen,
                seconds=self.clock.seconds_left(),
                seed=limits.seed,
                stopped=self.clock.stopped,
            )
        plan = as_plan(self.columns, ways, chosen)
        book = self._empty_book()
        take_over(self._shared, book, Shared(plan), ways.order[chosen])
        if book.values.profit.sum() > self.book.values.profit.sum():
            self.book = book
        self.tell_incumbent()

    def restart(
        self, columns: Columns, allowed: Ints | None, lines: Iterable[PlanLine], worth: Worth
    ) -> None:
        """Go on from a plan under other costs and other limits of enterprises.

        Parameters
        ----------
        worth
            What each order of the plan is worth under the new costs, in fen.
        """
        self.lead(columns)
        self._allowed = allowed
        musts = self.problem.rules.must_serve
        raised = {name: fen + int(self._raise_fen) * (name in musts) for name, fen in worth.items()}
        plan = as_copy(self.problem, self.columns, lines, raised)
        self._renew_book(Shared(plan))

    def _renew_book(self, plan: Shared[Copy]) -> None:
        """Hold a plan in a book with the limits and the given plan of now."""
        book = self._empty_book()
        served = np.flatnonzero(plan.values.lots).astype(np.int64)
        take_over(self._shared, book, plan, served)
        self.book = book

    def finish(self) -> None:
        """Put in what still fits, on any offer."""
        if self._candidates is not None:
            plan, self._candidates = self._candidates.widened(self.book.values.copy), None
            self.lead(self.columns)
            self._renew_book(Shared(plan))
        refused = self.wanted[self.book.values.lots[self.wanted] == 0]
        self._insert(self.book, refused, self.alone, self.no_prices, theta=0.0, effort=self._effort)
        self.tell_incumbent()

    def lines(self) -> tuple[PlanLine, ...]:
        """Return the plan as values, sorted."""
        return as_lines(self.problem, self._shared.values, self.book.values.copy)
