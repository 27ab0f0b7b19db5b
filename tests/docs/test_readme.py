"""The transcript on README's first screen is what `parkloom demo` prints."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# names and reasons
VARYING = {"refused", "order", "seller", "buyer", "lender", "tampered copy", "first team", "why"}
ROW = re.compile(r"^(\S+(?: \S+)*?)(?:  +)(\S.*)$")


def rows(text: str) -> list[tuple[str, str]]:
    """Return label and value of each row, wrapped lines joined, numbers and hashes masked."""
    found: list[tuple[str, str]] = []
    for line in text.splitlines():
        if line.startswith(" ") and found:
            label, value = found[-1]
            found[-1] = (label, f"{value} {line.strip()}")
        elif row := ROW.match(line.rstrip()):
            found.append((row[1], row[2]))
        elif line.strip():
            found.append((line.strip(), ""))
    return [(label, "" if label in VARYING else masked(value)) for label, value in found]


def masked(value: str) -> str:
    """Replace handles and numbers, which differ from run to run."""
    plain = re.sub(r"\d[\d,.:-]*", "#", re.sub(r"\b[0-9a-f]{8}\.\.\.", "#", value))
    return "; ".join(sorted(plain.split("; ")))  # claims stand in the order of random handles


def transcript() -> str:
    """Return the first `text` block of README.md."""
    return (ROOT / "README.md").read_text(encoding="utf-8").split("```text\n")[1].split("```")[0]


def test_the_transcript_is_what_the_demo_prints(tmp_path: Path):
    environment = {name: value for name, value in os.environ.items() if "PARKLOOM" not in name}
    played = subprocess.run(
        [sys.executable, "-m", "api.cli", "demo", "--seconds", "1"],
        cwd=tmp_path,
        env={**environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert played.returncode == 0, played.stderr
    summary = played.stdout.split("Start the server")[0]
    assert rows(summary[summary.index("What was matched") :]) == rows(transcript())


def test_the_chinese_page_names_the_same_commands():
    english = (ROOT / "README.md").read_text(encoding="utf-8")
    chinese = (ROOT / "README.zh-CN.md").read_text(encoding="utf-8")
    commands = re.findall(r"^\.venv/bin/parkloom .*?(?=  )", english, re.MULTILINE)
    assert len(commands) >= 5
    assert [command for command in commands if command not in chinese] == []


def test_every_link_leads_somewhere():
    for page in (ROOT / "README.md", ROOT / "README.zh-CN.md", ROOT / "CONTRIBUTING.md"):
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
