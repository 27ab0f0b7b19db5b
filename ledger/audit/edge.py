"""The right edge of a tree in rows of tiles: enough to go on, to compare tiles and for the root."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ledger.log.merkle import Frontier
from ledger.log.tiles import TILE_HEIGHT, TILE_WIDTH, subtree_hash

FullTile = tuple[int, int, list[bytes]]
"""(level, index, its 256 hashes)."""


class Edge:
    """A tree that grows at its right end; it keeps at most 255 hashes a level.

    Parameters
    ----------
    rows
        By tile level from 0: the hashes of the tile that is not full yet, left to right.

    Attributes
    ----------
    size
        Number of leaves.
    """

    def __init__(self, rows: Sequence[Sequence[bytes]] = ()) -> None:
        self.rows = [list(row) for row in rows]
        self.size = sum(len(row) << (TILE_HEIGHT * at) for at, row in enumerate(self.rows))

    def add(self, hashes: Sequence[bytes]) -> Iterator[FullTile]:
        """Add leaf hashes; yield every tile that is full now, lower levels first."""
        at = 0
        while at < len(hashes):
            row = self._row(0)
            taken = hashes[at : at + TILE_WIDTH - len(row)]
            row.extend(taken)
            at += len(taken)
            self.size += len(taken)
            level = 0
            while len(row) == TILE_WIDTH:
                yield level, (self.size >> (TILE_HEIGHT * level)) // TILE_WIDTH - 1, row
                self.rows[level] = []
                level += 1
                above = self._row(level)
                above.append(subtree_hash(row))
                row = above

    def _row(self, level: int) -> list[bytes]:
        if level == len(self.rows):
            self.rows.append([])
        return self.rows[level]

    def partial(self) -> Iterator[FullTile]:
        """Yield the tiles at the edge that are not full."""
        for level, row in enumerate(self.rows):
            if row:
                yield level, (self.size >> (TILE_HEIGHT * level)) // TILE_WIDTH, row

    def frontier(self) -> Frontier:
        """Return the frontier of the tree."""
        hashes: list[bytes] = []
        for row in reversed(self.rows):
            start = 0
            for bit in reversed(range(TILE_HEIGHT)):
                width = 1 << bit
                if len(row) & width:
                    hashes.append(subtree_hash(row[start : start + width]))
                    start += width
        return Frontier(self.size, tuple(hashes))

    def root(self) -> bytes:
        """Return the root of the tree."""
        return self.frontier().root()
