"""The SM3 tree: the standard's own digest, and the same shape as the log's tree."""

from __future__ import annotations

import pytest

from ledger.log.sm3 import Sm3Frontier, sm3


def by_recursion(entries: list[bytes]) -> bytes:
    """Compute the root as RFC 6962 section 2.1 defines it."""
    if not entries:
        return sm3(b"")
    if len(entries) == 1:
        return sm3(b"\x00" + entries[0])
    split = 1 << ((len(entries) - 1).bit_length() - 1)
    return sm3(b"\x01" + by_recursion(entries[:split]) + by_recursion(entries[split:]))


def test_the_digest_is_the_standards():
    """GB/T 32905-2016, annex A: the message abc."""
    expected = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert sm3(b"abc").hex() == expected


def test_every_size_has_the_root_of_the_recursion():
    entries = [bytes([n % 251]) * (n % 7) for n in range(70)]
    frontier = Sm3Frontier()
    for size in range(len(entries)):
        assert frontier.root() == by_recursion(entries[:size])
        frontier = frontier.extended([entries[size]])
    assert Sm3Frontier().extended(entries) == frontier


def test_a_frontier_has_as_many_hashes_as_set_bits():
    with pytest.raises(ValueError, match="no frontier"):
        Sm3Frontier(3, (bytes(32),))
