"""All tests of a request, one after the other."""

from __future__ import annotations

from matching.capacity.contradictions.case import Case, Contradiction
from matching.capacity.contradictions.decided import collisions, wrong_decisions, wrong_pins
from matching.capacity.contradictions.needed import needed_orders, overbooked
from matching.capacity.contradictions.reach import Reach
from matching.capacity.contradictions.whole import (
    carbon_above_cap,
    impossible_minima,
    impossible_shares,
)
from matching.capacity.problem import Problem


def contradictions(problem: Problem) -> tuple[Contradiction, ...]:
    """Return everything that can be proved wrong with the rules of a problem, before solving.

    Returns
    -------
    tuple[Contradiction, ...]
        Pins first, then agreed and frozen orders, orders that must be served, and rules about the
        whole plan. Where one is fatal, no plan meets the request. That none is fatal proves
        nothing: a plan may still not exist.

    Notes
    -----
    Nothing is searched. Without rules nothing can be wrong, and nothing is computed.
    """
    if not problem.rules:
        return ()
    case = Case(problem)
    pins = list(wrong_pins(case))
    found = [*pins, *wrong_decisions(case), *collisions(case)]
    able, impossible = needed_orders(case)
    named = {one.params["order"] for one in pins}
    found += [
        one
        for one in impossible
        if one.params.get("rule") != "pin" or one.params["order"] not in named
    ]
    found += [*overbooked(case, able), *carbon_above_cap(case, able)]
    if problem.rules.enterprise_share is not None or problem.rules.sme_minimum is not None:
        reach = Reach(case)
        found += [*impossible_shares(case, reach), *impossible_minima(case, reach)]
    return tuple(found)
