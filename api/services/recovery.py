"""After a loss: entries come back from public files, or a new log cites where the old one ended."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from api.services.drafting import table
from api.services.errors import ServiceError
from api.services.log_keys import parse_vkey
from api.services.mirroring import files_at
from api.services.workspace import Workspace
from ledger.claims.drafts import Draft
from ledger.claims.recovery import recover_entries
from ledger.claims.rules import ClaimRules
from ledger.errors import NotVerified
from ledger.log.checkpoint import CHECKPOINT, Checkpoint, open_checkpoint
from ledger.log.client import VerifiedTiles

_LOCK_SECONDS = 60


class SourceBehind(ServiceError):
    """What is to be recovered from is shorter than what was signed."""

    code = "SOURCE_BEHIND"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """What a recovery did.

    Parameters
    ----------
    before, size
        Entries in the database before and after.
    root
        Of the recovered tree, hex.
    """

    before: int
    size: int
    root: str


def recover(workspace: Workspace, source: str) -> Recovered:
    """Bring back the entries that a log's public files have and the database has not.

    Parameters
    ----------
    source
        An address or a folder with checkpoint, tiles and bundles: the published log, a mirror's
        copy or an export.

    Raises
    ------
    SourceBehind
        When the source has fewer entries than were ever signed: it would not close the gap.
    ledger.errors.NotVerified
        When the source is not this log's, or its entries do not obey the rules.
    ledger.errors.Corruption
        When the recovered log contradicts what was signed.
    """
    read, close = files_at(source)
    try:
        checkpoint = workspace.gate.open(read(CHECKPOINT))
        _require_newest(workspace, source, checkpoint)
        rules = ClaimRules(
            origin=workspace.settings.origin,
            registrar_root=workspace.keys.registrar.public_key,
            tag_key=None,
        )
        with workspace.log.sequencer_lock(_LOCK_SECONDS):
            before = workspace.log.head().size
            tiles = VerifiedTiles(read, checkpoint.size, checkpoint.root)
            recover_entries(workspace.log, tiles, checkpoint, rules)
    except LookupError as missing:
        raise NotVerified("FILE_MISSING", f"{source} is not whole: {missing}") from missing
    finally:
        close()
    size = workspace.writer.recover()
    return Recovered(before=before, size=size, root=checkpoint.root.hex())


def cite(workspace: Workspace, source: str, *, log_vkey: str, reason: str) -> Draft:
    """Draft the entry by which this log says that it follows another one.

    Parameters
    ----------
    source
        An address or a folder with the other log's checkpoint.
    log_vkey
        The other log's key, known from before.
    reason
        ``compromised``, ``lost`` or ``moved``.

    Raises
    ------
    BadRequest
        When the key is no vkey, or the source is neither an address nor a folder.
    ledger.errors.NotVerified
        When the checkpoint is not signed by that key.
    """
    key = parse_vkey(log_vkey)
    read, close = files_at(source)
    try:
        signed = read(CHECKPOINT)
    except LookupError as missing:
        raise NotVerified("FILE_MISSING", f"{source} has no checkpoint: {missing}") from missing
    finally:
        close()
    found, _ = open_checkpoint(signed, key)
    return table.make_draft(
        workspace,
        "log.opened",
        {
            "previous": found.origin,
            "size": found.size,
            "root": found.root.hex(),
            "checkpoint": hashlib.sha256(signed).hexdigest(),
            "reason": reason,
        },
    )


def _require_newest(workspace: Workspace, source: str, checkpoint: Checkpoint) -> None:
    """Refuse a source that ends before the largest checkpoint that is known to be signed."""
    known = (workspace.gate.last(), workspace.publisher.signed())
    signed = max((one for one in known if one is not None), key=lambda one: one.size, default=None)
    if signed is not None and checkpoint.size < signed.size:
        raise SourceBehind(
            f"{source} has {checkpoint.size} entries, but a checkpoint of {signed.size} was "
            "signed. Find a copy that has them all (a mirror, a lender's export, a witness's "
            "operator); if nobody has, open a new log that cites the old one: "
            "`parkloom ledger cite`.",
            size=checkpoint.size,
            signed=signed.size,
        )
