from __future__ import annotations

import sqlite3

import psycopg
import pytest

from data import errors
from data.failures import translate


def sqlite_error(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("what the driver said")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (sqlite3.SQLITE_BUSY, errors.DatabaseLocked),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, errors.DatabaseLocked),
        (sqlite3.SQLITE_FULL, errors.DiskFull),
        (sqlite3.SQLITE_IOERR_WRITE, errors.DatabaseUnavailable),
        (sqlite3.SQLITE_READONLY, errors.DatabaseUnavailable),
        (sqlite3.SQLITE_CORRUPT, errors.DatabaseDamaged),
    ],
)
def test_sqlite_errors_are_named(code: int, kind: type[errors.DataError]):
    error = translate(sqlite_error(code), place="park.db")

    assert type(error) is kind
    assert str(error).startswith("park.db ")
    assert "what the driver said" in str(error)


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("55P03", errors.DatabaseLocked),
        ("40P01", errors.DatabaseLocked),
        ("40001", errors.DatabaseLocked),
        ("53100", errors.DiskFull),
        ("57P01", errors.DatabaseUnavailable),
        ("08006", errors.DatabaseUnavailable),
        ("58030", errors.DatabaseUnavailable),
        ("22003", errors.ValueNotStorable),
        ("XX001", errors.DatabaseDamaged),
    ],
)
def test_postgresql_errors_are_named(state: str, kind: type[errors.DataError]):
    error = translate(psycopg.errors.lookup(state)("what the server said"), place="the server")
    assert type(error) is kind


def test_texts_with_a_nul_are_named():
    error = translate(psycopg.DataError("text cannot contain NUL (0x00) bytes"), place="db")
    assert type(error) is errors.ValueNotStorable


def test_broken_rules_and_mistakes_of_ours_stay_what_they_are():
    assert translate(sqlite_error(sqlite3.SQLITE_CONSTRAINT_UNIQUE), place="x") is None
    assert translate(psycopg.errors.UniqueViolation("x"), place="x") is None
    assert translate(psycopg.errors.UndefinedTable("x"), place="x") is None
    assert translate(ValueError("x"), place="x") is None
    assert translate(None, place="x") is None


def test_every_situation_has_its_code():
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    codes = [kind.code for kind in kinds if issubclass(kind, errors.DataError)]
    assert len(codes) == len(set(codes)) == len(kinds)
