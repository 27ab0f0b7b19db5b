"""The published log: checkpoint, tiles and bundles as files, and proofs from them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from api.services.errors import BadRequest
from api.services.workspace import Workspace
from data.errors import NotFound
from ledger.log.checkpoint import Checkpoint, open_checkpoint
from ledger.log.merkle import HASH_BYTES, consistency_proof, inclusion_proof, root_at
from ledger.log.tiles import (
    TILE_HEIGHT,
    TILE_WIDTH,
    Tile,
    TileReader,
    decode_bundle,
    encode_bundle,
    parse_path,
    tiles_of,
)

CHECKPOINT = "checkpoint"


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
    """Return the published checkpoint (a signed note). Raises NotFound before the first."""
    return _read(workspace, CHECKPOINT)


def published_file(workspace: Workspace, path: str) -> bytes:
    """Return a tile or entry bundle by its C2SP path (`tile/0/x001/234`).

    A partial one that is no longer kept is cut from a fuller one: tiles only grow at their end.

    Raises
    ------
    NotFound
        When the path is no tile's or the log has not come that far.
    """
    try:
        tile = parse_path(path)
    except ValueError:
        raise NotFound("published file", path) from None
    return _cut(workspace, tile, _published(workspace).size)


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


def export(workspace: Workspace, folder: Path) -> int:
    """Copy checkpoint, tiles and bundles into a folder; return the size of the log.

    The checkpoint is read first and written last, so what lies in the folder is whole at any time.
    """
    signed = checkpoint(workspace)
    size = open_checkpoint(signed, workspace.keys.log.verifier)[0].size
    folder.mkdir(parents=True, exist_ok=True)
    for tile in tiles_of(size):
        target = folder / tile.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(_cut(workspace, tile, _published(workspace).size))
    (folder / CHECKPOINT).write_bytes(signed)
    return size


def _cut(workspace: Workspace, tile: Tile, size: int) -> bytes:
    """Return a tile's bytes out of the file that a log of this size has for it."""
    level = 0 if tile.level is None else tile.level
    there = min(TILE_WIDTH, (size >> (TILE_HEIGHT * level)) - tile.index * TILE_WIDTH)
    if tile.width > there:
        raise NotFound("published file", tile.path)
    data = _read(workspace, replace(tile, width=there).path)
    if tile.width == there:
        return data
    if tile.level is None:
        return encode_bundle(decode_bundle(data)[: tile.width])
    return data[: tile.width * HASH_BYTES]


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


def _read(workspace: Workspace, path: str) -> bytes:
    try:
        return workspace.publisher.read(path)
    except LookupError:
        raise NotFound("published file", path) from None
