"""What the bounding of one order found: the numbers that let anybody recompute its bound.

They are the multipliers and the cases of `docs/spec/capacity.md`, section 7, with offers as
positions in the problem, as the kernels know them. `matching.capacity.certificate` writes them
into a certificate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

NOTHING, MINUTES, PIECES, OFFER, WEEKS = range(5)  # kinds of a node, numbered as in the kernels
NO_DUALS, PRICE_ALONE = 0, -1  # what a node is costed with, beside kept multipliers 1, 2, ...
MORE_LOTS = 4  # stands for every number of lots above three


class Multipliers(NamedTuple):
    """What an order is charged for its own limits.

    `strain` is for the price cap, in 1024ths; `own` has [offer, week, parts of a fen per minute],
    the same for all operations on the offer-week.
    """

    strain: int
    own: tuple[tuple[int, int, int], ...]


class CaseNode(NamedTuple):
    """One case of a branching, and what its own cases are about, if it has any.

    The root has the parent -1. Lots, from the largest down, and operations `step` are 0, 1, ...
    Numbers that a kind does not need are 0.

    MINUTES: case 0, lot and operation take at most `low` minutes of the offer in the week; case 1,
    they take more. PIECES: the lot is smaller than `low`, within `low`..`high`, or larger. OFFER:
    the operation of the lot is not made on the offer, or it is. WEEKS: it ends before week + the
    longest block, or it starts after the week.

    `duals` says what the cost of a leaf was found with: `NO_DUALS`, the number 1, 2, ... of the
    proof's multipliers, or `PRICE_ALONE`: what the buyer pays alone exceeds the price cap.
    """

    parent: int
    case: int
    kind: int
    lot: int
    step: int
    offer: int
    week: int
    low: int
    high: int
    duals: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LotsProof:
    """Why an order in exactly `lots` lots costs at least what was claimed.

    Parameters
    ----------
    lots
        1..3, or `MORE_LOTS`: then there is one node, whose `duals` count.
    multipliers
        Those that nodes name: number 1 is the first.
    nodes
        The branching, a parent before its cases; empty when the root needs no multipliers.

    Raises
    ------
    ValueError
        When a number is out of its range, or a node comes before its parent.
    """

    lots: int
    multipliers: tuple[Multipliers, ...] = ()
    nodes: tuple[CaseNode, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= self.lots <= MORE_LOTS:
            raise ValueError(f"lots must be in 1..{MORE_LOTS}, got {self.lots}")
        for at, node in enumerate(self.nodes):
            if not (-1 <= node.parent < at and (node.parent >= 0) == (at > 0)):
                raise ValueError(f"node {at}: parent {node.parent} does not come before it")
            if not PRICE_ALONE <= node.duals <= len(self.multipliers):
                raise ValueError(
                    f"node {at}: expected duals in {PRICE_ALONE}..{len(self.multipliers)}, "
                    f"got {node.duals}"
                )
