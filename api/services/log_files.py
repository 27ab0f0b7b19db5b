"""The published log: checkpoint, tiles and bundles as files, and proofs from them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from api.services.errors import BadRequest
from api.services.workspace import Workspace
from api.witnessing.log_witnesses import read_policy
from data.errors import NotFound
from ledger.errors import Corruption, NotVerified
from ledger.log import note
from ledger.log.checkpoint import CHECKPOINT, Checkpoint, parse_checkpoint
from ledger.log.files import clear, write_files
from ledger.log.merkle import consistency_proof, inclusion_proof, root_at
from ledger.log.policy import Policy, PolicyLog
from ledger.log.proof_file import TlogProof
from ledger.log.tiles import TileReader, parse_path, tiles_of


@dataclass(frozen=True, slots=True, kw_only=True)
class InclusionView:
    """Proof that a leaf is in the tree of a size; hashes lower-case hex."""

    index: int
    size: int
    leaf_hash: str
    root: str
    proof: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsistencyView:
    """Proof that a tree extends an earlier one; hashes lower-case hex."""

    old_size: int
    size: int
    old_root: str
    root: str
    proof: tuple[str, ...]


def checkpoint(workspace: Workspace) -> bytes:
    """Return the published checkpoint (a signed note). Raises NotFound before the first.

    Where the log has witnesses, it carries the cosignatures of a quorum of them.
    """
    try:
        return workspace.publisher.read(CHECKPOINT)
    except LookupError:
        raise NotFound("published file", CHECKPOINT) from None


def published_file(workspace: Workspace, path: str) -> bytes:
    """Return a tile or entry bundle by its C2SP path (`tile/0/x001/234`).

    A partial one that is no longer kept is cut from a fuller one: tiles only grow at their end.
    Tiles of a size that still waits for its witnesses are there already.

    Raises
    ------
    NotFound
        When the path is no tile's or the log has not come that far.
    """
    try:
        return workspace.publisher.tile(parse_path(path))
    except (ValueError, LookupError):
        raise NotFound("published file", path) from None


def inclusion(workspace: Workspace, index: int, *, size: int | None = None) -> InclusionView:
    """Prove a leaf's inclusion at a size (default: the published one).

    Raises
    ------
    NotFound
        Before the first checkpoint.
    BadRequest
        When the index lies outside the size, or the size beyond what is published.
    """
    size, nodes = _tree(workspace, size)
    if not 0 <= index < size:
        raise BadRequest(
            f"index {index}: the tree of size {size} has 0 to {size - 1}.", index=index
        )
    return InclusionView(
        index=index,
        size=size,
        leaf_hash=nodes(0, index).hex(),
        root=root_at(size, nodes).hex(),
        proof=tuple(one.hex() for one in inclusion_proof(index, size, nodes)),
    )


def consistency(workspace: Workspace, old_size: int, *, size: int | None = None) -> ConsistencyView:
    """Prove that the published tree extends an earlier size.

    Raises
    ------
    NotFound
        Before the first checkpoint.
    BadRequest
        When the sizes are not 1 ≤ old ≤ size ≤ published.
    """
    size, nodes = _tree(workspace, size)
    if not 1 <= old_size <= size:
        raise BadRequest(f"old_size {old_size}: expected 1 to {size}.", old_size=old_size)
    return ConsistencyView(
        old_size=old_size,
        size=size,
        old_root=root_at(old_size, nodes).hex(),
        root=root_at(size, nodes).hex(),
        proof=tuple(one.hex() for one in consistency_proof(old_size, size, nodes)),
    )


def proof_file(workspace: Workspace, index: int) -> bytes:
    """Return the proof file (C2SP tlog-proof) of an entry, with the published checkpoint.

    Raises
    ------
    NotFound
        Before the first checkpoint.
    BadRequest
        When the published tree does not hold the entry (yet).
    """
    # The checkpoint is read once: another one may take its place at any moment.
    signed = checkpoint(workspace)
    size = _size_of(signed)
    if not 0 <= index < size:
        raise BadRequest(
            f"index {index}: the published tree of size {size} has 0 to {size - 1}.", index=index
        )
    nodes = TileReader(workspace.publisher.read, size)
    hashes = inclusion_proof(index, size, nodes)
    return TlogProof(index=index, hashes=hashes, checkpoint=signed).encode()


def lenders_policy(workspace: Workspace) -> Policy:
    """Return the trust policy of this log to hand to lenders: its key, its witnesses, the quorum.

    A log without witnesses has a policy that asks for none.

    Raises
    ------
    BadRequest
        When the policy file cannot be read.
    """
    policy = read_policy(workspace.settings.policy_file) or Policy()
    if policy.logs:
        return policy
    return replace(policy, logs=(PolicyLog(key=workspace.keys.log.verifier),))


def export(workspace: Workspace, folder: Path) -> int:
    """Copy checkpoint, tiles and bundles into a folder; return the size of the log.

    The checkpoint is read first and written last, so what lies in the folder is whole at any time.

    Raises
    ------
    NotFound
        Before the first checkpoint.
    """
    signed = checkpoint(workspace)
    size, staging = _size_of(signed), folder / ".staging"
    for tile in tiles_of(size):
        write_files(folder, {tile.path: workspace.publisher.tile(tile)}, staging=staging)
    write_files(folder, {CHECKPOINT: signed}, staging=staging)
    clear(staging)
    return size


def _size_of(signed: bytes) -> int:
    """Return the size that our own published checkpoint states."""
    try:
        return parse_checkpoint(note.split_note(signed)[0]).size
    except NotVerified as error:
        raise Corruption("CHECKPOINT_DAMAGED", f"The published checkpoint: {error}") from error


def _published(workspace: Workspace) -> Checkpoint:
    found = workspace.publisher.published()
    if found is None:
        raise NotFound("published file", CHECKPOINT)
    return found


def _tree(workspace: Workspace, size: int | None) -> tuple[int, TileReader]:
    published = _published(workspace).size
    wanted = published if size is None else size
    if not 1 <= wanted <= published:
        raise BadRequest(
            f"size {wanted}: expected 1 to {published}, what is published.", size=wanted
        )
    return wanted, TileReader(workspace.publisher.read, published)
