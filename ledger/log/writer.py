"""Enter requests from many threads and processes: one at a time leads, for all who wait.

Two things are done by whoever has the lead, and they overlap: committing a batch, under the
store's lock, and publishing what was committed, under the signer's. A request that asks for a
durable receipt is answered after the first, one that asks for a witnessed receipt after the
second.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from enum import StrEnum, unique
from typing import TypeVar

from ledger.errors import Corruption, HeadMoved, LedgerError, OutcomeUnknown
from ledger.log.publisher import Publisher
from ledger.log.sequencer import BATCH_MAX, Prepared, Sequencer
from ledger.log.store import AppendRequest, LogStore, Outcome, Receipt

PUBLISH_SECONDS = 0.5
"""How long entries wait for a checkpoint, at most about, when nobody waits for it."""

_HEAD_MOVED_MAX = 3
"""How often a batch is tried anew when another process appended in between."""
_POLL_SECONDS = 0.05
_QUORUM_POLL_SECONDS = 0.01
_LATER_SECONDS = 60.0

T = TypeVar("T")


@unique
class Ack(StrEnum):
    """What a receipt promises."""

    DURABLE = "durable"
    """The entry is committed; a checkpoint over it follows."""
    WITNESSED = "witnessed"
    """The entry stands under a published checkpoint, cosigned by the policy's quorum."""


class _Ticket:
    """A turn that a thread of this process waits for: a request, or a seal, or neither.

    Parameters
    ----------
    prepared
        The request; None for a turn that only answers what waits in the store.
    seal
        Whether the state's root is to be entered at the end of the batch.
    """

    __slots__ = ("answered", "error", "event", "lead", "outcome", "prepared", "seal", "size")

    def __init__(self, prepared: Prepared | None = None, *, seal: bool = False) -> None:
        self.prepared = prepared
        self.seal = seal
        self.outcome: Outcome | None = None
        self.error: LedgerError | None = None
        self.size = 0
        self.lead = False
        self.answered = False
        self.event = threading.Event()

    def answer(self) -> None:
        """Its turn is over: wake the thread that waits for it."""
        self.answered = True
        self.event.set()

    @property
    def name(self) -> str:
        """The request's id."""
        return "" if self.prepared is None else self.prepared.request.request_id


class Writer:
    """The door to the log: requests in, receipts out.

    Any number of threads and processes may use a writer each on the same store; whoever gets the
    store's lock answers everybody who waits in this process or in the store.

    Parameters
    ----------
    batch_max
        How many requests go into one commit, ≥ 1.
    publish_seconds
        How long durable entries wait for a checkpoint when nobody asks for one.
    """

    def __init__(
        self,
        store: LogStore,
        sequencer: Sequencer,
        publisher: Publisher,
        *,
        batch_max: int = BATCH_MAX,
        publish_seconds: float = PUBLISH_SECONDS,
    ) -> None:
        self._store = store
        self._sequencer = sequencer
        self._publisher = publisher
        self._batch_max = batch_max
        self._publish_seconds = publish_seconds
        self._queue: deque[_Ticket] = deque()
        self._mutex = threading.Lock()
        self._led = False
        self._checked = False
        self._stopped: Corruption | None = None
        self._shown = threading.Condition()
        self._publishing = False
        self._released = 0
        self._committed = 0
        self._later: threading.Thread | None = None
        self._closing = threading.Event()

    def recover(self, *, timeout_seconds: float = 60.0) -> int:
        """Check the log against what was signed, mend missing files; return the log's size.

        The first request does the same; a program calls it to hear of trouble at its start.

        Raises
        ------
        Corruption
            When the stored log contradicts itself or what was signed. The writer then stays shut.
        OutcomeUnknown
            When another process held the sequencer's lock for too long.
        """
        self._refuse_when_stopped()
        try:
            with self._store.sequencer_lock(timeout_seconds):
                return self._check()
        except Corruption as error:
            self._stopped = error
            raise

    def submit(
        self,
        request: AppendRequest,
        *,
        ack: Ack = Ack.WITNESSED,
        timeout_seconds: float = 30.0,
    ) -> Receipt:
        """Enter a request and return its receipt.

        The same request again gets the same receipt, from any process and after any crash.

        Parameters
        ----------
        ack
            What the receipt is to promise.

        Raises
        ------
        Refusal
            When a rule is broken; nothing has changed.
        OutcomeUnknown
            When no answer came in time; send the same request again.
        Corruption
            When the writer has stopped.
        """
        self._refuse_when_stopped()
        deadline = time.monotonic() + timeout_seconds
        ticket = _Ticket(self._sequencer.prepare(request))
        self._take_turn(ticket, deadline)
        assert ticket.outcome is not None
        receipt = ticket.outcome.unwrap()
        self._acknowledge(receipt, ack, deadline)
        return receipt

    def wait(
        self, request_id: str, *, ack: Ack = Ack.WITNESSED, timeout_seconds: float = 30.0
    ) -> Receipt:
        """Return the receipt of a request that was put into the store (`LogStore.enqueue`).

        Raises
        ------
        Refusal, OutcomeUnknown, Corruption
            As `submit`.
        """
        deadline = time.monotonic() + timeout_seconds
        while True:
            self._refuse_when_stopped()
            outcome = self._store.outcome(request_id)
            if outcome is not None:
                receipt = outcome.unwrap()
                self._acknowledge(receipt, ack, deadline)
                return receipt
            if time.monotonic() >= deadline:
                raise _too_late(request_id)
            if self._store.pending(1):
                self._take_turn(_Ticket(), deadline)
            else:
                time.sleep(min(_POLL_SECONDS, max(0.0, deadline - time.monotonic())))

    def drain(self, *, timeout_seconds: float = 30.0) -> int:
        """Answer everything that waits in the store, publish it; return how many were answered."""
        answered = 0
        deadline = time.monotonic() + timeout_seconds
        while waiting := len(self._store.pending(self._batch_max)):
            if time.monotonic() >= deadline:
                raise OutcomeUnknown(
                    f"Requests still wait in the store after {timeout_seconds:g} s."
                )
            self._take_turn(_Ticket(), deadline)
            answered += waiting
        if answered:
            self._release(self._store.head().size - 1, deadline)
        return answered

    def close(self, *, timeout_seconds: float = 60.0) -> None:
        """Publish what was committed and wait until that is done."""
        self._closing.set()
        later = self._later
        if later is not None:
            later.join(timeout_seconds)

    # Taking turns ----------------------------------------------------------------------------

    def _take_turn(self, ticket: _Ticket, deadline: float) -> None:
        """Wait until the ticket is answered, leading for all who wait when it is our turn."""
        with self._mutex:
            self._queue.append(ticket)
            if not self._led:
                self._led = ticket.lead = True
        while not ticket.answered:
            if ticket.lead:
                self._run(ticket, deadline)
            elif not ticket.event.wait(max(0.0, deadline - time.monotonic())):
                if self._withdrawn(ticket):
                    raise _too_late(ticket.name)
                ticket.event.wait()  # a leader has it, or it leads itself: it is not long now
        if ticket.error is not None:
            raise ticket.error

    def _run(self, ticket: _Ticket, deadline: float) -> None:
        """Lead until the ticket's own turn is over, then hand the lead over."""
        try:
            while not ticket.answered:
                self._lead(deadline)
        finally:
            with self._mutex:
                if ticket in self._queue:  # the leader failed and tells its caller itself
                    self._queue.remove(ticket)
                self._led = bool(self._queue)
                if self._led:
                    self._queue[0].lead = True
                    self._queue[0].event.set()

    def _withdrawn(self, ticket: _Ticket) -> bool:
        """Take the ticket out of the queue, where no leader has it yet: it is not entered."""
        with self._mutex:
            if ticket.lead or ticket not in self._queue:
                return False
            self._queue.remove(ticket)
            return True

    def _lead(self, deadline: float) -> None:
        """Commit one batch; what it took is answered in any case when this returns or raises."""
        taken: list[_Ticket] = []
        try:
            with self._store.sequencer_lock(max(0.0, deadline - time.monotonic())):
                self._refuse_when_stopped()
                if not self._checked:
                    self._check()
                taken = self._take()
                requests = [one for one in taken if one.prepared is not None]
                outcomes = self._process(requests)
                if any(one.seal for one in taken):
                    self._seal()
                    size = self._store.head().size
                    for one in taken:
                        one.size = size
            for one, outcome in zip(requests, outcomes, strict=False):
                one.outcome = outcome
        except Corruption as error:
            self._stop(error, taken)
            raise
        except BaseException:
            unknown = OutcomeUnknown(
                "The log could not be written; the request that led this batch was told why. "
                "Send the same request again; that is harmless."
            )
            for one in taken:
                one.error = unknown
            raise
        finally:
            for one in taken:
                one.answer()

    def _check(self) -> int:
        """Check the log before anything is written; the sequencer's lock must be held."""
        self._sequencer.check_head()
        size = self._publisher.recover().size
        self._checked = True
        return size

    def _process(self, requests: list[_Ticket]) -> tuple[Outcome, ...]:
        prepared = [one.prepared for one in requests if one.prepared is not None]
        room = max(self._batch_max - len(prepared), 1)
        return _while_head_moves(lambda: self._sequencer.process(prepared, room))

    def _seal(self) -> None:
        _while_head_moves(self._sequencer.seal)

    def _take(self) -> list[_Ticket]:
        with self._mutex:
            count = min(self._batch_max, len(self._queue))
            return [self._queue.popleft() for _ in range(count)]

    def _stop(self, error: Corruption, taken: list[_Ticket]) -> None:
        """Shut the writer: nothing more is written before a person has looked."""
        self._stopped = error
        with self._mutex:
            waiting = list(self._queue)
            self._queue.clear()
        for one in (*taken, *waiting):
            one.error = error
        for one in waiting:
            one.answer()

    # Publishing ------------------------------------------------------------------------------

    def _acknowledge(self, receipt: Receipt, ack: Ack, deadline: float) -> None:
        """Wait until a committed entry is what the receipt is to promise."""
        if ack is Ack.WITNESSED:
            self._release(receipt.index, deadline)
            self._await_quorum(receipt, deadline)
            return
        with self._shown:
            self._committed = max(self._committed, receipt.index + 1)
            if self._later is None and self._released < self._committed:
                # No daemon: a program that ends is held until its entries are published.
                self._later = threading.Thread(target=self._publish_later, name="publisher")
                self._later.start()

    def _release(self, index: int, deadline: float) -> None:
        """Wait until an entry stands under a signed checkpoint; publish when nobody else does."""
        while True:
            with self._shown:
                self._refuse_when_stopped()
                if self._released > index:
                    return
                if self._publishing:
                    if not self._shown.wait(max(0.0, deadline - time.monotonic())):
                        raise OutcomeUnknown(
                            f"Entry {index} is committed and not yet published. Send the same "
                            "request again; that is harmless."
                        )
                    continue
                self._publishing = True
            try:
                self._publish(deadline)
            finally:
                with self._shown:
                    self._publishing = False
                    self._shown.notify_all()

    def _publish(self, deadline: float) -> None:
        """Enter the state's root, then publish what is committed; commits go on meanwhile."""
        turn = _Ticket(seal=True)
        self._take_turn(turn, deadline)
        try:
            self._publisher.publish()
        except Corruption as error:
            self._stop(error, [])
            raise
        self._released = max(self._released, turn.size)

    def _await_quorum(self, receipt: Receipt, deadline: float) -> None:
        """Wait until the policy's quorum has cosigned a checkpoint over an entry."""
        while True:
            published = self._publisher.published()
            if published is not None and published.size > receipt.index:
                return
            if time.monotonic() >= deadline:
                raise OutcomeUnknown(
                    f"Entry {receipt.index} is committed and signed, and its witnesses have not "
                    "cosigned yet. Send the same request again; that is harmless."
                )
            time.sleep(_QUORUM_POLL_SECONDS)

    def _publish_later(self) -> None:
        """Publish what nobody waits for, until there is nothing left."""
        while True:
            self._closing.wait(self._publish_seconds)
            try:
                self._release(self._committed - 1, time.monotonic() + _LATER_SECONDS)
            except Exception as error:  # noqa: BLE001 - nobody waits: the next request is told
                logging.getLogger("ledger.log").warning(
                    "Entries are committed and could not be published yet: %s", error
                )
                with self._shown:
                    self._later = None
                return
            with self._shown:
                if self._released >= self._committed:
                    self._later = None
                    return

    def _refuse_when_stopped(self) -> None:
        if self._stopped is not None:
            raise Corruption(self._stopped.code, self._stopped.message)


def _while_head_moves(step: Callable[[], T]) -> T:
    """Do a step of the sequencer, again when another process appended in between."""
    for attempt in range(_HEAD_MOVED_MAX):
        try:
            return step()
        except HeadMoved:
            if attempt == _HEAD_MOVED_MAX - 1:
                raise
    raise AssertionError


def _too_late(request_id: str) -> OutcomeUnknown:
    return OutcomeUnknown(
        f"Request {request_id} has no answer yet. Send the same request again; that is harmless."
    )
