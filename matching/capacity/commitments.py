"""What the rules have already decided: agreed and frozen orders, taken out of the problem.

What remains is a smaller problem. A valid plan of it together with the committed lines is a plan of
the whole problem, and worth `fixed_fen` more; only the rules about the whole plan have to be held
against both parts together.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from matching.capacity.check import CheckReport, check
from matching.capacity.plan import PlanLine
from matching.capacity.problem import Offer, Order, Problem
from matching.capacity.rules import Rules, frozen_orders


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """A problem in two parts: what is decided, and what is still to be planned.

    Parameters
    ----------
    problem
        Without the decided orders, their minutes, and the frozen weeks. Its rules are those that
        remain; share, minimum and carbon cap are unchanged and count the decided lines too.
    lines
        The lines of the decided orders, in the order of the problem.
    fixed_fen
        What the decided orders add to the objective: profit + bonus - penalties.
    minutes
        Decided minutes by enterprise.
    carbon_g
        Grams that the decided orders emit, exactly.
    """

    problem: Problem
    lines: tuple[PlanLine, ...]
    fixed_fen: int
    minutes: Mapping[str, int]
    carbon_g: Fraction


def committed_lines(rules: Rules) -> dict[str, tuple[PlanLine, ...]]:
    """Return the lines of each agreed or frozen order; where it is both, as agreed."""
    return frozen_orders(rules) | {one.order_id: one.lines for one in rules.agreed}


def commit(problem: Problem) -> Committed:
    """Take the agreed and the frozen orders, and the frozen weeks, out of a problem.

    Raises
    ------
    ValueError
        When the decided lines break the base model, together or alone: `contradictions` says how.

    Notes
    -----
    Linear in the size of the problem.
    """
    rules = problem.rules
    decided = committed_lines(rules)
    frozen = 0 if rules.frozen is None else rules.frozen.weeks
    if not decided and not frozen:
        return Committed(problem=problem, lines=(), fixed_fen=0, minutes={}, carbon_g=Fraction(0))
    mine = tuple(order for order in problem.orders if order.order_id in decided)
    lines = tuple(line for order in mine for line in decided[order.order_id])
    report = _judged(problem, mine, lines)
    if report.objective_fen is None:
        raise ValueError(
            f"the agreed and frozen orders break {len(report.violations)} rules "
            f"({report.violations[0].where}: {report.violations[0].detail}): "
            "contradictions() names each with its way out"
        )
    owner = {offer.offer_id: offer.enterprise_id for offer in problem.offers}
    minutes = Counter[str]()
    for line in lines:
        minutes[owner[line.offer_id]] += line.minutes
    return Committed(
        problem=_remaining(problem, decided, lines, frozen=frozen),
        lines=lines,
        fixed_fen=report.objective_fen,
        minutes=dict(sorted(minutes.items())),
        carbon_g=sum((cost.carbon_g for cost in report.costs.values()), Fraction(0)),
    )


def _judged(
    problem: Problem, orders: tuple[Order, ...], lines: tuple[PlanLine, ...]
) -> CheckReport:
    """Return what the decided orders are worth by themselves."""
    names, rules = {order.order_id for order in orders}, problem.rules
    given = tuple(line for line in rules.given if line.order_id in names)
    objective = Rules(
        given=given, keep=rules.keep if given else None, local_first=rules.local_first
    )
    quotations = tuple(one for one in problem.quotations if one.order_id in names)
    part = replace(problem, orders=orders, quotations=quotations, rules=objective)
    return check(part, lines)


def _remaining(
    problem: Problem,
    decided: Mapping[str, tuple[PlanLine, ...]],
    lines: Iterable[PlanLine],
    *,
    frozen: int,
) -> Problem:
    used: dict[str, Counter[int]] = defaultdict(Counter)
    for line in lines:
        used[line.offer_id][line.week] += line.minutes
    return replace(
        problem,
        offers=tuple(_less(offer, used[offer.offer_id], frozen) for offer in problem.offers),
        orders=tuple(order for order in problem.orders if order.order_id not in decided),
        quotations=tuple(one for one in problem.quotations if one.order_id not in decided),
        rules=_remaining_rules(problem.rules, decided),
    )


def _less(offer: Offer, used: Counter[int], frozen: int) -> Offer:
    """Return an offer without the minutes used, and with nothing in the frozen weeks."""
    idle = tuple(
        0 if week < frozen else minutes - used[week]
        for week, minutes in enumerate(offer.idle_minutes)
    )
    return offer if idle == offer.idle_minutes else replace(offer, idle_minutes=idle)


def _remaining_rules(rules: Rules, decided: Mapping[str, object]) -> Rules:
    given = tuple(line for line in rules.given if line.order_id not in decided)
    return Rules(
        pins=tuple(pin for pin in rules.pins if pin.order_id not in decided),
        bans=tuple(ban for ban in rules.bans if ban.order_id not in decided),
        approved=tuple(one for one in rules.approved if one.order_id not in decided),
        given=given,
        keep=rules.keep if given else None,
        local_first=rules.local_first,
        enterprise_share=rules.enterprise_share,
        sme_minimum=rules.sme_minimum,
        carbon_cap=rules.carbon_cap,
        must_serve=rules.must_serve - decided.keys(),
    )
