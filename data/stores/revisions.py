"""How often the offers and orders of a scope were changed after they were added."""

from __future__ import annotations

from sqlalchemy import update
from sqlmodel import Session, col

from data.stores.sql import change
from data.tables.capacity import MatchingScopeRow


def advance(session: Session, operator_id: str, scope_id: str) -> None:
    """Note that something in a scope is about to change.

    Called before the change itself, so that the scope's row is locked first: two transactions
    that change several offers each then wait for one another and never deadlock.

    Raises
    ------
    NotFound
        When the operator has no such scope.
    """
    statement = (
        update(MatchingScopeRow)
        .where(
            col(MatchingScopeRow.operator_id) == operator_id, col(MatchingScopeRow.id) == scope_id
        )
        .values(revision=col(MatchingScopeRow.revision) + 1)
    )
    change(session, statement, kind="scope", key=scope_id)
