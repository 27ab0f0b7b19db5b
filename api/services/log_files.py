"""The published log: checkpoint, tiles and bundles as files, and proofs from them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from api.services.workspace import Workspace


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
    raise NotImplementedError


def published_file(workspace: Workspace, path: str) -> bytes:
    """Return a tile or entry bundle by its C2SP path (`tile/0/x001/234`). Raises NotFound."""
    raise NotImplementedError


def inclusion(workspace: Workspace, index: int, *, size: int | None = None) -> InclusionView:
    """Prove a leaf's inclusion at a size (default: the published one). Raises BadRequest."""
    raise NotImplementedError


def consistency(workspace: Workspace, old_size: int, *, size: int | None = None) -> ConsistencyView:
    """Prove that the published tree extends an earlier size. Raises BadRequest."""
    raise NotImplementedError


def export(workspace: Workspace, folder: Path) -> int:
    """Copy checkpoint, tiles and bundles into a folder; return the size of the log."""
    raise NotImplementedError
