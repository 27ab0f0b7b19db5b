"""Turn requests into entries: one batch, one transaction.

The sequencer gives each body its place: index, time, the global chain and the order's chain. It
asks the rules whether the entry may stand and what it does to the state. It runs under the
store's lock; the store's fence catches a lock that was lost.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ledger.errors import Corruption, Refusal, RulesFailed, WrongLog
from ledger.log.body import Body, parse_body
from ledger.log.checks import (
    chain_place,
    check_expiry,
    check_signatures,
    disclosure_digests,
    extend_chain,
)
from ledger.log.crash import CrashPoint, no_crash
from ledger.log.entry import (
    NO_LEAF,
    Envelope,
    Meta,
    Signature,
    check_origin,
    in_order,
    leaf_bytes,
    leaf_hash,
    malformed,
    parse_leaf,
)
from ledger.log.roots import RootMaker
from ledger.log.rules import JsonState, Rules
from ledger.log.state import StateCache, StateLayer
from ledger.log.store import (
    Accepted,
    AppendRequest,
    Batch,
    Head,
    LogReader,
    LogStore,
    MapChange,
    NewLeaf,
    Outcome,
    chain_key,
    refuse_other_body,
)

BATCH_MAX = 256
LEAVES_AT_ONCE = 1_000
CLOCK_BACK_ALARM_MS = 5_000

_RULES_BUGS = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)

Alarm = Callable[[str], None]
"""Tells a person something that is no error to a user."""


def clock_ms() -> int:
    """Return UTC milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def warn(message: str) -> None:
    """Write an alarm to the program's log."""
    logging.getLogger("ledger.log").warning(message)


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A request whose form is checked, and whose signatures may be verified before the lock.

    Attributes
    ----------
    verified
        (public key, signature) pairs known to fit the body.
    disclosures
        (digest, text) of each disclosure.
    """

    request: AppendRequest
    body: Body
    signatures: tuple[Signature, ...]
    disclosures: tuple[tuple[str, str], ...]
    verified: set[tuple[bytes, bytes]] = field(default_factory=set)


@dataclass(kw_only=True)
class _Batch:
    """A batch while it grows."""

    head: Head
    state: StateLayer
    now_ms: int
    known: dict[str, Accepted]
    leaves: list[NewLeaf] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)
    last_leaf: bytes = NO_LEAF
    time_ms: int = 0

    def __post_init__(self) -> None:
        self.last_leaf = self.head.last_leaf
        self.time_ms = max(self.head.time_ms, self.now_ms)

    @property
    def index(self) -> int:
        """Place of the next entry."""
        return self.head.size + len(self.leaves)


class Sequencer:
    """Gives entries their place.

    Parameters
    ----------
    store
        Where the log is kept.
    rules
        Who may enter what, and what it does to the state.
    origin
        Name of the log; bodies made for another are refused.
    roots
        Makes the entries that state the root of the state map; None for a log without them.
    clock
        Gives UTC milliseconds. A clock that goes back is held at the last entry's time.
    alarm
        Is told when the clock went back by more than 5 s.
    crash_point
        Called between the steps of a commit; for tests.
    """

    def __init__(
        self,
        store: LogStore,
        rules: Rules,
        *,
        origin: str,
        roots: RootMaker | None = None,
        clock_ms: Callable[[], int] = clock_ms,
        alarm: Alarm = warn,
        crash_point: CrashPoint = no_crash,
    ) -> None:
        self.origin = check_origin(origin)
        self._store = store
        self._rules = rules
        self._roots = roots
        self._clock_ms = clock_ms
        self._alarm = alarm
        self._clock_is_back = False
        self._crash_point = crash_point
        self._cache = StateCache()
        self._touched: set[str] = set()
        self._touched_range: tuple[int, int] | None = None

    def prepare(self, request: AppendRequest) -> Prepared:
        """Check the form of a request; no lock is needed.

        Raises
        ------
        NotCanonical, Malformed, WrongLog
        """
        body = parse_body(request.body, self._rules.recognise)
        if body.idem != request.request_id:
            raise malformed("request", f"the body's idem {body.idem}", request.request_id)
        if body.fields["log"] != self.origin:
            raise WrongLog(
                f"The body was made for log {body.fields['log']!r}, this is {self.origin!r}. "
                "Sign a body for this log.",
                expected=self.origin,
                got=str(body.fields["log"]),
            )
        return Prepared(
            request=request,
            body=body,
            signatures=in_order(request.signatures),
            disclosures=disclosure_digests(body, request.disclosures),
        )

    def drain(self, limit: int = BATCH_MAX) -> tuple[Outcome, ...]:
        """Answer the requests that wait in the store, at most `limit`. Needs the store's lock."""
        return self.process((), limit)

    def process(self, direct: Sequence[Prepared], limit: int = BATCH_MAX) -> tuple[Outcome, ...]:
        """Answer these requests and those that wait in the store, in one commit.

        The store's lock must be held.

        Parameters
        ----------
        direct
            Requests that are in no table; the caller hands on their answers.
        limit
            How many requests of the store are taken, ≥ 0.

        Returns
        -------
        One outcome for each request of `direct`, in order, then those of the store.

        Raises
        ------
        HeadMoved
            When the lock was lost to another process; nothing is kept.
        Corruption
            When the stored head contradicts the stored entries or state.
        """
        with self._store.reader() as reader:
            waiting, refused = self._prepared(reader.pending(limit))
            batch = self._begin(reader, [*direct, *waiting])
            answers = [self._answer(batch, prepared) for prepared in (*direct, *waiting)]
        stored = (*answers[len(direct) :], *refused)
        if batch.leaves or stored:
            self._commit(batch, stored)
        return (*answers[: len(direct)], *stored)

    def seal(self) -> bool:
        """Enter the root of the state map, when entries have arrived since the last one.

        The store's lock must be held. Called before each checkpoint, so that what is published
        ends with a root over all that comes before it; an idle log gets none.

        Returns
        -------
        Whether a root was entered. None is, as long as the operator's key is not enrolled.

        Raises
        ------
        HeadMoved, Corruption
            As `process`.
        """
        if self._roots is None:
            return False
        with self._store.reader() as reader:
            batch = self._begin(reader, ())
            size, version = batch.head.size, reader.map_version(batch.head.size)
            covered = 0 if version is None else version.index + 1
            if covered == size or not self._roots.ready(batch.state, time_ms=batch.time_ms):
                return False
            self._catch_up(reader, covered, size)
            root = self._roots.make(
                reader, batch.state, self._touched, size=size, time_ms=batch.time_ms
            )
            outcome = self._answer(batch, self.prepare(root.request))
        if outcome.refusal is not None:
            raise Corruption(
                "ROOT_REFUSED",
                f"Log {self.origin}: the state root over {size} entries was refused "
                f"({outcome.refusal.code}: {outcome.refusal}). Audit the log.",
            )
        self._commit(batch, (), root.state_map)
        return True

    def check_head(self) -> Head:
        """Return the head when the last stored entry is the one that it names.

        Raises
        ------
        Corruption
            `HEAD_DIFFERS`.
        """
        with self._store.reader() as reader:
            head = reader.head()
            last = leaf_hash(reader.leaf(head.size - 1)) if head.size else NO_LEAF
        if last != head.last_leaf:
            raise Corruption(
                "HEAD_DIFFERS",
                f"Log {self.origin}: the head at size {head.size} names the last leaf "
                f"{head.last_leaf.hex()}, the stored entry has {last.hex()}. Restore a backup.",
            )
        return head

    def _prepared(self, requests: Sequence[AppendRequest]) -> tuple[list[Prepared], list[Outcome]]:
        prepared, refused = [], []
        for request in requests:
            try:
                prepared.append(self.prepare(request))
            except Refusal as refusal:
                refused.append(Outcome(request_id=request.request_id, refusal=refusal))
        return prepared, refused

    def _begin(self, reader: LogReader, requests: Sequence[Prepared]) -> _Batch:
        head = reader.head()
        now_ms = self._clock_ms()
        back = now_ms < head.time_ms - CLOCK_BACK_ALARM_MS
        if back and not self._clock_is_back:
            self._alarm(
                f"The clock went back: it says {now_ms} ms, the last entry of {self.origin} was "
                f"entered at {head.time_ms} ms. New entries get that time until it is passed."
            )
        self._clock_is_back = back  # one alarm until the clock is right again
        orders = {one.body.order: None for one in requests if one.body.order is not None}
        below = self._cache.at(
            head.size,
            reader.state_bytes,
            soon=[chain_key(order) for order in orders],
            read_many=reader.states,
        )
        return _Batch(
            head=head,
            state=StateLayer(below),
            now_ms=now_ms,
            known=dict(reader.accepted([one.body.idem for one in requests])),
        )

    def _answer(self, batch: _Batch, prepared: Prepared) -> Outcome:
        request = prepared.request
        try:
            entered = batch.known.get(request.request_id)
            if entered is not None:
                refuse_other_body(request, entered.body_digest)
                return Outcome(request_id=request.request_id, receipt=entered.receipt)
            leaf = self._enter(batch, prepared)
        except Refusal as refusal:
            return Outcome(request_id=request.request_id, refusal=refusal)
        except _RULES_BUGS as error:
            return Outcome(request_id=request.request_id, refusal=self._failed(request, error))
        batch.known[request.request_id] = Accepted(
            body_digest=leaf.body_digest, receipt=leaf.receipt
        )
        return Outcome(request_id=request.request_id, receipt=leaf.receipt)

    def _enter(self, batch: _Batch, prepared: Prepared) -> NewLeaf:
        """Add the entry to the batch; when a rule refuses it, the batch is as before."""
        body, signatures = prepared.body, prepared.signatures
        attempt = StateLayer(batch.state.read)
        check_expiry(body, batch.time_ms)
        self._check_signatures(attempt, prepared)
        sequence, previous = chain_place(attempt, body)
        tag = self._rules.admit(attempt, body.fields, prepared.request.disclosures)
        meta = Meta(
            index=batch.index,
            previous_leaf=batch.last_leaf,
            time_ms=batch.time_ms,
            rule_version=self._rules.version,
            order_sequence=sequence,
            order_previous=previous,
            tag=tag,
        )
        data = leaf_bytes(body.data, meta, signatures)
        self._rules.apply(attempt, Envelope(body=body.fields, meta=meta, signatures=signatures))
        digest = leaf_hash(data)
        extend_chain(attempt, body, sequence, digest)
        leaf = NewLeaf(
            index=meta.index,
            leaf_hash=digest,
            data=data,
            time_ms=meta.time_ms,
            request_id=body.idem,
            body_digest=body.digest,
            order=body.order,
            order_sequence=sequence,
            disclosures=prepared.disclosures,
        )
        if self._roots is not None:
            batch.touched.update(self._roots.touched(body.fields))
        batch.state.changes.update(attempt.changes)
        batch.leaves.append(leaf)
        batch.last_leaf = digest
        return leaf

    def _failed(self, request: AppendRequest, error: Exception) -> Refusal:
        """Refuse an entry on which the rules stumbled: one bad request must not stop the log."""
        self._alarm(f"The rules failed on request {request.request_id}: {error!r}")
        return RulesFailed(
            f"The rules could not judge request {request.request_id} ({type(error).__name__}); "
            "it is not entered. This is a fault of the program: report the request.",
            request=request.request_id,
        )

    def _check_signatures(self, state: JsonState, prepared: Prepared) -> None:
        signatures = prepared.signatures
        keys = self._rules.signer_keys(state, prepared.body.fields, signatures)
        check_signatures(
            self.origin, prepared.body.data, signatures, keys, verified=prepared.verified
        )

    def _catch_up(self, reader: LogReader, covered: int, size: int) -> None:
        """Know what the entries [covered, size) changed, also those that others entered."""
        if self._touched_range is None or self._touched_range[0] != covered:
            self._touched.clear()
            self._touched_range = (covered, covered)
        assert self._roots is not None
        for start in range(self._touched_range[1], size, LEAVES_AT_ONCE):
            for leaf in reader.leaves(start, min(size, start + LEAVES_AT_ONCE)):
                self._touched.update(self._roots.touched(parse_leaf(leaf).body))
        self._touched_range = (covered, size)

    def _remember(self, batch: _Batch, new: Head, *, sealed: bool) -> None:
        """Keep in mind what this commit changed, if everything before it is known."""
        if sealed:
            self._touched.clear()
            self._touched_range = (new.size, new.size)
        elif self._touched_range is not None and self._touched_range[1] == batch.head.size:
            self._touched |= batch.touched
            self._touched_range = (self._touched_range[0], new.size)

    def _commit(
        self, batch: _Batch, stored: Sequence[Outcome], state_map: MapChange | None = None
    ) -> None:
        frontier = batch.head.frontier.extended(leaf.leaf_hash for leaf in batch.leaves)
        grown = bool(batch.leaves)
        new = Head(
            frontier=frontier,
            last_leaf=batch.last_leaf,
            time_ms=batch.time_ms if grown else batch.head.time_ms,
        )
        self._crash_point("before commit")
        self._store.commit(
            Batch(
                old=batch.head,
                new=new,
                leaves=tuple(batch.leaves),
                state=batch.state.changes,
                outcomes=tuple(stored),
                state_map=state_map,
            )
        )
        self._crash_point("after commit")
        self._remember(batch, new, sealed=state_map is not None)
        self._cache.committed(new.size, batch.state.changes)
