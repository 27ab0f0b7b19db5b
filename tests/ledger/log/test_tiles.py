"""Tiles and bundles: paths, bytes, and the same tree read from them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import NotVerified
from ledger.log.merkle import (
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_at,
    verify_consistency,
    verify_inclusion,
)
from ledger.log.tile_builder import TileBuilder
from ledger.log.tiles import (
    LeafNodes,
    Tile,
    TileReader,
    decode_bundle,
    encode_bundle,
    format_index,
    parse_path,
    split_hashes,
    tiles_between,
    tiles_of,
)

some_tiles = st.builds(
    Tile,
    level=st.none() | st.integers(0, 63),
    index=st.integers(0, 10**18),
    width=st.integers(1, 256),
)


@given(some_tiles)
def test_parse_path_inverts_path(tile):
    assert parse_path(tile.path) == tile


def test_numbers_stand_in_groups_of_three():
    assert format_index(0) == "000"
    assert format_index(999) == "999"
    assert format_index(1000) == "x001/000"
    assert format_index(1234067) == "x001/x234/067"


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/entries/x000/001",
        "tile/0/x001",
        "tile/0/x001/",
        "tile/0/001/x002",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/0/000.p",
        "tile/0/../000",
        "tile/0/000\n",
        "tile/0/٠٠٠",
        "/tile/0/000",
        "checkpoint",
        "",
    ],
)
def test_parse_path_refuses(path):
    with pytest.raises(ValueError, match=r"path|level|tile"):
        parse_path(path)


@pytest.mark.parametrize(
    ("level", "index", "width"), [(64, 0, 1), (-1, 0, 1), (0, -1, 1), (0, 0, 0), (0, 0, 257)]
)
def test_there_is_no_such_tile(level, index, width):
    with pytest.raises(ValueError, match="tile"):
        Tile(level=level, index=index, width=width)


@given(st.lists(st.binary(max_size=300), max_size=256))
def test_decode_bundle_inverts_encode(entries):
    assert decode_bundle(encode_bundle(entries)) == entries


def test_bundle_carries_the_largest_entry():
    entry = b"\xff" * 65_535
    assert decode_bundle(encode_bundle([b"", entry])) == [b"", entry]


@pytest.mark.parametrize("data", [b"\x00", b"\x00\x02a", b"\x00\x00\x00", b"\x00\x00" * 257])
def test_decode_bundle_refuses(data):
    with pytest.raises(NotVerified) as caught:
        decode_bundle(data)
    assert caught.value.code == "BUNDLE_MALFORMED"


@pytest.mark.parametrize("data", [b"", b"\x00" * 31, b"\x00" * 32 * 257])
def test_split_hashes_refuses(data):
    with pytest.raises(NotVerified) as caught:
        split_hashes(data)
    assert caught.value.code == "TILE_MALFORMED"


class Files(dict[str, bytes]):
    """Files of a log in memory; counts what is built."""

    def grow(self, entries: list[bytes], old: int, new: int) -> None:
        """Build what a log of `new` entries has more than one of `old`."""
        builder = TileBuilder(
            lambda start, stop: entries[start:stop], self.__getitem__, old_size=old, new_size=new
        )
        for tile in tiles_between(old, new):
            self[tile.path] = builder.build(tile)


ENTRIES = [b"%d" % number for number in range(70_000)]


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 70_000])
def test_tiles_hold_the_tree(size):
    files = Files()
    files.grow(ENTRIES, 0, size)
    reader = TileReader(files.__getitem__, size)
    leaves = [leaf_hash(entry) for entry in ENTRIES[:size]]
    root = Frontier().extended(leaves).root()
    assert root_at(size, reader) == root
    for index in (0, size // 2, size - 1):
        verify_inclusion(index, size, leaves[index], inclusion_proof(index, size, reader), root)
    for old in {1, size // 2, size - 1} - {0}:
        old_root = Frontier().extended(leaves[:old]).root()
        verify_consistency(old, size, old_root, root, consistency_proof(old, size, reader))
    assert set(files) == {tile.path for tile in tiles_of(size)}


@given(st.lists(st.integers(1, 400), min_size=1, max_size=6))
def test_tiles_do_not_depend_on_how_the_log_grew(steps):
    grown, size = Files(), 0
    for step in steps:
        grown.grow(ENTRIES, size, size + step)
        size += step
    at_once = Files()
    at_once.grow(ENTRIES, 0, size)
    assert {path: grown[path] for path in at_once} == dict(at_once)


def test_reader_takes_the_full_tile_when_the_partial_one_is_gone():
    files = Files()
    files.grow(ENTRIES, 0, 256)
    old = TileReader(files.__getitem__, 200)
    nodes = LeafNodes(ENTRIES[:200])
    assert root_at(200, old) == root_at(200, nodes)
    assert old.entries(0) == ENTRIES[:200]


def test_reader_says_what_is_missing():
    with pytest.raises(LookupError, match=r"tile/0/000\.p/3 is missing, and so is its full form"):
        TileReader(Files().__getitem__, 3)(0, 0)
    with pytest.raises(LookupError, match="tile/0/000 is missing"):
        TileReader(Files().__getitem__, 256)(0, 0)
    with pytest.raises(LookupError, match="no tile"):
        TileReader(Files().__getitem__, 3).row(0, 1)


def test_reader_refuses_a_short_tile():
    files = Files({"tile/0/000.p/3": b"\0" * 64, "tile/entries/000.p/3": b"\0\0\0\0"})
    reader = TileReader(files.__getitem__, 3)
    with pytest.raises(NotVerified, match="holds 2 hashes"):
        reader.row(0, 0)
    with pytest.raises(NotVerified, match="holds 2 entries"):
        reader.entries(0)


def test_level_one_begins_at_256():
    paths = [tile.path for tile in tiles_of(256)]
    assert paths == ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]
