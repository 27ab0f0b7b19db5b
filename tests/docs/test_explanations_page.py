"""Section 9 of the capacity page: its table of repairs and its scenarios are what the code has."""

from __future__ import annotations

import re
from pathlib import Path

from data.importers.bundle import read_files
from data.importers.report import RejectList
from data.importers.scenarios import read_scenarios
from matching.capacity.explaining.changes import AMOUNTS, KINDS
from matching.explain import names_in
from matching.explain_repairs import REPAIRS
from tests.docs.test_capacity_page import FILES, PAGE, example


def section() -> str:
    text = PAGE.read_text("utf-8")
    return text[text.index("## 9. Explanations") :]


def test_the_table_of_repairs_is_complete():
    """Every kind is there in its order, with all parameters that its texts name."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in section().splitlines()
        if line.startswith("| `")
    ]
    assert [row[0].strip("`") for row in rows] == [*KINDS, *AMOUNTS]
    for code, _, parameters in rows:
        listed = re.findall(r"`(\w+)`", parameters)
        assert listed == sorted(listed)
        for text in REPAIRS[code.strip("`")]:
            assert set(names_in(text)) <= set(listed)


def test_the_scenarios_of_the_page_can_be_read(tmp_path: Path):
    """They are scenarios of the example of section 1, and change it."""
    found = re.search(r"<!-- scenarios -->\n```json\n(.*?)```", section(), re.DOTALL)
    assert found is not None
    path = tmp_path / "scenarios.json"
    path.write_text(found[1])
    files = {name: example(name) for name in FILES}
    problem = read_files(files, RejectList("page")).required()
    scenarios = read_scenarios(path, problem).required()
    assert len(scenarios) == 5
    assert len({one.apply(problem).digest for one in scenarios} | {problem.digest}) == 6
