"""Which entries a certificate of an order must show: its chain, and whoever signed in it."""

from collections.abc import Callable, Sequence

from ledger.claims.state import KeyState, PartyState
from ledger.log.canonical import JsonObject
from ledger.log.entry import Envelope, parse_leaf

ReadState = Callable[[str], JsonObject | None]
ReadLeaf = Callable[[int], bytes]


def evidence_entries(
    chain: Sequence[tuple[int, bytes]], *, read_state: ReadState, read_leaf: ReadLeaf
) -> tuple[int, ...]:
    """Return the indexes of all entries that a certificate of this chain needs, in order.

    The chain itself, and for every key that signed in it: its enrolment, its revocation if there
    is one, all onboardings of its party, and the same again for the registrar's keys that signed
    those, up to the root key, which is pinned from outside.

    Parameters
    ----------
    chain
        (index, leaf bytes) of every entry of the order, first to last.
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
