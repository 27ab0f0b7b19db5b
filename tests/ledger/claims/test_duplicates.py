"""Tags: one identity, one tag; nothing to guess without the key."""

import pytest

from ledger.claims.duplicates import (
    identifier_tag,
    identity_tag,
    joined,
    parted,
    reference_tag,
)

KEY = b"k" * 16
ORIGIN = "park.example/ledger"


def tag(number: str, *, key: bytes = KEY, origin: str = ORIGIN, buyer: str = "b") -> str:
    return identity_tag(key, origin, buyer=buyer, seller="s", number=number)


def test_spellings_of_one_number_share_a_tag() -> None:
    assert tag("PO-0041") == tag("po 41") == tag("ＰＯ４１")


def test_key_log_party_and_number_each_change_the_tag() -> None:
    others = [
        tag("PO-41"),
        tag("PO-42"),
        tag("PO-41", key=b"l" * 16),
        tag("PO-41", origin="other.example/ledger"),
        tag("PO-41", buyer="c"),
        identity_tag(KEY, ORIGIN, buyer="s", seller="b", number="PO-41"),
    ]
    assert len(set(others)) == len(others)


def test_kinds_of_references_do_not_collide() -> None:
    one = reference_tag(KEY, ORIGIN, kind="bank_ref", reference="X 1")
    assert one == reference_tag(KEY, ORIGIN, kind="bank_ref", reference="x-1")
    assert one != reference_tag(KEY, ORIGIN, kind="reg_no", reference="X1")
    assert one != identifier_tag(KEY, ORIGIN, scheme="vat", value="X1")


def test_tags_are_hex_and_join_without_loss() -> None:
    tags = (tag("1"), tag("2"))
    assert all(len(one) == 64 and int(one, 16) >= 0 for one in tags)
    assert parted(joined(tags)) == tags
    assert parted("") == ()


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 16"):
        tag("1", key=b"short")
