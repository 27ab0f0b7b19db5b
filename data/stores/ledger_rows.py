"""The log's tables as they lie in the database, row by row: for those who audit them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, func, select

from data.engine import reading
from data.stores.ledger_log_reader import DISCLOSURE, HEAD, LEAF, STATE

_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLeaf:
    """A row of the entries: its bytes, and the columns beside them."""

    index: int
    data: bytes
    leaf_hash: bytes
    time_ms: int
    request_id: str
    body_digest: bytes
    order: str | None
    order_sequence: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredHead:
    """The row of the head, not checked in itself."""

    size: int
    frontier: bytes
    last_leaf: bytes
    time_ms: int


class LedgerRows:
    """Reads the rows of one log; each call sees what is committed then."""

    def __init__(self, engine: Engine, origin: str) -> None:
        self._engine = reading(engine)
        self._origin = origin

    def leaves(self, start: int, stop: int) -> Sequence[StoredLeaf]:
        """Return the rows of entries [start, stop) that are there, in order."""
        place = LEAF.c.leaf_index
        query = select(LEAF).where(LEAF.c.log == self._origin, place >= start, place < stop)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(place)).mappings()
            return [
                StoredLeaf(
                    index=row["leaf_index"],
                    data=bytes(row["data"]),
                    leaf_hash=bytes(row["leaf_hash"]),
                    time_ms=row["time_ms"],
                    request_id=row["request_id"],
                    body_digest=bytes(row["body_digest"]),
                    order=row["order_handle"],
                    order_sequence=row["order_sequence"],
                )
                for row in rows
            ]

    def head(self) -> StoredHead | None:
        """Return the row of the head, None where nothing was ever entered."""
        with self._engine.connect() as connection:
            query = select(HEAD).where(HEAD.c.log == self._origin)
            row = connection.execute(query).mappings().first()
        if row is None:
            return None
        return StoredHead(
            size=row["size"],
            frontier=bytes(row["frontier"]),
            last_leaf=bytes(row["last_leaf"]),
            time_ms=row["time_ms"],
        )

    def count(self) -> int:
        """Return how many entries are stored."""
        with self._engine.connect() as connection:
            query = select(func.count()).select_from(LEAF).where(LEAF.c.log == self._origin)
            return connection.scalar(query) or 0

    def state(self) -> Iterator[tuple[str, bytes]]:
        """Yield every state object in the order of the keys."""
        with self._engine.connect() as connection:
            query = select(STATE.c.key, STATE.c.value).where(STATE.c.log == self._origin)
            rows = connection.execution_options(yield_per=_AT_ONCE).execute(
                query.order_by(STATE.c.key)
            )
            for key, value in rows:
                yield key, bytes(value)

    def disclosures(self, start: int, stop: int) -> Mapping[int, Mapping[str, str]]:
        """Return the kept texts of entries [start, stop) as they lie there, by digest."""
        place = DISCLOSURE.c.leaf_index
        query = select(place, DISCLOSURE.c.digest, DISCLOSURE.c.text).where(
            DISCLOSURE.c.log == self._origin, place >= start, place < stop
        )
        found: dict[int, dict[str, str]] = {}
        with self._engine.connect() as connection:
            for index, digest, text in connection.execute(query):
                found.setdefault(index, {})[digest] = text
        return found
