"""Logs to audit: the files of any leaves, forged or not, under the log's own signature."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from ledger.audit.memory import AuditMemory
from ledger.audit.run import Audit, Report, Trust
from ledger.claims.rules import ClaimRules
from ledger.log import canonical, note
from ledger.log.checkpoint import Checkpoint
from ledger.log.entry import NO_LEAF, Envelope, leaf_bytes, leaf_hash, parse_leaf
from ledger.log.merkle import root_of
from ledger.log.tiles import TILE_WIDTH, LeafNodes, encode_bundle, tiles_of
from tests.support.log_parts import LOG_KEY, ORIGIN
from tests.support.parties import World

Files = dict[str, bytes]


def files_of(leaves: Sequence[bytes], *, key: note.Signer = LOG_KEY, size: int = -1) -> Files:
    """Return the files of a log of these leaves as its operator would publish them."""
    leaves = leaves[: len(leaves) if size < 0 else size]
    hashes = [leaf_hash(leaf) for leaf in leaves]
    checkpoint = Checkpoint(origin=key.name, size=len(leaves), root=root_of(hashes))
    files = {"checkpoint": key.sign(checkpoint.text())}
    nodes = LeafNodes(leaves)
    for tile in tiles_of(len(leaves)):
        first = tile.index * TILE_WIDTH
        if tile.level is None:
            files[tile.path] = encode_bundle(leaves[first : first + tile.width])
        else:
            places = range(first, first + tile.width)
            files[tile.path] = b"".join(nodes(8 * tile.level, place) for place in places)
    return files


def reader_of(files: Mapping[str, bytes]) -> Callable[[str], bytes]:
    """Return a reader of files in memory; a missing one is a `LookupError`."""
    return lambda path: files[path]


def relinked(leaves: Sequence[bytes], changes: Mapping[int, Callable[[Envelope], Envelope | None]]):
    """Return the leaves after some were changed or, where the change gives None, left out.

    Places, the global chain and the chains of orders are made whole again, as an insider with
    full access would; bodies and signatures stay as the change left them.
    """
    made: list[bytes] = []
    orders: dict[str, tuple[int, bytes]] = {}
    for at, leaf in enumerate(leaves):
        envelope = parse_leaf(leaf)
        changed = changes[at](envelope) if at in changes else envelope
        if changed is None:
            continue
        made.append(_linked(changed, made, orders))
    return made


def _linked(
    envelope: Envelope, made: Sequence[bytes], orders: dict[str, tuple[int, bytes]]
) -> bytes:
    previous = leaf_hash(made[-1]) if made else NO_LEAF
    meta = envelope.meta._replace(index=len(made), previous_leaf=previous)
    order = envelope.body.get("order")
    if order is not None:
        sequence, head = orders.get(str(order), (-1, NO_LEAF))
        meta = meta._replace(order_sequence=sequence + 1, order_previous=head)
    leaf = leaf_bytes(canonical.encode(envelope.body), meta, envelope.signatures)
    if order is not None:
        orders[str(order)] = (sequence + 1, leaf_hash(leaf))
    return leaf


def with_body(envelope: Envelope, **fields: object) -> Envelope:
    """Return an entry whose body says something else; its signatures stay."""
    body = {**envelope.body, **fields}
    kept = {name: value for name, value in body.items() if value is not None}
    return replace(envelope, body=kept)  # type: ignore[arg-type]  # a test's own fields


def with_meta(envelope: Envelope, **fields: object) -> Envelope:
    """Return an entry with other metadata."""
    return replace(envelope, meta=envelope.meta._replace(**fields))  # type: ignore[arg-type]


def auditing(world: World | None, files: Mapping[str, bytes], **options: object) -> Audit:
    """Return the audit of a log's files, with the rules of a world."""
    facts: dict[str, object] = {
        "read": reader_of(files),
        "trust": Trust(log=LOG_KEY.verifier),
        "memory": AuditMemory(None, {}),
        "rules": None
        if world is None
        else ClaimRules(ORIGIN, world.root.public_key().public_bytes_raw(), None),
        **options,
    }
    return Audit(**facts)  # type: ignore[arg-type]  # a test's own options


def audited(world: World | None, files: Mapping[str, bytes], **options: object) -> Report:
    """Audit a log's files and return the report."""
    return auditing(world, files, **options).run()


def codes(report: Report) -> list[str]:
    """Return the codes that an audit found, in order, each once."""
    return list(dict.fromkeys(one.code for one in report.findings))
