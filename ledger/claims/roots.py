"""What the state map holds of the record, and who states its root.

Two kinds of keys: an order's, with the summary of what stands on it now, and a signing key's,
with its standing. Both values are SHA-256 of canonical JSON, so a certificate that shows the
summary proves it with one way through the map.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.claims import drafts, events
from ledger.claims.events import Frame
from ledger.claims.refusals import StateRootDiffers
from ledger.claims.state import KeyState, OrderState, PartyState
from ledger.claims.totals import load_totals
from ledger.log.canonical import JsonObject, encode, encode_plain
from ledger.log.entry import Envelope
from ledger.log.roots import SignedRoot
from ledger.log.rules import JsonState
from ledger.log.signing import key_id
from ledger.log.store import ChainHead, LogReader, MapChange, chain_head_of, chain_key
from ledger.statemap.proofs import EMPTY_MAP, order_key, standing_key
from ledger.statemap.tree import StateMap
from ledger.values.consent import EventType, Role

SUMMARY_VERSION = 1
BPS = 10_000
SIGNING_MS = 5 * 60 * 1000
"""How long a signed root may wait for its entry."""
NO_UNITS = hashlib.sha256(encode([])).hexdigest()
"""Digest of the unit ranges of an order whose right is not divided, as in rule version 1."""

_KEY_EVENTS: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        EventType.KEY_ENROLLED.value: ("subject",),
        EventType.KEY_REVOKED.value: ("subject",),
        EventType.KEY_ROTATED.value: ("subject", "replaces"),
    }
)
"""Events that change the standing of keys, with the fields that name those."""


def touched(body: JsonObject) -> tuple[str, ...]:
    """Return the state keys behind the map's keys that an entry with this body changes."""
    order = body.get("order")
    found = (f"{OrderState.prefix}/{order}",) if isinstance(order, str) else ()
    names = _KEY_EVENTS.get(str(body["type"]))
    return found if names is None else (*found, *(f"{KeyState.prefix}/{body[n]}" for n in names))


def item(state: JsonState, name: str) -> tuple[bytes, bytes] | None:
    """Return key and value in the map of what lies under a state key that `touched` named.

    None where nothing lies there.
    """
    found = summary_of(state, name)
    return None if found is None else (found[0], hashlib.sha256(encode_plain(found[1])).digest())


def summary_of(state: JsonState, name: str) -> tuple[bytes, JsonObject] | None:
    """Return the key in the map of what lies under a state key, and the summary that it holds."""
    prefix, _, handle = name.partition("/")
    if prefix == KeyState.prefix:
        key = KeyState.load(state, handle)
        return None if key is None else (standing_key(handle), key_standing(key))
    order, head = state.get(name), chain_head_of(state.get(chain_key(handle)))
    if order is None or head is None:
        return None
    return order_key(str(order["tag"])), order_summary(handle, order, head)


def order_summary(handle: str, order: JsonObject, head: ChainHead) -> JsonObject:
    """Return the summary of an order, version 1, whose SHA-256 is its value in the map.

    `live` has every live claim with its lender, principal and M, in the order of reservation.

    Parameters
    ----------
    order
        The stored object of an `OrderState`: this runs for each order that changed, so the typed
        value is not made.
    """
    stages, eligible, live = order["stages"], order["eligible"], order["live"]
    assert isinstance(stages, dict)
    assert isinstance(eligible, dict)
    assert isinstance(live, list)
    return {
        "v": SUMMARY_VERSION,
        "order": handle,
        "head": head.leaf_hash.hex(),
        "sequence": head.sequence,
        "status": order["status"],
        "version": order["version"],
        "buyer": order["buyer"],
        "seller": order["seller"],
        "currency": order["currency"],
        "net": order["net"],
        "paid": order["paid"],
        "stages": stages,
        "live": [_live(claim, eligible) for claim in live if isinstance(claim, dict)],
        "units": NO_UNITS,
    }


def _live(claim: JsonObject, eligible: JsonObject) -> JsonObject:
    """Return a live claim of a summary; M as `ledger.claims.limit.ceiling` computes it."""
    alphas = claim["alphas"]
    assert isinstance(alphas, dict)
    parts = (int(str(alphas[name])) * int(str(eligible[name])) // BPS for name in eligible)
    return {
        "claim": claim["claim"],
        "lender": claim["lender"],
        "principal": claim["principal"],
        "m": str(sum(parts)),
    }


def key_standing(key: KeyState) -> JsonObject:
    """Return the standing of a key, version 1: its enrolment, and its revocation if there is one.

    `enrolled` and `revoked` are indexes of entries.
    """
    standing: JsonObject = {
        "v": SUMMARY_VERSION,
        "party": key.party,
        "user": key.user,
        "duty": key.duty,
        "public_key": key.public_key,
        "valid_from": key.valid_from,
        "valid_to": key.valid_to,
        "enrolled": key.index,
    }
    if key.revoked is not None:
        standing["revoked"] = key.revoked
    return standing


def changes_of(state: JsonState, names: Collection[str]) -> dict[bytes, bytes]:
    """Return what to set in the map for everything that `touched` named."""
    found = (item(state, name) for name in names)
    return dict(one for one in found if one is not None)


def summaries_of(state: JsonState, names: Collection[str]) -> dict[bytes, bytes]:
    """Return the canonical summary of everything that `touched` named, by its key in the map."""
    found = (summary_of(state, name) for name in names)
    return {one[0]: encode_plain(one[1]) for one in found if one is not None}


def advance(
    state_map: StateMap, summaries: Mapping[bytes, bytes]
) -> tuple[dict[bytes, bytes], set[bytes]]:
    """Set summaries in a map; return what is new in its store, and what is of no more use.

    Beside the pages the summaries themselves are stored, under their values: a certificate shows
    them as they were when the root was stated.
    """
    values = {key: hashlib.sha256(data).digest() for key, data in summaries.items()}
    changed = {key: value for key, value in values.items() if state_map.get(key) != value}
    ended = {state_map.get(key) for key in changed}
    state_map.put(changed)
    pages, superseded = state_map.take_pages()
    pages |= {values[key]: summaries[key] for key in changed}
    return pages, {one for one in (*superseded, *ended) if one is not None}


class RootChecker:
    """Keeps the map of a replay, and compares every root that an entry states.

    Parameters
    ----------
    state_map
        The map over the entries before the first; by default the empty one, in memory.
    waiting
        What entries changed since that map's version, as `touched` names it.
    """

    def __init__(self, state_map: StateMap | None = None, *, waiting: Collection[str] = ()) -> None:
        self.state_map = state_map or StateMap()
        self.waiting = set(waiting)

    def entered(self, state: JsonState, envelope: Envelope) -> None:
        """Take in the next entry, `state` being what it leads to.

        Raises
        ------
        StateRootDiffers
            When the entry states another root than the entries before it lead to.
        """
        body = envelope.body
        if body["type"] != EventType.STATE_ROOT:
            self.waiting.update(touched(body))
            return
        stated = bytes.fromhex(str(body["root"]))
        if self.bring_up(state) != stated:
            raise StateRootDiffers(
                f"Entry {envelope.meta.index} states the map root {stated.hex()}; the "
                f"{envelope.meta.index} entries before it lead to {self.state_map.root.hex()}.",
                stated=stated.hex(),
                computed=self.state_map.root.hex(),
            )

    def bring_up(self, state: JsonState) -> bytes:
        """Set everything that waits, and return the root."""
        self.state_map.put(changes_of(state, self.waiting))
        self.waiting.clear()
        return self.state_map.root


@dataclass(kw_only=True)
class OperatorRoots:
    """Makes and signs the roots of a log: `ledger.log.roots.RootMaker`.

    Parameters
    ----------
    origin
        Name of the log.
    private_key
        The operator's system key.
    rule_version
        Version of the rules under which entries are admitted.
    new_id
        Gives request ids: 32 hex digits, random.
    published
        Gives the size of the published checkpoint; versions of the map that lie wholly before it
        are no longer kept.
    """

    origin: str
    private_key: Ed25519PrivateKey
    rule_version: int
    new_id: Callable[[], str]
    published: Callable[[], int]

    def __post_init__(self) -> None:
        self._kid = key_id(self.private_key.public_key().public_bytes_raw())
        self._reader: LogReader | None = None
        self._map = StateMap(self._read_pages)

    def touched(self, body: JsonObject) -> Sequence[str]:
        """Return names of what an entry changes in the map."""
        return touched(body)

    def ready(self, state: JsonState, *, time_ms: int) -> bool:
        """Tell whether the operator's key is enrolled for an operator, in time, not revoked."""
        key = KeyState.load(state, self._kid)
        if key is None or key.revoked is not None:
            return False
        party = PartyState.load(state, key.party)
        holds = party is not None and Role.OPERATOR.value in party.roles
        return holds and key.valid_from <= time_ms < key.valid_to

    def make(
        self,
        reader: LogReader,
        state: JsonState,
        touched: Collection[str],
        *,
        size: int,
        time_ms: int,
    ) -> SignedRoot:
        """Return the root over the first `size` entries, signed; see `RootMaker.make`."""
        version = reader.map_version(size)
        stored = EMPTY_MAP if version is None else version.root
        self._reader = reader
        if self._map.root != stored:  # another process stated roots, or a commit failed
            self._map = StateMap(self._read_pages, root=stored)
        pages, superseded = advance(self._map, summaries_of(state, touched))
        self._reader = None
        key = KeyState.load(state, self._kid)
        assert key is not None, "`ready` was asked first"
        draft = events.state_root(
            Frame(origin=self.origin, idem=self.new_id(), expires_ms=time_ms + SIGNING_MS),
            operator=key.party,
            root=self._map.root,
            covers=size,
            rules=self.rule_version,
            totals=load_totals(state),
        )
        signed = drafts.add_signature(draft, self.private_key, self._kid, Role.OPERATOR)
        return SignedRoot(
            request=drafts.to_request(signed),
            state_map=MapChange(
                root=self._map.root,
                pages=pages,
                superseded=tuple(sorted(superseded)),
                keep_from=self.published(),
            ),
        )

    def _read_pages(self, hashes: Sequence[bytes]) -> Mapping[bytes, bytes]:
        assert self._reader is not None, "the map is read while a root is made"
        return self._reader.map_pages(hashes)
