"""Users and the keys they sign with. A party sees its own."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import update
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from data.errors import Conflict
from data.kinds import UserDuty
from data.stores.sql import PAGE, change, first, found, insert_new, only, page
from data.stores.viewer import Viewer
from data.tables.organisations import UserRow


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person who acts for one organisation with one duty.

    Parameters
    ----------
    kid
        Identifier of the key that the user signs with now; its history is in the log.
    created_ms
        UTC milliseconds.
    """

    id: str
    organisation_id: str
    name: str
    duty: UserDuty
    created_ms: int
    kid: str | None = None


def add(session: Session, operator_id: str, user: User) -> User:
    """Add a user; adding the same again is harmless.

    Raises
    ------
    Conflict
        When the id or the key is taken by another.
    """
    values = {
        "operator_id": operator_id,
        "id": user.id,
        "organisation_id": user.organisation_id,
        "name": user.name,
        "duty": user.duty.value,
        "kid": user.kid,
        "created_ms": user.created_ms,
    }
    if insert_new(session, UserRow, values):
        return user
    query = _visible(Viewer.operator(operator_id)).where(col(UserRow.id) == user.id)
    row = session.exec(query).first()
    if row is None:
        raise Conflict("user", user.id, f"the key {user.kid} belongs to another user")
    stored = _user(row)
    if replace(stored, created_ms=0) != replace(user, created_ms=0):
        raise Conflict("user", user.id, "it was added with other particulars; choose another id")
    return stored


def set_key(session: Session, operator_id: str, user_id: str, kid: str | None) -> None:
    """Note the key that a user signs with from now on; None for no key.

    Raises
    ------
    NotFound
        When the operator has no such user.
    Conflict
        When another user has that key.
    """
    others = _visible(Viewer.operator(operator_id)).where(col(UserRow.id) != user_id)
    if kid is not None and first(session, others.where(col(UserRow.kid) == kid)) is not None:
        raise Conflict("user", user_id, f"the key {kid} belongs to another user")
    statement = (
        update(UserRow)
        .where(col(UserRow.operator_id) == operator_id, col(UserRow.id) == user_id)
        .values(kid=kid)
    )
    change(session, statement, kind="user", key=user_id)


def get(session: Session, viewer: Viewer, user_id: str) -> User:
    """Return a user.

    Raises
    ------
    NotFound
        When there is none that the viewer may see.
    """
    query = _visible(viewer).where(col(UserRow.id) == user_id)
    return _user(only(session, query, kind="user", key=user_id))


def listing(
    session: Session,
    viewer: Viewer,
    *,
    organisation_id: str | None = None,
    after: str | None = None,
    limit: int = PAGE,
) -> tuple[User, ...]:
    """Return one page of the users that the viewer may see, by id."""
    query = _visible(viewer)
    if organisation_id is not None:
        query = query.where(col(UserRow.organisation_id) == organisation_id)
    rows = found(session, page(query, col(UserRow.id), after=after, limit=limit))
    return tuple(_user(row) for row in rows)


def _visible(viewer: Viewer) -> SelectOfScalar[UserRow]:
    query = select(UserRow).where(col(UserRow.operator_id) == viewer.operator_id)
    if viewer.organisation_id is not None:
        query = query.where(col(UserRow.organisation_id) == viewer.organisation_id)
    return query


def _user(row: UserRow) -> User:
    return User(
        id=row.id,
        organisation_id=row.organisation_id,
        name=row.name,
        duty=UserDuty(row.duty),
        kid=row.kid,
        created_ms=row.created_ms,
    )
