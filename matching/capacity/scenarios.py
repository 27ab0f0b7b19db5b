"""What if: named changes of a problem, each solved with the same limits, side by side.

A change is a plain value that makes one problem into another. It names what it changes; what is
not there, or would not change anything that it means to, is refused when it is applied.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil

from matching.capacity.check import CheckReport, check
from matching.capacity.fields import be_exact, be_text, be_whole
from matching.capacity.plan import CapacityResult, PlanLine
from matching.capacity.problem import (
    MINUTES_MAX,
    RATE_FEN_PER_HOUR_MAX,
    WEEKS_MAX,
    Offer,
    Order,
    Problem,
)
from matching.capacity.rules import Keep, Rules, arrangement, by_order
from matching.limits import Limits
from matching.result import Status

BASE = "as it is"


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineDown:
    """An offer loses its idle minutes for some weeks; `minutes_left` a week may remain, ≥ 0."""

    offer_id: str
    from_week: int
    weeks: int
    minutes_left: int = 0

    def __post_init__(self) -> None:
        be_text("machine down", "offer_id", self.offer_id)
        where = f"machine down, offer {self.offer_id}"
        be_whole(where, "from_week", self.from_week, most=WEEKS_MAX - 1)
        be_whole(where, "weeks", self.weeks, least=1, most=WEEKS_MAX)
        be_whole(where, "minutes_left", self.minutes_left, most=MINUTES_MAX)

    def apply(self, problem: Problem) -> Problem:
        """Return the problem with the machine down."""
        offer, end = _offer(problem, self.offer_id), self.from_week + self.weeks
        if self.from_week >= problem.settings.weeks:
            raise ValueError(
                f"machine down, offer {self.offer_id}: expected from_week in 0.."
                f"{problem.settings.weeks - 1}, got {self.from_week}"
            )
        idle = tuple(
            min(minutes, self.minutes_left) if self.from_week <= week < end else minutes
            for week, minutes in enumerate(offer.idle_minutes)
        )
        return _with_offers(problem, [replace(offer, idle_minutes=idle)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """An offer is taken back: nothing of it is idle any more."""

    offer_id: str

    def __post_init__(self) -> None:
        be_text("withdrawn offer", "offer_id", self.offer_id)

    def apply(self, problem: Problem) -> Problem:
        """Return the problem without the minutes of the offer."""
        offer = _offer(problem, self.offer_id)
        return _with_offers(problem, [replace(offer, idle_minutes=(0,) * len(offer.idle_minutes))])


@dataclass(frozen=True, slots=True, kw_only=True)
class RateChange:
    """Other rates of one offer or of all offers of an enterprise: a new rate, or by a percentage.

    Parameters
    ----------
    offer_id, enterprise_id
        Exactly one of the two.
    fen_per_hour, percent
        Exactly one of the two; a rate changed by a percentage is rounded up to a fen.
    """

    offer_id: str | None = None
    enterprise_id: str | None = None
    fen_per_hour: int | None = None
    percent: Fraction | None = None

    def __post_init__(self) -> None:
        if (self.offer_id is None) == (self.enterprise_id is None):
            raise ValueError(
                f"rate: expected an offer or an enterprise, got offer {self.offer_id!r} and "
                f"enterprise {self.enterprise_id!r}"
            )
        where = f"rate of {self.offer_id or self.enterprise_id}"
        if (self.fen_per_hour is None) == (self.percent is None):
            raise ValueError(
                f"{where}: expected fen_per_hour or percent, got fen_per_hour "
                f"{self.fen_per_hour} and percent {self.percent}"
            )
        if self.fen_per_hour is not None:
            be_whole(where, "fen_per_hour", self.fen_per_hour, most=RATE_FEN_PER_HOUR_MAX)
        if self.percent is not None and not -100 <= self.percent <= 1000:
            raise ValueError(f"{where}: percent must be in -100..1000, got {self.percent}")

    def apply(self, problem: Problem) -> Problem:
        """Return the problem with the other rates."""
        if self.offer_id is not None:
            meant = [_offer(problem, self.offer_id)]
        else:
            meant = [one for one in problem.offers if one.enterprise_id == self.enterprise_id]
            if not meant:
                raise ValueError(f"rate: the problem has no enterprise {self.enterprise_id}")
        return _with_offers(problem, [self._changed(offer) for offer in meant])

    def _changed(self, offer: Offer) -> Offer:
        if self.fen_per_hour is not None:
            return replace(offer, rate_fen_per_hour=self.fen_per_hour)
        rate = offer.rate_fen_per_hour * (100 + Fraction(self.percent or 0)) / 100
        return replace(offer, rate_fen_per_hour=ceil(rate))


@dataclass(frozen=True, slots=True, kw_only=True)
class CarbonPrice:
    """Another price of carbon, exact, ≥ 0."""

    fen_per_kg: Fraction

    def __post_init__(self) -> None:
        be_exact("carbon price", "fen_per_kg", self.fen_per_kg)

    def apply(self, problem: Problem) -> Problem:
        """Return the problem with the other price."""
        return replace(
            problem, settings=replace(problem.settings, carbon_fen_per_kg=self.fen_per_kg)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RushOrder:
    """One more order; with `must_serve` it may not be refused."""

    order: Order
    must_serve: bool = False

    def apply(self, problem: Problem) -> Problem:
        """Return the problem with the order at its end."""
        name, rules = self.order.order_id, problem.rules
        if self.must_serve:
            rules = replace(rules, must_serve=rules.must_serve | {name})
        return replace(problem, orders=(*problem.orders, self.order), rules=rules)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOffer:
    """One more offer, of an enterprise that may be new."""

    offer: Offer

    def apply(self, problem: Problem) -> Problem:
        """Return the problem with the offer at its end."""
        return replace(problem, offers=(*problem.offers, self.offer))


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherRules:
    """Other optional constraints in place of those that the problem has."""

    rules: Rules

    def apply(self, problem: Problem) -> Problem:
        """Return the problem with the rules."""
        return replace(problem, rules=self.rules)


Change = MachineDown | Withdrawn | RateChange | CarbonPrice | RushOrder | NewOffer | OtherRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Some changes under one name, applied one after the other."""

    name: str
    changes: tuple[Change, ...]

    def __post_init__(self) -> None:
        be_text("scenario", "name", self.name)
        if self.name == BASE:
            raise ValueError(f"scenario {self.name}: this is what the unchanged problem is called")

    def apply(self, problem: Problem) -> Problem:
        """Return the changed problem.

        Raises
        ------
        ValueError
            When a change names what the problem does not have, or the result is no problem; the
            message begins with the name of the scenario.
        """
        for change in self.changes:
            try:
                problem = change.apply(problem)
            except ValueError as wrong:
                raise ValueError(f"scenario {self.name}: {wrong}") from None
        return problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What solving one scenario gave.

    Parameters
    ----------
    report
        What `check` says of the plan in the scenario's problem.
    value_fen
        Value of the orders served, before costs.
    changed
        Orders of the unchanged problem that are served otherwise than in its plan, or by one of
        the two plans alone; sorted. Empty where there is no plan: `result.causes` says why.
    """

    name: str
    problem: Problem
    result: CapacityResult
    report: CheckReport
    value_fen: int
    changed: tuple[str, ...]

    @property
    def local_share(self) -> Fraction | None:
        """Minutes worked in the park nearest to the buyer, of all; None without minutes."""
        if not self.report.minutes:
            return None
        return Fraction(self.report.local_minutes, self.report.minutes)


def compare(
    problem: Problem,
    scenarios: Sequence[Scenario],
    limits: Limits,
    *,
    solver: Callable[[Problem, Limits], CapacityResult],
    keep_penalty_fen: int | None = None,
) -> tuple[Outcome, ...]:
    """Solve a problem as it is and in every scenario, with the same limits and seed.

    Parameters
    ----------
    solver
        `matching.capacity.solve`, or one that shows its progress.
    keep_penalty_fen
        When given, changing an order of the unchanged problem's plan costs so much in every
        scenario, so that a scenario changes what it must and no more.

    Returns
    -------
    tuple[Outcome, ...]
        The unchanged problem first, then the scenarios in their order.

    Raises
    ------
    ValueError
        When two scenarios have one name, or one cannot be applied: before anything is solved.
    """
    names = [one.name for one in scenarios]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"scenarios: expected names that differ, got {', '.join(twice)} twice")
    changed = [(one.name, one.apply(problem)) for one in scenarios]
    base = _outcome(BASE, problem, solver(problem, limits), against=None)
    outcomes = [base]
    for name, other in changed:
        asked = _kept(other, base.result.plan, keep_penalty_fen)
        outcomes.append(_outcome(name, asked, solver(asked, limits), against=base))
    return tuple(outcomes)


def _kept(problem: Problem, given: tuple[PlanLine, ...], penalty_fen: int | None) -> Problem:
    """Return a problem in which changing a given plan costs something."""
    if penalty_fen is None or not given:
        return problem
    rules = replace(problem.rules, given=given, keep=Keep(penalty_fen=penalty_fen))
    return replace(problem, rules=rules)


def _outcome(
    name: str, problem: Problem, result: CapacityResult, *, against: Outcome | None
) -> Outcome:
    report = check(problem, result.plan)
    solved = result.status in (Status.OPTIMAL, Status.FEASIBLE)
    if solved and not report.valid:
        raise AssertionError(f"scenario {name}: the plan breaks {report.violations[0]}")
    values = {order.order_id: order.value_fen for order in problem.orders}
    return Outcome(
        name=name,
        problem=problem,
        result=result,
        report=report,
        value_fen=sum(values[order_id] for order_id in report.served),
        changed=_changed(against, result.plan) if against is not None and solved else (),
    )


def _changed(base: Outcome, plan: Iterable[PlanLine]) -> tuple[str, ...]:
    before, after = by_order(base.result.plan), by_order(plan)
    return tuple(
        sorted(
            order.order_id
            for order in base.problem.orders
            if arrangement(before.get(order.order_id, ()))
            != arrangement(after.get(order.order_id, ()))
        )
    )


def _offer(problem: Problem, offer_id: str) -> Offer:
    found = next((one for one in problem.offers if one.offer_id == offer_id), None)
    if found is None:
        raise ValueError(f"the problem has no offer {offer_id}")
    return found


def _with_offers(problem: Problem, offers: Iterable[Offer]) -> Problem:
    changed = {one.offer_id: one for one in offers}
    return replace(problem, offers=tuple(changed.get(one.offer_id, one) for one in problem.offers))
