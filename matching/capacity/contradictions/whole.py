"""Rules about the whole plan against what must be made and what can be made at all."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import ceil, floor

from matching.capacity.contradictions.case import Case, Contradiction, contradiction, listed
from matching.capacity.contradictions.reach import Reach
from matching.capacity.rules import BPS


def carbon_above_cap(case: Case, able: list[int]) -> Iterator[Contradiction]:
    """Yield that the carbon cap is below what the decided and needed orders emit at least."""
    cap = case.rules.carbon_cap
    if cap is None:
        return
    grams: dict[str, Fraction] = {}
    for order_id, report in case.alone.items():
        for cost in report.costs.values():
            grams[order_id] = cost.carbon_g
    for at in able:
        grams[case.problem.orders[at].order_id] = _least_carbon_g(case, at)
    least = sum(grams.values(), Fraction(0))
    if least > cap.grams:
        yield contradiction(
            "carbon_cap_too_low",
            cap_g=floor(cap.grams),
            least_g=ceil(least),
            orders=listed(grams),
        )


def _least_carbon_g(case: Case, at: int) -> Fraction:
    """Return the grams of the cleanest machine for each step and of the shortest last leg."""
    order, ground, offers = case.problem.orders[at], case.ground, case.problem.offers
    total = Fraction(0)
    for row in case.rows_of(at):
        entries = case.entries_of(row)
        least = (ground.setup[entries] + ground.total[entries]).tolist()
        total += min(
            minutes * Fraction(offers[offer].carbon_g_per_hour) / 60
            for offer, minutes in zip(ground.offer[entries].tolist(), least, strict=True)
        )
    km = int(ground.buyer_km[at, ground.park[entries]].min())
    return total + order.weight_kg * km * case.problem.settings.transport_g_per_tonne_km / 1000


def impossible_shares(case: Case, reach: Reach) -> Iterator[Contradiction]:
    """Yield that too few enterprises could share the work, or that one already has too much."""
    share = case.rules.enterprise_share
    if share is None:
        return
    able = set(+reach.idle) | set(+reach.decided)
    least = -(-BPS // share.most_bps)
    if 0 < len(able) < least:
        minimum = case.rules.sme_minimum
        asked = minimum is not None and minimum.enterprises & reach.fitting
        yield contradiction(
            "share_unreachable",
            fatal=bool(case.decided or case.rules.must_serve or asked),
            most_bps=share.most_bps,
            least=least,
            enterprises=listed(able),
        )
        return
    decided, idle = reach.decided.total(), reach.idle.total()
    for name, minutes in sorted(reach.decided.items()):
        others = decided - minutes + min(idle - reach.idle[name], reach.all_work)
        if minutes * BPS > share.most_bps * (minutes + others):
            yield contradiction(
                "share_exceeded",
                enterprise=name,
                minutes=minutes,
                most_bps=share.most_bps,
                most_minutes=minutes + others,
            )


def impossible_minima(case: Case, reach: Reach) -> Iterator[Contradiction]:
    """Yield the enterprises that have too little time, or too little work, for their minimum."""
    rule = case.rules.sme_minimum
    if rule is None:
        return
    for name in sorted(rule.enterprises & reach.fitting):
        idle = reach.decided[name] + reach.idle[name]
        work = reach.decided[name] + reach.possible_work(name, rule.minutes)
        if idle < rule.minutes:
            yield contradiction(
                "minimum_above_idle", enterprise=name, minutes=rule.minutes, idle_minutes=idle
            )
        elif work < rule.minutes:
            yield contradiction(
                "minimum_above_work", enterprise=name, minutes=rule.minutes, work_minutes=work
            )
