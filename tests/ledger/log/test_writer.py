"""The writer: many threads and processes at once, and what callers hear when something fails."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from data.engine import make_engine, session_factory
from data.stores import ledger_log
from data.stores.ledger_log import SqlLogStore
from ledger.errors import Corruption, HeadMoved, OutcomeUnknown, Refusal
from ledger.log.memory import MemoryLogStore
from ledger.log.replay import Replay
from ledger.log.store import Batch
from ledger.log.writer import Ack
from tests.support.log_parts import (
    ORIGIN,
    CountingRules,
    Forbidden,
    Log,
    idem_of,
    make_request,
    open_log,
)

PROCESSES = 4
THREADS = 4
ROUNDS = 5
LIMIT = 30


def check_whole(log: Log) -> int:
    """Replay the log and compare it with what is stored and published."""
    head = log.store.head()
    replay = Replay(ORIGIN, CountingRules(limit=LIMIT))
    assert replay.extend(log.store.leaves(0, head.size)) == head
    published = log.publisher.published()
    assert published is not None
    assert (published.size, published.root) == (head.size, head.frontier.root())
    return head.size


def test_many_threads_share_commits(log: Log):
    commits = Counter[int]()
    plain = log.store.commit

    def counted(batch: Batch) -> None:
        commits[len(batch.leaves)] += 1
        plain(batch)

    log.store.commit = counted  # type: ignore[method-assign]
    log.writer.recover()
    with ThreadPoolExecutor(16) as pool:
        with log.store.sequencer_lock(5):
            waiting = [
                pool.submit(log.writer.submit, make_request(f"n{number}")) for number in range(16)
            ]
            while len(log.writer._queue) < 16:
                time.sleep(0.001)
        indices = sorted(one.result(30).index for one in waiting)
    assert indices == list(range(16))
    assert commits == {16: 1}
    assert check_whole(log) == 16


def append_from_process(url: str, folder: str, process: int) -> None:
    """Append from several threads; every process tries to exceed the limit of one subject."""
    engine = make_engine(url)
    store = SqlLogStore(engine, ORIGIN, lock_folder=Path(folder))
    log = open_log(store, Path(folder), rules=CountingRules(limit=LIMIT))

    def submit(thread: int) -> None:
        for number in range(ROUNDS):
            request = make_request(f"{process}-{thread}-{number}", order="o1")
            try:
                log.writer.submit(request, timeout_seconds=120)
            except Forbidden:
                continue

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(submit, range(THREADS)))
    engine.dispose()


def test_several_processes_write_at_once(database_url: str, tmp_path: Path):
    """Indices have no gap, the chain is whole, and a limit holds across all processes."""
    context = multiprocessing.get_context("forkserver")
    processes = [
        context.Process(target=append_from_process, args=(database_url, str(tmp_path), number))
        for number in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
        assert process.exitcode == 0
    engine = make_engine(database_url)
    try:
        log = open_log(SqlLogStore(engine, ORIGIN, lock_folder=tmp_path), tmp_path)
        assert PROCESSES * THREADS * ROUNDS > LIMIT
        assert check_whole(log) == LIMIT
        assert log.store.state("count/s1") == {"count": LIMIT}
    finally:
        engine.dispose()


def test_the_outbox_belongs_to_the_callers_transaction(database_url: str, tmp_path: Path):
    engine = make_engine(database_url)
    try:
        log = open_log(SqlLogStore(engine, ORIGIN, lock_folder=tmp_path), tmp_path)
        sessions = session_factory(engine)
        with sessions() as session:
            ledger_log.enqueue(session, ORIGIN, make_request("dropped"))
            session.rollback()
        with sessions() as session, session.begin():
            ledger_log.enqueue(session, ORIGIN, make_request("kept"))
            assert ledger_log.outcome(session, ORIGIN, idem_of("kept")) is None
        receipt = log.writer.wait(idem_of("kept"))
        assert receipt.index == 0
        with sessions() as session:
            outcome = ledger_log.outcome(session, ORIGIN, idem_of("kept"))
            assert outcome is not None
            assert outcome.receipt == receipt
        assert log.store.head().size == 1
    finally:
        engine.dispose()


def test_wait_publishes_what_a_dead_process_left(log: Log):
    """The entry is committed, its process died before the checkpoint: the receipt waits for it."""
    log.store.enqueue(make_request("a"))
    with log.store.sequencer_lock(5):
        log.sequencer.drain()
    published = log.publisher.published()
    assert published is not None
    assert published.size == 0
    assert log.writer.wait(idem_of("a")).index == 0
    assert check_whole(log) == 1


def test_wait_gives_up_in_time(log: Log):
    with pytest.raises(OutcomeUnknown):
        log.writer.wait(idem_of("nobody sent this"), timeout_seconds=0.05)


def test_submit_gives_up_while_another_holds_the_lock(log: Log):
    """The request is certainly not entered later: it has left the queue."""
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        with log.store.sequencer_lock(5):
            held.set()
            release.wait(30)

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(5)
    with ThreadPoolExecutor(3) as pool:
        attempts = [
            pool.submit(log.writer.submit, make_request(f"n{number}"), timeout_seconds=0.2)
            for number in range(3)
        ]
        for attempt in attempts:
            with pytest.raises(OutcomeUnknown):
                attempt.result()
    release.set()
    holder.join()
    assert log.writer.submit(make_request("later")).index == 0


@pytest.fixture
def memory(tmp_path: Path) -> Callable[..., Log]:
    """Return a maker of logs in memory."""
    return lambda store=None, **options: open_log(
        store or MemoryLogStore(ORIGIN), tmp_path, **options
    )


class Failing(MemoryLogStore):
    """A store whose next commits fail: before they are kept, or after."""

    failures: list[tuple[str, Exception]]

    def __init__(self) -> None:
        super().__init__(ORIGIN)
        self.failures = []

    def commit(self, batch: Batch) -> None:
        """Fail as told."""
        when, error = self.failures.pop(0) if self.failures else ("never", OSError())
        if when == "before":
            raise error
        super().commit(batch)
        if when == "after":
            raise error


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_failed_commit_and_a_commit_whose_answer_was_lost(memory: Callable[..., Log], when: str):
    """Paired faults: not stored, and stored but nobody was told. A retry settles both."""
    store = Failing()
    log = memory(store)
    log.writer.submit(make_request("first"))
    store.failures = [(when, OSError("the disk went away"))]
    with pytest.raises(OSError, match="went away"):
        log.writer.submit(make_request("a"))
    assert store.head().size == (1 if when == "before" else 2)
    assert log.writer.submit(make_request("a")).index == 1
    assert log.writer.submit(make_request("b")).index == 2
    Replay(ORIGIN, CountingRules()).extend(store.leaves(0, 3))


def test_a_moved_head_is_read_again(memory: Callable[..., Log]):
    store = Failing()
    log = memory(store)
    store.failures = [("before", HeadMoved("moved"))] * 2
    assert log.writer.submit(make_request("a")).index == 0
    store.failures = [("before", HeadMoved("moved"))] * 3
    with pytest.raises(HeadMoved):
        log.writer.submit(make_request("b"))
    assert log.writer.submit(make_request("b")).index == 1


def test_everybody_hears_why_nothing_is_published(memory: Callable[..., Log]):
    """Commits go on while a publication fails; each who waits for one tries and is told why."""
    store = Failing()
    log = memory(store)
    log.writer.recover()
    entered, go_on = threading.Event(), threading.Event()

    def failing_publish() -> None:
        entered.set()
        go_on.wait(10)
        raise OSError("no space left")

    plain = log.publisher.publish
    log.publisher.publish = failing_publish  # type: ignore[method-assign,assignment]
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(log.writer.submit, make_request("a"))
        assert entered.wait(10)
        others = [pool.submit(log.writer.submit, make_request(f"f{n}")) for n in range(3)]
        while store.head().size < 4:
            time.sleep(0.001)
        go_on.set()
        errors = [future.exception(10) for future in (first, *others)]
    assert [type(error) for error in errors] == [OSError] * 4
    log.publisher.publish = plain  # type: ignore[method-assign]
    indices = [log.writer.submit(make_request(name)).index for name in ("a", "f0", "f1", "f2")]
    assert indices[0] == 0
    assert sorted(indices) == [0, 1, 2, 3]


def test_followers_of_a_failed_commit_hear_that_the_outcome_is_unknown(memory: Callable[..., Log]):
    """The leader hears the reason, those who were in its batch that they should ask again."""
    store = Failing()
    log = memory(store)
    log.writer.recover()
    with ThreadPoolExecutor(4) as pool:
        with store.sequencer_lock(5):
            attempts = [pool.submit(log.writer.submit, make_request(f"f{n}")) for n in range(4)]
            while len(log.writer._queue) < 4:
                time.sleep(0.001)
            store.failures = [("before", OSError("no space left"))]
        errors = [attempt.exception(10) for attempt in attempts]
    names = sorted(type(error).__name__ for error in errors)
    assert names == ["OSError", "OutcomeUnknown", "OutcomeUnknown", "OutcomeUnknown"]
    assert store.head().size == 0
    assert log.writer.submit(make_request("f0")).index == 0


def test_a_durable_receipt_comes_before_the_checkpoint(log: Log):
    """The entry is committed when the receipt is given; a checkpoint over it follows."""
    log.writer.recover()
    entered, go_on = threading.Event(), threading.Event()
    plain = log.publisher.publish

    def slow_publish() -> object:
        entered.set()
        assert go_on.wait(30)
        return plain()

    log.publisher.publish = slow_publish  # type: ignore[method-assign,assignment]
    receipt = log.writer.submit(make_request("a"), ack=Ack.DURABLE)
    assert log.store.head().size == receipt.index + 1 == 1
    log.writer._closing.set()  # no pause before the checkpoint
    assert entered.wait(30)
    published = log.publisher.published()
    assert published is not None
    assert published.size == 0
    assert log.writer.submit(make_request("b"), ack=Ack.DURABLE).index == 1
    go_on.set()
    log.writer.close()
    assert check_whole(log) == 2


def test_a_durable_receipt_is_the_same_when_asked_for_as_a_witnessed_one(log: Log):
    durable = log.writer.submit(make_request("a"), ack=Ack.DURABLE)
    assert log.writer.submit(make_request("a")) == durable
    log.writer.close()
    assert check_whole(log) == 1


def test_what_nobody_waits_for_is_published_by_and_by(log: Log, caplog: pytest.LogCaptureFixture):
    """A publication that fails is said; the next request tries again."""
    log.writer.recover()
    plain = log.publisher.publish

    def failing_publish() -> None:
        raise OSError("no space left")

    log.publisher.publish = failing_publish  # type: ignore[method-assign,assignment]
    log.writer._closing.set()
    log.writer.submit(make_request("a"), ack=Ack.DURABLE)
    log.writer.close()
    assert "no space left" in caplog.text
    log.publisher.publish = plain  # type: ignore[method-assign]
    log.writer.submit(make_request("b"), ack=Ack.DURABLE)
    log.writer.close()
    assert check_whole(log) == 2


def test_corruption_stops_the_writer(memory: Callable[..., Log], tmp_path: Path):
    log = memory()
    log.writer.submit(make_request("a"))
    (tmp_path / "public" / "checkpoint").write_bytes(b"nonsense")
    for _ in range(2):
        with pytest.raises(Corruption) as caught:
            log.writer.submit(make_request("b"))
        assert caught.value.code == "CHECKPOINT_DAMAGED"
    with pytest.raises(Corruption):
        log.writer.wait(idem_of("a"))
    with pytest.raises(Corruption):
        log.writer.recover()


def test_refusals_reach_their_own_caller_only(log: Log):
    def submit(number: int) -> str:
        text = "forbidden" if number % 3 == 0 else f"n{number}"
        try:
            log.writer.submit(make_request(f"n{number}", text=text))
        except Refusal as refusal:
            return refusal.code
        return "entered"

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(submit, range(12)))
    assert answers == ["TEST_FORBIDDEN", "entered", "entered"] * 4
    assert log.store.head().size == 8
