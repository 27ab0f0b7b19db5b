"""What the optimiser certifies is what the stand-alone checker computes, order by order."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from data.exporters.bundle import write_bundle
from data.exporters.certificate import write_certificate
from data.importers.bundle import read_bundle as read_product
from data.samples.random_instance import write_instance
from matching.capacity.bounds import Bounder, Effort
from matching.capacity.certificate import certify, price_table, proof_rows
from matching.capacity.columns import build_columns
from matching.capacity.plan import CapacityResult, Price
from matching.capacity.problem import Quotation
from matching.capacity.proofs import CaseNode, LotsProof, Multipliers
from matching.capacity.rules import Agreed, Ban, Keep, LocalFirst, Rules
from matching.capacity.solve import solve
from matching.certificate.__main__ import PROVED, main
from matching.certificate.bundle import read_bundle
from matching.certificate.document import read_document
from matching.certificate.proofs import bound_fen, earned
from matching.certificate.verify import verify
from matching.limits import Limits
from matching.result import Status
from tests.docs import test_capacity_page as page
from tests.support.certificates import bundle_of, charges_of, random_prices
from tests.support.oracle import tiny_problem

EFFORTS = (
    Effort(steps=0, nodes=1, cells=16),
    Effort(steps=30, nodes=61, cells=64),
    Effort(steps=8, nodes=40, cells=8, node_steps=4),
)


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    """Return the folder of a generated instance in which some orders allow many lots."""
    folder = tmp_path_factory.mktemp("instance")
    write_instance(folder, orders=120, offers=100, seed=1)
    problem = read_product(folder).required()
    orders = tuple(
        replace(order, max_lots=5) if order.max_lots == 3 else order for order in problem.orders
    )
    write_bundle(folder, replace(problem, orders=orders))
    return folder


def some_prices(problem):
    """Return a price for every second offer-week."""
    return tuple(
        Price(offer_id=offer.offer_id, week=week, millifen_per_minute=400 * (at % 3))
        for at, offer in enumerate(problem.offers)
        for week in range(at % 2, problem.settings.weeks, 2)
    )


@pytest.mark.parametrize("effort", EFFORTS)
def test_the_checker_computes_the_same_integer_for_each_order(instance, effort):
    """The proofs of the kernels give their bound; plain orders need none."""
    problem = read_product(instance).required()
    columns, prices = build_columns(problem), some_prices(problem)
    bounder, millifen = Bounder(problem, columns), price_table(problem, columns, prices)
    found = bounder.earned(millifen, effort)
    proofs = dict(proof_rows(problem, bounder.proofs(millifen, effort, bounder.able)))
    charges = charges_of(read_bundle(instance), prices, scale=bounder.charges.scale)

    computed = [
        earned(charges, order, proofs.get(order.order_id, ()), cells=effort.cells)
        for order in charges.bundle.orders.values()
    ]
    assert computed == found.tolist()
    assert np.count_nonzero(found) > 5
    assert bool(proofs) == (effort.steps > 0)


@pytest.mark.parametrize("seed", range(12))
def test_the_checker_agrees_on_tiny_problems(seed):
    """Few minutes and many lots: here the cases and the price cap decide."""
    draw, problem = random.Random(seed), tiny_problem(seed, lots=5)
    prices, effort = random_prices(problem, draw, most=3_000), EFFORTS[2]
    columns = build_columns(problem)
    bounder, millifen = Bounder(problem, columns), price_table(problem, columns, prices)
    proofs = dict(proof_rows(problem, bounder.proofs(millifen, effort, bounder.able)))
    charges = charges_of(bundle_of(problem), prices, scale=bounder.charges.scale)

    computed = [
        earned(charges, order, proofs.get(order.order_id, ()), cells=effort.cells)
        for order in charges.bundle.orders.values()
    ]
    assert computed == bounder.earned(millifen, effort).tolist()


def quoted(problem, draw):
    """Return a problem with a quotation for about half of the operations on some offer."""
    offers = [offer.offer_id for offer in problem.offers]
    quotations = tuple(
        Quotation(
            order_id=order.order_id,
            step=step,
            offer_id=draw.choice(offers),
            setup_minutes=draw.randint(0, 9),
            minutes_total=draw.randint(1, 60),
            price_fen=draw.randint(0, 4_000),
        )
        for order in problem.orders
        for step in range(1, len(order.operations) + 1)
        if draw.random() < 1 / 2
    )
    return replace(problem, quotations=quotations)


def with_bonus_and_penalty(seed):
    """Return a tiny problem, quotations among it, that pays for local work and for keeping."""
    draw = random.Random(seed)
    problem = quoted(tiny_problem(seed, lots=5), draw)
    result = solve(problem, Limits(seconds=None, work=20, seed=1, workers=1))
    plan = result.plan[draw.choice((0, 2)) :]
    rules = Rules(
        given=plan,
        keep=Keep(penalty_fen=draw.choice((1, 700))) if plan else None,
        local_first=LocalFirst(bonus_fen_per_hour=draw.choice((7, 900, 60_000))),
    )
    return replace(problem, rules=rules)


@pytest.mark.parametrize("seed", range(30))
def test_the_checker_agrees_where_keeping_and_local_work_are_worth_something(seed):
    problem, effort = with_bonus_and_penalty(seed), EFFORTS[2]
    prices, columns = (
        random_prices(problem, random.Random(seed), most=3_000),
        build_columns(problem),
    )
    bounder, millifen = Bounder(problem, columns), price_table(problem, columns, prices)
    proofs = dict(proof_rows(problem, bounder.proofs(millifen, effort, bounder.able)))
    charges = charges_of(
        bundle_of(problem), prices, scale=bounder.charges.scale, rules=problem.rules
    )

    computed = [
        earned(charges, order, proofs.get(order.order_id, ()), cells=effort.cells)
        for order in charges.bundle.orders.values()
    ]
    found = bounder.earned(millifen, effort)
    assert computed == found.tolist()
    assert bound_fen(charges, proofs, cells=effort.cells) == bounder.bound_fen(millifen, found)


@pytest.mark.parametrize("seed", range(6))
def test_a_plan_that_is_paid_for_keeping_and_local_work_is_proved(seed, tmp_path):
    problem = with_bonus_and_penalty(seed)
    result = solve(problem, Limits(seconds=None, work=50, seed=1, workers=1))
    write_certificate(tmp_path / "c.json", certify(problem, result))
    verdict = verify(read_document(tmp_path / "c.json"), bundle_of(problem))

    assert verdict.objective_fen == result.objective_fen
    assert verdict.computed_bound_fen == result.certified_fen


def test_a_solved_instance_is_proved(instance, tmp_path, capsys):
    problem = read_product(instance).required()
    result = solve(problem, Limits(seconds=None, work=200, seed=3, workers=1))
    file = tmp_path / "certificate.json"
    write_certificate(file, certify(problem, result))

    assert main([str(file), str(instance)]) == PROVED
    assert f"bound      {result.bound_fen} fen" in capsys.readouterr().out


def test_a_problem_with_rules_is_proved(tmp_path):
    """The bound accounts for what is banned and what is agreed."""
    rules = Rules(
        bans=(Ban(order_id="O1", enterprise_id="E3"),),
        agreed=(Agreed(order_id="O2", lines=page.plan()[3:]),),
    )
    problem = replace(page.problem(), rules=rules)
    result = solve(problem, Limits(seconds=None, work=50, seed=1, workers=1))
    write_certificate(tmp_path / "c.json", certify(problem, result))
    verdict = verify(read_document(tmp_path / "c.json"), bundle_of(page.problem()))

    assert verdict.rules == ("agreed", "bans")
    assert verdict.objective_fen == result.objective_fen
    assert verdict.computed_bound_fen <= result.bound_fen


def test_what_cannot_be_certified_is_refused():
    nothing = CapacityResult(
        status=Status.NO_SOLUTION_FOUND, plan=(), objective_fen=None, bound_fen=None, seed=1
    )
    with pytest.raises(ValueError, match="certifies nothing"):
        certify(page.problem(), nothing)


def node(parent, case, kind=0, *, low=0, high=0, duals=0):
    """Return a node about the first lot, step, offer and week."""
    return CaseNode(parent, case, kind, 0, 0, 0, 0, low, high, duals)


def test_proofs_become_rows_with_the_multipliers_that_leaves_name():
    """Leaves without multipliers are left out; multipliers that no leaf names as well."""
    proof = LotsProof(
        lots=2,
        multipliers=(Multipliers(5, ()), Multipliers(6, ((1, 2, 3), (0, 1, 9)))),
        nodes=(
            node(-1, 0, 1, low=7, duals=1),
            node(0, 0, 3),
            node(0, 1, 4),
            node(1, 0, duals=2),
            node(1, 1, 2, low=3, high=4),
            node(4, 0),
            node(4, 1, duals=-1),
            node(4, 2),
            node(2, 0),
            node(2, 1),
        ),
    )
    rows = proof_rows(page.problem(), {0: (proof, LotsProof(lots=1))})

    assert rows == (
        (
            "O1",
            (
                [
                    2,
                    [[6, [["F1", 1, 9], ["F2", 2, 3]]]],
                    [
                        [-1, 0, "minutes", 1, 1, "F1", 0, 7],
                        [0, 0, "offer", 1, 1, "F1"],
                        [0, 1, "weeks", 1, 1, 0],
                        [1, 0, "under", 1],
                        [1, 1, "pieces", 1, 3, 4],
                        [4, 1, "price"],
                    ],
                ],
            ),
        ),
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"lots": 0},
        {"lots": 5},
        {"nodes": (node(0, 0),)},
        {"nodes": (node(-1, 0), node(-1, 0))},
        {"nodes": (node(-1, 0, duals=1),)},
        {"nodes": (node(-1, 0, duals=-2),)},
    ],
)
def test_a_proof_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError, match=r"lots|parent|duals"):
        LotsProof(**{"lots": 1, **wrong})


def test_carbon_of_machines_with_decimals_is_exact(tmp_path):
    """The digest and the charges read decimals as fractions, never as floats."""
    offers = tuple(
        replace(offer, carbon_g_per_hour=Fraction("0.1")) for offer in page.problem().offers
    )
    problem = replace(page.problem(), offers=offers)
    result = solve(problem, Limits(seconds=None, work=20, seed=1, workers=1))
    write_certificate(tmp_path / "c.json", certify(problem, result))

    assert verify(read_document(tmp_path / "c.json"), bundle_of(problem)).served == 2
