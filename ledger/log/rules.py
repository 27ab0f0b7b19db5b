"""What the log asks of the rules of the record. The rules live outside and are passed in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ledger.log.canonical import JsonObject
from ledger.log.entry import Envelope, Signature


class JsonState(Protocol):
    """The record's state: canonical JSON objects by key.

    Keys are text such as `order/<handle>` or `key/<kid>`. The prefix `chain/` belongs to the log.
    """

    def get(self, key: str) -> JsonObject | None:
        """Return a copy of the object under the key, or None. Changing it changes no state."""

    def put(self, key: str, value: JsonObject) -> None:
        """Set the object under the key.

        Raises
        ------
        NotCanonical
            When it lies outside the canonical profile.
        """


class Rules(Protocol):
    """The rules of the record: who may enter what, and what it does to the state.

    The sequencer calls `signer_keys`, `admit` and `apply` in this order for each request, on a
    state of its own that is dropped when one of them raises a `Refusal`.
    """

    version: int
    """Rule version that new entries get, ≥ 1."""

    def recognise(self, text: str) -> JsonObject | None:
        """Return the object of a body's text, where that surely is right; else None.

        Right are the canonical form, the shape that these rules ask for, and the fields that the
        log itself reads. What is not recognised is read and judged the long way: this only saves
        time, and need know nothing.
        """

    def signer_keys(
        self, state: JsonState, body: JsonObject, signatures: Sequence[Signature]
    ) -> Sequence[bytes]:
        """Return the raw public key of each signature, in their order.

        Raises
        ------
        KeyUnknown, KeyRevoked
            When a signature names a key that is not enrolled, or no longer.
        """

    def admit(self, state: JsonState, body: JsonObject, disclosures: Sequence[str]) -> str | None:
        """Check what only the sequencer can see; return the entry's tag, or None.

        Called for new entries only, never by a replay.

        Raises
        ------
        Refusal
            When a private check fails.
        """

    def apply(self, state: JsonState, envelope: Envelope) -> None:
        """Apply an entry to the state: a pure function of both, the same live and in a replay.

        The rules of `envelope.meta.rule_version` are used.

        Raises
        ------
        Refusal
            When the entry breaks a rule.
        """
