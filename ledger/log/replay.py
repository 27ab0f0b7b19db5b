"""Read a log again from its first entry: the chains, the signatures and the rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ledger.errors import NotVerified, Refusal
from ledger.log.body import Body, read_leaf
from ledger.log.checks import chain_place, check_expiry, check_signatures, extend_chain
from ledger.log.entry import Envelope
from ledger.log.merkle import leaf_hash
from ledger.log.roots import RootChecker
from ledger.log.rules import Rules
from ledger.log.state import ReadState, StateLayer
from ledger.log.store import Head


class ReplayFailed(NotVerified):
    """An entry cannot stand where it stands.

    Parameters
    ----------
    code
        `ENTRY_MALFORMED`, `CHAIN_BROKEN`, `TIME_BACK`, `ORDER_CHAIN_BROKEN`, `WRONG_LOG`,
        `REQUEST_TWICE`, or the code of the refusal of a rule or of a state root.
    index
        Place of the entry, from 0.
    """

    def __init__(self, code: str, message: str, index: int) -> None:
        super().__init__(code, message)
        self.index = index

    def __reduce__(self) -> tuple[object, ...]:
        """Let it travel between processes."""
        return (type(self), (self.code, self.message, self.index))


def _no_state(_key: str) -> bytes | None:
    return None


def _not_entered(_request_id: str) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayStart:
    """Where an earlier replay of the log ended; by default the empty log.

    Parameters
    ----------
    head
        Where it stood.
    read
        Gives the canonical bytes of the state under a key at that head.
    entered
        Tells whether an entry before that head has this request id.
    """

    head: Head = field(default_factory=Head)
    read: ReadState = _no_state
    entered: Callable[[str], bool] = _not_entered


class Replay:
    """The log up to some entry, everything checked.

    Parameters
    ----------
    origin
        Name of the log.
    rules
        The rules of the record; without them only the log's own chains are checked.
    roots
        Compares the state roots that entries state with its own; without it they are taken.
    start
        Where to go on; without it the first entry comes first.
    """

    def __init__(
        self,
        origin: str,
        rules: Rules | None = None,
        *,
        roots: RootChecker | None = None,
        start: ReplayStart | None = None,
    ) -> None:
        start = start or ReplayStart()
        self._origin = origin
        self._rules = rules
        self._recognise = None if rules is None else rules.recognise
        self._roots = roots
        self._requests: set[str] = set()
        self._entered_before = start.entered
        self._last_leaf = start.head.last_leaf
        self._time_ms = start.head.time_ms
        self._frontier = start.head.frontier
        self.state = StateLayer(start.read)

    @property
    def changes(self) -> dict[str, bytes]:
        """Canonical bytes of each state object that changed since the start."""
        return self.state.changes

    @property
    def entered(self) -> set[str]:
        """Request ids of the entries since the start."""
        return self._requests

    @property
    def head(self) -> Head:
        """Where the replay stands."""
        return Head(frontier=self._frontier, last_leaf=self._last_leaf, time_ms=self._time_ms)

    def extend(self, leaves: Iterable[bytes]) -> Head:
        """Check these entries after those before; return the head.

        Raises
        ------
        ReplayFailed
            At the first entry that cannot stand; the replay is then of no more use.
        """
        for leaf in leaves:
            self.add(leaf)
        return self.head

    def add(self, leaf: bytes) -> Envelope:
        """Check one entry after those before, and return it.

        Raises
        ------
        ReplayFailed
            When it cannot stand here.
        """
        index = self._frontier.size
        try:
            envelope, body = read_leaf(leaf, self._recognise)
        except Refusal as refusal:
            raise ReplayFailed("ENTRY_MALFORMED", f"Entry {index}: {refusal}", index) from refusal
        self._check_place(envelope, body, index)
        digest = leaf_hash(leaf)
        try:
            self._apply(envelope, body, digest)
        except Refusal as refusal:
            raise ReplayFailed(refusal.code, f"Entry {index}: {refusal}", index) from refusal
        self._requests.add(body.idem)
        self._last_leaf = digest
        self._time_ms = envelope.meta.time_ms
        self._frontier = self._frontier.extended([self._last_leaf])
        return envelope

    def _check_place(self, envelope: Envelope, body: Body, index: int) -> None:
        meta = envelope.meta
        if (meta.index, meta.previous_leaf) != (index, self._last_leaf):
            raise ReplayFailed(
                "CHAIN_BROKEN",
                f"Entry {index} says that it is {meta.index} and follows "
                f"{meta.previous_leaf.hex()}; it follows {self._last_leaf.hex()}.",
                index,
            )
        if meta.time_ms < self._time_ms:
            raise ReplayFailed(
                "TIME_BACK",
                f"Entry {index} is of {meta.time_ms} ms, the one before of {self._time_ms} ms.",
                index,
            )
        if body.fields["log"] != self._origin:
            raise ReplayFailed(
                "WRONG_LOG", f"Entry {index} was made for {body.fields['log']!r}.", index
            )
        if body.idem in self._requests or self._entered_before(body.idem):
            raise ReplayFailed("REQUEST_TWICE", f"Entry {index} repeats {body.idem}.", index)

    def _apply(self, envelope: Envelope, body: Body, digest: bytes) -> None:
        meta = envelope.meta
        check_expiry(body, meta.time_ms)
        sequence, previous = chain_place(self.state, body)
        if (meta.order_sequence, meta.order_previous) != (sequence, previous):
            raise ReplayFailed(
                "ORDER_CHAIN_BROKEN",
                f"Entry {meta.index} says it is number {meta.order_sequence} of order "
                f"{body.order}; number {sequence} is expected.",
                meta.index,
            )
        if self._rules is not None:
            keys = self._rules.signer_keys(self.state, body.fields, envelope.signatures)
            check_signatures(self._origin, body.data, envelope.signatures, keys)
            self._rules.apply(self.state, envelope)
        extend_chain(self.state, body, sequence, digest)
        if self._roots is not None:
            self._roots.entered(self.state, envelope)
