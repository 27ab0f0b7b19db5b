"""Why a demand cannot be answered at all, or the broker's rules cannot be kept: causes, proved.

Each cause is a code with parameters and follows from the problem and the rules before any plan.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import combinations

import numpy as np

from matching.explain import Param, Reason
from matching.technology.assignment.fitting import (
    OPEN,
    Misfit,
    add_months,
    members_most,
)
from matching.technology.assignment.ground import BITS_OF, LEAD, PIN, Ground, RuleClass, View
from matching.technology.assignment.matrix import Ints
from matching.technology.assignment.request import MEMBERS_MAX
from matching.technology.assignment.search import NEVER, best_team

LISTED_MAX = 8
PAIR_CAUSES: tuple[tuple[Misfit, str], ...] = (  # in the order in which they are looked for
    (Misfit.CONSENT, "nobody_consents"),
    (Misfit.CONFLICT, "all_in_conflict"),
    (Misfit.TRL, "trl_unreached"),
    (Misfit.WINDOW, "nobody_free"),
    (Misfit.PLACES, "no_places"),
    (Misfit.MONTHS, "months_short"),
    (Misfit.REGION, "nobody_in_region"),
    (Misfit.CURRENCY, "currency_differs"),
    (Misfit.BAN, "all_banned"),
)


def demand_causes(ground: Ground, at: int) -> tuple[Reason, ...]:
    """Return why no consortium may answer a demand; empty when one may.

    A single rule that keeps every proposed provider away is named as such. Otherwise what a whole
    consortium lacks is named; otherwise how many providers each rule keeps away.
    """
    demand, view = ground.demands[at], ground.views[at]
    if best_team(ground, view, (view.scores,) * (MEMBERS_MAX + 1), above=NEVER) is not None:
        return ()
    if demand.consortium.min_members > MEMBERS_MAX:
        least, name = demand.consortium.min_members, demand.demand_id
        return (_reason("members_many", demand=name, needed=least, found=MEMBERS_MAX),)
    one_rule = _one_rule(ground, at)
    if one_rule is not None:
        return (one_rule,)
    return tuple(_lacks(ground, at)) or (_kept_away(ground, at),)


def _one_rule(ground: Ground, at: int) -> Reason | None:
    """Return the rule that by itself keeps every proposed provider away, if there is one."""
    broken = ground.broken[:, at]
    scored = (broken & int(Misfit.UNSCORED)) == 0
    if not scored.any():
        return _reason("nobody_scored", demand=ground.demands[at].demand_id)
    if (broken & int(Misfit.DEADLINE)).any():
        return _deadline(ground, at)
    shared = int(np.bitwise_and.reduce(broken[scored]))
    for bit, code in PAIR_CAUSES:
        if shared & int(bit):
            return _pair_cause(ground, at, bit, code)
    return None


def _deadline(ground: Ground, at: int) -> Reason:
    demand, today = ground.demands[at], ground.request.problem.today
    end = add_months(today, demand.duration_months)
    return _reason(
        "deadline_short",
        demand=demand.demand_id,
        deadline=str(demand.deadline),
        months=demand.duration_months,
        earliest=str(end),
    )


def _pair_cause(ground: Ground, at: int, bit: Misfit, code: str) -> Reason:
    demand, broken = ground.demands[at], ground.broken[:, at]
    scored = (broken & int(Misfit.UNSCORED)) == 0
    params: dict[str, Param] = {"demand": demand.demand_id, "count": int(scored.sum())}
    if bit is Misfit.CONFLICT:
        kinds = {kind for row in np.flatnonzero(scored) for kind in ground.kinds(at, int(row))}
        params["kinds"] = tuple(sorted(kinds))
    elif bit is Misfit.TRL:
        params["needed"] = demand.trl_target or 0
        params["lowest"] = int(ground.columns.trl_min[scored].min())
        params["highest"] = int(ground.columns.trl_max[scored].max())
    elif bit is Misfit.MONTHS:
        share = -(-demand.person_months // members_most(demand))
        params |= {"needed": share, "found": int(ground.months[scored].max())}
    elif bit is Misfit.WINDOW:
        params["months"] = demand.duration_months
    elif bit is Misfit.REGION:
        params["region"] = demand.region
    return Reason(code=code, params=params)


def _lacks(ground: Ground, at: int) -> Iterator[Reason]:
    """Yield what the candidates together do not have, or not within members and budget."""
    demand, view = ground.demands[at], ground.views[at]
    name = demand.demand_id
    together = int(np.bitwise_or.reduce(view.masks, initial=0))
    for bit, what in enumerate(view.names):
        if together >> bit & 1:
            continue
        if what == LEAD:
            kind = demand.consortium.lead_kind
            yield _reason("lead_missing", demand=name, kind="" if kind is None else kind.value)
        elif what.startswith(PIN):
            yield _wrong_pin(ground, at, what.removeprefix(PIN))
        else:
            skill = next(one for one in demand.required_skills if one.skill == what)
            found = int(ground.levels(what)[view.providers].max(initial=0))
            yield _reason("skill_missing", demand=name, skill=what, needed=skill.level, found=found)
    if together != view.whole or not len(view.providers):
        return
    members = _least_members(view)
    if members > view.most:
        yield _reason("cover_too_large", demand=name, needed=members, most=view.most)
        return
    if 0 < len(view.providers) < view.least:
        found = len(view.providers)
        yield _reason("members_few", demand=name, needed=view.least, found=found)
        return
    yield from _too_dear(ground, at)


def _too_dear(ground: Ground, at: int) -> Iterator[Reason]:
    demand = ground.demands[at]
    view = ground.view(at, without=frozenset({RuleClass.BUDGET}))
    cheapest = best_team(ground, view, (-view.prices,) * (MEMBERS_MAX + 1), above=NEVER)
    if cheapest is None:
        yield _reason("partners_quarrel", demand=demand.demand_id)
    elif demand.budget is not None and -cheapest.value > demand.budget.max_minor:
        yield _reason(
            "budget_low",
            demand=demand.demand_id,
            budget_minor=demand.budget.max_minor,
            cheapest_minor=-cheapest.value,
            currency=demand.budget.currency,
            members=tuple(ground.providers[one].provider_id for one in cheapest.members),
        )


def _least_members(view: View) -> int:
    """Return the fewest members whose bits are all of them; more than the bits when none do."""
    reached, masks = {0}, set(view.masks.tolist())
    for count in range(1, len(view.names) + 2):
        reached |= {have | mask for have in reached for mask in masks}
        if view.whole in reached:
            return count
    return len(view.names) + 2


def _kept_away(ground: Ground, at: int) -> Reason:
    """Return how many scored providers each class of rules keeps away; the general case."""
    broken = ground.broken[:, at]
    scored = (broken & int(Misfit.UNSCORED)) == 0
    counts: Counter[str] = Counter()
    for name, bits in BITS_OF.items():
        if name is not RuleClass.SCORE:
            counts[name.value] = int(((broken[scored] & int(bits)) != 0).sum())
    shown = tuple(f"{name} {count}" for name, count in counts.most_common() if count)
    return _reason(
        "rules_together",
        demand=ground.demands[at].demand_id,
        scored=int(scored.sum()),
        left=len(ground.views[at].providers),
        kept_away=shown,
    )


def rule_causes(ground: Ground) -> tuple[Reason, ...]:
    """Return what makes the pins impossible to keep; empty when nothing is found."""
    return (*_wrong_pins(ground), *_too_many_pins(ground), *_pins_of_providers(ground))


def _wrong_pins(ground: Ground) -> Iterator[Reason]:
    for demand_id, names in sorted(ground.pins.items()):
        at = ground.demand_position[demand_id]
        for name in names:
            if ground.broken[ground.position[name], at]:
                yield _wrong_pin(ground, at, name)


def _wrong_pin(ground: Ground, at: int, name: str) -> Reason:
    """Return why a pinned provider may not answer a demand."""
    broken = int(ground.broken[ground.position[name], at])
    demand_id = ground.demands[at].demand_id
    if broken & int(Misfit.BAN):
        return _reason("pin_banned", demand=demand_id, provider=name)
    rules = tuple(rule.value for rule, bits in BITS_OF.items() if broken & int(bits))
    return _reason("pin_unfit", demand=demand_id, provider=name, rules=rules)


def _too_many_pins(ground: Ground) -> Iterator[Reason]:
    for demand_id, names in sorted(ground.pins.items()):
        at = ground.demand_position[demand_id]
        most = members_most(ground.demands[at])
        if len(names) > most:
            yield _reason("pins_many", demand=demand_id, pins=len(names), most=most)
        places = np.array([ground.position[name] for name in names], np.int64)
        for one, other in combinations(places.tolist(), 2):
            if ground.quarrel(np.array([one]), np.array([other]))[0]:
                pair = tuple(ground.providers[p].provider_id for p in (one, other))
                yield _reason("pins_quarrel", demand=demand_id, providers=pair)


def _pins_of_providers(ground: Ground) -> Iterator[Reason]:
    served: dict[str, list[int]] = {}
    for demand_id, names in sorted(ground.pins.items()):
        for name in names:
            served.setdefault(name, []).append(ground.demand_position[demand_id])
    for name, demands in sorted(served.items()):
        provider = ground.position[name]
        ids = tuple(ground.demands[at].demand_id for at in demands)
        places = int(ground.places[provider])
        if len(demands) > places:
            yield _reason(
                "pins_overbook", provider=name, pins=len(demands), places=places, demands=ids
            )
        least = sum(_least_share(ground, at) for at in demands)
        if least > ground.months[provider]:
            yield _reason(
                "pins_months",
                provider=name,
                needed=least,
                found=int(ground.months[provider]),
                demands=ids,
            )
        for one, other in combinations(demands, 2):
            if other in ground.rivals[one].tolist():
                rivals = tuple(ground.demands[at].demand_id for at in (one, other))
                yield _reason("pins_compete", provider=name, demands=rivals)


def _least_share(ground: Ground, at: int) -> int:
    demand = ground.demands[at]
    return -(-demand.person_months // members_most(demand))


def sum_causes(ground: Ground, required: frozenset[int]) -> tuple[Reason, ...]:
    """Return that required demands take more places or person-months than their candidates have."""
    if not required:
        return ()
    who = np.zeros(len(ground.providers), np.bool_)
    for at in required:
        who[ground.views[at].providers] = True
    needed = sum(ground.views[at].least for at in required)
    found = int(np.minimum(ground.places[who], len(required)).sum())
    causes = []
    if found < needed:
        causes.append(_reason("places_short", demands=len(required), needed=needed, found=found))
    work = sum(ground.demands[at].person_months for at in required)
    months: Ints = ground.months[who]
    if not (months >= OPEN).any() and months.sum() < work:
        found = int(months.sum())
        causes.append(_reason("work_short", demands=len(required), needed=work, found=found))
    return tuple(causes)


def floor_causes(ground: Ground, alone: list[int | None], floor: int) -> tuple[Reason, ...]:
    """Return the demands whose best consortium, with everything to itself, is below a floor."""
    return tuple(
        _reason(
            "floor_unreachable",
            demand=ground.demands[at].demand_id,
            floor=decimal(floor),
            best=decimal(best),
        )
        for at, best in enumerate(alone)
        if best is not None and best < floor
    )


def decimal(nano: int) -> str:
    """Return billionths as a decimal, exactly, without trailing zeros."""
    whole, rest = divmod(abs(nano), 10**9)
    tail = f".{rest:09}".rstrip("0") if rest else ""
    return f"{'-' if nano < 0 else ''}{whole}{tail}"


def _reason(code: str, **params: Param) -> Reason:
    return Reason(code=code, params=params)
