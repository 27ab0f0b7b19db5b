"""Column types and the shorthands that all tables use.

Whole numbers are 64 bits wide on both databases. Fractions, sets and JSON are texts: SQLite keeps
decimal numbers as floats, and texts compare and hash alike everywhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from enum import StrEnum
from fractions import Fraction
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Dialect, ForeignKeyConstraint, Text
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field


class FractionText(TypeDecorator[Fraction]):
    """An exact rational number as text, "3" or "-7/2", always in lowest terms."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Fraction | None, _dialect: Dialect) -> str | None:
        """Return the text of the number."""
        return None if value is None else str(Fraction(value))

    def process_result_value(self, value: str | None, _dialect: Dialect) -> Fraction | None:
        """Return the number of the text."""
        return None if value is None else Fraction(value)


class TextSet(TypeDecorator[frozenset[str]]):
    """A set of texts as a sorted JSON array, so that equal sets are equal texts."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Iterable[str] | None, _dialect: Dialect) -> str | None:
        """Return the array's text."""
        return None if value is None else json.dumps(sorted(set(value)), ensure_ascii=False)

    def process_result_value(self, value: str | None, _dialect: Dialect) -> frozenset[str] | None:
        """Return the set."""
        return None if value is None else frozenset(json.loads(value))


class JsonText(TypeDecorator[Any]):
    """A JSON value as text with sorted keys; NaN and infinities are refused."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, _dialect: Dialect) -> str | None:
        """Return the value's text."""
        if value is None:
            return None
        return json.dumps(value, ensure_ascii=False, sort_keys=True, allow_nan=False)

    def process_result_value(self, value: str | None, _dialect: Dialect) -> Any:
        """Return the value."""
        return None if value is None else json.loads(value)


def key() -> Any:
    """Declare a text column of the primary key."""
    return Field(primary_key=True)


def number_key() -> Any:
    """Declare a whole-number column of the primary key."""
    return Field(primary_key=True, sa_type=BigInteger)


def whole() -> Any:
    """Declare a whole number of up to 64 bits that is always there."""
    return Field(sa_type=BigInteger)


def counter() -> Any:
    """Declare a whole number that begins at 0, also in the rows that an older version wrote."""
    return Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})


def maybe_whole() -> Any:
    """Declare a whole number of up to 64 bits that may be missing."""
    return Field(default=None, sa_type=BigInteger)


def fraction() -> Any:
    """Declare an exact rational number that is always there."""
    return Field(sa_type=FractionText)


def text_set() -> Any:
    """Declare a set of texts that is always there."""
    return Field(sa_type=TextSet, nullable=False)


def json_value() -> Any:
    """Declare a JSON value that is always there."""
    return Field(sa_type=JsonText, nullable=False)


def maybe_json() -> Any:
    """Declare a JSON value that may be missing."""
    return Field(default=None, sa_type=JsonText, nullable=True)


def one_of(column: str, allowed: type[StrEnum]) -> CheckConstraint:
    """Allow the enum's values only."""
    values = ", ".join(f"'{member.value}'" for member in allowed)
    return CheckConstraint(f"{column} IN ({values})", name=column)


def at_least(minimum: int, *columns: str) -> tuple[CheckConstraint, ...]:
    """Bound whole numbers from below; a missing value passes."""
    return tuple(CheckConstraint(f"{column} >= {minimum}", name=column) for column in columns)


def refers(
    columns: tuple[str, ...],
    table: str,
    target: tuple[str, ...],
    *,
    on_delete: str | None = None,
    name: str | None = None,
) -> ForeignKeyConstraint:
    """Refer to rows of another table by its key."""
    return ForeignKeyConstraint(
        columns, [f"{table}.{column}" for column in target], ondelete=on_delete, name=name
    )
