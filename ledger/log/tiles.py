"""Tiles and entry bundles (C2SP tlog-tiles): paths, bytes, and nodes of the tree read from them.

A tile at level L holds up to 256 hashes of the tree's level 8·L; a bundle holds up to 256 entries.
Both are functions of the entries alone and never change once full.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ledger.errors import NotVerified
from ledger.log.merkle import HASH_BYTES, leaf_hash, node_hash

TILE_HEIGHT: Final = 8
TILE_WIDTH: Final = 256
LEVEL_MAX: Final = 63

_NUMBER = r"(?:x[0-9]{3}/)*[0-9]{3}"
_PATH = re.compile(
    rf"tile/(entries|0|[1-9][0-9]?)/({_NUMBER})(?:\.p/([1-9][0-9]{{0,2}}))?\Z", re.ASCII
)

ReadFile = Callable[[str], bytes]
"""Reads a file of a log by its path; raises `LookupError` (or `FileNotFoundError`) if absent."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Tile:
    """Name of a tile or, with `level` None, of an entry bundle.

    Parameters
    ----------
    level
        0 … 63, None for a bundle.
    index
        Place on the level, ≥ 0.
    width
        Number of hashes or entries: 1 … 255 for a partial one, 256 for a full one.

    Raises
    ------
    ValueError
        When a number is out of range.
    """

    level: int | None
    index: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        if self.level is not None and not 0 <= self.level <= LEVEL_MAX:
            raise ValueError(f"tile level {self.level} is not in 0 … {LEVEL_MAX}")
        if self.index < 0 or not 1 <= self.width <= TILE_WIDTH:
            raise ValueError(f"there is no tile {self.index} of width {self.width}")

    @property
    def full(self) -> bool:
        """Whether it can never grow."""
        return self.width == TILE_WIDTH

    @property
    def path(self) -> str:
        """Its path below the log's prefix."""
        kind = "entries" if self.level is None else str(self.level)
        suffix = "" if self.full else f".p/{self.width}"
        return f"tile/{kind}/{format_index(self.index)}{suffix}"


def format_index(index: int) -> str:
    """Return a tile's number in groups of three digits: 1234067 is `x001/x234/067`."""
    groups = [f"{index % 1000:03d}"]
    while index >= 1000:
        index //= 1000
        groups.append(f"x{index % 1000:03d}")
    return "/".join(reversed(groups))


def parse_path(path: str) -> Tile:
    """Return the tile of a path: the inverse of `Tile.path`.

    Raises
    ------
    ValueError
        When no tile has this path.
    """
    match = _PATH.match(path)
    if match is None:
        raise ValueError(f"{path[:80]!r} is no path of a tile or bundle")
    kind, number, width = match.groups()
    tile = Tile(
        level=None if kind == "entries" else int(kind),
        index=int(number.replace("x", "").replace("/", "")),
        width=TILE_WIDTH if width is None else int(width),
    )
    if tile.path != path:  # leading zero groups, a width of 256
        raise ValueError(f"{path[:80]!r} is not how {tile.path} is written")
    return tile


def tiles_of(size: int) -> Iterator[Tile]:
    """Yield every tile and bundle of a tree, in the order of `tiles_between`."""
    yield from tiles_between(0, size)


def tiles_between(old: int, new: int) -> Iterator[Tile]:
    """Yield the tiles and bundles that a tree of `new` leaves has and one of `old` had not.

    Each bundle stands before its level-0 tile, each level before the one above: every tile comes
    after those that it is computed from.
    """
    level = 0
    while new and old != new:
        first, last = old // TILE_WIDTH, new // TILE_WIDTH
        for index in range(first, last + 1):
            width = TILE_WIDTH if index < last else new % TILE_WIDTH
            if not width:
                continue
            if level == 0:
                yield Tile(level=None, index=index, width=width)
            yield Tile(level=level, index=index, width=width)
        level, old, new = level + 1, first, last


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Return a bundle: each entry after its length in two bytes, big-endian."""
    return b"".join(len(entry).to_bytes(2) + entry for entry in entries)


def decode_bundle(data: bytes) -> list[bytes]:
    """Return the entries of a bundle.

    Raises
    ------
    NotVerified
        `BUNDLE_MALFORMED` when the bytes end inside an entry or hold more than 256.
    """
    entries: list[bytes] = []
    at = 0
    while at < len(data):
        start = at + 2
        at = start + int.from_bytes(data[at:start])
        if start > len(data) or at > len(data):
            raise NotVerified("BUNDLE_MALFORMED", f"entry {len(entries)} of the bundle is cut off")
        entries.append(data[start:at])
    if len(entries) > TILE_WIDTH:
        raise NotVerified("BUNDLE_MALFORMED", f"{len(entries)} entries; {TILE_WIDTH} is the most")
    return entries


def split_hashes(data: bytes) -> list[bytes]:
    """Return the hashes of a tile's bytes.

    Raises
    ------
    NotVerified
        `TILE_MALFORMED` when the bytes are not 1 … 256 whole hashes.
    """
    if not data or len(data) % HASH_BYTES or len(data) > TILE_WIDTH * HASH_BYTES:
        raise NotVerified("TILE_MALFORMED", f"a tile of {len(data)} bytes")
    return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]


def cut_tile(tile: Tile, data: bytes) -> bytes:
    """Return a tile's bytes out of those of the same tile at its own or a greater width.

    Raises
    ------
    LookupError
        When the bytes do not reach that far.
    """
    if tile.level is not None:
        if len(data) < tile.width * HASH_BYTES:
            raise LookupError(f"{tile.path}: {len(data)} bytes are too few")
        return data[: tile.width * HASH_BYTES]
    entries = decode_bundle(data)
    if len(entries) < tile.width:
        raise LookupError(f"{tile.path}: {len(entries)} entries are too few")
    return data if len(entries) == tile.width else encode_bundle(entries[: tile.width])


def subtree_hash(hashes: Sequence[bytes]) -> bytes:
    """Return the node above a power of two of neighbouring nodes."""
    row = list(hashes)
    while len(row) > 1:
        row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
    return row[0]


class TileReader:
    """Nodes of the tree of a given size, and entries, read from tiles; nothing is verified.

    Parameters
    ----------
    read
        Gives the bytes of a path. When the partial tile of this size is gone, the full one that
        replaced it is asked for.
    size
        Number of leaves of the tree.

    Notes
    -----
    It is a `merkle.Nodes`: pass it to the proof functions. The tiles read last are kept.
    """

    _KEPT_MAX = 64

    def __init__(self, read: ReadFile, size: int) -> None:
        self._read = read
        self._size = size
        self._rows: dict[tuple[int, int], list[bytes]] = {}

    def __call__(self, level: int, index: int) -> bytes:
        """Return the hash of the complete subtree of 2^level leaves with this index."""
        tile_level, height = divmod(level, TILE_HEIGHT)
        start = index << height
        row = self.row(tile_level, start // TILE_WIDTH)
        first = start % TILE_WIDTH
        return subtree_hash(row[first : first + (1 << height)])

    def row(self, level: int, index: int) -> list[bytes]:
        """Return the hashes of a tile.

        Raises
        ------
        LookupError
            When the tree has no such tile, or neither it nor its full form can be read.
        NotVerified
            `TILE_MALFORMED`.
        """
        found = self._rows.get((level, index))
        if found is None:
            tile = self._tile(level, index, self._size >> (TILE_HEIGHT * level))
            found = split_hashes(self._fetch(tile))[: tile.width]
            if len(found) < tile.width:
                raise NotVerified("TILE_MALFORMED", f"{tile.path} holds {len(found)} hashes")
            self._rows[level, index] = found
            if len(self._rows) > self._KEPT_MAX:
                del self._rows[next(iter(self._rows))]
        return found

    def entries(self, index: int) -> list[bytes]:
        """Return the entries of a bundle, as many as the tree has of it.

        Raises
        ------
        LookupError
            When the tree has no such bundle, or it cannot be read.
        NotVerified
            `BUNDLE_MALFORMED`.
        """
        tile = self._tile(None, index, self._size)
        found = decode_bundle(self._fetch(tile))[: tile.width]
        if len(found) < tile.width:
            raise NotVerified("BUNDLE_MALFORMED", f"{tile.path} holds {len(found)} entries")
        return found

    def _tile(self, level: int | None, index: int, count: int) -> Tile:
        width = min(TILE_WIDTH, count - index * TILE_WIDTH)
        if index < 0 or width < 1:
            raise LookupError(f"a tree of {self._size} leaves has no tile {index} at {level}")
        return Tile(level=level, index=index, width=width)

    def _fetch(self, tile: Tile) -> bytes:
        try:
            return self._read(tile.path)
        except (LookupError, FileNotFoundError):
            if tile.full:
                raise LookupError(f"{tile.path} is missing") from None
        try:
            return self._read(Tile(level=tile.level, index=tile.index).path)
        except (LookupError, FileNotFoundError):
            raise LookupError(f"{tile.path} is missing, and so is its full form") from None


class LeafNodes:
    """Nodes of the tree over leaf hashes in memory: for tests, tools and small logs."""

    def __init__(self, entries: Sequence[bytes]) -> None:
        self._rows: list[list[bytes]] = [[leaf_hash(entry) for entry in entries]]

    def __call__(self, level: int, index: int) -> bytes:
        """Return the hash of the complete subtree of 2^level leaves with this index."""
        while len(self._rows) <= level:
            row = self._rows[-1]
            pairs = range(0, len(row) - 1, 2)
            self._rows.append([node_hash(row[at], row[at + 1]) for at in pairs])
        return self._rows[level][index]
