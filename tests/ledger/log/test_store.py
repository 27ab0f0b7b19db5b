"""What every log store does: the same suite for memory, SQLite and PostgreSQL."""

from __future__ import annotations

import dataclasses
import threading

import pytest

from ledger.errors import HeadMoved, IdempotencyConflict, Malformed, OutcomeUnknown
from ledger.log.entry import NO_LEAF
from ledger.log.memory import MemoryLogStore
from ledger.log.merkle import Frontier, leaf_hash
from ledger.log.store import (
    AppendRequest,
    Batch,
    ChainHead,
    Head,
    LogStore,
    NewLeaf,
    Outcome,
    Receipt,
    body_digest,
)
from tests.support.log_parts import Forbidden, idem_of, make_request


def leaf(index: int, order: str | None = None, sequence: int | None = None) -> NewLeaf:
    """Return a leaf that need not be an envelope: the store does not look inside."""
    data = b"leaf %d" % index
    return NewLeaf(
        index=index,
        leaf_hash=leaf_hash(data),
        data=data,
        time_ms=1000 + index,
        request_id=idem_of(str(index)),
        body_digest=body_digest(b"body %d" % index),
        order=order,
        order_sequence=sequence,
        disclosures=(("digest", "text"),) if index == 0 else (),
    )


def batch_after(
    head: Head,
    *leaves: NewLeaf,
    state: dict[str, bytes] | None = None,
    outcomes: tuple[Outcome, ...] = (),
) -> Batch:
    """Return the batch that adds leaves to a head."""
    new = Head(
        frontier=head.frontier.extended(one.leaf_hash for one in leaves),
        last_leaf=leaves[-1].leaf_hash if leaves else head.last_leaf,
        time_ms=leaves[-1].time_ms if leaves else head.time_ms,
    )
    return Batch(old=head, new=new, leaves=leaves, state=state or {}, outcomes=outcomes)


def test_an_empty_log(store: LogStore):
    assert store.head() == Head(frontier=Frontier(), last_leaf=NO_LEAF, time_ms=0)
    assert store.head().size == 0
    assert list(store.leaves(0, 0)) == []
    assert store.chain("o1") == []
    assert store.chain_head("o1") is None
    assert store.state("any") is None
    assert store.pending(10) == []
    assert store.outcome(idem_of("0")) is None
    assert store.accepted([idem_of("0")]) == {}
    assert store.disclosures(0) == {}
    for start, stop in ((0, 1), (5, 6)):
        with pytest.raises(LookupError):
            store.leaves(start, stop)


def test_commit_and_read_back(store: LogStore):
    first = batch_after(
        Head(), leaf(0, "o1", 0), leaf(1), leaf(2, "o1", 1), state={"a/1": b'{"n":1}'}
    )
    store.commit(first)
    assert store.head() == first.new
    second = batch_after(
        first.new,
        leaf(3, "o2", 0),
        state={"a/1": b'{"n":2}', "chain/o2": b'{"head":"ab","sequence":0}'},
    )
    store.commit(second)

    assert store.head() == second.new
    assert list(store.leaves(1, 4)) == [b"leaf 1", b"leaf 2", b"leaf 3"]
    assert store.leaf(3) == b"leaf 3"
    assert store.chain("o1") == [(0, b"leaf 0"), (2, b"leaf 2")]
    assert store.state("a/1") == {"n": 2}
    assert store.states(["a/1", "none"]) == {"a/1": b'{"n":2}'}
    assert store.state_bytes("a/1") == b'{"n":2}'
    assert store.state_bytes("none") is None
    assert list(store.keys("a/")) == ["a/1"]
    assert list(store.keys("")) == ["a/1", "chain/o2"]
    assert list(store.keys("%")) == []
    assert store.chain_head("o2") == ChainHead(leaf_hash=b"\xab", sequence=0)
    assert store.disclosures(0) == {"digest": "text"}
    accepted = store.accepted([idem_of("2"), idem_of("none")])
    assert set(accepted) == {idem_of("2")}
    assert accepted[idem_of("2")].body_digest == body_digest(b"body 2")
    expected = Receipt(
        request_id=idem_of("2"), index=2, leaf_hash=leaf_hash(b"leaf 2"), time_ms=1002
    )
    assert accepted[idem_of("2")].receipt == expected
    assert store.outcome(idem_of("2")) == Outcome(request_id=idem_of("2"), receipt=expected)


def test_the_fence_refuses_a_head_that_moved(store: LogStore):
    first = batch_after(Head(), leaf(0), state={"a": b'{"n":1}'})
    store.commit(first)
    for stale in (Head(), dataclasses.replace(first.new, last_leaf=b"\1" * 32)):
        with pytest.raises(HeadMoved):
            store.commit(batch_after(stale, leaf(1), state={"a": b'{"n":9}', "b": b"{}"}))
    assert store.head() == first.new
    assert store.state("a") == {"n": 1}
    assert store.state("b") is None


def test_requests_wait_in_order_and_get_their_answer(store: LogStore):
    requests = [make_request(f"r{number}", disclosures=["x"]) for number in range(4)]
    for request in requests:
        store.enqueue(request)
    assert list(store.pending(3)) == requests[:3]

    refusal = Forbidden("No; \x00 is not storable, nor is \ud800.", text="forbidden", limit=3)
    receipt = Receipt(
        request_id=requests[0].request_id, index=0, leaf_hash=leaf(0).leaf_hash, time_ms=1000
    )
    answers = (
        Outcome(request_id=requests[0].request_id, receipt=receipt),
        Outcome(request_id=requests[1].request_id, refusal=refusal),
    )
    entered = leaf(0)._replace(request_id=requests[0].request_id)
    store.commit(batch_after(Head(), entered, outcomes=answers))

    assert list(store.pending(9)) == requests[2:]
    assert store.outcome(requests[0].request_id) == answers[0]
    refused = store.outcome(requests[1].request_id)
    assert refused is not None
    assert isinstance(refused.refusal, Forbidden)
    assert dict(refused.refusal.params) == {"text": "forbidden", "limit": 3}
    assert refused.refusal.message.startswith("No; ")
    assert store.outcome(requests[2].request_id) is None


def test_enqueue_again(store: LogStore):
    """The same waits once; another body conflicts; what was refused may be tried anew."""
    request = make_request("r")
    other = make_request("r", text="another text", idem=idem_of("r"))
    store.enqueue(request)
    store.enqueue(request)
    assert list(store.pending(9)) == [request]
    with pytest.raises(IdempotencyConflict):
        store.enqueue(other)

    refused = Outcome(request_id=request.request_id, refusal=Forbidden("No."))
    store.commit(batch_after(Head(), outcomes=(refused,)))
    assert store.pending(9) == []
    store.enqueue(other)
    assert list(store.pending(9)) == [other]
    assert store.outcome(request.request_id) is None

    entered = leaf(0)._replace(request_id=request.request_id, body_digest=body_digest(other.body))
    answer = Outcome(request_id=request.request_id, receipt=entered.receipt)
    store.commit(batch_after(store.head(), entered, outcomes=(answer,)))
    store.enqueue(other)
    assert store.pending(9) == []
    with pytest.raises(IdempotencyConflict) as caught:
        store.enqueue(request)
    assert caught.value.code == "IDEMPOTENCY_CONFLICT"


def test_request_ids_have_one_form():
    request = make_request("r")
    for wrong in ("", request.request_id[:-1], request.request_id.upper() + "G"):
        with pytest.raises(Malformed):
            AppendRequest(request_id=wrong, body=request.body, signatures=())


def test_the_lock_excludes(store: LogStore):
    """Another thread (on another connection or file handle) has to wait, and says so."""
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        with store.sequencer_lock(5):
            held.set()
            release.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert held.wait(5)
        with pytest.raises(OutcomeUnknown), store.sequencer_lock(0.05):
            pass
    finally:
        release.set()
        holder.join()
    with store.sequencer_lock(5):
        pass


def test_a_reader_sees_the_log(store: LogStore):
    store.commit(batch_after(Head(), leaf(0, "o1", 0)))
    with store.reader() as reader:
        assert reader.origin == store.origin
        assert reader.head().size == 1
        assert reader.chain("o1") == [(0, b"leaf 0")]


def test_many_leaves_in_one_commit(store: LogStore):
    leaves = tuple(leaf(index, "o1", index) for index in range(600))
    store.commit(batch_after(Head(), *leaves))
    assert list(store.leaves(0, 600)) == [one.data for one in leaves]
    assert [index for index, _ in store.chain("o1")] == list(range(600))
    ids = [one.request_id for one in leaves]
    assert len(store.accepted(ids)) == 600


def test_memory_store_keeps_logs_apart():
    assert MemoryLogStore("a").head() == MemoryLogStore("b").head()
