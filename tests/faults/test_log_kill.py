"""Kill -9 of processes that append: nothing promised is lost, whatever the step."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import pytest

from tests.support.crashes import STEPS, Trial

SEED = 20_250_601
KILLS_LONG = 200 if os.environ.get("PARKLOOM_LONG") == "full" else 50


@pytest.fixture
def trial(database_url: str, tmp_path: Path) -> Trial:
    """Return a trial on each kind of database."""
    return Trial(database_url, tmp_path)


@pytest.mark.parametrize("kills", [3, pytest.param(KILLS_LONG, marks=pytest.mark.long)])
@pytest.mark.timeout(3600)
def test_kills_at_any_moment(trial: Trial, kills: int):
    """Two processes append at once; all die at a random moment; the next two go on."""
    random_source = random.Random(SEED)
    for _ in range(kills):
        before = len(trial.receipts())
        trial.start()
        trial.start()
        trial.wait_for_receipts(before + random_source.randint(1, 12))
        time.sleep(random_source.uniform(0, 0.02))
        trial.kill()
        trial.verify()
    assert len(trial.receipts()) > kills


@pytest.mark.parametrize("occurrence", [1, pytest.param(5, marks=pytest.mark.long)])
def test_a_kill_at_every_step(trial: Trial, occurrence: int):
    """The process dies between two named steps of the append, each in turn."""
    for step in STEPS:
        child = trial.start(step=step, occurrence=occurrence)
        child.join(60)
        assert child.exitcode == -signal.SIGKILL, f"{step}: {trial.output()}"
        trial.verify()


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_kills_across_the_steps(trial: Trial):
    """Each kill is at a named step, for a random how-manieth time; two processes append."""
    random_source = random.Random(SEED + 1)
    for number in range(KILLS_LONG):
        step = STEPS[number % len(STEPS)]
        survivor = trial.start()
        child = trial.start(step=step, occurrence=random_source.randint(1, 6))
        child.join(120)
        assert child.exitcode == -signal.SIGKILL, f"{step}: {trial.output()}"
        assert survivor.is_alive(), trial.output()
        trial.kill()
        trial.verify()


def test_the_other_process_goes_on(trial: Trial):
    """One of two dies with the lock in its hands: the other takes over without a restart."""
    survivor = trial.start()
    trial.wait_for_receipts(3)
    victim = trial.start(step="in transaction", occurrence=2)
    victim.join(60)
    assert victim.exitcode == -signal.SIGKILL, trial.output()
    before = len(trial.receipts())
    trial.wait_for_receipts(before + 10)
    assert survivor.is_alive(), trial.output()
    trial.kill()
    trial.verify()
