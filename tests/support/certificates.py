"""Certificates of small problems, made without the optimiser, and how to check them."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from data.exporters.bundle import write_bundle
from data.exporters.certificate import write_certificate
from matching.capacity.certificate import Certificate
from matching.capacity.check import check
from matching.capacity.plan import PlanLine, Price
from matching.capacity.problem import Problem
from matching.capacity.rules import Rules, canonical_rules
from matching.certificate.bundle import Bundle, read_bundle
from matching.certificate.charges import Charges
from matching.certificate.document import read_document
from matching.certificate.proofs import bound_fen
from matching.certificate.rules import read_rules
from matching.certificate.verify import Verdict, verify
from tests.support.oracle import ways

Proofs = Mapping[str, list[Any]]


def bundle_of(problem: Problem) -> Bundle:
    """Return a problem as the checker reads it, through its files."""
    with tempfile.TemporaryDirectory() as folder:
        write_bundle(Path(folder), problem)
        return read_bundle(Path(folder))


def some_plan(problem: Problem) -> tuple[PlanLine, ...]:
    """Return a valid plan: the best way of each order that still fits beside those before."""
    free = {
        (offer.offer_id, week): minutes
        for offer in problem.offers
        for week, minutes in enumerate(offer.idle_minutes)
    }
    plan: list[PlanLine] = []
    for order in problem.orders:
        for way in sorted(ways(problem, order), key=lambda way: -way.profit):
            if all(free[offer, week] >= minutes for offer, week, minutes in way.usage):
                plan.extend(way.lines)
                for offer, week, minutes in way.usage:
                    free[offer, week] -= minutes
                break
    return tuple(plan)


def charges_of(
    bundle: Bundle,
    prices: Iterable[Price] = (),
    *,
    scale: int = 1_000_000,
    rules: Rules | None = None,
) -> Charges:
    """Return the checker's numbers of a problem at prices."""
    rows = [[p.offer_id, p.week, p.millifen_per_minute] for p in prices]
    known = canonical_rules(rules or Rules())
    return Charges(bundle, read_rules(bundle, known), rows, scale=scale)


def make_certificate(
    problem: Problem,
    plan: tuple[PlanLine, ...],
    prices: tuple[Price, ...] = (),
    proofs: Proofs | None = None,
    *,
    cells: int = 8,
) -> Certificate:
    """Return a certificate that claims exactly what the prices and proofs give."""
    charges, given = charges_of(bundle_of(problem), prices), proofs or {}
    objective = check(problem, plan).objective_fen
    assert objective is not None
    return Certificate(
        problem_sha256=problem.digest,
        rules={},
        objective_fen=objective,
        upper_bound_fen=bound_fen(charges, given, cells=cells),
        seed=1,
        scale=charges.scale,
        cells=cells,
        plan=plan,
        prices=prices,
        proofs=tuple((order_id, tuple(rows)) for order_id, rows in sorted(given.items())),
    )


def verify_files(certificate: Certificate, problem: Problem, folder: Path) -> Verdict:
    """Write a certificate and its bundle, and verify the files."""
    write_bundle(folder / "bundle", problem)
    write_certificate(folder / "certificate.json", certificate)
    return verify(read_document(folder / "certificate.json"), read_bundle(folder / "bundle"))


def random_prices(
    problem: Problem, draw: random.Random, *, most: int = 30_000
) -> tuple[Price, ...]:
    """Return a price for about two thirds of the offer-weeks."""
    return tuple(
        Price(offer_id=offer.offer_id, week=week, millifen_per_minute=draw.randint(0, most))
        for offer in problem.offers
        for week in range(problem.settings.weeks)
        if draw.random() < 2 / 3
    )


def random_proofs(problem: Problem, draw: random.Random, *, scale: int) -> dict[str, list[Any]]:
    """Return well-formed proofs with arbitrary numbers for some numbers of lots of each order."""
    proofs: dict[str, list[Any]] = {}
    weeks = range(problem.settings.weeks)
    for order in problem.orders:
        offers = [f.offer_id for f in problem.offers if f.process == order.operations[0].process]
        rows = []
        for lots in range(1, min(3, order.max_lots, order.quantity) + 1):
            multipliers = [
                [
                    draw.choice((0, draw.randint(0, 8192))),
                    [
                        [offer, week, draw.randint(0, 20 * scale)]
                        for offer in offers
                        for week in weeks
                        if draw.random() < 1 / 3
                    ],
                ]
                for _ in range(draw.randint(0, 2))
            ]
            steps, kept = len(order.operations), len(multipliers)
            nodes = random_nodes(draw, lots, steps=steps, offers=offers, weeks=weeks, kept=kept)
            rows.append([lots, multipliers, nodes])
        proofs[order.order_id] = draw.sample(rows, draw.randint(0, len(rows)))
    return proofs


def random_nodes(
    draw: random.Random, lots: int, *, steps: int, offers: list[str], weeks: range, kept: int
) -> list[list[Any]]:
    """Return nodes that divide arbitrary open cases, and multipliers for some of the others."""
    nodes: list[list[Any]] = []
    open_cases = [(-1, 0)]
    for at in range(draw.randint(0, 6)):
        case = open_cases.pop(draw.randrange(len(open_cases)))
        lot, low, step = draw.randint(1, lots), draw.randint(0, 4), draw.randint(1, steps)
        offer, week = draw.choice(offers), draw.choice(weeks)
        what: list[Any] = draw.choice(
            (
                ["minutes", lot, step, offer, week, low],
                ["minutes", lot, step, offer, week, low],
                ["offer", lot, step, offer],
                ["weeks", lot, step, week],
                ["pieces", lot, low, low + draw.randint(0, 2)],
            )
        )
        nodes.append([*case, *what])
        open_cases += [(at, number) for number in range(3 if what[0] == "pieces" else 2)]
    for case in open_cases:
        if kept and draw.random() < 2 / 3:
            nodes.append([*case, "under", draw.randint(0, kept)])
    return nodes
