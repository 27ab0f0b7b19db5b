"""Bring entries back that a database has lost: from public bundles, replayed before they are kept.

A database that was restored from an old backup lacks the newest entries. Whoever kept the log's
public files has them: the log itself, a mirror, an export. Nothing of them is believed: the
checkpoint's signature, every hash below it and every rule are checked, and the entries that the
database still has must be the beginning of that tree.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.claims.roots import RootChecker, advance, summaries_of, touched
from ledger.errors import NotVerified
from ledger.log.body import parse_body
from ledger.log.canonical import encode
from ledger.log.checkpoint import Checkpoint
from ledger.log.client import VerifiedTiles
from ledger.log.entry import Envelope, leaf_hash, parse_leaf
from ledger.log.merkle import root_at
from ledger.log.replay import Replay, ReplayStart
from ledger.log.rules import JsonState, Rules
from ledger.log.store import Batch, LogStore, MapChange, NewLeaf, Outcome
from ledger.log.tiles import TILE_WIDTH
from ledger.statemap.proofs import EMPTY_MAP
from ledger.statemap.tree import StateMap
from ledger.values.consent import EventType

BATCH_MAX = 256
_PENDING_MAX = 10_000


def recover_entries(
    store: LogStore, tiles: VerifiedTiles, checkpoint: Checkpoint, rules: Rules
) -> int:
    """Append the entries that a log has and the store has not; return how many.

    The store's sequencer lock must be held. Done in batches: when it is interrupted, the next
    call goes on. Private fields do not come back by this: they were never public.

    Parameters
    ----------
    tiles
        Files of the tree of `checkpoint`, each hash checked before its use.
    checkpoint
        Verified as this log's.

    Raises
    ------
    NotVerified
        `ROOT_DIFFERS` when the store's entries are not the beginning of that tree; the code of the
        rule that an entry breaks; the codes of `VerifiedTiles`. What was appended before stands.
    """
    start = store.head()
    if start.size > checkpoint.size:
        return 0
    root = root_at(start.size, tiles)
    if root != start.frontier.root():
        raise NotVerified(
            "ROOT_DIFFERS",
            f"the store's {start.size} entries have the root {start.frontier.root().hex()}, the "
            f"log to recover from has {root.hex()} there: they are two different histories",
        )
    recovering = _Recovering(store, rules)
    leaves = _entries(tiles, start.size, checkpoint.size)
    while store.head().size < checkpoint.size:
        recovering.append(leaves)
    return checkpoint.size - start.size


class _Recovering:
    """Appends entries in batches, each ending with a state root where there is one."""

    def __init__(self, store: LogStore, rules: Rules) -> None:
        self._store = store
        self._rules = rules
        self._roots = _roots_of(store)
        self._pending = {one.request_id for one in store.pending(_PENDING_MAX)}

    def append(self, leaves: Iterator[bytes]) -> None:
        """Append the next batch."""
        store, head = self._store, self._store.head()
        start = ReplayStart(
            head=head,
            read=store.state_bytes,
            entered=lambda request_id: bool(store.accepted([request_id])),
        )
        replay = Replay(store.origin, self._rules, roots=self._roots, start=start)
        new: list[NewLeaf] = []
        for leaf in leaves:
            envelope = replay.add(leaf)
            new.append(_new_leaf(leaf, envelope))
            if len(new) == BATCH_MAX or self._roots.change is not None:
                break
        self._store.commit(
            Batch(
                old=head,
                new=replay.head,
                leaves=tuple(new),
                state=replay.changes,
                outcomes=self._outcomes(new),
                state_map=self._roots.take(),
            )
        )

    def _outcomes(self, leaves: list[NewLeaf]) -> tuple[Outcome, ...]:
        """Return the answers to requests that wait for entries which had been made already."""
        known = (leaf for leaf in leaves if leaf.request_id in self._pending)
        return tuple(Outcome(request_id=leaf.request_id, receipt=leaf.receipt) for leaf in known)


class _StoredRoots(RootChecker):
    """Checks state roots, and notes what each changes in the stored map."""

    change: MapChange | None = None

    def entered(self, state: JsonState, envelope: Envelope) -> None:
        """Take in the next entry; see `RootChecker`."""
        if envelope.body["type"] != EventType.STATE_ROOT.value:
            super().entered(state, envelope)
            return
        pages, superseded = advance(self.state_map, summaries_of(state, self.waiting))
        super().entered(state, envelope)
        self.change = MapChange(
            root=self.state_map.root,
            pages=pages,
            superseded=tuple(sorted(superseded)),
            keep_from=0,
        )

    def take(self) -> MapChange | None:
        """Return what the last entry changed in the map, if it stated a root."""
        change, self.change = self.change, None
        return change


def _roots_of(store: LogStore) -> _StoredRoots:
    """Return the checker of a store's map, with what its entries changed since the last root."""
    size = store.head().size
    version = store.map_version(size)
    first = 0 if version is None else version.index + 1
    waiting = {
        name
        for at in range(first, size, BATCH_MAX)
        for leaf in store.leaves(at, min(size, at + BATCH_MAX))
        for name in touched(parse_leaf(leaf).body)
    }
    root = EMPTY_MAP if version is None else version.root
    return _StoredRoots(StateMap(store.map_pages, root=root), waiting=waiting)


def _entries(tiles: VerifiedTiles, start: int, stop: int) -> Iterator[bytes]:
    for at in range(start - start % TILE_WIDTH, stop, TILE_WIDTH):
        for index, leaf in enumerate(tiles.entries(at // TILE_WIDTH), at):
            if start <= index < stop:
                yield leaf


def _new_leaf(leaf: bytes, envelope: Envelope) -> NewLeaf:
    body, meta = parse_body(encode(envelope.body)), envelope.meta
    return NewLeaf(
        index=meta.index,
        leaf_hash=leaf_hash(leaf),
        data=leaf,
        time_ms=meta.time_ms,
        request_id=body.idem,
        body_digest=body.digest,
        order=body.order,
        order_sequence=meta.order_sequence,
    )
