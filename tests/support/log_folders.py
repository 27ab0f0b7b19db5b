"""Published logs in folders, of any entries and any size: what a client is let loose on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ledger.log import note
from ledger.log.checkpoint import CHECKPOINT, Checkpoint
from ledger.log.merkle import leaf_hash, root_of
from ledger.log.tile_builder import TileBuilder
from ledger.log.tiles import tiles_of
from tests.support.log_parts import LOG_KEY


def entries_of(size: int, name: str = "entry") -> list[bytes]:
    """Return so many different entries; a shorter list is the beginning of a longer one."""
    return [b"%s %d" % (name.encode(), number) for number in range(size)]


def checkpoint_of(entries: Sequence[bytes], key: note.Signer = LOG_KEY) -> Checkpoint:
    """Return the checkpoint of a log that holds these entries."""
    root = root_of([leaf_hash(entry) for entry in entries])
    return Checkpoint(origin=key.name, size=len(entries), root=root)


def publish(
    folder: Path, entries: Sequence[bytes], *, key: note.Signer = LOG_KEY, lines: bytes = b""
) -> Checkpoint:
    """Write the files of a log that holds these entries; return its checkpoint.

    Parameters
    ----------
    lines
        Cosignature lines for the note.
    """
    size = len(entries)
    made: dict[str, bytes] = {}
    builder = TileBuilder(
        lambda start, stop: entries[start:stop], made.__getitem__, old_size=0, new_size=size
    )
    for tile in tiles_of(size):
        made[tile.path] = builder.build(tile)
    checkpoint = checkpoint_of(entries, key)
    made[CHECKPOINT] = key.sign(checkpoint.text()) + lines
    for path, data in made.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return checkpoint
