"""Verify a certificate against its problem: every number is computed again."""

from __future__ import annotations

from typing import Any, NamedTuple

from .bundle import Bundle
from .charges import Charges
from .document import Document
from .plan import worth_fen
from .proofs import bound_fen
from .refusal import NotProved, require
from .rules import read_rules

CELLS_MAX = 128
MILLION = 1_000_000


class Verdict(NamedTuple):
    """What was proved: the plan is valid and worth the objective, and none beats the bound.

    `computed_bound_fen` is what the prices and proofs give: at most `upper_bound_fen`.
    """

    problem_sha256: str
    objective_fen: int
    upper_bound_fen: int
    computed_bound_fen: int
    gap_ppm: int
    rules: tuple[str, ...]
    served: int
    orders: int


def verify(document: Document, bundle: Bundle) -> Verdict:
    """Return what a certificate proves about the problem in a bundle.

    Raises
    ------
    NotProved
        With the code of the first thing that does not hold.
    """
    rules = read_rules(bundle, document.rules)
    digest = bundle.digest(document.rules)
    same = digest == document.problem_sha256
    require(same, "digest", f"the bundle is {digest}, certified is {document.problem_sha256}")
    objective, bound = document.objective_fen, document.upper_bound_fen
    worth = worth_fen(bundle, rules, document.plan)
    total, decided = sum(worth.values()), sum(worth[name] for name in rules.decided)
    require(total == objective, "claim-objective", f"claimed {objective}, recomputed {total}")
    require(objective <= bound, "claim-bound", f"objective {objective}, claimed bound {bound}")
    gap = gap_ppm(objective, bound)
    require(gap == document.gap_ppm, "gap", f"claimed {document.gap_ppm}, recomputed {gap}")
    cells = document.cells
    require(1 <= cells <= CELLS_MAX, "cells", f"expected 1..{CELLS_MAX}, got {cells}")
    try:
        charges = Charges(bundle, rules, document.prices, scale=document.scale)
        computed = decided + bound_fen(charges, _proofs(bundle, document.proofs), cells=cells)
    except OverflowError as error:
        raise NotProved("too-large", f"numbers do not fit into 64 bits: {error}") from error
    message = f"claimed {bound}, the prices and proofs give no less than {computed}"
    require(computed <= bound, "bound", message)
    names = tuple(sorted(document.rules))
    served = len({row[0] for row in document.plan})
    return Verdict(digest, objective, bound, computed, gap, names, served, len(bundle.orders))


def gap_ppm(objective: int, bound: int) -> int:
    """Return (bound - objective) / bound in millionths, rounded up; 0 when the bound is 0."""
    return -((objective - bound) * MILLION // bound) if bound > 0 else 0


def _proofs(bundle: Bundle, rows: Any) -> dict[str, list[Any]]:
    proofs: dict[str, list[Any]] = {}
    for row in rows:
        match row:
            case [str(name), list(given)] if name in bundle.orders and name not in proofs:
                proofs[name] = given
            case _:
                message = f"{row}: expected [order, proofs], each order of the problem once"
                raise NotProved("proof", message)
    return proofs
