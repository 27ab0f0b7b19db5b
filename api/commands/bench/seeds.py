"""Seeds of instances: named, or drawn from a commit so that nobody chose them."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

from api.commands.frame import BadInput

SEEDS_MAX = 1000
DRAWN_BELOW = 1_000_000
SOURCES = Path(__file__).resolve().parent
PACKAGES = ("matching", "ledger", "data", "api")


def parse_seeds(text: str) -> list[int]:
    """Return the seeds of `1-5` or `1,4,9-11`. Raises BadInput when there are none or too many."""
    seeds: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise BadInput(f"--seeds {text}: expected numbers such as 1-5 or 1,4,9", seeds=text)
        least, most = int(first), int(last if dash else first)
        if len(seeds) + most - least >= SEEDS_MAX:  # before they are listed: there may be billions
            raise BadInput(f"--seeds {text}: at most {SEEDS_MAX} seeds", seeds=text)
        seeds.extend(range(least, most + 1))
    if not seeds:
        raise BadInput(f"--seeds {text}: names no seed", seeds=text)
    return seeds


def drawn_seeds(commit: str, count: int) -> list[int]:
    """Return seeds that follow from a commit alone.

    Seed number i (1..count) is SHA-256 of the text `COMMIT:i`, read as a number of 256 bits,
    modulo 1,000,000.
    """
    texts = (f"{commit}:{number}".encode() for number in range(1, count + 1))
    return [int(hashlib.sha256(text).hexdigest(), 16) % DRAWN_BELOW for text in texts]


def current_commit() -> str:
    """Return the commit that these sources are at, 40 or 64 hex digits.

    Raises
    ------
    BadInput
        When the sources are not a git checkout with a commit, or differ from it: then the code
        that is measured is not the one that the seeds were drawn from.
    """
    commit = _git("rev-parse", "HEAD")
    packages = [f":/{name}" for name in PACKAGES]
    if _git("status", "--porcelain", "--", *packages):
        raise BadInput("--seeds-from-commit: the sources differ from their commit; commit first.")
    return commit


def _git(*arguments: str) -> str:
    git = shutil.which("git")
    if git is None:
        raise BadInput("--seeds-from-commit: git is not installed; use --seeds instead.")
    done = subprocess.run(  # noqa: S603 - git, found on the path, with fixed arguments
        [git, "-C", str(SOURCES), *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode != 0:
        raise BadInput(
            "--seeds-from-commit: the sources are not a git checkout with a commit; "
            f"use --seeds instead ({done.stderr.strip()[:100]})"
        )
    return done.stdout.strip()
