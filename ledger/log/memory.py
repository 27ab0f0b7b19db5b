"""A log store in memory, for tests and tools."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from ledger.log import canonical
from ledger.log.canonical import JsonObject
from ledger.log.store import (
    Accepted,
    AppendRequest,
    Batch,
    ChainHead,
    Head,
    LogReader,
    MapChange,
    MapVersion,
    NewLeaf,
    Outcome,
    body_digest,
    chain_head_of,
    chain_key,
    head_moved,
    lock_busy,
    refuse_other_body,
)


@dataclass(slots=True)
class _Waiting:
    request: AppendRequest
    outcome: Outcome | None = None


@dataclass(slots=True)
class _Memory:
    head: Head = field(default_factory=Head)
    leaves: list[NewLeaf] = field(default_factory=list)
    state: dict[str, bytes] = field(default_factory=dict)
    accepted: dict[str, Accepted] = field(default_factory=dict)
    disclosures: dict[int, dict[str, str]] = field(default_factory=dict)
    chains: dict[str, list[int]] = field(default_factory=dict)
    requests: dict[str, _Waiting] = field(default_factory=dict)
    versions: list[tuple[MapVersion, tuple[bytes, ...]]] = field(default_factory=list)
    pages: dict[bytes, bytes] = field(default_factory=dict)


class MemoryLogStore:
    """A log store in memory: for tests and tools; nothing outlives the process."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self._memory = _Memory()
        self._mutex = threading.Lock()
        self._sequencer = threading.Lock()

    @contextmanager
    def reader(self) -> Iterator[LogReader]:
        """Give the store itself: nothing else writes while the sequencer's lock is held."""
        yield self

    def head(self) -> Head:
        """Return the committed head."""
        return self._memory.head

    def leaves(self, start: int, stop: int) -> Sequence[bytes]:
        """Return the leaf bytes of entries [start, stop), which must exist."""
        found = [leaf.data for leaf in self._memory.leaves[start:stop]]
        if len(found) != stop - start:
            raise LookupError(f"entries {start} to {stop} are not all in the log")
        return found

    def leaf(self, index: int) -> bytes:
        """Return the bytes of one entry; `LookupError` where there is none."""
        return self.leaves(index, index + 1)[0]

    def chain(self, order: str) -> Sequence[tuple[int, bytes]]:
        """Return (index, leaf bytes) of all entries of an order, first to last."""
        places = self._memory.chains.get(order, [])
        return [(index, self._memory.leaves[index].data) for index in places]

    def chain_head(self, order: str) -> ChainHead | None:
        """Return the last entry of an order, None when the log holds none."""
        return chain_head_of(self.state(chain_key(order)))

    def state(self, key: str) -> JsonObject | None:
        """Return the state object under a key, or None."""
        data = self._memory.state.get(key)
        return None if data is None else canonical.decode_object(data)

    def state_bytes(self, key: str) -> bytes | None:
        """Return the canonical bytes under one key, or None."""
        return self._memory.state.get(key)

    def states(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        """Return the canonical bytes of those keys that have an object."""
        state = self._memory.state
        return {key: state[key] for key in keys if key in state}

    def keys(self, prefix: str) -> Sequence[str]:
        """Return the state keys that begin with a prefix, in order."""
        return sorted(key for key in self._memory.state if key.startswith(prefix))

    def accepted(self, request_ids: Sequence[str]) -> Mapping[str, Accepted]:
        """Return what the log holds under these request ids."""
        accepted = self._memory.accepted
        return {name: accepted[name] for name in request_ids if name in accepted}

    def disclosures(self, index: int) -> Mapping[str, str]:
        """Return the texts of the salted fields of an entry by digest."""
        return dict(self._memory.disclosures.get(index, {}))

    def enqueue(self, request: AppendRequest) -> None:
        """Put a request into the store, to be answered later."""
        with self._mutex:
            entered = self._memory.accepted.get(request.request_id)
            refuse_other_body(request, entered.body_digest if entered else None)
            waiting = self._memory.requests.get(request.request_id)
            if waiting is None or (waiting.outcome and waiting.outcome.refusal):
                self._memory.requests[request.request_id] = _Waiting(request)
            else:
                refuse_other_body(request, body_digest(waiting.request.body))

    def pending(self, limit: int) -> Sequence[AppendRequest]:
        """Return the oldest requests without an answer, at most `limit`."""
        waiting = list(self._memory.requests.values())
        return [one.request for one in waiting if one.outcome is None][:limit]

    def outcome(self, request_id: str) -> Outcome | None:
        """Return the answer to a request, None while there is none."""
        waiting = self._memory.requests.get(request_id)
        if waiting is not None and waiting.outcome is not None:
            return waiting.outcome
        entered = self._memory.accepted.get(request_id)
        return Outcome(request_id=request_id, receipt=entered.receipt) if entered else None

    def map_version(self, size: int) -> MapVersion | None:
        """Return the last version of the state map that the first `size` entries state."""
        stated = [version for version, _ in self._memory.versions if version.index < size]
        return stated[-1] if stated else None

    def map_pages(self, hashes: Sequence[bytes]) -> Mapping[bytes, bytes]:
        """Return the pages of the state map that are stored under these hashes."""
        pages = self._memory.pages
        return {digest: pages[digest] for digest in hashes if digest in pages}

    def commit(self, batch: Batch) -> None:
        """Store leaves, state, map, head and outcomes at once."""
        with self._mutex:
            memory = self._memory
            if memory.head != batch.old:
                raise head_moved(self.origin, batch.old.size)
            for leaf in batch.leaves:
                memory.leaves.append(leaf)
                memory.accepted[leaf.request_id] = Accepted(
                    body_digest=leaf.body_digest, receipt=leaf.receipt
                )
                memory.disclosures[leaf.index] = dict(leaf.disclosures)
                if leaf.order is not None:
                    memory.chains.setdefault(leaf.order, []).append(leaf.index)
            memory.state.update(batch.state)
            if batch.state_map is not None:
                self._store_map(batch.new.size - 1, batch.state_map)
            for outcome in batch.outcomes:
                memory.requests[outcome.request_id].outcome = outcome
            memory.head = batch.new

    def _store_map(self, index: int, change: MapChange) -> None:
        memory = self._memory
        memory.pages.update(change.pages)
        version = MapVersion(index=index, root=change.root)
        kept: list[tuple[MapVersion, tuple[bytes, ...]]] = []
        for known, superseded in (*memory.versions, (version, change.superseded)):
            if known.index >= change.keep_from:
                kept.append((known, superseded))
                continue
            for digest in superseded:
                memory.pages.pop(digest, None)
            kept.append((known, ()))
        memory.versions = kept

    @contextmanager
    def sequencer_lock(self, timeout_seconds: float) -> Iterator[None]:
        """Hold the only right to append and to publish, within this process."""
        if not self._sequencer.acquire(timeout=timeout_seconds):
            raise lock_busy(self.origin, timeout_seconds)
        try:
            yield
        finally:
            self._sequencer.release()
