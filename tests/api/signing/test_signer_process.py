"""The signer in a process of its own: it replays what it signs, and signs nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from api.demo.parties import Parties
from api.services import sm3_roots
from api.services.workspace import open_workspace
from api.signing import home as homes
from ledger.errors import Corruption, OutcomeUnknown
from tests.support.signing import (
    asking,
    forge,
    short_folder,
    signing,
    state_wrong_sm3_root,
)
from tests.support.stage import Stage, staged

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def folder():
    """Return a folder for the signer."""
    with short_folder() as folder:
        yield folder


@pytest.fixture
def stage(tmp_path, folder, database_url):
    """Return an installation whose key a signer in `folder` has; the signer does not run yet."""
    with staged(tmp_path, database_url) as made:
        settings = made.settings
    home = homes.adopt(folder, settings)
    workspace = open_workspace(asking(settings, home))
    yield Stage(
        settings=workspace.settings, workspace=workspace, parties=Parties(tmp_path / "parties")
    )
    workspace.close()


def test_an_installation_asks_the_signer_for_every_checkpoint(stage, folder):
    """The key has left the installation; what the parties sign is published all the same."""
    assert not (stage.settings.keys_folder / "log.key").exists()
    before = stage.workspace.log.head().size
    with signing(homes.load(folder), stage.settings.address):
        stage.firm("MILL", 1)
        published = stage.workspace.publisher.published()
    assert published.size == stage.workspace.log.head().size > before


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_signer_that_is_away_publishes_nothing_and_loses_nothing(stage, folder):
    """The entry is committed and has no receipt; with the signer back, the retry gets it."""
    published = stage.workspace.publisher.published()
    with pytest.raises(OutcomeUnknown, match="parkloom signer run"):
        stage.firm("MILL", 1)
    assert stage.workspace.publisher.published() == published
    with signing(homes.load(folder), stage.settings.address):
        assert stage.workspace.writer.recover() == stage.workspace.log.head().size


def test_an_entry_that_nobody_signed_gets_no_signature(stage, folder):
    """Somebody with every right on the database adds an entry, chain and head consistent."""
    log = stage.workspace.log
    with signing(homes.load(folder), stage.settings.address):
        stage.firm("MILL", 1)
        published = stage.workspace.publisher.published()
        forge(stage)
        with pytest.raises(Corruption) as refused:
            stage.workspace.publisher.publish()
    assert refused.value.code == "REPLAY_FAILED"
    assert "SIGNATURE_MISSING" in str(refused.value)
    assert stage.workspace.publisher.published() == published
    assert log.head().size == published.size + 1


def test_an_sm3_root_is_signed_when_the_entries_have_it(stage, folder):
    """Over a restart of the signer too, which goes on from the edge that it kept."""
    with signing(homes.load(folder), stage.settings.address):
        assert sm3_roots.state(stage.workspace).index < stage.workspace.publisher.published().size
    with signing(homes.load(folder), stage.settings.address):
        stage.firm("MILL", 1)
    with homes.opened_gate(homes.load(folder), stage.settings.address) as gate:
        assert gate.memory.begin().head.size == stage.workspace.publisher.published().size


def test_a_wrong_sm3_root_gets_no_signature(stage, folder):
    with signing(homes.load(folder), stage.settings.address):
        stage.firm("MILL", 1)
        state_wrong_sm3_root(stage)
        with pytest.raises(Corruption) as refused:
            stage.workspace.publisher.publish()
    assert refused.value.code == "REPLAY_FAILED"
    assert "SM3_ROOT_DIFFERS" in str(refused.value)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_restarted_signer_goes_on_with_the_map_and_the_state_it_kept(stage, folder):
    """Its replay is a file of its own; without that file it begins at the first entry."""
    home = homes.load(folder)
    for number, cache in enumerate(("kept", "kept", "lost"), start=1):
        if cache == "lost":
            for file in folder.glob(f"{homes.REPLAYED}*"):
                file.unlink()
        with signing(home, stage.settings.address):
            stage.firm(f"MILL{number}", number)
            head = stage.workspace.log.head()
        with homes.opened_gate(home, stage.settings.address) as gate:
            assert gate.memory.head() == head
    assert stage.workspace.publisher.published().size == head.size


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_parkloom_signer_run_is_a_process_of_its_own(stage, folder):
    """The command answers on its socket and ends when it is told to."""
    environment = {**os.environ, "PARKLOOM_DATABASE_URL": stage.settings.address}
    process = subprocess.Popen(
        [sys.executable, "-m", "api.cli", "signer", "run", str(folder)], cwd=ROOT, env=environment
    )
    try:
        deadline = time.monotonic() + 60
        while not homes.load(folder).socket.exists():
            assert process.poll() is None, "the signer ended"
            assert time.monotonic() < deadline, "the signer did not start"
            time.sleep(0.05)
        stage.firm("MILL", 1)
        assert stage.workspace.publisher.published().size == stage.workspace.log.head().size
    finally:
        process.terminate()
    assert process.wait(30) == 0
