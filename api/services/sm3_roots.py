"""The daily SM3 root: stated by the operator, computed again by whoever has the entries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from api.services import records
from api.services.drafting.frames import frame, party_of
from api.services.records import ReceiptView
from api.services.workspace import OPERATOR, Workspace
from ledger.claims import drafts, events
from ledger.errors import NotVerified
from ledger.log.entry import parse_leaf
from ledger.log.sm3 import Sm3Frontier
from ledger.values.consent import EventType

_LEAVES_AT_ONCE = 1_000
_NAME = EventType.LOG_SM3_ROOT.value.encode()


def state(workspace: Workspace) -> ReceiptView:
    """Enter today's SM3 root over everything that is in the log; return the receipt.

    Raises
    ------
    ledger.claims.refusals.Sm3RootMisplaced
        When today has its root already.
    """
    size = workspace.log.head().size
    frontier = Sm3Frontier()
    for leaves in _chunks(workspace, size):
        frontier = frontier.extended(leaves)
    with workspace.snapshot() as session:
        operator = party_of(session, workspace.viewer, OPERATOR)
    day = dt.datetime.fromtimestamp(workspace.clock_ms() / 1000, tz=dt.UTC).date()
    draft = events.log_sm3_root(
        frame(workspace),
        operator=operator,
        day=day.isoformat(),
        covers=size,
        root=frontier.root().hex(),
    )
    return records.submit(workspace, drafts.add_signature(draft, workspace.keys.event))


def check(workspace: Workspace) -> int:
    """Compute every stated SM3 root again; return how many there are.

    Raises
    ------
    NotVerified
        `SM3_ROOT_DIFFERS`, naming the entry.
    """
    size = workspace.log.head().size
    stated = sorted(_stated(workspace, size))
    frontier, done = Sm3Frontier(), 0
    for covers, index, root in stated:
        while frontier.size < covers:
            stop = min(covers, frontier.size + _LEAVES_AT_ONCE)
            frontier = frontier.extended(workspace.log.leaves(frontier.size, stop))
        if frontier.root().hex() != root:
            raise NotVerified(
                "SM3_ROOT_DIFFERS",
                f"entry {index} states the SM3 root {root} over {covers} entries; they have "
                f"{frontier.root().hex()}",
            )
        done += 1
    return done


def _stated(workspace: Workspace, size: int) -> Iterator[tuple[int, int, str]]:
    """Yield (covers, index, root) of every stated root."""
    for leaves in _chunks(workspace, size):
        for leaf in leaves:
            if _NAME in leaf and (entry := parse_leaf(leaf)).body["type"] == _NAME.decode():
                covers = int(str(entry.body["covers"]))
                yield covers, entry.meta.index, str(entry.body["root"])


def _chunks(workspace: Workspace, size: int) -> Iterator[list[bytes]]:
    for start in range(0, size, _LEAVES_AT_ONCE):
        yield list(workspace.log.leaves(start, min(size, start + _LEAVES_AT_ONCE)))
