"""Translate drivers' errors into the product's own (`data.errors`)."""

from __future__ import annotations

import sqlite3

import psycopg

from data.errors import (
    DatabaseDamaged,
    DatabaseLocked,
    DatabaseUnavailable,
    DataError,
    DiskFull,
    ValueNotStorable,
)

_SQLITE: dict[int, type[DataError]] = {
    sqlite3.SQLITE_BUSY: DatabaseLocked,
    sqlite3.SQLITE_LOCKED: DatabaseLocked,
    sqlite3.SQLITE_FULL: DiskFull,
    sqlite3.SQLITE_CANTOPEN: DatabaseUnavailable,
    sqlite3.SQLITE_READONLY: DatabaseUnavailable,
    sqlite3.SQLITE_IOERR: DatabaseUnavailable,
    sqlite3.SQLITE_PERM: DatabaseUnavailable,
    sqlite3.SQLITE_AUTH: DatabaseUnavailable,
    sqlite3.SQLITE_CORRUPT: DatabaseDamaged,
    sqlite3.SQLITE_NOTADB: DatabaseDamaged,
}

_POSTGRESQL: dict[str, type[DataError]] = {
    "55P03": DatabaseLocked,  # lock_not_available
    "40P01": DatabaseLocked,  # deadlock_detected
    "40001": DatabaseLocked,  # serialization_failure
    "53100": DiskFull,
    "53300": DatabaseUnavailable,  # too_many_connections
    "57P01": DatabaseUnavailable,  # admin_shutdown
    "57P02": DatabaseUnavailable,  # crash_shutdown
    "57P03": DatabaseUnavailable,  # cannot_connect_now
    "3D000": DatabaseUnavailable,  # the database does not exist
    "28P01": DatabaseUnavailable,  # wrong password
    "28000": DatabaseUnavailable,
    "25006": DatabaseUnavailable,  # read_only_sql_transaction
    "22003": ValueNotStorable,  # numeric_value_out_of_range
    "22021": ValueNotStorable,  # a character the encoding cannot hold
    "22P05": ValueNotStorable,
    "XX001": DatabaseDamaged,
    "XX002": DatabaseDamaged,
}

_MESSAGES: dict[type[DataError], str] = {
    DatabaseLocked: (
        "{place} is held by another transaction and did not come free in time; nothing of this "
        "one was kept. Try again; if it lasts, look for a stuck process ({detail})"
    ),
    DiskFull: (
        "{place} cannot grow: the disk is full; nothing of this transaction was kept. Free some "
        "space and try again ({detail})"
    ),
    DatabaseUnavailable: (
        "{place} cannot be used; check that it exists, that it runs and that this user may write "
        "to it ({detail})"
    ),
    DatabaseDamaged: (
        "{place} is damaged or is no database; stop, keep the file, and restore from a backup "
        "({detail})"
    ),
    ValueNotStorable: (
        "{place} cannot hold a value: whole numbers lie between -2^63 and 2^63-1, texts hold no "
        "NUL character ({detail})"
    ),
}


def translate(error: BaseException | None, *, place: str) -> DataError | None:
    """Return the product's error for a driver's error, or None when it has no translation.

    Parameters
    ----------
    error:
        What the driver raised.
    place:
        The database in words, for the message; without a password.
    """
    kind = _kind(error)
    if kind is None:
        return None
    return kind(_MESSAGES[kind].format(place=place, detail=str(error).strip()))


def _kind(error: BaseException | None) -> type[DataError] | None:
    # sqlite3 raises the first for integers of more than 64 bits, both the second for half a pair.
    if isinstance(error, OverflowError | UnicodeEncodeError):
        return ValueNotStorable
    if isinstance(error, sqlite3.Error):
        # The low byte is the primary code; the rest tells details (SQLITE_BUSY_SNAPSHOT …).
        extended = getattr(error, "sqlite_errorcode", None)
        return None if extended is None else _SQLITE.get(extended & 0xFF)
    if isinstance(error, psycopg.Error):
        if error.sqlstate is not None:
            return _POSTGRESQL.get(error.sqlstate) or _by_class(error.sqlstate)
        if isinstance(error, psycopg.DataError):  # refused before it was sent: a NUL in a text
            return ValueNotStorable
        if isinstance(error, psycopg.OperationalError):  # no connection, so no state either
            return DatabaseUnavailable
    return None


def _by_class(sqlstate: str) -> type[DataError] | None:
    return DatabaseUnavailable if sqlstate.startswith(("08", "58")) else None
