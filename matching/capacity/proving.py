"""The trees that the kernels bounded an order with, as values that a certificate can carry."""

from __future__ import annotations

import numpy as np

from matching.capacity.columns import MAX_LOTS, Columns, Ints
from matching.capacity.kernels.bounding import LOTS, Proof
from matching.capacity.proofs import (
    MINUTES,
    MORE_LOTS,
    NO_DUALS,
    NOTHING,
    OFFER,
    WEEKS,
    CaseNode,
    LotsProof,
    Multipliers,
)

# columns of a node in `bounding.h`
PARENT, WHICH, COST, KIND, LOT, ENTRY, WEEK, LOW, HIGH, NODE_DUALS = 0, 1, 2, 4, 5, 6, 7, 8, 9, 10
PLAIN, NODES, DUALS = range(3)  # columns of the numbers


class Tracer:
    """Reads what `prove_order` has written about one order."""

    def __init__(self, c: Columns, order: int, proof: Proof) -> None:
        first = int(c.rows[c.steps[order]])
        self._offers = c.entries[first : c.rows[c.steps[order + 1]]]
        self._firsts = c.rows[c.steps[order] : c.steps[order + 1]] - first
        self._weeks = c.weeks
        self._proof = proof
        self._lots_max = int(min(MORE_LOTS, c.orders[order, MAX_LOTS]))

    def proofs(self, cost: int) -> tuple[LotsProof, ...]:
        """Return why the order costs at least `cost`, for each number of lots that needs a reason.

        A number of lots whose relaxation costs as much without multipliers needs none.
        """
        found = []
        for lots in range(1, self._lots_max + 1):
            if self._proof.numbers[lots - 1, PLAIN] >= cost:
                continue
            found.append(self._more_lots() if lots == MORE_LOTS else self._exactly(lots, cost))
        return tuple(found)

    def _more_lots(self) -> LotsProof:
        duals = int(self._proof.numbers[MORE_LOTS - 1, DUALS])
        if duals == NO_DUALS:
            return LotsProof(lots=MORE_LOTS)
        root = CaseNode(-1, 0, NOTHING, 0, 0, 0, 0, 0, 0, 1)
        kept = self._multipliers(LOTS, duals)
        return LotsProof(lots=MORE_LOTS, multipliers=(kept,), nodes=(root,))

    def _exactly(self, lots: int, cost: int) -> LotsProof:
        made = int(self._proof.numbers[lots - 1, NODES])
        nodes = self._proof.nodes[lots - 1, :made]
        place, parents = _needed(nodes, cost)
        numbers: dict[int, int] = {}
        rows = []
        for at in place:
            duals = int(nodes[at, NODE_DUALS])
            if at in parents:
                duals = NO_DUALS
            elif duals > NO_DUALS:
                duals = numbers.setdefault(duals, len(numbers) + 1)
            rows.append(self._node(nodes[at], place, duals, divided=at in parents))
        kept = tuple(self._multipliers(lots, number) for number in numbers)
        return LotsProof(lots=lots, multipliers=kept, nodes=tuple(rows))

    def _node(self, node: Ints, place: dict[int, int], duals: int, *, divided: bool) -> CaseNode:
        parent = place.get(int(node[PARENT]), -1)
        kind = int(node[KIND]) if divided else NOTHING
        if kind == NOTHING:
            return CaseNode(parent, int(node[WHICH]), NOTHING, 0, 0, 0, 0, 0, 0, duals)
        entry, lot, low = int(node[ENTRY]), int(node[LOT]), int(node[LOW])
        step = int(np.searchsorted(self._firsts, entry, side="right")) - 1
        week = int(node[WEEK])
        what = {
            MINUTES: (lot, step, int(self._offers[entry]), week, low, 0),
            OFFER: (lot, step, int(self._offers[entry]), 0, 0, 0),
            WEEKS: (lot, step, 0, week, 0, 0),
        }.get(kind, (lot, 0, 0, 0, low, int(node[HIGH])))
        return CaseNode(parent, int(node[WHICH]), kind, *what, duals)

    def _multipliers(self, lots: int, number: int) -> Multipliers:
        strain, first, end = self._proof.duals[lots - 1, number].tolist()
        own = [
            (int(self._offers[place // self._weeks]), place % self._weeks, parts)
            for place, parts in self._proof.owns[lots - 1, first:end].tolist()
        ]
        return Multipliers(strain, tuple(own))


def _needed(nodes: Ints, cost: int) -> tuple[dict[int, int], set[int]]:
    """Return the nodes that are needed with their new places, and those of them with cases.

    What lies below a node that costs enough by itself is not needed.
    """
    place, parents, dropped = {0: 0}, set[int](), set[int]()
    for at in range(1, len(nodes)):
        parent = int(nodes[at, PARENT])
        if parent in dropped or nodes[parent, COST] >= cost:
            dropped.add(at)
        else:
            place[at] = len(place)
            parents.add(parent)
    return place, parents
