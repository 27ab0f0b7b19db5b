"""NOTICE names the licence of everything that a user installs."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def locked_packages() -> list[str]:
    """Return the names in requirements.lock."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    return re.findall(r"^([a-z0-9._-]+)==", text, re.MULTILINE)


def test_notice_names_every_run_time_package():
    locked = locked_packages()
    named = set(re.findall(r"[a-z0-9][a-z0-9._-]*", (ROOT / "NOTICE").read_text()))
    assert len(locked) > 30
    assert sorted(set(locked) - named) == []


def test_run_time_packages_are_not_gpl():
    """Copyleft packages serve as test peers only; the product must not need them."""
    locked = locked_packages()
    assert "pymerkle" not in locked
