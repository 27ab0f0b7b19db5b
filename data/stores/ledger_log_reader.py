"""Read the log from a database connection: entries, chains, state, requests."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, RowMapping, Select, select

from data.stores.disclosure_vault import DisclosureVault
from data.stores.sql import table_of
from data.tables.ledger import (
    AppendRequestRow,
    DisclosureRow,
    HeadRow,
    LeafRow,
    LedgerStateRow,
    MapPageRow,
    MapSupersededRow,
    MapVersionRow,
)
from ledger.errors import Corruption, Refusal
from ledger.log import canonical
from ledger.log.canonical import JsonObject
from ledger.log.entry import Signature
from ledger.log.merkle import Frontier
from ledger.log.store import (
    Accepted,
    AppendRequest,
    ChainHead,
    Head,
    MapVersion,
    Outcome,
    Receipt,
    chain_head_of,
    chain_key,
)

LEAF = table_of(LeafRow)
HEAD = table_of(HeadRow)
STATE = table_of(LedgerStateRow)
REQUEST = table_of(AppendRequestRow)
DISCLOSURE = table_of(DisclosureRow)
MAP_PAGE = table_of(MapPageRow)
MAP_SUPERSEDED = table_of(MapSupersededRow)
MAP_VERSION = table_of(MapVersionRow)

PENDING = "pending"
ACCEPTED = "accepted"
REFUSED = "refused"

# As the drivers take them: building a query anew for each key would cost ten times the reading.
_STATE_QUERY = {
    "qmark": "SELECT value FROM ledger_state WHERE log = ? AND key = ?",
    "pyformat": "SELECT value FROM ledger_state WHERE log = %s AND key = %s",
}
_KEYS_AT_ONCE = 500  # fewer than the variables that a statement of SQLite may have
_LEAVES_AT_ONCE = 10_000
_Key = TypeVar("_Key")


class SqlLogReader:
    """A log read through one connection, which the caller opens and closes.

    Parameters
    ----------
    connection
        Of an engine for reading, or of a session whose own changes are to be seen.
    origin
        Name of the log.
    vault
        Opens the disclosures; without one they are given as they are kept.
    """

    def __init__(
        self, connection: Connection, origin: str, vault: DisclosureVault | None = None
    ) -> None:
        self.origin = origin
        self._vault = vault
        self._connection = connection

    def head(self) -> Head:
        """Return the committed head; that of an empty log where there is no row yet.

        Raises
        ------
        Corruption
            `HEAD_DIFFERS` when the row's frontier does not fit its size.
        """
        row = self._one(select(HEAD).where(HEAD.c.log == self.origin))
        if row is None:
            return Head()
        try:
            frontier = Frontier.decode(row["size"], bytes(row["frontier"]))
        except ValueError as error:
            raise Corruption(
                "HEAD_DIFFERS", f"The head of log {self.origin} is damaged: {error}."
            ) from None
        return Head(frontier=frontier, last_leaf=bytes(row["last_leaf"]), time_ms=row["time_ms"])

    def leaves(self, start: int, stop: int) -> Sequence[bytes]:
        """Return the leaf bytes of entries [start, stop); `LookupError` where one is missing."""
        place = LEAF.c.leaf_index
        found: list[bytes] = []
        for first in range(start, stop, _LEAVES_AT_ONCE):
            last = min(stop, first + _LEAVES_AT_ONCE)
            query = select(LEAF.c.data).where(LEAF.c.log == self.origin)
            query = query.where(place >= first, place < last).order_by(place)
            found.extend(bytes(data) for data in self._connection.scalars(query))
        if len(found) != max(0, stop - start):
            raise LookupError(f"log {self.origin} has not all entries from {start} to {stop - 1}")
        return found

    def leaf(self, index: int) -> bytes:
        """Return the bytes of one entry; `LookupError` where there is none."""
        return self.leaves(index, index + 1)[0]

    def chain(self, order: str) -> Sequence[tuple[int, bytes]]:
        """Return (index, leaf bytes) of all entries of an order, first to last."""
        query = select(LEAF.c.leaf_index, LEAF.c.data).where(
            LEAF.c.log == self.origin, LEAF.c.order_handle == order
        )
        rows = self._connection.execute(query.order_by(LEAF.c.order_sequence))
        return [(index, bytes(data)) for index, data in rows]

    def chain_head(self, order: str) -> ChainHead | None:
        """Return the last entry of an order, None when the log holds none."""
        return chain_head_of(self.state(chain_key(order)))

    def state(self, key: str) -> JsonObject | None:
        """Return the state object under a key, or None."""
        data = self.state_bytes(key)
        return None if data is None else canonical.decode_object(data)

    def state_bytes(self, key: str) -> bytes | None:
        """Return the canonical bytes under one key, or None: the quick way, for the sequencer."""
        statement = _STATE_QUERY[self._connection.dialect.paramstyle]
        row = self._connection.exec_driver_sql(statement, (self.origin, key)).first()
        return None if row is None else bytes(row[0])

    def states(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        """Return the canonical bytes of those keys that have an object."""
        found: dict[str, bytes] = {}
        for some in _chunks(keys):
            query = select(STATE.c.key, STATE.c.value).where(
                STATE.c.log == self.origin, STATE.c.key.in_(some)
            )
            found.update((key, bytes(value)) for key, value in self._connection.execute(query))
        return found

    def keys(self, prefix: str) -> Sequence[str]:
        """Return the state keys that begin with a prefix, in order."""
        query = select(STATE.c.key).where(
            STATE.c.log == self.origin, STATE.c.key.startswith(prefix, autoescape=True)
        )
        return sorted(self._connection.scalars(query))

    def accepted(self, request_ids: Sequence[str]) -> Mapping[str, Accepted]:
        """Return what the log holds under these request ids."""
        found = {}
        columns = (LEAF.c.request_id, LEAF.c.body_digest, LEAF.c.leaf_index, LEAF.c.leaf_hash)
        for some in _chunks(request_ids):
            query = select(*columns, LEAF.c.time_ms).where(
                LEAF.c.log == self.origin, LEAF.c.request_id.in_(some)
            )
            for row in self._connection.execute(query).mappings():
                found[row["request_id"]] = Accepted(
                    body_digest=bytes(row["body_digest"]), receipt=_receipt(row)
                )
        return found

    def disclosures(self, index: int) -> Mapping[str, str]:
        """Return the texts of the salted fields of an entry by digest, where still kept.

        Raises
        ------
        Corruption
            `DISCLOSURE_LOST` when they are there and do not open, and no erasure says why.
        """
        query = select(DISCLOSURE.c.digest, DISCLOSURE.c.text).where(
            DISCLOSURE.c.log == self.origin, DISCLOSURE.c.leaf_index == index
        )
        kept = {row.digest: row.text for row in self._connection.execute(query)}
        if self._vault is None or not kept:
            return kept
        return self._vault.open(self._connection, self.leaf(index), kept)

    def pending(self, limit: int) -> Sequence[AppendRequest]:
        """Return the oldest requests without an answer, at most `limit`."""
        query = select(REQUEST).where(REQUEST.c.log == self.origin, REQUEST.c.status == PENDING)
        rows = self._connection.execute(query.order_by(REQUEST.c.position).limit(limit))
        return [_request(row) for row in rows.mappings()]

    def outcome(self, request_id: str) -> Outcome | None:
        """Return the answer to a request, None while there is none."""
        row = self._one(
            select(REQUEST).where(REQUEST.c.log == self.origin, REQUEST.c.request_id == request_id)
        )
        if row is not None and row["status"] == REFUSED:
            return Outcome(request_id=request_id, refusal=_refusal(row))
        if row is not None and row["status"] == ACCEPTED:
            return Outcome(request_id=request_id, receipt=_receipt(row))
        entered = self.accepted([request_id]).get(request_id)
        return Outcome(request_id=request_id, receipt=entered.receipt) if entered else None

    def map_version(self, size: int) -> MapVersion | None:
        """Return the last version of the state map that the first `size` entries state."""
        place = MAP_VERSION.c.leaf_index
        query = select(place, MAP_VERSION.c.root).where(
            MAP_VERSION.c.log == self.origin, place < size
        )
        row = self._one(query.order_by(place.desc()).limit(1))
        if row is None:
            return None
        return MapVersion(index=row["leaf_index"], root=bytes(row["root"]))

    def map_pages(self, hashes: Sequence[bytes]) -> Mapping[bytes, bytes]:
        """Return the pages of the state map that are stored under these hashes."""
        found: dict[bytes, bytes] = {}
        for some in _chunks(hashes):
            query = select(MAP_PAGE.c.hash, MAP_PAGE.c.data).where(
                MAP_PAGE.c.log == self.origin, MAP_PAGE.c.hash.in_(some)
            )
            rows = self._connection.execute(query)
            found.update((bytes(digest), bytes(data)) for digest, data in rows)
        return found

    def waiting_digest(self, request_id: str) -> bytes | None:
        """Return the digest of the body that waits or was entered under an id, else None."""
        query = select(REQUEST.c.body_digest).where(
            REQUEST.c.log == self.origin,
            REQUEST.c.request_id == request_id,
            REQUEST.c.status != REFUSED,
        )
        row = self._one(query)
        return None if row is None else bytes(row["body_digest"])

    def _one(self, query: Select[Any]) -> RowMapping | None:
        return self._connection.execute(query).mappings().first()


def request_values(origin: str, request: AppendRequest, digest: bytes) -> dict[str, Any]:
    """Return the column values of a request that waits."""
    signatures: list[canonical.JsonValue] = [one.to_json() for one in request.signatures]
    return {
        "log": origin,
        "request_id": request.request_id,
        "body": request.body,
        "body_digest": digest,
        "signatures": canonical.encode(signatures).decode("utf-8"),
        "disclosures": canonical.encode(list(request.disclosures)).decode("utf-8"),
        "status": PENDING,
        "leaf_index": None,
        "leaf_hash": None,
        "time_ms": None,
        "code": None,
        "message": None,
        "params": None,
    }


def _request(row: RowMapping) -> AppendRequest:
    signatures = canonical.decode(row["signatures"].encode("utf-8"))
    disclosures = canonical.decode(row["disclosures"].encode("utf-8"))
    if not isinstance(signatures, list) or not isinstance(disclosures, list):
        raise Corruption("STATE_DAMAGED", f"Request {row['request_id']} is damaged in the store.")
    return AppendRequest(
        request_id=row["request_id"],
        body=bytes(row["body"]),
        signatures=tuple(Signature.from_json(one) for one in signatures),
        disclosures=tuple(str(one) for one in disclosures),
    )


def _receipt(row: RowMapping) -> Receipt:
    return Receipt(
        request_id=row["request_id"],
        index=row["leaf_index"],
        leaf_hash=bytes(row["leaf_hash"]),
        time_ms=row["time_ms"],
    )


def _refusal(row: RowMapping) -> Refusal:
    return Refusal.restore(row["code"], row["message"], json.loads(row["params"]))


def _chunks(keys: Sequence[_Key]) -> list[Sequence[_Key]]:
    starts = range(0, len(keys), _KEYS_AT_ONCE)
    return [keys[start : start + _KEYS_AT_ONCE] for start in starts]
