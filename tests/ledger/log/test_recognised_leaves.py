"""Leaves that are read in one step: the same envelope, and nothing that the long way refuses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.claims.rules import ClaimRules
from ledger.errors import Refusal
from ledger.log import canonical
from ledger.log.body import read_leaf
from ledger.log.entry import Meta, Signature, in_order, leaf_bytes, recognised_leaf
from ledger.values.recognition import recognise
from tests.ledger.values.test_bodies import BODY

RULES = ClaimRules(origin=str(BODY["log"]), registrar_root=bytes(32), tag_key=None)
META = Meta(
    index=7,
    previous_leaf=b"p" * 32,
    time_ms=1_800_000_000_000,
    rule_version=1,
    order_sequence=1,
    order_previous=b"o" * 32,
)
SIGNATURES = in_order(
    (
        Signature(kid="a" * 32, role="buyer", sig=bytes(range(64))),
        Signature(kid="b" * 32, role="buyer", sig=b"\xff" * 64),
    )
)
DATA = canonical.encode(BODY)  # type: ignore[arg-type]  # a test's own fields
LEAVES = [
    leaf_bytes(DATA, META, SIGNATURES),
    leaf_bytes(DATA, META, ()),
    leaf_bytes(DATA, META._replace(order_sequence=None, order_previous=None), SIGNATURES[:1]),
    leaf_bytes(DATA, META._replace(tag="ab" * 32), SIGNATURES),
]


@pytest.mark.parametrize("leaf", LEAVES)
def test_a_leaf_reads_the_same_in_one_step(leaf: bytes) -> None:
    assert recognised_leaf(leaf, RULES.recognise) is not None
    assert read_leaf(leaf, RULES.recognise) == read_leaf(leaf)
    assert recognise(DATA.decode()) is not None


@given(st.sampled_from(LEAVES), st.data())
def test_a_changed_leaf_reads_as_the_long_way_reads_it(leaf: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(leaf) - 1))
    new = data.draw(st.sampled_from([*(b"%c" % one for one in b'09afzAQ" \\{}[],:-+/=\xc3'), b""]))
    changed = leaf[:at] + new + leaf[at + 1 :]
    try:
        expected = read_leaf(changed)
    except Refusal:
        assert recognised_leaf(changed, RULES.recognise) is None
    else:
        assert read_leaf(changed, RULES.recognise) == expected


@pytest.mark.parametrize(
    "leaf",
    [
        leaf_bytes(DATA, META, SIGNATURES[::-1]),  # out of order
        leaf_bytes(DATA, META, SIGNATURES[:1] * 2),  # one key twice
        leaf_bytes(DATA, META._replace(index=2**53 - 1), ()),  # rare: the long way takes it
        LEAVES[0].replace(b'"os":1,', b""),  # half a place in a chain
        LEAVES[0] + b" " * 65_535,
        LEAVES[0][1:],
        b"",
    ],
)
def test_what_may_be_wrong_is_left_to_the_long_way(leaf: bytes) -> None:
    assert recognised_leaf(leaf, RULES.recognise) is None
