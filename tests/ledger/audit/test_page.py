"""The page on audits lists every code with the words that the code has for it."""

from __future__ import annotations

import re
from pathlib import Path

from ledger.audit.findings import CODES

PAGE = (Path(__file__).parents[3] / "docs" / "spec" / "audit.md").read_text("utf-8")


def test_the_findings_are_all_there() -> None:
    """In the order of the code, word for word."""
    section = PAGE.partition("## 3. ")[2].partition("## 4. ")[0]
    rows = re.findall(r"^\| `([A-Z_]+)` \| (.+) \|$", section, re.MULTILINE)
    assert dict(rows) == dict(CODES)
    assert [code for code, _ in rows] == list(CODES)


def test_every_row_of_the_threat_model_has_its_test() -> None:
    """Each code of the table is expected by some tampering test."""
    section = PAGE.partition("## 4. ")[2]
    codes = set(re.findall(r"`([A-Z_]{6,})`", section))
    folder = Path(__file__).parents[2] / "faults" / "tampering"
    tests = "".join(path.read_text("utf-8") for path in folder.glob("test_*.py"))
    classes = {"WRONG_LOG": "WrongLog", "EXPIRED": "Expired", "STALE_HEAD": "StaleHead"}
    assert [
        code for code in codes if code not in tests and classes.get(code, "?") not in tests
    ] == []
