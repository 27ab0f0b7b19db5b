"""Check the files of a log, ours or a stranger's, with nothing but its public key."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ledger.audit.edge import Edge
from ledger.audit.findings import Finding
from ledger.audit.tree import Tree
from ledger.errors import NotVerified
from ledger.log import note
from ledger.log.checkpoint import CHECKPOINT, Checkpoint, open_checkpoint
from ledger.log.tiles import ReadFile

OnEntries = Callable[[int, Sequence[bytes]], None]
"""Is given the index of the first of some entries, and the entries."""


def verify_files(
    read: ReadFile,
    log: note.Verifier,
    *,
    witnesses: Sequence[note.Verifier] = (),
    on_entries: OnEntries | None = None,
) -> Checkpoint:
    """Recompute a log from its bundles and return its checkpoint when everything fits.

    Checked: the checkpoint's signature, every bundle against its level-0 tile, every tile against
    the one above, and the root against the checkpoint. What entries mean is not looked at.

    Raises
    ------
    NotVerified
        The codes of `open_checkpoint`; `FILE_MISSING`, `TILE_MALFORMED`, `BUNDLE_MALFORMED`,
        `TILE_DIFFERS`, `ROOT_DIFFERS`.
    """
    try:
        checkpoint, _ = open_checkpoint(read(CHECKPOINT), log, witnesses)
    except (LookupError, FileNotFoundError) as error:
        raise NotVerified("FILE_MISSING", f"the log is not whole: {error}") from error
    edge = Edge()
    tree = Tree(read, checkpoint, edge, find=_refuse)
    while edge.size < checkpoint.size:
        start = edge.size
        found = tree.next() or ()
        if on_entries is not None:
            on_entries(start, [entry for entry, _ in found])
    tree.finish()
    return checkpoint


def _refuse(finding: Finding) -> None:
    raise NotVerified(finding.code, finding.message)
