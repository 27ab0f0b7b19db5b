"""The normative page on capacity says what the code does: its files and tables are read here."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from data.exporters.bundle import bundle_bytes
from data.exporters.plan import write_plan
from data.importers.bundle import read_files
from data.importers.report import RejectList
from data.importers.results import read_claim, read_plan
from matching.capacity import PlanLine, Problem, check, check_bound, payments
from matching.capacity.check import CODES
from matching.capacity.eligibility import CODES as RULES
from matching.capacity.reasons import reasons_for
from matching.explain import parameters
from matching.explain_contradictions import CONTRADICTIONS
from matching.explain_texts import TEXTS

PAGE = Path(__file__).parents[2] / "docs" / "spec" / "capacity.md"
FILES = (
    "settings.json",
    "parks.csv",
    "offers.csv",
    "offer_weeks.csv",
    "orders.csv",
    "operations.csv",
    "quotations.csv",
)


def example(name: str) -> bytes:
    """Return a file of the page, with the newline that ends its last line."""
    pattern = rf"<!-- example: {re.escape(name)} -->\n```\w+\n(.*?)```"
    found = re.search(pattern, PAGE.read_text("utf-8"), re.DOTALL)
    assert found, name
    return found[1].encode()


def table(section: int) -> list[list[str]]:
    """Return the rows of the table of a section, without its heading."""
    text = PAGE.read_text("utf-8").split("\n## ")[section]
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@cache
def problem() -> Problem:
    """Return the problem of the page."""
    return read_files({name: example(name) for name in FILES}, RejectList("page")).required()


@cache
def plan() -> tuple[PlanLine, ...]:
    """Return the plan of the page."""
    header, *rows = example("plan.csv").decode().splitlines()
    names = header.split(",")
    cells = [dict(zip(names, row.split(","), strict=True)) for row in rows]
    texts = ("order_id", "offer_id")
    return tuple(
        PlanLine(**{n: cell[n] if n in texts else int(cell[n]) for n in names}) for cell in cells
    )


def test_the_files_are_byte_for_byte_what_is_written(tmp_path):
    assert dict(bundle_bytes(problem())) == {name: example(name) for name in FILES}
    write_plan(tmp_path / "plan.csv", plan())
    assert (tmp_path / "plan.csv").read_bytes() == example("plan.csv")
    assert read_plan(tmp_path / "plan.csv").required() == plan()


def test_the_plan_is_worth_what_the_page_says():
    report = check(problem(), plan())
    claim = json.loads(example("claim.json"))
    profits = {order_id: cost.profit_fen for order_id, cost in report.costs.items()}

    assert report.violations == ()
    assert report.objective_fen == claim["objective_fen"] == 80_997
    assert profits == {"O1": 64_143, "O2": 16_854}
    for number in ("35,857", "64,143", "13,146", "16,854", "80,997 fen", "80,998 fen"):
        assert number in PAGE.read_text("utf-8")


def test_the_exact_costs_are_those_of_the_page():
    first, second = (check(problem(), plan()).costs[order_id] for order_id in ("O1", "O2"))

    assert first.processing * 6 == 25_835 * 6 + 1
    assert first.transport * 5 == 49_373
    assert first.carbon * 1500 == 146 * 1500 + 851
    assert (second.processing, second.transport, second.carbon * 5) == (9_100, 4_000, 228)


def test_the_prices_prove_the_bound_of_the_page(tmp_path):
    (tmp_path / "claim.json").write_bytes(example("claim.json"))
    claim = read_claim(tmp_path / "claim.json").required()

    assert check_bound(problem(), claim.prices) == claim.upper_bound_fen


@pytest.mark.parametrize(
    ("at", "changes", "code"),
    [
        (0, {"minutes": 101}, "capacity"),
        (1, {"minutes": 29}, "work-minutes"),
        (2, {"week": 0}, "sequence"),
        (3, {"offer_id": "F9"}, "unknown-offer"),
    ],
)
def test_one_changed_row_breaks_the_rule_that_it_should(at, changes, code):
    lines = [replace(line, **changes) if n == at else line for n, line in enumerate(plan())]
    report = check(problem(), lines)

    assert code in report.counts
    assert report.objective_fen is None


def test_the_payments_keep_what_the_page_promises():
    report, paid = check(problem(), plan()), payments(problem(), plan())

    for order_id, cost in report.costs.items():
        fen = [payment.fen for (order, _), payment in paid.items() if order == order_id]
        exact = cost.processing + cost.transport
        assert exact <= sum(fen) < exact + len(fen)


def test_the_refused_order_has_the_funnel_of_the_page():
    reason = reasons_for(problem(), plan(), ())["O3"]

    assert reason.code == "no_size"
    assert reason.params["funnel"] == ("all 3", "process 2", "size 0")
    assert "all 3, process 2, size 0" in PAGE.read_text("utf-8")


def test_every_violation_is_on_the_page():
    assert table(4) == [[f"`{code}`", text] for code, text in CODES.items()]


def test_every_rule_is_on_the_page_in_its_order():
    assert table(5) == [[rule, f"`{code}`"] for rule, code in RULES.items()]


def test_every_reason_is_on_the_page_with_its_parameters():
    rows = {row[0].strip("`"): row for row in table(6)}

    assert set(rows) == set(TEXTS) - set(CONTRADICTIONS)
    for code, row in rows.items():
        named = re.findall(r"`(\w+)`", row[3])
        assert named == sorted(parameters(code) - {"known"}), code
