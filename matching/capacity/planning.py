"""The optimiser: greedy plans, prices, and the search; each stage a method of one engine."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from matching.capacity.bounds import Bounder, Effort, full_effort
from matching.capacity.clock import Clock
from matching.capacity.columns import OFFER, VALUE, Columns, Floats, Ints, build_columns
from matching.capacity.kernels.book import (
    Book,
    copy_book,
    make_book,
    make_journal,
    overwrite_book,
)
from matching.capacity.kernels.construct import insert_all
from matching.capacity.kernels.improve import Search, improve, make_search
from matching.capacity.kernels.lots import NORMAL, THOROUGH
from matching.capacity.kernels.pricing import demand_at, plan_alone
from matching.capacity.kernels.rng import make_state
from matching.capacity.kernels.workspace import make_workspace
from matching.capacity.master import Master, plan_in_book, plan_in_workspace
from matching.capacity.plan import PlanLine
from matching.capacity.problem import Problem

MASTER_ORDERS_MAX = 1500  # more orders: prices by subgradient instead of a linear program
MASTER_ROUNDS = 40
SUBGRADIENT_ROUNDS = 60
PRICES_SHARE = 0.3  # of the seconds, at most
QUICK_EFFORT = Effort(steps=8, nodes=7, cells=16)
CHAINS = 2  # searches side by side; always as many, whatever the number of workers
SHARINGS = 6  # times that the chains share their best plan
CHUNK = 250  # moves between two looks at the limit
WARM, COLD = 0.10, 0.003  # temperatures, in parts of the mean profit of an order


class Engine:
    """Everything that one run of the optimiser holds; the stages are called in order."""

    def __init__(self, problem: Problem, clock: Clock) -> None:
        self.problem = problem
        self.clock = clock
        self.columns: Columns = build_columns(problem)
        self.workspace = make_workspace(self.columns)
        self.bounder = Bounder(problem, self.columns)
        self.no_prices: Floats = np.zeros(self.columns.idle.shape)
        self.prices: Floats = self.no_prices
        self.millifen: Ints = np.zeros(self.columns.idle.shape, np.int64)
        self.alone = np.zeros(len(self.columns.orders))  # profit of each order on all capacity
        self.most = np.zeros(len(self.columns.orders), np.int64)  # proven, without prices
        self.wanted: Ints = np.zeros(0, np.int64)
        self.greedy_fen = 0.0
        self.book: Book = make_book(self.columns)
        self._use = np.zeros(self.columns.idle.shape, np.int64)

    def _rng(self, stream: int) -> np.ndarray:
        return make_state(self.clock.limits.seed, stream)

    def screen(self) -> None:
        """Find the orders that can be worth it at all, alone on all capacity."""
        many = len(self.problem.orders)
        effort = QUICK_EFFORT if many <= 4000 else full_effort(many)
        self.most = self.bounder.earned(self.millifen, effort)
        self.wanted = np.flatnonzero(self.most > 0).astype(np.int64)
        thorough = THOROUGH if many <= 4000 else NORMAL
        demand_at(
            self.columns,
            self.workspace,
            self.wanted,
            self.no_prices,
            thorough,
            self._rng(0),
            self._use,
            self.alone,
        )

    def greedy(self) -> None:
        """Make the baseline: the best of three sequences, each order at its best on the rest."""
        c = self.columns
        value = c.money[:, VALUE]
        for key in (value, value / np.maximum(1, self._minutes()), self.alone):
            book = make_book(c)
            sequence = np.argsort(-key, kind="stable").astype(np.int64)
            sequence = sequence[np.isin(sequence, self.wanted)]
            profit = insert_all(
                c, self.workspace, book, sequence, self.no_prices, 0.0, THOROUGH, self._rng(1)
            )
            if profit > self.greedy_fen:
                self.greedy_fen, self.book = profit, book
        self._tell_incumbent(self.greedy_fen)

    def _tell_incumbent(self, profit: float) -> None:
        self.clock.incumbent_fen = max(self.clock.incumbent_fen or 0, int(profit))
        self.clock.tell()

    def _minutes(self) -> Floats:
        return np.array(
            [sum(part.minutes_total for part in order.operations) for order in self.problem.orders],
            np.float64,
        )

    def price(self) -> None:
        """Find prices of capacity at which the wishes of all orders nearly fit."""
        if len(self.wanted) <= MASTER_ORDERS_MAX:
            candidates = self._price_by_master()
        else:
            candidates = self._price_by_subgradient()
        best_fen: int | None = None
        for candidate in candidates:
            millifen = np.rint(candidate * 1000).astype(np.int64)
            earned = self.bounder.earned(millifen, QUICK_EFFORT, orders=self.wanted)
            bound = self.bounder.bound_fen(millifen, earned)
            if best_fen is None or bound < best_fen:
                best_fen, self.prices, self.millifen = bound, candidate, millifen
            if self.clock.out_of_time(PRICES_SHARE):
                break

    def _price_by_master(self) -> list[Floats]:
        """Return prices by column generation: the last, the best estimate, and some between."""
        c, w, rng = self.columns, self.workspace, self._rng(2)
        master = Master(c)
        for order in self.wanted.tolist():
            lots = plan_alone(c, w, order, self.no_prices, THOROUGH, rng)
            if lots:
                master.add(plan_in_workspace(c, w, order, lots))
            if self.book.lots[order]:
                master.add(plan_in_book(c, self.book, order))
        centre, centre_bound = self.no_prices, float("inf")
        prices = self.no_prices
        for _ in range(MASTER_ROUNDS):
            _, prices, earned = master.solve()
            asked = (prices + centre) / 2 if centre_bound < float("inf") else prices
            estimate, news = float((asked * c.idle).sum()), 0
            for order in self.wanted.tolist():
                lots = plan_alone(c, w, order, asked, THOROUGH, rng)
                if lots == 0:
                    continue
                estimate += max(0.0, float(w.worth[1]))
                plan = plan_in_workspace(c, w, order, lots)
                reduced = plan.profit - float(prices.flat[plan.cells] @ plan.minutes)
                if reduced > earned[order] + 1.0 and master.add(plan):
                    news += 1
            if estimate < centre_bound:
                centre, centre_bound = asked, estimate
            if news == 0 or self.clock.out_of_time(PRICES_SHARE / 2):
                break
        self.master = master
        return [prices, centre, 0.8 * prices, 1.15 * prices, self.no_prices]

    def _price_by_subgradient(self) -> list[Floats]:
        """Return averaged prices that rise where more is wanted than there is."""
        c, rng = self.columns, self._rng(2)
        prices = np.zeros(c.idle.shape)
        total, counted = np.zeros(c.idle.shape), 0
        scarce = np.maximum(c.idle, 60)
        usual = float(np.median(c.tariff[:, 0])) if len(c.tariff) else 1.0
        for step in range(SUBGRADIENT_ROUNDS):
            self._use[:] = 0
            demand_at(
                c, self.workspace, self.wanted, prices, NORMAL, rng, self._use, self.alone.copy()
            )
            over = np.clip((self._use - c.idle) / scarce, -1.0, 2.0)
            rate = 0.3 * usual * (1 - step / SUBGRADIENT_ROUNDS)
            prices = np.where(c.idle > 0, np.maximum(0.0, prices + rate * over), 0.0)
            if step >= SUBGRADIENT_ROUNDS // 3:
                total, counted = total + prices, counted + 1
            if self.clock.out_of_time(PRICES_SHARE / 2):
                break
        mean = total / counted if counted else prices
        return [mean, 0.8 * mean]

    def prove(self) -> int:
        """Return the bound that the prices prove, as `check_bound` computes it."""
        earned = self.bounder.earned(self.millifen, full_effort(len(self.problem.orders)))
        return self.bounder.bound_fen(self.millifen, earned)

    def search(self) -> None:
        """Improve the plan until the limit: two chains that share their best plan now and then."""
        c, clock = self.columns, self.clock
        possible = np.flatnonzero((self.alone > 0) & (self.most > 0)).astype(np.int64)
        if not len(possible) or not self.book.lots.any():
            return
        workers = min(clock.limits.workers, CHAINS)
        chains = [
            make_search(copy_book(self.book), make_journal(c), possible, self._rng(3 + at))
            for at in range(CHAINS)
        ]
        spaces = [make_workspace(c) for _ in chains]
        mean = self.greedy_fen / max(1, int(np.count_nonzero(self.book.lots)))
        start, shared = clock.share_spent(), 0
        with ThreadPoolExecutor(workers) as pool:
            while not clock.stopped():
                share = clock.share_spent()
                if share >= 1.0:
                    break
                along = (share - start) / (1 - start)
                heat = mean * WARM * (COLD / WARM) ** along

                def run(at: int, heat: float = heat) -> None:
                    improve(c, spaces[at], chains[at], self.prices, CHUNK, heat, heat)

                list(pool.map(run, range(CHAINS)))
                clock.work += CHAINS * CHUNK
                best = max(chains, key=lambda chain: float(chain.totals[1]))
                self._tell_incumbent(float(best.totals[1]))
                if int(along * SHARINGS) > shared:
                    shared = int(along * SHARINGS)
                    _share(best, chains)
        best = max(chains, key=lambda chain: float(chain.totals[1]))
        self.book = best.best

    def finish(self) -> None:
        """Put in what still fits."""
        refused = self.wanted[self.book.lots[self.wanted] == 0]
        insert_all(
            self.columns,
            self.workspace,
            self.book,
            refused[np.argsort(-self.alone[refused], kind="stable")],
            self.no_prices,
            0.0,
            THOROUGH,
            self._rng(9),
        )
        self._tell_incumbent(float(self.book.profit.sum()))

    def lines(self) -> tuple[PlanLine, ...]:
        """Return the plan as values, sorted."""
        c, book, problem = self.columns, self.book, self.problem
        lines = []
        for order in np.flatnonzero(book.lots).tolist():
            steps = int(c.steps[order + 1] - c.steps[order])
            base = int(c.steps[order]) * c.lots_max
            for slot in range(int(book.lots[order]) * steps):
                entry, start, *minutes = book.slots[base + slot].tolist()
                for at, spent in enumerate(minutes):
                    if spent > 0:
                        line = PlanLine(
                            order_id=problem.orders[order].order_id,
                            lot=slot // steps + 1,
                            lot_quantity=int(book.quantities[order, slot // steps]),
                            step=slot % steps + 1,
                            offer_id=problem.offers[int(c.entries[entry, OFFER])].offer_id,
                            week=start + at,
                            minutes=spent,
                        )
                        lines.append(line)
        return tuple(sorted(lines))


def _share(best: Search, chains: list[Search]) -> None:
    """Let every chain go on from the best plan of all."""
    for chain in chains:
        if chain is not best and best.totals[1] > chain.totals[1]:
            overwrite_book(chain.book, best.best)
            overwrite_book(chain.best, best.best)
            chain.totals[0] = chain.totals[1] = best.totals[1]
