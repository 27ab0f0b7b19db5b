"""Kill -9 of processes that append: nothing promised is lost, whatever the step."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import pytest

from tests.support.crashes import PATIENCE_S, STEPS, Trial

SEED = 20_250_601
KILLS = 25
ROUNDS = 8 if os.environ.get("PARKLOOM_LONG") == "full" else 2
LONG = [pytest.param(KILLS, n, marks=pytest.mark.long, id=f"{KILLS}-{n}") for n in range(ROUNDS)]
"""Rounds of kills, each on a new log with chances of its own: 200 kills in the whole campaign."""


@pytest.fixture
def trial(database_url: str, tmp_path: Path) -> Trial:
    """Return a trial on each kind of database."""
    return Trial(database_url, tmp_path)


@pytest.mark.parametrize(("kills", "seed"), [(3, 0), *LONG])
@pytest.mark.timeout(7200)
def test_kills_at_any_moment(trial: Trial, kills: int, seed: int):
    """Two processes append at once; all die at a random moment; the next two go on."""
    random_source = random.Random(SEED + seed)
    for _ in range(kills):
        before = len(trial.receipts())
        trial.start()
        trial.start()
        trial.wait_for_receipts(before + random_source.randint(1, 12))
        time.sleep(random_source.uniform(0, 0.02))
        trial.kill()
        trial.verify()
    assert len(trial.receipts()) > kills


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("occurrence", [1, pytest.param(5, marks=pytest.mark.long)])
def test_a_kill_at_every_step(trial: Trial, occurrence: int):
    """The process dies between two named steps of the append, each in turn."""
    for step in STEPS:
        child = trial.start(step=step, occurrence=occurrence)
        child.join(PATIENCE_S)
        assert child.exitcode == -signal.SIGKILL, f"{step}: {trial.output()}"
        trial.verify()


@pytest.mark.parametrize(("kills", "seed"), LONG)
@pytest.mark.timeout(7200)
def test_kills_across_the_steps(trial: Trial, kills: int, seed: int):
    """Each kill is at a named step, for a random how-manieth time; two processes append."""
    random_source = random.Random(SEED + seed)
    for number in range(kills * seed, kills * (seed + 1)):
        step = STEPS[number % len(STEPS)]
        survivor = trial.start()
        child = trial.start(step=step, occurrence=random_source.randint(1, 6))
        child.join(PATIENCE_S)
        assert child.exitcode == -signal.SIGKILL, f"{step}: {trial.output()}"
        assert survivor.is_alive(), trial.output()
        trial.kill()
        trial.verify()


def test_the_other_process_goes_on(trial: Trial):
    """One of two dies with the lock in its hands: the other takes over without a restart."""
    survivor = trial.start()
    trial.wait_for_receipts(3)
    victim = trial.start(step="in transaction", occurrence=2)
    victim.join(PATIENCE_S)
    assert victim.exitcode == -signal.SIGKILL, trial.output()
    before = len(trial.receipts())
    trial.wait_for_receipts(before + 10)
    assert survivor.is_alive(), trial.output()
    trial.kill()
    trial.verify()
