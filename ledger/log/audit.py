"""Check the files of a log, ours or a stranger's, with nothing but its public key."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ledger.errors import NotVerified
from ledger.log import note
from ledger.log.checkpoint import Checkpoint, open_checkpoint
from ledger.log.merkle import Frontier, leaf_hash
from ledger.log.tiles import TILE_WIDTH, ReadFile, TileReader, subtree_hash

CHECKPOINT = "checkpoint"

OnEntries = Callable[[int, Sequence[bytes]], None]
"""Is given the index of a bundle's first entry and the entries."""


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
        `TILE_DIFFERS` (with its path), `ROOT_DIFFERS`.
    """
    try:
        checkpoint, _ = open_checkpoint(read(CHECKPOINT), log, witnesses)
        root = _recompute(TileReader(read, checkpoint.size), checkpoint.size, on_entries)
    except (LookupError, FileNotFoundError) as error:
        raise NotVerified("FILE_MISSING", f"the log is not whole: {error}") from error
    if root != checkpoint.root:
        raise NotVerified(
            "ROOT_DIFFERS",
            f"the entries have the root {root.hex()}, the checkpoint of size {checkpoint.size} "
            f"states {checkpoint.root.hex()}",
        )
    return checkpoint


def _recompute(reader: TileReader, size: int, on_entries: OnEntries | None) -> bytes:
    frontier = Frontier()
    row: list[bytes] = []  # nodes over the full tiles of the level below
    for index in range(-(-size // TILE_WIDTH)):
        entries = reader.entries(index)
        hashes = [leaf_hash(entry) for entry in entries]
        _compare(reader, 0, index, hashes)
        frontier = frontier.extended(hashes)
        if len(hashes) == TILE_WIDTH:
            row.append(subtree_hash(hashes))
        if on_entries is not None:
            on_entries(index * TILE_WIDTH, entries)
    level = 1
    while row:
        above: list[bytes] = []
        for start in range(0, len(row), TILE_WIDTH):
            part = row[start : start + TILE_WIDTH]
            _compare(reader, level, start // TILE_WIDTH, part)
            if len(part) == TILE_WIDTH:
                above.append(subtree_hash(part))
        row, level = above, level + 1
    return frontier.root()


def _compare(reader: TileReader, level: int, index: int, expected: Sequence[bytes]) -> None:
    found = reader.row(level, index)
    if found != list(expected):
        pairs = enumerate(zip(found, expected, strict=True))
        first = next(place for place, (got, wanted) in pairs if got != wanted)
        raise NotVerified(
            "TILE_DIFFERS",
            f"hash {first} of tile {index} at level {level} is {found[first].hex()}, computed "
            f"from below it is {expected[first].hex()}",
        )
