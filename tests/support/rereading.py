"""A log read again entry by entry: its chain, its replay, and what the audit finds."""

from __future__ import annotations

from ledger.audit.entries import Chains, Entry, read_entry
from ledger.audit.meaning import Meaning
from ledger.claims.roots import RootChecker
from ledger.claims.rules import ClaimRules
from ledger.log.entry import Envelope, leaf_hash, parse_leaf
from ledger.log.state import StateLayer
from tests.support.certifying import ORIGIN
from tests.support.parties import World


class Rereading:
    """What a replay and an audit know after the first `size` entries of a world's log."""

    def __init__(self, world: World) -> None:
        self._store = world.store
        self._rules = ClaimRules(ORIGIN, world.root.public_key().public_bytes_raw(), None)
        self.roots = RootChecker()
        self._chains = Chains(origin=ORIGIN)
        self._meaning = Meaning(ORIGIN, self._rules, below=lambda _: None, roots=RootChecker())
        self.replay = StateLayer(lambda _: None)
        self.size = 0

    def go_on(self) -> None:
        """Read what is new: the chain is whole, and the replay equals the live state."""
        size = self._store.head().size
        for index in range(self.size, size):
            envelope = parse_leaf(self._store.leaf(index))
            assert envelope.meta.index == index  # I11
            if index:
                before = self._store.leaf(index - 1)
                assert envelope.meta.previous_leaf == leaf_hash(before)
                assert envelope.meta.time_ms >= parse_leaf(before).meta.time_ms
            self._rules.apply(self.replay, envelope)
            self._extend_chain(index, envelope)
            self.roots.entered(self.replay, envelope)  # the stated root is the replay's own
            self._audit(index)
        self.size = size
        assert self._store._memory.state == self.replay.changes  # I15: replay = live

    def _audit(self, index: int) -> None:
        """L1 to L7, by the audit's own reading of the entry."""
        leaf = self._store.leaf(index)
        entry = read_entry(index, leaf, leaf_hash(leaf))
        assert isinstance(entry, Entry)
        assert [*self._chains.check(entry), *self._meaning.add(entry)] == []

    def _extend_chain(self, index: int, envelope: Envelope) -> None:
        order, sequence = envelope.body.get("order"), envelope.meta.order_sequence
        if order is not None and sequence is not None:
            digest = leaf_hash(self._store.leaf(index)).hex()
            self.replay.put(f"chain/{order}", {"head": digest, "sequence": sequence})
