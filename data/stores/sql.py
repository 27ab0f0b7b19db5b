"""The few shapes of statement that all stores are made of.

Rows are written by plain INSERT and UPDATE statements, many at once, never by way of the
session's object cache; what a session reads is what the database holds at that moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar, cast

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Delete,
    Insert,
    Table,
    Update,
    func,
    insert,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped
from sqlmodel import Session, SQLModel, select
from sqlmodel.sql.expression import SelectOfScalar

from data.errors import Conflict, NotFound

RowT = TypeVar("RowT", bound=SQLModel)
Values = Mapping[str, Any]

PAGE = 100
"""Rows of a page when the caller names no number."""

_BATCH = 10_000
"""Rows per statement: enough for speed, few enough that a large import stays small in memory."""


def table_of(row: type[SQLModel]) -> Table:
    """Return the table behind a row class."""
    return cast("Table", row.__table__)  # type: ignore[attr-defined]


def insert_all(session: Session, row: type[SQLModel], values: Iterable[Values]) -> int:
    """Insert many rows; return how many.

    Raises
    ------
    Conflict
        When one is there already, or refers to a row that is not.
    """
    table, count, source = table_of(row), 0, iter(values)
    while batch := list(islice(source, _BATCH)):
        try:
            session.connection().execute(insert(table), batch)
        except IntegrityError as error:
            raise _conflict(table.name, error) from error
        count += len(batch)
    return count


def insert_new(session: Session, row: type[SQLModel], values: Values) -> bool:
    """Insert one row unless a row with one of its unique keys is there; return whether it was.

    Raises
    ------
    Conflict
        When it refers to a row that is not there.
    """
    table = table_of(row)
    statement = (
        sqlite.insert(table).values(values).on_conflict_do_nothing()
        if session.connection().dialect.name == "sqlite"
        else postgresql.insert(table).values(values).on_conflict_do_nothing()
    )
    return affected(session, statement) == 1


def affected(session: Session, statement: Insert | Update | Delete) -> int:
    """Run a statement that writes; return how many rows it touched.

    Raises
    ------
    Conflict
        When a row would repeat another's unique key or refer to one that is not there.
    """
    options = {"preserve_rowcount": True}
    try:
        counted = session.connection().execute(statement, execution_options=options)
    except IntegrityError as error:
        raise _conflict(statement.table.description, error) from error
    return cast("CursorResult[Any]", counted).rowcount


def change(session: Session, statement: Update, *, kind: str, key: str) -> None:
    """Run an update that must touch one row.

    Raises
    ------
    NotFound
        When there is no such row.
    """
    if affected(session, statement) != 1:
        raise NotFound(kind, key)


def found(session: Session, statement: SelectOfScalar[RowT]) -> Sequence[RowT]:
    """Return all rows of a query, as the database has them now."""
    return session.exec(statement.execution_options(populate_existing=True)).all()


def first(session: Session, statement: SelectOfScalar[RowT]) -> RowT | None:
    """Return the first row of a query, as the database has it now, or None."""
    return session.exec(statement.limit(1).execution_options(populate_existing=True)).first()


def only(session: Session, statement: SelectOfScalar[RowT], *, kind: str, key: str) -> RowT:
    """Return the one row of a query.

    Raises
    ------
    NotFound
        When there is none, or none that the query's viewer may see.
    """
    row = first(session, statement)
    if row is None:
        raise NotFound(kind, key)
    return row


def next_position(session: Session, column: Mapped[int], *where: ColumnElement[bool]) -> int:
    """Return the number behind the last one of a column; 0 when there is none."""
    query = select(func.coalesce(func.max(column), -1)).where(*where)
    return int(session.exec(query).one()) + 1


def page(
    statement: SelectOfScalar[RowT],
    column: Mapped[str],
    *,
    after: str | None,
    limit: int,
) -> SelectOfScalar[RowT]:
    """Return the query for one page: at most `limit` rows by `column`, those behind `after`.

    Raises
    ------
    ValueError
        When `limit` is below 1.
    """
    if limit < 1:
        raise ValueError(f"a page holds at least one row, got limit {limit}")
    if after is not None:
        statement = statement.where(column > after)
    return statement.order_by(column).limit(limit)


def _conflict(table: str, error: IntegrityError) -> Conflict:
    return Conflict(
        "table", table, f"a row is there already, or refers to one that is not ({error.orig})"
    )
