"""The log's key is replaced: both lines for an overlap; old proofs fit the old policy for ever."""

from __future__ import annotations

import base64

import pytest

from api.demo.parties import Parties
from api.services import keyfiles, receipts, records
from api.services.errors import BadRequest
from api.services.workspace import open_workspace
from api.signing import home as homes
from ledger.claims import drafts
from ledger.errors import Corruption, NotVerified, OutcomeUnknown
from ledger.log import note
from ledger.log.checkpoint import CHECKPOINT, open_checkpoint
from ledger.log.entry import leaf_hash, parse_leaf
from ledger.log.policy import Policy, PolicyLog
from ledger.log.proof_file import parse_proof
from ledger.values.consent import Role
from tests.support.signing import asking, short_folder, signing
from tests.support.stage import Stage, staged


@pytest.fixture
def folder():
    with short_folder() as folder:
        yield folder


def draft_of_rotation(stage: Stage, public_key: str, *, days: int = 30) -> drafts.Draft:
    facts = {"public_key": public_key, "overlap_days": days}
    return records.make_draft(stage.workspace, "log.key_rotated", facts)


def enter_rotation(stage: Stage, draft: drafts.Draft) -> None:
    """Let registrar and operator sign what the log's two keys have signed; enter it."""
    for need in draft.needs:
        if need.kid is not None:
            continue
        if need.role is Role.OPERATOR:
            draft = drafts.add_signature(draft, stage.workspace.keys.event, role=need.role)
        else:
            draft = stage.parties.sign_for(draft, need)
    records.submit(stage.workspace, draft)


def accepts(vkey: str, signed: bytes) -> bool:
    """Tell whether the policy that trusts this key accepts a checkpoint."""
    policy = Policy(logs=(PolicyLog(key=note.parse_vkey(vkey)),))
    try:
        policy.evaluate(signed)
    except NotVerified:
        return False
    return True


def test_a_log_that_signs_for_itself_replaces_its_key(tmp_path):
    """Both policies accept the overlap; afterwards the new one alone; old proofs stay good."""
    with staged(tmp_path) as stage:
        workspace, settings = stage.workspace, stage.settings
        old = workspace.keys.log.verifier.vkey
        stage.firm("MILL", 1)
        index = workspace.log.head().size - 1
        before = workspace.publisher.read(CHECKPOINT)
        path = settings.keys_folder / "log-2.key"
        public = keyfiles.public_bytes(keyfiles.create(path))
        new = note.format_vkey(settings.origin, public)
    reopened = open_workspace(settings)
    stage = Stage(settings=settings, workspace=reopened, parties=Parties(tmp_path / "parties"))
    draft = draft_of_rotation(stage, _base64(public))
    for name in ("log.key", "log-2.key"):
        key = keyfiles.load(settings.keys_folder / name)
        draft = drafts.add_signature(draft, key, role=Role.LOG)
    enter_rotation(stage, draft)
    overlap = reopened.publisher.read(CHECKPOINT)
    assert accepts(old, before)
    assert accepts(old, overlap)
    assert accepts(new, overlap)
    assert not accepts(new, before)
    reopened.close()
    later_ms = draft.body["overlap_until"]
    later = open_workspace(settings, now_ms=lambda: later_ms + 1)
    try:
        assert later.keys.log.verifier.vkey == new
        stage = Stage(settings=settings, workspace=later, parties=Parties(tmp_path / "parties"))
        stage.firm("SHOP", 2)
        after = later.publisher.read(CHECKPOINT)
        assert accepts(new, after)
        assert not accepts(old, after)
        assert open_checkpoint(before, note.parse_vkey(old))[0].size == index + 1
        proof = parse_proof(receipts.proof(later, _request_of(later, index)))
        assert proof.verify(leaf_hash(later.log.leaf(index)), note.parse_vkey(new))
    finally:
        later.close()


def test_a_signers_process_replaces_the_logs_key(tmp_path, folder):
    """The signer adds a key, countersigns the draft with both, and signs with both from then on."""
    with staged(tmp_path) as stage:
        settings = stage.settings
    home = homes.adopt(folder, settings)
    old = home.keys[0].vkey
    home = homes.add_key(homes.load(folder))
    new = home.keys[1].vkey
    with signing(homes.load(folder), settings.address):
        workspace = open_workspace(asking(settings, home))
        stage = Stage(settings=settings, workspace=workspace, parties=Parties(tmp_path / "parties"))
        stage.firm("MILL", 1)
        assert not accepts(new, workspace.publisher.read(CHECKPOINT))
        draft = draft_of_rotation(stage, _base64(note.parse_vkey(new).public_key))
        signed = homes.countersign(home, draft)
        assert [one.role for one in signed.signatures] == ["log", "log"]
        with pytest.raises(BadRequest):
            homes.countersign(home, signed)
        enter_rotation(stage, signed)
        overlap = workspace.publisher.read(CHECKPOINT)
        assert accepts(old, overlap)
        assert accepts(new, overlap)
        workspace.close()


def test_a_signer_without_the_new_key_signs_nothing_more(tmp_path, folder):
    """The entry says that the new key signs; without it the signer says so and waits."""
    with staged(tmp_path) as stage:
        settings = stage.settings
    home = homes.adopt(folder, settings)
    both = homes.add_key(homes.load(folder))
    with signing(home, settings.address):
        workspace = open_workspace(asking(settings, home))
        stage = Stage(settings=settings, workspace=workspace, parties=Parties(tmp_path / "parties"))
        draft = draft_of_rotation(stage, _base64(note.parse_vkey(both.keys[1].vkey).public_key))
        with pytest.raises((OutcomeUnknown, Corruption), match="not at hand"):
            enter_rotation(stage, homes.countersign(both, draft))
        workspace.close()
    with signing(both, settings.address):
        workspace = open_workspace(asking(settings, home))
        assert workspace.writer.recover() == workspace.log.head().size
        workspace.close()


def test_a_draft_of_something_else_is_not_countersigned(tmp_path, folder):
    with staged(tmp_path) as stage:
        settings = stage.settings
        draft = records.make_draft(stage.workspace, "party.onboarded", {"organisation": "operator"})
    home = homes.adopt(folder, settings)
    with pytest.raises(BadRequest, match="does not replace"):
        homes.countersign(home, draft)


def _base64(public: bytes) -> str:
    return base64.b64encode(public).decode()


def _request_of(workspace, index: int) -> str:
    return str(parse_leaf(workspace.log.leaf(index)).body["idem"])
