"""The log in the database: entries, head, state, requests and disclosures.

Each row belongs to one log, named by its origin; an operator has one log.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

ORIGIN_LENGTH_MAX = 255
KEY_LENGTH_MAX = 400
HANDLE_LENGTH_MAX = 300


class LeafRow(SQLModel, table=True):
    """One entry: its bytes, which are the truth, and what they are found by. Never changed."""

    __tablename__ = "ledger_leaf"
    __table_args__ = (
        UniqueConstraint("log", "request_id", name="uq_ledger_leaf_request"),
        Index("ix_ledger_leaf_chain", "log", "order_handle", "order_sequence", unique=True),
    )

    log: str = Field(sa_column=Column(String(ORIGIN_LENGTH_MAX), primary_key=True))
    leaf_index: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    leaf_hash: bytes = Field(sa_column=Column(LargeBinary(32), nullable=False))
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    time_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    request_id: str = Field(sa_column=Column(String(32), nullable=False))
    body_digest: bytes = Field(sa_column=Column(LargeBinary(32), nullable=False))
    order_handle: str | None = Field(sa_column=Column(String(HANDLE_LENGTH_MAX), nullable=True))
    order_sequence: int | None = Field(sa_column=Column(BigInteger, nullable=True))


class HeadRow(SQLModel, table=True):
    """Where a log stands; its size is the fence of every append."""

    __tablename__ = "ledger_head"

    log: str = Field(sa_column=Column(String(ORIGIN_LENGTH_MAX), primary_key=True))
    size: int = Field(sa_column=Column(BigInteger, nullable=False))
    frontier: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    last_leaf: bytes = Field(sa_column=Column(LargeBinary(32), nullable=False))
    time_ms: int = Field(sa_column=Column(BigInteger, nullable=False))


class LedgerStateRow(SQLModel, table=True):
    """One object of the record's state: canonical JSON under a key."""

    __tablename__ = "ledger_state"

    log: str = Field(sa_column=Column(String(ORIGIN_LENGTH_MAX), primary_key=True))
    key: str = Field(sa_column=Column(String(KEY_LENGTH_MAX), primary_key=True))
    value: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class AppendRequestRow(SQLModel, table=True):
    """A request that waits for the sequencer, or its answer."""

    __tablename__ = "ledger_append_request"
    __table_args__ = (
        UniqueConstraint("log", "request_id", name="uq_ledger_append_request"),
        Index(
            "ix_ledger_append_request_pending",
            "log",
            "position",
            sqlite_where=text("status = 'pending'"),
            postgresql_where=text("status = 'pending'"),
        ),
    )

    position: int | None = Field(
        default=None,
        sa_column=Column(
            BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
        ),
    )
    log: str = Field(sa_column=Column(String(ORIGIN_LENGTH_MAX), nullable=False))
    request_id: str = Field(sa_column=Column(String(32), nullable=False))
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    body_digest: bytes = Field(sa_column=Column(LargeBinary(32), nullable=False))
    signatures: str = Field(sa_column=Column(Text, nullable=False))
    disclosures: str = Field(sa_column=Column(Text, nullable=False))
    status: str = Field(sa_column=Column(String(10), nullable=False))
    leaf_index: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    leaf_hash: bytes | None = Field(default=None, sa_column=Column(LargeBinary(32), nullable=True))
    time_ms: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    code: str | None = Field(default=None, sa_column=Column(String(60), nullable=True))
    message: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    params: str | None = Field(default=None, sa_column=Column(Text, nullable=True))


class MapPageRow(SQLModel, table=True):
    """A page of the state map under the hash of its topmost node. Never changed."""

    __tablename__ = "ledger_map_page"

    log: str = Field(sa_column=Column(String(ORIGIN_LENGTH_MAX), primary_key=True))
    hash: bytes = Field(sa_column=Column(LargeBinary(32), primary_key=True))
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class MapVersionRow(SQLModel, table=True):
    """A version of the state map: the entry that states its root."""

    __tablename__ = "ledger_map_version"

    log: str = Field(sa_column=Column(String(ORIGIN_LENGTH_MAX), primary_key=True))
    leaf_index: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    root: bytes = Field(sa_column=Column(LargeBinary(32), nullable=False))


class MapSupersededRow(SQLModel, table=True):
    """The pages that a version of the map ended, until nobody reads older versions any more."""

    __tablename__ = "ledger_map_superseded"

    log: str = Field(sa_column=Column(String(ORIGIN_LENGTH_MAX), primary_key=True))
    leaf_index: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    hashes: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class DisclosureRow(SQLModel, table=True):
    """The text of a salted field of an entry, outside the log: it can be erased."""

    __tablename__ = "ledger_disclosure"

    log: str = Field(sa_column=Column(String(ORIGIN_LENGTH_MAX), primary_key=True))
    leaf_index: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    digest: str = Field(sa_column=Column(String(64), primary_key=True))
    text: str = Field(sa_column=Column(Text, nullable=False))


_SQLITE_DDL = (
    """CREATE TRIGGER ledger_leaf_no_update BEFORE UPDATE ON ledger_leaf
BEGIN SELECT RAISE(ABORT, 'entries of the log are never changed'); END""",
    """CREATE TRIGGER ledger_leaf_no_delete BEFORE DELETE ON ledger_leaf
BEGIN SELECT RAISE(ABORT, 'entries of the log are never removed'); END""",
    """CREATE TRIGGER ledger_leaf_no_replace BEFORE INSERT ON ledger_leaf
WHEN EXISTS (SELECT 1 FROM ledger_leaf WHERE log = NEW.log AND leaf_index = NEW.leaf_index)
BEGIN SELECT RAISE(ABORT, 'entries of the log are never replaced'); END""",
)
_POSTGRESQL_DDL = (
    """CREATE FUNCTION ledger_leaf_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION USING MESSAGE = 'entries of the log are never changed or removed: ' || TG_OP;
END $$""",
    """CREATE TRIGGER ledger_leaf_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_leaf
FOR EACH STATEMENT EXECUTE FUNCTION ledger_leaf_refuse()""",
)
_SQLITE_DROP = (
    "DROP TRIGGER IF EXISTS ledger_leaf_no_update",
    "DROP TRIGGER IF EXISTS ledger_leaf_no_delete",
    "DROP TRIGGER IF EXISTS ledger_leaf_no_replace",
)
_POSTGRESQL_DROP = (
    "DROP TRIGGER IF EXISTS ledger_leaf_no_change ON ledger_leaf",
    "DROP FUNCTION IF EXISTS ledger_leaf_refuse()",
)


def ledger_ddl(dialect: str) -> tuple[str, ...]:
    """Return the statements that forbid changing and removing entries, to run after the tables.

    Raises
    ------
    ValueError
        For a dialect other than `sqlite` and `postgresql`.
    """
    return _by_dialect(dialect, _SQLITE_DDL, _POSTGRESQL_DDL)


def ledger_ddl_drop(dialect: str) -> tuple[str, ...]:
    """Return the statements that undo `ledger_ddl`, to run before the tables go."""
    return _by_dialect(dialect, _SQLITE_DROP, _POSTGRESQL_DROP)


def _by_dialect(
    dialect: str, sqlite: tuple[str, ...], postgresql: tuple[str, ...]
) -> tuple[str, ...]:
    if dialect == "sqlite":
        return sqlite
    if dialect == "postgresql":
        return postgresql
    raise ValueError(f"no triggers are written for {dialect!r}; use sqlite or postgresql")
