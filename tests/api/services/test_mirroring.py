"""A mirror that the log's operator asks before it publishes, like any other witness."""

from __future__ import annotations

import pytest

from api.services import mirroring, sm3_roots
from api.services.errors import BadRequest, NotInitialised
from api.services.mirroring import MirrorSettings
from ledger.errors import NotVerified
from ledger.log import note
from ledger.log.checkpoint import CHECKPOINT
from ledger.log.cosignature import verified_lines
from ledger.log.merkle import consistency_proof
from ledger.log.tiles import TileReader
from ledger.log.witness import AddCheckpoint, WitnessError
from tests.support.signing import forge_and_publish, state_wrong_sm3_root
from tests.support.stage import staged


@pytest.fixture
def stage(tmp_path):
    with staged(tmp_path) as made:
        made.firm("MILL", 1)
        yield made


@pytest.fixture
def folder(stage, tmp_path):
    """Return the folder of a mirror of the staged log."""
    keys, folder = stage.workspace.keys, tmp_path / "mirror"
    settings = MirrorSettings(
        url=str(stage.settings.log_folder), log=keys.log.verifier, registrar=keys.registrar
    )
    mirroring.create(folder, settings, name="bank.example/m1")
    return folder


def request(stage, old: int) -> tuple[bytes, AddCheckpoint]:
    """Return the newest checkpoint, which is taken out of the published folder, and the request."""
    path = stage.settings.log_folder / CHECKPOINT
    signed = path.read_bytes()
    path.unlink()
    size = int(signed.split(b"\n")[1])
    nodes = TileReader(stage.workspace.publisher.read, size)
    return signed, AddCheckpoint(
        old_size=old, proof=consistency_proof(old, size, nodes), checkpoint=signed
    )


def test_it_cosigns_what_is_not_published_yet(stage, folder):
    """The tiles stand before the checkpoint does: it replays them and answers with its lines."""
    signed, first = request(stage, 0)
    with mirroring.opened(folder) as opened:
        lines = opened.witness.add_checkpoint(first.encode())
        keys = [one.verifier for one in opened.witness.cosigners]
    assert len(verified_lines(signed, lines, keys)) == len(keys) == 2


def test_it_answers_422_with_the_rule_that_is_broken(stage, folder):
    """The operator published an entry that nobody signed: the witness protocol says why not."""
    with mirroring.opened(folder) as opened:
        size = opened.follow().size
    forge_and_publish(stage)
    _, wanted = request(stage, size)
    with mirroring.opened(folder) as opened:
        for _ in range(2):
            with pytest.raises(WitnessError, match="SIGNATURE_MISSING") as refused:
                opened.witness.add_checkpoint(wanted.encode())
            assert refused.value.status == 422


def test_it_computes_a_stated_sm3_root_again(stage, folder):
    """From its own copy and what it is about to copy; over a stop, from where it was."""
    with mirroring.opened(folder) as opened:
        opened.follow()
    sm3_roots.state(stage.workspace)
    with mirroring.opened(folder) as opened:
        assert opened.follow().size == stage.workspace.log.head().size


def test_it_cosigns_no_wrong_sm3_root(stage, folder):
    with mirroring.opened(folder) as opened:
        opened.follow()
    state_wrong_sm3_root(stage)
    stage.workspace.publisher.publish()
    with mirroring.opened(folder) as opened, pytest.raises(NotVerified) as refused:
        opened.follow()
    assert refused.value.code == "SM3_ROOT_DIFFERS"


def test_it_believes_the_pinned_log_key_alone(stage, folder):
    signed, first = request(stage, 0)
    text, _ = note.split_note(signed)
    other = note.Signer(name=stage.settings.origin, private_key=stage.workspace.keys.event)
    forged = AddCheckpoint(old_size=0, proof=(), checkpoint=other.sign(text))
    with mirroring.opened(folder) as opened:
        with pytest.raises(WitnessError) as refused:
            opened.witness.add_checkpoint(forged.encode())
        assert refused.value.status == 403
        assert opened.witness.add_checkpoint(first.encode())


def test_a_place_that_is_no_log_is_refused(folder, tmp_path):
    with pytest.raises(NotInitialised), mirroring.opened(tmp_path / "nothing"):
        pytest.fail("there is no mirror")
    for place in ("ftp://park.example/ledger", str(tmp_path / "nothing"), "http://user@host/"):
        with pytest.raises(BadRequest), mirroring.opened(folder, url=place):
            pytest.fail("there is no log")
