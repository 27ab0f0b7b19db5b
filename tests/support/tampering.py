"""An insider with every right on the database and the files: what he can do to a log.

He has the log's key only where a test hands it to him, and never a party's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.services import own_log, records
from api.services.auditing import Auditor
from api.services.replaying import make_replay
from api.services.workspace import (
    Workspace,
    log_vkey,
    new_handle,
    open_workspace,
    registrar_vkey,
)
from ledger.audit import run
from ledger.audit.memory import AuditMemory
from ledger.audit.run import Audit, Report
from ledger.claims import drafts
from ledger.claims.drafts import Draft
from ledger.claims.rules import ClaimRules
from ledger.errors import Corruption, NotVerified
from ledger.log import note
from ledger.log.checkpoint import Checkpoint
from ledger.log.entry import leaf_hash, parse_leaf
from ledger.log.gate import MemoryInProcess, ReplayingGate
from ledger.log.merkle import Frontier
from ledger.log.policy import Policy
from ledger.log.policy_file import format_policy
from ledger.log.signer import CheckpointSigner
from ledger.log.store import AppendRequest, body_digest
from ledger.log.tiles import tiles_of
from ledger.verification.certificate import from_json
from ledger.verification.verify import Trust, verify
from tests.support.audits import files_of, reader_of
from tests.support.signing import Insider
from tests.support.stage import LENDER
from tests.support.trades import Traded

_INSERT = (
    "INSERT INTO ledger_leaf (log, leaf_index, leaf_hash, data, time_ms, request_id, body_digest,"
    " order_handle, order_sequence) VALUES (:log, :at, :hash, :leaf, :time, :request, :body,"
    " :order, :sequence)"
)


@dataclass(frozen=True)
class Scene:
    """An installation, the insider in it, and those who watch."""

    traded: Traded
    folder: Path

    @property
    def workspace(self) -> Workspace:
        """The installation."""
        return self.traded.workspace

    @property
    def insider(self) -> Insider:
        """Somebody with every right on the database."""
        return Insider(self.workspace.engine, self.workspace.settings.origin)

    @property
    def log_key(self) -> note.Signer:
        """The log's key, for the rows of the threat model in which he has it."""
        key = self.workspace.keys.log
        assert isinstance(key, note.Signer)
        return key

    def leaves(self) -> list[bytes]:
        """Return every stored entry."""
        return list(self.workspace.log.leaves(0, self.workspace.log.head().size))

    # What he does ---------------------------------------------------------------------------

    def store(self, leaves: Sequence[bytes]) -> None:
        """Replace all rows of the log by these entries, columns and head made to fit."""
        self.insider.run("DELETE FROM ledger_leaf")
        frontier = Frontier().extended(map(leaf_hash, leaves))
        for at, leaf in enumerate(leaves):
            self._insert(at, leaf)
        self.insider.run(
            "UPDATE ledger_head SET size = :size, frontier = :frontier, last_leaf = :last,"
            " time_ms = :time",
            size=len(leaves),
            frontier=frontier.encode(),
            last=leaf_hash(leaves[-1]),
            time=parse_leaf(leaves[-1]).meta.time_ms,
        )

    def store_without_request_ids(self, leaves: Sequence[bytes]) -> None:
        """Replace all rows; the column that would show a request twice is made up."""
        self.store(leaves[:-1])
        self._insert(len(leaves) - 1, leaves[-1], request="f" * 32)
        head = Frontier().extended(map(leaf_hash, leaves))
        self.insider.run(
            "UPDATE ledger_head SET size = :size, frontier = :frontier, last_leaf = :last",
            size=len(leaves),
            frontier=head.encode(),
            last=leaf_hash(leaves[-1]),
        )

    def publish(self, leaves: Sequence[bytes], *, key: note.Signer | None = None) -> None:
        """Replace the published files by those of these entries; the checkpoint with a key only."""
        settings = self.workspace.settings
        for path, data in files_of(leaves, key=key or self.log_key).items():
            if path == "checkpoint" and key is None:
                continue
            target = settings.log_folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)

    def forget_signature(self) -> None:
        """Let the signer of the installation forget what it signed, as who holds the key can."""
        self.workspace.settings.last_signed.unlink(missing_ok=True)
        (self.workspace.settings.log_folder / "checkpoint").unlink(missing_ok=True)

    def _insert(self, at: int, leaf: bytes, *, request: str = "") -> None:
        envelope = parse_leaf(leaf)
        body = leaf[len(b'{"b":') : leaf.rindex(b',"m":{"i":')]
        self.insider.run(
            _INSERT,
            log=self.workspace.settings.origin,
            at=at,
            hash=leaf_hash(leaf),
            leaf=leaf,
            time=envelope.meta.time_ms,
            request=request or envelope.body["idem"],
            body=body_digest(body),
            order=envelope.body.get("order"),
            sequence=envelope.meta.order_sequence,
        )

    def policy_draft(self, workspace: Workspace) -> Draft:
        """Return the draft of the lender's next policy."""
        return records.make_draft(workspace, "policy.set", {"lender": LENDER, "alpha_r": 7000})

    def submission(self) -> AppendRequest:
        """Return a second submission of the order, signed by its seller, under another handle."""
        reader = self.workspace.log
        index, leaf = reader.chain(self.traded.order)[0]
        body, handle = dict(parse_leaf(leaf).body), new_handle()
        body |= {"order": handle, "subject": handle, "idem": new_handle()}
        texts = tuple(reader.disclosures(index).values())
        draft = self.traded.stage.parties.sign(drafts.make_draft(body, texts))
        return drafts.to_request(draft)

    def policy_file(self, policy: Policy) -> bytes:
        """Return the file of a policy whose witnesses are known, without its quorum."""
        return format_policy(replace(policy, quorum="none"))

    # Who watches ----------------------------------------------------------------------------

    def gate(self) -> ReplayingGate:
        """Return a signer that replays what it signs, with a memory of its own."""
        log, keys = self.workspace.log, self.workspace.keys
        root = keys.registrar.public_key
        return ReplayingGate(
            read=log.leaves,
            memory=MemoryInProcess(
                make=lambda: make_replay(self.workspace.settings.origin, root), read=log.leaves
            ),
            signer=CheckpointSigner(self.log_key, self.folder / "gate" / "last-signed"),
        )

    def head(self) -> Checkpoint:
        """Return the stored head as a checkpoint to sign."""
        head = self.workspace.log.head()
        return Checkpoint(
            origin=self.workspace.settings.origin, size=head.size, root=head.frontier.root()
        )

    def audit(self, *kept: Path, policy: Path | None = None) -> Report:
        """Audit the installation's own log as its operator does, with checkpoints that were kept.

        The command ends with status 1 exactly when something is found, and says what in words.
        A policy says whose times are believed; its quorum is not asked of the log.
        """
        keys = Auditor(
            log=log_vkey(self.workspace),
            registrar=registrar_vkey(self.workspace),
            checkpoints=kept,
            policy=policy,
        )
        report = own_log.audit(self.workspace, keys)
        options = [part for one in kept for part in ("--checkpoint", str(one))]
        options += [] if policy is None else ["--policy", str(policy)]
        ended = CliRunner().invoke(app, ["ledger", "audit", *options], env=self.environment())
        assert ended.exit_code == (0 if report.clean else 1), ended.output
        said = "".join(ended.output.split())  # lines are cut to the terminal's width
        for one in report.findings:
            assert one.code in said
            assert "".join(one.message.split()) in said
        return report

    def environment(self) -> dict[str, str]:
        """Return the environment of a command on this installation."""
        settings = self.workspace.settings
        return {
            "PARKLOOM_HOME": str(settings.home),
            "PARKLOOM_DATABASE_URL": settings.database_url,
            "PARKLOOM_ORIGIN": settings.origin,
        }

    def audit_without_roots(self) -> Report:
        """Audit the stored entries as a log of their own, by the rules and invariants alone."""
        root = self.workspace.keys.registrar.public_key
        return Audit(
            read=reader_of(files_of(self.leaves(), key=self.log_key)),
            trust=run.Trust(log=self.log_key.verifier),
            memory=AuditMemory(None, {}),
            rules=ClaimRules(self.workspace.settings.origin, root, None),
            roots=False,
        ).run()

    def keep_checkpoint(self, name: str = "kept") -> Path:
        """Return a copy of the published checkpoint, as a lender keeps it."""
        kept = self.folder / name
        kept.write_bytes(self.workspace.publisher.read("checkpoint"))
        return kept

    def refused_certificate(self, data: bytes) -> str:
        """Verify a certificate as a lender would; return the code of what is wrong."""
        with pytest.raises(NotVerified) as caught:
            verify(
                from_json(data),
                Trust(
                    registrar_root=self.workspace.keys.registrar.public_key,
                    log_keys=(self.log_key.verifier,),
                ),
            )
        return caught.value.code

    def start_up(self) -> Corruption:
        """Start the installation anew and return what stops its writer."""
        opened = open_workspace(self.workspace.settings)
        try:
            opened.writer.recover()
        except Corruption as alarm:
            return alarm
        finally:
            opened.close()
        raise AssertionError("the writer starts as if nothing had happened")


def tile_paths(size: int) -> list[str]:
    """Return the paths of all tiles of a log of this size, level 0 first."""
    return [tile.path for tile in tiles_of(size) if tile.level is not None]
