"""Which problem and which plan a version is: their digests, kept while single orders change.

The digests are those of `Problem.digest` and of the stored plans, byte for byte; the text of each
order and offer is kept, so that a change costs the hashing and not the writing.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

from matching.capacity.plan import PLAN_FORMAT, PlanLine, hashed_rows
from matching.capacity.problem import Offer, Order, Problem, Quotation, canonical
from matching.capacity.rules import NO_RULES, canonical_rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A version of a live plan.

    Parameters
    ----------
    number
        1 for the plan that was loaded.
    snapshot_digest
        SHA-256 of the problem that the plan is for, see `Problem.digest`.
    plan_digest
        SHA-256 of its lines, see `plan_digest`.
    replaces
        Digest of the plan of the version before; None for the first.
    """

    number: int
    snapshot_digest: str
    plan_digest: str
    replaces: str | None


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


class _Sorted:
    """Texts in the order of their keys, one joined to the next."""

    def __init__(self, separator: bytes) -> None:
        self._separator = separator
        self._keys: list[tuple[str, ...]] = []
        self._texts: list[bytes] = []

    def put(self, *key: str, text: bytes) -> None:
        at = bisect_left(self._keys, key)
        if at < len(self._keys) and self._keys[at] == key:
            self._texts[at] = text
        else:
            self._keys.insert(at, key)
            self._texts.insert(at, text)

    def joined(self) -> bytes:
        return self._separator.join(self._texts)


class Digests:
    """The texts of a problem and of a plan, and their digests."""

    def __init__(self, problem: Problem) -> None:
        self._orders, self._offers, self._quotations = (_Sorted(b",") for _ in range(3))
        self._lines = _Sorted(b"")
        self._begun: hashlib._Hash | None = None  # of what comes before the orders
        self._ends = (
            _text(sorted(map(canonical, problem.parks))),
            _text(canonical(problem.settings)),
        )
        rules = problem.rules
        self._rules = "" if rules == NO_RULES else f'"rules":{_text(canonical_rules(rules))},'
        for order in problem.orders:
            self.put_order(order)
        for offer in problem.offers:
            self.put_offer(offer)
        for quotation in problem.quotations:
            self.put_quotation(quotation)

    def put_order(self, order: Order) -> None:
        """Take note of an order."""
        self._orders.put(order.order_id, text=_text(canonical(order)).encode())

    def put_offer(self, offer: Offer) -> None:
        """Take note of an offer, or of its new minutes."""
        self._offers.put(offer.offer_id, text=_text(canonical(offer)).encode())
        self._begun = None

    def put_quotation(self, quotation: Quotation) -> None:
        """Take note of a quotation."""
        # steps are sorted as numbers: written with as many digits as there can be
        key = quotation.order_id, f"{quotation.step:09d}", quotation.offer_id
        self._quotations.put(*key, text=_text(canonical(quotation)).encode())

    def put_lines(self, order_id: str, lines: Iterable[PlanLine]) -> None:
        """Take note of how an order is served now; no lines: not at all."""
        self._lines.put(order_id, text=hashed_rows(lines))

    def snapshot(self) -> str:
        """Return the digest of the problem."""
        if self._begun is None:
            self._begun = hashlib.sha256(b'{"offers":[')
            self._begun.update(self._offers.joined())
            self._begun.update(b'],"orders":[')
        state = self._begun.copy()
        state.update(self._orders.joined())
        parks, settings = self._ends
        state.update(f'],"parks":{parks},"quotations":['.encode())
        state.update(self._quotations.joined())
        state.update(f'],{self._rules}"settings":{settings}}}'.encode())
        return state.hexdigest()

    def plan(self) -> str:
        """Return the digest of the plan."""
        state = hashlib.sha256(PLAN_FORMAT)
        state.update(self._lines.joined())
        return state.hexdigest()
