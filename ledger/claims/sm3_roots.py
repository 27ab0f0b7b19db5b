"""Compares the SM3 roots that entries state with the entries themselves.

Hashing every entry a second time takes longer than replaying it, and most logs state no such
root. So entries are read again only when one is stated, from where the last one ended.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from ledger.claims.refusals import Sm3RootDiffers
from ledger.claims.roots import RootChecker
from ledger.log.entry import Envelope, leaf_hash, parse_leaf
from ledger.log.rules import JsonState
from ledger.log.sm3 import Sm3Frontier
from ledger.statemap.tree import StateMap
from ledger.values.consent import EventType

ReadLeaves = Callable[[int, int], Sequence[bytes]]
"""Gives the leaf bytes of entries [start, stop); raises `LookupError` where one is missing."""

_LEAVES_AT_ONCE = 4_096


class AllRootsChecker(RootChecker):
    """Compares every root that an entry states: of the state map, and of the tree with SM3.

    Parameters
    ----------
    read
        Gives entries before the one that is replayed. Nothing of it is believed: the chain of the
        log leads from each to the entry that is replayed.
    state_map, waiting
        As of `RootChecker`.
    sm3
        The edge of the SM3 tree as far as it was computed; grows with each root that is stated.
    """

    def __init__(
        self,
        read: ReadLeaves,
        state_map: StateMap | None = None,
        *,
        waiting: Collection[str] = (),
        sm3: Sm3Frontier | None = None,
    ) -> None:
        super().__init__(state_map, waiting=waiting)
        self._read = read
        self.sm3 = sm3 or Sm3Frontier()

    def entered(self, state: JsonState, envelope: Envelope) -> None:
        """Take in the next entry, `state` being what it leads to.

        Raises
        ------
        StateRootDiffers, Sm3RootDiffers
            When the entry states another root than the entries before it have.
        LookupError
            When an entry before it cannot be read again, or reads otherwise than it was replayed.
        """
        super().entered(state, envelope)
        if envelope.body["type"] == EventType.LOG_SM3_ROOT:
            self._compare(envelope)

    def _compare(self, envelope: Envelope) -> None:
        covers, stated = int(str(envelope.body["covers"])), str(envelope.body["root"])
        if covers < self.sm3.size:  # nothing forbids it, nobody does it
            self.sm3 = Sm3Frontier()
        edge = self.sm3
        for index, leaf in self._again(edge.size, envelope):
            if index < covers:
                edge = edge.extended([leaf])
        if edge.root().hex() != stated:
            raise Sm3RootDiffers(
                f"Entry {envelope.meta.index} states the SM3 root {stated} over {covers} entries; "
                f"they have {edge.root().hex()}.",
                stated=stated,
                computed=edge.root().hex(),
            )
        self.sm3 = edge

    def _again(self, start: int, envelope: Envelope) -> Iterator[tuple[int, bytes]]:
        """Yield (index, leaf) from `start` up to an entry, each bound to the entry by the chain."""
        stop, before = envelope.meta.index, None
        for first in range(start, stop, _LEAVES_AT_ONCE):
            leaves = self._read(first, min(stop, first + _LEAVES_AT_ONCE))
            for index, leaf in enumerate(leaves, first):
                if before is not None and parse_leaf(leaf).meta.previous_leaf != before:
                    raise _otherwise(index - 1)
                before = leaf_hash(leaf)
                yield index, leaf
        if before is not None and envelope.meta.previous_leaf != before:
            raise _otherwise(stop - 1)


def _otherwise(index: int) -> LookupError:
    return LookupError(f"entry {index} reads otherwise than it was replayed")
