"""Audit the installation's own log: the database against the files, and against its entries."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from api.services.auditing import Auditor, make_audit, open_memory
from api.services.own_disclosures import check_disclosures
from api.services.workspace import Workspace
from data.stores.ledger_rows import LedgerRows, StoredLeaf
from ledger.audit.findings import Finding
from ledger.audit.run import Audit, Progress, Report
from ledger.errors import NotVerified, Refusal
from ledger.log.checkpoint import CHECKPOINT, open_checkpoint
from ledger.log.entry import parse_leaf, signed_bytes
from ledger.log.merkle import Frontier, leaf_hash
from ledger.log.store import body_digest

_AT_ONCE = 5_000


def audit(
    workspace: Workspace,
    auditor: Auditor,
    *,
    progress: Progress = lambda _done, _of: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Report:
    """Audit what this installation stores and publishes.

    Read are all stored entries, also those that no checkpoint covers yet. Beside the entries
    themselves: every column beside an entry that was not audited before, the head, every state
    object against the replayed one, the published bundles against the stored entries, private
    fields and tags, and the size against what the log's key signed last.

    Raises
    ------
    BadRequest
        When a key, a kept checkpoint or the state file cannot be used.
    """
    memory = open_memory(auditor)
    rows = LedgerRows(workspace.engine, workspace.settings.origin)
    try:
        made = make_audit(workspace.publisher.read, auditor, memory)
        made.entries = _Entries(rows, made.find).read
        _check_signed(workspace, rows, made.find)
        found = made.run(progress=progress, cancelled=cancelled)
        if not found.complete:
            return found
        stored = rows.count()
        _read_on(made, found.size, stored)
        state = made.replayed_state()
        whole = made.report().replayed == stored
        for finding in (
            *_check_head(rows),
            *(_check_state(rows, state) if whole else ()),
            *check_disclosures(workspace, rows, state),
        ):
            made.find(finding)
        return made.report()
    finally:
        memory.close()


def _read_on(audit: Audit, start: int, stop: int) -> None:
    """Read the stored entries that no checkpoint covers yet."""
    assert audit.entries is not None
    for first in range(start, stop, _AT_ONCE):
        try:
            audit.read_on(first, audit.entries(first, min(stop, first + _AT_ONCE)))
        except LookupError as missing:
            audit.find(Finding(code="ENTRY_MISSING", message=str(missing), index=first))
            return


class _Entries:
    """Stored entries, each row compared with what its entry says."""

    def __init__(self, rows: LedgerRows, find: Callable[[Finding], None]) -> None:
        self._rows = rows
        self._find = find
        self._compared = 0

    def read(self, start: int, stop: int) -> Sequence[bytes]:
        """Return the entries [start, stop); `LookupError` where one is missing."""
        found = self._rows.leaves(start, stop)
        if len(found) != stop - start:
            there = {row.index for row in found}
            missing = next(index for index in range(start, stop) if index not in there)
            raise LookupError(f"entry {missing} is not in the store")
        for row in found:
            if row.index < self._compared:
                continue  # read again, for an SM3 root over it
            self._compared = row.index + 1
            for column, stated, expected in _columns(row):
                if stated != expected:
                    message = f"{column} says {_shown(stated)}, the entry {_shown(expected)}"
                    self._find(Finding(code="ROW_DIFFERS", message=message, index=row.index))
        return [row.data for row in found]


def _columns(row: StoredLeaf) -> Iterator[tuple[str, object, object]]:
    """Yield (column, what it says, what the entry says)."""
    yield "leaf_hash", row.leaf_hash, leaf_hash(row.data)
    try:
        envelope = parse_leaf(row.data)
    except Refusal:
        return  # found under its own code
    yield "time_ms", row.time_ms, envelope.meta.time_ms
    yield "request_id", row.request_id, envelope.body.get("idem")
    yield "body_digest", row.body_digest, body_digest(signed_bytes(row.data))
    yield "order_handle", row.order, envelope.body.get("order")
    yield "order_sequence", row.order_sequence, envelope.meta.order_sequence


def _check_signed(workspace: Workspace, rows: LedgerRows, find: Callable[[Finding], None]) -> None:
    """Compare the stored size with what the log's key signed last."""
    stored, signed = rows.count(), 0
    settings = workspace.settings
    for path in (settings.log_folder / CHECKPOINT, settings.last_signed):
        if not path.is_file():
            continue
        try:
            known, _ = open_checkpoint(path.read_bytes(), workspace.keys.log.verifier)
        except NotVerified as damaged:
            find(Finding(code=damaged.code, message=f"{path}: {damaged.message}"))
        else:
            signed = max(signed, known.size)
    if stored < signed:
        message = f"{stored} entries are stored, a checkpoint of {signed} was signed"
        find(Finding(code="LOG_BEHIND_SIGNER", message=message))


def _check_head(rows: LedgerRows) -> Iterator[Finding]:
    """Compare the head's row with the frontier of all stored entries."""
    head, count = rows.head(), rows.count()
    if head is None:
        if count:
            yield Finding(code="HEAD_DIFFERS", message=f"{count} entries are stored, no head is")
        return
    frontier, last, time_ms = Frontier(), bytes(32), 0
    for start in range(0, count, _AT_ONCE):
        found = rows.leaves(start, min(count, start + _AT_ONCE))
        frontier = frontier.extended(leaf_hash(row.data) for row in found)
        if found:
            last, time_ms = leaf_hash(found[-1].data), found[-1].time_ms
    stated = (head.size, head.frontier, head.last_leaf, head.time_ms)
    expected = (count, frontier.encode(), last, time_ms)
    names = ("size", "frontier", "last_leaf", "time_ms")
    for name, one, other in zip(names, stated, expected, strict=True):
        if one != other:
            message = f"the head's {name} is {_shown(one)}, of the entries {_shown(other)}"
            yield Finding(code="HEAD_DIFFERS", message=message)


def _check_state(rows: LedgerRows, implied: Mapping[str, bytes]) -> Iterator[Finding]:
    """Compare every stored state object with the one that the entries imply."""
    replayed = dict(implied)
    for key, value in rows.state():
        expected = replayed.pop(key, None)
        if expected != value:
            message = f"{key} is {_shown(value)}, the entries imply {_shown(expected)}"
            yield Finding(code="STATE_DIFFERS", message=message)
    for key in sorted(replayed):
        message = f"{key} is missing, the entries imply {_shown(replayed[key])}"
        yield Finding(code="STATE_DIFFERS", message=message)


def _shown(value: object) -> str:
    if not isinstance(value, bytes):
        return repr(value)
    if value[:1] == b"{":
        return value[:200].decode("utf-8", "replace")
    return value.hex()[:80] or "empty"
