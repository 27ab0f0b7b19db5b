"""The optional constraints of a problem that the checker knows, in the form of its digest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from .bundle import Bundle, Offer, Order
from .refusal import NotProved, require, unreadable

KNOWN = (
    "pins",
    "bans",
    "approved",
    "agreed",
    "given",
    "frozen_weeks",
    "keep_penalty_fen",
    "local_bonus_fen_per_hour",
    "enterprise_share_bps",
    "sme_minimum",
    "carbon_cap_g",
    "must_serve",
)
BPS = 10_000
MINUTES_MAX = 10**7  # of a row, as in the bundle
Rows = Sequence[Sequence[Any]]  # of a plan


class Rules(NamedTuple):
    """Which offers an order may use, what holds for the whole plan, and what adds to its worth.

    The penalty of an order of the given plan that is served otherwise, or not at all, and the bonus
    of an hour worked in the park nearest to the buyer change the objective, so the computed bound
    counts both. The others only take plans away, so that a bound which does not look at one of them
    stays a bound; the computed one looks at pins, bans, approvals, and agreed and frozen orders.
    """

    pins: Mapping[tuple[str, int], frozenset[str]]  # order, step → offers; more than one: none
    banned: frozenset[tuple[str, str, str]]  # order, offer, enterprise: one of the two is ""
    approved: Mapping[str, frozenset[str]]  # order → enterprises
    agreed: Mapping[str, Rows]  # order → rows
    given: Mapping[str, Rows]  # the same: the plan that is kept to, or frozen in part
    frozen_weeks: int
    penalty_fen: int
    bonus_fen_per_hour: int
    must_serve: frozenset[str]
    share_bps: int | None
    sme_minimum: tuple[int, frozenset[str]] | None  # minutes, enterprises
    carbon_g: Fraction | None

    def broken(self, order: Order, step: int, offer: Offer) -> Iterator[str]:
        """Yield the rules that keep an offer from an operation."""
        name, by = order.order_id, offer.enterprise_id
        if any(pin != offer.offer_id for pin in self.pins.get((name, step), ())):
            yield "pin"
        if {(name, offer.offer_id, ""), (name, "", by)} & self.banned:
            yield "ban"
        if by not in self.approved.get(name, {by}):
            yield "not-approved"

    @property
    def frozen(self) -> Mapping[str, Rows]:
        """The given rows of the orders with minutes in the frozen weeks."""
        return {
            name: rows
            for name, rows in self.given.items()
            if any(row[5] < self.frozen_weeks for row in rows)
        }

    @property
    def decided(self) -> Mapping[str, Rows]:
        """The rows of the orders that are served exactly so."""
        return {**self.frozen, **self.agreed}

    def penalty_of(self, order_id: str) -> int:
        """Return what it costs to serve an order otherwise than given, in fen."""
        return self.penalty_fen if order_id in self.given else 0

    def names(self, order: Order) -> bool:
        """Return whether a rule may keep an offer from an operation of the order."""
        steps = range(1, len(order.operations) + 1)
        pinned = any((order.order_id, step) in self.pins for step in steps)
        return pinned or order.order_id in self.approved or bool(self.banned)


def read_rules(bundle: Bundle, found: Mapping[str, Any]) -> Rules:
    """Return the rules of a certificate.

    Raises
    ------
    NotProved
        `rules` when there is one that the checker does not know, or that is malformed.
    """
    unknown = [name for name in found if name not in KNOWN]
    require(not unknown, "rules", f"this checker does not know {', '.join(unknown)}")
    try:
        share, weeks = found.get("enterprise_share_bps"), found.get("frozen_weeks", 0)
        penalty, bonus = found.get("keep_penalty_fen", 0), found.get("local_bonus_fen_per_hour", 0)
        sme, must = found.get("sme_minimum"), found.get("must_serve", [])
        if not all(isinstance(name, str) for name in must):
            unreadable(f"must_serve names what is no order: {must}")
        for number in (share, weeks, penalty, bonus, sme and sme[0]):
            if number is not None and (type(number) is not int or number < 0):
                unreadable(f"{number!r} is no whole number from 0 up")
        agreed, given = (_by_order(bundle, found.get(name, [])) for name in ("agreed", "given"))
        pins: dict[tuple[str, int], frozenset[str]] = {}
        for order_id, offer_id, step in found.get("pins", []):
            key = order_id, _step(bundle, order_id, offer_id, step)
            pins[key] = pins.get(key, frozenset()) | {bundle.offers[offer_id].offer_id}
        return Rules(
            pins,
            frozenset((o, offer, by) for o, offer, by in found.get("bans", [])),
            {order_id: frozenset(names) for order_id, names in found.get("approved", [])},
            agreed,
            given,
            weeks,
            penalty,
            bonus,
            frozenset(must),
            share,
            (sme[0], frozenset(sme[1])) if sme else None,
            Fraction(found["carbon_cap_g"]) if "carbon_cap_g" in found else None,
        )
    except (ValueError, TypeError, LookupError, ZeroDivisionError) as error:
        raise NotProved("rules", f"malformed: {error}") from error


def _step(bundle: Bundle, order_id: str, offer_id: str, step: int) -> int:
    """Return the operation of a pin; 0 means the only one that has the offer's process."""
    process, operations = bundle.offers[offer_id].process, bundle.orders[order_id].operations
    able = [at for at, one in enumerate(operations, 1) if one.process == process]
    if step == 0 and len(able) != 1:
        raise ValueError(f"pin of order {order_id} to {offer_id}: steps {able} have its process")
    return step or able[0]


def _by_order(bundle: Bundle, rows: Rows) -> dict[str, list[Sequence[Any]]]:
    found: dict[str, list[Sequence[Any]]] = {}
    for row in rows:
        order_id, *_, offer_id, week, minutes = row
        right = [type(cell) for cell in row] == [str, int, int, int, str, int, int]
        right = right and order_id in bundle.orders and week in range(bundle.settings.weeks)
        # a given plan may be older than the idle minutes: only what is decided must fit them
        if not right or offer_id not in bundle.offers or not 0 < minutes <= MINUTES_MAX:
            unreadable(f"{row} is no row of a plan")
        found.setdefault(order_id, []).append(row)
    return found


def arrangement(rows: Rows) -> list[list[tuple[Any, ...]]]:
    """Return how an order is made, whatever the order of its rows and the numbers of its lots."""
    lots: dict[Any, list[tuple[Any, ...]]] = {}
    for _, lot, *what in rows:
        lots.setdefault(lot, []).append(tuple(what))
    return sorted(sorted(lot) for lot in lots.values())


def check_orders(rules: Rules, orders: Mapping[str, Rows]) -> None:
    """Hold the rules about single orders against the rows of the orders that are served.

    Raises
    ------
    NotProved
        With the code of section 4.
    """
    frozen = rules.frozen
    for code, decided in (("agreed", rules.agreed), ("frozen", frozen)):
        for name, rows in decided.items():
            if arrangement(orders.get(name, [])) != arrangement(rows):
                raise NotProved(code, f"order {name}: not served as decided")
    for name, rows in orders.items():
        if name not in frozen and min(row[5] for row in rows) < rules.frozen_weeks:
            raise NotProved("frozen", f"order {name}: works in the frozen weeks")
    for name in sorted(rules.must_serve):
        require(name in orders, "must-serve", f"order {name}: refused")


def check_whole(rules: Rules, minutes: Mapping[str, int], carbon_g: Fraction) -> None:
    """Hold the rules about the whole plan against the minutes of each enterprise and the carbon.

    Raises
    ------
    NotProved
        With the code of section 4.
    """
    total = sum(minutes.values())
    for name, worked in sorted(minutes.items()):
        if rules.share_bps is not None and worked * BPS > rules.share_bps * total:
            message = f"enterprise {name}: {worked} of {total} minutes, at most {rules.share_bps}"
            raise NotProved("enterprise-share", f"{message} in {BPS}")
    if rules.carbon_g is not None and carbon_g > rules.carbon_g:
        grams = f"{float(carbon_g):.1f} g, at most {float(rules.carbon_g):.1f} g"
        raise NotProved("carbon-cap", grams)
