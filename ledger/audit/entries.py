"""One entry as the audit reads it: its parts, and whether it stands where it says it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from ledger.audit.findings import Finding
from ledger.errors import Refusal
from ledger.log.body import Body, read_leaf
from ledger.log.entry import NO_LEAF, Envelope, Recognise


class Entry(NamedTuple):
    """An entry with its place in the tree and its leaf hash."""

    index: int  # type: ignore[assignment]  # hides the tuple's own `index`
    digest: bytes
    envelope: Envelope
    body: Body


def read_entry(
    index: int, leaf: bytes, digest: bytes, recognise: Recognise | None = None
) -> Entry | Finding:
    """Return the parts of an entry, or the finding that it has none."""
    try:
        envelope, body = read_leaf(leaf, recognise)
    except (Refusal, ValueError) as problem:
        return Finding(code="ENTRY_MALFORMED", message=str(problem), index=index)
    return Entry(index, digest, envelope, body)


@dataclass(slots=True, kw_only=True)
class Chains:
    """The chains of the log and of its orders up to some entry.

    A finding does not end the reading: each entry is compared with the real one before it.

    Parameters
    ----------
    orders
        Leaf hash and sequence of each order's last entry.
    requests
        Every request id.
    """

    origin: str
    last_leaf: bytes = NO_LEAF
    time_ms: int = 0
    orders: dict[str, tuple[bytes, int]] = field(default_factory=dict)
    requests: set[str] = field(default_factory=set)

    def check(self, entry: Entry) -> Iterator[Finding]:
        """Yield what is wrong with an entry's place, and take the entry in."""
        for code, message in (*self._log(entry), *self._order(entry)):
            yield Finding(code=code, message=message, index=entry.index)
        self._take(entry)

    def skip(self, digest: bytes) -> None:
        """Take in an entry whose bytes do not read."""
        self.last_leaf = digest

    def _log(self, entry: Entry) -> Iterator[tuple[str, str]]:
        meta, body = entry.envelope.meta, entry.body
        if meta.index != entry.index:
            yield "INDEX_DIFFERS", f"it says that it is entry {meta.index}"
        if meta.previous_leaf != self.last_leaf:
            yield (
                "CHAIN_BROKEN",
                (
                    f"it follows the leaf {meta.previous_leaf.hex()}, the one before it is "
                    f"{self.last_leaf.hex()}"
                ),
            )
        if meta.time_ms < self.time_ms:
            yield (
                "TIME_BACK",
                f"it is of {meta.time_ms} ms, the one before it of {self.time_ms} ms",
            )
        if body.fields["log"] != self.origin:
            yield "WRONG_LOG", f"its body was signed for log {body.fields['log']!r}"
        if meta.time_ms > body.expires_ms:
            yield (
                "EXPIRED",
                (
                    f"its body could be entered until {body.expires_ms} ms, it was entered at "
                    f"{meta.time_ms} ms"
                ),
            )
        if body.idem in self.requests:
            yield "REQUEST_TWICE", f"request {body.idem} was entered before"

    def _order(self, entry: Entry) -> Iterator[tuple[str, str]]:
        meta, body = entry.envelope.meta, entry.body
        if body.order is None:
            if meta.order_sequence is not None:
                yield "ORDER_CHAIN_BROKEN", "it has a place in a chain, its body names no order"
            return
        head, last = self.orders.get(body.order, (NO_LEAF, -1))
        if body.seen_head is not None and body.seen_head != head:
            yield (
                "STALE_HEAD",
                (
                    f"its signers saw the head {body.seen_head.hex()} of order {body.order}, "
                    f"it was {head.hex()}"
                ),
            )
        if (meta.order_sequence, meta.order_previous) != (last + 1, head):
            previous = meta.order_previous.hex() if meta.order_previous is not None else "nothing"
            yield (
                "ORDER_CHAIN_BROKEN",
                (
                    f"it says that it is number {meta.order_sequence} of order {body.order} after "
                    f"{previous}; number {last + 1} after {head.hex()} is expected"
                ),
            )

    def _take(self, entry: Entry) -> None:
        body = entry.body
        self.last_leaf = entry.digest
        self.time_ms = max(self.time_ms, entry.envelope.meta.time_ms)
        self.requests.add(body.idem)
        if body.order is not None:
            last = self.orders.get(body.order, (NO_LEAF, -1))[1]
            self.orders[body.order] = (entry.digest, last + 1)
