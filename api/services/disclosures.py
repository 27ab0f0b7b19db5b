"""Private fields: which are kept, a recipient's view of some of them, and their erasure."""

from __future__ import annotations

from collections.abc import Sequence

from api.services import log_files
from api.services.errors import BadRequest
from api.services.workspace import Workspace
from data.errors import NotFound
from data.stores import duplicates, order_keys
from data.stores.order_keys import KeyErased
from ledger.claims.evidence import evidence_entries
from ledger.claims.privacy import DisclosureState, ErasureState
from ledger.claims.state import PartyState
from ledger.errors import Corruption
from ledger.log.checkpoint import open_checkpoint
from ledger.log.merkle import inclusion_proof
from ledger.log.store import LogReader
from ledger.log.tiles import TileReader
from ledger.values.disclosures import Disclosure, open_disclosure
from ledger.verification import view


def chosen(workspace: Workspace, about: str, names: Sequence[str]) -> tuple[Disclosure, ...]:
    """Return the kept disclosures of an order or a party, `line` standing for all its lines.

    Raises
    ------
    NotFound
        When a name has none.
    KeyErased
        When they were erased.
    Corruption
        `DISCLOSURE_LOST` when they are gone without an erasure.
    """
    with workspace.log.reader() as reader:
        _require_not_erased(reader, about)
        texts = [
            text
            for index in _entries_of(reader, about)
            for text in reader.disclosures(index).values()
        ]
    kept = [open_disclosure(text) for text in texts]
    found: list[Disclosure] = []
    for name in names:
        named = [one for one in kept if name in {one.name, one.name.partition("/")[0]}]
        if not named:
            raise NotFound(f"private field of {about}", name)
        found += named
    return tuple({one.digest: one for one in found}.values())


def make_view(workspace: Workspace, disclosure: str) -> bytes:
    """Return the file that the recipient of an entered disclosure gets.

    It holds the entries that commit to the disclosed fields, the disclosure's own entry, the
    enrolments behind their signatures, all with proofs, and the texts.

    Raises
    ------
    NotFound
        When no entry made this disclosure, or nothing is published yet.
    KeyErased
        When the fields were erased since.
    Corruption
        `DISCLOSURE_LOST` when they are gone without an erasure.
    """
    note = log_files.checkpoint(workspace)
    published, _ = open_checkpoint(note, workspace.keys.log.verifier)
    nodes = TileReader(workspace.publisher.read, published.size)
    with workspace.log.reader() as reader:
        value = reader.state(f"{DisclosureState.prefix}/{disclosure}")
        if value is None:
            raise NotFound("disclosure in the record", disclosure)
        made = DisclosureState.from_json(value)
        if made.index >= published.size:
            raise NotFound("published disclosure", disclosure)
        _require_not_erased(reader, made.about)
        manifest = _manifest(reader, made)
        sources = _sources(reader, made.about, manifest)
        chain = [(index, reader.leaf(index)) for index in sorted({*sources, made.index})]
        needed = evidence_entries(chain, read_state=reader.state, read_leaf=reader.leaf)
        leaves = {index: reader.leaf(index) for index in needed if index < published.size}
        shown = [text for texts in sources.values() for text in texts]
        own = list(reader.disclosures(made.index).values())
    return view.to_json(
        view.View(
            origin=workspace.settings.origin,
            about=made.about,
            disclosure=disclosure,
            checkpoint=note.decode("utf-8"),
            entries=tuple(
                view.ViewEntry(
                    index=index,
                    leaf=leaf,
                    proof=tuple(inclusion_proof(index, published.size, nodes)),
                )
                for index, leaf in sorted(leaves.items())
            ),
            disclosures=(*own, *shown),
        )
    )


def erase(workspace: Workspace, handle: str) -> bool:
    """Destroy the key of a handle whose erasure is entered; return whether it was there.

    Raises
    ------
    BadRequest
        When no entry erases it.
    """
    if workspace.log.state(f"{ErasureState.prefix}/{handle}") is None:
        raise BadRequest(
            f"No entry erases {handle}. Draft, sign and submit an erasure first.", handle=handle
        )
    with workspace.transaction() as session:
        duplicates.forget(session, workspace.operator_id, handle)
        return order_keys.destroy(
            session.connection(), workspace.operator_id, handle, now_ms=workspace.clock_ms()
        )


def finish_erasures(workspace: Workspace) -> int:
    """Destroy the keys of all entered erasures that a crash left; return how many those were."""
    prefix = f"{ErasureState.prefix}/"
    erased = [key.removeprefix(prefix) for key in workspace.log.keys(prefix)]
    return sum(erase(workspace, handle) for handle in erased)


def _require_not_erased(reader: LogReader, handle: str) -> None:
    value = reader.state(f"{ErasureState.prefix}/{handle}")
    if value is not None:
        erased = ErasureState.from_json(value)
        raise KeyErased(
            f"The private fields of {handle} were erased by entry {erased.index} "
            f"({erased.reason}): nothing of them opens any more. Every proof stays valid."
        )


def _entries_of(reader: LogReader, about: str) -> list[int]:
    """Return the entries that hold private fields of an order, or of a party."""
    party = reader.state(f"{PartyState.prefix}/{about}")
    if party is not None:
        return list(PartyState.from_json(party).entries)
    return [index for index, _ in reader.chain(about)]


def _manifest(reader: LogReader, made: DisclosureState) -> set[str]:
    """Return the digests that an entered disclosure shows."""
    opened = [open_disclosure(text) for text in reader.disclosures(made.index).values()]
    value = next((one.value for one in opened if one.name == "digests"), None)
    if not isinstance(value, list):
        raise Corruption(
            "DISCLOSURE_LOST",
            f"What entry {made.index} disclosed does not open, and no erasure says why.",
        )
    return set(map(str, value))


def _sources(reader: LogReader, about: str, digests: set[str]) -> dict[int, list[str]]:
    """Return the texts behind the digests, by the entry that commits to them."""
    found: dict[int, list[str]] = {}
    for index in _entries_of(reader, about):
        texts = [text for name, text in reader.disclosures(index).items() if name in digests]
        if texts:
            found[index] = sorted(texts)
    missing = len(digests) - sum(map(len, found.values()))
    if missing:
        raise Corruption(
            "DISCLOSURE_LOST",
            f"{missing} of the {len(digests)} fields disclosed of {about} are gone, and no "
            "erasure says why.",
        )
    return found
