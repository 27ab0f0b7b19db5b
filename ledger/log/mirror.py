"""A rule-checking mirror: it copies a log, replays every entry, and vouches for what obeys.

A plain witness says that a tree extends the one before. A mirror says more: that every entry up
to a size obeys the rules of the record and that the stated roots of the state map hold. It reads
nothing but public files, and keeps them: whoever lost the log gets it back from here.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path

from ledger.errors import NotVerified
from ledger.log.checkpoint import Checkpoint
from ledger.log.client import FetchFailed, VerifiedTiles
from ledger.log.files import write_files
from ledger.log.gate import ReplayMemory
from ledger.log.tile_builder import TileBuilder
from ledger.log.tiles import TILE_WIDTH, ReadFile, TileReader, tiles_between

STATEMENT = "parkloom/replayed/v1"
_BUNDLES_AT_ONCE = 16
_CHUNK = _BUNDLES_AT_ONCE * TILE_WIDTH


class Mirror:
    """Replays a log that somebody else serves and keeps a copy of its files.

    Parameters
    ----------
    read
        Gives the log's files; nothing of them is believed.
    memory
        What was replayed so far.
    folder
        Where the copy is kept: `tile/…` as C2SP tlog-tiles names it.
    """

    def __init__(self, read: ReadFile, memory: ReplayMemory, folder: Path) -> None:
        self._read = read
        self._memory = memory
        self._folder = folder
        self._first = 0
        self._chunk: Sequence[bytes] = ()

    def check(self, checkpoint: Checkpoint) -> None:
        """Replay the log up to a checkpoint and copy it; the caller has checked its signature.

        Done once for each entry: what was replayed is kept, and a call that is interrupted goes
        on where it was.

        Raises
        ------
        NotVerified
            The code of the rule that an entry breaks, with its index; `ROOT_DIFFERS` when the
            entries replayed so far are not the beginning of this tree; `CHECKPOINT_BEHIND` when it
            is smaller than what was replayed; `FILE_MISSING` when a file cannot be had; the codes
            of `VerifiedTiles`. Nothing of the entry that fails is kept.
        """
        tiles = VerifiedTiles(self._read, checkpoint.size, checkpoint.root)
        try:
            while self._step(checkpoint, tiles):
                pass
        except (LookupError, FetchFailed) as missing:
            raise NotVerified(
                "FILE_MISSING", f"log {checkpoint.origin} is not whole: {missing}"
            ) from missing

    def own(self, path: str) -> bytes:
        """Return a file of the copy; `LookupError` where there is none."""
        try:
            return (self._folder / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            raise LookupError(f"{path} is not in the copy") from None

    def leaves(self, start: int, stop: int) -> Sequence[bytes]:
        """Return entries of the chunk that is replayed, and of the copy before it.

        Raises
        ------
        LookupError
            When one is in neither.
        """
        first = self._first  # a multiple of the width of a bundle: what is before it is whole
        copied = TileReader(self.own, first)
        bundles = range(start // TILE_WIDTH, -(-min(stop, first) // TILE_WIDTH))
        found = [leaf for number in bundles for leaf in copied.entries(number)]
        begin = start - start % TILE_WIDTH if bundles else first
        leaves = [*found, *self._chunk[: max(0, stop - first)]][start - begin : stop - begin]
        if len(leaves) < stop - start:
            raise LookupError(f"the copy has not all entries from {start} to {stop - 1}")
        return leaves

    def _step(self, checkpoint: Checkpoint, tiles: VerifiedTiles) -> bool:
        """Replay and keep a chunk; tell whether there is more."""
        replay = self._memory.begin()
        start = replay.head.size
        if start > checkpoint.size:
            raise NotVerified(
                "CHECKPOINT_BEHIND",
                f"log {checkpoint.origin} shows {checkpoint.size} entries; {start} were replayed",
            )
        stop = min(checkpoint.size, (start // _CHUNK + 1) * _CHUNK)
        first = start - start % TILE_WIDTH
        leaves = [
            leaf
            for at in range(first, stop, TILE_WIDTH)
            for leaf in tiles.entries(at // TILE_WIDTH)
        ]
        self._first, self._chunk = first, leaves
        for leaf in leaves[start - first : stop - first]:
            replay.add(leaf)
        if stop == checkpoint.size and replay.head.frontier.root() != checkpoint.root:
            raise NotVerified(
                "ROOT_DIFFERS",
                f"the {stop} entries of log {checkpoint.origin} that were replayed have the root "
                f"{replay.head.frontier.root().hex()}, the checkpoint states "
                f"{checkpoint.root.hex()}: it shows another history than before",
            )
        self._copy(leaves, first, start, stop)
        self._memory.keep(replay)
        return stop < checkpoint.size

    def _copy(self, leaves: Sequence[bytes], first: int, start: int, stop: int) -> None:
        """Write the tiles that the copy has not yet; a crash here leaves some, to be made again."""
        builder = TileBuilder(
            lambda begin, end: leaves[begin - first : end - first],
            self.own,
            old_size=start,
            new_size=stop,
        )
        files = {tile.path: builder.build(tile) for tile in tiles_between(start, stop)}
        write_files(self._folder, files, staging=self._folder / ".staging")


def statement(checkpoint: Checkpoint, *, rule_version: int) -> str:
    """Return the text in which a mirror says what it has replayed; it signs it as a note."""
    root = base64.b64encode(checkpoint.root).decode("ascii")
    return (
        f"{STATEMENT}\n{checkpoint.origin}\n{checkpoint.size}\n{root}\n"
        f"rules {rule_version}: L1 to L7 and the map roots hold\n"
    )
