"""He holds the log's key, or an old backup: witnesses, kept checkpoints and the start-up notice."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from api.services.workspace import open_workspace
from ledger.claims import drafts
from ledger.errors import NotVerified
from ledger.log.checkpoint import Checkpoint
from ledger.log.client import FileMemory, LogClient, LogForked
from ledger.log.cosignature import Cosigner
from ledger.log.entry import leaf_hash, parse_leaf
from ledger.log.merkle import consistency_proof, root_of
from ledger.log.policy import Policy
from ledger.log.tiles import LeafNodes
from ledger.log.witness import AddCheckpoint, Witness, WitnessError
from ledger.values.consent import EventType
from tests.support.audits import codes, relinked, with_meta
from tests.support.tampering import Scene
from tests.support.witnesses import MemoryWitnessStore, cosigner, policy_of

pytestmark = pytest.mark.long


def place_of(leaves: Sequence[bytes], event: EventType) -> int:
    """Return the index of the first entry of a type."""
    return next(at for at, leaf in enumerate(leaves) if parse_leaf(leaf).body["type"] == event)


def rewritten(scene: Scene) -> list[bytes]:
    """Return another history of the same length: two entries in the other order, well linked."""
    leaves = scene.leaves()
    at = place_of(leaves, EventType.POLICY_SET) - 1
    other = [*leaves[:at], leaves[at + 1], leaves[at], *leaves[at + 2 :]]
    last = parse_leaf(leaves[-1]).meta.time_ms
    times = {n: lambda one: with_meta(one, time_ms=last) for n in range(at, len(other))}
    return relinked(other, times)


class Watcher:
    """A witness outside the operator's reach, and what it has cosigned."""

    def __init__(self, scene: Scene, name: str = "park authority") -> None:
        self.scene = scene
        self.cosigner: Cosigner = cosigner(name.replace(" ", "-"))
        key = scene.log_key.verifier
        self.time_s = parse_leaf(scene.leaves()[-1]).meta.time_ms // 1000
        self.witness = Witness(
            cosigners=(self.cosigner,),
            logs={key.name: (key,)},
            store=MemoryWitnessStore(),
            clock_s=lambda: self.time_s,
        )

    def see(self, leaves: Sequence[bytes], *, old: int = 0) -> bytes:
        """Ask for a cosignature of a log of these entries; return the cosigned checkpoint."""
        hashes = [leaf_hash(leaf) for leaf in leaves]
        checkpoint = Checkpoint(
            origin=self.scene.log_key.name, size=len(leaves), root=root_of(hashes)
        )
        signed = self.scene.log_key.sign(checkpoint.text())
        proof = consistency_proof(old, len(leaves), LeafNodes(leaves))
        request = AddCheckpoint(old_size=old, proof=tuple(proof), checkpoint=signed)
        return signed + self.witness.add_checkpoint(request.encode())

    def refuses(self, leaves: Sequence[bytes], *, old: int) -> WitnessError:
        """Expect that it refuses, and return how."""
        with pytest.raises(WitnessError) as caught:
            self.see(leaves, old=old)
        return caught.value

    @property
    def policy(self) -> Policy:
        """The policy that asks for it."""
        return policy_of([self.cosigner], 1, log=self.scene.log_key.verifier)


# Row 3: the same with the log key ----------------------------------------------------------------


def test_a_rewriting_with_the_key_is_noticed_by_witness_and_lenders(scene: Scene) -> None:
    """The witness answers 422; a saved checkpoint is not a beginning of the new log."""
    leaves = scene.leaves()
    witness, kept = Watcher(scene), scene.keep_checkpoint()
    lender = LogClient(
        scene.workspace.publisher.read,
        Policy(),
        FileMemory(path=scene.folder / "lender"),
        logs=[scene.log_key.verifier],
    )
    lender.update()
    witness.see(leaves)

    forged = rewritten(scene)
    forged = [*forged, *relinked([*forged, leaves[0]], {})[-1:]]
    assert witness.refuses(forged, old=len(leaves)).status == 422
    scene.store(forged[:-1])
    scene.publish(forged[:-1], key=scene.log_key)
    with pytest.raises(LogForked) as caught:
        lender.update()
    assert caught.value.first != caught.value.second  # both notes: the proof of fraud
    report = scene.audit(kept)
    assert codes(report)[0] == "FORKED"
    assert "two histories" in report.findings[0].message


# Row 4: he truncates the log, or restores an old backup ------------------------------------------


def test_an_old_backup_is_noticed_at_start_up_and_by_the_witness(scene: Scene) -> None:
    """The writer refuses to write, the witness answers 409 with the larger size."""
    leaves = scene.leaves()
    witness = Watcher(scene)
    witness.see(leaves)
    scene.store(leaves[:-4])
    alarm = scene.start_up()
    assert alarm.code == "LOG_BEHIND_SIGNER"
    assert f"{len(leaves)} was signed" in alarm.message
    assert codes(scene.audit())[0] == "LOG_BEHIND_SIGNER"
    refused = witness.refuses(leaves[:-4], old=len(leaves) - 4)
    assert (refused.status, refused.size) == (409, len(leaves))


def test_a_truncated_published_log_is_noticed_by_who_saw_more(scene: Scene) -> None:
    """He forgets the signature too: a lender's client does not."""
    lender = LogClient(
        scene.workspace.publisher.read,
        Policy(),
        FileMemory(path=scene.folder / "lender"),
        logs=[scene.log_key.verifier],
    )
    lender.update()
    leaves = scene.leaves()[:-4]
    scene.store(leaves)
    scene.forget_signature()
    scene.publish(leaves, key=scene.log_key)
    with pytest.raises(NotVerified) as caught:
        lender.update()
    assert caught.value.code == "CHECKPOINT_BEHIND"


# Row 5: he shows two histories -------------------------------------------------------------------


def test_a_second_history_has_no_quorum(scene: Scene) -> None:
    """The witness cosigns one root a size; a lender's policy wants its line."""
    leaves, other = scene.leaves(), rewritten(scene)
    witness = Watcher(scene)
    shown = witness.see(leaves)
    assert witness.policy.evaluate(shown).checkpoint.size == len(leaves)
    assert witness.refuses(other, old=len(leaves)).status == 422
    scene.publish(other, key=scene.log_key)
    with pytest.raises(NotVerified) as caught:
        witness.policy.evaluate(scene.workspace.publisher.read("checkpoint"))
    assert caught.value.code == "QUORUM_MISSING"


def test_two_cosigned_roots_of_one_size_are_proof(scene: Scene) -> None:
    """Even with a witness of his own: who exchanges checkpoints sees both."""
    leaves, other = scene.leaves(), rewritten(scene)
    first = scene.folder / "first"
    first.write_bytes(Watcher(scene).see(leaves))
    scene.store(other)
    scene.publish(other, key=scene.log_key)
    colluding = Watcher(scene, "a witness of his own").see(other)
    (scene.workspace.settings.log_folder / "checkpoint").write_bytes(colluding)
    report = scene.audit(first)
    assert "FORKED" in codes(report)


# Row 9: he backdates -----------------------------------------------------------------------------


def test_a_backdated_entry_is_noticed_on_audit(scene: Scene) -> None:
    """A witness saw the log a day later without it; it says it was entered that day before."""
    witness = Watcher(scene)
    witness.time_s += 86_400
    kept = scene.folder / "kept"
    kept.write_bytes(witness.see(scene.leaves()))
    policy = scene.folder / "policy"
    policy.write_bytes(scene.policy_file(witness.policy))
    then_ms = scene.workspace.log.head().time_ms + 1_000
    slow = open_workspace(scene.workspace.settings, now_ms=lambda: then_ms)
    try:
        draft = scene.traded.stage.parties.sign(scene.policy_draft(slow))
        slow.writer.submit(drafts.to_request(draft))
    finally:
        slow.close()
    report = scene.audit(kept, policy=policy)
    assert "BACKDATED" in codes(report)
    assert parse_leaf(scene.leaves()[-1]).meta.time_ms == then_ms


@pytest.mark.parametrize("scene", ["sqlite"], indirect=True)  # a server's files are its own
def test_the_files_of_a_restored_backup_do_not_help(scene: Scene, tmp_path: Path) -> None:
    """He restores database files and published files together: the signer's memory stays."""
    settings = scene.workspace.settings
    scene.workspace.engine.dispose()
    backup = tmp_path / "backup"
    shutil.copytree(settings.home, backup)
    draft = scene.policy_draft(scene.workspace)
    scene.workspace.writer.submit(drafts.to_request(scene.traded.stage.parties.sign(draft)))
    scene.workspace.engine.dispose()
    for name in ("parkloom.db", "log"):
        target = settings.home / name
        if target.is_dir():
            shutil.rmtree(target)
            shutil.copytree(backup / name, target)
        else:
            shutil.copyfile(backup / name, target)
    for extra in settings.home.glob("parkloom.db-*"):
        extra.unlink()
    assert scene.start_up().code == "LOG_BEHIND_SIGNER"
