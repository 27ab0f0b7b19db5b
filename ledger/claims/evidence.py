"""What a certificate must show: an order's chain, whoever signed in it, and the way to the root."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from ledger.claims import roots
from ledger.claims.state import KeyState, PartyState
from ledger.errors import Corruption
from ledger.log.canonical import JsonObject, decode_object
from ledger.log.entry import Envelope, parse_leaf
from ledger.log.store import LogReader, MapVersion
from ledger.statemap.proofs import MapProof, standing_key
from ledger.statemap.tree import StateMap

ReadState = Callable[[str], JsonObject | None]
ReadLeaf = Callable[[int], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEvidence:
    """The standing of a signing key, and the way to it in the state map."""

    kid: str
    standing: JsonObject
    proof: MapProof


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a certificate shows beside its checkpoint.

    Parameters
    ----------
    leaves
        (index, leaf bytes) of the chain, of the entries behind its signatures and of the state
        root, which is the last; by index.
    summary
        What the map holds under the key that was asked for, None when it holds nothing.
    proof
        That it does, or that it does not.
    keys
        Standing of every key that the entries enrol, by name.
    """

    leaves: tuple[tuple[int, bytes], ...]
    summary: JsonObject | None
    proof: MapProof
    keys: tuple[KeyEvidence, ...]


def gather(
    reader: LogReader, version: MapVersion, *, chain: Sequence[tuple[int, bytes]], key: bytes
) -> Evidence:
    """Return the evidence on one key of the state map, as of a version of it.

    Parameters
    ----------
    version
        The state root under which everything is shown.
    chain
        (index, leaf bytes) of the order's entries, first to last; later ones than the root are
        left out. Empty for the evidence that there is none.
    key
        Key in the map.

    Raises
    ------
    Corruption
        `MAP_DAMAGED` when the version is not stored, or no longer.
    """
    known = [one for one in chain if one[0] < version.index]
    root = (version.index, reader.leaf(version.index))
    indexes = evidence_entries([*known, root], read_state=reader.state, read_leaf=reader.leaf)
    leaves = {index: reader.leaf(index) for index in indexes if index <= version.index}
    kids = _enrolled([parse_leaf(leaf) for leaf in leaves.values()])
    state_map = StateMap(reader.map_pages, root=version.root)
    summary, proof = _look_up(reader, state_map, key)
    keys = []
    for kid in kids:
        standing, way = _look_up(reader, state_map, standing_key(kid))
        if standing is None:
            raise Corruption(
                "MAP_DAMAGED", f"The state map does not hold key {kid}; audit the log."
            )
        keys.append(KeyEvidence(kid=kid, standing=standing, proof=way))
    return Evidence(
        leaves=tuple(sorted(leaves.items())), summary=summary, proof=proof, keys=tuple(keys)
    )


def evidence_entries(
    chain: Sequence[tuple[int, bytes]], *, read_state: ReadState, read_leaf: ReadLeaf
) -> tuple[int, ...]:
    """Return the indexes of all entries that a certificate of these entries needs, in order.

    The entries themselves, and for every key that signed in them: its enrolment, its revocation if
    there is one, all onboardings of its party, and the same again for the registrar's keys that
    signed those, up to the root key, which is pinned from outside.

    Parameters
    ----------
    chain
        (index, leaf bytes) of every entry of the order, first to last, and of the state root.
    read_state
        Gives the state object under a key, or None.
    read_leaf
        Gives the leaf bytes of an entry.
    """
    found = {index for index, _ in chain}
    waiting = [parse_leaf(leaf) for _, leaf in chain]
    keys: set[str] = set()
    while waiting:
        for kid in _signers(waiting.pop()) - keys:
            keys.add(kid)
            for index in _entries_of_key(kid, read_state) - found:
                found.add(index)
                waiting.append(parse_leaf(read_leaf(index)))
    return tuple(sorted(found))


def _signers(envelope: Envelope) -> set[str]:
    return {signature.kid for signature in envelope.signatures}


def _entries_of_key(kid: str, read_state: ReadState) -> set[int]:
    """Return the entries behind a key; none for the root key, which no entry enrols."""
    value = read_state(f"{KeyState.prefix}/{kid}")
    if value is None:
        return set()
    key = KeyState.from_json(value)
    found = {key.index}
    if key.revoked is not None:
        found.add(key.revoked)
    party = read_state(f"{PartyState.prefix}/{key.party}")
    if party is not None:
        found |= set(PartyState.from_json(party).entries)
    return found


def _enrolled(entries: Collection[Envelope]) -> tuple[str, ...]:
    """Return the names of the keys whose standing these entries change, sorted."""
    names = {name for envelope in entries for name in roots.touched(envelope.body)}
    prefix = f"{KeyState.prefix}/"
    return tuple(sorted(name.removeprefix(prefix) for name in names if name.startswith(prefix)))


def _look_up(
    reader: LogReader, state_map: StateMap, key: bytes
) -> tuple[JsonObject | None, MapProof]:
    """Return what the map holds under a key, and the proof of it."""
    proof = state_map.prove(key)
    if proof.key != key or proof.value is None:
        return None, proof
    data = reader.map_pages([proof.value]).get(proof.value)
    if data is None:
        raise Corruption(
            "MAP_DAMAGED",
            f"The summary {proof.value.hex()} of the state map is not stored. Rebuild the map by "
            "replaying the log.",
        )
    return decode_object(data), proof
