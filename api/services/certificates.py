"""Order certificates: what the log holds of an order, for a stranger to verify offline."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from api.services import log_files
from api.services.drafting.frames import party_of
from api.services.errors import NotPublished, OrderPresent
from api.services.workspace import Workspace
from data.errors import NotFound
from ledger.claims import duplicates
from ledger.claims.evidence import Evidence, gather
from ledger.claims.state import OrderState, TagState
from ledger.errors import Corruption
from ledger.log.checkpoint import parse_checkpoint
from ledger.log.entry import parse_leaf
from ledger.log.merkle import inclusion_proof
from ledger.log.note import split_note
from ledger.log.signing import key_id
from ledger.log.store import LogReader, MapVersion
from ledger.log.tiles import TileReader
from ledger.statemap.proofs import order_key
from ledger.values.disclosures import open_disclosure
from ledger.verification import certificate
from ledger.verification.certificate import (
    Certificate,
    CertifiedAbsence,
    CertifiedKey,
    CertifiedOrder,
    entries_of,
)
from ledger.verification.roots import tag_statement

ATTEMPTS_MAX = 5
_T = TypeVar("_T")


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
    NotPublished
        When the published checkpoint holds no state root yet, or not this order.
    """
    value = workspace.log.state(f"{OrderState.prefix}/{handle}")
    if value is None:
        raise NotFound("order in the record", handle)
    key = order_key(OrderState.from_json(value).tag)

    def made(note: bytes, size: int, version: MapVersion, reader: LogReader) -> bytes:
        chain = [one for one in reader.chain(handle) if one[0] < version.index]
        evidence = gather(reader, version, chain=chain, key=key)
        if evidence.summary is None:
            raise _not_published(f"Order {handle} is not under a published state root yet")
        about = CertifiedOrder(handle=handle, summary=evidence.summary, proof=evidence.proof)
        texts = _texts(reader, [index for index, _ in chain], disclose)
        return _file(workspace, note, size, evidence, about, texts)

    return _at_published(workspace, made)


def build_absence(workspace: Workspace, *, buyer: str, seller: str, number: str) -> bytes:
    """Return the certificate file of a purchase order that is not in the log.

    Parameters
    ----------
    buyer, seller
        Organisations of the parties.

    Raises
    ------
    NotFound
        When nothing is published yet.
    NotOnboarded
        When one of the parties has no name in the record.
    NotPublished
        When the published checkpoint holds no state root yet.
    OrderPresent
        When the log does hold it.
    """
    parties, tag = _identity(workspace, buyer=buyer, seller=seller, number=number)
    private_key = workspace.keys.event
    origin = workspace.settings.origin
    statement = tag_statement(origin, buyer=parties[0], seller=parties[1], number=number, tag=tag)

    def made(note: bytes, size: int, version: MapVersion, reader: LogReader) -> bytes:
        evidence = gather(reader, version, chain=[], key=order_key(tag))
        if evidence.summary is not None:
            raise OrderPresent(
                f"Purchase order {number} of these parties is in the record: ask for its "
                "certificate instead.",
                number=number,
            )
        about = CertifiedAbsence(
            buyer=parties[0],
            seller=parties[1],
            number=number,
            tag=tag,
            kid=key_id(private_key.public_key().public_bytes_raw()),
            sig=private_key.sign(statement),
            proof=evidence.proof,
        )
        return _file(workspace, note, size, evidence, about, ())

    return _at_published(workspace, made)


def by_number(
    workspace: Workspace, *, buyer: str, seller: str, number: str
) -> tuple[str | None, bytes]:
    """Return the handle and the certificate of a purchase order; None and its absence's.

    Raises
    ------
    NotFound, NotOnboarded, NotPublished, OrderPresent
        As `build` and `build_absence`.
    """
    found = find_handle(workspace, buyer=buyer, seller=seller, number=number)
    if found is not None:
        return found, build(workspace, found)
    return None, build_absence(workspace, buyer=buyer, seller=seller, number=number)


def find_handle(workspace: Workspace, *, buyer: str, seller: str, number: str) -> str | None:
    """Return the handle of a purchase order by its parties' organisations and its number.

    The number is compared without separators, as the record does it. None when the record has no
    such order.

    Raises
    ------
    NotOnboarded
        When one of the parties has no name in the record.
    """
    _, tag = _identity(workspace, buyer=buyer, seller=seller, number=number)
    value = workspace.log.state(f"{TagState.prefix}/{tag}")
    return None if value is None else TagState.from_json(value).holder


def _identity(
    workspace: Workspace, *, buyer: str, seller: str, number: str
) -> tuple[tuple[str, str], str]:
    """Return the handles of buyer and seller, and the tag of the purchase order."""
    with workspace.snapshot() as session:
        parties = (
            party_of(session, workspace.viewer, buyer),
            party_of(session, workspace.viewer, seller),
        )
    tag = duplicates.identity_tag(
        workspace.keys.tag,
        workspace.settings.origin,
        buyer=parties[0],
        seller=parties[1],
        number=number,
    )
    return parties, tag


def _at_published(
    workspace: Workspace, make: Callable[[bytes, int, MapVersion, LogReader], _T]
) -> _T:
    """Make something under the published checkpoint and the last state root that it covers."""
    for attempt in range(1, ATTEMPTS_MAX + 1):
        # The checkpoint first: whatever it covers is committed and readable from here on.
        note = log_files.checkpoint(workspace)
        size = parse_checkpoint(split_note(note)[0]).size
        with workspace.log.reader() as reader:
            version = reader.map_version(size)
            if version is None:
                raise _not_published(f"The log has no state root at its published size {size}")
            try:
                return make(note, size, version, reader)
            except Corruption:
                # The log may have gone on, and let go of this version of the map.
                if attempt == ATTEMPTS_MAX or log_files.checkpoint(workspace) == note:
                    raise
    raise AssertionError


def _file(
    workspace: Workspace,
    note: bytes,
    size: int,
    evidence: Evidence,
    about: CertifiedOrder | CertifiedAbsence,
    texts: Sequence[str],
) -> bytes:
    nodes = TileReader(workspace.publisher.read, size)
    built = Certificate(
        origin=workspace.settings.origin,
        checkpoint=note.decode("utf-8"),
        about=about,
        entries=entries_of(
            [(index, leaf, inclusion_proof(index, size, nodes)) for index, leaf in evidence.leaves]
        ),
        keys=tuple(
            CertifiedKey(kid=key.kid, standing=key.standing, proof=key.proof)
            for key in evidence.keys
        ),
        disclosures=tuple(texts),
    )
    return certificate.to_json(built)


def _not_published(what: str) -> NotPublished:
    return NotPublished(
        f"{what}. A root is stated with the next entry once the operator's key is enrolled, and "
        "published with the next checkpoint: ask again then."
    )


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
