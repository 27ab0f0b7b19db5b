"""Audit the private fields that the installation keeps: do they open, and say what was tagged."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from api.services.duplicates import Lookalikes
from api.services.workspace import Workspace
from data.stores import order_keys
from data.stores.ledger_rows import LedgerRows, StoredLeaf
from data.stores.order_keys import KeyStoreLocked
from ledger.audit.findings import Finding
from ledger.claims.privacy import ErasureState
from ledger.errors import Corruption, Refusal
from ledger.log.entry import Envelope, parse_leaf
from ledger.log.state import StateLayer
from ledger.log.store import LogReader
from ledger.values.sealing import kept_under

_AT_ONCE = 1_000


def check_disclosures(
    workspace: Workspace, rows: LedgerRows, state: Mapping[str, bytes]
) -> Iterator[Finding]:
    """Yield what is wrong with the private fields of the stored entries.

    Each entry that commits to private fields must have them, they must open, and what they say
    must be what the sequencer saw: the same sums, the same keyed tag. Where an erasure is entered
    the key must be gone. Two orders that look much alike must have their alert.

    Parameters
    ----------
    state
        The replayed state.
    """
    prefix = f"{ErasureState.prefix}/"
    erased = {key.removeprefix(prefix) for key in state if key.startswith(prefix)}
    yield from _check_erasures(workspace, erased)
    size, alike = rows.count(), Lookalikes(workspace)
    with workspace.log.reader() as reader:
        for start in range(0, size, _AT_ONCE):
            stop = min(size, start + _AT_ONCE)
            kept = rows.disclosures(start, stop)
            for row in rows.leaves(start, stop):
                names = kept.get(row.index, {}).keys()
                yield from _check_entry(workspace, reader, row, names, erased, alike)
    for order, other, codes in alike.unseen():
        message = f"order {order} looks like order {other} ({', '.join(codes)}), no alert says so"
        yield Finding(code="DUPLICATE_UNSEEN", message=message)


def _check_erasures(workspace: Workspace, erased: set[str]) -> Iterator[Finding]:
    with workspace.snapshot() as session:
        there = set(order_keys.handles(session.connection(), workspace.operator_id))
    for handle in sorted(erased & there):
        message = f"the key of {handle} is still there; a restart of the server destroys it"
        yield Finding(code="ERASURE_INCOMPLETE", message=message)


def _check_entry(
    workspace: Workspace,
    reader: LogReader,
    row: StoredLeaf,
    names: Collection[str],
    erased: set[str],
    alike: Lookalikes,
) -> Iterator[Finding]:
    try:
        envelope = parse_leaf(row.data)
    except Refusal:
        return  # found where the entry was read
    digests = envelope.body.get("sd")
    committed = set(map(str, digests)) if isinstance(digests, list) else set()
    foreign = sorted(set(names) - committed)
    if foreign:
        message = f"{len(foreign)} kept texts are not what the entry commits to: {foreign[0]}"
        yield Finding(code="DISCLOSURE_FOREIGN", message=message, index=row.index)
        return
    if not committed or kept_under(envelope.body) in erased:
        return
    try:
        kept = reader.disclosures(row.index)
    except (Corruption, KeyStoreLocked) as lost:
        yield Finding(code="DISCLOSURE_LOST", message=str(lost), index=row.index)
        return
    if not kept:
        message = "it commits to private fields, none is kept, and no erasure says why"
        yield Finding(code="DISCLOSURE_LOST", message=message, index=row.index)
        return
    texts = tuple(kept.values())
    yield from _admit_again(workspace, envelope, texts)
    alike.see(envelope.body, texts)


def _admit_again(
    workspace: Workspace, envelope: Envelope, texts: tuple[str, ...]
) -> Iterator[Finding]:
    """Repeat what only the sequencer could check, with the operator's tag key."""
    index, stated = envelope.meta.index, envelope.meta.tag
    try:
        tag = workspace.rules.admit(StateLayer(lambda _: None), envelope.body, texts)
    except Refusal as refusal:
        lost = refusal.code == "DISCLOSURE_MISSING"
        code = "DISCLOSURE_LOST" if lost else refusal.code
        yield Finding(code=code, message=refusal.message, index=index)
        return
    if tag != stated:
        message = f"it has the tag {stated}, the disclosed identity {tag}"
        yield Finding(code="TAG_DIFFERS", message=message, index=index)
