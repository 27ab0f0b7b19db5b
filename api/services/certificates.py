"""Certificates: an order's whole history with proofs, for a stranger to verify offline."""

from __future__ import annotations

from collections.abc import Sequence

from api.services import log_files
from api.services.drafting.frames import party_of
from api.services.workspace import Workspace
from data.errors import NotFound
from ledger.claims import duplicates
from ledger.claims.evidence import evidence_entries
from ledger.claims.state import TagState
from ledger.log.checkpoint import open_checkpoint
from ledger.log.entry import parse_leaf
from ledger.log.merkle import inclusion_proof
from ledger.log.store import LogReader
from ledger.log.tiles import TileReader
from ledger.values.disclosures import open_disclosure
from ledger.verification import certificate


def build(workspace: Workspace, handle: str, *, disclose: Sequence[str] | None = None) -> bytes:
    """Return the certificate file of an order, as of the published checkpoint.

    Parameters
    ----------
    disclose
        Names of the hidden fields to open (`number`, `line/1`, …); None opens all that are kept,
        () opens none.

    Raises
    ------
    NotFound
        When no order has this handle, or nothing is published yet.
    """
    # The checkpoint first: whatever it covers is committed and readable from here on.
    note = log_files.checkpoint(workspace)
    published, _ = open_checkpoint(note, workspace.keys.log.verifier)
    with workspace.log.reader() as reader:
        chain = [one for one in reader.chain(handle) if one[0] < published.size]
        if not chain:
            raise NotFound("order in the record", handle)
        indexes = evidence_entries(chain, read_state=reader.state, read_leaf=reader.leaf)
        leaves = {index: reader.leaf(index) for index in indexes if index < published.size}
        texts = _texts(reader, [index for index, _ in chain], disclose)
    nodes = TileReader(workspace.publisher.read, published.size)
    built = certificate.build(
        origin=workspace.settings.origin,
        order=handle,
        checkpoint=note.decode("utf-8"),
        entries=[
            (index, leaf, inclusion_proof(index, published.size, nodes))
            for index, leaf in leaves.items()
        ],
        disclosures=texts,
    )
    return certificate.to_json(built)


def find_handle(workspace: Workspace, *, buyer: str, seller: str, number: str) -> str:
    """Return the handle of a purchase order by its parties' organisations and its number.

    The number is compared without separators, as the record does it.

    Raises
    ------
    NotFound
        When the record has no such order.
    NotOnboarded
        When one of the parties has no name in the record.
    """
    with workspace.snapshot() as session:
        tag = duplicates.identity_tag(
            workspace.keys.tag,
            workspace.settings.origin,
            buyer=party_of(session, workspace.viewer, buyer),
            seller=party_of(session, workspace.viewer, seller),
            number=number,
        )
    value = workspace.log.state(f"{TagState.prefix}/{tag}")
    if value is None:
        raise NotFound("order in the record", number)
    return TagState.from_json(value).holder


def _texts(
    reader: LogReader, indexes: Sequence[int], disclose: Sequence[str] | None
) -> tuple[str, ...]:
    """Return the disclosures of a chain that are kept and wanted, in the order of the entries."""
    wanted = None if disclose is None else set(disclose)
    found: list[str] = []
    for index in indexes:
        kept = reader.disclosures(index)
        # In the body's own order, so that one choice gives one file.
        for digest in _digests(reader.leaf(index)):
            if digest not in kept:
                continue
            name = open_disclosure(kept[digest]).name
            if wanted is None or name in wanted or name.partition("/")[0] in wanted:
                found.append(kept[digest])
    return tuple(found)


def _digests(leaf: bytes) -> list[str]:
    value = parse_leaf(leaf).body.get("sd")
    return [str(one) for one in value] if isinstance(value, list) else []
