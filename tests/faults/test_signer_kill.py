"""Kill -9 of the signer's process while entries are made: nothing is lost, nothing signed twice."""

from __future__ import annotations

import contextlib
import multiprocessing.context
import os
import random
import time
from pathlib import Path

import pytest

from api.services import records
from api.services.workspace import Workspace, open_workspace
from api.signing import home as homes
from api.signing.server import SignerServer
from ledger.errors import OutcomeUnknown
from ledger.log.checkpoint import CHECKPOINT
from ledger.log.merkle import leaf_hash, root_of
from tests.support.enrolments import enrolment
from tests.support.forks import FORKS
from tests.support.installations import ORIGIN, installation, settings_of
from tests.support.signing import asking, short_folder

KILLS_LONG = 60 if os.environ.get("PARKLOOM_LONG") == "full" else 12


def sign_until_killed(folder: str, database_url: str) -> None:
    """Be the signer's process."""
    home = homes.load(Path(folder))
    with (
        homes.opened_gate(home, database_url) as gate,
        SignerServer(home.socket, gate, home.origin) as server,
    ):
        server.serve_forever(0.01)


def started(folder: Path, database_url: str) -> multiprocessing.context.ForkServerProcess:
    process = FORKS.Process(target=sign_until_killed, args=(str(folder), database_url))
    process.start()
    return process


def entered(workspace: Workspace, name: str) -> bool:
    """Enter a request; tell whether it got a receipt."""
    with contextlib.suppress(OutcomeUnknown):
        records.submit(workspace, enrolment(ORIGIN, name), timeout_seconds=5)
        return True
    return False


@pytest.mark.parametrize("kills", [2, pytest.param(KILLS_LONG, marks=pytest.mark.long)])
@pytest.mark.timeout(1800)
def test_the_signer_is_killed_again_and_again(database_url: str, tmp_path: Path, kills: int):
    """Each kill comes at a random moment between two signatures or inside one."""
    installation(tmp_path, database_url).close()
    made = random.Random(20_261_122)
    with short_folder() as folder:
        settings = settings_of(tmp_path, database_url)
        home = homes.adopt(folder, settings)
        workspace = open_workspace(asking(settings, home))
        roots: dict[int, bytes] = {}
        try:
            for round_ in range(kills):
                process = started(folder, settings.address)
                deadline = time.monotonic() + 30
                number = 0
                until = made.randint(1, 4)
                while number < until:
                    assert time.monotonic() < deadline, "the signer gave no signature"
                    number += entered(workspace, f"{round_} {number}")
                time.sleep(made.uniform(0, 0.03))
                process.kill()
                process.join(30)
                see(workspace, roots)
            process = started(folder, settings.address)
            while not entered(workspace, "last"):
                time.sleep(0.05)
            see(workspace, roots)
            process.kill()
            process.join(30)
            head = workspace.log.head()
            hashes = [leaf_hash(leaf) for leaf in workspace.log.leaves(0, head.size)]
        finally:
            workspace.close()
    assert max(roots) == head.size
    assert all(root_of(hashes[:size]) == root for size, root in roots.items())


def see(workspace: Workspace, roots: dict[int, bytes]) -> None:
    """Keep what is published; one size has one root."""
    found = workspace.gate.open(workspace.publisher.read(CHECKPOINT))
    assert roots.setdefault(found.size, found.root) == found.root
