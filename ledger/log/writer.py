"""Enter requests from many threads and processes: one at a time leads, for all who wait."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass

from ledger.errors import Corruption, HeadMoved, LedgerError, OutcomeUnknown
from ledger.log.publisher import Publisher
from ledger.log.sequencer import BATCH_MAX, Prepared, Sequencer
from ledger.log.store import AppendRequest, LogStore, Outcome, Receipt

_HEAD_MOVED_MAX = 3
"""How often a batch is tried anew when another process appended in between."""
_POLL_SECONDS = 0.05


@dataclass(eq=False, slots=True)
class _Ticket:
    """A request of this process that waits for its answer."""

    prepared: Prepared
    outcome: Outcome | None = None
    error: LedgerError | None = None

    @property
    def answered(self) -> bool:
        return self.outcome is not None or self.error is not None

    def unwrap(self) -> Receipt:
        if self.error is not None:
            raise self.error
        assert self.outcome is not None
        return self.outcome.unwrap()


class Writer:
    """The door to the log: requests in, receipts out.

    A receipt is given only when the entry is committed and stands under a published checkpoint.
    Any number of threads and processes may use a writer each on the same store; whoever gets the
    store's lock answers everybody who waits in this process or in the store.

    Parameters
    ----------
    batch_max
        How many requests go into one commit, ≥ 1.
    """

    def __init__(
        self,
        store: LogStore,
        sequencer: Sequencer,
        publisher: Publisher,
        *,
        batch_max: int = BATCH_MAX,
    ) -> None:
        self._store = store
        self._sequencer = sequencer
        self._publisher = publisher
        self._batch_max = batch_max
        self._queue: deque[_Ticket] = deque()
        self._turn = threading.Condition()
        self._led = False
        self._checked = False
        self._stopped: Corruption | None = None

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

    def submit(self, request: AppendRequest, *, timeout_seconds: float = 30.0) -> Receipt:
        """Enter a request and return its receipt.

        The same request again gets the same receipt, from any process and after any crash.

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
        ticket = _Ticket(self._sequencer.prepare(request))
        deadline = time.monotonic() + timeout_seconds
        with self._turn:
            self._queue.append(ticket)
        while not ticket.answered:
            if not self._take_lead(deadline, ticket):
                continue
            try:
                self._lead(deadline)
            finally:
                self._leave_lead(ticket)
        return ticket.unwrap()

    def wait(self, request_id: str, *, timeout_seconds: float = 30.0) -> Receipt:
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
            if outcome is not None and self._is_released(outcome):
                return outcome.unwrap()
            if time.monotonic() >= deadline:
                raise _too_late(request_id)
            if self._take_lead(min(deadline, time.monotonic() + _POLL_SECONDS), None):
                try:
                    self._lead(deadline)
                finally:
                    self._leave_lead(None)

    def drain(self, *, timeout_seconds: float = 30.0) -> int:
        """Answer everything that waits in the store; return how many requests were answered."""
        answered = 0
        deadline = time.monotonic() + timeout_seconds
        while self._store.pending(1):
            if time.monotonic() >= deadline:
                raise OutcomeUnknown(
                    f"Requests still wait in the store after {timeout_seconds:g} s."
                )
            if self._take_lead(deadline, None):
                try:
                    answered += self._lead(deadline)
                finally:
                    self._leave_lead(None)
        return answered

    def _is_released(self, outcome: Outcome) -> bool:
        if outcome.receipt is None:
            return True
        published = self._publisher.published()
        return published is not None and published.size > outcome.receipt.index

    def _take_lead(self, deadline: float, ticket: _Ticket | None) -> bool:
        """Become the leader of this process, or wait until something changed."""
        with self._turn:
            if ticket is not None and ticket.answered:
                return False
            if not self._led:
                self._led = True
                return True
            self._turn.wait(max(0.0, deadline - time.monotonic()))
            if ticket is not None and not ticket.answered and time.monotonic() >= deadline:
                if ticket in self._queue:  # nobody has taken it: it is certainly not entered
                    self._queue.remove(ticket)
                raise _too_late(ticket.prepared.request.request_id)
            return False

    def _leave_lead(self, ticket: _Ticket | None) -> None:
        with self._turn:
            self._led = False
            if ticket is not None and not ticket.answered and ticket in self._queue:
                self._queue.remove(ticket)  # the leader failed and tells its caller itself
            self._turn.notify_all()

    def _lead(self, deadline: float) -> int:
        """Answer one batch; what it took is answered in any case when this returns or raises."""
        taken: list[_Ticket] = []
        try:
            with self._store.sequencer_lock(max(0.0, deadline - time.monotonic())):
                self._refuse_when_stopped()
                if not self._checked:
                    self._check()
                taken = self._take()
                outcomes = self._process(taken)
                self._publisher.publish()
        except Corruption as error:
            self._stopped = error
            self._fail([*taken, *self._take_all()], error)
            raise
        else:
            for ticket, outcome in zip(taken, outcomes, strict=False):
                ticket.outcome = outcome
            return len(outcomes)
        finally:
            self._fail(
                taken,
                OutcomeUnknown(
                    "The log could not be written; the request that led this batch was told why. "
                    "Send the same request again; that is harmless."
                ),
            )

    def _check(self) -> int:
        """Check the log before anything is written; the sequencer's lock must be held."""
        self._sequencer.check_head()
        size = self._publisher.recover().size
        self._checked = True
        return size

    def _process(self, taken: list[_Ticket]) -> tuple[Outcome, ...]:
        room = max(self._batch_max - len(taken), 1)
        for attempt in range(_HEAD_MOVED_MAX):
            try:
                return self._sequencer.process([one.prepared for one in taken], room)
            except HeadMoved:
                if attempt == _HEAD_MOVED_MAX - 1:
                    raise
        raise AssertionError

    def _take(self) -> list[_Ticket]:
        with self._turn:
            count = min(self._batch_max, len(self._queue))
            return [self._queue.popleft() for _ in range(count)]

    def _take_all(self) -> list[_Ticket]:
        with self._turn:
            taken = list(self._queue)
            self._queue.clear()
            return taken

    def _fail(self, tickets: list[_Ticket], error: LedgerError) -> None:
        for ticket in tickets:
            if not ticket.answered:
                ticket.error = error

    def _refuse_when_stopped(self) -> None:
        if self._stopped is not None:
            raise Corruption(self._stopped.code, self._stopped.message)


def _too_late(request_id: str) -> OutcomeUnknown:
    return OutcomeUnknown(
        f"Request {request_id} has no answer yet. Send the same request again; that is harmless."
    )
