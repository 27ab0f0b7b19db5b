"""Kill -9 of the real server while clients append over HTTP, again and again, on both databases.

What must hold after every kill: each receipt that a client holds is still true; the log is one
chain from the first entry to the last; every checkpoint that anyone ever saw is a checkpoint of
that chain, so no size was ever signed with two roots; and a client that sends its unanswered
request again gets it entered once.
"""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from api.services.workspace import initialise, open_workspace
from api.settings import Settings
from ledger.claims import drafts
from ledger.log import note
from ledger.log.checkpoint import Checkpoint, open_checkpoint
from ledger.log.entry import NO_LEAF, leaf_hash, parse_leaf
from ledger.log.merkle import root_of
from ledger.log.tiles import Tile, TileReader, parse_path
from tests.support.enrolments import ROOT_VKEY, enrolment
from tests.support.servers import ForkedServer, ServerProcess

CLIENTS = 4
ORIGIN = "park.example/ledger"


@dataclass
class Witness:
    """What clients hold: receipts, and every checkpoint that they saw."""

    verifier: note.Verifier
    receipts: dict[str, tuple[int, str]] = field(default_factory=dict)
    checkpoints: dict[int, Checkpoint] = field(default_factory=dict)
    unanswered: dict[str, bytes] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    mutex: threading.Lock = field(default_factory=threading.Lock)

    def see_checkpoint(self, data: bytes) -> None:
        """Keep a checkpoint; two roots for one size are a proof of fraud."""
        seen, _ = open_checkpoint(data, self.verifier)
        with self.mutex:
            known = self.checkpoints.setdefault(seen.size, seen)
            if known.root != seen.root:
                self.problems.append(f"size {seen.size} was signed with two roots")

    def see_receipt(self, name: str, receipt: dict[str, object]) -> None:
        """Keep a receipt; a repetition must get the same one."""
        got = (int(str(receipt["index"])), str(receipt["leaf_hash"]))
        with self.mutex:
            self.unanswered.pop(name, None)
            if self.receipts.setdefault(name, got) != got:
                self.problems.append(f"{name}: two receipts, {self.receipts[name]} and {got}")


def send(witness: Witness, client: httpx.Client, name: str, data: bytes) -> bool:
    """Send one request; return whether it was answered. It is noted before it is sent."""
    with witness.mutex:
        witness.unanswered[name] = data
    try:
        answer = client.post(
            "/v1/ledger/entries", content=data, headers={"Content-Type": "application/json"}
        )
    except httpx.TransportError:
        return False
    if answer.status_code == 201:
        witness.see_receipt(name, answer.json())
        return True
    if answer.status_code != 503:  # 503 says: send it again
        witness.problems.append(f"{name}: {answer.status_code} {answer.text[:300]}")
    return False


def append_until_killed(witness: Witness, base: str, prefix: str) -> None:
    """Append entries, one after the other, until the server is gone."""
    with httpx.Client(base_url=base, timeout=30) as client:
        for number in range(10_000):
            name = f"{prefix} {number}"
            if not send(witness, client, name, drafts.to_json(enrolment(ORIGIN, name))):
                return


def watch_until_killed(witness: Witness, base: str) -> None:
    """Look at the published checkpoint as often as possible until the server is gone."""
    with httpx.Client(base_url=base, timeout=30) as client:
        while True:
            try:
                answer = client.get("/ledger/checkpoint")
            except httpx.TransportError:
                return
            if answer.status_code == 200:
                witness.see_checkpoint(answer.content)
            time.sleep(0.005)


def work_and_kill(server: ServerProcess, witness: Witness, *, round_: int, after_s: float) -> None:
    """Let clients append at the same time; kill the server while they do."""
    before = len(witness.receipts)
    threads = [
        threading.Thread(
            target=append_until_killed, args=(witness, server.base, f"{round_}/{client}")
        )
        for client in range(CLIENTS)
    ]
    threads.append(threading.Thread(target=watch_until_killed, args=(witness, server.base)))
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 30
    while len(witness.receipts) == before and time.monotonic() < deadline:
        time.sleep(0.002)
    time.sleep(after_s)
    server.kill()
    for thread in threads:
        thread.join(timeout=60)
        assert not thread.is_alive()
    assert len(witness.receipts) > before, f"nothing was acknowledged:\n{server.said()[-3000:]}"


def see_what_is_on_disk(witness: Witness, settings: Settings) -> None:
    """Look at what the dead server had published."""
    path = settings.log_folder / "checkpoint"
    if path.exists():
        witness.see_checkpoint(path.read_bytes())


def send_again(server: ServerProcess, witness: Witness) -> None:
    """Send every unanswered request again, and one that was answered, as clients would."""
    with httpx.Client(base_url=server.base, timeout=30) as client:
        for name, data in list(witness.unanswered.items()):
            assert send(witness, client, name, data), f"{name} got no receipt after the restart"
        name = next(iter(witness.receipts))
        assert send(witness, client, name, drafts.to_json(enrolment(ORIGIN, name)))


def assert_log_is_whole(settings: Settings, witness: Witness) -> None:
    """Check every entry of the database against chain, receipts, checkpoints and tiles."""
    workspace = open_workspace(settings)
    try:
        with workspace.log.reader() as reader:
            head = reader.head()
            leaves = list(reader.leaves(0, head.size))
    finally:
        workspace.close()
    hashes = [leaf_hash(leaf) for leaf in leaves]
    previous = NO_LEAF
    for index, leaf in enumerate(leaves):
        meta = parse_leaf(leaf).meta
        assert (meta.index, meta.previous_leaf) == (index, previous)
        previous = hashes[index]
    for name, (index, digest) in witness.receipts.items():
        assert index < len(hashes), f"{name}: acknowledged at {index}, lost"
        assert hashes[index].hex() == digest, f"{name}: acknowledged at {index}, replaced"
    assert len({index for index, _ in witness.receipts.values()}) == len(witness.receipts)
    assert len(hashes) == len(witness.receipts), "an entry that no client sent, or one sent twice"
    for size, checkpoint in witness.checkpoints.items():
        assert size <= len(hashes), f"size {size} was signed, the log has {len(hashes)} entries"
        assert checkpoint.root == root_of(hashes[:size]), f"size {size}: another root was signed"
    assert_files_agree(settings.log_folder, leaves, hashes)
    assert witness.problems == []


def assert_files_agree(folder: Path, leaves: list[bytes], hashes: list[bytes]) -> None:
    """Check every published tile and bundle against the entries; none is left half written."""
    tiles = TileReader(lambda path: (folder / path).read_bytes(), len(leaves))
    for start in range(0, len(leaves), 256):
        assert tiles.entries(start // 256) == leaves[start : start + 256]
        assert tiles.row(0, start // 256) == hashes[start : start + 256]
    for path in sorted((folder / "tile").rglob("*")):
        if path.is_file():
            assert isinstance(parse_path(path.relative_to(folder).as_posix()), Tile)


def kill_again_and_again(database_url: str, tmp_path: Path, *, kills: int, seed: int) -> None:
    """Run the whole experiment on one database."""
    settings = Settings(home=tmp_path / "home", database_url=database_url, origin=ORIGIN)
    workspace = initialise(settings, registrar_vkey=ROOT_VKEY)
    witness = Witness(verifier=workspace.keys.log.verifier)
    workspace.close()
    server = ForkedServer(settings, tmp_path / "server.log")
    instants = random.Random(seed)
    try:
        server.start()
        for round_ in range(kills):
            after_s = instants.uniform(0.0, 0.4)
            work_and_kill(server, witness, round_=round_, after_s=after_s)
            see_what_is_on_disk(witness, settings)
            health = server.start()
            assert health["log"]["checkpoint_size"] == health["log"]["size"]
            see_what_is_on_disk(witness, settings)
            send_again(server, witness)
            assert_log_is_whole(settings, witness)
    finally:
        if server.running:
            server.kill()
    assert len(witness.checkpoints) > kills


def test_killed_once(database_url, tmp_path):
    kill_again_and_again(database_url, tmp_path, kills=1, seed=1)


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_killed_fifty_times(database_url, tmp_path):
    kill_again_and_again(database_url, tmp_path, kills=50, seed=50)
