"""What the log needs of a database. `ledger.log.memory` has a store for tests and tools."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from ledger.errors import Corruption, HeadMoved, IdempotencyConflict, OutcomeUnknown, Refusal
from ledger.log.canonical import JsonObject
from ledger.log.entry import HEX_128, NO_LEAF, Signature, malformed
from ledger.log.merkle import Frontier
from ledger.log.rules import JsonState

__all__ = [
    "Accepted",
    "AppendRequest",
    "Batch",
    "ChainHead",
    "Head",
    "JsonState",
    "LogReader",
    "LogStore",
    "MapChange",
    "MapVersion",
    "NewLeaf",
    "Outcome",
    "Receipt",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class AppendRequest:
    """A wish to enter a signed body.

    Parameters
    ----------
    request_id
        The body's `idem`, 32 hex digits.
    body
        Canonical bytes of the body.
    disclosures
        The salted fields that the body's `sd` names, as texts; kept beside the log.

    Raises
    ------
    Malformed
        When the id has another form.
    """

    request_id: str
    body: bytes
    signatures: tuple[Signature, ...]
    disclosures: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not HEX_128.match(self.request_id):
            raise malformed("request", "an id of 32 lower-case hex digits", self.request_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The promise that a request stands in the log: where, as what and since when."""

    request_id: str
    index: int
    leaf_hash: bytes
    time_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The answer to a request: a receipt or a refusal, exactly one of the two."""

    request_id: str
    receipt: Receipt | None = None
    refusal: Refusal | None = None

    def unwrap(self) -> Receipt:
        """Return the receipt, or raise the refusal."""
        if self.refusal is not None:
            raise self.refusal
        assert self.receipt is not None
        return self.receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What the log holds under a request id: the body's SHA-256 and the receipt."""

    body_digest: bytes
    receipt: Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Where the log stands: all that is needed to append.

    Parameters
    ----------
    frontier
        Right edge of the tree; its size is the number of entries.
    last_leaf
        Leaf hash of the last entry, `NO_LEAF` in an empty log.
    time_ms
        UTC milliseconds of the last entry, 0 in an empty log.
    """

    frontier: Frontier = field(default_factory=Frontier)
    last_leaf: bytes = NO_LEAF
    time_ms: int = 0

    @property
    def size(self) -> int:
        """Number of entries."""
        return self.frontier.size


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainHead:
    """The last entry of an order's chain: its leaf hash (the next body's `osp`) and its place."""

    leaf_hash: bytes
    sequence: int


class NewLeaf(NamedTuple):
    """An entry on its way into the store, with what the store indexes.

    A named tuple, as `Meta`: one is made for every entry, in a third of a dataclass's time.
    """

    index: int  # type: ignore[assignment]  # hides the tuple's own `index`
    leaf_hash: bytes
    data: bytes
    time_ms: int
    request_id: str
    body_digest: bytes
    order: str | None
    order_sequence: int | None
    disclosures: tuple[tuple[str, str], ...] = ()
    """(digest, text) of each disclosure."""

    @property
    def receipt(self) -> Receipt:
        """The receipt of the request that brought it."""
        return Receipt(
            request_id=self.request_id,
            index=self.index,
            leaf_hash=self.leaf_hash,
            time_ms=self.time_ms,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MapVersion:
    """A version of the state map: the place of the entry that states its root, and the root."""

    index: int
    root: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class MapChange:
    """What a new version of the state map adds to the stored one.

    Parameters
    ----------
    root
        Of the new version, which the last leaf of the batch states.
    pages
        New pages, and the summaries behind new values, under their hashes; they never change.
    superseded
        Pages and summaries that the new version no longer reaches; older versions do.
    keep_from
        Versions that were superseded by one at a lower index are read no more: their pages go.
    """

    root: bytes
    pages: Mapping[bytes, bytes]
    superseded: tuple[bytes, ...]
    keep_from: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one transaction of the sequencer changes.

    Parameters
    ----------
    old, new
        The head before and after; `old` is the fence.
    leaves
        Entries old.size … new.size − 1, in order.
    state
        Canonical bytes of each state object that changed.
    outcomes
        Answers to requests that wait in the store.
    state_map
        The new version of the state map, where the last leaf states one.
    """

    old: Head
    new: Head
    leaves: tuple[NewLeaf, ...]
    state: Mapping[str, bytes]
    outcomes: tuple[Outcome, ...]
    state_map: MapChange | None = None


class LogReader(Protocol):
    """A log to read from. All reads through one `LogStore.reader` see one state of the log."""

    origin: str

    def head(self) -> Head:
        """Return the committed head."""

    def leaves(self, start: int, stop: int) -> Sequence[bytes]:
        """Return the leaf bytes of entries [start, stop); `LookupError` where one is missing."""

    def leaf(self, index: int) -> bytes:
        """Return the bytes of one entry; `LookupError` where there is none."""

    def chain(self, order: str) -> Sequence[tuple[int, bytes]]:
        """Return (index, leaf bytes) of all entries of an order, first to last."""

    def chain_head(self, order: str) -> ChainHead | None:
        """Return the last entry of an order, None when the log holds none."""

    def state(self, key: str) -> JsonObject | None:
        """Return the state object under a key, or None."""

    def state_bytes(self, key: str) -> bytes | None:
        """Return the canonical bytes under one key, or None."""

    def states(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        """Return the canonical bytes of those keys that have an object."""

    def keys(self, prefix: str) -> Sequence[str]:
        """Return the state keys that begin with a prefix, in order."""

    def accepted(self, request_ids: Sequence[str]) -> Mapping[str, Accepted]:
        """Return what the log holds under these request ids."""

    def disclosures(self, index: int) -> Mapping[str, str]:
        """Return the texts of the salted fields of an entry by digest, where still kept."""

    def pending(self, limit: int) -> Sequence[AppendRequest]:
        """Return the oldest requests without an answer, at most `limit`."""

    def outcome(self, request_id: str) -> Outcome | None:
        """Return the answer to a request, None while there is none."""

    def map_version(self, size: int) -> MapVersion | None:
        """Return the last version of the state map that the first `size` entries state."""

    def map_pages(self, hashes: Sequence[bytes]) -> Mapping[bytes, bytes]:
        """Return the pages of the state map that are stored under these hashes."""


class LogStore(LogReader, Protocol):
    """A database as the log sees it. One log; entries are never changed or removed.

    Duties of an implementation: `commit` is atomic and durable when it returns, and fails without
    any change when the stored head is not `batch.old`; what one call committed, every later read
    of every process sees; `sequencer_lock` excludes all other processes and dies with its holder.
    """

    def reader(self) -> AbstractContextManager[LogReader]:
        """Open one connection for several reads."""

    def enqueue(self, request: AppendRequest) -> None:
        """Put a request into the store, to be answered later.

        The same request again changes nothing; one that was refused waits anew.

        Raises
        ------
        IdempotencyConflict
            When another body waits, or was entered, under this id.
        """

    def commit(self, batch: Batch) -> None:
        """Store leaves, state, map, head and outcomes in one durable transaction.

        Raises
        ------
        HeadMoved
            When the stored head is not `batch.old`: nothing is kept.
        """

    def sequencer_lock(self, timeout_seconds: float) -> AbstractContextManager[None]:
        """Hold the only right to append and to publish.

        Raises
        ------
        OutcomeUnknown
            When another holds it for longer than the timeout.
        """


def chain_key(order: str) -> str:
    """Return the state key under which the log keeps an order's chain head."""
    return f"chain/{order}"


def chain_head_of(value: JsonObject | None) -> ChainHead | None:
    """Return the chain head of its state object, `{"head": hex, "sequence": n}`."""
    if value is None:
        return None
    head, sequence = value.get("head"), value.get("sequence")
    if not isinstance(head, str) or type(sequence) is not int:
        raise Corruption("STATE_DAMAGED", f"A chain head in the state reads {value!r}.")
    return ChainHead(leaf_hash=bytes.fromhex(head), sequence=sequence)


def body_digest(body: bytes) -> bytes:
    """Return the SHA-256 by which bodies under one request id are compared."""
    return hashlib.sha256(body).digest()


def refuse_other_body(request: AppendRequest, known_digest: bytes | None) -> None:
    """Refuse a request whose id is taken by another body.

    Raises
    ------
    IdempotencyConflict
        When `known_digest` is the digest of other bytes.
    """
    if known_digest is None:
        return
    digest = body_digest(request.body)
    if digest != known_digest:
        raise IdempotencyConflict(
            f"Request {request.request_id} was used for another body: first SHA-256 "
            f"{known_digest.hex()}, now {digest.hex()}. Choose a new id for a new wish, or send "
            "the first body again to get its receipt.",
            request=request.request_id,
            first=known_digest.hex(),
            now=digest.hex(),
        )


def head_moved(origin: str, expected: int) -> HeadMoved:
    """Return the error for a head that another process moved."""
    return HeadMoved(f"Log {origin}: the head is no longer at size {expected}; read it again.")


def lock_busy(origin: str, timeout_seconds: float) -> OutcomeUnknown:
    """Return the error for a sequencer's lock that did not come free."""
    return OutcomeUnknown(
        f"Log {origin}: another process held the sequencer's lock for {timeout_seconds:g} s. "
        "Send the same request again; that is harmless."
    )
