"""A certificate is proved as it is, and never after a change that matters."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import matching.certificate
from data.exporters.bundle import write_bundle
from data.exporters.certificate import certificate_bytes
from matching.capacity.plan import Price
from matching.certificate.__main__ import NOT_PROVED, PROVED, UNREADABLE, main
from matching.certificate.document import Document
from matching.certificate.refusal import NotProved
from matching.certificate.verify import verify
from tests.docs import test_capacity_page as page
from tests.support.certificates import (
    bundle_of,
    make_certificate,
    random_prices,
    some_plan,
    verify_files,
)
from tests.support.oracle import optimum, tiny_problem

PROBLEM, PLAN = page.problem(), page.plan()
ORDER, OFFER = PROBLEM.orders[0], "F1"
PRICES = (Price(offer_id=OFFER, week=0, millifen_per_minute=5_000),)
PROOF = [
    1,
    [[100, [[OFFER, 0, 7_000]]]],
    [[-1, 0, "minutes", 1, 1, OFFER, 0, 1], [0, 1, "under", 1]],
]
CERTIFICATE = make_certificate(PROBLEM, PLAN, PRICES, {ORDER.order_id: [PROOF]}, cells=4)


def document(**changes):
    """Return the certificate as it is read, changed."""
    loaded = json.loads(certificate_bytes(CERTIFICATE))
    del loaded["format"]
    return Document(**{**loaded, **changes})


def code(**changes):
    """Return why a changed certificate is refused."""
    with pytest.raises(NotProved) as refused:
        verify(document(**changes), bundle_of(PROBLEM))
    return refused.value.code


def test_an_honest_certificate_is_proved(tmp_path):
    verdict = verify_files(CERTIFICATE, PROBLEM, tmp_path)

    assert verdict.objective_fen == CERTIFICATE.objective_fen
    assert verdict.computed_bound_fen == verdict.upper_bound_fen == CERTIFICATE.upper_bound_fen
    assert verdict.gap_ppm == CERTIFICATE.gap_ppm


def test_each_way_to_fail_has_its_code():
    bound, objective = CERTIFICATE.upper_bound_fen, CERTIFICATE.objective_fen
    plan = document().plan

    assert code(rules={"zones": []}) == "rules"
    assert code(problem_sha256="0" * 64) == "digest"
    assert code(plan=[[*plan[0][:6], plan[0][6] + 1], *plan[1:]]) in {"capacity", "work-minutes"}
    assert code(objective_fen=objective + 1) == "claim-objective"
    assert code(upper_bound_fen=objective - 1) == "claim-bound"
    assert code(gap_ppm=CERTIFICATE.gap_ppm + 1) == "gap"
    assert code(cells=0) == "cells"
    assert code(scale=999) == "scale"
    lower = bound - 1
    gap = -((objective - lower) * 1_000_000 // lower)
    assert code(upper_bound_fen=lower, gap_ppm=gap) == "bound"


@pytest.mark.parametrize(
    "price",
    [[OFFER, 0, -1], [OFFER, 0, 10**9 + 1], [OFFER, 99, 1], ["F9", 0, 1], [OFFER, 0, True], [], 5],
)
def test_a_wrong_price_is_refused(price):
    assert code(prices=[price]) == "price"
    assert code(prices=[[OFFER, 0, 1], [OFFER, 0, 1]]) == "price"


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (0, 0),
        (0, 4),
        (0, True),
        (1, [[-1, []]]),
        (1, [[8193, []]]),
        (1, [[0, [["F9", 0, 1]]]]),
        (1, [[0, [[OFFER, 0, 1], [OFFER, 0, 2]]]]),
        (1, [[0, [[OFFER, 99, 1]]]]),
        (1, [[0, [[OFFER, 0, -1]]]]),
        (1, [[0, [[OFFER, 0, 10**9 + 1]]]]),
        (1, [[0, 7]]),
        (1, [7]),
        (1, 7),
        (1, []),
        (2, [[-1, 1, "minutes", 1, 1, OFFER, 0, 1]]),
        (2, [[0, 0, "minutes", 1, 1, OFFER, 0, 1]]),
        (2, [[-1, 0, "minutes", 2, 1, OFFER, 0, 1]]),
        (2, [[-1, 0, "minutes", 1, 9, OFFER, 0, 1]]),
        (2, [[-1, 0, "minutes", 1, 1, "F9", 0, 1]]),
        (2, [[-1, 0, "minutes", 1, 1, OFFER, 99, 1]]),
        (2, [[-1, 0, "minutes", 1, 1, OFFER, 0, -1]]),
        (2, [[-1, 0, "pieces", 1, 3, 1]]),
        (2, [[-1, 0, "pieces", 2, 1, 2]]),
        (2, [[-1, 0, "offer", 1, 2, OFFER]]),
        (2, [[-1, 0, "weeks", 1, 3, 2]]),
        (2, [[-1, 0, "months", 1, 1, 2]]),
        (2, [[-1, 0, "under", 2]]),
        (2, [[-1, 0, "under", -1]]),
        (2, [[-1, 0, "price"]]),
        (2, [[-1, False, "pieces", 1, 1, 2]]),
        (2, [[]]),
        (2, 7),
    ],
)
def test_a_malformed_proof_is_refused(at, value):
    proof = [*PROOF[:at], value, *PROOF[at + 1 :]]

    assert code(proofs=[[ORDER.order_id, [proof]]]) == "proof"


def test_a_case_cannot_be_divided_twice():
    """Cases divided once each always cover everything; a second division would hide one."""
    node = PROOF[2][0]

    assert code(proofs=[[ORDER.order_id, [[*PROOF[:2], [node, node]]]]]) == "proof"
    assert code(proofs=[[ORDER.order_id, [[*PROOF[:2], [*PROOF[2], PROOF[2][1]]]]]]) == "proof"
    assert code(proofs=[[ORDER.order_id, [PROOF, PROOF]]]) == "proof"
    assert code(proofs=[[ORDER.order_id, []], [ORDER.order_id, []]]) == "proof"
    assert code(proofs=[["O9", [PROOF]]]) == "proof"


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_no_tampered_number_proves_a_bound_below_the_optimum(seed):
    """Whatever is changed, what is proved is true: the bound is never below the best plan."""
    draw = random.Random(seed)
    problem = tiny_problem(seed)
    best, bundle = optimum(problem), bundle_of(problem)
    certificate = make_certificate(problem, some_plan(problem), random_prices(problem, draw))
    text = json.loads(certificate_bytes(certificate))
    del text["format"]
    for _ in range(6):
        changed = json.loads(json.dumps(text))
        rows = changed[draw.choice(("plan", "prices"))]
        if rows:
            row = draw.choice(rows)
            at = draw.choice([n for n, cell in enumerate(row) if isinstance(cell, int)])
            row[at] = max(0, row[at] + draw.choice((-1000, -1, 1, 1000)))
        changed["upper_bound_fen"] = max(changed["objective_fen"], best - draw.choice((0, 1)))
        bound = changed["upper_bound_fen"]
        gap = -((changed["objective_fen"] - bound) * 1_000_000 // bound) if bound else 0
        changed["gap_ppm"] = gap
        try:
            verdict = verify(Document(**changed), bundle)
        except NotProved:
            continue
        assert verdict.computed_bound_fen >= best


@pytest.fixture
def files(tmp_path):
    """Return the paths of the certificate and its bundle."""
    verify_files(CERTIFICATE, PROBLEM, tmp_path)
    return tmp_path / "certificate.json", tmp_path / "bundle"


def test_the_command_says_what_is_proved(files, capsys):
    assert main([str(path) for path in files]) == PROVED
    shown = capsys.readouterr().out
    assert f"objective  {CERTIFICATE.objective_fen} fen" in shown
    assert shown.endswith("proved\n")

    assert main([*map(str, files), "--json"]) == PROVED
    assert json.loads(capsys.readouterr().out)["status"] == "proved"


def test_the_command_says_why_not(files, capsys):
    worse = replace(CERTIFICATE, objective_fen=CERTIFICATE.objective_fen - 1)
    files[0].write_bytes(certificate_bytes(worse))
    assert main([str(path) for path in files]) == NOT_PROVED
    assert capsys.readouterr().out.startswith("not proved: claim-objective: ")

    assert main([*map(str, files), "--json"]) == NOT_PROVED
    assert json.loads(capsys.readouterr().out)["code"] == "claim-objective"


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:-20],
        lambda text: text.replace("/v1", "/v2"),
        lambda text: text.replace('"seed"', '"weed"'),
        lambda text: text.replace('"seed":1', '"seed":1.5'),
        lambda text: text.replace('"seed":1', '"seed":"1"'),
        lambda text: text.replace('"seed":1', '"seed":1,"seed":1'),
        lambda text: text.replace('"rules":{}', '"rules":0'),
        lambda text: "[" * 100_000,
    ],
)
def test_what_cannot_be_read_has_a_status_of_its_own(files, capsys, change):
    text = files[0].read_text("utf-8")
    assert change(text) != text
    files[0].write_text(change(text), "utf-8")

    assert main([str(path) for path in files]) == UNREADABLE
    assert capsys.readouterr().out.startswith("unreadable: certificate.json: ")


def test_missing_files_are_unreadable(files, tmp_path, capsys):
    assert main([str(tmp_path / "nothing"), str(files[1])]) == UNREADABLE
    assert main([str(files[0]), str(tmp_path)]) == UNREADABLE
    assert capsys.readouterr().out.count("unreadable: ") == 2


def test_the_folder_works_without_the_product(tmp_path):
    """Copied away, with the standard library and numpy alone, it gives the same answer."""
    source = Path(matching.certificate.__file__).parent
    shutil.copytree(source, tmp_path / "certificate", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "certificate.json").write_bytes(certificate_bytes(CERTIFICATE))
    write_bundle(tmp_path / "bundle", PROBLEM)
    probe = (
        "import sys, certificate.__main__ as checker\n"
        "status = checker.main(['certificate.json', 'bundle'])\n"
        "strange = [name for name in sys.modules if name.split('.')[0] in "
        "{'matching', 'data', 'ortools', 'numba', 'pydantic'}]\n"
        "sys.exit(status or len(strange))\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    ran = subprocess.run(
        [sys.executable, "-c", probe],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ran.returncode, ran.stdout.splitlines()[-1:]) == (PROVED, ["proved"]), ran.stderr
