"""Kill -9 of a witness: it never cosigns two roots at one size, and the log goes on with it."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.witnessing.http import HttpFailed, HttpPrefix
from api.witnessing.remote import HttpWitness
from ledger.log import note
from ledger.log.cosigning import Cosigning
from ledger.log.memory import MemoryLogStore
from ledger.log.policy import Policy, PolicyLog, PolicyWitness
from ledger.log.publisher import Publisher
from ledger.log.sequencer import Sequencer
from ledger.log.signer import CheckpointSigner
from tests.support.log_parts import LOG_KEY, ORIGIN, CountingRules, make_request
from tests.support.witness_kills import STEPS, WitnessTrial, lines_of, witness_in
from tests.support.witness_servers import free_port

SEED = 20_251_122
KILLS_LONG = 200 if os.environ.get("PARKLOOM_LONG") == "full" else 25


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[WitnessTrial]:
    """Return a witness that has seen nothing; its processes are gone afterwards."""
    made = WitnessTrial(tmp_path)
    yield made
    made.kill()


@pytest.mark.parametrize("occurrence", [2, pytest.param(7, marks=pytest.mark.long)])
def test_a_kill_at_every_step(trial: WitnessTrial, occurrence: int):
    """Between comparing, persisting, signing and answering, each in turn."""
    for step in STEPS:
        child = trial.start(step=step, occurrence=occurrence)
        child.join(120)
        assert child.exitcode == -signal.SIGKILL, f"{step}: {trial.errors()}"
        trial.verify()


@pytest.mark.parametrize("kills", [3, pytest.param(KILLS_LONG, marks=pytest.mark.long)])
@pytest.mark.timeout(3600)
def test_kills_at_any_moment_of_two_processes_at_once(trial: WitnessTrial, kills: int):
    """Both offer both histories to one memory; the first that is persisted is the only one."""
    source = random.Random(SEED)
    for _ in range(kills):
        before = len(lines_of(trial.folder / "answered.txt"))
        trial.start()
        trial.start()
        trial.wait_for_answers(before + source.randint(1, 6))
        time.sleep(source.uniform(0, 0.02))
        trial.kill()
        trial.verify()
    assert trial.verify() > 0


def wait_until_served(url: str) -> None:
    """Wait until something answers."""
    prefix = HttpPrefix(url, timeout_seconds=2)
    deadline = time.monotonic() + 60
    while True:
        assert time.monotonic() < deadline
        try:
            prefix.request("GET", "x", bytes_max=10_000)
        except HttpFailed:
            time.sleep(0.02)
        else:
            prefix.close()
            return


MIDDLE = "persisted"
"""It has remembered the checkpoint and not cosigned it."""
OTHERS = [pytest.param(step, marks=pytest.mark.long) for step in STEPS if step != MIDDLE]


@pytest.mark.parametrize("step", [MIDDLE, *OTHERS])
def test_a_witness_that_dies_in_the_middle_of_a_request_is_asked_again(
    trial: WitnessTrial, tmp_path: Path, step: str, monkeypatch
):
    """Over real HTTP: the answer is lost, the witness comes back, the checkpoint gets its line."""
    monkeypatch.setattr("ledger.log.peers.PAUSE_MS", (0, 0))
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    key = witness_in(trial.folder).cosigners[0].verifier
    witness = PolicyWitness(name="w", key=key, url=url)
    policy = Policy(logs=(PolicyLog(key=LOG_KEY.verifier),), witnesses=(witness,), quorum="w")
    signer = CheckpointSigner(LOG_KEY, tmp_path / "signer" / "last")
    cosigning = Cosigning(
        policy,
        [(HttpWitness(prefix=HttpPrefix(url)), [key])],
        folder=tmp_path / "public",
        memory=tmp_path / "witnessing",
        open_signed=signer.open,
        alarm=lambda _: None,
    )
    monkeypatch.setattr(cosigning, "_run", lambda: None)  # advanced by hand
    store = MemoryLogStore(ORIGIN)
    publisher = Publisher(store, tmp_path / "public", signer, cosigning=cosigning)
    sequencer = Sequencer(store, CountingRules(), origin=ORIGIN)
    with store.sequencer_lock(5):
        sequencer.process([sequencer.prepare(make_request(f"e{number}")) for number in range(3)])
        publisher.publish()
    child = trial.serve(port, step=step)
    wait_until_served(url)
    assert not cosigning.advance()
    child.join(120)
    assert child.exitcode == -signal.SIGKILL
    assert publisher.published() is None
    trial.serve(port)
    wait_until_served(url)
    assert cosigning.advance()
    published = publisher.published()
    assert published is not None
    assert published.size == 3
    assert policy.evaluate(publisher.read("checkpoint")).cosigned
    assert len({tuple(line) for line in lines_of(trial.folder / "signed.txt")}) == 1
    cosigning.close()
    assert note.split_note(publisher.read("checkpoint"))[1][1].name == "w.example"
