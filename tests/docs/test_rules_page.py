"""Section 8 of the normative page on capacity says what the code does."""

from __future__ import annotations

import re
from dataclasses import replace

from data.exporters.plan import write_plan
from data.importers.rules import KEYS, read_rules
from matching.capacity import check
from matching.capacity.check import CODES
from matching.capacity.contradictions import contradictions
from matching.explain import parameters
from matching.explain_contradictions import CONTRADICTIONS
from tests.docs.test_capacity_page import PAGE, example, plan, problem


def tables() -> list[list[list[str]]]:
    """Return the tables of section 8: rows of cells, without the heading."""
    section = PAGE.read_text("utf-8").split("\n## 8. Rules")[1].split("\n## ")[0]
    blocks = re.findall(r"(?:^\|.*\n)+", section, re.MULTILINE)
    return [
        [[cell.strip() for cell in row.strip("|").split("|")] for row in block.splitlines()[2:]]
        for block in blocks
    ]


def test_the_example_is_read_and_kept_by_the_plan_of_the_page(tmp_path):
    (tmp_path / "rules.json").write_bytes(example("rules.json"))
    write_plan(tmp_path / "plan.csv", plan())
    ruled = replace(problem(), rules=read_rules(tmp_path / "rules.json", problem()).required())

    report = check(ruled, plan())
    refused = check(ruled, [line for line in plan() if line.order_id != "O2"])

    assert contradictions(ruled) == ()
    assert report.violations == ()
    assert (report.base_fen, report.bonus_fen, report.objective_fen) == (80_997, 2_250, 83_247)
    assert "80,997 + 2,250 = 83,247 fen" in PAGE.read_text("utf-8")
    assert {"agreed", "frozen"} <= set(refused.counts)


def test_every_key_of_the_file_is_on_the_page():
    keys = {row[0].strip("`") for row in tables()[0]}

    assert keys | {"given"} == set(KEYS)
    assert {row[2].strip("`") for row in tables()[0]} - {""} < set(CODES)


def test_every_contradiction_is_on_the_page_with_its_parameters():
    rows = {row[0].strip("`"): row for row in tables()[1]}

    assert set(rows) == set(CONTRADICTIONS)
    for code, row in rows.items():
        assert re.findall(r"`(\w+)`", row[2]) == sorted(parameters(code) - {"known"}), code
