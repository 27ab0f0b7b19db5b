"""A stored world for the tests of the stores."""

from __future__ import annotations

import pytest
from sqlmodel import Session

from tests.support.stored import add_firms, add_operators, add_scope, finished_run


@pytest.fixture
def operators_only(session: Session) -> Session:
    """Return a session in which two operators are stored and nothing else."""
    add_operators(session)
    return session


@pytest.fixture
def book(operators_only: Session) -> Session:
    """Return a session in which an open book is stored: firms, offers, orders."""
    add_firms(operators_only)
    add_scope(operators_only)
    return operators_only


@pytest.fixture
def planned(book: Session) -> Session:
    """Return a session in which a run has finished with a plan for order O1."""
    finished_run(book)
    return book
