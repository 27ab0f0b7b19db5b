"""The envelope: its bytes, both ways, and what is refused."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import EntryTooLarge, Malformed, NotCanonical, Refusal
from ledger.log import canonical
from ledger.log.body import parse_body
from ledger.log.entry import (
    Envelope,
    Meta,
    Signature,
    check_origin,
    in_order,
    leaf_bytes,
    leaf_hash,
    parse_leaf,
    signed_bytes,
)
from ledger.log.merkle import leaf_hash as merkle_leaf_hash
from ledger.log.replay import Replay, ReplayFailed
from ledger.log.signing import key_id, sign_body, verify_body
from tests.support.log_parts import ORIGIN, idem_of, make_request, private_key, public_key

counts = st.integers(0, canonical.INTEGER_MAX)
hashes = st.binary(min_size=32, max_size=32)
signatures = st.builds(
    Signature,
    kid=st.from_regex(r"[0-9a-f]{32}", fullmatch=True),
    role=st.from_regex(r"[a-z][a-z0-9_]{0,31}", fullmatch=True),
    sig=st.binary(min_size=64, max_size=64),
    alg=st.just("ed25519"),
)
places = st.one_of(st.just((None, None)), st.tuples(counts, hashes))
metas = st.builds(
    lambda place, **rest: Meta(order_sequence=place[0], order_previous=place[1], **rest),
    places,
    index=counts,
    previous_leaf=hashes,
    time_ms=counts,
    rule_version=counts,
    tag=st.none() | st.from_regex(r"[0-9a-f]{64}", fullmatch=True),
)
bodies = st.dictionaries(
    st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True), counts | st.text("abcé 织", max_size=9)
)
envelopes = st.builds(
    Envelope,
    body=bodies,
    meta=metas,
    signatures=st.lists(signatures, max_size=3, unique_by=lambda one: (one.role, one.kid)).map(
        lambda found: in_order(tuple(found))
    ),
)


@given(envelopes)
def test_parse_leaf_inverts_leaf(envelope: Envelope):
    data = envelope.leaf()
    assert parse_leaf(data) == envelope
    assert canonical.encode(canonical.decode(data)["m"]) == envelope.meta.encode()  # type: ignore[index,call-overload]
    assert leaf_hash(data) == merkle_leaf_hash(data)


@given(envelopes, st.data())
def test_a_changed_byte_is_another_entry_or_none(envelope: Envelope, data: st.DataObject):
    changed = bytearray(envelope.leaf())
    place = data.draw(st.integers(0, len(changed) - 1))
    changed[place] ^= 1 << data.draw(st.integers(0, 7))
    with contextlib.suppress(Refusal):
        assert parse_leaf(bytes(changed)) != envelope


GOOD = {
    "b": {"type": "test.noted"},
    "m": {"i": 0, "p": "00" * 32, "rv": 1, "t": 5},
    "s": [{"alg": "ed25519", "kid": "ab" * 16, "role": "seller", "sig": "A" * 86 + "=="}],
}
WRONG: tuple[dict[str, object], ...] = (
    {"x": 1},
    {"b": []},
    {"s": {}},
    {"s": [GOOD["s"][0], GOOD["s"][0]]},
    {"s": [{**GOOD["s"][0], "role": "z"}, GOOD["s"][0]]},
    {"s": [{**GOOD["s"][0], "alg": "rsa"}]},
    {"s": [{**GOOD["s"][0], "alg": 1}]},
    {"s": [{**GOOD["s"][0], "kid": "AB" * 16}]},
    {"s": [{**GOOD["s"][0], "kid": 7}]},
    {"s": [{**GOOD["s"][0], "role": "Seller"}]},
    {"s": [{**GOOD["s"][0], "sig": "A" * 86}]},
    {"s": [{**GOOD["s"][0], "sig": "A" * 85 + "B=="}]},
    {"s": [{**GOOD["s"][0], "sig": "AAAA"}]},
    {"s": [{**GOOD["s"][0], "more": 1}]},
    {"m": []},
    {"m": {**GOOD["m"], "more": 1}},
    {"m": {**GOOD["m"], "i": -1}},
    {"m": {**GOOD["m"], "i": True}},
    {"m": {**GOOD["m"], "p": "00" * 31}},
    {"m": {**GOOD["m"], "p": "AB" * 32}},
    {"m": {**GOOD["m"], "os": 1}},
    {"m": {**GOOD["m"], "op": "00" * 32}},
    {"m": {**GOOD["m"], "tag": 5}},
    {"m": {"i": 0, "p": "00" * 32, "t": 5}},
)


def test_the_good_leaf_is_good():
    assert parse_leaf(canonical.encode(GOOD)).meta.time_ms == 5  # type: ignore[arg-type]


@pytest.mark.parametrize("change", WRONG)
def test_parse_leaf_refuses(change: dict[str, object]):
    with pytest.raises(Malformed):
        parse_leaf(canonical.encode({**GOOD, **change}))  # type: ignore[arg-type]


def test_parse_leaf_refuses_other_bytes_for_the_same_values():
    for data in (json.dumps(GOOD).encode(), canonical.encode(GOOD) + b"\n"):  # type: ignore[arg-type]
        with pytest.raises(Malformed):
            parse_leaf(data)
    with pytest.raises(Malformed):
        parse_leaf(b"{" + b" " * 65_535 + b"}")


@pytest.mark.parametrize("name", ["index", "time_ms", "rule_version", "order_sequence"])
def test_a_number_outside_the_profile_is_not_written(name: str):
    meta = Meta(index=0, previous_leaf=bytes(32), time_ms=1, rule_version=1)
    meta = meta._replace(order_sequence=0, order_previous=bytes(32))
    for number in (2**53, -(2**53)):
        with pytest.raises(NotCanonical):
            leaf_bytes(b"{}", meta._replace(**{name: number}), ())  # type: ignore[arg-type]


def test_a_tag_is_written_as_json_writes_it():
    meta = Meta(index=0, previous_leaf=bytes(32), time_ms=1, rule_version=1, tag='a"\\\n织')
    assert parse_leaf(leaf_bytes(b"{}", meta, ())).meta == meta
    with pytest.raises(NotCanonical):
        leaf_bytes(b"{}", meta._replace(tag="e\u0301"), ())


def test_the_signed_bytes_are_cut_out_whatever_the_body_says():
    """What begins a meta may stand in a body's own fields and texts."""
    body = canonical.encode(
        {"b": {"m": {"i": 1}}, "text": ',"m":{"i":', "z": {"a": 0, "m": {"i": 2}}}
    )
    meta = Meta(index=0, previous_leaf=bytes(32), time_ms=1, rule_version=1)
    leaf = leaf_bytes(body, meta, make_request("a").signatures)
    assert signed_bytes(leaf) == body == canonical.encode(parse_leaf(leaf).body)


def test_the_body_is_not_written_anew():
    """The leaf holds the very bytes that were signed."""
    request = make_request("a", text="织链 é")
    meta = Meta(index=0, previous_leaf=bytes(32), time_ms=1, rule_version=1)
    data = leaf_bytes(request.body, meta, request.signatures)
    assert request.body in data
    assert canonical.encode(canonical.decode(data)) == data
    with pytest.raises(EntryTooLarge):
        leaf_bytes(b'{"a":"' + b"x" * 65_535 + b'"}', meta, request.signatures)


def test_signatures_name_log_and_body():
    body = make_request("a").body
    signature = sign_body(private_key("ann"), ORIGIN, body)
    key = public_key("ann")
    assert verify_body(key, ORIGIN, body, signature)
    assert not verify_body(key, "other.example", body, signature)
    assert not verify_body(key, ORIGIN, body + b" ", signature)
    assert not verify_body(public_key("bob"), ORIGIN, body, signature)
    assert not verify_body(key[:-1], ORIGIN, body, signature)
    assert not verify_body(key, ORIGIN, body, signature[:-1])
    assert not verify_body(key, ORIGIN, body, b"")


def test_key_ids_depend_on_key_and_algorithm():
    ids = {key_id(public_key("ann")), key_id(public_key("bob")), key_id(public_key("ann"), "sm2")}
    assert len(ids) == 3
    assert all(len(one) == 32 for one in ids)


@pytest.mark.parametrize(
    "origin", ["", "https://park.example/l", "park.example/l/", "a b", "a+b", "é", "a\n"]
)
def test_origins(origin: str):
    assert check_origin(ORIGIN) == ORIGIN
    with pytest.raises(ValueError, match="no origin"):
        check_origin(origin)


def test_parse_body_reads_the_logs_own_fields():
    head = "ab" * 32
    body = parse_body(make_request("a", order="o1", osp=head, sd=["a", "b"]).body)
    assert (body.type, body.subject, body.order) == ("test.noted", "s1", "o1")
    assert body.idem == idem_of("a")
    assert body.seen_head == bytes.fromhex(head)


def chain() -> list[bytes]:
    """Return a few entries in a chain."""
    leaves, previous = [], bytes(32)
    for number in range(4):
        request = make_request(f"n{number}")
        meta = Meta(index=number, previous_leaf=previous, time_ms=number, rule_version=1)
        leaves.append(leaf_bytes(request.body, meta, request.signatures))
        previous = leaf_hash(leaves[-1])
    return leaves


@given(st.integers(0, 2), st.data())
def test_replay_finds_an_edited_entry(place: int, data: st.DataObject):
    """The entry after an edited one no longer fits; only a checkpoint guards the last."""
    leaves = chain()
    changed = bytearray(leaves[place])
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    leaves[place] = bytes(changed)
    with pytest.raises(ReplayFailed) as caught:
        Replay(ORIGIN).extend(leaves)
    assert caught.value.index in (place, place + 1)


def test_replay_says_what_is_wrong():
    leaves = chain()
    Replay(ORIGIN).extend(leaves)
    for code, wrong, index in (
        ("CHAIN_BROKEN", [leaves[0], leaves[2]], 1),
        ("CHAIN_BROKEN", [leaves[1]], 0),
        ("ENTRY_MALFORMED", [leaves[0], b"{}"], 1),
    ):
        with pytest.raises(ReplayFailed) as caught:
            Replay(ORIGIN).extend(wrong)
        assert (caught.value.code, caught.value.index) == (code, index)
    with pytest.raises(ReplayFailed) as caught:
        Replay("other.example").extend(leaves)
    assert caught.value.code == "WRONG_LOG"


def entry_after(previous: list[bytes], name: str, time_ms: int, **fields: object) -> bytes:
    """Return an entry that follows, with a place in no order's chain."""
    request = make_request(name, **fields)  # type: ignore[arg-type]
    last = leaf_hash(previous[-1])
    meta = Meta(index=len(previous), previous_leaf=last, time_ms=time_ms, rule_version=1)
    return leaf_bytes(request.body, meta, request.signatures)


def test_replay_checks_time_requests_and_order_chains():
    leaves = chain()
    for code, leaf in (
        ("TIME_BACK", entry_after(leaves, "x", 2)),
        ("REQUEST_TWICE", entry_after(leaves, "n1", 5)),
        ("ORDER_CHAIN_BROKEN", entry_after(leaves, "x", 5, order="o1")),
        ("STALE_HEAD", entry_after(leaves, "x", 5, order="o1", osp="ab" * 32)),
        ("EXPIRED", entry_after(leaves, "x", 5, exp=4)),
    ):
        with pytest.raises(ReplayFailed) as caught:
            Replay(ORIGIN).extend([*leaves, leaf])
        assert (caught.value.code, caught.value.index) == (code, 4)
