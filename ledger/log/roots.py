"""What the log asks of the state map. The map lives above the log and is passed in.

The log knows when a state root is due and enters it; which keys the map has, what they hold and
who signs for the operator, it does not know.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from ledger.log.canonical import JsonObject
from ledger.log.entry import Envelope
from ledger.log.rules import JsonState
from ledger.log.store import AppendRequest, LogReader, MapChange


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRoot:
    """A state root, ready to be entered, with what it changes in the stored map."""

    request: AppendRequest
    state_map: MapChange


class RootMaker(Protocol):
    """Makes the entries that state the map's root; the sequencer enters them."""

    def touched(self, body: JsonObject) -> Sequence[str]:
        """Return names of what an entry changes in the map, as `make` understands them."""

    def ready(self, state: JsonState, *, time_ms: int) -> bool:
        """Tell whether a root could be signed now: the operator's key is enrolled and in time."""

    def make(
        self,
        reader: LogReader,
        state: JsonState,
        touched: Collection[str],
        *,
        size: int,
        time_ms: int,
    ) -> SignedRoot:
        """Return the root over the first `size` entries, signed.

        Parameters
        ----------
        reader
            The log, for the stored map.
        state
            What all `size` entries lead to.
        touched
            Everything that entries changed since the last version of the map.
        time_ms
            Time that the entry will have.
        """


class RootChecker(Protocol):
    """Follows a replay and compares each root that is stated with its own."""

    def entered(self, state: JsonState, envelope: Envelope) -> None:
        """Take in the next entry, `state` being what it leads to.

        Raises
        ------
        Refusal
            When the entry states another root than the entries before it lead to.
        """
