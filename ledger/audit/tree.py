"""Read a log's entries in order and compare every tile on the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ledger.audit.edge import Edge
from ledger.audit.findings import Finding
from ledger.errors import NotVerified
from ledger.log.checkpoint import Checkpoint
from ledger.log.merkle import leaf_hash, root_at
from ledger.log.tiles import TILE_WIDTH, ReadFile, TileReader

ReadEntries = Callable[[int, int], Sequence[bytes]]
"""Gives the bytes of entries [start, stop) from somewhere else than the bundles."""
Find = Callable[[Finding], None]
"""Takes a finding."""


class Tree:
    """The tree under one checkpoint, re-derived from the entries.

    Parameters
    ----------
    read
        Gives the log's files.
    edge
        What was derived before; it grows.
    find
        Is told what does not fit.
    entries
        Where the entries come from; None: the log's bundles. With another source the bundles are
        compared with it.

    Attributes
    ----------
    sound
        Whether all that was compared so far fits: only then is it worth keeping.
    """

    def __init__(
        self,
        read: ReadFile,
        checkpoint: Checkpoint,
        edge: Edge,
        *,
        find: Find,
        entries: ReadEntries | None = None,
    ) -> None:
        self._reader = TileReader(read, checkpoint.size)
        self._checkpoint = checkpoint
        self._edge = edge
        self._tell = find
        self._entries = entries
        self.sound = self.root_at(checkpoint.size) == checkpoint.root

    def root_at(self, size: int) -> bytes | None:
        """Return the root that the tiles give for a size, None where they do not reach."""
        try:
            return root_at(size, self._reader)
        except (LookupError, OSError, NotVerified):
            return None

    def same_history(self) -> bool:
        """Compare what was audited before with the tiles of today."""
        size, known = self._edge.size, self._edge.root()
        now = self.root_at(size)
        if now is None or now == known:  # a missing tile is found where it is compared
            return True
        self._find(
            "HISTORY_REWRITTEN",
            f"the first {size} entries had the root {known.hex()} when they were audited; in the "
            f"tree of {self._checkpoint.size} they have {now.hex()}. Keep both checkpoints: they "
            "are the proof. With a new state file everything is audited anew",
        )
        return False

    def next(self) -> Sequence[tuple[bytes, bytes]] | None:
        """Return (entry, leaf hash) of the next entries, at most 256; None where they end."""
        start = self._edge.size
        stop = min(self._checkpoint.size, (start // TILE_WIDTH + 1) * TILE_WIDTH)
        try:
            leaves = self._leaves(start, stop)
        except NotVerified as problem:
            self._find(problem.code, problem.message, start)
            return None
        hashes = [leaf_hash(leaf) for leaf in leaves]
        for level, index, row in self._edge.add(hashes):
            self._compare_tile(level, index, row)
        return list(zip(leaves, hashes, strict=True))

    def finish(self) -> None:
        """Compare the tiles at the edge and the root with the checkpoint."""
        for level, index, row in self._edge.partial():
            self._compare_tile(level, index, row)
        root, stated = self._edge.root(), self._checkpoint.root
        if root != stated:
            self._find(
                "ROOT_DIFFERS",
                f"the {self._checkpoint.size} entries have the root {root.hex()}, the checkpoint "
                f"states {stated.hex()}",
            )

    def _leaves(self, start: int, stop: int) -> Sequence[bytes]:
        published = self._published(start, stop)
        if self._entries is None:
            return published
        try:
            stored = self._entries(start, stop)
        except LookupError as missing:
            raise NotVerified("ENTRY_MISSING", str(missing)) from None
        for at, (one, other) in enumerate(zip(stored, published, strict=False), start=start):
            if one != other:
                self._find(
                    "ENTRY_UNSIGNED",
                    f"the store has the leaf {leaf_hash(one).hex()}, the published bundle "
                    f"{leaf_hash(other).hex()}",
                    at,
                )
        return stored

    def _published(self, start: int, stop: int) -> Sequence[bytes]:
        first = start - start % TILE_WIDTH
        try:
            bundle = self._reader.entries(first // TILE_WIDTH)
        except (LookupError, OSError) as missing:
            if self._entries is None:
                raise NotVerified("FILE_MISSING", str(missing)) from None
            self._find("FILE_MISSING", str(missing), start)
            return ()
        except NotVerified as problem:
            if self._entries is None:
                raise
            self._find(problem.code, problem.message, start)
            return ()
        return bundle[start - first : stop - first]

    def _compare_tile(self, level: int, index: int, row: Sequence[bytes]) -> None:
        try:
            published = self._reader.row(level, index)
        except (LookupError, OSError) as missing:
            self._find("FILE_MISSING", str(missing))
            return
        except NotVerified as problem:
            self._find(problem.code, problem.message)
            return
        for at, (got, wanted) in enumerate(zip(published, row, strict=True)):
            if got != wanted:
                self._find(
                    "TILE_DIFFERS",
                    f"hash {at} of tile {index} at level {level} is {got.hex()}, computed from "
                    f"below it is {wanted.hex()}",
                )
                return

    def _find(self, code: str, message: str, index: int | None = None) -> None:
        self.sound = False
        self._tell(Finding(code=code, message=message, index=index))
