"""Compute the bytes of new tiles and bundles from entries and from the tiles that stand."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ledger.log.merkle import leaf_hash
from ledger.log.tiles import (
    TILE_HEIGHT,
    TILE_WIDTH,
    ReadFile,
    Tile,
    TileReader,
    encode_bundle,
    subtree_hash,
)


class TileBuilder:
    """Builds the tiles of a tree that has grown.

    Parameters
    ----------
    leaves
        `leaves(start, stop)` gives entries of the log.
    read
        Gives the bytes of tiles that stand already.
    old_size, new_size
        Sizes of the tree before and after; tiles of the old size are used where they stand.
    """

    def __init__(
        self,
        leaves: Callable[[int, int], Sequence[bytes]],
        read: ReadFile,
        *,
        old_size: int,
        new_size: int,
    ) -> None:
        self._leaves = leaves
        self._old = TileReader(read, old_size)
        self._new = TileReader(read, new_size)
        self._bundle: tuple[Tile, list[bytes]] | None = None
        self._roots: dict[tuple[int, int], bytes] = {}

    def build(self, tile: Tile) -> bytes:
        """Return the bytes of a tile; ask in the order of `tiles.tiles_between`."""
        if tile.level is None:
            return encode_bundle(self._entries(tile))
        if tile.level == 0:
            row = [leaf_hash(entry) for entry in self._entries(tile)]
        else:
            first = tile.index * TILE_WIDTH
            row = [self._root(tile.level - 1, first + place) for place in range(tile.width)]
        if tile.full:
            self._roots[tile.level, tile.index] = subtree_hash(row)
        return b"".join(row)

    def _entries(self, tile: Tile) -> list[bytes]:
        """Return a bundle's entries; the level-0 tile that follows it uses the same."""
        bundle = Tile(level=None, index=tile.index, width=tile.width)
        if self._bundle is None or self._bundle[0] != bundle:
            start = tile.index * TILE_WIDTH
            self._bundle = (bundle, list(self._leaves(start, start + tile.width)))
        return self._bundle[1]

    def _root(self, level: int, index: int) -> bytes:
        """Return the node over a full tile: just built, from the level above, or from the tile."""
        known = self._roots.get((level, index))
        if known is not None:
            return known
        try:
            return self._old(TILE_HEIGHT * (level + 1), index)
        except LookupError:
            return subtree_hash(self._new.row(level, index))
