"""A database restored from an old backup is refused, gets its entries back, and goes on."""

from __future__ import annotations

import shutil

import pytest

from api.demo.parties import Parties
from api.services import log_files, mirroring, recovery
from api.services.mirroring import MirrorSettings
from api.services.recovery import SourceBehind
from api.services.workspace import open_workspace
from ledger.claims.recovery import recover_entries
from ledger.errors import Corruption, NotVerified
from ledger.log.checkpoint import Checkpoint, parse_checkpoint
from ledger.log.client import VerifiedTiles
from ledger.log.merkle import leaf_hash, root_of
from ledger.log.note import split_note
from ledger.log.tile_builder import TileBuilder
from ledger.log.tiles import tiles_of
from tests.support.signing import Insider
from tests.support.stage import Stage, staged


@pytest.fixture
def stage(tmp_path, database_url):
    with staged(tmp_path, database_url) as made:
        yield made


def roll_back(stage: Stage, size: int) -> None:
    """Make the database what it was when the log had `size` entries, as an old backup would."""
    log = stage.workspace.log
    old = [log.leaf(index) for index in range(size)]
    insider = Insider(stage.workspace.engine, log.origin)
    insider.run(
        *(f"DELETE FROM ledger_{name}" for name in ("leaf", "head", "state")),
        "DELETE FROM ledger_map_page",
        "DELETE FROM ledger_map_version",
    )
    replay_into(stage, old)


def replay_into(stage: Stage, leaves: list[bytes]) -> None:
    """Enter leaves as they were, through the recovery itself, from a log in memory."""
    builder = TileBuilder(
        lambda start, stop: leaves[start:stop], {}.__getitem__, old_size=0, new_size=len(leaves)
    )
    files = {tile.path: builder.build(tile) for tile in tiles_of(len(leaves))}
    root = root_of([leaf_hash(leaf) for leaf in leaves])
    checkpoint = Checkpoint(origin=stage.workspace.log.origin, size=len(leaves), root=root)
    with stage.workspace.log.sequencer_lock(10):
        recover_entries(
            stage.workspace.log,
            VerifiedTiles(files.__getitem__, len(leaves), root),
            checkpoint,
            stage.workspace.rules,
        )


def state_of(stage: Stage) -> dict[str, bytes | None]:
    log = stage.workspace.log
    return {key: log.state_bytes(key) for key in log.keys("")}


def reopened(stage: Stage, tmp_path) -> Stage:
    workspace = open_workspace(stage.settings)
    return Stage(
        settings=stage.settings, workspace=workspace, parties=Parties(tmp_path / "parties")
    )


def test_an_old_backup_is_refused_recovered_and_written_to_again(stage, tmp_path):
    """Acceptance: refusal, recovery to the signed size from bundles, and then writes go on."""
    stage.firm("MILL", 1)
    old = stage.workspace.log.head().size
    stage.firm("SHOP", 2)
    stage.lender()
    before, head = state_of(stage), stage.workspace.log.head()
    copy = tmp_path / "copy"
    log_files.export(stage.workspace, copy)
    roll_back(stage, old)
    later = reopened(stage, tmp_path)
    try:
        with pytest.raises(Corruption) as refused:
            later.workspace.writer.recover()
        assert refused.value.code == "LOG_BEHIND_SIGNER"
        assert "recover" in str(refused.value)
    finally:
        later.workspace.close()
    later = reopened(stage, tmp_path)
    try:
        done = recovery.recover(later.workspace, str(copy))
        assert (done.before, done.size) == (old, head.size)
        assert later.workspace.log.head() == head
        assert state_of(later) == before
        later.firm("YARD", 3)
        assert later.workspace.publisher.published().size == later.workspace.log.head().size
    finally:
        later.workspace.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_mirror_gives_the_log_back(stage, tmp_path):
    """The mirror replays and copies; the operator recovers from the copy."""
    stage.firm("MILL", 1)
    old = stage.workspace.log.head().size
    stage.firm("SHOP", 2)
    head = stage.workspace.log.head()
    followed = mirror_of(stage, tmp_path / "mirror")
    assert followed.size == head.size
    shutil.rmtree(stage.settings.log_folder)
    roll_back(stage, old)
    later = reopened(stage, tmp_path)
    try:
        recovery.recover(later.workspace, str(tmp_path / "mirror" / "log"))
        assert later.workspace.log.head() == head
        assert later.workspace.publisher.published().size == head.size
    finally:
        later.workspace.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_source_that_ends_too_early_is_refused(stage, tmp_path):
    """It would not close the gap: the signer has signed more."""
    copy = tmp_path / "copy"
    log_files.export(stage.workspace, copy)
    stage.firm("MILL", 1)
    with pytest.raises(SourceBehind, match="cites the old one"):
        recovery.recover(stage.workspace, str(copy))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_source_with_another_history_is_refused(stage, tmp_path):
    """The entries that the database still has are not the beginning of what is offered."""
    stage.firm("MILL", 1)
    copy = tmp_path / "copy"
    log_files.export(stage.workspace, copy)
    Insider(stage.workspace.engine, stage.workspace.log.origin).run(
        "UPDATE ledger_head SET size = size - 1, frontier = :frontier",
        frontier=stage.workspace.log.head().frontier.encode()[:-32] + bytes(32),
    )
    with pytest.raises((NotVerified, Corruption)):
        recovery.recover(stage.workspace, str(copy))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("spoilt", ["checkpoint", "bundle", "tile", "missing"])
def test_a_spoilt_source_is_refused(stage, tmp_path, spoilt):
    stage.firm("MILL", 1)
    copy = tmp_path / "copy"
    log_files.export(stage.workspace, copy)
    files = {
        "checkpoint": copy / "checkpoint",
        "bundle": next((copy / "tile" / "entries").rglob("*.p/*")),
        "tile": next((copy / "tile" / "0").rglob("*.p/*")),
    }
    roll_back(stage, 2)
    if spoilt == "missing":
        files["tile"].unlink()
    else:
        data = bytearray(files[spoilt].read_bytes())
        data[len(data) // 2] ^= 1
        files[spoilt].write_bytes(bytes(data))
    with pytest.raises(NotVerified):
        recovery.recover(stage.workspace, str(copy))
    assert stage.workspace.log.head().size == 2


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_new_log_cites_the_one_that_it_follows(stage, tmp_path):
    """The other log's head stands in an entry that the registrar and the operator sign."""
    copy = tmp_path / "copy"
    log_files.export(stage.workspace, copy)
    found = parse_checkpoint(split_note((copy / "checkpoint").read_bytes())[0])
    vkey = stage.workspace.keys.log.verifier.vkey
    draft = recovery.cite(stage.workspace, str(copy), log_vkey=vkey, reason="compromised")
    assert (draft.body["previous"], draft.body["size"]) == (found.origin, found.size)
    assert draft.body["root"] == found.root.hex()
    other = stage.workspace.keys.registrar.vkey
    with pytest.raises(NotVerified):
        recovery.cite(stage.workspace, str(copy), log_vkey=other, reason="lost")


def mirror_of(stage: Stage, folder):
    """Make a mirror of the published files and let it look once."""
    keys = stage.workspace.keys
    mirroring.create(
        folder,
        MirrorSettings(
            url=str(stage.settings.log_folder), log=keys.log.verifier, registrar=keys.registrar
        ),
        name="bank.example/m1",
    )
    with mirroring.opened(folder) as opened:
        return opened.follow()
