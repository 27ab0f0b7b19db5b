"""The problem of `docs/spec/capacity.md` as one linear model over whole numbers.

For each order, lot and operation there is a choice of one offer, minutes of each offer and week,
and three flags for each week: works in it, has begun by it, has ended before it. The last two never
fall from week to week, so block, sequence and delivery are rows of two or three flags each, and
nothing needs a large constant. Legs between parks are flows over the chosen offers; pieces are
split by distance, so that a leg costs what its own kilometres cost.

What is rounded: cost coefficients are cut to thousandths of a fen and the rounding of an order's
cost up to a fen is left out, both to the model's favour. Its bound is therefore a bound, above the
exact optimum by less than a fen per order and a thousandth of a fen per minute and piece.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import ceil, floor, lcm

from matching.capacity.baselines.candidates import Candidate, Finder, Steps
from matching.capacity.baselines.model import VARIABLES_MAX, LinearModel
from matching.capacity.baselines.variables import Formulation, Lot, Served, Split, Terms, Visit
from matching.capacity.geography import lag_weeks
from matching.capacity.problem import Order, Problem
from matching.capacity.rules import NO_RULES
from matching.capacity.tariff import carbon_fen, leg_carbon_g, leg_fen, work_minutes

SCALE = 1000  # units of the objective in a fen
CAP_SCALE_MAX = 10**6  # a price cap is exact up to this common denominator

Units = tuple[int, int]  # what a unit of a variable adds to the price row and to the cost
NOTHING = Fraction(0)


def formulate(problem: Problem, *, variables_max: int = VARIABLES_MAX) -> Formulation:
    """Return the model of a problem.

    Raises
    ------
    ModelTooLarge
        When it would have more than `variables_max` variables.
    ValueError
        When the problem has rules on top of the base model: they are not in this model.
    """
    if problem.rules != NO_RULES:
        raise ValueError("the model of the general solvers knows no rules; leave them out")
    builder = _Builder(problem, variables_max)
    for order in problem.orders:
        builder.add(order)
    builder.limit_capacity()
    return Formulation(model=builder.model, orders=builder.orders)


class _Builder:
    """Builds the model order by order; one method per family of rows."""

    def __init__(self, problem: Problem, variables_max: int) -> None:
        self.model = LinearModel(variables_max=variables_max)
        self.orders: list[Served] = []
        self._settings = problem.settings
        self._idle = {offer.offer_id: offer.idle_minutes for offer in problem.offers}
        self._finder = Finder(problem)
        self._used: dict[tuple[str, int], list[int]] = {}
        self._capped: Terms = []  # of the order being built: what counts for its price cap,
        self._cap_scale = 1  # in this part of a fen

    def add(self, order: Order) -> None:
        """Add the variables and rows of one order, when it can be made at all."""
        steps = self._finder.candidates(order)
        if not steps:
            return
        self._capped, self._cap_scale = [], self._scale_of(order)
        served = self.model.variable()
        self.model.earn(served, SCALE * order.value_fen)
        latest = self._settings.weeks + 1  # the last week plus the longest lag
        late = range(max(0, min(order.max_tardy_weeks, latest - order.due_week)))
        tardy = [self.model.variable() for _ in late]
        for variable, before in zip(tardy, [served, *tardy], strict=False):
            self.model.row([(variable, 1), (before, -1)], upper=0)
            self._charge(variable, self._units(NOTHING, Fraction(order.tardy_fen_per_week)))
        made = Served(order=order, served=served, tardy=tardy, lots=self._lots(order, served))
        self.orders.append(made)
        for lot in made.lots:
            self._make(made, lot, steps)
        cap = -self._cap_scale * order.max_price_fen
        self.model.row([*self._capped, (served, cap)], upper=0)

    def _scale_of(self, order: Order) -> int:
        """Return a common denominator of the prices of an order; a rough one when it is large."""
        settings = self._settings
        per_km = order.weight_kg * settings.transport_fen_per_tonne_km / 1000
        fixed = settings.transport_fixed_fen
        exact = lcm(60, order.quantity * per_km.denominator, fixed.denominator)
        return exact if exact <= CAP_SCALE_MAX else SCALE

    def _units(self, price: Fraction, other: Fraction) -> Units:
        """Return what fen of price and of other costs are in whole units of the rows."""
        return floor(self._cap_scale * price), floor(SCALE * (price + other))

    def _charge(self, variable: int, units: Units) -> None:
        price, cost = units
        if price:
            self._capped.append((variable, price))
        if cost:
            self.model.earn(variable, -cost)

    def _lots(self, order: Order, served: int) -> list[Lot]:
        """Return lots in falling order of pieces; those that are present come first."""
        model, quantity = self.model, order.quantity
        number = min(order.max_lots, quantity)
        if number == 1:
            return [Lot(present=served, pieces=None)]
        lots: list[Lot] = []
        for at in range(1, number + 1):
            most = quantity // at  # the n-th largest of lots that add up to the quantity
            present = served if at == 1 else model.variable()
            pieces = model.variable(most)
            model.row([(pieces, 1), (present, -1)], lower=0)
            model.row([(pieces, 1), (present, -most)], upper=0)
            if lots:
                before = lots[-1]
                assert before.pieces is not None
                model.row([(present, 1), (before.present, -1)], upper=0)
                model.row([(pieces, 1), (before.pieces, -1)], upper=0)
            lots.append(Lot(present=present, pieces=pieces))
        total = [(lot.pieces, 1) for lot in lots if lot.pieces is not None]
        model.row([*total, (served, -quantity)], lower=0, upper=0)
        model.row([total[0], (served, -ceil(Fraction(quantity, number)))], lower=0)
        return lots

    def _make(self, made: Served, lot: Lot, steps: Steps) -> None:
        for step, candidates in enumerate(steps, 1):
            visit = self._visit(made.order, step, candidates, lot)
            lot.visits.append(visit)
            self._work(made.order, step, lot, visit)
        for before, after in zip(lot.visits, lot.visits[1:], strict=False):
            self._leg(made.order, lot, before, after)
        self._deliver(made, lot)

    def _visit(self, order: Order, step: int, candidates: tuple[Candidate, ...], lot: Lot) -> Visit:
        """Choose one offer, with its minutes in one block of weeks."""
        model = self.model
        first, last = min(c.first for c in candidates), max(c.last for c in candidates)
        visit = Visit(
            candidates=candidates,
            chosen=[model.variable() for _ in candidates],
            minutes={},
            works={week: model.variable() for week in range(first, last + 1)},
            begun={week: model.variable() for week in range(first, last)},
            ended={week: model.variable() for week in range(first + 1, last + 1)},
            first=first,
            last=last,
        )
        one_each = [(chosen, 1) for chosen in visit.chosen]
        model.row([*one_each, (lot.present, -1)], lower=0, upper=0)
        if lot.pieces is not None:
            pairs = zip(visit.chosen, candidates, strict=True)
            least = [(chosen, -one.offer.min_lot) for chosen, one in pairs]
            model.row([(lot.pieces, 1), *least], lower=0)
        self._minutes(order, step, lot, visit)
        self._block(visit)
        return visit

    def _minutes(self, order: Order, step: int, lot: Lot, visit: Visit) -> None:
        """Allow minutes on the chosen offer alone, in weeks that are marked as worked."""
        operation = order.operations[step - 1]
        most_pieces = order.quantity if lot.pieces is None else self.model.upper[lot.pieces]
        by_week: dict[int, list[tuple[int, int]]] = {}
        for at, one in enumerate(visit.candidates):
            need = work_minutes(order, operation, one.offer, one.quoted, quantity=most_pieces)
            units = self._minute(one)
            for week in range(one.first, one.last + 1):
                most = min(one.offer.idle_minutes[week], need)
                if most == 0:
                    continue
                minutes = visit.minutes[at, week] = self.model.variable(most)
                self.model.row([(minutes, 1), (visit.chosen[at], -most)], upper=0)
                by_week.setdefault(week, []).append((minutes, most))
                self._used.setdefault((one.offer.offer_id, week), []).append(minutes)
                self._charge(minutes, units)
        for week, pairs in by_week.items():
            most = max(high for _, high in pairs)
            terms = [(minutes, 1) for minutes, _ in pairs]
            self.model.row([*terms, (visit.works[week], -most)], upper=0)

    def _minute(self, one: Candidate) -> Units:
        """Return what a minute of an offer costs; a quoted price is charged by the piece."""
        rate = NOTHING if one.quoted else Fraction(one.offer.rate_fen_per_hour, 60)
        return self._units(rate, carbon_fen(self._settings, one.offer.carbon_g_per_hour / 60))

    def _block(self, visit: Visit) -> None:
        """Keep the worked weeks between beginning and end, at most a block apart."""
        for week in range(visit.first, visit.last + 1):
            works = [(visit.works[week], 1)]
            begun, surely = visit.has_begun(week)
            if not surely:
                self.model.row([*works, *_negative(begun)], upper=0)
                later, always = visit.has_begun(week + 1)
                if not always:
                    self.model.row([*begun, *_negative(later)], upper=0)
                after, free = visit.has_ended(week + self._settings.max_block_weeks)
                if not free:
                    self.model.row([*begun, *_negative(after)], upper=0)
            ended, _ = visit.has_ended(week)
            if ended:
                self.model.row([*works, *ended], upper=1)
                later, always = visit.has_ended(week + 1)
                if not always:
                    self.model.row([*ended, *_negative(later)], upper=0)

    def _work(self, order: Order, step: int, lot: Lot, visit: Visit) -> None:
        """Make the minutes of the chosen offer its setup and its share of the work, rounded up."""
        operation = order.operations[step - 1]
        minutes: list[Terms] = [[] for _ in visit.candidates]
        for (at, _), variable in visit.minutes.items():
            minutes[at].append((variable, 1))
        if lot.pieces is None:
            for at, (chosen, one) in enumerate(zip(visit.chosen, visit.candidates, strict=True)):
                quantity = order.quantity
                need = work_minutes(order, operation, one.offer, one.quoted, quantity=quantity)
                self.model.row([*minutes[at], (chosen, -need)], lower=0, upper=0)
                if one.quoted is not None:
                    self._charge(chosen, self._units(Fraction(one.quoted.price_fen), NOTHING))
            return
        plain = [at for at, one in enumerate(visit.candidates) if one.quoted is None]
        groups = [[at] for at, one in enumerate(visit.candidates) if one.quoted is not None]
        groups += [plain] if plain else []
        split = self._split(lot, [[visit.chosen[at] for at in group] for group in groups])
        for group, pieces in zip(groups, split, strict=True):
            quoted = visit.candidates[group[0]].quoted
            total = operation.minutes_total if quoted is None else quoted.minutes_total
            share = self._share(order, lot, pieces, total)
            terms = [term for at in group for term in minutes[at]]
            for at in group:
                one = visit.candidates[at]
                setup = one.offer.setup_minutes if quoted is None else quoted.setup_minutes
                terms.append((visit.chosen[at], -setup))
            self.model.row([*terms, (share, -1)], lower=0, upper=0)
            if quoted is not None:
                piece = Fraction(quoted.price_fen, order.quantity)
                self._charge(pieces, self._units(piece, NOTHING))

    def _share(self, order: Order, lot: Lot, pieces: int, total: int) -> int:
        """Return a variable that is ⌈total × pieces / quantity⌉."""
        most = ceil(Fraction(total * self.model.upper[pieces], order.quantity))
        share = self.model.variable(most)
        both = [(share, order.quantity), (pieces, -total)]
        self.model.row(both, lower=0, upper=order.quantity - 1)
        lot.worked.append((share, pieces, total))
        return share

    def _split(self, lot: Lot, groups: list[list[int]]) -> list[int]:
        """Return for each group of choices the pieces that go through it."""
        assert lot.pieces is not None
        if len(groups) == 1:
            return [lot.pieces]
        most = self.model.upper[lot.pieces]
        pieces = [self.model.variable(most) for _ in groups]
        for variable, group in zip(pieces, groups, strict=True):
            self.model.row([(variable, 1), *((choice, -most) for choice in group)], upper=0)
        total = [(variable, 1) for variable in pieces]
        self.model.row([*total, (lot.pieces, -1)], lower=0, upper=0)
        lot.splits.append(Split(groups=groups, pieces=pieces))
        return pieces

    def _leg(self, order: Order, lot: Lot, before: Visit, after: Visit) -> None:
        """Move a lot from the park of one operation to that of the next, which takes time."""
        froms = sorted({one.park for one in before.candidates})
        tos = sorted({one.park for one in after.candidates})
        arcs = {(a, b): self.model.variable() for a in froms for b in tos}
        for a in froms:
            out = [(arcs[a, b], 1) for b in tos]
            self.model.row([*out, *_minus(before.at_park({a}))], lower=0, upper=0)
        for b in tos:
            into = [(arcs[a, b], 1) for a in froms]
            self.model.row([*into, *_minus(after.at_park({b}))], lower=0, upper=0)
        km = {(a, b): self._finder.km(a, b) for a, b in arcs}
        fixed = self._units(self._settings.transport_fixed_fen, NOTHING)
        for (a, b), variable in arcs.items():
            if a != b:
                self._charge(variable, fixed)
        by_km: dict[int, list[int]] = {}
        for pair, variable in arcs.items():
            by_km.setdefault(km[pair], []).append(variable)
        self._carry(order, lot, by_km)
        lot.arcs.append(arcs)
        lags = sorted({lag_weeks(distance) for distance in km.values()})
        for lag in lags:
            slow = [arcs[pair] for pair in arcs if lag_weeks(km[pair]) >= lag]
            self._sequence(lot, before, after, lag, slow=None if lag == lags[0] else slow)

    def _sequence(
        self, lot: Lot, before: Visit, after: Visit, lag: int, *, slow: list[int] | None
    ) -> None:
        """Let the next operation begin `lag` weeks after the end; `slow` None: on every leg."""
        for week in range(after.first, after.last + 1):
            begun, one = after.has_begun(week)
            ended, surely = before.has_ended(week + 1 - lag)
            if surely:
                continue
            terms = [*begun, *_negative(ended)]
            if slow is not None:
                self.model.row([*terms, *((arc, 1) for arc in slow)], upper=1 - one)
            elif one:
                self.model.row([*terms, (lot.present, 1)], upper=0)
            else:
                self.model.row(terms, upper=0)

    def _deliver(self, made: Served, lot: Lot) -> None:
        """Move a lot to the buyer, no later than the flags of tardiness say.

        The latest week of all is kept by the open weeks of the candidates.
        """
        order, visit = made.order, lot.visits[-1]
        km = {c.park: self._finder.km_to_buyer(c.park, order) for c in visit.candidates}
        by_km: dict[int, list[int]] = {}
        for distance in sorted(set(km.values())):
            parks = {park for park, far in km.items() if far == distance}
            by_km[distance] = visit.at_park(parks)
        fixed = self._units(self._settings.transport_fixed_fen, NOTHING)
        self._charge(lot.present, fixed)
        self._carry(order, lot, by_km)
        for lag in sorted({lag_weeks(distance) for distance in by_km}):
            far = [
                c for distance, group in by_km.items() if lag_weeks(distance) >= lag for c in group
            ]
            for late, tardy in enumerate(made.tardy, 1):
                ended, surely = visit.has_ended(order.due_week + late - lag)
                if not surely:
                    self.model.row([*ended, (tardy, 1), *_minus(far)], lower=0)

    def _carry(self, order: Order, lot: Lot, by_km: Mapping[int, list[int]]) -> None:
        """Charge what depends on weight and distance; choices of equal distance go together."""
        settings, whole = self._settings, order.quantity
        fixed = settings.transport_fixed_fen
        per = 1 if lot.pieces is None else whole
        units = {}
        for km in by_km:
            fen = leg_fen(settings, order, km=km, quantity=whole) - fixed
            grams = leg_carbon_g(settings, order, km=km, quantity=whole)
            units[km] = self._units(fen / per, carbon_fen(settings, grams) / per)
        if not any(cost for _, cost in units.values()):
            return
        if lot.pieces is None:
            for km, group in by_km.items():
                for choice in group:
                    self._charge(choice, units[km])
            return
        for km, pieces in zip(by_km, self._split(lot, list(by_km.values())), strict=True):
            self._charge(pieces, units[km])

    def limit_capacity(self) -> None:
        """Keep the minutes of all lots on an offer in a week within its idle minutes."""
        for (offer_id, week), used in self._used.items():
            self.model.row(((minutes, 1) for minutes in used), upper=self._idle[offer_id][week])


def _minus(variables: Iterable[int]) -> Terms:
    return [(variable, -1) for variable in variables]


def _negative(terms: Terms) -> Terms:
    return [(variable, -coefficient) for variable, coefficient in terms]
