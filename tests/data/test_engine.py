from __future__ import annotations

from sqlalchemy import text
from sqlmodel import Session


def test_session_answers(session: Session) -> None:
    assert session.connection().execute(text("select 1")).scalar() == 1
