"""The log's side of witnessing with its thread: it asks, waits, tries again, and ends."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.log.cosigning import Cosigning
from ledger.log.publisher import Publisher
from ledger.log.signer import CheckpointSigner
from tests.support.cosigned import Park, three_witnesses
from tests.support.log_parts import LOG_KEY
from tests.support.witnesses import TIME_S


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a witness that failed be asked again at once."""
    monkeypatch.setattr("ledger.log.peers.PAUSE_MS", (0, 0))


@pytest.fixture
def park(tmp_path: Path) -> Park:
    """Return an empty log with three witnesses."""
    return three_witnesses(tmp_path)


def threaded(park: Park, alarm: Callable[[str], None] | None = None) -> Publisher:
    """Return another publisher of the same log, with its thread."""
    signer = CheckpointSigner(LOG_KEY, park.folder / "signer" / "last")
    cosigning = Cosigning(
        park.policy,
        [(one, one.keys) for one in park.remotes],
        folder=park.folder / "public",
        memory=park.folder / "witnessing",
        open_signed=signer.open,
        clock_s=lambda: TIME_S,
        alarm=alarm or park.alarms.append,
    )
    return Publisher(park.store, park.folder / "public", signer, cosigning=cosigning)


def test_the_thread_brings_each_checkpoint_to_its_quorum(park: Park, tmp_path: Path):
    """With its thread: what is offered is published, and closing ends the thread."""
    publisher = threaded(park)
    park.publisher = publisher
    for _ in range(3):
        park.grow(2)
    wait_for_size(park, 6)
    publisher.close()
    publisher.close()
    assert not [one for one in threading.enumerate() if one.name == "cosigning"]


def test_the_thread_tries_again_until_the_quorum_stands(park: Park):
    done = threading.Event()

    def alarm(text: str) -> None:
        park.alarms.append(text)
        if "waits for its witnesses" in text:
            park.remotes[0].down = park.remotes[1].down = False
            done.set()

    park.publisher = threaded(park, alarm)
    park.remotes[0].down = park.remotes[1].down = True
    park.grow(2)
    assert done.wait(30)
    wait_for_size(park, 2)
    park.publisher.close()


def wait_for_size(park: Park, size: int) -> None:
    """Wait until a size is published."""
    pause = threading.Event()
    for _ in range(12_000):
        if park.published == size:
            return
        pause.wait(0.01)
    pytest.fail(f"published is {park.published}, expected {size}; {park.alarms}")


def test_the_thread_takes_up_what_another_process_left(park: Park, monkeypatch):
    monkeypatch.setattr("ledger.log.cosigning.IDLE_MS", 10)
    server = threaded(park)
    server.recover()
    wait_for_size(park, 0)
    park.grow(3)  # by a process that ends without having asked
    wait_for_size(park, 3)
    server.close()
