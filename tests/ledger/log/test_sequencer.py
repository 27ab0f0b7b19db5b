"""The sequencer: what is entered, what is refused, and that a refusal leaves nothing behind."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy import text as text_query

from data.stores.ledger_log import SqlLogStore
from ledger.errors import (
    Corruption,
    EntryTooLarge,
    Expired,
    IdempotencyConflict,
    KeyUnknown,
    Malformed,
    NotCanonical,
    Refusal,
    RulesFailed,
    SignatureInvalid,
    SignatureMissing,
    StaleHead,
    WrongLog,
)
from ledger.log.entry import NO_LEAF, Signature, leaf_hash, parse_leaf
from ledger.log.memory import MemoryLogStore
from ledger.log.replay import Replay
from ledger.log.store import AppendRequest, Outcome, chain_key
from tests.support.log_parts import (
    ORIGIN,
    Clock,
    CountingRules,
    Forbidden,
    Log,
    idem_of,
    make_request,
    open_log,
)

MakeLog = Callable[..., Log]


@pytest.fixture
def memory_log(tmp_path: Path) -> MakeLog:
    """Return a maker of logs in memory."""
    return lambda **options: open_log(MemoryLogStore(ORIGIN), tmp_path, **options)


def state_of(log: Log) -> tuple[object, ...]:
    """Return everything that a refusal must not change."""
    return (log.store.head(), log.store.state("count/s1"), log.store.chain_head("o1"))


def test_entries_carry_both_chains(log: Log):
    receipts = [
        log.writer.submit(make_request(name, order=order))
        for name, order in (("a", "o1"), ("b", None), ("c", "o2"), ("d", "o1"))
    ]
    envelopes = [parse_leaf(data) for data in log.store.leaves(0, 4)]
    hashes = [leaf_hash(data) for data in log.store.leaves(0, 4)]
    assert [one.index for one in receipts] == [0, 1, 2, 3]
    assert [one.leaf_hash for one in receipts] == hashes
    assert [one.meta.previous_leaf for one in envelopes] == [NO_LEAF, *hashes[:3]]
    places = [(one.meta.order_sequence, one.meta.order_previous) for one in envelopes]
    assert places == [(0, NO_LEAF), (None, None), (0, NO_LEAF), (1, hashes[0])]
    assert [index for index, _ in log.store.chain("o1")] == [0, 3]
    head = log.store.chain_head("o1")
    assert head is not None
    assert (head.leaf_hash, head.sequence) == (hashes[3], 1)
    assert log.store.state("count/s1") == {"count": 4}
    Replay(ORIGIN, CountingRules()).extend(log.store.leaves(0, 4))


def test_the_same_request_gets_the_same_receipt(log: Log):
    request = make_request("a")
    first = log.writer.submit(request)
    before = state_of(log)
    assert log.writer.submit(request) == first
    assert state_of(log) == before


def test_another_body_under_the_same_id_conflicts(log: Log):
    log.writer.submit(make_request("a"))
    before = state_of(log)
    with pytest.raises(IdempotencyConflict):
        log.writer.submit(make_request("b", idem=idem_of("a")))
    assert state_of(log) == before


def test_the_same_request_twice_in_one_batch_is_entered_once(log: Log):
    prepared = log.sequencer.prepare(make_request("a"))
    other = log.sequencer.prepare(make_request("b", idem=idem_of("a")))
    with log.store.sequencer_lock(1):
        first, again, conflict = log.sequencer.process([prepared, prepared, other])
    assert first == again
    assert first.receipt is not None
    assert isinstance(conflict.refusal, IdempotencyConflict)
    assert log.store.head().size == 1


def test_a_stale_head_is_refused(log: Log):
    first = log.writer.submit(make_request("a", order="o1"))
    second = log.writer.submit(make_request("b", order="o1", osp=first.leaf_hash.hex()))
    before = state_of(log)
    for seen in (first.leaf_hash, NO_LEAF, b"\1" * 32):
        with pytest.raises(StaleHead) as caught:
            log.writer.submit(make_request(f"c{seen.hex()}", order="o1", osp=seen.hex()))
        assert caught.value.params["head"] == second.leaf_hash.hex()
    with pytest.raises(StaleHead):
        log.writer.submit(make_request("d", order="new", osp=first.leaf_hash.hex()))
    assert state_of(log) == before


def test_compare_and_set_within_one_batch(log: Log):
    """Of two bodies that saw the same head, the first wins, the second is stale."""
    first = log.writer.submit(make_request("a", order="o1"))
    seen = first.leaf_hash.hex()
    rivals = [log.sequencer.prepare(make_request(name, order="o1", osp=seen)) for name in "bc"]
    with log.store.sequencer_lock(1):
        won, lost = log.sequencer.process(rivals)
    assert won.receipt is not None
    assert isinstance(lost.refusal, StaleHead)


REFUSED: tuple[tuple[type[Refusal], dict[str, object]], ...] = (
    (Forbidden, {"text": "forbidden"}),
    (RulesFailed, {"text": "stumble"}),
    (Expired, {"exp": 1_000}),
    (WrongLog, {"log": "elsewhere/log"}),
    (SignatureMissing, {"signers": ()}),
    (KeyUnknown, {"signers": ("mallory",)}),
    (EntryTooLarge, {"text": "x" * 65_536}),
    (Malformed, {"v": 0}),
    (Malformed, {"v": None}),
    (Malformed, {"v": True}),
    (Malformed, {"type": "Order.Confirmed"}),
    (Malformed, {"type": "a..b"}),
    (Malformed, {"subject": ""}),
    (Malformed, {"subject": "with space"}),
    (Malformed, {"order": "nul\x00"}),
    (Malformed, {"order": "x" * 129}),
    (Malformed, {"order": "o1", "osp": "AB" * 32}),
    (Malformed, {"order": None, "osp": "ab" * 32}),
    (Malformed, {"exp": None}),
    (Malformed, {"exp": "2100-01-01"}),
    (Malformed, {"exp": -1}),
    (Malformed, {"sd": ["b", "a"]}),
    (Malformed, {"sd": ["a", "a"]}),
    (Malformed, {"sd": "a"}),
    (Malformed, {"disclosures": ["not named"]}),
)


@pytest.mark.parametrize(("kind", "fields"), REFUSED)
def test_a_refused_attempt_leaves_no_trace(
    log: Log, kind: type[Refusal], fields: dict[str, object]
):
    log.writer.submit(make_request("before", order="o1"))
    before = state_of(log)
    published = log.publisher.published()
    with pytest.raises(kind) as caught:
        log.writer.submit(make_request("refused", **{"order": "o1", **fields}))  # type: ignore[arg-type]
    assert caught.value.code == kind.code
    assert state_of(log) == before
    assert log.publisher.published() == published
    good = log.writer.submit(make_request("after", order="o1"))
    assert good.index == 1
    assert log.store.state("count/s1") == {"count": 2}


def test_a_refusal_inside_a_batch_spares_the_others(log: Log):
    texts = ["a", "forbidden", "b", "stumble", "c"]
    prepared = [log.sequencer.prepare(make_request(f"r{n}", text=t)) for n, t in enumerate(texts)]
    with log.store.sequencer_lock(1):
        outcomes = log.sequencer.process(prepared)
    assert [one.receipt.index if one.receipt else None for one in outcomes] == [0, None, 1, None, 2]
    assert log.store.state("count/s1") == {"count": 3}
    Replay(ORIGIN, CountingRules()).extend(log.store.leaves(0, 3))


def test_a_refused_request_may_come_again_with_the_same_id(log: Log):
    with pytest.raises(SignatureMissing):
        log.writer.submit(make_request("a", signers=()))
    assert log.writer.submit(make_request("a")).index == 0


def test_a_changed_signature_is_refused(memory_log: MakeLog):
    log = memory_log()
    good = make_request("a")
    broken = bytes([good.signatures[0].sig[0] ^ 1]) + good.signatures[0].sig[1:]
    signature = Signature(kid=good.signatures[0].kid, role="seller", sig=broken)
    request = AppendRequest(request_id=good.request_id, body=good.body, signatures=(signature,))
    with pytest.raises(SignatureInvalid):
        log.writer.submit(request)


def test_a_signature_for_another_body_is_refused(memory_log: MakeLog):
    log = memory_log()
    good, other = make_request("a"), make_request("b")
    request = AppendRequest(request_id=good.request_id, body=good.body, signatures=other.signatures)
    with pytest.raises(SignatureInvalid):
        log.writer.submit(request)


def test_a_key_signs_once_in_a_role_and_the_order_of_signatures_is_fixed(memory_log: MakeLog):
    log = memory_log()
    twice = make_request("a", signers=("ann", "ann"))
    with pytest.raises(Malformed):
        log.writer.submit(twice)
    both = make_request("b", signers=("ann", "bob"))
    turned = AppendRequest(
        request_id=both.request_id, body=both.body, signatures=both.signatures[::-1]
    )
    log.writer.submit(turned)
    kids = [one.kid for one in parse_leaf(log.store.leaf(0)).signatures]
    assert kids == sorted(kids)


@pytest.mark.parametrize(
    "body", [b"{}", b"[]", b'{"v": 1}', b'{"v":1.0}', b"\xff", b'{"v":1,"v":1}']
)
def test_a_body_out_of_form_is_refused(body: bytes, memory_log: MakeLog):
    log = memory_log()
    request = AppendRequest(request_id=idem_of("a"), body=body, signatures=())
    with pytest.raises((Malformed, NotCanonical)):
        log.writer.submit(request)


def test_the_request_id_is_the_bodys(memory_log: MakeLog):
    log = memory_log()
    request = make_request("a")
    wrong = AppendRequest(request_id=idem_of("b"), body=request.body, signatures=request.signatures)
    with pytest.raises(Malformed):
        log.writer.submit(wrong)


def test_the_largest_entry_fits_exactly(memory_log: MakeLog):
    log = memory_log()
    log.writer.submit(make_request("a", text=""))
    overhead = len(log.store.leaf(0))
    room = 65_535 - overhead
    receipt = log.writer.submit(make_request("b", text="x" * room))
    assert len(log.store.leaf(receipt.index)) == 65_535
    with pytest.raises(EntryTooLarge):
        log.writer.submit(make_request("c", text="x" * (room + 1)))


def test_the_clock_is_held_when_it_goes_back(log: Log):
    clock, alarms = Clock(), []
    held = open_log(log.store, log.folder, clock=clock, alarm=alarms.append)
    start = clock.now_ms
    times = []
    for number, now_ms in enumerate((start, start - 4_000, start - 6_000, start + 1, start + 1)):
        clock.now_ms = now_ms
        times.append(held.writer.submit(make_request(f"t{number}")).time_ms)
    assert times == [start, start, start, start + 1, start + 1]
    assert len(alarms) == 1
    assert str(start - 6_000) in alarms[0]


def test_a_body_expires_by_the_time_of_the_entry(memory_log: MakeLog):
    clock = Clock()
    log = memory_log(clock=clock)
    log.writer.submit(make_request("a", exp=clock.now_ms))
    clock.now_ms += 1
    with pytest.raises(Expired):
        log.writer.submit(make_request("b", exp=clock.now_ms - 1))
    clock.now_ms -= 10_000  # the clock went back, the log's time did not
    with pytest.raises(Expired):
        log.writer.submit(make_request("c", exp=clock.now_ms))


def test_tags_and_rule_versions_enter_the_meta(log: Log):
    versioned = open_log(log.store, log.folder, rules=CountingRules(version=3))
    versioned.writer.submit(make_request("a", wish_tag="ab" * 32))
    meta = parse_leaf(log.store.leaf(0)).meta
    assert (meta.tag, meta.rule_version) == ("ab" * 32, 3)


def test_disclosures_are_kept_beside_the_log(log: Log):
    text = "WyJzYWx0IiwibmFtZSIsInZhbHVlIl0"
    raw = hashlib.sha256(text.encode()).digest()
    digest = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    receipt = log.writer.submit(make_request("a", sd=[digest], disclosures=[text]))
    assert log.store.disclosures(receipt.index) == {digest: text}
    assert text.encode() not in log.store.leaf(0)


def test_disclosures_of_answered_requests_are_kept_once(engine: Engine, tmp_path: Path):
    """Erasing them beside the log is then enough."""
    log = open_log(SqlLogStore(engine, ORIGIN, lock_folder=tmp_path), tmp_path)
    text = "WyJzYWx0IiwibmFtZSIsInZhbHVlIl0"
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
    log.store.enqueue(make_request("a", sd=[digest], disclosures=[text]))
    assert log.writer.wait(idem_of("a")).index == 0
    assert log.store.disclosures(0) == {digest: text}
    with engine.connect() as connection:
        kept = connection.execute(text_query("SELECT disclosures FROM ledger_append_request"))
        assert list(kept.scalars()) == ["[]"]


def test_requests_of_the_store_are_answered(log: Log):
    for text in ("a", "forbidden", "b"):
        log.store.enqueue(make_request(text))
    assert log.writer.drain() == 3
    assert log.writer.wait(idem_of("a")).index == 0
    assert log.writer.wait(idem_of("b")).index == 1
    with pytest.raises(Forbidden) as caught:
        log.writer.wait(idem_of("forbidden"))
    assert dict(caught.value.params) == {"text": "forbidden"}
    assert log.store.pending(9) == []


def test_a_request_of_the_store_out_of_form_does_not_stop_the_others(log: Log):
    bad = AppendRequest(request_id=idem_of("bad"), body=b"{", signatures=())
    log.store.enqueue(bad)
    log.store.enqueue(make_request("good"))
    assert log.writer.wait(idem_of("good")).index == 0
    with pytest.raises(Malformed):
        log.writer.wait(idem_of("bad"))


def test_a_stumble_of_the_rules_raises_an_alarm(memory_log: MakeLog):
    alarms: list[str] = []
    log = memory_log(alarm=alarms.append)
    with pytest.raises(RulesFailed):
        log.writer.submit(make_request("stumble"))
    assert "a fault of the rules" in alarms[0]


def test_a_head_that_names_another_leaf_is_corruption(memory_log: MakeLog):
    log = memory_log()
    log.writer.submit(make_request("a"))
    log.sequencer.check_head()
    assert isinstance(log.store, MemoryLogStore)
    stored = log.store._memory.leaves
    stored[0] = stored[0]._replace(data=stored[0].data + b" ")
    with pytest.raises(Corruption) as caught:
        log.sequencer.check_head()
    assert caught.value.code == "HEAD_DIFFERS"


def test_the_state_cache_notices_another_writer(log: Log):
    """Two sequencers on one store: each sees what the other entered."""
    other = open_log(log.store, log.folder)
    for number in range(3):
        log.writer.submit(make_request(f"a{number}", order="o1"))
        other.writer.submit(make_request(f"b{number}", order="o1"))
    assert log.store.state("count/s1") == {"count": 6}
    assert log.store.state(chain_key("o1")) is not None
    Replay(ORIGIN, CountingRules()).extend(log.store.leaves(0, 6))


def test_outcome_unwraps():
    with pytest.raises(Forbidden):
        Outcome(request_id=idem_of("a"), refusal=Forbidden("No.")).unwrap()
